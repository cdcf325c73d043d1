. "$TESTS/cases/smtpd.sh"
export TCPREMOTEHOST=cli.test TCPREMOTEINFO=joe TCPLOCALHOST=mx.lh TCPLOCALIP=192.0.2.1
smtpd 'HELO foo bar\\baz' 'MAIL FROM:<me@src.test>' 'RCPT TO:<joe@local.test>' 'data' 'Subject: dotty' '' '..' '.x' 'y.' '.' \
  'rcpt to:<joe@local.test>' quit; queued
echo 'my.greeting here' > control/smtpgreeting
smtpd 'EHLO CLI.TEST' NOOP 'NOOP x' HELP VRFY 'vrfy joe' RSET 'EXPN x' '' MAILX QUIT
echo --- the transaction
smtpd 'RCPT TO:<joe@local.test>' DATA 'MAIL FROM:<a@b>' DATA 'RCPT TO:<joe@local.test>' RSET DATA \
  'MAIL FROM:<a@b>' 'RCPT TO:<joe@local.test>' 'MAIL FROM:<>' DATA \
  'RCPT TO:<joe@local.test>' 'HELO x' DATA 'MAIL FROM:<a@b>' 'RCPT TO:<joe@local.test>' 'EHLO x' 'RCPT TO:<joe@local.test>'
echo --- two messages, the second without a body
smtpd 'MAIL FROM:<1@b>' 'RCPT TO:<one@local.test>' DATA a . 'MAIL FROM:<>' 'RCPT TO:<two@local.test>' 'RCPT TO:<three@x.sub.test>' DATA . QUIT
queued
echo --- no QUIT, wrong usage
smtpd NOOP
qmail-smtpd < /dev/null; echo $?
printf 'QUIT\r\n' | qmail-smtpd; echo $?
qmail-smtpd -x; echo $?
<result>
220 mx.test ESMTP^M
250 mx.test^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
503 5.5.1 MAIL first (#5.5.1)^M
221 2.0.0 mx.test^M
Received: from cli.test (HELO foo?bar?baz) (joe@192.0.2.9)
  by mx.lh with SMTP; DATE
Subject: dotty

.
x
y.
Fme@src.test Tjoe@local.test  
220 my.greeting here ESMTP^M
250-my.greeting here^M
250-PIPELINING^M
250-SIZE 0^M
250-ENHANCEDSTATUSCODES^M
250-HELP^M
250 8BITMIME^M
250 2.0.0 ok^M
250 2.0.0 ok^M
214 2.0.0 qmail++: HELO EHLO MAIL RCPT DATA RSET NOOP HELP VRFY QUIT^M
252 2.0.0 send some mail, i'll try my best^M
252 2.0.0 send some mail, i'll try my best^M
250 2.0.0 flushed^M
502 5.5.1 unimplemented (#5.5.1)^M
502 5.5.1 unimplemented (#5.5.1)^M
502 5.5.1 unimplemented (#5.5.1)^M
221 2.0.0 my.greeting here^M
--- the transaction
220 my.greeting here ESMTP^M
503 5.5.1 MAIL first (#5.5.1)^M
503 5.5.1 MAIL first (#5.5.1)^M
250 2.1.0 ok^M
503 5.5.1 RCPT first (#5.5.1)^M
250 2.1.5 ok^M
250 2.0.0 flushed^M
503 5.5.1 MAIL first (#5.5.1)^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250 2.1.0 ok^M
503 5.5.1 RCPT first (#5.5.1)^M
250 2.1.5 ok^M
250 my.greeting here^M
503 5.5.1 MAIL first (#5.5.1)^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250-my.greeting here^M
250-PIPELINING^M
250-SIZE 0^M
250-ENHANCEDSTATUSCODES^M
250-HELP^M
250 8BITMIME^M
503 5.5.1 MAIL first (#5.5.1)^M
--- two messages, the second without a body
220 my.greeting here ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
221 2.0.0 my.greeting here^M
Received: from cli.test (joe@192.0.2.9)
  by mx.lh with SMTP; DATE
a
F1@b Tone@local.test  
Received: from cli.test (joe@192.0.2.9)
  by mx.lh with SMTP; DATE
F Ttwo@local.test Tthree@x.sub.test  
--- no QUIT, wrong usage
220 my.greeting here ESMTP^M
250 2.0.0 ok^M
220 my.greeting here ESMTP^M
1
220 my.greeting here ESMTP^M
221 2.0.0 my.greeting here^M
0
qmail-smtpd: illegal option -- x
qmail-smtpd: usage: qmail-smtpd [ -l ]
100
