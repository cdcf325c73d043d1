printf 'A: b\n\nbody\n' > m
try() { except "$@" < m; echo $?; }
try
try true
try grep -q '^A: b'
try false
try grep -q '^C:'
for code in 1 99 100 111 112; do try sh -c "exit $code"; done
try sh -c 'kill -15 $$'
echo "- no program: the same as one that says no"
try ./nothing
try no-such-program
echo "- what it reads and says"
try sh -c 'cat; echo out; echo error >&2; exit 100'
(except sh -c 'read line; exit 1'; cat) < m
printf 'no file' | except grep -q file; echo $?
try -n
try sh -c 'echo "$#: $1"' sh -q
<result>
except: usage: except program [ arg ... ]
100
100
100
0
0
0
0
0
except: fatal: temporary child error
111
0
except: fatal: child crashed
111
- no program: the same as one that says no
0
0
- what it reads and says
A: b

body
out
error
0
A: b

body
100
0
1: -q
100
