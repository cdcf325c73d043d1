# Forward lines, with a program in place of qmail-queue that writes down what it gets.
umask 022; mkdir home root; h=$PWD/home; printf 'Subject: s\n\nbody \344\n' > m
QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
cat > queue <<'END'
#!/bin/sh
cat > message; tr '\0' '|' <&1 > envelope; echo $$ > pid
cat why >&6 2>/dev/null; exit $(cat code)
END
chmod 755 queue; echo 0 > root/code
run() {
  qmail-local joe "$h" joe-x - x example.org "${S-sender@x}" '' < m > out 2>&1; echo "= $?"
  sed "s/^qp $(cat root/pid)$/qp PID/" out
}
echo '&to@x
two@x
# and
&
|cat >/dev/null' > home/.qmail-x
run; cat root/message root/envelope; echo
echo -- nobody left to forward to
printf '&one@x\n|exit 99\n&two@x\n' > home/.qmail-x; run; cat root/envelope; echo
echo -- a failing line forwards nothing
rm root/envelope; printf '&one@x\n|exit 100\n' > home/.qmail-x; run; ls root
echo -- senders
printf 'one@x\n' > home/.qmail-x
S= run; cat root/envelope; echo
: > home/.qmail-x-owner; run; cat root/envelope; echo
: > home/.qmail-x-owner-default; run; cat root/envelope; echo
S='#@[]' run; cat root/envelope; echo
echo -- what qmail-queue may say
for c in 11 31 51 53 54 61 81 91 120; do echo $c > root/code; run | tr '\n' ' '; echo; done
echo 82 > root/code; printf 'Dgo away (#5.7.1)' > root/why; run
printf 'Zcome back (#4.7.1)' > root/why; run
rm queue; run 2>&1
<result>
= 0
did 0+3+1
qp PID
Delivered-To: joe-x@example.org
Subject: s

body M-d
Fsender@x|Tto@x|Ttwo@x|T||
-- nobody left to forward to
= 0
did 0+1+1
qp PID
Fsender@x|Tone@x||
-- a failing line forwards nothing
= 100
code
message
pid
-- senders
= 0
did 0+1+0
qp PID
F|Tone@x||
= 0
did 0+1+0
qp PID
Fjoe-x-owner@example.org|Tone@x||
= 0
did 0+1+0
qp PID
Fjoe-x-owner-@example.org-@[]|Tone@x||
= 0
did 0+1+0
qp PID
F#@[]|Tone@x||
-- what qmail-queue may say
= 100 Unable to forward message: envelope address too long for qq (#5.1.3). 
= 100 Unable to forward message: mail server permanently rejected message (#5.3.0). 
= 111 Unable to forward message: qq out of memory (#4.3.0). 
= 111 Unable to forward message: qq write error or disk full (#4.3.0). 
= 111 Unable to forward message: qq read error (#4.3.0). 
= 111 Unable to forward message: qq trouble in home directory (#4.3.0). 
= 111 Unable to forward message: qq internal bug (#4.3.0). 
= 111 Unable to forward message: qq internal bug (#4.3.0). 
= 111 Unable to forward message: unable to exec qq (#4.3.0). 
= 100
Unable to forward message: go away (#5.7.1).
= 111
Unable to forward message: come back (#4.7.1).
= 111
Unable to forward message: unable to exec qq (#4.3.0).
