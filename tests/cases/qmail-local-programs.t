# Programs: what they get, and what their exit codes mean.
umask 022; mkdir home; h=$PWD/home; printf 'Subject: s\n\nbody\n' > m
# The default delivery serves for .qmail.
run() { qmail-local joe "$h" "${L-joe}" "${D-}" "${E-}" "${H-example.org}" "${S-sender@x}" "$1" < m 2>&1; echo "= $?"; }
echo -- message
run '|read a; echo "$a"
|cat; pwd | grep -c "/home$"; umask'
echo -- exit codes
for code in 0 1 63 64 65 66 70 71 76 77 78 79 99 100 111 112 113 127 255; do echo "$code: $(run "|exit $code
|echo next" | tr '\n' ' ')"; done
run '|kill -9 $$'
run '|no-such-program-here 2>/dev/null'
run '|echo out; echo err >&2; exit 100'
run '|exit 99
./never'
ls home
echo -- environment
show='|for v in SENDER NEWSENDER RECIPIENT USER LOCAL HOST HOST2 HOST3 HOST4 EXT EXT2 EXT3 EXT4 DTLINE RPLINE; do eval "printf \"%s=%s|\\n\" $v \"\$$v\""; done; echo "$HOME" | sed "s/.*\///"; echo "DEFAULT ${DEFAULT-unset}"; echo "$UFLINE" | sed "s/[A-Z][a-z][a-z] [A-Z][a-z][a-z] [0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] 20[0-9][0-9]$/DATE/"'
DEFAULT=inherited; export DEFAULT
run "$show"
echo "$show" > home/.qmail-a-default
L=joe-A-b-C-d-e D=- E=A-b-C-d-e H=a.b.c.d.e S='quo ted@x' run ''
L=joe-a-default D=- E=a-Default S= run '' | grep -E 'SENDER|DEFAULT|RP|From'
echo -- list owners
echo '|echo "$NEWSENDER"' > home/.qmail-l; : > home/.qmail-l-owner
L=joe-l D=- E=l run ''
: > home/.qmail-l-owner-default
L=joe-l D=- E=l run ''
L=joe-l D=- E=l S= run ''
L=joe-l D=- E=l S='#@[]' run ''
echo -- no seekable message
cat m | qmail-local joe "$h" joe '' '' example.org s@x '|cat'; echo "= $?"
<result>
-- message
Subject: s
Subject: s

body
1
0077
did 0+0+2
= 0
-- exit codes
0: next did 0+0+2 = 0 
1: = 111 
63: = 111 
64: = 100 
65: = 100 
66: = 111 
70: = 100 
71: = 111 
76: = 100 
77: = 100 
78: = 100 
79: = 111 
99: did 0+0+1 = 0 
100: = 100 
111: = 111 
112: = 100 
113: = 111 
127: = 111 
255: = 111 
Aack, child crashed. (#4.3.0)
= 111
= 111
out
err
= 100
did 0+0+1
= 0
-- environment
SENDER=sender@x|
NEWSENDER=sender@x|
RECIPIENT=joe@example.org|
USER=joe|
LOCAL=joe|
HOST=example.org|
HOST2=example|
HOST3=example|
HOST4=example|
EXT=|
EXT2=|
EXT3=|
EXT4=|
DTLINE=Delivered-To: joe@example.org
|
RPLINE=Return-Path: <sender@x>
|
home
DEFAULT unset
From sender@x DATE

did 0+0+1
= 0
SENDER=quo ted@x|
NEWSENDER=quo ted@x|
RECIPIENT=joe-A-b-C-d-e@a.b.c.d.e|
USER=joe|
LOCAL=joe-A-b-C-d-e|
HOST=a.b.c.d.e|
HOST2=a.b.c.d|
HOST3=a.b.c|
HOST4=a.b|
EXT=A-b-C-d-e|
EXT2=b-C-d-e|
EXT3=C-d-e|
EXT4=d-e|
DTLINE=Delivered-To: joe-A-b-C-d-e@a.b.c.d.e
|
RPLINE=Return-Path: <"quo ted"@x>
|
home
DEFAULT b-C-d-e
From quo-ted@x DATE

did 0+0+1
= 0
SENDER=|
NEWSENDER=|
RPLINE=Return-Path: <>
DEFAULT Default
From MAILER-DAEMON DATE
-- list owners
joe-l-owner@example.org
did 0+0+1
= 0
joe-l-owner-@example.org-@[]
did 0+0+1
= 0

did 0+0+1
= 0
#@[]
did 0+0+1
= 0
-- no seekable message
Unable to rewind message. (#4.3.0)
= 111
