mkdir -p users queue/lock queue/mess
export QMAILHOME="$PWD"
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo "$role:me:$(id -u)"; done > users/roles
for role in qmail nofiles; do echo "$role:me:$(id -g)"; done >> users/roles
echo missing; qmail-tcpto; echo "exit $?"; qmail-tcpok; echo "exit $?"
echo empty; : > queue/lock/tcpto; qmail-tcpto; echo "exit $?"
echo fresh; qmail-rspawn < /dev/null > /dev/null; qmail-tcpto; echo "exit $?"
echo two, at a time to come
{ printf '\004\002\000\000\000\000\000\000\377\377\377\377\377\377\000\000\300\000\002\001'; printf '%012d' 0 | tr 0 '\000'
  printf '%032d' 0 | tr 0 '\000'
  printf '\006\012\000\000\000\000\000\000\377\377\377\377\377\377\000\000\040\001\015\270'; printf '%011d' 0 | tr 0 '\000'; printf '\001'
} >> queue/lock/tcpto
qmail-tcpto; echo "exit $?"
echo emptied; qmail-tcpok; echo "exit $?"; qmail-tcpto; echo "exit $?"
echo no table; echo something > queue/lock/tcpto; qmail-tcpto; echo "exit $?"
echo arguments; qmail-tcpto x; echo "exit $?"; qmail-tcpok x; echo "exit $?"
<result>
missing
fatal: unable to open tcpto: file does not exist
exit 111
qmail-tcpok: fatal: unable to open queue/lock/tcpto: file does not exist
exit 111
empty
exit 0
fresh
exit 0
two, at a time to come
192.0.2.1 timed out 0 seconds ago; # recent timeouts: 2
2001:db8::1 timed out 0 seconds ago; # recent timeouts: 10
exit 0
emptied
exit 0
exit 0
no table
fatal: unable to read tcpto: protocol error
exit 111
arguments
qmail-tcpto: usage: qmail-tcpto
exit 100
qmail-tcpok: usage: qmail-tcpok
exit 100
