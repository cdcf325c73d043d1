# The command line, and a queue without qmail-send. What it does to mail that waits: system/test_qctl.py.
umask 022; mkdir users control queue bin; me=$(id -u)
export QMAILHOME=$PWD
try() { qmail-qctl "$@"; echo "exit $?"; }
wrong() { qmail-qctl "$@" 2>&1 | sed 's/\(usage: qmail-qctl\).*/\1 .../'; }
echo -- usage
qmail-qctl
wrong list x; wrong delete; wrong delete --json; wrong hold --sender; wrong list --older; wrong list --older 1y
wrong list 01; wrong list -l; wrong drop 1; wrong --all; wrong list --json=yes; wrong
echo -- no instance, no queue
try list
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo $role:u:$me; done > users/roles
for role in qmail nofiles; do echo $role:g:$(id -g); done >> users/roles
try list
echo here.example > control/me
try list; qmail-mkqueue
echo -- an empty queue
try list; try show --json; try hold --all; try delete --all --json; try show 46; try delete 46 --json
echo -- a message, qmail-send stopped
printf 'Subject: x\n\n' > m; printf 'Fs@x\0Tr@y\0Tu@here.example\0\0' > e; qmail-queue < m 1< e; id=$(basename queue/mess/*/*)
show() { qmail-qctl "$@" | sed "s/$id/ID/; s/[0-9]* [A-Z][a-z][a-z] 2[0-9: ]*GMT/DATE/g; s/  next DATE//; s/[0-9]* bytes/N bytes/"; }
show list; show show
show hold --host y; show show --recipient r*; show hold --host y; show list
show expire '#'$id 2>&1; show show; show release $id; show delete --held --sender s@X; show list --sender nobody
echo -- a lock that is held
flock queue/lock/sendmutex qmail-qctl hold --all; echo "exit $?"
<result>
-- usage
qmail-qctl: usage: qmail-qctl list|show|hold|release|retry|expire|delete [ --sender pattern ] [ --recipient pattern ] [ --host pattern ] [ --older age ] [ --newer age ] [ --held ] [ --all ] [ --json ] [ id ... ]
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
qmail-qctl: usage: qmail-qctl ...
-- no instance, no queue
qmail-qctl: fatal: unable to read users/roles; run make setup: file does not exist
exit 111
qmail-qctl: fatal: unable to read control/locals: file does not exist
exit 111
qmail-qctl: fatal: unable to use queue/format: file does not exist
exit 111
-- an empty queue
exit 0
[]
exit 0
exit 0
[
]
exit 0
qmail-qctl: warning: there is no message 46
exit 100
qmail-qctl: warning: there is no message 46
[
]
exit 100
-- a message, qmail-send stopped
ID  DATE  N bytes  2/2 waiting  <s@x>
ID  DATE  N bytes  2/2 waiting  <s@x>
	waiting	remote	r@y
	waiting	local	u@here.example
ID  hold  1 recipient
ID  DATE  N bytes  2/2 waiting, 1 held  <s@x>
	held	remote	r@y
ID  DATE  N bytes  2/2 waiting, 1 held  <s@x>
qmail-qctl: warning: qmail-send does not run; it carries this out when it is started
ID  expire  2 recipients
ID  DATE  N bytes  0/2 waiting  <s@x>
	expiring	remote	r@y
	expiring	local	u@here.example
-- a lock that is held
qmail-qctl: fatal: qmail-send runs, but does not answer at queue/control/socket
exit 111
