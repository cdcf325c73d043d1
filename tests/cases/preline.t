usage() { preline "$@" < /dev/null; echo $?; }
UFLINE=u RPLINE=r usage cat
UFLINE=u DTLINE=d usage cat
RPLINE=r DTLINE=d usage -f cat
export 'UFLINE=From s@x Sat Nov 21 02:33:17 2026
' 'RPLINE=Return-Path: <s@x>
' 'DTLINE=Delivered-To: me@x
'
usage
usage -fr
usage -z cat
printf 'A: b\n\nbody without end' > m
echo "- options"
preline cat < m; echo
preline -f head -n 1 < m
preline -r head -n 2 < m
preline -d head -n 3 < m
preline -frd cat < m; echo
preline -f -r -d -D cat < m | sed -n 1p
preline -frFR -- head -n 2 < m
preline -d sh -c 'echo "$# $1"' sh -f < m
RPLINE= preline -fd cat < m; echo
echo "- exit codes"
for code in 0 1 99 100 111; do preline sh -c "exit $code" < m; echo $?; done
preline sh -c 'kill -9 $$' < m; echo $?
preline ./nothing < m; echo $?
preline no-such-program < m; echo $?
touch plain; preline ./plain < m; echo $?
preline sh -c 'cat > out; echo took it for the whole' < .; echo $?
echo "- sizes"
head -c 300000 /dev/zero | preline -frd wc -c
preline true < /dev/zero; echo $?
head -c 300000 /dev/zero | preline sh -c 'exec 0<&-; exit 7'; echo $?
preline -frd wc -c < /dev/null
echo "- signals and descriptors"
preline sh -c 'while read -r name v; do case $name in SigBlk:) echo "blocked $v" ;; SigIgn:) echo "PIPE ignored $((0x$v & 0x1000))" ;; esac; done < /proc/$$/status; ls /proc/$$/fd; :' < m
<result>
preline: usage: preline cmd [ arg ... ]
100
preline: usage: preline cmd [ arg ... ]
100
preline: usage: preline cmd [ arg ... ]
100
preline: usage: preline cmd [ arg ... ]
100
preline: usage: preline cmd [ arg ... ]
100
preline: illegal option -- z
preline: usage: preline cmd [ arg ... ]
100
- options
From s@x Sat Nov 21 02:33:17 2026
Return-Path: <s@x>
Delivered-To: me@x
A: b

body without end
Return-Path: <s@x>
From s@x Sat Nov 21 02:33:17 2026
Delivered-To: me@x
From s@x Sat Nov 21 02:33:17 2026
Return-Path: <s@x>
A: b
A: b

body without end
Delivered-To: me@x
From s@x Sat Nov 21 02:33:17 2026
Return-Path: <s@x>
1 -f
A: b

body without end
- exit codes
0
1
99
100
111
preline: fatal: child crashed
111
preline: fatal: unable to run ./nothing: file does not exist
100
preline: fatal: unable to run no-such-program: file does not exist
100
preline: fatal: unable to run ./plain: access denied
100
preline: fatal: unable to read input: is a directory
111
- sizes
300000
0
7
0
- signals and descriptors
blocked 0000000000000000
PIPE ignored 0
0
1
2
