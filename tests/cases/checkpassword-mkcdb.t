y='$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/'
s='$6$rounds=6000$saltsalt$imgykecxA6VfS1l7ELN4oliaFkdNkHzRrhZcRHrwpNiRTOWkG/WpdFVJItAi3izpA28ktDXexx54bH4ZnBsRn1'
try() { printf "$1" | checkpassword-mkcdb users.cdb users.tmp; echo $?; }
show() { cdb -d users.cdb | tr '\0' '|'; }
echo --- good lines
try "# users\n\njoe@a.test:$y:1001:1002:/mail/joe:/bin/false\nmike:$s:1001:1002:/mail/mike  \n"
show; stat -c %a users.cdb; ls
echo --- the next one has the mode of the last
chmod 640 users.cdb; try "joe:$y:1:2:/"; stat -c %a users.cdb; show
echo --- bad lines, and the old one stays
for bad in "joe" "joe:$s:1:1" "joe:$s:1:1:/:/bin/sh:" ":$s:1:1:/" "joe:secret:1:1:/" "joe:{PLAIN}secret:1:1:/" "joe::1:1:/" "joe:!$s:1:1:/" \
  "joe:Lm86jO3R9/rVM:1:1:/" 'joe:_J9..H8KvUsbvV/xby/I:1:1:/' 'joe:$1$lLOWT789$3o2tMdLFYOH8Trl1uj0tA0:1:1:/' "joe:${s%?}:1:1:/" \
  "joe:$s:0:1:/" "joe:$s:1:0:/" "joe:$s:x:1:/" "joe:$s:1:4294967295:/" "joe:$s:1:1:home" "joe:$s:1:1:/:sh" "jo\\0e:$s:1:1:/" \
  "mike:$y:1:1:/\\n\\njoe:$s:2:2:/\\nmike:$s:1:1:/" "mike:$y:1:1:/\\n#\\njoe:secret word:1:1:/"
do try "$bad"; done
head -c 5000 /dev/zero | checkpassword-mkcdb users.cdb users.tmp; echo $?
try '# nobody\n'
show; ls
echo --- a leftover that all can read
echo old > users.tmp; try "joe:$s:1:2:/"; show; ls
rm users.cdb; echo old > users.tmp; chmod 666 users.tmp; try "joe:$s:1:2:/"; stat -c %a users.cdb
echo --- trouble
checkpassword-mkcdb; echo $?
checkpassword-mkcdb a b c < /dev/null; echo $?
checkpassword-mkcdb users.cdb none/users.tmp < /dev/null; echo $?
checkpassword-mkcdb users.cdb users.tmp < .; echo $?
mkdir dir; printf "joe:$s:1:2:/" | checkpassword-mkcdb dir users.tmp; echo $?
ls
<result>
--- good lines
0
+0,73:->$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/
+10,105:joe@a.test->$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/|1001|1002|/mail/joe|/bin/false|
+4,140:mike->$6$rounds=6000$saltsalt$imgykecxA6VfS1l7ELN4oliaFkdNkHzRrhZcRHrwpNiRTOWkG/WpdFVJItAi3izpA28ktDXexx54bH4ZnBsRn1|1001|1002|/mail/mike|/bin/sh|

600
users.cdb
--- the next one has the mode of the last
0
640
+0,73:->$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/
+3,88:joe->$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/|1|2|/|/bin/sh|

--- bad lines, and the old one stays
checkpassword-mkcdb: fatal: line 1: less than five fields
100
checkpassword-mkcdb: fatal: line 1: less than five fields
100
checkpassword-mkcdb: fatal: line 1: more than six fields
100
checkpassword-mkcdb: fatal: line 1: no user
100
checkpassword-mkcdb: fatal: line 1: this is no hash of a kind known here
100
checkpassword-mkcdb: fatal: line 1: this is no hash of a kind known here
100
checkpassword-mkcdb: fatal: line 1: there is no hash
100
checkpassword-mkcdb: fatal: line 1: the account is locked: leave the line out
100
checkpassword-mkcdb: fatal: line 1: a DES hash is too weak
100
checkpassword-mkcdb: fatal: line 1: a DES hash is too weak
100
checkpassword-mkcdb: fatal: line 1: an MD5 hash is too weak
100
checkpassword-mkcdb: fatal: line 1: this is no whole hash
100
checkpassword-mkcdb: fatal: line 1: the uid is no number, or root's
100
checkpassword-mkcdb: fatal: line 1: the gid is no number, or root's
100
checkpassword-mkcdb: fatal: line 1: the uid is no number, or root's
100
checkpassword-mkcdb: fatal: line 1: the gid is no number, or root's
100
checkpassword-mkcdb: fatal: line 1: the home does not begin with /
100
checkpassword-mkcdb: fatal: line 1: the shell does not begin with /
100
checkpassword-mkcdb: fatal: line 1: a NUL
100
checkpassword-mkcdb: fatal: line 4: this user has a line already: mike
100
checkpassword-mkcdb: fatal: line 3: this is no hash of a kind known here
100
checkpassword-mkcdb: fatal: line 1: too long
100
checkpassword-mkcdb: fatal: there are no users
100
+0,73:->$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/
+3,88:joe->$y$j9T$9i6OXCU6.N7MgGZDl8xQd.$8SzD4A6ujVSYqfPkCL47PAOAGCtzmQnKCx/Q/JEu3y/|1|2|/|/bin/sh|

users.cdb
--- a leftover that all can read
0
+0,110:->$6$rounds=6000$saltsalt$imgykecxA6VfS1l7ELN4oliaFkdNkHzRrhZcRHrwpNiRTOWkG/WpdFVJItAi3izpA28ktDXexx54bH4ZnBsRn1
+3,125:joe->$6$rounds=6000$saltsalt$imgykecxA6VfS1l7ELN4oliaFkdNkHzRrhZcRHrwpNiRTOWkG/WpdFVJItAi3izpA28ktDXexx54bH4ZnBsRn1|1|2|/|/bin/sh|

users.cdb
0
600
--- trouble
checkpassword-mkcdb: usage: checkpassword-mkcdb users.cdb users.tmp
100
checkpassword-mkcdb: usage: checkpassword-mkcdb users.cdb users.tmp
100
checkpassword-mkcdb: fatal: unable to create none/users.tmp: file does not exist
111
checkpassword-mkcdb: fatal: unable to read input: is a directory
111
checkpassword-mkcdb: fatal: unable to move users.tmp to dir: is a directory
111
dir
users.cdb
