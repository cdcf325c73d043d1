# The order of system calls that a power cut needs, and calls that fail, by strace.
umask 022; mkdir home; h=$PWD/home; maildirmake home/dir; printf 'A: b\n\nbody\n' > m
run() { path=$1; shift; strace -f -o trace -e trace=read,alarm,setitimer,flock,openat,write,fsync,syncfs,link,unlink,rename,renameat2,ftruncate "$@" qmail-local joe "$h" joe '' '' x.org s@x "$path" < m 2>&1; echo "= $?"; }
# Every call by its name, those that open a file by what they open.
calls() { sed -nE 's/^[0-9]+ +//; s/[0-9]+\.M[0-9]+P[0-9]+Q1\.[^"]*/NAME/g; /^write\(1,/d; s/^openat\([^"]*"(\.\/[^"]*)".*/open \1/p; s/^(rename[a-z0-9]*|link|unlink)\([^"]*"(\.[^"]*)"[^"]*("([^"]*)")?.*/\1 \2 \4/p; s/^(flock|fsync|syncfs|write|ftruncate)\(.*/\1/p' trace; }
echo -- maildir
run ./dir/; calls
echo -- mbox
run ./box; calls; run ./box; calls | grep -v 'open ./box'
size=$(stat -c %s home/box)
echo -- failing calls
box() { run ./box -e inject="$@"; [ $size = "$(stat -c %s home/box)" ] && echo as it was; }
box fsync:error=EIO
box write:error=ENOSPC:when=1
box read:error=EIO:when=2 -P "$PWD/m"
box flock:error=EINTR
rm home/dir/new/*
dir() { run ./dir/ -e inject="$@"; find home/dir -type f; }
dir fsync:error=EIO:when=1
dir fsync:error=EIO:when=2
dir write:error=ENOSPC:when=1
dir read:error=EIO:when=2 -P "$PWD/m"
dir renameat2:error=EIO
dir alarm,setitimer:signal=ALRM:when=1
echo -- without renameat2, without locks
run ./dir/ -e inject=renameat2:error=ENOSYS; calls | grep -A9 link; ls home/dir/new | wc -l
run ./box -e inject=flock:error=ENOLCK
<result>
-- maildir
did 1+0+0
= 0
open ./dir/tmp/NAME
write
fsync
renameat2 ./dir/tmp/NAME ./dir/new/NAME
open ./dir/new
fsync
-- mbox
did 1+0+0
= 0
open ./box
flock
write
fsync
open ./
fsync
did 1+0+0
= 0
flock
write
fsync
-- failing calls
Unable to write ./box: input/output error. (#4.3.0)
= 111
as it was
Unable to write ./box: out of disk space. (#4.3.0)
= 111
as it was
Unable to read message: input/output error. (#4.3.0)
= 111
as it was
File has been locked for 30 seconds straight. (#4.3.0)
= 111
as it was
Temporary error on maildir delivery. (#4.3.0)
= 111
Temporary error on maildir delivery. (#4.3.0)
= 111
Temporary error on maildir delivery. (#4.3.0)
= 111
Unable to read message. (#4.3.0)
= 111
Temporary error on maildir delivery. (#4.3.0)
= 111
Timeout on maildir delivery. (#4.3.0)
= 111
-- without renameat2, without locks
did 1+0+0
= 0
link ./dir/tmp/NAME ./dir/new/NAME
unlink ./dir/tmp/NAME 
open ./dir/new
fsync
1
did 1+0+0
= 0
