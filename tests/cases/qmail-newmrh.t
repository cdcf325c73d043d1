QMAILHOME=$PWD/root; export QMAILHOME
try() { qmail-newmrh "$@" 2>&1 | sed "s|$PWD|HERE|"; }
try x
try
mkdir -p root/control
try
printf 'One.Example \t\n\n# no.example\n.Two.example\nlast.example' > root/control/morercpthosts
qmail-newmrh; echo $?
ls root/control; stat -c %a root/control/morercpthosts.cdb
cdb -d root/control/morercpthosts.cdb
sum=$(cksum < root/control/morercpthosts.cdb)
echo -- what fails leaves the old one
ln -s /dev/full root/control/morercpthosts.tmp; try
rm -f root/control/morercpthosts.tmp; mkdir root/control/morercpthosts.tmp; try; rmdir root/control/morercpthosts.tmp
rm root/control/morercpthosts; mkdir root/control/morercpthosts; qmail-newmrh; echo $?
[ "$sum" = "$(cksum < root/control/morercpthosts.cdb)" ] && echo kept
ls root/control
<result>
qmail-newmrh: usage: qmail-newmrh
qmail-newmrh: fatal: unable to chdir to HERE/root: file does not exist
qmail-newmrh: fatal: unable to read control/morercpthosts: file does not exist
0
morercpthosts
morercpthosts.cdb
644
+11,0:one.example->
+12,0:.two.example->
+12,0:last.example->

-- what fails leaves the old one
qmail-newmrh: fatal: unable to write to control/morercpthosts.tmp: out of disk space
qmail-newmrh: fatal: unable to write to control/morercpthosts.tmp: is a directory
qmail-newmrh: fatal: unable to read control/morercpthosts: is a directory
111
kept
morercpthosts
morercpthosts.cdb
