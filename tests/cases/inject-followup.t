mkdir -p root/control
export QMAILHOME=$PWD/root
echo me.example.org >root/control/me
echo dd.test >root/control/defaultdomain
echo dh >root/control/defaulthost
echo pd.test >root/control/plusdomain
export USER=joe QMAILMFTFILE=lists
mkdir here; cd here
printf '# lists\nLIST@h.dd.test  \nother@x.y\n' >lists
try() { printf "Date: D\nMessage-ID: M\nFrom: joe\n$1" | qmail-inject -n x | grep -v "^\(Return-Path\|Date\|Message-ID\|From\): "; }
try 'To: a, "b c"@d\nCc: e, list@h\nBcc: f\n'
echo "-"
try 'To: list@h.\n'
echo "-"
try 'To: a\nBcc: list@h\n'
echo "-"
try 'To: list@h\nMail-Followup-To: joe\n'
echo "-"
try 'Resent-To: x\nResent-From: x\nResent-Date: D\nResent-Message-ID: M\nTo: list@h\n'
echo "-"
QMAILMFTFILE=none try 'To: list@h\n'
<result>
Mail-Followup-To: e@dh.dd.test,
  list@h.dd.test,
  a@dh.dd.test,
  "b c"@d.dd.test
To: a@dh.dd.test, "b c"@d.dd.test
Cc: e@dh.dd.test, list@h.dd.test
-
Mail-Followup-To: list@h.dd.test
To: list@h.dd.test
-
To: a@dh.dd.test
-
To: list@h.dd.test
Mail-Followup-To: joe
-
Resent-To: x@dh.dd.test
Resent-From: x@dh.dd.test
Resent-Date: D
Resent-Message-ID: M
To: list@h.dd.test
-
To: list@h.dd.test
