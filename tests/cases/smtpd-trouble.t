. "$TESTS/cases/smtpd.sh"
echo --- senders
printf '# comment\nBad@Src.test\n@evil.test\n@\n' > control/badmailfrom
for sender in bad@src.test BAD@SRC.TEST good@src.test x@EVIL.test x@sub.evil.test evil.test x@ ''; do
  RELAYCLIENT= smtpd "MAIL FROM:<$sender>" 'RCPT TO:<a@local.test>' | sed '1,2d; s/ .*//' | tr '\n' ' '
done; echo
smtpd 'MAIL FROM:<bad@src.test>' 'RCPT TO:<a@local.test>' DATA
rm control/badmailfrom

echo --- the queue
message() { smtpd 'MAIL FROM:<a@b>' 'RCPT TO:<a@local.test>' DATA "${1-x}" . | sed 1,4d; }
fails() { printf '#!/bin/sh\n%s\n' "$1" > broken; chmod +x broken; QMAILQUEUE=./broken message "$2"; }
for code in 11 115 31 51 52 53 54 55 56 61 62 66 71 72 73 74 81 91 120 12 40 41 1; do fails "exit $code" x; done
fails 'printf "Dno viruses (#5.7.0), please" >&6; exit 82'
fails 'printf "Ztwo\r\nlines" >&6; exit 82'
fails 'printf "Zx" >&6; exit 82'
fails 'kill -9 $$'
fails 'cat > /dev/null; exit 53'
fails 'exit 53' "$(printf '%0300000d' 0)"
QMAILQUEUE=./nothing message
echo --- the queue and databytes
DATABYTES=1 fails 'exit 53' x

echo --- control files
for file in rcpthosts badmailfrom databytes timeoutsmtpd smtpgreeting localiphost maxrcpt maxerrors maxcommands; do
  mv control/$file . 2>/dev/null; mkdir control/$file; smtpd NOOP; rmdir control/$file; mv $file control 2>/dev/null
done
mv control/rcpthosts .; mkdir control/virtualdomains; smtpd NOOP; RELAYCLIENT= smtpd NOOP; rmdir control/virtualdomains; mv rcpthosts control
rm control/me; smtpd NOOP; mv control gone; qmail-smtpd < /dev/null; echo $?
<result>
--- senders
553 553 250 553 250 250 553 250 
220 mx.test ESMTP^M
250 2.1.0 ok^M
553 5.7.1 sorry, your envelope sender is in my badmailfrom list (#5.7.1)^M
503 5.5.1 RCPT first (#5.5.1)^M
--- the queue
554 5.1.3 envelope address too long for qq (#5.1.3)^M
554 5.1.3 envelope address too long for qq (#5.1.3)^M
554 5.3.0 mail server permanently rejected message (#5.3.0)^M
451 4.3.0 qq out of memory (#4.3.0)^M
451 4.3.0 qq timeout (#4.3.0)^M
451 4.3.0 qq write error or disk full (#4.3.0)^M
451 4.3.0 qq read error (#4.3.0)^M
451 4.3.0 qq unable to read configuration (#4.3.0)^M
451 4.3.0 qq trouble making network connection (#4.3.0)^M
451 4.3.0 qq trouble in home directory (#4.3.0)^M
451 4.3.0 qq trouble creating files in queue (#4.3.0)^M
451 4.3.0 qq trouble creating files in queue (#4.3.0)^M
451 4.3.0 mail server temporarily rejected message (#4.3.0)^M
451 4.4.1 connection to mail server timed out (#4.4.1)^M
451 4.4.1 connection to mail server rejected (#4.4.1)^M
451 4.4.2 communication with mail server failed (#4.4.2)^M
451 4.3.0 qq internal bug (#4.3.0)^M
451 4.3.0 qq internal bug (#4.3.0)^M
451 4.3.0 unable to exec qq (#4.3.0)^M
554 5.3.0 qq permanent problem (#5.3.0)^M
554 5.3.0 qq permanent problem (#5.3.0)^M
451 4.3.0 qq temporary problem (#4.3.0)^M
451 4.3.0 qq temporary problem (#4.3.0)^M
554 5.7.0 no viruses (#5.7.0), please^M
451 4.3.0 two??lines^M
451 4.3.0 qq temporary problem (#4.3.0)^M
451 4.3.0 qq crashed (#4.3.0)^M
451 4.3.0 qq write error or disk full (#4.3.0)^M
451 4.3.0 qq write error or disk full (#4.3.0)^M
451 4.3.0 unable to exec qq (#4.3.0)^M
--- the queue and databytes
552 5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)^M
--- control files
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
220 mx.test ESMTP^M
250 2.0.0 ok^M
421 4.3.0 unable to read controls (#4.3.0)^M
421 4.3.0 unable to read controls (#4.3.0)^M
1
