. "$TESTS/cases/pop3d.sh"
echo --- what is listed, and in which order
message new/b.3 100 '3\n'
message cur/a.1:2,S 100 '1\n'
message cur/b.2:2, 100 '2\n'
message new/later 200 'later\n'
message new/first 99 'first\n'
touch -d '@100.5' box/new/b.3
message new/.hidden 1 'x\n'
message new/future 1 'x\n'; touch -d 'now + 1 hour' box/new/future
mkdir box/cur/folder; touch -d @1 box/cur/folder
message tmp/begun 1 'x\n'
ln -s circle box/new/circle; ln -s missing box/new/dangling; ln -s /proc/1/root/x box/cur/forbidden
pop UIDL
rm box/*/circle box/*/dangling box/*/forbidden
echo --- the clutter of broken-off deliveries
touch -a -d 'now - 37 hours' box/tmp/begun
message tmp/young 1 'x\n'; touch -a -d 'now - 35 hours' box/tmp/young
pop > /dev/null
files | grep tmp
rm -rf box; maildirmake box
echo --- names: an info that is there stays, nothing is put in the place of another file
message new/1.x:2,F 1 '1\n'
message new/2.x 2 '2\n'
message new/3.x 3 'from new\n'
message cur/3.x:2, 4 'from cur\n'
pop UIDL QUIT
files
echo --- one file with two names is one message
rm -rf box; maildirmake box
message new/1.x 1 '1\n'
ln box/new/1.x box/cur/1.x:2,
pop STAT UIDL
<result>
--- what is listed, and in which order
+OK ^M
+OK ^M
1 first^M
2 a.1^M
3 b.2^M
4 b.3^M
5 later^M
.^M
exit 0
--- the clutter of broken-off deliveries
tmp/young
--- names: an info that is there stays, nothing is put in the place of another file
+OK ^M
+OK ^M
1 1.x^M
2 2.x^M
3 3.x^M
4 3.x^M
.^M
+OK ^M
exit 0
cur/1.x:2,F
cur/2.x:2,
cur/3.x:2,
new/3.x
--- one file with two names is one message
+OK ^M
+OK 1 2^M
+OK ^M
1 1.x^M
.^M
exit 0
