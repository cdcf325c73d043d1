# A session with a subprogram that shows what it gets: each argument is a line.
popup() {
  for line; do printf "$line\r\n"; done | qmail-popup pop.test "${sub:-./show}" a 'b c' | sed 's/<[0-9]*\.[0-9]*@/<PID.TIME@/'
}
cat > show <<'END'
#!/bin/sh
echo "args: $*"
tr '\0' '|' <&3
echo
cat
END
chmod +x show
echo --- before the password
popup STAT '' 'CAPA' 'noop' 'USER' 'PASS' 'PASS x' 'APOP' 'APOP joe' 'USER joe' 'PASS' 'PASS ' 'uSeR mike' 'LIST 1' QUIT STAT
echo --- USER and PASS
popup 'USER joe' 'PASS secret word'
popup 'USER x' 'user   joe smith ' 'pass   secret  word '
echo --- APOP
popup 'APOP joe c4c9334bac560ecc979e58001b3e22fb'
popup 'apop  joe  two words'
echo --- what came together with the password is for the subprogram
popup 'USER joe' 'PASS x' STAT 'RETR 1'
echo --- lines that are none, LF alone ends one
popup 'USER a\000b' 'USER a\rb' 'PASS x' 'USER joe\nNOOP'
(head -c 100000 /dev/zero | tr '\0' U; printf '\r\nNOOP\r\n') | qmail-popup pop.test false | tail -n 2
(printf 'USER '; head -c 4091 /dev/zero | tr '\0' u; printf '\r\nPASS '; head -c 4091 /dev/zero | tr '\0' p; printf '\r\n') |
  qmail-popup pop.test sh -c 'wc -c <&3' | tail -n 1 | sed 's/^82[0-9][0-9]$/all of it/'
(head -c 1100000 /dev/zero | tr '\0' U; printf '\r\nNOOP\r\n') | qmail-popup pop.test false | grep -c '^[-+]'
echo --- the subprogram ends
for sub in true false; do popup 'USER joe' 'PASS x' NOOP; done
sub=./nowhere popup 'USER joe' 'PASS x' 2> warning; cat warning
printf '#!/bin/sh\nexit 111\n' > c111; chmod +x c111; sub=./c111 popup 'USER joe' 'PASS x'
printf '#!/bin/sh\nkill -KILL $$\n' > crash; chmod +x crash; sub=./crash popup 'USER joe' 'PASS x'
echo --- exit codes, wrong usage
printf 'QUIT\r\n' | qmail-popup pop.test true > /dev/null; echo $?
printf 'USER a\r\nPASS b\r\n' | qmail-popup pop.test true > /dev/null; echo $?
qmail-popup pop.test true < /dev/null > /dev/null; echo $?
qmail-popup pop.test; echo $?
qmail-popup; echo $?
echo --- descriptors and signals of the subprogram
printf 'USER a\r\nPASS b\r\n' | qmail-popup pop.test sh -c 'for n in $(seq 0 99); do [ ! -e /proc/$$/fd/$n ] || printf "$n "; done; echo; while read -r name v; do case $name in SigBlk:) echo "blocked $v" ;; SigIgn:) echo "PIPE ignored $((0x$v & 0x1000))" ;; esac; done < /proc/$$/status' 2>/dev/null | tail -n 3
<result>
--- before the password
+OK <PID.TIME@pop.test>^M
-ERR authorization first^M
-ERR authorization first^M
-ERR authorization first^M
+OK ^M
-ERR syntax error^M
-ERR USER first^M
-ERR USER first^M
-ERR syntax error^M
-ERR syntax error^M
+OK ^M
-ERR syntax error^M
-ERR syntax error^M
+OK ^M
-ERR authorization first^M
+OK ^M
--- USER and PASS
+OK <PID.TIME@pop.test>^M
+OK ^M
args: a b c
joe|secret word|<PID.TIME@pop.test>|
+OK <PID.TIME@pop.test>^M
+OK ^M
+OK ^M
args: a b c
joe smith |secret  word |<PID.TIME@pop.test>|
--- APOP
+OK <PID.TIME@pop.test>^M
args: a b c
joe|c4c9334bac560ecc979e58001b3e22fb|<PID.TIME@pop.test>|
+OK <PID.TIME@pop.test>^M
args: a b c
joe| two words|<PID.TIME@pop.test>|
--- what came together with the password is for the subprogram
+OK <PID.TIME@pop.test>^M
+OK ^M
args: a b c
joe|x|<PID.TIME@pop.test>|
STAT^M
RETR 1^M
--- lines that are none, LF alone ends one
+OK <PID.TIME@pop.test>^M
-ERR syntax error^M
-ERR syntax error^M
-ERR USER first^M
+OK ^M
+OK ^M
-ERR syntax error^M
+OK ^M
all of it
1
--- the subprogram ends
+OK <PID.TIME@pop.test>^M
+OK ^M
+OK <PID.TIME@pop.test>^M
+OK ^M
-ERR authorization failed^M
+OK <PID.TIME@pop.test>^M
+OK ^M
-ERR authorization failed^M
qmail-popup: warning: unable to run ./nowhere: file does not exist
+OK <PID.TIME@pop.test>^M
+OK ^M
-ERR authorization failed^M
+OK <PID.TIME@pop.test>^M
+OK ^M
-ERR aack, child crashed^M
--- exit codes, wrong usage
1
1
1
-ERR usage: popup hostname subprogram^M
1
-ERR usage: popup hostname subprogram^M
1
--- descriptors and signals of the subprogram
0 1 2 3 
blocked 0000000000000000
PIPE ignored 0
