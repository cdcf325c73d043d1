printf 'A: b\n\nbody\n' > m
qsmhook cat < m; echo $?
export 'UFLINE=From s@y
' 'RPLINE=Return-Path: <s@y>
' 'DTLINE=Delivered-To: uucp-Joe@h.x
' SENDER=s@y LOCAL=uucp-Joe HOST=h.x
for v in UFLINE RPLINE DTLINE SENDER LOCAL HOST; do (unset $v; qsmhook cat < m; echo $v $?); done
echo "- options"
qsmhook cat < m
qsmhook -n cat < m
qsmhook -lP head -n 4 < m
qsmhook -P -D -F -M -m -s -nl -- cat < m
qsmhook < m; echo $?
qsmhook -q cat < m 2>&1; echo $?
qsmhook -x < m 2>&1; echo $?
echo "- arguments"
qsmhook printf '%%s|' %g %u@%h 100%% '(%u)' %%u %d % '' 'a%' '$(echo)' < m; echo
qsmhook -x uucp- echo %u < m
qsmhook -x UUCP- echo %u < m
qsmhook -x other- echo %u < m
qsmhook -xuucp-Joe echo '<%u>' < m
echo "- exit codes"
for code in 0 1 99 100 111; do qsmhook sh -c "exit $code" < m; echo $?; done
qsmhook sh -c 'kill -9 $$' < m; echo $?
qsmhook ./nothing < m; echo $?
qsmhook no-such-program < m; echo $?
qsmhook sh -c 'cat > out; echo whole' < .; echo $?
qsmhook true < /dev/zero; echo $?
<result>
qsmhook: fatal: incorrect usage
100
qsmhook: fatal: incorrect usage
UFLINE 100
qsmhook: fatal: incorrect usage
RPLINE 100
qsmhook: fatal: incorrect usage
DTLINE 100
qsmhook: fatal: incorrect usage
SENDER 100
qsmhook: fatal: incorrect usage
LOCAL 100
qsmhook: fatal: incorrect usage
HOST 100
- options
From s@y
A: b

body
A: b

body
From s@y
Return-Path: <s@y>
Delivered-To: uucp-Joe@h.x
A: b
Return-Path: <s@y>
Delivered-To: uucp-Joe@h.x
A: b

body
qsmhook: fatal: incorrect usage
100
qsmhook: illegal option -- q
qsmhook: fatal: incorrect usage
100
qsmhook: option requires an argument -- x
qsmhook: fatal: incorrect usage
100
- arguments
s@y|uucp-Joe@h.x|100%|(uucp-Joe)|%u|%d|%||a%|$(echo)|
Joe
Joe
uucp-Joe
<>
- exit codes
0
1
99
100
111
qsmhook: fatal: temporary problem
111
qsmhook: fatal: command not found
100
qsmhook: fatal: command not found
100
qsmhook: fatal: unable to read message
111
0
