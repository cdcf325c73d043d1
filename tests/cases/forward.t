mkdir root; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
cat > queue <<'END'
#!/bin/sh
cat > message; tr '\0' '|' <&1 > envelope; echo $$ > pid
cat why >&6 2>/dev/null; exit $(cat code)
END
chmod 755 queue; echo 0 > root/code
forward to@x < /dev/null; echo $?
NEWSENDER=s@x forward to@x < /dev/null; echo $?
export NEWSENDER=s@x 'DTLINE=Delivered-To: me@x
'
printf 'A: b\n\nbody\n' > m
forward to@x 'a b@y' < m > out 2>&1; echo $?; sed "s/ $(cat root/pid)$/ PID/" out
cat root/message root/envelope; echo
NEWSENDER= forward < m > out 2>&1; echo $?; cat root/envelope; echo
echo 53 > root/code; forward to@x < m; echo $?
echo 11 > root/code; forward to@x < m; echo $?
echo 82 > root/code; printf 'Dnot here' > root/why; forward to@x < m; echo $?
<result>
forward: fatal: NEWSENDER not set
100
forward: fatal: DTLINE not set
100
0
forward: qp PID
Delivered-To: me@x
A: b

body
Fs@x|Tto@x|Ta b@y||
0
F||
forward: fatal: qq write error or disk full (#4.3.0)
111
forward: fatal: envelope address too long for qq (#5.1.3)
100
forward: fatal: not here
100
