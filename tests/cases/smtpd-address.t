. "$TESTS/cases/smtpd.sh"
unset TCPREMOTEIP
smtpd 'MAIL FROM:<a"b c"@x.test> BODY=8BITMIME SIZE=1' 'RCPT TO:<@relay:nqjoe@local.test>' 'RCPT TO: <"x\\"y"@local.test> ' \
  'RCPT TO:<Postmaster>' DATA . 'MAIL FROM:<>' 'RCPT TO:<@a.test,@b.test:"@"@LOCAL.test>' DATA . QUIT; queued
echo --- brackets
smtpd 'MAIL' 'MAIL <a@b>' 'MAIL FROM:a@b' 'MAIL FROM: a@b' 'MAIL FROM:<a@b' 'MAIL FROM:<a\tb@c>' 'MAIL FROM:<@a>' 'MAIL FROM:<a@b>SIZE=1' 'MAIL FROM:<a@b>' \
  'RCPT' 'RCPT joe@local.test' 'RCPT TO:joe@local.test' 'RCPT TO:<joe@local.test' 'RCPT TO:<>' 'RCPT FROM:<joe@local.test>' DATA
echo --- parameters
smtpd 'MAIL FROM:<a@b> X=1' 'MAIL FROM:<a@b> SIZE=x' 'MAIL FROM:<a@b> BODY=x' 'MAIL FROM:<a@b> RET=HDRS' 'RCPT TO:<a@local.test>' \
  'MAIL FROM:<a@b>' 'RCPT TO:<a@local.test> NOTIFY=NEVER' DATA
echo --- 899 bytes and 900
long=$(printf '%0888d' 0)
smtpd "MAIL FROM:<${long}a@local.test>" "MAIL FROM:<$long@local.test>" "RCPT TO:<${long}a@local.test>" "RCPT TO:<$long@local.test>" DATA .; queued | tail -n 1 | wc -c
<result>
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
221 2.0.0 mx.test^M
Received: from unknown (unknown)
  by unknown with SMTP; DATE
Fab c@x.test Tnqjoe@local.test Tx"y@local.test TPostmaster  
Received: from unknown (unknown)
  by unknown with SMTP; DATE
F T@@LOCAL.test  
--- brackets
220 mx.test ESMTP^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)^M
250 2.1.0 ok^M
501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)^M
501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)^M
501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)^M
501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)^M
501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)^M
501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)^M
503 5.5.1 RCPT first (#5.5.1)^M
--- parameters
220 mx.test ESMTP^M
555 5.5.4 parameter not implemented (#5.5.4)^M
501 5.5.4 syntax error in parameters (#5.5.4)^M
501 5.5.4 syntax error in parameters (#5.5.4)^M
555 5.5.4 parameter not implemented (#5.5.4)^M
503 5.5.1 MAIL first (#5.5.1)^M
250 2.1.0 ok^M
555 5.5.4 parameter not implemented (#5.5.4)^M
503 5.5.1 RCPT first (#5.5.1)^M
--- 899 bytes and 900
220 mx.test ESMTP^M
555 5.5.4 syntax error (#5.5.4)^M
250 2.1.0 ok^M
555 5.5.4 syntax error (#5.5.4)^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
1804
