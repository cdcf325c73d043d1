# What it finds, mends and leaves alone, on a queue nobody works on.
umask 022; mkdir users; me=$(id -u)
for role in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo $role:u:$me; done > users/roles
for role in qmail nofiles; do echo $role:g:$(id -g); done >> users/roles
export QMAILHOME=$PWD; qmail-mkqueue
queue() { echo body > m; printf 'Fs@x\0Tr@y\0Tq@z\0\0' > e; qmail-queue < m 1< e || echo failed; for f in queue/mess/*/*; do id=${f##*/}; done; }
hide() { sed -e 's/[0-9]\{15,\}/ID/g' -e 's|/[0-9]*/ID|/S/ID|' -e 's|belongs in queue/mess/[0-9]*|belongs in queue/mess/S|'; }
lint() { qmail-qlint "$@" > found; code=$?; hide < found | sort; echo $code; }
fresh() { rm -f queue/mess/*/* queue/state/*/* queue/bad/*; }
hit() { printf X | dd of=$1 bs=1 seek=$2 conv=notrunc 2> /dev/null; } # a byte is changed
echo -- nothing; lint
echo -- two messages; queue; queue; lint; fresh
echo -- a byte of body, envelope, trailer; queue; size=$(stat -c %s queue/mess/*/*)
for at in 3 $((size - 73)) $((size - 72)) $((size - 1)); do cp queue/mess/*/* /dev/null; fresh; queue; hit queue/mess/*/* $at; lint; done
echo -- cut short; fresh; queue; truncate -s -1 queue/mess/*/*; lint; truncate -s 0 queue/mess/*/*; lint
echo '-- repair puts it aside, with its state'; s=$((id % 23)); echo state > queue/state/$s/$id; chmod 600 queue/state/$s/$id
lint --repair; ls queue/bad | hide; lint; lint --repair; ls queue/mess/*/* queue/state/*/* 2>&1 | grep -c 'cannot access'
echo -- a sound one among the bad; fresh; queue; mv queue/mess/*/* queue/bad; lint --repair; ls queue/bad | hide; fresh
echo -- in another directory; queue; mv queue/mess/*/* queue/mess/$(((id + 1) % 23)); lint; lint --repair; lint; fresh
queue; mv queue/mess/*/* queue/mess/$(((id + 22) % 23)); lint --repair; lint; fresh
echo -- under another number; queue; mv queue/mess/*/* queue/mess/2/$((23 * id + 2)); lint; fresh
echo -- modes; queue; chmod 600 queue/mess/*/*; chmod 777 queue/lock queue/mess/4; chmod 2622 queue/lock/trigger; lint; lint --repair; lint; fresh
echo -- what does not belong there
mkdir queue/mess/0/23 queue/lost+found; ln -s /etc/passwd queue/mess/1/1; touch queue/x queue/lock/x queue/tmp/x queue/mess/0/x queue/state/0/x queue/state/1/23; lint --repair
rm -r queue/mess/0/23 queue/lost+found queue/mess/1/1 queue/*x queue/*/x queue/*/*/x queue/state/1/23
echo -- left behind; touch -d '37 hours ago' queue/tmp/1 queue/copy/1; touch -d '35 hours ago' queue/tmp/2; lint; lint --repair; ls queue/tmp queue/copy
touch -d '37 hours ago' queue/tmp/2; flock queue/tmp/2 qmail-qlint; rm queue/tmp/2
echo -- states; queue; s=$((id % 23)); echo torn > queue/state/$s/$id; echo > queue/state/0/46; chmod 600 queue/state/*/*; lint; lint --repair; ls queue/bad | hide; fresh
echo -- a missing place; rm queue/lock/cleanmutex; rmdir queue/copy queue/state/5; lint; qmail-mkqueue; lint
echo -- a place that is something else; rm queue/lock/trigger; touch queue/lock/trigger; lint; rm queue/lock/trigger; qmail-mkqueue
echo -- qmail-send is running; queue; size=$(stat -c %s queue/mess/*/*); hit queue/mess/*/* 3; chmod 600 queue/lock/tcpto
flock queue/lock/sendmutex qmail-qlint --repair | hide; echo -- qmail-clean of a killed one is
flock queue/lock/cleanmutex qmail-qlint --repair | hide; fresh
echo -- cannot look; chmod 000 queue/format; mv queue/format .; lint; mv format queue; chmod 644 queue/format
echo -- wrong use; qmail-qlint x; echo $?; qmail-qlint --repair x; echo $?; rm users/roles; lint
<result>
-- nothing
0 messages, 0 sound
0
-- two messages
2 messages, 2 sound
0
-- a byte of body, envelope, trailer
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: has a damaged body
1
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: has a damaged envelope
1
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: is damaged at its end
1
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: has a damaged envelope
1
-- cut short
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: is damaged at its end
1
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: is damaged at its end
1
-- repair puts it aside, with its state
1 messages, 0 sound, 1 troubles, 0 mended
queue/mess/S/ID: is damaged at its end; moved to queue/bad/ID
1
ID
ID.state
0 messages, 0 sound, 2 troubles
queue/bad/ID.state: was put aside
queue/bad/ID: was put aside
1
0 messages, 0 sound, 2 troubles, 0 mended
queue/bad/ID.state: was put aside
queue/bad/ID: was put aside
1
2
-- a sound one among the bad
0 messages, 0 sound, 1 troubles, 0 mended
queue/bad/ID: was put aside but is sound: mv it to queue/mess/S/ID
1
ID
-- in another directory
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: belongs in queue/mess/S
1
1 messages, 1 sound, 1 troubles, 1 mended
queue/mess/S/ID: belongs in queue/mess/S; moved there
0
1 messages, 1 sound
0
1 messages, 1 sound, 1 troubles, 1 mended
queue/mess/S/ID: belongs in queue/mess/S; moved there
0
1 messages, 1 sound
0
-- under another number
1 messages, 0 sound, 1 troubles
queue/mess/S/ID: is damaged at its end
1
-- modes
1 messages, 0 sound, 4 troubles
queue/lock/trigger: mode 2622 instead of 0622
queue/lock: mode 0777 instead of 0750
queue/mess/4: mode 0777 instead of 0750
queue/mess/S/ID: mode 0600 instead of 0644
1
1 messages, 1 sound, 4 troubles, 4 mended
queue/lock/trigger: mode 2622 instead of 0622; mended
queue/lock: mode 0777 instead of 0750; mended
queue/mess/4: mode 0777 instead of 0750; mended
queue/mess/S/ID: mode 0600 instead of 0644; mended
0
1 messages, 1 sound
0
-- what does not belong there
2 messages, 0 sound, 8 troubles, 0 mended
queue/lock/x: does not belong here
queue/mess/0/23: is no regular file
queue/mess/0/x: does not belong here
queue/mess/1/1: is no regular file
queue/state/0/x: does not belong here
queue/state/1/23: does not belong here
queue/tmp/x: does not belong here
queue/x: does not belong here
1
-- left behind
0 messages, 0 sound, 2 troubles
queue/copy/1: was left behind unfinished
queue/tmp/1: was left behind unfinished
1
0 messages, 0 sound, 2 troubles, 2 mended
queue/copy/1: was left behind unfinished; removed
queue/tmp/1: was left behind unfinished; removed
0
queue/copy:

queue/tmp:
2
0 messages, 0 sound
-- states
1 messages, 0 sound, 2 troubles
queue/state/0/46: has no message
queue/state/S/ID: is not of this message
1
1 messages, 1 sound, 2 troubles, 2 mended
queue/state/0/46: has no message; removed
queue/state/S/ID: is not of this message; moved to queue/bad/ID.state
0
ID.state
-- a missing place
0 messages, 0 sound, 3 troubles
queue/copy: does not exist: run qmail-mkqueue
queue/lock/cleanmutex: does not exist: run qmail-mkqueue
queue/state/5: does not exist: run qmail-mkqueue
1
0 messages, 0 sound
0
-- a place that is something else
0 messages, 0 sound, 1 troubles
queue/lock/trigger: has the wrong type
1
-- qmail-send is running
qmail-qlint: warning: qmail-send is running: only owners, modes and files left behind are mended; end it for the rest
queue/lock/tcpto: mode 0600 instead of 0644; mended
queue/mess/S/ID: has a damaged body
1 messages, 0 sound, 2 troubles, 1 mended
-- qmail-clean of a killed one is
qmail-qlint: warning: qmail-send is running: only owners, modes and files left behind are mended; end it for the rest
queue/mess/S/ID: has a damaged body
1 messages, 0 sound, 1 troubles, 0 mended
-- cannot look
qmail-qlint: fatal: unable to use queue/format: file does not exist
111
-- wrong use
qmail-qlint: usage: qmail-qlint [ --repair ]
100
qmail-qlint: usage: qmail-qlint [ --repair ]
100
qmail-qlint: fatal: unable to read users/roles; run make setup: file does not exist
111
