. "$TESTS/cases/netstring.sh"
mkfifo port
trap 'kill $servers' EXIT
# Starts a server, whose port is then in $port.
serve() {  # address, program
  tcpserver -1 -H -R -l mx.test "$1" 0 "$2" > port 2> /dev/null &
  servers="$servers $!"
  read -r port < port
}
# A server that reads the whole packet and then does as $1, a shell text, says.
# Of packets longer than one answer it reads the first part.
fake() {
  echo "$1" > "does.$(echo "$servers" | wc -w)"
  cat > fake <<FAKE
#!/bin/sh
head -c $size > /dev/null
. ./does.$(echo "$servers" | wc -w)
FAKE
  chmod +x fake; mv fake "fake.$(echo "$servers" | wc -w)"
  serve 127.0.0.1 "./fake.$(echo "$servers" | wc -w)"
}
envelope() { printf 'F%s\0' "$1"; shift; for r; do printf 'T%s\0' "$r"; done; printf '\0'; }
qmqpc() {  # sender, recipients; the message is on descriptor 0
  envelope "$@" > e
  qmail-qmqpc 1< e; echo "exit $?"
}
size=$({ ns 'hello\n' s@x.test r@x.test | wrap; } | wc -c)
hello() { echo hello | qmqpc s@x.test r@x.test; }
dead=127.0.0.1:1

echo a message
serve 127.0.0.1 qmail-qmqpd; good=$port
echo "127.0.0.1:$good" > control/qmqpservers
printf 'Subject: x\n\nhello\n' | qmqpc s@x.test a@x.test b@y.test; queued
echo whatever bytes
printf 'a\r\nb\0c' | qmqpc '' 'a b"@x'; queued
echo empty, and no recipients
qmqpc '' < /dev/null; queued
echo large
yes 'a line of text' | head -n 100000 | qmqpc s@x.test $(seq -f 'r%.0f@x.test' 2000); queued | wc -lc
echo IPv6
serve ::1 qmail-qmqpd; echo "[::1]:$port" > control/qmqpservers; hello; queued
echo what is no address is skipped, and so are servers that do not answer
printf '# one\nname.test\n[127.0.0.1\n127.0.0.1:x\n%s\n%s\n127.0.0.1:%s \n' $dead $dead "$good" > control/qmqpservers
hello; queued
echo answers
for answer in 3:Kok, 4:Zno!, 1:D,; do
  fake "printf $answer"; echo "127.0.0.1:$port" > control/qmqpservers; hello
done
fake 'printf 2000000000:K'; echo "127.0.0.1:$port" > control/qmqpservers; hello
echo after an answer no other server is asked
fake 'printf 1:Z,'; printf '127.0.0.1:%s\n' "$port" "$good" > control/qmqpservers; hello; queued
echo no answer
for answer in 'printf Kok' 'printf "D no QMQP here"' 'printf 1:,' 'printf 0:,' 'printf 3:' 'printf 01:K,' 'printf 1:X,' 'printf 9999999999:K' :; do
  fake "$answer"; printf '127.0.0.1:%s\n' "$port" "$good" > control/qmqpservers; hello; queued
done
echo a server that is lost before it could have all of it
size=1 fake :; printf '127.0.0.1:%s\n' "$port" "$good" > control/qmqpservers
yes 'a line of text' | head -n 1000000 | qmqpc s@x.test r@x.test; queued | wc -l
echo "127.0.0.1:$port" > control/qmqpservers
yes 'a line of text' | head -n 1000000 | qmqpc s@x.test r@x.test
echo nobody answers
echo $dead > control/qmqpservers; hello
echo no servers
echo '# none' > control/qmqpservers; hello
rm control/qmqpservers; hello
mkdir control/qmqpservers; hello; rmdir control/qmqpservers
QMAILHOME=$PWD/nowhere hello
echo what it is not given as qmail-queue is
echo "127.0.0.1:$good" > control/qmqpservers
e() { printf "$1" > e; echo hello | qmail-qmqpc 1< e; echo "exit $?"; }
e ''; e 'Fs'; e 'Fs\0'; e 'Fs\0Tr\0'; e 'Fs\0Tr\0T'; e 's\0Tr\0\0'; e 'Fs\0r\0\0'; e '\0'; e 'Ts\0\0'
long=$(printf '%01003d' 0)
e "F$long\0Tr\0\0"; e "Fs\0T$long\0\0"
envelope s r > e
qmail-qmqpc 0<&- 1< e; echo "exit $?"
qmail-qmqpc < e 1<&-; echo "exit $?"
qmail-qmqpc < . 1< e; echo "exit $?"
echo hello | qmail-qmqpc 1< .; echo "exit $?"
queued
echo what follows the envelope is not read
printf 'Fs\0Tr\0\0Tx\0\0' > e; echo hello | qmail-qmqpc 1< e; echo "exit $?"; queued
<result>
a message
exit 0
Received: from unknown (127.0.0.1)
  by mx.test with QMQP; DATE
Subject: x

hello
Fs@x.test Ta@x.test Tb@y.test  
whatever bytes
exit 0
Received: from unknown (127.0.0.1)
  by mx.test with QMQP; DATE
a^M
b^@cF Ta b"@x  
empty, and no recipients
exit 0
Received: from unknown (127.0.0.1)
  by mx.test with QMQP; DATE
F  
large
exit 0
 100003 1526969
IPv6
exit 0
Received: from unknown (::1)
  by mx.test with QMQP; DATE
hello
Fs@x.test Tr@x.test  
what is no address is skipped, and so are servers that do not answer
exit 0
Received: from unknown (127.0.0.1)
  by mx.test with QMQP; DATE
hello
Fs@x.test Tr@x.test  
answers
exit 0
exit 71
exit 31
exit 0
after an answer no other server is asked
exit 71
no answer
exit 74
exit 74
exit 74
exit 74
exit 74
exit 74
exit 74
exit 74
exit 74
a server that is lost before it could have all of it
exit 0
1000003
exit 74
nobody answers
exit 73
no servers
exit 55
exit 55
exit 55
exit 61
what it is not given as qmail-queue is
exit 54
exit 54
exit 54
exit 54
exit 54
exit 91
exit 91
exit 91
exit 91
exit 11
exit 11
exit 54
exit 54
exit 54
exit 54
what follows the envelope is not read
exit 0
Received: from unknown (127.0.0.1)
  by mx.test with QMQP; DATE
hello
Fs Tr  
