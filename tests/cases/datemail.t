mkdir -p root/control; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
echo h.example.org > root/control/me
ln -s "$(dirname "$(command -v sendmail)")" root/bin
printf '#!/bin/sh\ncat > message; tr "\\0" "|" <&1 > envelope; exit $(cat code)\n' > queue
chmod 755 queue; echo 0 > root/code
export TZ=JST-9 USER=joe
show() { sed -e 's/\(Date: [0-9]* [A-Z]..\) .* +/\1 TIME +/' -e 's/[0-9]\{14\}\.[0-9]*/ID/' -e 's/ [A-Z].. TIME/ DATE/' -e 's/Date: [0-9]* /Date: /' root/message; }
printf 'To: one@x.y\nSubject: s\n\nbody\n' | datemail -t -f me@there.example two@x.y; echo $?
cat root/envelope; echo; show
echo "- an argument with blanks"
printf 'body\n' | datemail 'a b@x.y'; echo $?
cat root/envelope; echo
echo "- sendmail's exit codes"
echo 53 > root/code; printf 'a\n' | datemail a@x; echo $?
printf 'a\n' | datemail -bx a@x; echo $?
<result>
0
Fme@there.example|Ttwo@x.y|Tone@x.y||
Message-ID: <ID.qmail@h.example.org>
From: me@there.example
Date: DATE +0900
To: one@x.y
Subject: s

body
- an argument with blanks
0
Fjoe@h.example.org|Ta b@x.y||
- sendmail's exit codes
qmail-inject: fatal: qq write error or disk full (#4.3.0)
111
sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]
100
