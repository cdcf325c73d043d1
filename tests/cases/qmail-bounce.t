# What it is given, and what it refuses; the texts are tested on whole instances.
umask 022; mkdir users control queue bin; me=$(id -u)
export QMAILHOME=$PWD
names="MAILER-DAEMON here postmaster here"
bounce() { qmail-bounce "$@" $names; echo "exit $?"; }
echo -- usage
bounce; bounce 46; qmail-bounce 46 s@x; echo "exit $?"; bounce 46 s@x more; bounce x s@x; bounce 046 s@x; bounce ../46 s@x
bounce 46 '#@[]' < /dev/null
echo -- no message
bounce 46 s@x < /dev/null; bounce 46 s@x 0<&-
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo $role:u:$me; done > users/roles
for role in qmail nofiles; do echo $role:g:$(id -g); done >> users/roles
qmail-mkqueue; printf 'Subject: x\n\n' > m; printf 'Fs@x\0Tr@y\0\0' > e; qmail-queue < m 1< e; f=$(echo queue/mess/*/*); id=${f##*/}
bounce $((id + 1)) s@x < $f
echo "-- another's state, or none"
bounce $id s@x < $f 3< /dev/null; bounce $id s@x < $f 3< $f; bounce $id s@x < $f 3<&-
<result>
-- usage
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: usage: qmail-bounce id sender bouncefrom bouncehost doublebounceto doublebouncehost
exit 100
qmail-bounce: fatal: no bounce is made for #@[]
exit 100
-- no message
qmail-bounce: fatal: unable to use the message on descriptor 0: invalid argument
exit 111
qmail-bounce: fatal: unable to use the message on descriptor 0: file descriptor not open
exit 111
qmail-bounce: fatal: unable to use the message on descriptor 0: bad message type
exit 111
-- another's state, or none
qmail-bounce: fatal: this is no state file of the message
exit 111
qmail-bounce: fatal: this is no state file of the message
exit 111
qmail-bounce: fatal: unable to read the state file: file descriptor not open
exit 111
