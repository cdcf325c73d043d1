fail() { maildir2mbox; echo $?; }
fail
export MAIL=$PWD/mbox
fail
export MAILTMP=$PWD/mbox.new
fail
export MAILDIR=$PWD/Maildir
fail
mkdir Maildir Maildir/tmp Maildir/cur; fail
mkdir Maildir/new
echo "- nothing new"
fail; ls
touch Maildir/tmp/fresh; touch -a -d '37 hours ago' Maildir/tmp/dead; touch -a -d '35 hours ago' Maildir/tmp/slow
echo "- messages"
put() { printf "$2" > "Maildir/$1"; touch -d "$3" "Maildir/$1"; }
put new/9 'Return-Path: <first@x>\nSubject: 1\n\nFrom me\n>From me\nno end' '2026-11-21 01:02:03'
put cur/1:2,S 'Subject: 3\n' '2026-11-21 01:02:05'
put new/2 'A: b\nReturn-Path: <>\n\nbody\n' '2026-11-21 01:02:04'
put new/.hidden 'x' '2026-11-21'
mkdir Maildir/new/folder
put cur/3 '\nReturn-Path: <not@x>\n' '2026-11-21 01:02:06'
put cur/4 'Return-Path: < a b@x >\n\n' '2026-11-21 01:02:06'
put cur/5 '' '2026-11-21 01:02:07'
printf 'From old\n\nold\n\n' > mbox; chmod 640 mbox
fail; cat mbox; ls -A . Maildir/*; stat -c %a mbox
echo "- names below the maildir"
put new/1 'Return-Path: <s@x>\n\n' '2026-01-02 03:04:05'
MAIL=box MAILTMP=tmp/box fail; cat Maildir/box; stat -c %a Maildir/box
echo "- an mbox that ends inside a line"
put new/1 '\n' '2026-01-02 03:04:05'; printf 'From old\n\ncut off' > mbox
fail; cat mbox
echo "- an mbox that ends without an empty line"
put new/1 '\n' '2026-01-02 03:04:05'; printf 'From old\n\ncut\n' > mbox
fail; cat mbox
echo "- written in this second"
date > Maildir/new/now; touch -d '1 minute' Maildir/new/now; fail; ls Maildir/new
echo "- trouble"
rm -r Maildir/new/*; put new/1 '\n' '2026-01-02 03:04:05'; printf 'From old\n\n' > mbox
MAIL=$PWD/none/mbox fail
MAILTMP=$PWD/none/tmp fail
MAIL=/dev/null fail
MAIL=$PWD fail
(ulimit -f 0; trap '' XFSZ; fail)
cat mbox; ls Maildir/new
maildir2mbox x; echo $?
<result>
maildir2mbox: fatal: MAIL not set
111
maildir2mbox: fatal: MAILTMP not set
111
maildir2mbox: fatal: MAILDIR not set
111
maildir2mbox: fatal: unable to chdir to $MAILDIR: file does not exist
111
maildir2mbox: fatal: unable to scan $MAILDIR/new: file does not exist
111
- nothing new
0
Maildir
- messages
0
From old

old

From first@x Sat Nov 21 01:02:03 2026
Return-Path: <first@x>
Subject: 1

>From me
>>From me
no end

From MAILER-DAEMON Sat Nov 21 01:02:04 2026
A: b
Return-Path: <>

body

From XXX Sat Nov 21 01:02:05 2026
Subject: 3

From XXX Sat Nov 21 01:02:06 2026

Return-Path: <not@x>

From -a-b@x- Sat Nov 21 01:02:06 2026
Return-Path: < a b@x >


From XXX Sat Nov 21 01:02:07 2026

.:
Maildir
mbox

Maildir/cur:

Maildir/new:
.hidden
folder

Maildir/tmp:
fresh
slow
640
- names below the maildir
0
From s@x Fri Jan 02 03:04:05 2026
Return-Path: <s@x>


600
- an mbox that ends inside a line
0
From old

cut off

From XXX Fri Jan 02 03:04:05 2026


- an mbox that ends without an empty line
0
From old

cut

From XXX Fri Jan 02 03:04:05 2026


- written in this second
0
folder
now
- trouble
maildir2mbox: fatal: unable to lock $MAIL: file does not exist
111
maildir2mbox: fatal: unable to create $MAILTMP: file does not exist
111
maildir2mbox: fatal: unable to lock $MAIL: invalid argument
111
maildir2mbox: fatal: unable to lock $MAIL: is a directory
111
maildir2mbox: fatal: unable to write to $MAILTMP: file too big
111
From old

1
maildir2mbox: usage: maildir2mbox
100
