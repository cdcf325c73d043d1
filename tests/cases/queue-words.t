# A program in qmail-queue's place says why in its own words, on any of the descriptors that such programs know.
mkdir root; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue DTLINE='' NEWSENDER=s@x; export QMAILHOME QMAILQUEUE DTLINE NEWSENDER
try() { printf '#!/bin/bash\ncat >/dev/null; cat <&1 >/dev/null; %s\n' "$1" > queue; chmod 755 queue; forward to@x < /dev/null; echo $?; }
try 'printf "Don six" >&6; exit 82'
try 'printf "Zon four" >&4; exit 82'
try 'printf "Dnamed" >&$ERROR_FD; exit 82'
ERROR_FD=9 try 'printf "Dnine" >&9; exit 82'
ERROR_FD=2 try 'echo -n "Dtwo" >&2; exit 82'
ERROR_FD=9 try 'printf "Dsix all the same" >&6; exit 82'
ERROR_FD=1 try 'printf "Dfour all the same" >&4; exit 82'
ERROR_FD=x try 'printf "Dsix again" >&6; exit 82'
try 'printf "D%0300d" 0 >&6; exit 82' 2>&1 | wc -c
echo "- no words"
try 'exit 82'
try 'printf D1 >&6; exit 82'
try 'printf Kfine >&6; exit 82'
try 'printf "Dnot asked" >&6; exit 31'
try 'printf "Dnot asked" >&6; exit 0' 2>&1 | sed 's/ [0-9]*$/ PID/'
echo "- more than a pipe holds"
try 'printf "Dlong" >&6; head -c 1000000 /dev/zero >&6 2>/dev/null; exit 82' 2>&1 | tr -d '\0'
<result>
forward: fatal: on six
100
forward: fatal: on four
111
forward: fatal: named
100
forward: fatal: nine
100
forward: fatal: two
100
forward: fatal: six all the same
100
forward: fatal: four all the same
100
forward: fatal: six again
100
275
- no words
forward: fatal: qq temporary problem (#4.3.0)
111
forward: fatal: qq temporary problem (#4.3.0)
111
forward: fatal: qq temporary problem (#4.3.0)
111
forward: fatal: mail server permanently rejected message (#5.3.0)
100
forward: qp PID
0
- more than a pipe holds
forward: fatal: long
100
