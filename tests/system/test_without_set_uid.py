"""An installation without any set-uid file: qmail-queued takes what everybody sends."""
import os
import re
import stat
import struct

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import BIN, BUILD, SANITIZED, TOP
from test_walks import smtp_in

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

@pytest.fixture(scope="module")
def machine():
    made = Machine()
    made.configure()
    made.run(f"cd {HOME} && sed '/^# (env/s/^# //; /^#   setpriv/s/^# //' boot/rc > rc && ! cmp boot/rc rc && chmod 755 rc")
    made.start(f"{HOME}/rc")
    wait_until("qmail-queued", lambda: made.path(f"{HOME}/run/qmail-queued").is_socket())
    made.run(f"chown root {HOME}/bin/qmail-queue")
    yield made
    made.close()


def start_service(machine, prefix=""):
    machine.spawn(f"exec {prefix} {HOME}/bin/qmail-queued", stdin=-3, stdout=-3, stderr=-3)
    wait_until("qmail-queued", lambda: machine.path(f"{HOME}/run/qmail-queued").is_socket())


def end_service(machine):
    machine.run("pkill -TERM -x qmail-queued; while pgrep -x qmail-queued; do sleep 0.05; done")


def queued(machine):
    """Stat and trailer of the one message that waits."""
    (message,) = machine.path(f"{HOME}/queue/mess").glob("*/*")
    return message.stat(), struct.unpack("<II", message.read_bytes()[-16:-8])


def kept(machine):
    """A new mailbox for kept@."""
    machine.run(f"rm -f {HOME}/alias/kept; echo ./kept > {HOME}/alias/.qmail-kept")
    machine.log.forget()
    return machine.path(f"{HOME}/alias/kept")


def test_who_runs_as_whom(machine):
    qmailq, qmail = machine.id("qmailq"), machine.gid("qmail")
    assert machine.processes("qmail-queued") == [(qmailq, qmail, [qmail])]
    workers = machine.processes("qmail-queue")
    assert workers and set(map(str, workers)) == {str((qmailq, qmail, [qmail]))}
    run = machine.path(f"{HOME}/run")
    assert (run.stat().st_uid, run.stat().st_gid, stat.S_IMODE(run.stat().st_mode)) == (qmailq, qmail, 0o755)
    assert stat.S_IMODE((run / "qmail-queued").stat().st_mode) == 0o666


def test_nothing_is_set_uid(machine):
    assert machine.run(f"find {HOME} -type f -perm /6000") == ""


def test_make_check_is_content(machine):
    assert machine.run(f"{HOME}/bin/instcheck") == ""
    assert "\nqueueing: qmail-queued runs, qmail-queue is not set-uid.\n" in machine.run("qmail-showctl")


@pytest.mark.parametrize("command", [
    "qmail-inject", "sendmail kept", "forward kept", "setpriv --no-new-privs qmail-inject",
    "setpriv --no-new-privs sendmail -t", "setpriv --no-new-privs --bounding-set=-all qmail-inject"])
@pytest.mark.parametrize("user", ["joe", "root"])
def test_users_send(machine, user, command):
    box = kept(machine)
    sender = "SENDER=joe@mail.machine.example NEWSENDER=joe@mail.machine.example DTLINE='Delivered-To: x\n' "
    machine.run(f"cd /; printf 'to: kept\\n\\nhello\\n' | {sender}{command}",
                user=None if user == "root" else user)
    machine.log.wait(r"info msg (\d+): .* uid %d\n(?s:.*)end msg \1$" % machine.id(user))
    text = box.read_text()
    assert re.search(rf"^Received: \(qmail \d+ invoked by uid {machine.id(user)}\);", text, re.M) and "\nhello\n" in text


def test_no_new_privileges_with_the_set_uid_program(machine):
    """The other way round: set-uid, for those who are let."""
    machine.run(f"chown qmailq {HOME}/bin/qmail-queue; chmod 4711 {HOME}/bin/qmail-queue")
    try:
        box = kept(machine)
        machine.run("cd /; echo to: kept | setpriv --no-new-privs qmail-inject", user="joe")
        machine.log.wait("end msg")
        assert f"invoked by uid {machine.id('joe')})" in box.read_text()
    finally:
        machine.run(f"chown root {HOME}/bin/qmail-queue")
    assert stat.S_IMODE(machine.path(f"{HOME}/bin/qmail-queue").stat().st_mode) == 0o711


def test_network_and_bounces_and_forwards(machine):
    box = kept(machine)
    machine.door("-H", "-R", "-l", machine.name)
    with smtp_in(machine, "127.0.0.1") as smtp:
        smtp.sendmail(f"kept@{machine.name}", [f"nothere@{machine.name}"], "Subject: x\n\n")
    machine.log.wait("end msg", 2)
    text = box.read_text()
    assert re.search(r"^Received: \(qmail \d+ invoked for bounce\);", text, re.M)
    assert re.search(r"^Received: \(qmail \d+ invoked from network\);", text, re.M)
    assert f"uid {machine.id('qmaild')}\n" in machine.log.text() and f"uid {machine.id('qmails')}\n" in machine.log.text()

    box = kept(machine)
    machine.run("cd; echo '&kept' > .qmail", user="mike", env={"HOME": "/home/mike"})
    machine.run("echo to: mike | qmail-inject", user="joe")
    machine.log.wait("end msg", 2)
    assert f"invoked by uid {machine.id('mike')})" in box.read_text()


def test_the_file_in_the_queue_is_the_same(machine):
    """Owner, mode and what it says of its sender, whichever way it came."""
    machine.run("pkill -TERM -x qmail-send; while pgrep -x qmail-send; do sleep 0.05; done")
    found = []
    for owner, mode in (("root", "711"), ("qmailq", "4711")):
        machine.run(f"chown {owner} {HOME}/bin/qmail-queue; chmod {mode} {HOME}/bin/qmail-queue")
        machine.run("echo to: kept | qmail-inject", user="joe")
        st, (uid, pid) = queued(machine)
        found.append((st.st_uid, stat.S_IMODE(st.st_mode), uid, st.st_nlink))
        machine.run(f"rm {HOME}/queue/mess/*/*")
    machine.run(f"chown root {HOME}/bin/qmail-queue")
    assert found == [(machine.id("qmailq"), 0o644, machine.id("joe"), 1)] * 2
    machine.start(f"{HOME}/rc")


def test_users_cannot_serve_or_take_the_place(machine):
    """A user who pretends to be qmail-queued could name others as senders."""
    machine.put("tmp/serve", f"""
import os, socket, subprocess
program = "{HOME}/bin/qmail-queue"
ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
st = os.stat(program)
p = subprocess.Popen(["sh", "-c", 'exec "$@" 3<&' + str(its.fileno()), "sh", program, "serve", f"{{st.st_dev}}:{{st.st_ino}}"],
                     pass_fds=[its.fileno()], stdin=-3, stdout=-3)
its.close()
said = ours.recv(10)
ours.close()
print(p.wait(), said)
""")
    for owner, mode, code in (("qmailq", "4711", 61), ("root", "711", 54)):
        machine.run(f"chown {owner} {HOME}/bin/qmail-queue; chmod {mode} {HOME}/bin/qmail-queue")
        assert machine.run("/usr/bin/python3 /tmp/serve", user="joe") == f"{code} b''\n"
    for command in ("touch {0}/run/x", "rm -f {0}/run/qmail-queued", "mv {0}/run {0}/ran", "ln -s /tmp {0}/run/new",
                    "flock -n {0}/run/lock true"):
        machine.run(f"! {command.format(HOME)} 2>&1", user="joe")
        machine.run(f"! {command.format(HOME)} 2>&1", user="qmaild")


def test_users_cannot_end_it(machine):
    machine.run("! pkill -KILL -x qmail-queued; ! pkill -KILL -x qmail-queue", user="joe")
    assert "fatal" in machine.run("! QMAILHOME= qmail-queued 2>&1", user="joe")
    assert machine.processes("qmail-queued")


def test_setup_leaves_it_so(machine):
    """A new version does not bring the set-uid bit back; a lost bit is another thing."""
    def setup():
        return machine.run(f"cd {TOP} && {BIN}/qmail-install {BUILD} 2>&1")

    def owner_and_mode():
        return machine.run(f"stat -c '%U:%G %a' {HOME}/bin/qmail-queue").strip()
    line = f"qmail-install: warning: {HOME}/bin/qmail-queue stays without set-uid: qmail-queued takes messages here\n"
    assert setup().count(line) == 1 and owner_and_mode() == "root:qmail 711"
    assert machine.run(f"{HOME}/bin/instcheck") == ""
    # chmod alone leaves it to an owner who may write it.
    machine.run(f"chown qmailq {HOME}/bin/qmail-queue; chmod 711 {HOME}/bin/qmail-queue")
    assert machine.run(f"{HOME}/bin/instcheck") == "instcheck: warning: .../bin/qmail-queue has wrong owner\n"
    assert setup().count(line) == 1 and owner_and_mode() == "root:qmail 711"
    # The new file is taken up.
    box = kept(machine)
    machine.run("echo to: kept | qmail-inject", user="joe")
    machine.log.wait("end msg")
    assert box.exists()

    machine.run(f"mv {HOME}/run/lock /tmp/lock")
    assert machine.run(f"{HOME}/bin/instcheck").splitlines() == [
        f"instcheck: warning: .../bin/qmail-queue has wrong {what}" for what in ("owner", "permissions")]
    assert line not in setup() and owner_and_mode() == "qmailq:qmail 4711"
    machine.run(f"mv /tmp/lock {HOME}/run/lock")
    assert line not in setup() and owner_and_mode() == "qmailq:qmail 4711"
    assert machine.run(f"{HOME}/bin/instcheck") == ""
    machine.run(f"chown root {HOME}/bin/qmail-queue")


def test_without_the_service_mail_is_refused_for_now(machine):
    end_service(machine)
    said = machine.run("echo to: kept | qmail-inject", user="joe", code=111)
    assert said == "qmail-inject: fatal: qq trouble creating files in queue (#4.3.0)\n"
    assert "queueing: qmail-queued does not run, qmail-queue is not set-uid.\n" in machine.run("qmail-showctl")
    # As its own user, with what its unit for systemd leaves it.
    start_service(machine, "setpriv --reuid=qmailq --regid=qmail --clear-groups --no-new-privs --bounding-set=-all")
    box = kept(machine)
    machine.run("echo to: kept | qmail-inject", user="joe")
    machine.log.wait("end msg")
    assert f"invoked by uid {machine.id('joe')})" in box.read_text()


@pytest.mark.skipif(SANITIZED, reason="jails are off in a build with sanitizers")
def test_all_that_can_be_is_jailed(machine):
    machine.run("pkill -TERM -x qmail-send; while pgrep -x qmail-send; do sleep 0.05; done")
    end_service(machine)
    machine.run(f"chown root {HOME}/bin/qmail-queue; chmod 711 {HOME}/bin/qmail-queue")
    machine.start(f"{HOME}/rc")
    wait_until("qmail-queued", lambda: machine.path(f"{HOME}/run/qmail-queued").is_socket())
    for name in ("qmail-send", "qmail-rspawn", "qmail-clean", "splogger", "qmail-queued", "qmail-queue"):
        (pid, *_) = machine.run(f"pgrep -x {name}").split()
        text = machine.path(f"proc/{pid}/status").read_text()
        assert "\nSeccomp:\t2\n" in text and "\nNoNewPrivs:\t1\n" in text, name
    assert "jails: qmail-send: jailed.\n" in machine.run("qmail-showctl")
    machine.log.forget()
    machine.run("echo to: nobody-here | qmail-inject", user="joe")
    machine.log.wait("bounce msg")  # which reached the queue from within the jail
    machine.log.wait("end msg", 2)
