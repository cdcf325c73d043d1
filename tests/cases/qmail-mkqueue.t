# What it makes, what it mends, what it refuses.
mkdir users; me=$(id -u)
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo $role:u:$me; done > users/roles
for role in qmail nofiles; do echo $role:g:$(id -g); done >> users/roles
export QMAILHOME=$PWD
shown() { # the 23 directories below mess and state as one line
  find queue -printf '%P %M %s %u:%g\n' | sed -e "s/ $(id -un):$(id -gn)\$//" -e '/^[^ ]* d/s/ [0-9]*$//' |
    sed -E 's#^([a-z]*)/([0-9]|1[0-9]|2[0-2]) #\1/S #' | LC_ALL=C sort | uniq -c | sed 's/^ *//'
}
umask 000; qmail-mkqueue; echo $?; shown > first; cat first; cat queue/format queue/README
echo -- again, by another umask, after harm
umask 077; echo hello > queue/mess/0/46; echo 3 > queue/lock/status; echo x > queue/state/0/46; touch queue/tmp/1
chmod 777 queue queue/bad queue/mess/3; chmod 644 queue/lock/trigger; rm queue/lock/cleanmutex queue/README; rmdir queue/state/7 queue/copy
qmail-mkqueue; echo $?; cat queue/mess/0/46 queue/lock/status queue/state/0/46; rm queue/mess/0/46 queue/state/0/46 queue/tmp/1; : > queue/lock/status
shown | cmp - first && echo as before
echo -- another queue
echo split 24 > queue/format; qmail-mkqueue; echo $?; cat queue/format; rm queue/format
echo -- something else in the place
rmdir queue/bad; touch queue/bad; qmail-mkqueue; echo $?; ls queue/format; rm queue/bad
rm queue/lock/trigger; touch queue/lock/trigger; qmail-mkqueue; echo $?; rm queue/lock/trigger
rm -r queue; touch queue; qmail-mkqueue; echo $?
echo -- wrong use
qmail-mkqueue x; echo $?
rm users/roles; qmail-mkqueue; echo $?; QMAILHOME=$PWD/none qmail-mkqueue 2>&1 | sed "s|$PWD|ROOT|"
<result>
0
1  drwxr-x---
1 README -rw-r--r-- 223
1 bad drwx------
1 control drwx------
1 copy drwx-wx---
1 format -rw-r--r-- 25
1 lock drwxr-x---
1 lock/cleanmutex -rw------- 0
1 lock/sendmutex -rw------- 0
1 lock/status -rw-r----- 0
1 lock/tcpto -rw-r--r-- 0
1 lock/trigger prw--w--w- 0
1 mess drwxr-x---
23 mess/S drwxr-x---
1 state drwx------
23 state/S drwx------
1 tmp drwx------
qmail++ queue 1
split 23
This is the queue of qmail++. Its files are no mailbox and no plain text:
to see what waits use qmail-qread and qmail-qstat, to change it qmail-qctl,
which works while qmail-send runs. doc/internals.md explains every file.
-- again, by another umask, after harm
0
hello
3
x
as before
-- another queue
qmail-mkqueue: fatal: unable to use queue/format: protocol error
100
split 24
-- something else in the place
qmail-mkqueue: fatal: queue/bad is no directory
100
ls: cannot access 'queue/format': No such file or directory
qmail-mkqueue: fatal: queue/lock/trigger is no FIFO
100
qmail-mkqueue: fatal: unable to chdir to queue: not a directory
100
-- wrong use
qmail-mkqueue: usage: qmail-mkqueue
100
qmail-mkqueue: fatal: unable to read users/roles; run make setup: file does not exist
111
qmail-mkqueue: fatal: unable to chdir to ROOT/none: file does not exist
