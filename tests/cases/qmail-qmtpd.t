. "$TESTS/cases/netstring.sh"
mail() { ns "$1" "$2"; shift 2; ns "$@" | wrap; }  # message, sender, recipients
qmtpd() { answers qmail-qmtpd; }

echo lines that end with LF
mail '\nSubject: x\n\nhello\n.\n' s@x.test r@local.test | qmtpd; queued
echo lines that end with CR LF
mail '\rSubject: x\r\n\r\nhello\r\n' s@x.test r@local.test | qmtpd; queued
echo no end of the last line
mail '\nhello' '' r@local.test | qmtpd; queued
echo several recipients, each with an answer of its own
mail '\nhello\n' s@x.test a@local.test b@other.test 'c@local.test\0' d@sub.test e@x.sub.test f F@LOCAL.TEST | qmtpd; queued
echo nobody accepted
mail '\nhello\n' s@x.test a@other.test b@other.test | qmtpd; queued
echo no recipients
{ ns '\nhello\n' s@x.test; ns | wrap; } | qmtpd; queued
echo several messages
{ mail '\none\n' s@x.test a@local.test; mail '\rtwo\r\n' s@x.test b@other.test; mail '\nthree\n' '' c@local.test; } | qmtpd; queued
echo who the client is
mail '\nhello\n' s@x.test r@local.test | TCPREMOTEHOST='cli
ent.test' TCPREMOTEINFO=joe TCPLOCALHOST=mx.test TCPLOCALIP=192.0.2.1 qmtpd; queued
echo RELAYCLIENT
mail '\nhello\n' s@x.test a@other.test b | RELAYCLIENT= qmtpd; queued
mail '\nhello\n' s@x.test a@other.test b | RELAYCLIENT=@relay qmtpd; queued

echo longest addresses
long() { printf '%0*d' "$1" 0; }
mail '\nhello\n' s@x.test "$(long 988)@local.test" "$(long 989)@local.test" "$(long 5000)@local.test" | qmtpd; queued | tail -n 1 | wc -c
mail '\nhello\n' s@x.test "$(long 988)@local.test" | RELAYCLIENT=x qmtpd; queued
mail '\nhello\n' s@x.test a@local.test | RELAYCLIENT=$(long 2000) qmtpd; queued
mail '\nhello\n' "$(long 999)" a@local.test | qmtpd; queued | tail -n 1 | wc -c
for sender in "$(long 1000)" 's\0@x.test'; do mail '\nhello\n' "$sender" a@local.test b@other.test | qmtpd; queued; done

echo databytes
echo 6 > control/databytes
{ mail '\nhello\n' s@x.test a@local.test; mail '\rhello\r\n' s@x.test a@local.test; mail '\nhello!\n' s@x.test a@local.test b@other.test; } | qmtpd; queued
mail '\nhello!\n' s@x.test a@local.test | DATABYTES=7 qmtpd; queued
mail '\nhello!\n' s@x.test a@local.test | DATABYTES=0 qmtpd; queued
rm control/databytes
echo bytes that nobody takes
for text in '\nNUL \0\n' '\nbare CR \r.\n' '\nCR at the end\r' '\rbare CR \r.\r\n' '\rbare LF\n\r\n' '\r\n'; do mail "$text" s@x.test a@local.test | qmtpd; queued; done
mail '\nCR LF\r\n' s@x.test a@local.test | qmtpd; queued
echo a loop
lines() { yes 'Received: x' | head -n "$1"; }
{ { echo; lines 99; echo; lines 9; } | wrap; ns s@x.test; ns a@local.test | wrap; } | qmtpd; queued | wc -l
{ { echo; lines 100; } | wrap; ns s@x.test; ns a@local.test | wrap; } | qmtpd; queued
echo maxrcpt
echo 2 > control/maxrcpt
mail '\nhello\n' s@x.test a@local.test b@other.test c@local.test d@other.test | qmtpd; queued
rm control/maxrcpt
echo badmailfrom is for SMTP alone
echo s@x.test > control/badmailfrom
mail '\nhello\n' s@x.test a@local.test | qmtpd; queued

echo a queue that does not take it
mail '\nhello\n' s@x.test a@local.test b@other.test c@local.test > session
for code in 31 53 99; do
  printf '#!/bin/sh\nexit %d\n' $code > "refuse$code"; chmod +x "refuse$code"
  QMAILQUEUE=$PWD/refuse$code qmtpd < session
done
printf '#!/bin/sh\nprintf "Dvirus, (#5.7.1)" >&6; exit 82\n' > words; chmod +x words
QMAILQUEUE=$PWD/words qmtpd < session
QMAILQUEUE=$PWD/nothing qmtpd < session
echo what is not QMTP
for sent in HELO ' 1:' '00:,' 0:, '1:x,' '2:\n\n.' '2:\n\n,1:a,3:2:b,' '2:\n\n,1:a,4:1:b;,' '2:\n\n,1:a,4:2:b,,'; do printf "$sent" | qmtpd; queued; done
echo a message, and what is not QMTP
{ mail '\nhello\n' s@x.test a@local.test; echo QUIT; } | qmtpd; queued
echo too long
for sent in 2000000010:x '2:\n\n,2000000010:x' '2:\n\n,1:a,99999999999999999999999:'; do printf "$sent" | qmtpd; queued; done
echo a client that is gone
n=$(wc -c < session)
for cut in 0 1 2 3 5 8 11 12 20 21 25 $((n - 2)) $((n - 1)); do head -c $cut session | qmail-qmtpd; echo "$cut: $?"; queued; done | sed "s/^$((n - 2)):/n-2:/; s/^$((n - 1)):/n-1:/"
echo controls that cannot be read
mkdir control/databytes; qmtpd < session
rmdir control/databytes; rm control/rcpthosts; mkdir control/rcpthosts; qmtpd < session
rmdir control/rcpthosts; printf 'local.test\n' > control/rcpthosts; echo 'not a cdb' > control/morercpthosts.cdb; qmtpd < session
rm control/morercpthosts.cdb; QMAILHOME=$PWD/nowhere qmtpd < session
queued
echo without rcpthosts
rm control/rcpthosts; echo local.test > control/locals
mail '\nhello\n' s@x.test a@local.test b@other.test | qmtpd; queued
<result>
lines that end with LF
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
Subject: x

hello
.
Fs@x.test Tr@local.test  
lines that end with CR LF
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
Subject: x

hello
Fs@x.test Tr@local.test  
no end of the last line
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
helloF Tr@local.test  
several recipients, each with an answer of its own
LEN:Kok TIME qp PID,
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
46:Dsorry, I can't handle that recipient (#5.1.3),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
LEN:Kok TIME qp PID,
LEN:Kok TIME qp PID,
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test Te@x.sub.test Tf TF@LOCAL.TEST  
nobody accepted
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
exit 0
no recipients
exit 0
several messages
LEN:Kok TIME qp PID,
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
one
Fs@x.test Ta@local.test  
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
three
F Tc@local.test  
who the client is
LEN:Kok TIME qp PID,
exit 0
Received: from cli?ent.test (joe@192.0.2.9)
  by mx.test with QMTP; DATE
hello
Fs@x.test Tr@local.test  
RELAYCLIENT
LEN:Kok TIME qp PID,
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@other.test Tb  
LEN:Kok TIME qp PID,
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@other.test@relay Tb@relay  
longest addresses
LEN:Kok TIME qp PID,
46:Dsorry, I can't handle that recipient (#5.1.3),
46:Dsorry, I can't handle that recipient (#5.1.3),
exit 0
1013
46:Dsorry, I can't handle that recipient (#5.1.3),
exit 0
46:Dsorry, I can't handle that recipient (#5.1.3),
exit 0
LEN:Kok TIME qp PID,
exit 0
1017
29:Dunacceptable sender (#5.1.7),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
exit 0
29:Dunacceptable sender (#5.1.7),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
exit 0
databytes
LEN:Kok TIME qp PID,
LEN:Kok TIME qp PID,
61:Dsorry, that message size exceeds my databytes limit (#5.3.4),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test  
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test  
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello!
Fs@x.test Ta@local.test  
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello!
Fs@x.test Ta@local.test  
bytes that nobody takes
48:DNUL, bare CR or bare LF in the message (#5.6.0),
exit 0
48:DNUL, bare CR or bare LF in the message (#5.6.0),
exit 0
48:DNUL, bare CR or bare LF in the message (#5.6.0),
exit 0
48:DNUL, bare CR or bare LF in the message (#5.6.0),
exit 0
48:DNUL, bare CR or bare LF in the message (#5.6.0),
exit 0
48:DNUL, bare CR or bare LF in the message (#5.6.0),
exit 0
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
CR LF^M
Fs@x.test Ta@local.test  
a loop
LEN:Kok TIME qp PID,
exit 0
112
48:Dtoo many hops, this message is looping (#5.4.6),
exit 0
maxrcpt
LEN:Kok TIME qp PID,
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
29:Ztoo many recipients (#4.5.3),
29:Ztoo many recipients (#4.5.3),
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test  
badmailfrom is for SMTP alone
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test  
a queue that does not take it
50:Dmail server permanently rejected message (#5.3.0),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
50:Dmail server permanently rejected message (#5.3.0),
exit 0
37:Zqq write error or disk full (#4.3.0),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
37:Zqq write error or disk full (#4.3.0),
exit 0
30:Zqq temporary problem (#4.3.0),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
30:Zqq temporary problem (#4.3.0),
exit 0
16:Dvirus, (#5.7.1),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
16:Dvirus, (#5.7.1),
exit 0
27:Zunable to exec qq (#4.3.0),
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
27:Zunable to exec qq (#4.3.0),
exit 0
what is not QMTP
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
a message, and what is not QMTP
LEN:Kok TIME qp PID,
exit 100
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test  
too long
exit 111
exit 111
exit 111
a client that is gone
0: 0
1: 0
2: 0
3: 0
5: 0
8: 0
11: 0
12: 0
20: 0
21: 0
25: 0
n-2: 0
n-1: 0
controls that cannot be read
exit 111
exit 111
exit 111
exit 111
without rcpthosts
LEN:Kok TIME qp PID,
66:Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1),
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMTP; DATE
hello
Fs@x.test Ta@local.test  
