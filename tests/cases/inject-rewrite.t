mkdir -p root/control
export QMAILHOME=$PWD/root
echo me.example.org >root/control/me
echo dd.test >root/control/defaultdomain
echo dh >root/control/defaulthost
echo pd.test >root/control/plusdomain
export USER=joe
qmail-inject -n <<"END"
Date: D
Message-ID: <x@y>
From: joe
TO : joe, "B C" <bob@host+>, grp: a@x, b@y.z;, Foo Bar <@r1,@r2:x@h> (comment)
Cc: (c) a.b@c
To: <>, x@[], <#@[]>, x@h., x@, x@[1.2.3.4], "q r"@x
Cc: a@b c@d, Joe (j) Doe <e@f> <g@h>
Sender: x
Reply-To: x, "a (b) \"c\" [d]" <y>
Return-Receipt-To: x
Errors-To: x
Apparently-To: x
cc: recipient list not shown: ;
To:
Subject:   as   it, is <x>
X-To: x
Mail-Followup-To: x
Received: by  x
Delivered-To: x
From nobody Sat Jan  1 00:00:00 2026
Folded: a
  b
	c
To: a
 b,
	c (d
 e)
Bcc: gone
Content-Length: gone
Return-Path: <sender@h>
Return-Path: <second@h>
Last: one

To: body

END
<result>
Return-Path: <sender@h.dd.test>
Date: D
Message-ID: <x@y>
From: joe@dh.dd.test
TO : joe@dh.dd.test, "B C" <bob@host.pd.test>, grp: a@x.dd.test, b@y.z;,
  Foo Bar <x@h.dd.test>(comment)
Cc: a.b@c.dd.test (c)
To: <>, x@[], <#@[]>, x@h.dd.test, x@dh.dd.test, x@[1.2.3.4], "q r"@x.dd.test
Cc: a@b.dd.test, c@d.dd.test, Joe (j) Doe <e@f.dd.test>, <g@h.dd.test>
Sender: x@dh.dd.test
Reply-To: x@dh.dd.test, "a \(b\) \"c\" \[d\]" <y@dh.dd.test>
Return-Receipt-To: x@dh.dd.test
Errors-To: x@dh.dd.test
Apparently-To: x@dh.dd.test
cc: recipient list not shown: ;
To:
Subject:   as   it, is <x>
X-To: x
Mail-Followup-To: x
Received: by  x
Delivered-To: x
MBOX-Line: From nobody Sat Jan  1 00:00:00 2026
Folded: a
  b
	c
To: a@dh.dd.test, b@dh.dd.test, c@dh.dd.test (d e)
Last: one

To: body

