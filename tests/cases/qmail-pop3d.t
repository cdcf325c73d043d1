. "$TESTS/cases/pop3d.sh"
message cur/30.b.host:2,S 30 'Subject: second\n\nbody\n'
message new/20.a.host 20 'Subject: first\n\n.dot\n..\nlast'
message new/40.c.host 40 ''
pop STAT LIST 'LIST 2' UIDL 'UIDL 2' LAST NOOP
echo --- RETR and TOP
pop 'RETR 1' 'RETR 3' 'TOP 1 0' 'TOP 1 1' 'TOP 1 2' 'TOP 1 3' 'TOP 2' 'RETR 1 1' 'top 2 1'
echo --- nothing has changed
files
echo --- DELE, LAST, RSET
pop 'DELE 2' STAT LAST LIST UIDL 'LIST 2' 'UIDL 2' 'RETR 2' 'TOP 2 0' 'DELE 2' 'DELE 1' STAT LAST 'RETR 3' LAST RSET STAT LAST LIST
files
echo --- lost before QUIT
pop 'DELE 1' 'DELE 2'
printf 'DELE 1\r\nQUIT' | as_user qmail-pop3d box
files
echo --- QUIT, with nothing said after it
pop 'DELE 2' QUIT 'DELE 1'
files
pop 'dele 1' quit
files
pop STAT UIDL 'LIST 1' QUIT
files
<result>
+OK ^M
+OK 3 50^M
+OK ^M
1 28^M
2 22^M
3 0^M
.^M
+OK 2 22^M
+OK ^M
1 20.a.host^M
2 30.b.host^M
3 40.c.host^M
.^M
+OK 2 30.b.host^M
+OK 0^M
+OK ^M
exit 0
--- RETR and TOP
+OK ^M
+OK ^M
Subject: first^M
^M
..dot^M
...^M
last^M
^M
.^M
+OK ^M
^M
.^M
+OK ^M
Subject: first^M
^M
^M
.^M
+OK ^M
Subject: first^M
^M
..dot^M
^M
.^M
+OK ^M
Subject: first^M
^M
..dot^M
...^M
^M
.^M
+OK ^M
Subject: first^M
^M
..dot^M
...^M
last^M
^M
.^M
+OK ^M
Subject: second^M
^M
body^M
^M
.^M
+OK ^M
Subject: first^M
^M
..dot^M
^M
.^M
+OK ^M
Subject: second^M
^M
body^M
^M
.^M
exit 0
--- nothing has changed
cur/30.b.host:2,S
new/20.a.host
new/40.c.host
--- DELE, LAST, RSET
+OK ^M
+OK ^M
+OK 3 28^M
+OK 2^M
+OK ^M
1 28^M
3 0^M
.^M
+OK ^M
1 20.a.host^M
3 40.c.host^M
.^M
-ERR already deleted^M
-ERR already deleted^M
-ERR already deleted^M
-ERR already deleted^M
-ERR already deleted^M
+OK ^M
+OK 3 0^M
+OK 2^M
+OK ^M
^M
.^M
+OK 2^M
+OK ^M
+OK 3 50^M
+OK 0^M
+OK ^M
1 28^M
2 22^M
3 0^M
.^M
exit 0
cur/30.b.host:2,S
new/20.a.host
new/40.c.host
--- lost before QUIT
+OK ^M
+OK ^M
+OK ^M
exit 0
+OK ^M
+OK ^M
cur/30.b.host:2,S
new/20.a.host
new/40.c.host
--- QUIT, with nothing said after it
+OK ^M
+OK ^M
+OK ^M
exit 0
cur/20.a.host:2,
cur/40.c.host:2,
+OK ^M
+OK ^M
+OK ^M
exit 0
cur/40.c.host:2,
+OK ^M
+OK 1 0^M
+OK ^M
1 40.c.host^M
.^M
+OK 1 0^M
+OK ^M
exit 0
cur/40.c.host:2,
