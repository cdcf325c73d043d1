"""qmail-send when something is broken: killed, lost, damaged, in the way."""
import errno
import fcntl
import os
import pathlib
import re
import shutil
import signal
import time

import pytest
from instance import SECONDS, processes, wait_until
from sending import DELIVERED, MESSAGE, WAIT, attempts, fails, flip, local, plain, remote, state, trailer


def send(instance, *recipients, sender="s@remote.example", text=MESSAGE):
    assert instance.queue(text, sender, *recipients) == 0
    return max(instance.queued(), key=lambda p: int(p.name), default=None)


def ended(instance, count=1):
    instance.log.wait("^end msg", count)
    instance.wait_empty()
    return plain(instance.log.text())


# Killed and started again

def test_what_is_done_is_not_delivered_again(instance):
    local(instance, a="echo a >> ../tried", b="echo b >> ../tried; test -e ../go || { echo later; exit 111; }",
          no="echo no >> ../tried;" + fails("no"))
    remote(instance, 'echo "$*" >> tried; for r; do case $r in x*) printf "r\\0";; *) printf "slater\\0";; esac; done; '
           'if [ -e go ]; then printf "Kdone\\0"; else printf "Kdone\\0"; fi')
    instance.start()
    send(instance, "a@trial.example", "b@trial.example", "no@trial.example", "x@far.example", sender="u@trial.example")
    instance.log.wait("^delivery", 4)
    instance.crash()
    instance.put("go", "")
    instance.start()
    instance.signal(signal.SIGALRM)
    log = ended(instance, 2)
    assert sorted(attempts(instance)) == ["a", "b", "b", "no", "x@far.example"]
    assert "new msg M1\ninfo" not in log.split("starting")[0]  # it was told of before
    [bounce] = instance.messages()
    assert bounce.count(b"<no@trial.example>:\nno\n\n") == 1


def test_a_delivery_cut_off_is_tried_again(instance):
    local(instance, a="echo a >> ../tried", b="echo b >> ../tried;" + WAIT.format(file="../go"))
    instance.start()
    send(instance, "a@trial.example", "b@trial.example")
    instance.log.wait("^delivery .*success")
    wait_until("the second", lambda: "b" in attempts(instance))
    instance.crash()
    instance.put("go", "")
    instance.start()  # due at once: nothing was deferred
    ended(instance)
    assert sorted(attempts(instance)) == ["a", "b", "b"]


def test_a_waiting_message_keeps_its_time(instance):
    local(instance, later=fails("later", 111), ok="true")
    instance.start()
    path = send(instance, "later@trial.example")
    instance.log.wait("^delivery 1: deferral")
    wait_until("its time", lambda: state(path).stat().st_mtime > time.time() + 50)
    due = state(path).stat().st_mtime
    assert instance.stop() == 0
    instance.start()
    send(instance, "ok@trial.example")
    instance.log.wait("^end msg")
    assert not instance.log.find("to local later") and state(path).stat().st_mtime == due
    os.utime(state(path), (time.time() - 1,) * 2)
    instance.crash()
    instance.start()
    instance.log.wait("to local later@trial.example$")


def test_the_next_try_is_noted_whatever_comes_last(instance):
    """The local recipient is done after the remote one was deferred."""
    local(instance, slow=WAIT.format(file="../go"))
    remote(instance, 'printf "slater\\0Kdone\\0"')
    instance.start()
    path = send(instance, "slow@trial.example", "x@far.example")
    instance.log.wait("^delivery .*deferral")
    instance.put("go", "")
    instance.log.wait("^delivery .*success")
    wait_until("its time", lambda: state(path).stat().st_mtime > time.time() + 50)


def test_an_alarm_at_the_start(instance):
    """What the first look has still to find is due too."""
    local(instance, later="test -e ../go || exit 111")
    instance.start()
    for _ in range(10):
        send(instance, "later@trial.example")
    instance.log.wait("^delivery .*deferral", 10)
    assert instance.stop() == 0
    instance.put("go", "")
    # It waits for its qmail-clean before it looks, and takes signals after.
    with open(instance.home / "queue/lock/cleanmutex", "w") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        instance.start(wait=False)
        status = pathlib.Path(f"/proc/{instance.send.pid}/status")
        wait_until("its signals", lambda: re.search(
            r"Name:\tqmail-send\n(.*\n)*SigCgt:\t[0-9a-f]*[2367abef][0-9a-f]{3}\n", status.read_text()))
        instance.signal(signal.SIGALRM)
    ended(instance, 10)


def test_state_of_a_message_that_is_gone(instance):
    orphan = instance.home / "queue/state/0/46"
    other = instance.home / "queue/state/0/notes"
    for path in (orphan, other):
        path.write_text("x")
        os.chown(path, instance.uid, instance.gid)
    instance.start()
    send(instance, "u@trial.example")
    ended(instance)
    wait_until("the look", lambda: not orphan.exists())
    assert other.exists()


@pytest.mark.parametrize("kind", ["another message's", "empty", "garbage"])
def test_state_that_is_not_the_messages_own(instance, kind):
    """It may lie in the place, with a time far in the future; all recipients are tried."""
    local(instance, a="echo a >> ../tried", later="echo later >> ../tried; test -e ../go || exit 111")
    instance.start()
    first = send(instance, "a@trial.example", "later@trial.example")
    instance.log.wait("^delivery", 2)
    assert instance.stop() == 0
    second = send(instance, "a@trial.example", "later@trial.example")
    data = state(first).read_bytes()
    state(second).write_bytes(data if kind == "another message's" else b"" if kind == "empty" else b"x" * 1000)
    os.chown(state(second), instance.uid, instance.gid)
    instance.put("go", "")
    instance.start()
    instance.log.wait("^status")
    instance.signal(signal.SIGALRM)
    ended(instance, 2)
    assert sorted(attempts(instance)) == ["a", "a", "later", "later", "later"]
    wait_until("no state", lambda: not list((instance.home / "queue/state").glob("*/*")))


def test_marks_up_to_the_damage_count(instance):
    local(instance, **{name: f"echo {name} >> ../tried; test {name} != c -o -e ../go || exit 111" for name in "abc"})
    instance.control("concurrencylocal", "1")
    instance.start()
    path = send(instance, "a@trial.example", "b@trial.example", "c@trial.example")
    instance.log.wait("^delivery 3: deferral")
    assert instance.stop() == 0
    instance.put("go", "")
    record = 4 + 9 + 4  # of one that is done
    flip(state(path), 32 + record + 6)
    instance.start()
    instance.log.wait("^status")
    instance.signal(signal.SIGALRM)
    ended(instance)
    assert sorted(attempts(instance)) == ["a", "b", "b", "c", "c"]


def test_what_cannot_be_recorded_is_remembered(instance):
    """A full disk, say: what is done is not done again at each try."""
    local(instance, a="echo a >> ../tried", later="echo later >> ../tried; test -e ../go || exit 111",
          b="echo b >> ../tried")
    for folder in (instance.home / "queue/state").iterdir():
        folder.chmod(0o500)
    instance.start()
    send(instance, "a@trial.example", "later@trial.example", "b@trial.example")
    instance.log.wait("^delivery", 3)
    assert len(instance.log.find("^warning: trouble marking state/.*; message will be delivered twice!$")) == 2
    for n in (2, 3):
        instance.signal(signal.SIGALRM)
        instance.log.wait("^delivery .*deferral", n)
    assert sorted(attempts(instance)) == ["a", "b", "later", "later", "later"]

    # When it can be written, it is.
    for folder in (instance.home / "queue/state").iterdir():
        folder.chmod(0o700)
    instance.signal(signal.SIGALRM)
    instance.log.wait("^delivery .*deferral", 4)
    instance.crash()
    instance.put("go", "")
    instance.start()
    instance.signal(signal.SIGALRM)
    ended(instance)
    assert sorted(attempts(instance)) == ["a", "b"] + ["later"] * 5


# Damaged messages

@pytest.mark.parametrize("place", ["envelope", "trailer", "cut", "empty", "longer"])
def test_a_damaged_message_goes_to_bad(instance, place):
    path = send(instance, "u@trial.example", sender="v@trial.example")
    size = path.stat().st_size
    if place in ("envelope", "trailer"):
        flip(path, size - 72 - 8 if place == "envelope" else size - 10)
    else:
        os.truncate(path, {"cut": size - 1, "empty": 0, "longer": size + 1}[place])
    damaged = path.read_bytes()
    instance.start()
    name = path.name
    instance.log.wait(f"^alert: msg {name} is damaged; moving it to queue/bad$")
    wait_until("its move", lambda: not instance.queued())
    bad = instance.home / "queue/bad" / name
    assert bad.read_bytes() == damaged
    send(instance, "u@trial.example")
    ended(instance)
    assert len(instance.messages()) == 1 and len(instance.log.find("starting delivery")) == 1
    assert instance.stop() == 0
    instance.start()
    assert bad.exists() and not instance.log.find("alert")


def test_what_cannot_be_put_aside_is_kept(instance):
    path = send(instance, "u@trial.example")
    flip(path, path.stat().st_size - 72 - 8)
    bad = instance.home / "queue/bad"
    bad.rename(instance.home / "bad.away")
    instance.start()
    warning = f"^warning: qmail-clean unable to clean up mess/{path.parent.name}/{path.name}$"
    instance.log.wait(warning)
    instance.signal(signal.SIGALRM)
    instance.log.wait(warning, 2)
    assert path.exists()
    (instance.home / "bad.away").rename(bad)
    instance.signal(signal.SIGALRM)
    wait_until("its move", lambda: not instance.queued())
    assert (bad / path.name).exists()


@pytest.mark.parametrize("size", [100, 200000])
def test_a_damaged_body_is_deferred(instance, size):
    """Never delivered, never bounced, however old it grows."""
    remote(instance, "echo $1 >> tried;" + DELIVERED)
    instance.control("queuelifetime", "0")
    path = send(instance, "u@trial.example", "a@far.example", sender="v@trial.example", text="x" * size)
    arrival, _ = trailer(path)
    flip(path, size)
    instance.start()
    instance.log.wait("^delivery .*message_is_damaged", 2)
    wait_until("the message to be older than 0 seconds", lambda: time.time() >= arrival + 1)
    instance.signal(signal.SIGALRM)
    instance.log.wait("^delivery .*message_is_damaged", 4)
    assert len(instance.log.find(f"^alert: msg {path.name} has a damaged body; it is not delivered$")) == 4
    assert path.exists() and not instance.messages() and not attempts(instance)
    assert not instance.log.find("failure")
    flip(path, size)  # mended, it arrives
    instance.signal(signal.SIGALRM)
    ended(instance)
    assert len(instance.messages()) == 1 and attempts(instance) == ["a@far.example"]


# Hints

def test_a_hint_that_was_lost_is_made_up_for(running):
    trigger = running.home / "queue/lock/trigger"
    trigger.rename(running.home / "trigger.away")
    send(running, "u@trial.example")
    (running.home / "trigger.away").rename(trigger)
    send(running, "u@trial.example")
    running.log.wait("^end msg")
    assert len(running.queued()) == 1
    running.signal(signal.SIGALRM)
    ended(running, 2)


def test_a_full_trigger_causes_a_look(running):
    running.signal(signal.SIGSTOP)
    fd = os.open(running.home / "queue/lock/trigger", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(fd, b"1\n" * 2048)
    except OSError as error:
        assert error.errno == errno.EAGAIN
    for _ in range(3):
        send(running, "u@trial.example")
    running.signal(signal.SIGCONT)
    ended(running, 3)
    os.close(fd)


@pytest.mark.parametrize("garbage", [b"\0", b"x\n", b"\xff" * 4096, b"../../46\n"])
def test_garbage_in_the_trigger_causes_a_look(running, garbage):
    trigger = running.home / "queue/lock/trigger"
    trigger.rename(running.home / "trigger.away")
    send(running, "u@trial.example")
    (running.home / "trigger.away").rename(trigger)
    trigger.write_bytes(garbage)
    ended(running)


def test_hints_of_nothing(running):
    trigger = running.home / "queue/lock/trigger"
    send(running, "u@trial.example")
    name = running.log.wait(r"^end msg (\d+)$")[1]
    trigger.write_bytes(f"46\n18446744073709551615\n{name}\n".encode())
    send(running, "u@trial.example")
    log = ended(running, 2)
    assert "alert" not in log and "warning" not in log
    assert running.run("qmail-qstat").stdout.split()[3:] == b"0 messages in queue but not yet preprocessed: 0".split()


def test_messages_of_a_restored_queue(running):
    """Files put into mess/ by hand are found at an alarm."""
    running.signal(signal.SIGSTOP)
    path = send(running, "u@trial.example")
    path.rename(running.home / "saved")
    running.signal(signal.SIGCONT)
    send(running, "u@trial.example")
    ended(running)
    (running.home / "saved").rename(path)
    running.signal(signal.SIGALRM)
    ended(running, 2)
    assert len(running.messages()) == 2


# Lost parts

@pytest.mark.parametrize("name, alert", [("qmail-lspawn", "spawn"), ("qmail-rspawn", "spawn"),
                                         ("qmail-clean", "qmail-clean")])
def test_a_lost_part_ends_it(instance, name, alert):
    local(instance, ok="echo x >> ../tried;" + WAIT.format(file="../go"))
    remote(instance, "echo y >> tried;" + WAIT.format(file="go") + DELIVERED)
    instance.start()
    send(instance, "ok@trial.example", "a@far.example")
    wait_until("both deliveries", lambda: sorted(attempts(instance)) == ["x", "y"])
    instance.signal(signal.SIGKILL, name)
    instance.log.wait(f"^alert: oh no! lost {alert} connection! dying...$")
    instance.put("go", "")
    assert instance.send.wait(SECONDS) == 111
    assert instance.log.text().endswith("status: exiting\n")
    done = len(instance.log.find("^delivery .*success"))
    assert done == (2 if alert == "qmail-clean" else 1)  # what the other spawner ran is heard
    instance.wait_end()
    instance.start()
    ended(instance)
    again = alert == "spawn"  # without qmail-clean both are recorded
    assert len(attempts(instance)) == 2 + again and len(instance.log.find("^delivery .*success")) == again


FAKE = """#!/bin/sh
printf '\\003\\0\\0\\0'
head -c 1 > /dev/null
printf '%b'
cat > /dev/null
"""


def test_what_a_spawner_must_not_say(instance):
    path = instance.home / "bin/qmail-rspawn"
    path.unlink(missing_ok=True)
    odd = r"\0003\0\0\0Knumber\0\0\0\0\0Xletter\0\0\0\0\0Kagain\0\0001\0\0\0Kother\0"
    instance.put("bin/qmail-rspawn", FAKE.replace("%b", odd.replace(r"\0003", r"\003").replace(r"\0001", r"\001")), 0o755)
    instance.start()
    send(instance, "a@far.example")
    instance.log.wait("^warning.*\n", 3)
    assert plain(instance.log.text()).split("to remote a@far.example\n")[1] == """\
status: local 0/10 remote 1/3
warning: internal error: delivery report out of range
delivery 1: report mangled, will defer
status: local 0/10 remote 0/3
warning: internal error: delivery report out of range
warning: internal error: delivery report out of range
"""
    assert len(instance.queued()) == 1


# What keeps it from starting

def refused(instance, why, end=True):
    instance.start(wait=False)
    instance.log.wait(f"^alert: cannot start: {why}$")
    assert instance.send.wait(SECONDS) == 111
    instance.children.remove(instance.send)
    assert not instance.log.find("^status")


def test_only_one_runs(instance):
    instance.start()
    first = instance.send
    refused(instance, "qmail-send is already running")
    instance.send = first
    send(instance, "u@trial.example")
    instance.wait_messages()
    assert instance.stop() == 0
    instance.start()
    send(instance, "u@trial.example")
    instance.wait_messages(2)


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""  # it ended meanwhile


def test_a_refused_start_touches_nothing(instance):
    """The table of hosts that time out stays, no second qmail-clean waits, and nobody else was started."""
    instance.start()
    table = instance.home / "queue/lock/tcpto"
    instance.put("queue/lock/tcpto", b"x" * 64)
    first = instance.send
    for logger in ([], ["cat"]):
        p = instance.run("qmail-start", "./Maildir/", *logger)
        assert (p.returncode, p.stdout) == (111, b"alert: cannot start: qmail-send is already running\n")
        assert table.read_bytes() == b"x" * 64
    of_this = f"QMAILHOME={instance.home}".encode()
    wait_until("the refused one's logger is gone", lambda: sorted(
        name_of(pid) for pid, environment in processes() if of_this in environment) == [
            "qmail-clean", "qmail-lspawn", "qmail-rspawn", "qmail-send"])
    instance.send = first
    send(instance, "u@trial.example")
    instance.wait_messages()


@pytest.mark.parametrize("held", [True, False])
def test_the_mutex_is_taken_or_found_taken(instance, held):
    """qmail-send keeps what qmail-start hands it, and nobody it starts has it."""
    instance.start()
    mutex = instance.home / "queue/lock/sendmutex"
    holders = [pid for pid in (instance.pid(name) for name in ("qmail-send", "qmail-lspawn", "qmail-rspawn", "qmail-clean"))
               if any(os.path.realpath(f"/proc/{pid}/fd/{fd}") == str(mutex) for fd in os.listdir(f"/proc/{pid}/fd"))]
    assert holders == [instance.pid("qmail-send")]
    if held:
        with open(mutex) as f, pytest.raises(BlockingIOError):
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        assert instance.stop() == 0
        with open(mutex) as f:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_no_name(instance):
    instance.control("me", None)
    refused(instance, "unable to read controls")


def test_controls_that_cannot_be_read(instance):
    (instance.home / "control/queuelifetime").mkdir()
    refused(instance, "unable to read controls")


def test_no_home(instance):
    shutil.rmtree(instance.home / "control")
    refused(instance, "unable to switch to home directory")


@pytest.mark.parametrize("text", [None, "qmail++ queue 1\nsplit 24\n", "qmail++ queue 2\nsplit 23\n"])
def test_another_queue(instance, text):
    path = instance.home / "queue/format"
    path.unlink() if text is None else path.write_text(text)
    refused(instance, "queue/format is missing or of another version or split")


@pytest.mark.parametrize("name, why", [("trigger", "unable to open lock/trigger"), ("sendmutex", "unable to open mutex"),
                                       ("cleanmutex", "qmail-clean does not answer")])
def test_missing_files(instance, name, why):
    (instance.home / "queue/lock" / name).unlink()
    refused(instance, why)


@pytest.mark.parametrize("name", ["qmail-lspawn", "qmail-rspawn"])
def test_no_spawner(instance, name):
    (instance.home / "bin" / name).unlink()
    instance.put(f"bin/{name}", "#!/bin/sh\nexit 0\n", 0o755)
    refused(instance, r"hath the daemon spawn no fire\?")
