. "$TESTS/cases/netstring.sh"
mail() { ns "$@" | wrap; }  # message, sender, recipients
qmqpd() { answers qmail-qmqpd; }
rm -r control  # needs none

echo a message
mail 'Subject: x\n\nhello\n' s@x.test r@local.test r@other.test | qmqpd; queued
echo as it is, whatever bytes
mail 'a\r\nb\rc\0d' '' 'a b"@x' | qmqpd; queued
echo empty
mail '' '' '' | qmqpd; queued
echo no recipients
mail 'hello\n' s@x.test | qmqpd; queued
echo who the client is
mail 'hello\n' s@x.test r@x | TCPREMOTEHOST='cli ent' TCPREMOTEINFO='jo(e' TCPLOCALIP=192.0.2.1 qmqpd; queued
echo RELAYCLIENT and DATABYTES count for nothing
mail 'hello\n' s@x.test r@x | RELAYCLIENT=@relay DATABYTES=1 qmqpd; queued
echo one message a connection
{ mail 'one\n' s@x.test r@x; mail 'two\n' s@x.test r@x; } | qmqpd; queued

echo addresses
long() { printf '%0*d' "$1" 0; }
mail 'hello\n' "$(long 999)" "$(long 999)" | qmqpd; queued | tail -n 1 | wc -c
mail 'hello\n' "$(long 1000)" r@x | qmqpd; queued
mail 'hello\n' s@x.test r@x "$(long 1000)" r@x | qmqpd; queued
mail 'hello\n' 's\0@x' r@x | qmqpd; queued
mail 'hello\n' s@x r@x 'r\0@x' | qmqpd; queued
echo a loop
lines() { yes 'Delivered-To: x' | head -n "$1"; }
{ { lines 99; echo; lines 9; } | wrap; ns s@x.test a@x; } | wrap | qmqpd; queued | wc -l
{ lines 100 | wrap; ns s@x.test a@x; } | wrap | qmqpd; queued
echo a queue that does not take it
mail 'hello\n' s@x.test a@local.test > session
for code in 31 71; do
  printf '#!/bin/sh\nexit %d\n' $code > "refuse$code"; chmod +x "refuse$code"
  QMAILQUEUE=$PWD/refuse$code qmqpd < session
done
echo what is not QMQP
for sent in 'GET /' 00:, 0:, 1:x, 5:1:a,, 9:1:a,1:b,x, '8:1:a,1:b,.' 8:1:a.1:b,, 8:9:abcdefgh,, 7:1:a,1:b,,; do printf %s "$sent" | qmqpd; queued; done
echo too long
for sent in 2000000010: 30:2000000010: 30:1:a,1:b,99999999999999:; do printf %s "$sent" | qmqpd; queued; done
echo a client that is gone
n=$(wc -c < session)
for cut in $(seq 0 $((n - 1))); do head -c "$cut" session | qmail-qmqpd; echo $?; queued; done | uniq -c
<result>
a message
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMQP; DATE
Subject: x

hello
Fs@x.test Tr@local.test Tr@other.test  
as it is, whatever bytes
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMQP; DATE
a^M
b^Mc^@dF Ta b"@x  
empty
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMQP; DATE
F T  
no recipients
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMQP; DATE
hello
Fs@x.test  
who the client is
LEN:Kok TIME qp PID,
exit 0
Received: from cli?ent (jo?e@192.0.2.9)
  by 192.0.2.1 with QMQP; DATE
hello
Fs@x.test Tr@x  
RELAYCLIENT and DATABYTES count for nothing
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMQP; DATE
hello
Fs@x.test Tr@x  
one message a connection
LEN:Kok TIME qp PID,
exit 0
Received: from unknown (192.0.2.9)
  by unknown with QMQP; DATE
one
Fs@x.test Tr@x  
addresses
LEN:Kok TIME qp PID,
exit 0
2004
51:Dsorry, I can't accept addresses like that (#5.1.3),
exit 0
51:Dsorry, I can't accept addresses like that (#5.1.3),
exit 0
51:Dsorry, I can't accept addresses like that (#5.1.3),
exit 0
51:Dsorry, I can't accept addresses like that (#5.1.3),
exit 0
a loop
LEN:Kok TIME qp PID,
exit 0
112
48:Dtoo many hops, this message is looping (#5.4.6),
exit 0
a queue that does not take it
50:Dmail server permanently rejected message (#5.3.0),
exit 0
50:Zmail server temporarily rejected message (#4.3.0),
exit 0
what is not QMQP
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
exit 100
too long
exit 111
exit 111
exit 111
a client that is gone
     40 0
