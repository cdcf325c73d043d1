printf 'A: b\n\nbody without end' > m
try() { predate "$@" < m; echo $?; }
try
echo "- the line"
# The moment may pass from one second to the next: then once more.
stamp() { while :; do was=$(now); got=$(predate cat < /dev/null); [ "$was" = "$(now)" ] && break; done; [ "$got" = "$was" ] && echo ok || echo "got $got, want $was"; }
now() { date '+Date: %-d %b %Y %H:%M:%S %z'; }
export TZ
for TZ in UTC JST-9 NST3:30 IST-5:30 LINT-14 '<-12>12' Asia/Tokyo 'EST5EDT,M3.2.0,M11.1.0'; do stamp; done
unset TZ; stamp
echo "- in front"
predate cat < m | sed 's/: .* /: DATE /'; echo
predate sh -c 'wc -l; echo "$# $1"' sh -a < m
head -c 300000 /dev/zero | predate tail -c 300000 | tr -d '\0' | wc -c
echo "- exit codes"
for code in 0 1 99 100 111; do try sh -c "exit $code"; done
try sh -c 'kill -9 $$'
try ./nothing
try no-such-program
touch plain; try ./plain
predate sh -c 'cat > out; echo took it for the whole' < .; echo $?
predate true < /dev/zero; echo $?
<result>
predate: usage: predate child [ arg ... ]
100
- the line
ok
ok
ok
ok
ok
ok
ok
ok
ok
- in front
Date: DATE +0000
A: b

body without end
3
1 -a
0
- exit codes
0
1
99
100
111
predate: fatal: child crashed
111
predate: fatal: unable to run ./nothing: file does not exist
100
predate: fatal: unable to run no-such-program: file does not exist
100
predate: fatal: unable to run ./plain: access denied
100
predate: fatal: unable to read input: is a directory
111
0
