. "$TESTS/cases/smtpd.sh"
echo --- databytes: 7 bytes and not one more
echo 7 > control/databytes
smtpd 'EHLO x' 'MAIL FROM:<a@b> SIZE=8' 'MAIL FROM:<a@b> SIZE=99999999999999999999' 'MAIL FROM:<a@b> SIZE=7' 'RCPT TO:<a@local.test>' DATA ab '..cd' . \
  'MAIL FROM:<a@b>' 'RCPT TO:<a@local.test>' DATA ab '..cde' .; queued
echo --- DATABYTES
DATABYTES=8 smtpd 'MAIL FROM:<a@b> SIZE=8' 'RCPT TO:<a@local.test>' DATA ab '..cde' .; queued
DATABYTES=0 smtpd 'EHLO x' 'MAIL FROM:<a@b> SIZE=9999'
rm control/databytes
echo --- hops
hops() { for n in $(seq $1); do printf 'Received: %d\r\n' $n; done; }
{ printf 'MAIL FROM:<a@b>\r\nRCPT TO:<a@local.test>\r\nDATA\r\n'; hops 99; printf 'X: Received\r\n\r\n'; hops 9; printf '.\r\n'; } | smtpd; queued | wc -l
{ printf 'MAIL FROM:<a@b>\r\nRCPT TO:<a@local.test>\r\nDATA\r\n'; hops 60; printf 'DELIVERED-TO: x\r\n'; hops 39; printf '\r\n.\r\nNOOP\r\n'; } | smtpd; queued
echo --- hops, then databytes
{ printf 'MAIL FROM:<a@b>\r\nRCPT TO:<a@local.test>\r\nDATA\r\n'; hops 100; printf '\r\n.\r\n'; } | DATABYTES=1 smtpd
echo --- maxrcpt
echo 2 > control/maxrcpt
smtpd 'MAIL FROM:<a@b>' 'RCPT TO:<a@local.test>' 'RCPT TO:<b@local.test>' 'RCPT TO:<c@local.test>' 'RCPT TO:<c@other.test>' DATA . 'MAIL FROM:<a@b>' 'RCPT TO:<c@local.test>'; queued
echo --- maxerrors: refusals of an address are none
echo 3 > control/maxerrors
smtpd X 'MAIL FROM:<a@b>' 'RCPT TO:<c@other.test>' 'RCPT TO:<c@other.test>' 'RCPT TO:<c@other.test>' Y NOOP Z NOOP
echo --- maxcommands, from one message to the next
echo 5 > control/maxcommands; rm control/maxrcpt
smtpd 'MAIL FROM:<a@b>' 'RCPT TO:<1@local.test>' 'RCPT TO:<2@local.test>' 'RCPT TO:<3@local.test>' 'RCPT TO:<4@local.test>' NOOP DATA . NOOP NOOP NOOP NOOP NOOP NOOP; queued | tail -n 1
echo --- a hundred refused recipients are one
many() { for n in $(seq $1); do printf 'RCPT TO:<%d@other.test>\r\n' $n; done; }
echo 2 > control/maxcommands
{ printf 'MAIL FROM:<a@b>\r\n'; many 99; } | smtpd | sort | uniq -c | sed 's/^ *//'
{ printf 'MAIL FROM:<a@b>\r\n'; many 101; } | smtpd | sort | uniq -c | sed 's/^ *//'
rm control/maxcommands
echo --- a group behind a refused MAIL
{ printf 'MAIL FROM:<a@b> X=1\r\n'; many 50; printf 'DATA\r\n'; } | smtpd | sort | uniq -c | sed 's/^ *//'
echo --- a line of 4096 bytes and one of 4097
smtpd "NOOP $(printf '%04091d' 0)" "NOOP $(printf '%04092d' 0)" NOOP
<result>
--- databytes: 7 bytes and not one more
220 mx.test ESMTP^M
250-mx.test^M
250-PIPELINING^M
250-SIZE 7^M
250-ENHANCEDSTATUSCODES^M
250-HELP^M
250 8BITMIME^M
552 5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)^M
552 5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
552 5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)^M
Received: from unknown (HELO x) (192.0.2.9)
  by unknown with SMTP; DATE
ab
.cd
Fa@b Ta@local.test  
--- DATABYTES
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
ab
.cde
Fa@b Ta@local.test  
220 mx.test ESMTP^M
250-mx.test^M
250-PIPELINING^M
250-SIZE 0^M
250-ENHANCEDSTATUSCODES^M
250-HELP^M
250 8BITMIME^M
250 2.1.0 ok^M
--- hops
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
113
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
554 5.4.6 too many hops, this message is looping (#5.4.6)^M
250 2.0.0 ok^M
--- hops, then databytes
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
554 5.4.6 too many hops, this message is looping (#5.4.6)^M
--- maxrcpt
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
452 4.5.3 too many recipients (#4.5.3)^M
553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
250 2.1.0 ok^M
250 2.1.5 ok^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
Fa@b Ta@local.test Tb@local.test  
--- maxerrors: refusals of an address are none
220 mx.test ESMTP^M
502 5.5.1 unimplemented (#5.5.1)^M
250 2.1.0 ok^M
553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)^M
553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)^M
553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)^M
502 5.5.1 unimplemented (#5.5.1)^M
250 2.0.0 ok^M
502 5.5.1 unimplemented (#5.5.1)^M
421 4.7.0 too many errors (#4.7.0)^M
--- maxcommands, from one message to the next
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
250 2.0.0 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
250 2.0.0 ok^M
250 2.0.0 ok^M
250 2.0.0 ok^M
250 2.0.0 ok^M
250 2.0.0 ok^M
421 4.7.0 too many commands (#4.7.0)^M
Fa@b T1@local.test T2@local.test T3@local.test T4@local.test  
--- a hundred refused recipients are one
1 220 mx.test ESMTP^M
1 250 2.1.0 ok^M
99 553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)^M
1 220 mx.test ESMTP^M
1 250 2.1.0 ok^M
1 421 4.7.0 too many commands (#4.7.0)^M
100 553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)^M
--- a group behind a refused MAIL
1 220 mx.test ESMTP^M
51 503 5.5.1 MAIL first (#5.5.1)^M
1 555 5.5.4 parameter not implemented (#5.5.4)^M
--- a line of 4096 bytes and one of 4097
220 mx.test ESMTP^M
250 2.0.0 ok^M
500 5.5.2 line too long (#5.5.2)^M
250 2.0.0 ok^M
