# Deliveries into mboxes and maildirs, down to the byte.
umask 022; mkdir home; h=$PWD/home
run() { qmail-local joe "$h" joe '' '' example.org "${S-sender@x}" "$1" < m 2>&1; echo "= $?"; }
date() { sed 's/\(^From [^ ]*\) ... ... .. ..:..:.. 20..$/\1 DATE/'; }
echo -- mbox
printf 'Subject: s\n\nFrom a\n>From b\n>>From c\n From d\nFrom\nno newline \0\344' > m
run ./box; S= run ./box; date < home/box; stat -c '%a %s' home/box | cut -c1-3
echo -- an mbox that ends inside a line
printf 'From x\n\nhalf a mess' > home/half; printf 'A: b\n' > m; run ./half; date < home/half
echo -- an mbox that ends without an empty line, or with one
printf 'From x\n\nhalf\n' > home/half; run ./half; run ./half; date < home/half
printf '\n' > home/half; run ./half; date < home/half
echo -- in a directory that may not be listed
mkdir spool; chmod 1733 spool; chmod 711 .
as_user() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else chmod 333 spool; "$@"; fi
}
as_user qmail-local joe "$h" joe '' '' example.org s@x "$PWD/spool/joe" < m; echo "= $?"; date < spool/joe
chmod 700 spool
echo -- errors
mkdir home/folder; run ./folder; run ./missing/box
ln -s /dev/full home/full; run ./full
echo -- maildir
maildirmake home/dir
printf 'Subject: s\n\nFrom a\r\nno newline \0\344' > m
run ./dir/
(cd home/dir; ls tmp cur; ls new | grep -cE '^[0-9]+\.M[0-9]+P[0-9]+Q1\.'; stat -c %a new/*; cat new/*; echo '|'); rm home/dir/new/*
run './dir/
./dir/'; ls home/dir/new | grep -cE '^[0-9]+\.M[0-9]+P[0-9]+Q[12]\.'
rm home/dir/new/*; head -c 1000000 /dev/zero | tr '\0' x > m; run ./dir/
for f in home/dir/new/*; do tail -c +55 "$f" | cmp - m && echo same; done
rm -r home/dir/new; run ./dir/; ls home/dir/tmp
run ./missing/; run ./box/
echo -- loops
printf 'Delivered-To: joe@example.org\n\n' > m; run ./never
printf 'A: b\n\nDelivered-To: joe@example.org\n' > m; run ./box
printf 'Delivered-To: JOE@example.org\n\n' > m; run ./box
qmail-local -n joe "$h" joe '' '' example.org s@x ./box < m
ls home
<result>
-- mbox
did 1+0+0
= 0
did 1+0+0
= 0
From sender@x DATE
Return-Path: <sender@x>
Delivered-To: joe@example.org
Subject: s

>From a
>>From b
>>>From c
 From d
From
no newline ^@M-d

From MAILER-DAEMON DATE
Return-Path: <>
Delivered-To: joe@example.org
Subject: s

>From a
>>From b
>>>From c
 From d
From
no newline ^@M-d

600
-- an mbox that ends inside a line
did 1+0+0
= 0
From x

half a mess

From sender@x DATE
Return-Path: <sender@x>
Delivered-To: joe@example.org
A: b

-- an mbox that ends without an empty line, or with one
did 1+0+0
= 0
did 1+0+0
= 0
From x

half

From sender@x DATE
Return-Path: <sender@x>
Delivered-To: joe@example.org
A: b

From sender@x DATE
Return-Path: <sender@x>
Delivered-To: joe@example.org
A: b

did 1+0+0
= 0

From sender@x DATE
Return-Path: <sender@x>
Delivered-To: joe@example.org
A: b

-- in a directory that may not be listed
did 1+0+0
= 0
From s@x DATE
Return-Path: <s@x>
Delivered-To: joe@example.org
A: b

-- errors
Unable to open ./folder: is a directory. (#4.2.1)
= 111
Unable to open ./missing/box: file does not exist. (#4.2.1)
= 111
Unable to write ./full: out of disk space. (#4.3.0)
= 111
-- maildir
did 1+0+0
= 0
cur:

tmp:
1
600
Return-Path: <sender@x>
Delivered-To: joe@example.org
Subject: s

From a^M
no newline ^@M-d|
did 2+0+0
= 0
2
did 1+0+0
= 0
same
Temporary error on maildir delivery. (#4.3.0)
= 111
Unable to chdir to maildir. (#4.2.1)
= 111
Unable to chdir to maildir. (#4.2.1)
= 111
-- loops
This message is looping: it already has my Delivered-To line. (#5.4.6)
= 100
did 1+0+0
= 0
did 1+0+0
= 0
mbox ./box
did 1+0+0
box
dir
folder
full
half
