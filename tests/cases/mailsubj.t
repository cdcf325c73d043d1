mkdir -p root/control; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
echo h.example.org > root/control/me
ln -s "$(dirname "$(command -v sendmail)")" root/bin
printf '#!/bin/sh\ncat > message; tr "\\0" "|" <&1 > envelope; exit $(cat code)\n' > queue
chmod 755 queue; echo 0 > root/code
export USER=joe
show() { cat root/envelope; echo; sed '/^\(Date\|Message-ID\): /d' root/message; }
mailsubj; echo $?
mailsubj 'no recipient' < /dev/null; echo $?
ls root
echo body | mailsubj 'the *subject*  \n of %s it' one@x.y two bob@z.y; echo $?; show
echo "- subjects"
echo body | mailsubj -n a@b.c; show
mailsubj '' a@b.c < /dev/null; show
echo "- nothing adds a field"
mailsubj 'one
Bcc: evil@x.y' 'a@b.c
Bcc: evil@x.y' < /dev/null; echo $?
mailsubj 'one
Bcc: evil@x.y' 'a@b.c' < /dev/null; show
echo "- exit codes of qmail-inject"
mailsubj s 'a <b@c' < /dev/null; echo $?
echo 53 > root/code; mailsubj s a@b.c < /dev/null; echo $?
<result>
mailsubj: usage: mailsubj subject recipient ...
100
mailsubj: usage: mailsubj subject recipient ...
100
bin
code
control
0
Fjoe@h.example.org|Tbob@z.y|Ttwo@h.example.org|Tone@x.y||
From: joe@h.example.org
Subject: the *subject*  \n of %s it
To: one@x.y, two@h.example.org, bob@z.y

body
- subjects
Fjoe@h.example.org|Ta@b.c||
From: joe@h.example.org
Subject: -n
To: a@b.c

body
Fjoe@h.example.org|Ta@b.c||
From: joe@h.example.org
Subject: 
To: a@b.c

- nothing adds a field
qmail-inject: fatal: unable to parse this line:
To: a@b.c Bcc: evil@x.y
100
Fjoe@h.example.org|Ta@b.c||
From: joe@h.example.org
Subject: one Bcc: evil@x.y
To: a@b.c

- exit codes of qmail-inject
qmail-inject: fatal: unable to parse this line:
To: a <b@c
100
qmail-inject: fatal: qq write error or disk full (#4.3.0)
111
