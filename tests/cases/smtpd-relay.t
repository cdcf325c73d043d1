. "$TESTS/cases/smtpd.sh"
printf 'Local.Test\n.sub.test\n' > control/rcpthosts
ask() {  # the answers to RCPT, one a line
  { printf 'MAIL FROM:<a@b>\r\n'; for a; do printf 'RCPT TO:<%s>\r\n' "$a"; done; } | qmail-smtpd | sed '1,2d; s/ .*//' | tr '\n' ' '; echo
}
echo rcpthosts; ask a@local.test a@LOCAL.TEST a@x.local.test a@sub.test a@x.sub.test a@X.y.Sub.Test a@xsub.test a a@ a@. a@other.test
echo tricks; ask a%other.test@local.test other.test!a@local.test a@other.test@local.test @local.test:a@other.test '"a@other.test"' a@local.test. 'a@[127.0.0.1]' a@local.test@other.test
echo morercpthosts.cdb
printf 'more.test\n.sub.more\n' | "$TESTS/cases/keys-to-cdb" > control/morercpthosts.cdb
ask a@MORE.test a@local.test a@sub.more a@x.sub.more a@x.y.sub.more a@xmore.test a@other.test
echo broken cdb
head -c 100 control/morercpthosts.cdb > short; mv short control/morercpthosts.cdb
printf 'MAIL FROM:<>\r\nRCPT TO:<a@local.test>\r\nQUIT\r\n' | qmail-smtpd
echo RELAYCLIENT
export RELAYCLIENT=
ask a@other.test a@local.test a a@
RELAYCLIENT=@relay smtpd 'MAIL FROM:<b@c>' 'RCPT TO:<a@other.test>' 'RCPT TO:<b>' DATA . ; queued
RELAYCLIENT=$(printf '%01000d' 0) ask a@other.test
unset RELAYCLIENT
echo no rcpthosts
rm control/rcpthosts
echo 'local.test' > control/locals
printf 'virtual.test:joe\n.dyn.test:dyn\njim@one.test:jim\nexcept.dyn.test:\n:catch\n' > control/virtualdomains
ask a@local.test a@LOCAL.test a@virtual.test a@x.dyn.test a@except.dyn.test jim@one.test joe@one.test a@mx.test a@other.test a a@
echo percenthack
echo mx.test > control/percenthack
echo mx.test >> control/locals
ask a a%other.test@mx.test a%other.test a%local.test a%other.test%local.test a%virtual.test a%x.dyn.test a%except.dyn.test
rm control/locals control/virtualdomains control/percenthack
ask a@local.test a@mx.test a@other.test
echo mx > control/smtpgreeting; rm control/me
ask a@mx.test a
<result>
rcpthosts
250 250 553 553 250 250 553 250 553 553 553 
tricks
250 250 250 553 553 553 553 553 
morercpthosts.cdb
250 250 553 250 250 553 553 
broken cdb
421 4.3.0 unable to read controls (#4.3.0)^M
RELAYCLIENT
250 250 250 250 
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
250 2.1.5 ok^M
354 go ahead^M
250 2.0.0 ok TIME qp PID^M
Received: from unknown (192.0.2.9)
  by unknown with SMTP; DATE
Fb@c Ta@other.test@relay Tb@relay  
555 
no rcpthosts
250 250 250 250 553 250 553 553 553 250 553 
percenthack
250 553 553 250 250 250 250 553 
553 250 553 
553 250 
