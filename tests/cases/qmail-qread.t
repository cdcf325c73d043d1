# qmail-qread and qmail-qstat on a queue nobody works on, and without one.
umask 022; mkdir users control; me=$(id -u)
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo $role:u:$me; done > users/roles
for role in qmail nofiles; do echo $role:g:$(id -g); done >> users/roles
export QMAILHOME=$PWD; echo me.test > control/me; qmail-mkqueue
date='[1-9][0-9]* [A-Z][a-z][a-z] 20[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT'
list() { qmail-qread | sed "s/^$date  #\([0-9]*\)  /DATE  #ID  /"; qmail-qstat; }
queue() { printf "$1" > e; qmail-queue < m 1< e || echo failed; }
echo -- nothing; list
: > m; size=$(printf 'Received: (qmail %s invoked by uid %s); %s -0000\n' 12345 $me "$(date -u '+%-d %b %Y %H:%M:%S')" | wc -c)
printf 'x%.0s' $(seq $((1000000 - size))) > m
echo -- one, of a million bytes, give or take those of its pid and day
queue 'Fs@x\0Ta@me.test\0Tb@far.test\0\0'; list | sed 's/  9999[0-9][0-9]  /  1000000  /; s/  10000[0-9][0-9]  /  1000000  /'
qmail-qread | grep -c "^$date  #$(basename queue/mess/*/*)  $(($(stat -c %s queue/mess/*/*) - 72 - 5 - 11 - 12))  <s@x> \$"
rm queue/mess/*/*
echo -- local recipients first, by today\'s control files
size='s/  [0-9]*  </  SIZE  </'
: > m; queue 'F\0TFar@far.test\0Tnohost\0Tu@VIRT.test\0Tu%%virt.test@hack.test\0Ta\001\177\377 b@me.test\0\0'; list | sed "$size"
printf 'virt.test:joe-v\n' > control/virtualdomains; echo hack.test > control/percenthack; echo deflt > control/envnoathost; list | sed "$size"
echo far.test > control/locals; list | sed "$size"
echo '-- the oldest first; senders'
rm queue/mess/*/* control/locals
for s in '#@[]' 'a\n\tb@x' 'list-@h-@[]'; do queue "F$s\0\0"; done; list | sed "$size"
echo -- picked up; echo 00000000000000000002 > queue/lock/status; qmail-qstat
echo 00000000000000000007 > queue/lock/status; qmail-qstat; : > queue/lock/status
echo -- a damaged one, one of another place, and what is no message
rm queue/mess/*/*; queue 'Fs@x\0Tr@y\0\0'; echo damaged > queue/mess/0/46; echo damaged > queue/mess/1/46; touch queue/mess/0/x; list | sed "$size"
echo -- trouble
rm queue/mess/0/46; mv queue/mess/7 .; qmail-qread; echo $?; qmail-qstat; echo $?; mv 7 queue/mess
mkdir control/locals; qmail-qread; echo $?; rmdir control/locals
mv queue/format .; qmail-qread; echo $?; qmail-qstat; echo $?
mv queue away; qmail-qread; echo $?; qmail-qstat; echo $?
rm control/*; qmail-qread; echo $?; rmdir control; qmail-qread; echo $?
QMAILHOME=/none/such qmail-qread; echo $?
QMAILHOME=/none/such qmail-qstat; echo $?
<result>
-- nothing
messages in queue: 0
messages in queue but not yet preprocessed: 0
-- one, of a million bytes, give or take those of its pid and day
DATE  #ID  1000000  <s@x> 
	local	a@me.test
	remote	b@far.test
messages in queue: 1
messages in queue but not yet preprocessed: 1
1
-- local recipients first, by today's control files
DATE  #ID  SIZE  <> 
	local	nohost@me.test
	local	a___ b@me.test
	remote	Far@far.test
	remote	u@VIRT.test
	remote	u%virt.test@hack.test
messages in queue: 1
messages in queue but not yet preprocessed: 1
DATE  #ID  SIZE  <> 
	local	joe-v-u@VIRT.test
	local	joe-v-u@virt.test
	local	a___ b@me.test
	remote	Far@far.test
	remote	nohost@deflt
messages in queue: 1
messages in queue but not yet preprocessed: 1
DATE  #ID  SIZE  <> 
	local	Far@far.test
	local	joe-v-u@VIRT.test
	local	joe-v-u@virt.test
	remote	nohost@deflt
	remote	a___ b@me.test
messages in queue: 1
messages in queue but not yet preprocessed: 1
-- the oldest first; senders
DATE  #ID  SIZE  <#@[]> 
DATE  #ID  SIZE  <a__b@x> 
DATE  #ID  SIZE  <list-@h-@[]> 
messages in queue: 3
messages in queue but not yet preprocessed: 3
-- picked up
messages in queue: 3
messages in queue but not yet preprocessed: 1
messages in queue: 3
messages in queue but not yet preprocessed: 0
-- a damaged one, one of another place, and what is no message
warning: trouble with #46: bad message type
DATE  #ID  SIZE  <s@x> 
	remote	r@y
messages in queue: 2
messages in queue but not yet preprocessed: 2
-- trouble
fatal: unable to opendir mess/7: file does not exist
111
qmail-qstat: fatal: unable to read mess/7: file does not exist
111
fatal: unable to read control/locals: is a directory
111
fatal: unable to use queue/format: file does not exist
111
qmail-qstat: fatal: unable to use queue/format: file does not exist
111
fatal: unable to chdir: file does not exist
111
qmail-qstat: fatal: unable to chdir to queue: file does not exist
111
fatal: unable to read control/locals: file does not exist
111
fatal: unable to read control: file does not exist
111
fatal: unable to chdir: file does not exist
111
qmail-qstat: fatal: unable to chdir to /none/such: file does not exist
111
