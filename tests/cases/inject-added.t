mkdir -p root/control
export QMAILHOME=$PWD/root
echo me.example.org >root/control/me
echo dd.test >root/control/defaultdomain
echo dh >root/control/defaulthost
echo pd.test >root/control/plusdomain
echo id.example.org >root/control/idhost
unset MAILUSER USER LOGNAME MAILNAME NAME
# Today's date and the process are the only things that vary.
mask() { sed -E 's/[0-9]+ [A-Z][a-z]{2} 20[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} -0000$/DATE/; s/<20[0-9]{12}\.[0-9]+\.qmail@/<TIME.PID.qmail@/'; }
inject() { qmail-inject -n "$@" | mask; }
echo "- nothing"
inject </dev/null
echo "- a body alone"
echo hello world | inject
echo "- resent"
printf 'resent-sender: a\nFrom: x\n' | inject
echo "- resent to somebody"
printf 'Resent-To: a\nResent-Bcc: b\nResent-Date: D\n' | inject
echo "- what is there"
printf 'bcc: a\nCC: b\nFROM: c\nmessage-id : d\ndate: e' | inject
echo "- Apparently-To is no To"
printf 'Apparently-To: b\nFrom: c\nMessage-ID: d\nDate: e\n' | inject
<result>
- nothing
Return-Path: <anonymous@dh.dd.test>
Date: DATE
Message-ID: <TIME.PID.qmail@id.example.org>
From: anonymous@dh.dd.test
Cc: recipient list not shown: ;
- a body alone
Return-Path: <anonymous@dh.dd.test>
Date: DATE
Message-ID: <TIME.PID.qmail@id.example.org>
From: anonymous@dh.dd.test
Cc: recipient list not shown: ;

hello world
- resent
Return-Path: <anonymous@dh.dd.test>
Resent-Date: DATE
Resent-Message-ID: <TIME.PID.qmail@id.example.org>
Resent-From: anonymous@dh.dd.test
Resent-Cc: recipient list not shown: ;
resent-sender: a@dh.dd.test
From: x@dh.dd.test
- resent to somebody
Return-Path: <anonymous@dh.dd.test>
Resent-Message-ID: <TIME.PID.qmail@id.example.org>
Resent-From: anonymous@dh.dd.test
Resent-To: a@dh.dd.test
Resent-Date: D
- what is there
Return-Path: <anonymous@dh.dd.test>
CC: b@dh.dd.test
FROM: c@dh.dd.test
message-id : d
date: e
- Apparently-To is no To
Return-Path: <anonymous@dh.dd.test>
Cc: recipient list not shown: ;
Apparently-To: b@dh.dd.test
From: c@dh.dd.test
Message-ID: d
Date: e
