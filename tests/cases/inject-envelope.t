mkdir -p root/control
export QMAILHOME=$PWD/root
echo me.example.org >root/control/me
echo dd.test >root/control/defaultdomain
echo dh >root/control/defaulthost
echo pd.test >root/control/plusdomain
cat >root/queue <<"END"
#!/bin/sh
cat >message
tr "\0" "|" <&1 >envelope
exit ${CODE:-0}
END
chmod +x root/queue
export QMAILQUEUE=$PWD/root/queue
export USER=joe
try() { printf "$message" | qmail-inject "$@"; echo "$? $(cat root/envelope 2>/dev/null)"; rm -f root/envelope; }
message='To: a, b@c\nCc: d@e\nBcc: "f g"@h, d@e\nApparently-To: i\nX-To: no\nReply-To: no\n\nTo: no\n'
try
cat root/message | sed '1,/^From/d'
try '' 2>/dev/null
try x 'q r@x' y@h+ 'a"b@c'
try -A x
try -a
try -a x
try -h
try -h x
try -H x
try -H
try -aAhH x
try -f '' -h
try -fs@t x
message='To: no\nResent-To: a, b@c\nResent-Cc: d\nResent-Bcc: e\n'
try
message='From: x\nBcc: a\n'
try -- -x
message='To: <>, a (b), "c\n d"@e, g: h; , <@r:i@j>\n'
try
<result>
0 Fjoe@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
To: a@dh.dd.test, b@c.dd.test
Cc: d@e.dd.test
Apparently-To: i@dh.dd.test
X-To: no
Reply-To: no@dh.dd.test

To: no
100 
0 Fjoe@dh.dd.test|Tx@dh.dd.test|Tq r@x.dd.test|Ty@h.pd.test|Ta"b@c.dd.test||
0 Fjoe@dh.dd.test|Tx@dh.dd.test||
0 Fjoe@dh.dd.test||
0 Fjoe@dh.dd.test|Tx@dh.dd.test||
0 Fjoe@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
0 Fjoe@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
0 Fjoe@dh.dd.test|Tx@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
0 Fjoe@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
0 Fjoe@dh.dd.test|Tx@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
0 F|Tb@c.dd.test|Ta@dh.dd.test|Td@e.dd.test|Td@e.dd.test|Tf g@h.dd.test|Ti@dh.dd.test||
0 Fs@t.dd.test|Tx@dh.dd.test||
0 Fjoe@dh.dd.test|Tb@c.dd.test|Ta@dh.dd.test|Td@dh.dd.test|Te@dh.dd.test||
0 Fjoe@dh.dd.test|T-x@dh.dd.test||
0 Fjoe@dh.dd.test|Ti@j.dd.test|Th@dh.dd.test|Tc d@e.dd.test|Ta@dh.dd.test||
