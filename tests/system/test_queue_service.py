"""One qmail-queue for all messages of a connection: what it must not change."""
import os
import pathlib
import signal
import smtplib

import pytest

from instance import Instance, wait_until
from paths import BIN

HOST = Instance.host
MESSAGE = "Subject: one\n\nbody\n"


@pytest.fixture
def smtp(instance):
    with instance.smtp(instance.door()) as s:
        s.ehlo("client.example")
        yield s


def send(smtp, text=MESSAGE):
    """The qp of the reply to a message."""
    smtp.mail("sender@elsewhere.example")
    smtp.rcpt(f"tester@{HOST}")
    code, reply = smtp.data(text)
    assert (code, reply.split()[1]) == (250, b"ok"), reply
    return int(reply.split()[-1])


def ended(pid):
    return not pathlib.Path(f"/proc/{pid}").exists()


def bodies(instance):
    return [p.read_bytes().partition(b"\0")[0] for p in instance.queued()]


def test_one_takes_all_messages(instance, smtp):
    one = {send(smtp, f"Subject: number {n}\n\n" + "line\n" * n * 1000) for n in range(20)}
    assert len(one) == 1
    assert sorted(b.count(b"\nline") for b in bodies(instance)) == [n * 1000 for n in range(20)]


def test_a_silent_client_has_none(instance, smtp):
    first = send(smtp)
    wait_until("its end", lambda: ended(first))
    assert send(smtp) != first
    assert len(instance.queued()) == 2


def test_it_ends_with_the_connection(instance, smtp):
    pid = send(smtp)
    smtp.close()
    wait_until("its end", lambda: ended(pid))


def test_a_refused_message_harms_no_other(instance, smtp):
    instance.control("databytes", "100000")
    send(smtp)
    smtp.mail("sender@elsewhere.example")
    smtp.rcpt(f"tester@{HOST}")
    assert smtp.data("x" * 70 + "\n")[0] == 250
    smtp.mail("sender@elsewhere.example")
    smtp.rcpt(f"tester@{HOST}")
    assert smtp.data("Received: loop\n" * 100 + "\n")[0] == 554
    send(smtp)
    assert len(instance.queued()) == 3
    assert not list((instance.home / "queue/tmp").iterdir())


def test_one_that_is_killed_between_messages_is_replaced(instance, smtp):
    first = send(smtp)
    os.kill(first, signal.SIGKILL)
    wait_until("its end", lambda: ended(first) or "\nState:\tZ" in pathlib.Path(f"/proc/{first}/status").read_text())
    assert send(smtp) != first
    assert len(instance.queued()) == 2


def test_one_that_is_killed_with_a_message_fails_that_one(instance, smtp):
    first = send(smtp)
    smtp.mail("sender@elsewhere.example")
    smtp.rcpt(f"tester@{HOST}")
    assert smtp.docmd("DATA")[0] == 354
    smtp.send(b"Subject: lost\r\n\r\n" + b"x\r\n" * 100000)
    wait_until("its file", lambda: any(p.stat().st_size > 100000 for p in (instance.home / "queue/tmp").iterdir()))
    os.kill(first, signal.SIGKILL)
    assert smtp.docmd(".") == (451, b"4.3.0 qq crashed (#4.3.0)")
    send(smtp)
    assert len(instance.queued()) == 2


def replace(instance, script):
    """Puts a script in the place of bin/qmail-queue."""
    (instance.home / "bin/qmail-queue").unlink()
    instance.put("bin/qmail-queue", script, 0o755)


def test_what_stands_in_its_place_sees_each_message(instance, smtp):
    """Even when it hands all it was given to the real one."""
    replace(instance, f"#!/bin/sh\necho x >> {instance.home}/seen\nexec {BIN}/qmail-queue \"$@\"\n")
    instance.put("seen", "", 0o666)
    assert len({send(smtp) for _ in range(3)}) == 3
    assert (instance.home / "seen").read_text() == "x\n" * 3
    assert len(instance.queued()) == 3


def test_what_its_replacement_leaves_running_delays_nothing(instance, smtp):
    replace(instance, f"#!/bin/sh\nsleep 1000 &\necho $! >> {instance.home}/left\nexec {BIN}/qmail-queue\n")
    instance.put("left", "", 0o666)
    try:
        for _ in range(2):
            send(smtp)
    finally:
        for pid in (instance.home / "left").read_text().split():
            os.kill(int(pid), signal.SIGKILL)


def test_the_queue_may_be_another_one_by_the_next_message(instance, smtp):
    send(smtp)
    queue = instance.home / "queue"
    queue.rename(instance.home / "queue.old")
    smtp.mail("sender@elsewhere.example")
    smtp.rcpt(f"tester@{HOST}")
    assert smtp.data(MESSAGE)[0] == 451
    (instance.home / "queue.old").rename(queue)
    send(smtp)
    assert len(instance.queued()) == 2


def test_a_replacement_that_the_environment_names_is_run_for_each(instance):
    instance.put("seen", "", 0o666)
    script = instance.put("mine", f"#!/bin/sh\necho x >> {instance.home}/seen\nexec {BIN}/qmail-queue \"$@\"\n", 0o755)
    port = instance.door(env={"QMAILQUEUE": str(script)})
    with smtplib.SMTP("127.0.0.1", port) as s:
        s.ehlo("client.example")
        assert len({send(s) for _ in range(2)}) == 2
    assert (instance.home / "seen").read_text() == "x\n" * 2
