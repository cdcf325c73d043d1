chmod 711 .
as_user() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
uid=$(as_user id -u) gid=$(as_user id -g)
if [ "$(id -u)" = 0 ]; then groups=$gid; else groups=$(id -G); fi  # only root can leave groups
mkdir -m 755 home
{
  echo 'joe@a.test:$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/:'$uid:$gid:$PWD/home:/bin/false
  echo 'mike:$6$rounds=6000$saltsalt$imgykecxA6VfS1l7ELN4oliaFkdNkHzRrhZcRHrwpNiRTOWkG/WpdFVJItAi3izpA28ktDXexx54bH4ZnBsRn1:'$uid:$gid:$PWD/home
  echo 'tom:$2b$05$kwQrzETANQQC6YvxjsK33.WJ5SMyQ6mlYeHZFbx500n20oNOZT74K:'$uid:$gid:$PWD/nowhere
} > users
checkpassword-mkcdb users.cdb users.tmp < users
# What comes of these bytes on descriptor 3.
check() {
  printf "$1" | { exec 3<&0 </dev/null; checkpassword-cdb "${file:-users.cdb}" ${program-./show}; echo "exit $?"; } 2>&1 | sed "s|$PWD|.|g; s/^uid=$uid\$/uid=UID/; s/^gid=$gid\$/gid=GID/; s/^groups=$groups\$/groups=GID/"
}
cat > home/show <<'END'
#!/bin/sh
printf '%s\n' "USER=$USER" "HOME=$HOME" "SHELL=$SHELL" "PWD=$(pwd)" "uid=$(id -u)" "gid=$(id -g)" "groups=$(id -G)"
[ ! -e /proc/$$/fd/3 ] || echo descriptor 3 is open
exit 7
END
chmod +x home/show
echo --- those who may
check 'joe@a.test\0secret word\0<1.2@h>\0'
check 'mike\0pass2\0<1.2@h>\0more'
check 'mike\0pass2\0'
IFS='
'; program='sh
-c
echo arguments: $*
x
a b'; check 'mike\0pass2\0t\0'; unset program IFS
echo --- those who may not
for said in 'joe@a.test\0Secret word\0t\0' 'joe@a.test\0secret wor\0t\0' 'joe@a.test\0secret word \0t\0' 'joe@a.test\0\0t\0' \
  'Joe@a.test\0secret word\0t\0' 'joe\0secret word\0t\0' '\0secret word\0t\0' '\0\0\0' 'nobody\0x\0t\0' 'mike\0$6$rounds=6000$saltsalt$imgykecxA6VfS1l7ELN4oliaFkdNkHzRrhZcRHrwpNiRTOWkG/WpdFVJItAi3izpA28ktDXexx54bH4ZnBsRn1\0t\0'
do check "$said"; done
check "mike\\0$(head -c 600 /dev/zero | tr '\0' p)\\0t\\0"
echo --- 512 bytes are as many as there may be
check "mike\\0pass2\\0$(head -c 501 /dev/zero | tr '\0' t)" | tail -n 1
check "mike\\0pass2\\0$(head -c 502 /dev/zero | tr '\0' t)"
echo --- misused
for said in '' 'mike' 'mike\0' 'mike\0pass2'; do check "$said"; done
program= check 'mike\0pass2\0t\0'
checkpassword-cdb; echo $?
echo --- not now
check 'tom\0third\0t\0'
program=./nothing check 'mike\0pass2\0t\0'
file=nothing check 'mike\0pass2\0t\0'
head -c 4096 /dev/zero > zeros; file=zeros check 'mike\0pass2\0t\0'
printf '+4,4:mike->junk\n+0,0:->\n\n' | cdb -c junk.cdb; file=junk.cdb check 'mike\0pass2\0t\0'; file=junk.cdb check 'joe\0pass2\0t\0'
checkpassword-cdb users.cdb true 3<&-; echo $?
as_user checkpassword-cdb users.cdb true 3</dev/null; echo $?
<result>
--- those who may
USER=joe@a.test
HOME=./home
SHELL=/bin/false
PWD=./home
uid=UID
gid=GID
groups=GID
exit 7
USER=mike
HOME=./home
SHELL=/bin/sh
PWD=./home
uid=UID
gid=GID
groups=GID
exit 7
USER=mike
HOME=./home
SHELL=/bin/sh
PWD=./home
uid=UID
gid=GID
groups=GID
exit 7
arguments: a b
exit 0
--- those who may not
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
--- 512 bytes are as many as there may be
exit 7
exit 1
--- misused
exit 2
exit 2
exit 2
exit 2
exit 2
2
--- not now
checkpassword-cdb: fatal: unable to enter ./nowhere and run ./show: file does not exist
exit 111
checkpassword-cdb: fatal: unable to enter ./home and run ./nothing: file does not exist
exit 111
checkpassword-cdb: fatal: unable to read nothing: file does not exist
exit 111
checkpassword-cdb: fatal: unable to read zeros: protocol error
exit 111
checkpassword-cdb: fatal: unable to read junk.cdb: protocol error
exit 111
checkpassword-cdb: fatal: unable to read junk.cdb: protocol error
exit 111
checkpassword-cdb: fatal: unable to read descriptor 3: file descriptor not open
111
2
