mkdir -p root/control; QMAILHOME=$PWD/root; export QMAILHOME
echo me.test > root/control/me; echo dh > root/control/defaulthost; echo dd.test > root/control/defaultdomain; echo pd.test > root/control/plusdomain
try() { printf "$1" > aliases; newaliases aliases; echo $?; }
show() { printforward < aliases.cdb; }
echo -- as sendmail has it
cat > aliases <<'END'
# comment: x
  of two lines

Project: takagi, iida, support@example.jp
project2: /dev/null
project3: "| /usr/local/bin/procmail"
bar: |"/usr/bin/vacation joe"
staff: :include:/etc/mail/staff, :INCLUDE:rel,
	":include:/quoted/list"
Owner-Staff: \mei
user@example.jp: web@+, a@host+, <@relay,@r2:x@far.>, y@
@example.jp: "two words"@h, joe@[1.2.3.4]
END
newaliases aliases; echo $?; show
stat -c %a aliases.cdb; ls
echo -- the last line without its end
try 'a: b'; show
echo -- nothing
try '# only\n\n'; show
echo -- what is refused, by its line, and the old one stays
try 'old: one\n'
for bad in 'a: b\n\n# x\nbox: /var/mail/box\n' 'a:\n' '\n\nalone\n' ': b\n' '|x: y\n' ':include:x: y\n' 'a: "b\nc: d\n' 'a: )b\n' 'a: b\n\n c, <>\n' 'a: ""\n' '"": b\n' 'a: :include:, x\n' 'a: @h\n' 'a: .\n' 'a: b <c\n' 'a: b\0c\n'; do try "$bad"; done
printf 'x: %0801d\n' 0 > aliases; newaliases aliases; echo $?
show; ls
echo -- trouble
newaliases none; echo $?
newaliases a b; echo $?
rm aliases.cdb; mkdir aliases.cdb; try 'a: b\n'; rmdir aliases.cdb
ln -s /dev/full aliases.tmp; try 'a: b\n'; ls
rm root/control/me; mkdir root/control/me root/control/defaulthost 2>/dev/null; rm root/control/defaulthost; try 'a: b\n'
QMAILHOME=$PWD/none newaliases aliases; echo $?
<result>
-- as sendmail has it
0
project@:
, &support@example.jp
, &iida@dh.dd.test
, &takagi@dh.dd.test
;
project2@:
, |true
;
project3@:
, !\ /usr/local/bin/procmail
;
bar@:
, !/usr/bin/vacation\ joe
;
staff@:
, /quoted/list.bin
, ./rel.bin
, /etc/mail/staff.bin
;
staff@: ?Owner-Staff@dh.dd.test;
owner-staff@:
, &mei@dh.dd.test
;
user@example.jp:
, &y@dh.dd.test
, &x@far.dd.test
, &a@host.pd.test
, &web@pd.test
;
@example.jp:
, &joe@[1.2.3.4]
, &two\ words@h.dd.test
;
644
aliases
aliases.cdb
root
-- the last line without its end
0
a@:
, &b@dh.dd.test
;
-- nothing
0
-- what is refused, by its line, and the old one stays
0
newaliases: fatal: aliases line 4: file delivery /var/mail/box not supported
111
newaliases: fatal: aliases line 1: unable to parse this line: a:
111
newaliases: fatal: aliases line 3: unable to parse this line: alone
111
newaliases: fatal: aliases line 1: unable to parse this line: : b
111
newaliases: fatal: aliases line 1: unable to parse this line: |x: y
111
newaliases: fatal: aliases line 1: unable to parse this line: :include:x: y
111
newaliases: fatal: aliases line 1: unable to parse this line: a: "b
111
newaliases: fatal: aliases line 1: unable to parse this line: a: )b
111
newaliases: fatal: aliases line 1: empty recipient addresses not permitted
111
newaliases: fatal: aliases line 1: empty recipient addresses not permitted
111
newaliases: fatal: aliases line 1: empty recipient addresses not permitted
111
newaliases: fatal: aliases line 1: empty :include: filenames not permitted
111
newaliases: fatal: aliases line 1: unable to parse this line: a: @h
111
newaliases: fatal: aliases line 1: unable to parse this line: a: .
111
newaliases: fatal: aliases line 1: unable to parse this line: a: b <c
111
newaliases: fatal: aliases line 1: unable to parse this line: a: b^@c
111
newaliases: fatal: aliases line 1: addresses over 800 bytes are not permitted
100
old@:
, &one@dh.dd.test
;
aliases
aliases.cdb
root
-- trouble
newaliases: fatal: unable to read none: file does not exist
111
newaliases: usage: newaliases [ file ]
100
newaliases: fatal: unable to move aliases.tmp to aliases.cdb: is a directory
111
newaliases: fatal: unable to write to aliases.tmp: out of disk space
111
aliases
root
newaliases: fatal: unable to read controls: is a directory
111
newaliases: fatal: unable to read controls: file does not exist
111
