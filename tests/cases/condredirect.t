mkdir root; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
cat > queue <<'END'
#!/bin/sh
cat > message; tr '\0' '|' <&1 > envelope; echo $$ > pid
cat why >&6 2>/dev/null; exit $(cat code)
END
chmod 755 queue; echo 0 > root/code
printf 'A: b\n\nbody\n' > m
try() { condredirect "$@" < m; echo $?; }
try
try to@x
echo "- needs these only when it sends"
try to@x false
try to@x true
SENDER=s@x try to@x true
export SENDER=s@x NEWSENDER=other@x 'DTLINE=Delivered-To: me@x
'
echo "- sent"
condredirect 'to a@y' grep -q '^A: b' < m > out 2>&1; echo $?; sed "s/ $(cat root/pid)$/ PID/" out
cat root/message root/envelope; echo
SENDER= condredirect t@x sh -c 'cat; echo error >&2' < m > out 2>&1; echo $?; sed "s/ $(cat root/pid)$/ PID/" out
cat root/message root/envelope; echo
rm root/message root/envelope
echo "- not sent"
try to@x grep -q '^C:'
for code in 1 99 100 111; do try to@x sh -c "exit $code"; done
try to@x sh -c 'kill -9 $$'
try to@x ./nothing
try to@x no-such-program
printf 'no file' | condredirect to@x true; echo $?
printf 'no file' | condredirect to@x false; echo $?
(condredirect to@x sh -c 'read line; exit 1'; cat) < m
ls root
echo "- not queued"
echo 53 > root/code; try to@x true
echo 11 > root/code; try to@x true
echo 82 > root/code; printf 'Dnot here' > root/why; try to@x true
<result>
condredirect: usage: condredirect newaddress program [ arg ... ]
100
condredirect: usage: condredirect newaddress program [ arg ... ]
100
- needs these only when it sends
0
condredirect: fatal: SENDER not set
100
condredirect: fatal: DTLINE not set
100
- sent
99
condredirect: qp PID
Delivered-To: me@x
A: b

body
Fs@x|Tto a@y||
99
A: b

body
error
condredirect: qp PID
Delivered-To: me@x
A: b

body
F|Tt@x||
- not sent
0
0
0
0
condredirect: fatal: temporary child error
111
condredirect: fatal: child crashed
111
0
0
condredirect: fatal: unable to rewind: unseekable descriptor
111
0
A: b

body
code
pid
- not queued
condredirect: fatal: qq write error or disk full (#4.3.0)
111
condredirect: fatal: envelope address too long for qq (#5.1.3)
100
condredirect: fatal: not here
100
