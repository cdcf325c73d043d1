"""When and where: the times of retries, the end of patience, and where each recipient's mail goes."""
import math
import re
import signal
import time

import pytest

import queuefile
from instance import wait_until
from servers import Recorder

HOST = "trial.example"
NUMBER = 1234567890123456


@pytest.fixture
def soft(instance):
    """An instance, not started, where mail for soft waits."""
    instance.control("locals", HOST)
    instance.dot_qmail("soft", "|echo not now; exit 111\n")
    return instance


def wait_for_next_try(instance, low, high):
    """The state file's mtime comes to lie in these seconds from now."""
    path = instance.home / f"queue/state/{NUMBER % queuefile.SPLIT}/{NUMBER}"
    now = time.time()
    wait_until("the next try", lambda: path.exists() and low <= path.stat().st_mtime - now <= high)


def seconds_until_next(age, skip):
    return (math.isqrt(age) + skip) ** 2 - age


@pytest.mark.parametrize("age", [0, 50, 100, 10000, 500000])
def test_local_retries(soft, age):
    """birth + (isqrt(age) + 10) squared."""
    queuefile.place(soft, NUMBER, "", [f"soft@{HOST}"], age=age)
    soft.start()
    soft.log.wait("delivery 1: deferral: not_now/")
    later = seconds_until_next(age, 10)
    wait_for_next_try(soft, later - 10, later + 100)


@pytest.mark.parametrize("age", [0, 900, 250000])
def test_remote_retries(instance, age):
    """birth + (isqrt(age) + 20) squared."""
    recorder = Recorder(answers={"RCPT": "450 later"})
    instance.control("smtproutes", f":[127.0.0.1]:{recorder.port}")
    queuefile.place(instance, NUMBER, "", ["a@remote.example"], age=age)
    instance.start()
    instance.log.wait("delivery 1: deferral: ")
    later = seconds_until_next(age, 20)
    wait_for_next_try(instance, later - 10, later + 100)
    recorder.close()


def test_a_message_from_the_future(soft):
    """A clock that was set back: as if it had arrived now."""
    queuefile.place(soft, NUMBER, "", [f"soft@{HOST}"], age=-5000)
    soft.start()
    soft.log.wait("delivery 1: deferral: ")
    wait_for_next_try(soft, 60, 130)


GIVEN_UP = "failure: not_now/I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./"


@pytest.mark.parametrize("lifetime, age, result", [
    (None, 604700, "deferral: not_now/"), (None, 604900, GIVEN_UP), ("1000", 900, "deferral: not_now/"),
    ("1000", 1100, GIVEN_UP), ("0", 2, GIVEN_UP)])
def test_queuelifetime(soft, lifetime, age, result):
    soft.control("queuelifetime", lifetime)
    queuefile.place(soft, NUMBER, f"tester@{HOST}", [f"soft@{HOST}"], age=age)
    soft.start()
    soft.log.wait(f"delivery 1: {re.escape(result)}$")
    if result == GIVEN_UP:
        (bounce,) = soft.wait_messages()
        assert (b"<soft@trial.example>:\nnot now\n"
                b"I'm not going to try again; this message has been in the queue too long.\n\n---") in bounce


def test_a_request_that_comes_early(soft):
    """ALRM right after the start is true of messages that no look has found yet."""
    for n in range(100):
        queuefile.place(soft, NUMBER + n, "", [f"soft@{HOST}"], records=[], due=time.time() + 5000)
    soft.start()
    soft.signal(signal.SIGALRM)
    soft.log.wait("deferral: not_now/", 100)


@pytest.mark.parametrize("recipient, channel, address", [
    ("nobody", "local", f"nobody@{HOST}"),
    (f"Tester@{HOST.upper()}", "local", f"Tester@{HOST.upper()}"),
    ("a@other.example", "remote", "a@other.example"),
    (f"a@sub.{HOST}", "remote", f"a@sub.{HOST}"),
    ("a%b.example@hack.example", "remote", "a@b.example"),
    (f"a%{HOST}%hack.example@HACK.example", "local", f"a@{HOST}"),
    ("a@hack.example", "remote", "a@hack.example"),
    ("a@virtual.example", "local", "joe-a@virtual.example"),
    ("a@x.wild.example", "local", "wild-a@x.wild.example"),
    ("a@wild.example", "remote", "a@wild.example"),
    ("special@virtual.example", "local", "one-special@virtual.example"),
    ("a@except.wild.example", "remote", "a@except.wild.example"),
])
def test_where_recipients_go(instance, recipient, channel, address):
    instance.control("locals", HOST)
    instance.control("percenthack", "hack.example")
    instance.control("virtualdomains",
                     "virtual.example:joe\n.wild.example:wild\nspecial@virtual.example:one\nexcept.wild.example:")
    instance.control("smtproutes", ":[127.0.0.1]:1")
    instance.start()
    instance.queue("Subject: x\n\n", "", recipient)
    instance.log.wait(f"starting delivery 1: msg \\d+ to {channel} {re.escape(address)}$")


@pytest.mark.parametrize("name", ["me", "locals", "virtualdomains", "percenthack", "envnoathost", "concurrencylocal",
                                  "concurrencyremote", "queuelifetime"])
def test_unreadable_control_files(instance, name):
    instance.control("locals", None if name == "me" else HOST)
    instance.put(f"control/{name}", "1\n", 0)
    instance.start(wait=False)
    assert instance.wait_end() == 111
    assert instance.log.text() == "alert: cannot start: unable to read controls\n"


def test_what_waits_is_shown(soft):
    queuefile.place(soft, NUMBER, "send\ner@a.example", [f"hard@{HOST}", "b@b.example", f"soft@{HOST}"], age=1000,
                    records=[(b"D", 0, b"", b"no")], due=time.time() + 1000)
    stamp = time.strftime("%d %b %Y %H:%M", time.gmtime(time.time() - 1000)).lstrip("0")
    shown = soft.run("qmail-qread").stdout.decode()
    assert re.sub(r":\d\d GMT", "", shown).replace(stamp, "STAMP") == (
        f"STAMP  #{NUMBER}  12  <send_er@a.example>  bouncing\n  done\tlocal\thard@{HOST}\n\tlocal\tsoft@{HOST}\n"
        "\tremote\tb@b.example\n")
    assert soft.run("qmail-qstat").stdout == b"messages in queue: 1\nmessages in queue but not yet preprocessed: 1\n"
    soft.start()
    soft.queue("Subject: x\n\n", "", f"tester@{HOST}")
    soft.log.wait("end msg")
    wait_until("the count", lambda: soft.run("qmail-qstat").stdout ==
               b"messages in queue: 1\nmessages in queue but not yet preprocessed: 0\n")
