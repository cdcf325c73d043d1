QMAILHOME=$PWD/root; export QMAILHOME
qmail-newu; echo $?
mkdir -p root/users; qmail-newu; echo $?
try() { printf "$1" > root/users/assign; qmail-newu; echo $?; }
try '=Joe:joe:1:2:/home/joe:::\n+Joe-:joe:1:2:/home/joe:-::\n+sale.:sales:3:4:/s:-:Pre-:more:here:\n+Sub-:x:5:6:/x:-::\n=joe:second:7:8:/no:::\nxother:o:9:9:/o:d:e:\n.\nrubbish'
cdb -d root/users/cdb | tr '\0' '|'
stat -c %a root/users/cdb; ls root/users
echo -- bad, and the old one stays
sum=$(cksum < root/users/cdb)
for bad in '' '=x' '\n.\n' '=a:b:1:2:/h::\n.\n' '=a:b:1:2:/h:::' '=a:b:1:2:/h:::\n' '=a\0b:b:1:2:/h:::\n.\n' 'nothing\n.\n'; do try "$bad" 2>&1 | tr '\n' ' '; [ "$sum" = "$(cksum < root/users/cdb)" ] && echo kept; done
ls root/users
echo -- other errors
rm root/users/assign; mkdir root/users/assign; qmail-newu; echo $?
rmdir root/users/assign; echo . > root/users/assign; mkdir root/users/cdb.tmp; qmail-newu; echo $?
rmdir root/users/cdb.tmp; rm root/users/cdb; mkdir root/users/cdb; qmail-newu; echo $?; ls root/users
rmdir root/users/cdb; ln -s /dev/full root/users/cdb.tmp; qmail-newu; echo $?
<result>
qmail-newu: fatal: unable to chdir
111
qmail-newu: fatal: unable to open users/assign
111
0
+5,19:!joe|->joe|1|2|/home/joe||
+5,20:!joe-->joe|1|2|/home/joe|-|
+6,19:!sale.->sales|3|4|/s|-|Pre-
+5,11:!sub-->x|5|6|/x|-|
+5,16:!joe|->second|7|8|/no||
+7,12:!other|->o|9|9|/o|d|e
+0,2:->-.

644
assign
cdb
-- bad, and the old one stays
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
qmail-newu: fatal: bad format in users/assign 111 kept
assign
cdb
-- other errors
qmail-newu: fatal: unable to read users/assign
111
qmail-newu: fatal: unable to open users/cdb.tmp
111
qmail-newu: fatal: unable to move users/cdb.tmp to users/cdb
111
assign
cdb
qmail-newu: fatal: unable to write users/cdb.tmp
111
