watch() { timeout 1 maildirwatch; echo $?; }
watch
export MAILDIR=$PWD/Maildir
watch
maildirmake Maildir
echo "- empty"
watch; echo
cat > Maildir/new/2 <<'END'
Return-Path: <sender@x>
Delivered-To: me@x
Delivered-To: earlier@x
Received: by x
FROM:  "The Sender" <sender@x>
Subject: hello   

First line	and tab
second
END
printf 'Return-Path: <a\033b@x>\nDelivered-To: m\303\251@x\nFrom: \033[2J\nSubject: two\n lines\n\n%0200d\n' 5 > Maildir/new/1
echo 'no header at all' > Maildir/new/0
touch -d '2 minutes ago' Maildir/new/0; touch -d '1 minute ago' Maildir/new/1
echo x > Maildir/cur/read; echo x > Maildir/new/.hidden; mkdir Maildir/new/folder
echo "- mail"
watch
maildirwatch > /dev/full; echo $?
maildirwatch x; echo $?
<result>
maildirwatch: fatal: MAILDIR not set
111
maildirwatch: fatal: unable to chdir to $MAILDIR: file does not exist
111
- empty
^[[;H^[[;J124

- mail
^[[;H^[[;JFROM  TO <>
^[[1m^[[0m
/no header at all/

FROM <a_b@x> TO <m__@x>
^[[1mFrom: _[2J^[[0m
two/ lines/000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000

FROM <sender@x> TO <me@x>
^[[1mFROM:  "The Sender" <sender@x>^[[0m
hello/First line/and tab/second/

124
maildirwatch: fatal: unable to write output: out of disk space
111
maildirwatch: usage: maildirwatch
100
