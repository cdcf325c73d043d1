mkdir root; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
cat > queue <<'END'
#!/bin/sh
cat > message; tr '\0' '|' <&1 > envelope
cat why >&6 2>/dev/null; exit $(cat code)
END
chmod 755 queue; echo 0 > root/code
show() { if [ -e root/envelope ]; then cat root/message root/envelope; echo; rm root/envelope; fi; }
try() { qreceipt me@x; echo $?; show; }
qreceipt < /dev/null; echo $?
qreceipt a b < /dev/null; echo $?
asked='Notice-Requested-Upon-Delivery-To: me@x
'
printf '%s' "$asked" | try
export SENDER='s@y'
echo "- asked for"
printf '%sMessage-ID:  <1@y>\n\nbody\n' "$asked" | try
printf 'A: b\nnotice-requested-upon-delivery-to : Me <other@x>,\n  "Me" <me@x> (here)\nmessage-id: \n <2@y>\n' | try
SENDER='a b@y' try <<END
$asked
END
SENDER='a
To: b@y' try <<END
$asked
END
echo "- not asked for"
for field in 'Notice-Requested-Upon-Delivery-To: ME@x' 'Notice-Requested-Upon-Delivery-To: me@x.y' \
  'Notice-Requested-Upon-Delivery-To: (me@x)' 'Notice-Requested-Upon-Delivery-To: "me@x' 'To: me@x' 'Notice-Requested-Upon-Delivery-To:'; do
  printf '%s\n\n' "$field" | try
done
printf 'A: b\n\n%s\n' "$asked" | try
for SENDER in '' '#@[]'; do printf '%s' "$asked" | try; done
try < /dev/null
echo "- not sent"
SENDER=s@y
try < .
for code in 53 11 82; do
  echo $code > root/code; printf "Dnot now" > root/why; printf '%s' "$asked" | qreceipt me@x; echo $?
done
<result>
qreceipt: usage: qreceipt deliveryaddress
100
qreceipt: usage: qreceipt deliveryaddress
100
qreceipt: fatal: SENDER not set
100
- asked for
0
From: DELIVERY NOTICE SYSTEM <s@y>
To: <s@y>
Subject: success notice

Hi! This is the qreceipt program. Your message was delivered to the
following address: me@x. Thanks for asking.
Your Message-ID:  <1@y>
F|Ts@y||
0
From: DELIVERY NOTICE SYSTEM <s@y>
To: <s@y>
Subject: success notice

Hi! This is the qreceipt program. Your message was delivered to the
following address: me@x. Thanks for asking.
Your Message-ID: 
 <2@y>
F|Ts@y||
0
From: DELIVERY NOTICE SYSTEM <"a b"@y>
To: <"a b"@y>
Subject: success notice

Hi! This is the qreceipt program. Your message was delivered to the
following address: me@x. Thanks for asking.
F|Ta b@y||
0
From: DELIVERY NOTICE SYSTEM <"a\_To: b"@y>
To: <"a\_To: b"@y>
Subject: success notice

Hi! This is the qreceipt program. Your message was delivered to the
following address: me@x. Thanks for asking.
F|Ta
To: b@y||
- not asked for
0
0
0
0
0
0
0
0
0
0
- not sent
qreceipt: fatal: unable to read message: is a directory
111
qreceipt: fatal: qq write error or disk full (#4.3.0)
111
qreceipt: fatal: envelope address too long for qq (#5.1.3)
100
qreceipt: fatal: not now
100
