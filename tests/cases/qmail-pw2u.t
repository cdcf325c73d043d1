mkdir -p root/users homes/joe homes/mike homes/BIG; QMAILHOME=$PWD/root; export QMAILHOME
me=$(id -u); h=$PWD/homes
if [ "$me" = 0 ]; then me=1234; chown 1234 homes/*; fi
pw() { printf '%s\n' "alias:x:7790:2108::$h/none:/bin/sh" "root:x:0:0::$h/joe:" "joe:x:$me:100:Joe:$h/joe:/bin/sh" \
  "mike:x:4000:100:,,,:$h/mike:" "big.X:x:1:1::$h/BIG:" "gone:x:5:5::$h/gone:" "BIG:x:6:6::$h/BIG:" \
  '# no line' 'short:x:1:1' '+::::::' 'odd:x:1x:1::/:' 'odd:x:1:-1::/:' ':x:1:1::/:' 'odd:x:4294967295:1::/:'; }
try() { pw | qmail-pw2u "$@" 2>&1 | sed "s|$h|H|g; s|:$me:100|:UID:100|"; }
echo "- nobody's home is looked at"
try -H
echo "- no alias"
printf 'joe:x:1:1::/:\n' | qmail-pw2u -H > out; echo $?
try 2>&1
echo "- homes"
pw() { printf '%s\n' "alias:x:7790:2108::$h/joe:" "joe:x:1:1::$h/gone:"; }
pw | qmail-pw2u -h 2>&1 | sed "s|$h|H|"
pw() { printf '%s\n' "alias:x:$me:100::$h/joe:" "joe:x:$me:100::$h/joe:" "mike:x:4000:1::$h/joe:" "gone:x:$me:100::$h/gone:"; }
try
pw() { echo "alias:x:$me:100::$h/gone:"; }
try -o
echo "- letters"
pw() { echo 'alias:x:7:8::/a:'; echo 'joe:x:1:2::/h:'; }
try -H -C
try -H/ -c.
try -HuU -c +
pw() { echo 'alias:x:7:8::/a:'; echo 'Joe:x:1:2::/h:'; }
try -Hu
echo "- files in users"
pw() { printf '%s\n' 'alias:x:7:8::/a:' 'joe:x:1:2::/h:' 'mike:x:3:4::/m:' 'ann:x:5:6::/n' 'bob:x:7:7::/b:'; }
printf 'mike:m.smith:Mike::\nann:\nmike:later\n' > root/users/mailnames
printf '# one list\nlist:joe:l:more\nlist2:mike::\nno line\n:joe:x:\nann:alias:a:\n' > root/users/subusers
printf '=x:joe:1:2:/h:-:y:\n\n# as it is' > root/users/append
try -H
try -HC/
echo bob > root/users/exclude; printf 'alias \nbob\nann\n' > root/users/include
try -H
rm root/users/subusers; try -H
rm root/users/append; mkdir root/users/append; try -H
rm -r root/users; try -H
QMAILHOME=$PWD/none; try -H
QMAILHOME=$PWD/root; pw | qmail-pw2u -H > /dev/full; echo $?
qmail-pw2u < .; echo $?
echo "- options"
qmail-pw2u -z < /dev/null; echo $?
qmail-pw2u -c < /dev/null; echo $?
<result>
- nobody's home is looked at
+:alias:7790:2108:H/none:-::
=alias:alias:7790:2108:H/none:::
+alias-:alias:7790:2108:H/none:-::
=joe:joe:UID:100:H/joe:::
+joe-:joe:UID:100:H/joe:-::
=mike:mike:4000:100:H/mike:::
+mike-:mike:4000:100:H/mike:-::
=gone:gone:5:5:H/gone:::
+gone-:gone:5:5:H/gone:-::
.
- no alias
qmail-pw2u: fatal: unable to find alias user
111
qmail-pw2u: fatal: unable to find alias user
- homes
qmail-pw2u: fatal: unable to stat H/gone: file does not exist
+:alias:UID:100:H/joe:-::
=alias:alias:UID:100:H/joe:::
+alias-:alias:UID:100:H/joe:-::
=joe:joe:UID:100:H/joe:::
+joe-:joe:UID:100:H/joe:-::
.
qmail-pw2u: fatal: unable to find alias user
- letters
+:alias:7:8:/a:-::
=alias:alias:7:8:/a:::
=joe:joe:1:2:/h:::
.
+:alias:7:8:/a:-/::
=alias:alias:7:8:/a:::
+alias.:alias:7:8:/a:-/::
=joe:joe:1:2:/h:::
+joe.:joe:1:2:/h:-/::
.
+:alias:7:8:/a:-::
=alias:alias:7:8:/a:::
+alias+:alias:7:8:/a:-::
=joe:joe:1:2:/h:::
+joe+:joe:1:2:/h:-::
.
+:alias:7:8:/a:-::
=alias:alias:7:8:/a:::
+alias-:alias:7:8:/a:-::
=Joe:Joe:1:2:/h:::
+Joe-:Joe:1:2:/h:-::
.
- files in users
+:alias:7:8:/a:-::
=alias:alias:7:8:/a:::
+alias-:alias:7:8:/a:-::
=joe:joe:1:2:/h:::
+joe-:joe:1:2:/h:-::
=m.smith:mike:3:4:/m:::
+m.smith-:mike:3:4:/m:-::
=Mike:mike:3:4:/m:::
+Mike-:mike:3:4:/m:-::
=bob:bob:7:7:/b:::
+bob-:bob:7:7:/b:-::
=list:joe:1:2:/h:-:l:
+list-:joe:1:2:/h:-:l-:
=list2:mike:3:4:/m:-::
+list2-:mike:3:4:/m:-:-:
=ann:alias:7:8:/a:-:a:
+ann-:alias:7:8:/a:-:a-:
=x:joe:1:2:/h:-:y:

# as it is
.
+:alias:7:8:/a:-/::
=alias:alias:7:8:/a:::
=joe:joe:1:2:/h:::
=m.smith:mike:3:4:/m:::
=Mike:mike:3:4:/m:::
=bob:bob:7:7:/b:::
=list:joe:1:2:/h:-/:l:
=list2:mike:3:4:/m:-/::
=ann:alias:7:8:/a:-/:a:
=x:joe:1:2:/h:-:y:

# as it is
.
qmail-pw2u: fatal: unable to find joe user for subuser
+:alias:7:8:/a:-::
=alias:alias:7:8:/a:::
+alias-:alias:7:8:/a:-::
=x:joe:1:2:/h:-:y:

# as it is
.
qmail-pw2u: fatal: unable to read controls
+:alias:7:8:/a:-::
=alias:alias:7:8:/a:::
+alias-:alias:7:8:/a:-::
=joe:joe:1:2:/h:::
+joe-:joe:1:2:/h:-::
=mike:mike:3:4:/m:::
+mike-:mike:3:4:/m:-::
=bob:bob:7:7:/b:::
+bob-:bob:7:7:/b:-::
.
qmail-pw2u: fatal: unable to chdir
qmail-pw2u: fatal: unable to write output
111
qmail-pw2u: fatal: unable to read input
111
- options
qmail-pw2u: illegal option -- z
qmail-pw2u: usage: qmail-pw2u [ -/ohHuUC ] [ -cchar ]
100
qmail-pw2u: option requires an argument -- c
qmail-pw2u: usage: qmail-pw2u [ -/ohHuUC ] [ -cchar ]
100
