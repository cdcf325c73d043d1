. "$TESTS/cases/smtpd.sh"
mail='MAIL FROM:<a@b>\r\nRCPT TO:<a@local.test>\r\nDATA\r\n'
echo --- the end of input, anywhere, queues nothing
for text in '' 'x' 'x\r' 'x\r\n' 'x\r\n.' 'x\r\n.\r'; do printf "$mail$text" | qmail-smtpd > out; echo $?; done
cat out; queued
echo --- nor does a client that is silent
echo 1 > control/timeoutsmtpd
mkfifo silent; exec 3<>silent
printf "$mail"'x\r\n.\r' >&3; qmail-smtpd < silent; echo $?; queued
qmail-smtpd < silent; echo $?
<result>
--- the end of input, anywhere, queues nothing
1
1
1
1
1
1
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
--- nor does a client that is silent
220 mx.test ESMTP^M
250 2.1.0 ok^M
250 2.1.5 ok^M
354 go ahead^M
451 4.4.2 timeout (#4.4.2)^M
1
220 mx.test ESMTP^M
451 4.4.2 timeout (#4.4.2)^M
1
