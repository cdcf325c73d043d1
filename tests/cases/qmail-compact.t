# What it refuses; what it writes is tested in unit/message_state_test.cc.
umask 022; mkdir users control queue bin; me=$(id -u)
export QMAILHOME=$PWD
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo $role:u:$me; done > users/roles
for role in qmail nofiles; do echo $role:g:$(id -g); done >> users/roles
compact() { qmail-compact "$@"; echo "exit $?"; }
compact; compact x; compact 046; compact 46 47
compact 46 < /dev/null
echo here > control/me; qmail-mkqueue
printf 'Subject: x\n\n' > m; printf 'Fs@x\0Tr@y\0\0' > e; qmail-queue < m 1< e; f=$(echo queue/mess/*/*); id=${f##*/}
compact $((id + 1)) < $f 3< /dev/null
qmail-compact $id < $f 3< $f 1> /dev/full; echo "exit $?"; qmail-compact $id < $f 3<&- 1> new; echo "exit $?"
qmail-compact $id < $f 3< /dev/null 1> new; echo "exit $? $(wc -c < new)"
qmail-qctl hold $id > out; s=$(echo queue/state/*/$id); qmail-compact $id < $f 3< $s 1> new; echo "exit $?"; cmp $s new
<result>
qmail-compact: usage: qmail-compact id
exit 100
qmail-compact: usage: qmail-compact id
exit 100
qmail-compact: usage: qmail-compact id
exit 100
qmail-compact: usage: qmail-compact id
exit 100
qmail-compact: fatal: unable to use the message on descriptor 0: invalid argument
exit 111
qmail-compact: fatal: unable to use the message on descriptor 0: bad message type
exit 111
qmail-compact: fatal: unable to write the new state file: out of disk space
exit 111
qmail-compact: fatal: unable to write the new state file: file descriptor not open
exit 111
exit 0 32
exit 0
