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
try() { printf "$message" | qmail-inject "$@"; echo "$?"; ls root/envelope 2>/dev/null && rm root/envelope; }
message='A: b\nFrom: x\n (unclosed\nTo: x\n'
try
for field in 'From: a: b' 'Reply-To: a>' 'Sender: a; b; c' 'Errors-To: )' 'Return-Path: "' 'Resent-From: [' 'Return-Receipt-To: a <b' 'Resent-Sender: \\'; do
  message="$field\n"; try x
done
echo "- where recipients come from"
message='To: a, (\n'
try
try -H x
try -h x
message='Resent-To: a, (\nTo: b\n'
try
echo "- where they do not"
message='To: a, (\nCc: c\nResent-Cc: b\n'
try
sed -n '/^To/,$p' root/message
message='To: a, (\nBcc: b, (\n'
try x
sed -n '/^To/,$p' root/message
try -a
echo "- arguments"
message=
for argument in 'a@b c' 'a@(' 'a@b"' 'a@b>' 'a@b,c' "a
b@c"; do try "$argument"; done
try -f 'a@)'
try -z
try -f
QMAILHOST=')' try x
echo "- the queue"
CODE=31 try x
CODE=53 try x
CODE=11 try x
CODE=1 try x
QMAILQUEUE=/nonexistent try x
QMAILMFTFILE=/ try x
qmail-inject x <&-; echo $?
printf 'To: x\n' | qmail-inject -n >/dev/full; echo $?
<result>
qmail-inject: fatal: unable to parse this line:
From: x
 (unclosed
100
qmail-inject: fatal: unable to parse this line:
From: a: b
100
qmail-inject: fatal: unable to parse this line:
Reply-To: a>
100
qmail-inject: fatal: unable to parse this line:
Sender: a; b; c
100
qmail-inject: fatal: unable to parse this line:
Errors-To: )
100
qmail-inject: fatal: unable to parse this line:
Return-Path: "
100
qmail-inject: fatal: unable to parse this line:
Resent-From: [
100
qmail-inject: fatal: unable to parse this line:
Return-Receipt-To: a <b
100
qmail-inject: fatal: unable to parse this line:
Resent-Sender: \
100
- where recipients come from
qmail-inject: fatal: unable to parse this line:
To: a, (
100
qmail-inject: fatal: unable to parse this line:
To: a, (
100
qmail-inject: fatal: unable to parse this line:
To: a, (
100
qmail-inject: fatal: unable to parse this line:
Resent-To: a, (
100
- where they do not
0
root/envelope
To: a, (
Cc: c@dh.dd.test
Resent-Cc: b@dh.dd.test
0
root/envelope
To: a, (
0
root/envelope
- arguments
qmail-inject: fatal: unable to parse address: a@b c
100
qmail-inject: fatal: unable to parse address: a@(
100
qmail-inject: fatal: unable to parse address: a@b"
100
qmail-inject: fatal: unable to parse address: a@b>
100
qmail-inject: fatal: unable to parse address: a@b,c
100
qmail-inject: fatal: unable to parse address: a
b@c
100
qmail-inject: fatal: unable to parse address: a@)
100
qmail-inject: illegal option -- z
100
qmail-inject: option requires an argument -- f
100
qmail-inject: fatal: unable to parse address: joe
100
- the queue
qmail-inject: fatal: mail server permanently rejected message (#5.3.0)
100
root/envelope
qmail-inject: fatal: qq write error or disk full (#4.3.0)
111
root/envelope
qmail-inject: fatal: envelope address too long for qq (#5.1.3)
100
root/envelope
qmail-inject: fatal: qq temporary problem (#4.3.0)
111
root/envelope
qmail-inject: fatal: unable to exec qq (#4.3.0)
111
qmail-inject: fatal: read error
111
qmail-inject: fatal: read error
111
qmail-inject: fatal: unable to write: out of disk space
111
