"""An installation with all its users: who runs as whom, and what users can and cannot do."""
import os
import re
import stat

import pytest

from instance import wait_until
from machine import HOME, Machine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture(scope="module")
def machine():
    made = Machine()
    made.configure()
    made.start()
    yield made
    made.close()


def test_each_part_has_its_own_uid(machine):
    qmail, nofiles = machine.gid("qmail"), machine.gid("nofiles")
    want = {"qmail-send": ("qmails", qmail), "qmail-lspawn": ("root", qmail), "qmail-rspawn": ("qmailr", qmail),
            "qmail-clean": ("qmailq", qmail), "splogger": ("qmaill", nofiles)}
    for name, (user, group) in want.items():
        (process,) = machine.processes(name)
        assert process[:2] == (machine.id(user), group), name
        # Remote deliveries must not be able to read the queue, so qmail-rspawn keeps a way down.
        assert process[2] == ([nofiles] if name in ("qmail-rspawn", "splogger") else [qmail]), name


def test_make_check_is_content(machine):
    assert machine.run("/var/qmail/bin/instcheck") == ""


def test_make_check_sees_a_wrong_mode(machine):
    machine.run("chmod 755 /var/qmail/queue/mess")
    try:
        assert "queue/mess" in machine.run("/var/qmail/bin/instcheck || :")
    finally:
        machine.run("chmod 750 /var/qmail/queue/mess")


def test_only_qmail_queue_is_setuid(machine):
    found = machine.run(f"find {HOME} -type f -perm /6000 -printf '%f %u %m\\n'")
    assert found == "qmail-queue qmailq 4711\n"


def test_mail_is_delivered_as_the_recipient(machine):
    machine.run("cd; maildirmake Maildir; printf './Maildir/\\n|id >who\\n' >.qmail", user="mike", env={"HOME": "/home/mike"})
    machine.log.forget()
    machine.run("echo to: mike | qmail-inject", user="joe")
    machine.log.wait("end msg")
    new = next(machine.path("home/mike/Maildir/new").iterdir())
    assert (new.stat().st_uid, new.stat().st_gid) == (machine.id("mike"), machine.gid("mike"))
    assert machine.path("home/mike/who").read_text().startswith(
        f"uid={machine.id('mike')}(mike) gid={machine.gid('mike')}(mike) groups={machine.gid('mike')}(mike)")


@pytest.mark.parametrize("lines", [1, 100000])
def test_a_delivery_may_open_its_message_anew(machine, lines):
    machine.run("cd; echo '|wc -l </proc/self/fd/0 >count; ! true >/proc/self/fd/0' >.qmail", user="mike",
                env={"HOME": "/home/mike"})
    machine.log.forget()
    machine.run(f"(echo to: mike; yes | head -n {lines}) | qmail-inject", user="joe")
    machine.log.wait("delivery .* success")
    assert int(machine.path("home/mike/count").read_text()) > lines


def test_mail_for_nobody_goes_to_alias(machine):
    machine.run(f"printf '|id -un >/tmp/who\\n' >{HOME}/alias/.qmail-list")
    machine.log.forget()
    machine.run("echo to: list | qmail-inject", user="joe")
    machine.log.wait("end msg")
    assert machine.path("tmp/who").read_text() == "alias\n"


def test_root_gets_no_delivery_of_its_own(machine):
    """root's home must not be written to by mail: it goes to ~alias/.qmail-root."""
    machine.log.forget()
    machine.run("echo to: root | qmail-inject -f ''", user="joe")
    machine.log.wait("delivery .* failure: Sorry,_no_mailbox_here_by_that_name")
    wait_until("the last bounce", lambda: not list(machine.path(f"{HOME}/queue/mess").glob("*/*")))


def last_message_in(machine, box):
    return machine.path(box).read_text().rpartition("\nFrom ")[2]


@pytest.mark.parametrize("user, who", [("joe", "by uid {}"), ("alias", "by alias"), ("root", "by uid 0")])
def test_received_says_who(machine, user, who):
    machine.run(f"printf './kept\\n' >{HOME}/alias/.qmail-kept && rm -f {HOME}/alias/kept")
    machine.log.forget()
    machine.run("echo to: kept | qmail-inject", user=None if user == "root" else user)
    uid = machine.id(user)
    machine.log.wait(rf"info msg (\d+): .* uid {uid}\n(?s:.*)end msg \1$")
    assert re.search(rf"^Received: \(qmail \d+ invoked {who.format(uid)}\);",
                     last_message_in(machine, f"{HOME}/alias/kept"), re.M)


def test_mail_from_network_and_bounces(machine):
    machine.door("-H", "-R", "-l", machine.name)
    machine.run(f"printf './kept\\n' >{HOME}/alias/.qmail-kept && rm -f {HOME}/alias/kept")
    machine.log.forget()
    machine.run("swaks --silent 2 --server 127.0.0.1 --helo x --from kept@mail.machine.example "
                "--to nothere@mail.machine.example")
    machine.log.wait("^.*end msg", 2)
    bounce = machine.path(f"{HOME}/alias/kept").read_text()
    assert re.search(r"^Received: \(qmail \d+ invoked for bounce\);", bounce, re.M)
    assert re.search(r"^Received: \(qmail \d+ invoked from network\);", bounce, re.M)
    assert f"uid {machine.id('qmaild')}\n" in machine.log.text()
    assert f"uid {machine.id('qmails')}\n" in machine.log.text()


def test_users_cannot_look_into_the_queue(machine):
    for place in ("queue/mess", "queue/tmp", "queue/lock/sendmutex", "queue/state"):
        machine.run(f"ls {HOME}/{place}", user="joe", code=2)
    machine.run(f"cat {HOME}/queue/format", user="joe", code=1)


def test_the_setuid_program_ignores_qmailhome(machine):
    machine.run("mkdir -p /tmp/fake/bin /tmp/fake/control /tmp/fake/users; "
                f"cp {HOME}/users/roles /tmp/fake/users; echo fake >/tmp/fake/control/me; chmod -R a+rX /tmp/fake")
    machine.log.forget()
    machine.run(r"printf 'Fjoe@x\0Tkept@mail.machine.example\0\0' | "
                f"sh -c 'exec 3<&0; echo Subject: x | {HOME}/bin/qmail-queue 1<&3'", user="joe", env={"QMAILHOME": "/tmp/fake"})
    machine.log.wait("end msg")  # it is in the queue of /var/qmail
    # A client that was told of another root does not use it.
    machine.run(f"ln -sf {HOME}/bin/qmail-queue /tmp/fake/bin/")
    assert "qq trouble in home directory (#4.3.0)" in machine.run(
        "echo to: joe | qmail-inject", user="joe", env={"QMAILHOME": "/tmp/fake"}, code=111)


def test_a_remote_delivery_cannot_read_the_queue(machine):
    machine.put("tmp/remote", f"#!/bin/sh\n{{ id; ls {HOME}/queue; }} >/tmp/remote.out 2>&1\nprintf 'r\\0Kdone\\n\\0'\n", 0o755)
    machine.run("touch /tmp/remote.out; chmod 666 /tmp/remote.out")
    restart(machine, {"QMAILREMOTE": "/tmp/remote"})
    machine.run("echo to: someone@elsewhere.example | qmail-inject", user="joe")
    machine.log.wait("delivery .* success")
    said = machine.path("tmp/remote.out").read_text()
    nofiles = f"{machine.gid('nofiles')}(nofiles)"
    assert said.startswith(f"uid={machine.id('qmailr')}(qmailr) gid={nofiles} groups={nofiles}\n")
    assert "Permission denied" in said


def test_a_user_who_stops_his_delivery_stops_no_other(machine):
    """Even in the moment between taking on his uid and running qmail-local, which strace makes long."""
    machine.put(f"{HOME}/users/assign", "".join(
        f"={user}:{user}:{machine.id(user)}:{machine.gid(user)}:/home/{user}:::\n" for user in ("joe", "mike")) + ".\n")
    machine.run("qmail-newu")
    for user in ("joe", "mike"):
        machine.run("cd; echo '|touch got-it' >.qmail; rm -f got-it", user=user, env={"HOME": f"/home/{user}"})
    tracer = machine.spawn("exec strace -qq -f -e trace=setuid -e inject=setuid:delay_exit=1000000 "
                           "-p $(pgrep -nx qmail-lspawn) 2>/dev/null", stdin=-3, stdout=-3)
    wait_until("strace", lambda: "TracerPid:\t0\n" not in machine.run("cat /proc/$(pgrep -nx qmail-lspawn)/status"))
    machine.log.forget()
    machine.run("echo to: joe | qmail-inject", user="joe")
    wait_until("a child of joe's", lambda: [p for p in machine.processes("qmail-lspawn") if p[0] == machine.id("joe")])
    machine.run("exec /usr/bin/python3 -c 'import os, signal; os.kill(-1, signal.SIGSTOP)'", user="joe")
    machine.run("echo to: mike | qmail-inject", user="mike")
    try:
        machine.log.wait("delivery .* success")
        assert machine.path("home/mike/got-it").exists() and not machine.path("home/joe/got-it").exists()
    finally:
        tracer.terminate()
        machine.run("exec /usr/bin/python3 -c 'import os, signal; os.kill(-1, signal.SIGKILL)'", user="joe")
        machine.run(f"rm {HOME}/users/assign {HOME}/users/cdb")
    machine.log.wait("qmail-local_crashed")
    machine.run("pkill -ALRM -x qmail-send")
    machine.log.wait("delivery .* success", 2)


def restart(machine, env=None):
    machine.run("pkill -TERM -x qmail-send; while pgrep -x qmail-send; do sleep 0.05; done")
    machine.start(f"env - PATH={HOME}/bin:$PATH ${{QMAILREMOTE:+QMAILREMOTE=$QMAILREMOTE}} qmail-start ./Mailbox splogger qmail", env)


def test_a_user_whom_only_nss_knows(machine):
    """libnss-extrausers: an account that is in no /etc/passwd."""
    machine.run("sed -i 's/^passwd:.*/passwd: files extrausers/; s/^group:.*/group: files extrausers/' /etc/nsswitch.conf")
    machine.run("mkdir -p /var/lib/extrausers /home/extra && echo extra:x:5123: >/var/lib/extrausers/group && "
                "echo extra:x:5123:5123::/home/extra:/bin/sh >/var/lib/extrausers/passwd && chown 5123:5123 /home/extra")
    assert machine.run("id -u extra") == "5123\n"
    assert machine.run("qmail-getpw extra-list | tr '\\0' :") == "extra:5123:5123:/home/extra:-:list:"
    machine.log.forget()
    machine.run("echo to: extra | qmail-inject", user="joe")
    machine.log.wait("end msg")
    assert machine.path("home/extra/Mailbox").stat().st_uid == 5123
    machine.spawn("exec tcpserver -HRl0 -u extra 127.0.0.1 2626 sh -c 'id -u; id -g'", stdin=-3, stdout=-3)
    machine.wait_listening(2626)
    said = machine.run("/usr/bin/python3 -c 'import socket; s = socket.create_connection((\"127.0.0.1\", 2626), 20); "
                       "print(s.makefile().read(), end=\"\")'")
    assert said == "5123\n5123\n"


def test_files_of_a_message(machine):
    """Owners and modes of what waits: qmailq's, readable for group qmail by way of its folder alone."""
    machine.run("pkill -TERM -x qmail-send; while pgrep -x qmail-send; do sleep 0.05; done")
    machine.run("echo to: joe | qmail-inject", user="joe")
    (message,) = machine.path(f"{HOME}/queue/mess").glob("*/*")
    assert message.stat().st_uid == machine.id("qmailq")
    assert stat.S_IMODE(message.stat().st_mode) == 0o644


def test_only_root_and_qmails_order(machine):
    """qmail-qctl with real uids; it runs as qmails, and what it writes is qmails'."""
    restart(machine)
    machine.put(f"{HOME}/control/concurrencyremote", "0\n")
    machine.run("pkill -HUP -x qmail-send")
    machine.run("echo to: u@far.example | qmail-inject", user="joe")
    machine.log.wait("info msg .* from <joe@")
    box = machine.path(f"{HOME}/queue/control")
    assert (box.stat().st_uid, box.stat().st_mode & 0o7777) == (machine.id("qmails"), 0o700)
    assert (box / "socket").stat().st_uid == machine.id("qmails") and (box / "socket").stat().st_mode & 0o077 == 0
    for user in ("joe", "qmaild", "qmaill", "alias"):
        assert "chdir to queue: access denied" in machine.run("qmail-qctl list", user=user, code=111)
        assert "chdir to queue: access denied" in machine.run("qmail-qctl delete --all", user=user, code=111)
    for user in ("qmailq", "qmailr"):
        assert "control/socket: access denied" in machine.run("qmail-qctl hold --all", user=user, code=111)
    # Not even with the directory open to all: the peer's uid counts.
    machine.run(f"chmod 711 {HOME}/queue {HOME}/queue/control; chmod 666 {HOME}/queue/control/socket")
    ask = (f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{HOME}/queue/control/socket'); "
           "s.sendall(b'due 77' + bytes(1)); print(s.recv(100))")
    try:
        for user, answer in (("joe", "b''"), ("qmailq", "b''"), ("qmailr", "b''"), ("qmails", "b'+\\x00'"), (None, "b'+\\x00'")):
            said = machine.run(f'/usr/bin/python3 -c "{ask}" 2>&1 || :', user=user)
            assert said == answer + "\n" or (answer == "b''" and ("reset" in said or "Broken" in said)), (user, said)
    finally:
        machine.run(f"chmod 750 {HOME}/queue; chmod 700 {HOME}/queue/control")
    assert "hold  1 recipient" in machine.run("qmail-qctl hold --recipient 'u@far*'")
    assert "held" in machine.run("setpriv --reuid=qmails --regid=qmail --clear-groups qmail-qctl show")
    (state,) = machine.path(f"{HOME}/queue/state").glob("*/*")
    assert (state.stat().st_uid, state.stat().st_mode & 0o7777) == (machine.id("qmails"), 0o600)
    machine.log.wait("control: msg .*: hold by uid 0 recipients 1")

    # The same while it is stopped: the files are still qmails'.
    machine.run("pkill -TERM -x qmail-send; while pgrep -x qmail-send; do sleep 0.05; done")
    machine.run("echo to: v@far.example | qmail-inject", user="joe")
    machine.run("qmail-qctl hold --recipient 'v@far*'")
    for state in machine.path(f"{HOME}/queue/state").glob("*/*"):
        assert (state.stat().st_uid, state.stat().st_mode & 0o7777) == (machine.id("qmails"), 0o600)
    machine.run("qmail-qctl delete --held 2>/dev/null")
    machine.start(f"env - PATH={HOME}/bin:$PATH qmail-start ./Mailbox splogger qmail")
    machine.log.wait("control: msg .*: deleted remote v@far.example")
    machine.log.wait("end msg", 2)
    machine.run(f"rm {HOME}/control/concurrencyremote")
