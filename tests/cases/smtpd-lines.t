. "$TESTS/cases/smtpd.sh"
# What stands between two lines of a message may look like its end to others.
between() {
  printf "== $1" | tr '\r\n\0' 'RNO'; echo
  { printf 'MAIL FROM:<a@b>\r\nRCPT TO:<a@local.test>\r\nDATA\r\nline'
    printf "$1"
    printf 'MAIL FROM:<smuggled@b>\r\nRCPT TO:<a@local.test>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n'; } | smtpd | sed 1,4d; queued
}
for end in '\n.\n' '\n.\r\n' '\r\n.\n' '\r.\r' '\r.\r\n' '\r\n.\r' '\n\r.\n\r' '\n\r.\r\n' '\r\r\n.\r\r\n' '\r\n.\r\r\n' '\r\n\0.\r\n' '\r\n.\0\r\n' '\r\n.\r\0\n' '\r\n..\r\n' \
  '\r\n .\r\n' '\r\n. \r\n' '\r\n.\r\n'; do between "$end"; done
echo --- commands
printf 'NOOP\nQUIT\r\n' | smtpd
printf 'NO\rOP\r\nNO\0OP\r\nNOOP\r\r\nNOOP\r\n\nNOOP\r\n' | smtpd
echo --- qmail-smtpd -l
OPTION=-l
printf 'NOOP\nMAIL FROM:<a@b>\nRCPT TO:<a@local.test>\nDATA\nline\n..dot\r\n.\nNOOP\r\nMAIL FROM:<a@b>\nRCPT TO:<a@local.test>\nDATA\nbare\rCR\n.\nQUIT\n' | smtpd; queued
<result>
== N.N
451 4.5.2 See https://cr.yp.to/docs/smtplf.html.^M
== N.RN
451 4.5.2 See https://cr.yp.to/docs/smtplf.html.^M
== RN.N
451 4.5.2 See https://cr.yp.to/docs/smtplf.html.^M
== R.R
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== R.RN
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== RN.R
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== NR.NR
451 4.5.2 See https://cr.yp.to/docs/smtplf.html.^M
== NR.RN
451 4.5.2 See https://cr.yp.to/docs/smtplf.html.^M
== RRN.RRN
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== RN.RRN
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== RNO.RN
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== RN.ORN
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
== RN.RON
451 4.5.2 See https://cr.yp.to/docs/smtplf.html.^M
== RN..RN
250 2.0.0 ok TIME qp PID^M
221 2.0.0 mx.test^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
line
.
MAIL FROM:<smuggled@b>
RCPT TO:<a@local.test>
DATA
smuggled
Fa@b Ta@local.test  
== RN .RN
250 2.0.0 ok TIME qp PID^M
221 2.0.0 mx.test^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
line
 .
MAIL FROM:<smuggled@b>
RCPT TO:<a@local.test>
DATA
smuggled
Fa@b Ta@local.test  
== RN. RN
250 2.0.0 ok TIME qp PID^M
221 2.0.0 mx.test^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
line
 
MAIL FROM:<smuggled@b>
RCPT TO:<a@local.test>
DATA
smuggled
Fa@b Ta@local.test  
== RN.RN
250 2.0.0 ok TIME qp PID^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
221 2.0.0 mx.test^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
line
Fa@b Ta@local.test  
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
smuggled
Fsmuggled@b Ta@local.test  
--- commands
220 mx.test ESMTP^M
500 5.5.2 See https://cr.yp.to/docs/smtplf.html.^M
220 mx.test ESMTP^M
500 5.5.2 NUL or bare CR in a command (#5.5.2)^M
500 5.5.2 NUL or bare CR in a command (#5.5.2)^M
500 5.5.2 NUL or bare CR in a command (#5.5.2)^M
250 2.0.0 ok^M
500 5.5.2 See https://cr.yp.to/docs/smtplf.html.^M
--- qmail-smtpd -l
220 mx.test ESMTP^M
250 2.0.0 ok^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
250 2.0.0 ok^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
554 5.6.0 NUL or bare CR in the message (#5.6.0)^M
221 2.0.0 mx.test^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
line
.dot
Fa@b Ta@local.test  
