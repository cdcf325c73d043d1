printf 'A: b\n\nbody\n' > m
try() { bouncesaying "$@" < m; echo $?; }
try
try 'Not here. (#5.1.1)'
try 'Not you.' true
try 'Not you.' grep -q '^A: b'
try 'Not you.' grep -q '^C:'
for code in 1 99 100 111; do try no sh -c "exit $code"; done
try no sh -c 'kill -15 $$'
echo "- no program: the same as one that says no"
try no ./nothing
try no no-such-program
echo "- what it reads and says"
bouncesaying '-f of it' < m 2>/dev/null; echo $?
try ''
try 'two
lines' sh -c 'cat; echo "$#: $1"' sh -q
(bouncesaying no sh -c 'read line; exit 1'; cat) < m
printf 'no file' | bouncesaying yes grep -q file; echo $?
<result>
bouncesaying: usage: bouncesaying error [ program [ arg ... ] ]
100
Not here. (#5.1.1)
100
Not you.
100
Not you.
100
0
0
0
0
bouncesaying: fatal: temporary child error
111
bouncesaying: fatal: child crashed
111
- no program: the same as one that says no
0
0
- what it reads and says
100

100
A: b

body
1: -q
two
lines
100
A: b

body
yes
100
