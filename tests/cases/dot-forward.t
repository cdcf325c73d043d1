mkdir -p root/control; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
echo me.test > root/control/me; echo dh > root/control/defaulthost; echo dd.test > root/control/defaultdomain; echo pd.test > root/control/plusdomain
cat > queue <<'END'
#!/bin/sh
cat > message; tr '\0' '|' <&1 > envelope; echo $$ > pid; exit $(cat code)
END
chmod 755 queue; echo 0 > root/code
export USER=joe HOST=h.dd.test SENDER=s@x NEWSENDER=n@x 'DTLINE=Delivered-To: joe@h.dd.test
' 'RPLINE=Return-Path: <s@x>
' 'UFLINE=From s@x Sat Nov 21 02:33:17 2026
'
printf 'A: b\n\nbody\n' > m
say() { printf "$1" > f; dot-forward -n f; echo $?; }
go() { printf "$1" > f; rm -f root/message root/envelope; dot-forward f < m > out 2>&1; code=$?
  sed "s/ qp $(cat root/pid 2>/dev/null)$/ qp PID/" out; echo $code; cat root/message root/envelope 2>/dev/null; }
echo -- addresses and commands
say '# me\nbob, \\fred, "two words"@h\nJoe <mei@z+>, a@b.c (x, y)\n\n"|vacation joe", |"x y"\n'
go 'bob\n"|cat", mei@a.b\n'; echo
echo -- the user
say 'JOE, x\n'
say 'joe@h.dd.test'
say 'joe@h'
say '\\Joe\n"joe"@h'
go 'joe\n"|true"\n'
echo -- empty, and thrown away
say ''
say '# x\n\n  \n<>, ""\n'
say '/dev/null\n'
go '/dev/null, joe\n'
go '/dev/null\n'
echo -- what is wrong: nothing of it is done
for bad in '"|echo run"\n\n/home/joe/box\n' '"|echo run", bob\nx "y\n' 'bob\n:include:/home/joe/friends\n' '":include:rel"\n' 'x@y, @y\n' 'a\0b\n' 'a@\\\n'; do go "$bad"; say "$bad"; done
echo -- commands that fail
go '"|echo one", "|echo two; exit 1", bob'
go '"|exit 100", bob'
go '"|kill -9 $$"'
echo -- the queue
echo 53 > root/code; go bob | head -2
echo 31 > root/code; go bob | head -2
echo 0 > root/code
echo -- files
printf '' > empty; printf 'bob\n' > f
dot-forward -n none empty f; echo $?
dot-forward -n none empty; echo $?
dot-forward none < m; echo $?
dot-forward; echo $?
dot-forward .; echo $?
dot-forward f/x; echo $?
dot-forward -x f; echo $?
printf '"|cat"\n' > f; cat m | dot-forward f; echo $?
<result>
-- addresses and commands
forward two words@h.dd.test
forward fred@dh.dd.test
forward bob@dh.dd.test
forward a@b.c
forward mei@z.pd.test
pipe through x y
pipe through vacation joe
99
From s@x Sat Nov 21 02:33:17 2026
Return-Path: <s@x>
Delivered-To: joe@h.dd.test
A: b

body
dot-forward: info: qp PID
99
Delivered-To: joe@h.dd.test
A: b

body
Fn@x|Tbob@dh.dd.test|Tmei@a.b||
-- the user
forward x@dh.dd.test
direct delivery
0
direct delivery
0
direct delivery
0
direct delivery
0
0
-- empty, and thrown away
skipping empty file f
direct delivery
0
skipping empty file f
direct delivery
0
discard
99
0
99
-- what is wrong: nothing of it is done
dot-forward: fatal: f line 3: file delivery /home/joe/box not supported
111
pipe through echo run
dot-forward: fatal: f line 3: file delivery /home/joe/box not supported
111
dot-forward: fatal: f line 2: unable to parse this line: x "y
111
forward bob@dh.dd.test
pipe through echo run
dot-forward: fatal: f line 2: unable to parse this line: x "y
111
dot-forward: fatal: f line 2: :include:/home/joe/friends not supported
111
forward bob@dh.dd.test
dot-forward: fatal: f line 2: :include:/home/joe/friends not supported
111
dot-forward: fatal: f line 1: :include:rel not supported
111
dot-forward: fatal: f line 1: :include:rel not supported
111
dot-forward: fatal: f line 1: unable to parse this line: x@y, @y
111
dot-forward: fatal: f line 1: unable to parse this line: x@y, @y
111
dot-forward: fatal: f line 1: unable to parse this line: a^@b
111
dot-forward: fatal: f line 1: unable to parse this line: a^@b
111
dot-forward: fatal: f line 1: unable to parse this line: a@\
111
dot-forward: fatal: f line 1: unable to parse this line: a@\
111
-- commands that fail
two
111
100
dot-forward: fatal: child crashed
111
-- the queue
dot-forward: fatal: unable to forward message: qq write error or disk full (#4.3.0)
111
dot-forward: fatal: unable to forward message: mail server permanently rejected message (#5.3.0)
100
-- files
skipping empty file empty
forward bob@dh.dd.test
99
skipping empty file empty
direct delivery
0
0
0
dot-forward: fatal: unable to read .: is a directory
111
dot-forward: fatal: unable to open f/x: not a directory
111
dot-forward: illegal option -- x
dot-forward: usage: dot-forward [ -nN ] file ...
100
From s@x Sat Nov 21 02:33:17 2026
Return-Path: <s@x>
Delivered-To: joe@h.dd.test
A: b

body
dot-forward: fatal: unable to rewind input: unseekable descriptor
111
