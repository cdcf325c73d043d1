# Every way that qmail-queue ends; after each failure nothing is left of it.
umask 022; mkdir users control; me=$(id -u)
roles() { # id of alias qmaild qmails
  printf '%s\n' alias:a:$1 qmaild:d:$2 qmaill:l:$me root:r:$me qmailp:p:$me qmailq:q:$me qmailr:r:$me qmails:s:$3 \
    qmail:q:$(id -g) nofiles:n:$(id -g) > users/roles
}
roles $me $me $me; export QMAILHOME=$PWD; qmail-mkqueue
printf 'Subject: x\n\nbody' > m
queue() { # envelope
  printf "$1" > e; qmail-queue < m 1< e 2> errors; echo "exit $?"; cat errors
  ls queue/tmp
}
long() { head -c $1 /dev/zero | tr '\0' a; }
shown() { # bodies and envelopes of what is queued, which is then removed
  for f in queue/mess/*/*; do
    stat -c %a $f
    head -c -72 $f | tr '\0' '|' | sed "s/(qmail [1-9][0-9]* /(qmail PID /
      s/; [1-9][0-9]* [A-Z][a-z][a-z] 20[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] -0000\$/; DATE/; s/by uid $me)/by uid ME)/"
    echo; rm $f
  done
}
sent() { queue "$@"; shown; }
echo -- taken
sent 'Fs@x\0Tr@y\0\0'
sent 'F\0T\0Tr\0\0garbage behind'
echo -- zero recipients
sent 'Fs@x\0\0'
echo -- an empty message; mv m m.away; : > m; sent 'F\0\0'; mv m.away m
echo -- bytes of all kinds
printf '\0\r\n.\r\n\377\n\n' > binary; qmail-queue < binary 1< e; echo $?
f=$(echo queue/mess/*/*); size=$(stat -c %s $f); tail -c +$((size - 72 - 2 - 9 + 1)) $f | head -c 9 | cmp - binary && echo the same; rm $f
echo -- longest addresses
l=$(long 1002); queue "F$l\0T$l\0\0"; rm queue/mess/*/*
echo -- 11: one byte more
l=$(long 1003); queue "F$l\0Tr\0\0"; queue "Fs\0T$l\0\0"; queue "Fs\0Tr\0T${l}aaa\0\0"
echo -- 91
for e in 'Ts\0\0' 's@x\0Tr\0\0' '\0' '\0Fs\0\0' 'Fs\0Fr\0\0' 'Fs\0r@y\0\0' 'Fs\0Tr\0Dr\0\0' 'fs\0\0' "X$(long 1003)\0\0"; do queue "$e"; done
echo -- 54: no end, nothing, no descriptors
for e in '' 'F' 'Fs@x' 'Fs@x\0' 'Fs@x\0Tr@y\0' 'Fs@x\0Tr@y' "Fs\0T$(long 2000)"; do queue "$e"; done
printf 'Fs\0Tr\0\0' > e
qmail-queue < . 1< e; echo $?; qmail-queue < m 1< .; echo $?
qmail-queue 0<&- 1< e; echo $?; qmail-queue < m 1>&-; echo $?
ls queue/tmp
echo -- 53: a file that may not grow
long 100000 > big
(ulimit -f 8; qmail-queue < big 1< e; echo $?)
ls queue/tmp
echo -- 52 and 81: signals
mkfifo hold; exec 3<>hold
begin() { # a qmail-queue that has written some of its file and waits for more
  qmail-queue < hold 1< e 3>&- & head -c 200000 /dev/zero >&3; until [ -s queue/tmp/* ]; do sleep 0.01; done
}
for signal in ALRM SEGV BUS ILL ABRT FPE SYS; do
  begin; kill -$signal $!; wait $!; echo $?; ls queue/tmp
done
echo -- signals that are ignored
begin; for signal in HUP INT QUIT PIPE PROF VTALRM XCPU XFSZ; do kill -$signal $!; done
exec 3> /dev/null; : > hold; wait $!; echo $?; rm queue/mess/*/*
echo -- 61; QMAILHOME=$PWD/none queue 'Fs\0\0'
echo -- 62
mv queue away; queue 'Fs\0\0' 2> /dev/null; mv away queue
mv queue/format .; queue 'Fs\0\0'
for f in 'qmail++ queue 1\nsplit 24\n' 'qmail++ queue 2\nsplit 23\n' ''; do printf "$f" > queue/format; queue 'Fs\0\0'; done
mv format queue
echo -- 63; mv queue/tmp .; queue 'Fs\0\0' 2>&1 | grep exit; mv tmp queue
echo -- 64; mv queue/mess .; queue 'Fs\0\0'; mv mess queue
echo -- 111
mv users/roles .; queue 'Fs\0\0'; : > users/roles; queue 'Fs\0\0'; mv roles users
echo -- who it was
for ids in "$me 3000001 3000002" "3000001 $me 3000002" "3000001 3000002 $me" '3000001 3000002 3000003' "$me $me 3000001"; do
  roles $ids; sent 'F\0\0' | grep Received
done
roles $me $me $me
echo -- the trailer
printf 'Fs@x\0Tr@y\0\0' > e; qmail-queue < m 1< e; f=$(echo queue/mess/*/*); size=$(stat -c %s $f); id=${f##*/}
field() { tail -c 72 $f | od -An -j $1 -N $2 -t u$2 | tr -d ' '; }
tail -c 72 $f | head -c 8; echo " $(field 8 4)"
[ $(field 16 8) = $((size - 72 - 10)) ] && echo body
echo "$(field 24 8) $(field 32 8) $(field 64 4)"
[ $(field 48 8) = $id ] && [ $(field 56 4) = $me ] && [ ${f%/*} = queue/mess/$((id % 23)) ] && echo id and uid
[ $(field 40 8) -le $((id / 1000000)) ] && [ $(field 40 8) -ge $((id / 1000000 - 9)) ] && echo time
[ "$(head -1 $f | sed 's/.*(qmail \([0-9]*\) .*/\1/')" = $(field 60 4) ] && echo pid
rm $f
echo -- the hint
exec 3<>queue/lock/trigger; qmail-queue < m 1< e; read id <&3; ls queue/mess/$((id % 23)) | grep -c "^$id$"; exec 3>&-
rm queue/lock/trigger; qmail-queue < m 1< e; echo $?
<result>
-- taken
exit 0
644
Received: (qmail PID invoked by uid ME); DATE
Subject: x

bodyFs@x|Tr@y|
exit 0
644
Received: (qmail PID invoked by uid ME); DATE
Subject: x

bodyF|T|Tr|
-- zero recipients
exit 0
644
Received: (qmail PID invoked by uid ME); DATE
Subject: x

bodyFs@x|
-- an empty message
exit 0
644
Received: (qmail PID invoked by uid ME); DATE
F|
-- bytes of all kinds
0
the same
-- longest addresses
exit 0
-- 11: one byte more
exit 11
exit 11
exit 11
-- 91
exit 91
exit 91
exit 91
exit 91
exit 91
exit 91
exit 91
exit 91
exit 91
-- 54: no end, nothing, no descriptors
exit 54
exit 54
exit 54
exit 54
exit 54
exit 54
exit 54
54
54
54
54
-- 53: a file that may not grow
53
-- 52 and 81: signals
52
81
81
81
81
81
81
-- signals that are ignored
0
-- 61
exit 61
-- 62
exit 62
exit 62
exit 62
exit 62
exit 62
-- 63
exit 63
-- 64
exit 64
-- 111
exit 111
qmail-queue: fatal: unable to read users/roles; run make setup: file does not exist
exit 111
qmail-queue: fatal: unable to read users/roles; run make setup: protocol error
-- who it was
Received: (qmail PID invoked by alias); DATE
Received: (qmail PID invoked from network); DATE
Received: (qmail PID invoked for bounce); DATE
Received: (qmail PID invoked by uid ME); DATE
Received: (qmail PID invoked by uid ME); DATE
-- the trailer
qm++mess 1
body
10 1 0
id and uid
time
pid
-- the hint
1
0
