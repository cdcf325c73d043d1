# Without control files, and with me alone.
mkdir root; export QMAILHOME=$PWD/root USER=joe
inject() { printf 'Date: D\nTo: a, b@c, d@e+\n' | qmail-inject -n | sed -E 's/<[0-9]+\.[0-9]+/<TIME.PID/'; }
inject
mkdir root/control
inject
echo me.test >root/control/me
inject
echo '"' >root/control/plusdomain
inject
QMAILHOME=/nonexistent qmail-inject </dev/null; echo $?
<result>
Return-Path: <joe@defaulthost.defaultdomain>
Message-ID: <TIME.PID.qmail@idhost>
From: joe@defaulthost.defaultdomain
Date: D
To: a@defaulthost.defaultdomain, b@c.defaultdomain, d@e.plusdomain
Return-Path: <joe@defaulthost.defaultdomain>
Message-ID: <TIME.PID.qmail@idhost>
From: joe@defaulthost.defaultdomain
Date: D
To: a@defaulthost.defaultdomain, b@c.defaultdomain, d@e.plusdomain
Return-Path: <joe@me.test>
Message-ID: <TIME.PID.qmail@me.test>
From: joe@me.test
Date: D
To: a@me.test, b@c.me.test, d@e.me.test
qmail-inject: fatal: unable to read controls: protocol error
qmail-inject: fatal: internal bug
111
