mkdir -p root/control
export QMAILHOME=$PWD/root
echo me.example.org >root/control/me
echo dd.test >root/control/defaultdomain
echo dh >root/control/defaulthost
echo pd.test >root/control/plusdomain
unset MAILUSER USER LOGNAME MAILNAME NAME
fields='Date: D
Message-ID: M
Cc: x@y.z
'
mask() { sed -E 's/-[0-9]{10,}\.[0-9]+(["@-])/-TIME.PID\1/'; }
try() { printf "$message" | env "$@" | grep -v '^[DMC]' | mask; }
message=$fields
for variable in QMAILUSER MAILUSER USER LOGNAME; do try $variable=joe qmail-inject -n; done
try QMAILUSER=a MAILUSER=b USER=c LOGNAME=d QMAILHOST=e MAILHOST=f qmail-inject -n
try USER='joe b' MAILHOST=h+ NAME='J. "Q" (R) [S]\' qmail-inject -n
try USER=joe QMAILINJECT=c QMAILNAME='J. (Q)' NAME=other qmail-inject -n
try USER=joe QMAILNAME= NAME=other qmail-inject -n
try USER=joe NAME='Joe
X-Injected: field' qmail-inject -n
try USER=joe QMAILSUSER=owner QMAILSHOST=lists qmail-inject -n
try USER=joe QMAILDEFAULTHOST=a QMAILDEFAULTDOMAIN=b.c qmail-inject -n
try USER=joe QMAILHOST=a+ QMAILPLUSDOMAIN=b.c qmail-inject -n
echo "- sender"
try USER=joe qmail-inject -n -f bounces@h
try USER=joe qmail-inject -n -fa+b@h+
try USER=joe qmail-inject -n -f ''
try USER=joe qmail-inject -n -f '#@[]'
try USER=joe QMAILINJECT=rm qmail-inject -n -f bounces@h
try USER=joe QMAILINJECT=r qmail-inject -n
try USER=joe QMAILINJECT=m qmail-inject -n
try USER=joe QMAILINJECT=rm qmail-inject -n
message="Return-Path: a@b, \"c d\"@e
From: f
$fields"
try USER=joe qmail-inject -n
try USER=joe QMAILINJECT=rm qmail-inject -n
try USER=joe QMAILINJECT=s qmail-inject -n
try USER=joe QMAILINJECT=f qmail-inject -n
try USER=joe QMAILINJECT=xyz qmail-inject -n -f x@y.z
echo "- the message's own"
printf 'Message-ID: mine\nDate: D\nTo: x\n' | USER=joe QMAILIDHOST=here QMAILINJECT=i qmail-inject -n | sed -E 's/<[0-9]+\.[0-9]+/<TIME.PID/'
<result>
Return-Path: <joe@dh.dd.test>
From: joe@dh.dd.test
Return-Path: <joe@dh.dd.test>
From: joe@dh.dd.test
Return-Path: <joe@dh.dd.test>
From: joe@dh.dd.test
Return-Path: <joe@dh.dd.test>
From: joe@dh.dd.test
Return-Path: <a@e.dd.test>
From: a@e.dd.test
Return-Path: <"joe b"@h.pd.test>
From: "J. \"Q\" \(R\) \[S\]\\" <"joe b"@h.pd.test>
Return-Path: <joe@dh.dd.test>
From: joe@dh.dd.test (J. \(Q\))
Return-Path: <joe@dh.dd.test>
From: joe@dh.dd.test
Return-Path: <joe@dh.dd.test>
From: "Joe X-Injected: field" <joe@dh.dd.test>
Return-Path: <owner@lists.dd.test>
From: joe@dh.dd.test
Return-Path: <joe@a.b.c>
From: joe@a.b.c
Return-Path: <joe@a.b.c>
From: joe@a.b.c
- sender
Return-Path: <bounces@h.dd.test>
From: joe@dh.dd.test
Return-Path: <a+b@h.pd.test>
From: joe@dh.dd.test
Return-Path: <>
From: joe@dh.dd.test
Return-Path: <#@[]>
From: joe@dh.dd.test
Return-Path: <bounces@h.dd.test>
From: joe@dh.dd.test
Return-Path: <"joe-@dh.dd.test-"@[]>
From: joe@dh.dd.test
Return-Path: <joe-TIME.PID@dh.dd.test>
From: joe@dh.dd.test
Return-Path: <"joe-TIME.PID-@dh.dd.test-"@[]>
From: joe@dh.dd.test
Return-Path: <"c d"@e.dd.test>
From: f@dh.dd.test
Return-Path: <"c d@e.dd.test-"@[]>
From: f@dh.dd.test
Return-Path: <joe@dh.dd.test>
From: f@dh.dd.test
Return-Path: <"c d"@e.dd.test>
From: joe@dh.dd.test
Return-Path: <x@y.z>
From: f@dh.dd.test
- the message's own
Return-Path: <joe@dh.dd.test>
Message-ID: <TIME.PID.qmail@here>
From: joe@dh.dd.test
Date: D
To: x@dh.dd.test
