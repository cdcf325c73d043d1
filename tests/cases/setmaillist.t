mkdir -p root/control; QMAILHOME=$PWD/root; export QMAILHOME
echo me.test > root/control/me; echo dh > root/control/defaulthost; echo dd.test > root/control/defaultdomain; echo pd.test > root/control/plusdomain
show() { printmaillist < list.bin; echo $?; }
echo -- setmaillist
(umask 077; printf 'god@heaven.af.mil\n&joe@x \t\n\n# c\n./more.bin\n/etc/other bin\n lead@x\nlast@x' | setmaillist list.bin tmp); echo $?; show
tr '\0' '|' < list.bin; echo; stat -c %a list.bin; ls
for bad in 'a@b\nc\0d\n' ; do printf "$bad" | setmaillist list.bin tmp; echo $?; done
printf 'a@b\n%0801d\n' 0 | setmaillist list.bin tmp; echo $?
setmaillist list.bin; echo $?
setmaillist list.bin none/tmp < /dev/null; echo $?
setmaillist none/list tmp < /dev/null; echo $?
setmaillist list.bin tmp < .; echo $?
ln -s /dev/full full; echo a@b | setmaillist list.bin full; echo $?
show; ls
echo -- newinclude
printf '# c\nbob (x), "a b"@h.test, :include:/tmp/foo\nJoe <joe@z+>\n\n:include:"two words" , /dev/null, <>, |x' > list
newinclude list; echo $?
printf '# c\nbob (x), "a b"@h.test, :include:/tmp/foo\nJoe <joe@z+>\n\n:include:"two words" , /dev/null, <>,\n"a"' > list
newinclude list; echo $?; show; ls
QMAILDEFAULTHOST=e1 QMAILDEFAULTDOMAIN=e2 QMAILPLUSDOMAIN=e3 newinclude list; show
for bad in 'a\n/x\n' '"|x y"\n' ':include:\n' '\n"x\n' 'a@b, @c\n' 'a\0b\n' 'a@b."c "\n' ':include:"d\t"\n'; do printf "$bad" > list; newinclude list; echo $?; done
printf '%0801d' 0 > list; newinclude list; echo $?
show; ls
newinclude; echo $?
newinclude none; echo $?
newinclude list more; echo $?
echo -- printmaillist
for bad in '&a\0&b' '&a\0\0' '&a\0b\0' '&a\nb\0'; do printf "$bad" | printmaillist; echo $?; done
printf '&%0899d\0' 0 | printmaillist; echo $?
printmaillist x < list.bin; echo $?
printmaillist < .; echo $?
printmaillist < /dev/null; echo $?
printmaillist < list.bin > /dev/full; echo $?
<result>
-- setmaillist
0
&god@heaven.af.mil
&joe@x
./more.bin
/etc/other bin
& lead@x
&last@x
0
&god@heaven.af.mil|&joe@x|./more.bin|/etc/other bin|& lead@x|&last@x|
644
list.bin
root
setmaillist: fatal: line 2: NUL in input
111
setmaillist: fatal: line 2: addresses must be under 800 bytes
111
setmaillist: usage: setmaillist list.bin list.tmp
100
setmaillist: fatal: unable to create none/tmp: file does not exist
111
setmaillist: fatal: unable to move tmp to none/list: file does not exist
111
setmaillist: fatal: unable to read input: is a directory
111
setmaillist: fatal: unable to write to full: out of disk space
111
&god@heaven.af.mil
&joe@x
./more.bin
/etc/other bin
& lead@x
&last@x
0
list.bin
root
-- newinclude
newinclude: fatal: list line 5: program delivery |x not supported
111
0
/tmp/foo
&a b@h.test
&bob@dh.dd.test
&joe@z.pd.test
./two words
&a@dh.dd.test
0
list
list.bin
root
/tmp/foo
&a b@h.test
&bob@e1.e2
&joe@z.e3
./two words
&a@e1.e2
0
newinclude: fatal: list line 2: file delivery /x not supported
111
newinclude: fatal: list line 1: program delivery |x y not supported
111
newinclude: fatal: list line 1: empty :include: filenames not permitted
111
newinclude: fatal: list line 2: unable to parse this line: "x
111
newinclude: fatal: list line 1: unable to parse this line: a@b, @c
111
newinclude: fatal: list line 1: unable to parse this line: a^@b
111
newinclude: fatal: list line 1: spaces and tabs not permitted at ends of addresses
111
newinclude: fatal: list line 1: spaces and tabs not permitted at ends of :include: filenames
111
newinclude: fatal: list line 1: addresses must be under 800 bytes
111
/tmp/foo
&a b@h.test
&bob@e1.e2
&joe@z.e3
./two words
&a@e1.e2
0
list
list.bin
root
newinclude: usage: newinclude list
100
newinclude: fatal: unable to read none: file does not exist
111
newinclude: usage: newinclude list
100
-- printmaillist
&a
printmaillist: fatal: bad mailing list format
100
&a
printmaillist: fatal: bad mailing list format
100
&a
printmaillist: fatal: bad mailing list format
100
printmaillist: fatal: bad mailing list format
100
printmaillist: fatal: bad mailing list format
100
printmaillist: usage: printmaillist
100
printmaillist: fatal: unable to read input: is a directory
111
0
printmaillist: fatal: unable to write output: out of disk space
111
