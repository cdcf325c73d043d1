# Read in by the cases of qmail-smtpd: an instance without a queue, whose
# qmail-queue keeps what it is given in the files message.N and envelope.N.
export QMAILHOME="$PWD" QMAILQUEUE="$PWD/queue" TCPREMOTEIP=192.0.2.9
mkdir control
echo mx.test > control/me
printf 'local.test\n.sub.test\n' > control/rcpthosts
cat > queue <<'QUEUE'
#!/bin/sh
n=$(ls | grep -c '^message')
cat > partial.message && cat <&1 > partial.envelope || exit 54
[ "$(tail -c 2 partial.envelope | od -An -tx1)" = " 00 00" ] || exit 54
mv partial.message message.$n; mv partial.envelope envelope.$n
QUEUE
chmod +x queue

# A session: each argument is a line, with printf's escapes; without arguments,
# standard input as it is. Replies lose their times and numbers.
smtpd() {
  if [ $# -gt 0 ]; then for line; do printf "$line\r\n"; done; else cat; fi | qmail-smtpd $OPTION | sed 's/ok [0-9]* qp [0-9]*/ok TIME qp PID/'
}
# What came to the queue, in order.
queued() {
  for n in 0 1 2 3 4 5 6 7 8 9; do
    [ -e message.$n ] || break
    sed 's/; .* -0000$/; DATE/' message.$n
    tr '\0' ' ' < envelope.$n; echo
  done
  rm -f message.* envelope.* partial.*
}
