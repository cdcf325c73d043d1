# Without any list: what RBLSMTPD says. DNSCACHEIP is where nobody answers.
export TCPREMOTEIP=192.0.2.7 DNSCACHEIP=127.0.0.1:9
run() { env "$@" 2> log; echo "exit $?"; sed 's/ pid [0-9]*/ pid PID/' log; }
all() { printf 'HELO x\r\nehlo y\nMAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\nfoo\r\n\r\nRSET x\r\nNoop\r\nVRFY\r\nmail\r\nQUITx\r\nHELP\r\nquit now\r\nmore\r\n'; }
all | run RBLSMTPD='go away' rblsmtpd sh -c 'echo in'
echo QUIT | run RBLSMTPD='-never' rblsmtpd echo in
echo -- who decides what
echo QUIT | run RBLSMTPD=-x rblsmtpd -B echo in
echo QUIT | run RBLSMTPD=x rblsmtpd -b echo in
echo RCPT | run RBLSMTPD=- rblsmtpd echo in
echo QUIT | run -u TCPREMOTEIP RBLSMTPD=x rblsmtpd echo in
run RBLSMTPD= rblsmtpd -c -r list.example sh -c 'echo in; exit 3'
run rblsmtpd echo in
run -u TCPREMOTEIP rblsmtpd -c -r list.example echo in
run TCPREMOTEIP=192.0.2 rblsmtpd -c -r list.example echo in
echo -- the answer is one clean line of 200 bytes
echo FOO | run RBLSMTPD="$(printf 'a\tb\nc\r\033\303\244')" rblsmtpd echo in
echo FOO | run RBLSMTPD="$(head -c 300 /dev/zero | tr '\0' x)" rblsmtpd echo in | awk '{ print length($0) }'
echo -- without a session
all | run RBLSMTPD=x rblsmtpd -t 0 echo in
echo -- a long line is one command, and the end comes in time
(head -c 100000 /dev/zero | tr '\0' x; echo; echo QUIT) | run RBLSMTPD=x rblsmtpd echo in
(echo MAIL; sleep 2) | run RBLSMTPD=x rblsmtpd -t 1 echo in
echo QUIT | RBLSMTPD=x rblsmtpd echo in > /dev/full 2> log; echo $?
echo -- a name server that does not answer
run rblsmtpd -r list.example -r other.example echo in
echo QUIT | run rblsmtpd -c -r list.example echo in
echo QUIT | run rblsmtpd -bc -r list.example echo in
run rblsmtpd -C -a list.example -r other.example echo in
echo QUIT | run rblsmtpd -c -a list.example -r other.example echo in
run rblsmtpd -c -a list.example echo in
echo -- trouble
run rblsmtpd
run rblsmtpd -R echo in
run rblsmtpd -r
run rblsmtpd -t soon echo in
run rblsmtpd -r no..name echo in
run rblsmtpd ./none
<result>
220 rblsmtpd.local^M
250 rblsmtpd.local^M
250 rblsmtpd.local^M
250 rblsmtpd.local^M
451 go away^M
451 go away^M
451 go away^M
451 go away^M
250 rblsmtpd.local^M
250 rblsmtpd.local^M
451 go away^M
250 rblsmtpd.local^M
451 go away^M
451 go away^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 go away
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 553 never
-- who decides what
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 553 x
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 x
220 rblsmtpd.local^M
553 ^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 553 
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd:  pid PID: 451 x
in
exit 3
in
exit 0
in
exit 0
in
exit 0
-- the answer is one clean line of 200 bytes
220 rblsmtpd.local^M
451 a?b?c????^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 a?b?c????
19
205
6
233
-- without a session
451 x^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 x
-- a long line is one command, and the end comes in time
220 rblsmtpd.local^M
451 x^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 x
220 rblsmtpd.local^M
250 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 x
0
-- a name server that does not answer
in
exit 0
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 temporary RBL lookup error
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 temporary RBL lookup error
in
exit 0
220 rblsmtpd.local^M
221 rblsmtpd.local^M
exit 0
rblsmtpd: 192.0.2.7 pid PID: 451 temporary RBL lookup error
in
exit 0
-- trouble
exit 100
rblsmtpd: usage: rblsmtpd [ -bBcC ] [ -t timeout ] [ -T patience ] [ -r base ] [ -a base ] smtpd [ arg ... ]
exit 100
rblsmtpd: illegal option -- R
rblsmtpd: usage: rblsmtpd [ -bBcC ] [ -t timeout ] [ -T patience ] [ -r base ] [ -a base ] smtpd [ arg ... ]
exit 100
rblsmtpd: option requires an argument -- r
rblsmtpd: usage: rblsmtpd [ -bBcC ] [ -t timeout ] [ -T patience ] [ -r base ] [ -a base ] smtpd [ arg ... ]
exit 100
rblsmtpd: usage: rblsmtpd [ -bBcC ] [ -t timeout ] [ -T patience ] [ -r base ] [ -a base ] smtpd [ arg ... ]
exit 100
rblsmtpd: fatal: not the name of a list: no..name
exit 111
rblsmtpd: fatal: unable to run ./none: file does not exist
