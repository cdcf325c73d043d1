show() { cdb -d rules.cdb | tr '\0' '|'; }
try() { printf "$1" | tcprules rules.cdb rules.tmp; echo $?; }
try '# comment\n\n127.:allow,RELAYCLIENT=""\n1.2.3.37-39:allow,A="1",B=xb cx\t \n=.bad.example:deny\njoe@1.2.3.4:deny,WHY=/no/\n:deny\n1.2.3.37:deny'
show; stat -c %a rules.cdb; ls
echo -- networks
try '10.1.0.0/23:allow\n[2001:DB8::0:1]:deny\n[2001:db8::/32]:allow\n[2001:db8::]/33:allow\njoe@[::1]:allow\n10.2-3.0.0/16:deny\n'
show
echo -- nothing at all
try ''; show
echo -- bad, and the old one stays
try ':allow,OLD="1"\n'
for bad in '1.2.3.4:allow\n\n1.2.3.5:alow\n:deny\n' '2001:db8::1:allow\n' '10.1.1.0/23:deny' '10.0.0.0/33:deny' '[::1:allow' '1.2.3.a-b:deny' ':allow,A="1' 'a:allow\0:deny\n'; do try "$bad"; done
head -c 70000 /dev/zero | tr '\0' x | tcprules rules.cdb rules.tmp 2>&1 | cut -c1-80
show; ls
echo -- warned of
try '1.2.3.4\n:allow\n1.2.3.9-5:deny\n'; show
echo -- trouble
tcprules; echo $?
tcprules rules.cdb; echo $?
tcprules rules.cdb rules.tmp more < /dev/null; echo $?
tcprules rules.cdb none/rules.tmp < /dev/null; echo $?
tcprules rules.cdb rules.tmp < .; echo $?
mkdir dir; echo :deny | tcprules dir rules.tmp; echo $?
ln -s /dev/full full; echo :deny | tcprules rules.cdb full; echo $?
show; ls
<result>
0
+4,14:127.->+RELAYCLIENT=|
+8,12:1.2.3.37->+A=1|+B=b c|
+8,12:1.2.3.38->+A=1|+B=b c|
+8,12:1.2.3.39->+A=1|+B=b c|
+13,2:=.bad.example->D|
+11,10:joe@1.2.3.4->D|+WHY=no|
+0,2:->D|
+8,2:1.2.3.37->D|

644
rules.cdb
-- networks
0
+11,0:10.1.0.0/23->
+13,2:[2001:db8::1]->D|
+15,0:[2001:db8::/32]->
+15,0:[2001:db8::/33]->
+9,0:joe@[::1]->
+11,2:10.2.0.0/16->D|
+11,2:10.3.0.0/16->D|

-- nothing at all
0

-- bad, and the old one stays
0
tcprules: fatal: line 3 (neither allow nor deny): unable to parse this line: 1.2.3.5:alow
100
tcprules: fatal: line 1 (neither allow nor deny): unable to parse this line: 2001:db8::1:allow
100
tcprules: fatal: line 1 (the address has bits behind the network's length): unable to parse this line: 10.1.1.0/23:deny
100
tcprules: fatal: line 1 (no such length of a network): unable to parse this line: 10.0.0.0/33:deny
100
tcprules: fatal: line 1 (no ] or no colon behind it): unable to parse this line: [::1:allow
100
tcprules: fatal: line 1 (a range needs numbers on both sides): unable to parse this line: 1.2.3.a-b:deny
100
tcprules: fatal: line 1 (variables are ,NAME="VALUE"): unable to parse this line: :allow,A="1
100
tcprules: fatal: line 1 (a NUL): unable to parse this line: a:allow^@:deny
100
tcprules: fatal: line 1 (too long): unable to parse this line: xxxxxxxxxxxxxxxxx
+0,7:->+OLD=1|

rules.cdb
-- warned of
tcprules: warning: line 1 is ignored, it has no colon: 1.2.3.4
tcprules: warning: line 3 is ignored, its range is empty: 1.2.3.9-5:deny
0
+0,0:->

-- trouble
tcprules: usage: tcprules rules.cdb rules.tmp
100
tcprules: usage: tcprules rules.cdb rules.tmp
100
tcprules: usage: tcprules rules.cdb rules.tmp
100
tcprules: fatal: unable to create none/rules.tmp: file does not exist
111
tcprules: fatal: unable to read input: is a directory
111
tcprules: fatal: unable to move rules.tmp to dir: is a directory
111
tcprules: fatal: unable to write to full: out of disk space
111
+0,0:->

dir
rules.cdb
