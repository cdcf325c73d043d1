"""A queue that is copied while mail comes and goes, and restored elsewhere: nothing is lost."""
import shutil
import signal
import subprocess
import threading

import pytest

from instance import Instance, wait_until

HOST = Instance.host
COPIES = 4


def churn(instance, stop, accepted):
    """Messages, some of which must wait for a second try, until stop is set."""
    n = 0
    while not stop.is_set():
        mark = f"mark {threading.get_ident()}.{n}"
        recipients = [f"tester@{HOST}", f"once@{HOST}"] if n % 3 == 0 else [f"tester@{HOST}"]
        if instance.queue(f"Subject: x\n\n{mark}\n", "s@x", *recipients) == 0:
            accepted.append(mark.encode())
        n += 1


@pytest.fixture
def second():
    made = Instance()
    yield made
    made.close()


def copy_queue(instance, target):
    """As an administrator does it, with cp -a; files that vanish meanwhile are no matter."""
    subprocess.run(["cp", "-a", instance.home / "queue", target], stderr=subprocess.DEVNULL)


def test_copy_of_a_running_queue(running, second):
    running.dot_qmail("once", "|test -e $HOME/later || exit 111\n")
    second.dot_qmail("once", "|exit 0\n")
    running.dot_qmail("default", "|sleep 0.01\n./Maildir/\n")
    stop, accepted = threading.Event(), []
    threads = [threading.Thread(target=churn, args=(running, stop, accepted)) for _ in range(2)]
    for t in threads:
        t.start()
    try:
        for n in range(COPIES):
            wait_until("mail", lambda: len(accepted) > 60 * (n + 1))
            # Accepted before the copy begins: in the copy, or delivered before or while it was made.
            known = list(accepted)
            shutil.rmtree(second.home / "queue")
            copy_queue(running, second.home / "queue")
            came = b"".join(running.messages())
            lint = second.run("qmail-qlint", "--repair")
            assert lint.returncode == 0, lint.stdout
            second.start()
            second.signal(signal.SIGALRM)
            second.wait_empty()
            second.stop()
            got = came + b"".join(second.messages())
            lost = [mark for mark in known if mark + b"\n" not in got]
            assert not lost
            for path in (second.home / "home/Maildir/new").iterdir():
                path.unlink()
    finally:
        stop.set()
        for t in threads:
            t.join()


def test_restored_from_a_stopped_queue(instance, second):
    """stop, copy, check, start elsewhere: done recipients get nothing again; without state/ they do."""
    instance.dot_qmail("later", "|exit 111\n")
    second.dot_qmail("later", "./Maildir/\n")
    instance.start()
    assert instance.queue("Subject: x\n\nbody\n", "s@x", f"tester@{HOST}", f"later@{HOST}") == 0
    instance.wait_messages()
    instance.log.wait("deferral")
    instance.stop()
    for state in (True, False):
        shutil.rmtree(second.home / "queue")
        copy_queue(instance, second.home / "queue")
        if not state:
            for path in (second.home / "queue/state").glob("*/*"):
                path.unlink()
        assert second.run("qmail-qlint").stdout == b"1 messages, 1 sound\n"
        second.start()
        second.signal(signal.SIGALRM)
        second.wait_empty()
        second.stop()
        wanted = {b"Delivered-To: later@" + HOST.encode(), b"Delivered-To: tester@" + HOST.encode()}
        got = {m.split(b"\n")[1] for m in second.messages()}
        assert got == (wanted if not state else {w for w in wanted if b"later" in w})
        for path in (second.home / "home/Maildir/new").iterdir():
            path.unlink()


def test_checked_while_it_runs(running):
    """qmail-qlint sees no trouble in a queue that is worked on."""
    stop, accepted = threading.Event(), []
    running.dot_qmail("once", "|exit 111\n")
    threads = [threading.Thread(target=churn, args=(running, stop, accepted)) for _ in range(4)]
    for t in threads:
        t.start()
    try:
        for n in range(30):
            p = running.run("qmail-qlint", *(["--repair"] if n % 2 else []))
            assert p.returncode == 0, p.stdout
    finally:
        stop.set()
        for t in threads:
            t.join()
    assert len(accepted) > 50
