mkdir -p root/control root/bin
export QMAILHOME=$PWD/root
echo me.test >root/control/me
# Stand-ins that say how they were called.
for program in qmail-inject qmail-smtpd qmail-qread; do
  cat >root/bin/$program <<'END'
#!/bin/sh
printf '%s' "${0##*/}"
for a; do printf ' [%s]' "$a"; done
echo
env | grep -E '^(QMAIL|MAIL|NAME|PROTO|TCP|RELAY|DATA)' | grep -v '^QMAILHOME' | sort
END
  chmod +x root/bin/$program
done
ln -s "$(command -v sendmail)" mailq
ln -s "$(command -v sendmail)" newaliases
sendmail -t
sendmail -i -oem -- a 'b c' -d
sendmail -f joe@host -F Joe -t a
export QMAILNAME=n MAILNAME=n NAME=n QMAILHOST=h MAILHOST=h QMAILUSER=u
sendmail -F Joe -f joe a
sendmail -f 'a@b@c' a
sendmail -f '<>' a
sendmail -f '' a
unset QMAILNAME MAILNAME NAME QMAILHOST MAILHOST QMAILUSER
sendmail -F 'Joe B' a
echo "- smtp"
sendmail -bs
PROTO=TCP TCPREMOTEIP=1.2.3.4 sendmail -bs
echo "- queue"
sendmail -bp
./mailq
sendmail -q; echo $?
echo "- refused"
./newaliases; echo $?
sendmail -bi; echo $?
sendmail -bd -q15m; echo $?
sendmail -bt; echo $?
sendmail -Z; echo $?
rm root/bin/*
sendmail a; echo $?
sendmail -bs; echo $?
sendmail -bp; echo $?
<result>
qmail-inject [-H] [--]
qmail-inject [-a] [--] [a] [b c] [-d]
qmail-inject [-H] [-f] [joe@host] [--] [a]
MAILNAME=Joe
QMAILHOST=host
QMAILUSER=joe
qmail-inject [-a] [-f] [joe] [--] [a]
MAILNAME=Joe
QMAILUSER=joe
qmail-inject [-a] [-f] [a@b@c] [--] [a]
QMAILHOST=c
QMAILUSER=a@b
qmail-inject [-a] [-f] [] [--] [a]
MAILHOST=h
MAILNAME=n
NAME=n
QMAILHOST=h
QMAILNAME=n
QMAILUSER=u
qmail-inject [-a] [-f] [] [--] [a]
MAILHOST=h
MAILNAME=n
NAME=n
QMAILHOST=h
QMAILNAME=n
QMAILUSER=u
qmail-inject [-a] [--] [a]
MAILNAME=Joe B
- smtp
qmail-smtpd [-l]
DATABYTES=0
PROTO=TCP
RELAYCLIENT=
TCPLOCALHOST=localhost
TCPLOCALIP=127.0.0.1
TCPREMOTEHOST=localhost
TCPREMOTEINFO=sendmail-bs
TCPREMOTEIP=127.0.0.1
qmail-smtpd
PROTO=TCP
TCPREMOTEIP=1.2.3.4
- queue
qmail-qread
qmail-qread
0
- refused
sendmail: fatal: please use fastforward/newaliases instead
100
sendmail: fatal: please use fastforward/newaliases instead
100
sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]
100
sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]
100
sendmail: illegal option -- Z
sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]
100
sendmail: fatal: unable to run qmail-inject
111
sendmail: fatal: unable to run qmail-smtpd
111
sendmail: fatal: unable to run qmail-qread
111
