"""What dot-qmail files run, and what goes with maildirs, in deliveries of a running instance."""
import fcntl
import json
import os
import re
from pathlib import Path

import pytest
from instance import wait_until
from paths import BIN
from sandbox import Sandbox
from test_local import MESSAGE, assign, body, joe, send  # noqa: F401


def test_preline(joe):  # noqa: F811
    joe.dot_qmail("", "|preline cat > whole; preline -fd cat > part; exit 99\n")
    send(joe, "joe@trial.example")
    joe.log.wait("^delivery 1: success: did_0\\+0\\+1/$")
    whole = (joe.home / "home/whole").read_bytes()
    trace = b"Return-Path: <sender@remote.example>\n"
    assert re.match(rb"From sender@remote\.example .*\n" + trace + b"Delivered-To: joe@trial.example\n", whole)
    part = (joe.home / "home/part").read_bytes()
    assert body(part) == trace  # the message had been read
    joe.log.forget()
    joe.dot_qmail("", "|preline no-such-program\n")
    send(joe, "joe@trial.example")
    joe.log.wait("^delivery 2: failure: preline:_fatal:_unable_to_run_no-such-program:_file_does_not_exist/$")


def test_preline_as_the_default_delivery(instance):
    """As boot/proc has it."""
    assign(instance, "=joe:joe:UID:GID:ROOT/joe:::\n")
    instance.make_dir("joe")
    instance.start(default="|preline sh -c 'cat > got'")
    send(instance, "joe@trial.example")
    instance.log.wait("^delivery 1: success: did_0\\+0\\+1/$")
    got = (instance.home / "joe/got").read_bytes()
    assert got.startswith(b"From sender@remote.example ") and got.endswith(MESSAGE.encode())


def test_condredirect(joe):  # noqa: F811
    joe.dot_qmail("", "|condredirect joe-other@trial.example grep -q '^Subject: hello'\n./Mailbox\n")
    joe.dot_qmail("other", "./Maildir/\n")
    assign(joe, "=joe:joe:UID:GID:ROOT/home:::\n+joe-:joe:UID:GID:ROOT/home:-::\n")
    send(joe, "joe@trial.example")
    [message] = joe.wait_messages()
    joe.log.wait(r"^delivery 1: success: condredirect:_qp_\d+/did_0\+0\+1/$")
    assert not (joe.home / "home/Mailbox").exists()
    assert re.sub(rb"^(Received|  by|\t).*\n", b"", message, flags=re.M).startswith(
        b"Return-Path: <sender@remote.example>\nDelivered-To: joe-other@trial.example\n"
        b"Delivered-To: joe@trial.example\nSubject: hello\n")
    send(joe, "joe@trial.example", message="Subject: other\n\n")
    joe.log.wait(r"^delivery 3: success: did_1\+0\+1/$")
    assert b"Subject: other\n" in (joe.home / "home/Mailbox").read_bytes()


def test_bounces(joe):  # noqa: F811
    joe.dot_qmail("", "|bouncesaying 'Not this. (#5.7.1)' grep -q '^Subject: this'\n"
                      "|except grep '^Subject: that'\n./Maildir/\n")
    for subject, report in (("this", r"failure: Not_this\._\(#5\.7\.1\)/"), ("that", "failure: Subject:_that/"),
                            ("else", r"success: did_1\+0\+2/")):
        joe.log.forget()
        send(joe, "joe@trial.example", sender="", message=f"Subject: {subject}\n\n")
        joe.log.wait(rf"^delivery \d+: {report}$")
    joe.log.forget()
    joe.dot_qmail("", "|bouncesaying no sh -c 'exit 111'\n")
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery \d+: deferral: bouncesaying:_fatal:_temporary_child_error/$")


def test_qreceipt(joe):  # noqa: F811
    joe.dot_qmail("", "|qreceipt joe@trial.example\n./Mailbox\n")
    asked = "Notice-Requested-Upon-Delivery-To: joe@trial.example\nMessage-ID: <1@x>\n\n"
    send(joe, "joe@trial.example", sender="joe5@trial.example", message=asked)
    [notice] = joe.wait_messages()
    assert notice.startswith(b"Return-Path: <>\nDelivered-To: joe5@trial.example\n")
    assert notice.partition(b"\nFrom: ")[2] == (
        b"DELIVERY NOTICE SYSTEM <joe5@trial.example>\nTo: <joe5@trial.example>\nSubject: success notice\n\n"
        b"Hi! This is the qreceipt program. Your message was delivered to the\n"
        b"following address: joe@trial.example. Thanks for asking.\nYour Message-ID: <1@x>\n")
    joe.log.wait(r"^delivery 1: success: did_1\+0\+1/$")


def test_qsmhook(joe):  # noqa: F811
    joe.dot_qmail("", "|qsmhook -P -x jo sh -c 'echo \"$*\"; cat' mailer %g %h %u 50%% > got; exit $?\n")
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery 1: success: did_0\+0\+1/$")
    first, from_line, trace, message = (joe.home / "home/got").read_text().split("\n", 3)
    assert first == "sender@remote.example trial.example e 50%"
    assert from_line.startswith("From sender@remote.example ")
    assert trace == "Return-Path: <sender@remote.example>"
    assert message.startswith("Received: ") and message.endswith(MESSAGE)


def test_maildir2mbox_while_mail_comes(joe):  # noqa: F811
    """Deliveries into the mbox and into the maildir, and moves from the one to the other: nothing lost, nothing twice."""
    joe.dot_qmail("", "./Maildir/\n")
    joe.dot_qmail("default", "./Mailbox\n")
    home = joe.home / "home"
    variables = {"MAILDIR": str(home / "Maildir"), "MAIL": str(home / "Mailbox"), "MAILTMP": str(home / "Mailbox.tmp")}
    count = 60
    for i in range(count):
        send(joe, "joe@trial.example" if i % 2 else "joe5@trial.example", message=f"Subject: number {i}\n\n")
        if i % 4 == 0:
            joe.run("maildir2mbox", env=variables, check=True)
    joe.wait_empty()

    def moved():  # what was written in this very second is left for later
        joe.run("maildir2mbox", env=variables, check=True)
        return not joe.messages()

    wait_until("an empty maildir", moved)
    box = (home / "Mailbox").read_text()
    assert sorted(map(int, re.findall(r"^Subject: number (\d+)$", box, re.M))) == list(range(count))
    assert len(re.findall("^From ", box, re.M)) == count
    assert not (home / "Mailbox.tmp").exists()


def test_a_delivery_that_waited_for_a_lock_finds_the_new_mbox(joe):  # noqa: F811
    """While it waits, the mbox is rewritten and renamed over the one that it has open."""
    joe.dot_qmail("", "./Mailbox\n")
    box, fresh = joe.put("home/Mailbox", "From old\n\nold\n\n"), joe.put("home/fresh", "From new\n\nnew\n\n")
    with open(box, "rb+") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        send(joe, "joe@trial.example")
        inode = os.stat(box).st_ino
        wait_until("a delivery that waits", lambda: re.search(rf"-> FLOCK .*:{inode} ", Path("/proc/locks").read_text()))
        os.rename(fresh, box)
    joe.log.wait(r"^delivery 1: success: did_1\+0\+0/$")
    assert box.read_bytes().startswith(b"From new\n\nnew\n\nFrom sender@remote.example ")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_qbiff():
    """In a sandbox with a utmp of its own, on terminals made for this."""
    box = Sandbox()
    try:
        box.run("mkdir -p /dev/pts && mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts && ln -s pts/ptmx /dev/ptmx")
        box.put("tmp/terminals.py", TERMINALS)
        got = box.run(f"/usr/bin/python3 /tmp/terminals.py {BIN}/qbiff")
    finally:
        box.close()
    notice = ("\r\n\a*** TO <joe> FROM <s_@x>\r\n    "
              + ("hello w//rld/The body/" + "x" * 80)[:74] + "\r\n")
    assert json.loads(got) == {"user's": notice, "biff n": "", "somebody else's": "", "another user's": "", "no more": ""}


# Terminals, what utmp says of each, and what qbiff writes to them.
TERMINALS = r"""
import ctypes, json, os, pty, subprocess, struct, sys, tty
def entry(kind, line, user):
    return struct.pack("<hxxi32s4s32s256s20x16x20x", kind, 1, line.encode(), b"", user.encode(), b"")[:384]
cases = {"user's": (7, "joe", 0o700, 65534), "biff n": (7, "joe", 0o600, 65534), "somebody else's": (7, "joe", 0o700, 1),
         "another user's": (7, "mike", 0o700, 65534), "no more": (8, "joe", 0o700, 65534)}
made, records = {}, b""
for name, (kind, user, mode, uid) in cases.items():
    master, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    os.chmod(path, mode); os.chown(path, uid, -1)
    os.set_blocking(master, False)
    made[name] = (master, slave)
    records += entry(kind, path[len("/dev/"):], user)
records += entry(7, "../tmp/file", "joe") + entry(7, "", "joe") + entry(7, "null", "joe")
for place in ("/run/utmp",):
    with open(place, "wb") as f: f.write(records)
open("/tmp/file", "w").close(); os.chown("/tmp/file", 65534, -1); os.chmod("/tmp/file", 0o777)
message = b"A: b\nSubject:  hello w\xc3\xb6rld  \n\nThe body\n" + b"x" * 80
for variables in ({"USER": "joe", "SENDER": "s\x1b@x", "LOCAL": "joe"}, {"USER": "joe", "SENDER": ""}):
    subprocess.run([sys.argv[1]], input=message, env=variables, user=65534, check=True)
assert os.stat("/tmp/file").st_size == 0
def written(master):
    try:
        return os.read(master, 9999).decode()
    except BlockingIOError:
        return ""
print(json.dumps({name: written(master) for name, (master, _) in made.items()}))
"""
