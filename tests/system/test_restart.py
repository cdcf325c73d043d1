"""A start with mail waiting, and the end of qmail-send in the middle of work."""
import pathlib
import re
import shlex
import signal

from instance import wait_until
from queuefile import place

FIRST = 1700000000000000  # an ID


def wait_for_go(instance, *then):
    """A program that waits for the file go, then goes on as another."""
    go = shlex.quote(str(instance.home / "go"))
    return f"while [ ! -e {go} ]; do sleep 0.05; done; {' '.join(then)}"


def slow_queue(instance):
    """A qmail-queue that says it was called, and waits for the file go."""
    program = (instance.home / "bin/qmail-queue").resolve()
    (instance.home / "bin/qmail-queue").unlink()
    called = shlex.quote(str(instance.home / "called"))
    instance.put("bin/qmail-queue",
                 f"#!/bin/sh\necho >> {called}\n{wait_for_go(instance, 'exec', shlex.quote(str(program)))}\n", 0o755)


def test_messages_that_are_due_wait_unopened(instance):
    instance.control("concurrencylocal", "4")
    instance.dot_qmail("", "|" + wait_for_go(instance) + "\n")
    for n in range(500):
        place(instance, FIRST + n, "a@b.example", [f"u{n}@trial.example"], [(b"Z", 0, b"", b"later\n")], age=600)
    instance.start(prefix=("prlimit", "--nofile=256"))
    instance.log.wait(r"^status: local 4/4 remote 0/20$")
    instance.put("go", "")
    instance.wait_empty()
    assert not instance.log.find("^warning|^alert")
    started = [m[1] for m in instance.log.find(r"^starting delivery .* to local (u\d+)@")]
    assert sorted(started) == sorted(f"u{n}" for n in range(500))


def test_what_waits_for_later_is_not_read(instance):
    for n in range(500):
        place(instance, FIRST + n, "a@b.example", ["u@trial.example"], [(b"Z", 0, b"", b"later\n")],
              due=4102444800)
    instance.start()
    status = instance.home / "queue/lock/status"
    wait_until("500 messages known", lambda: status.read_text().startswith("00000000000000000500"))
    assert not instance.log.find("delivery")
    instance.signal(signal.SIGALRM)
    instance.wait_empty()


def place_failed(instance, count):
    text = b"No such user.\n" * 1000  # takes more than one turn to read
    for n in range(count):
        place(instance, FIRST + n, f"from{n}@trial.example", ["a@trial.example", "b@trial.example"],
              [(b"D", r, b"someone@trial.example", text[:16000]) for r in (0, 1, 0, 1, 0, 1)])


def bytes_read(pid):
    """How many bytes a process has read since it was started."""
    return int(re.search(r"^rchar: (\d+)$", pathlib.Path(f"/proc/{pid}/io").read_text(), re.M)[1])


def test_term_waits_for_every_bounce_that_is_due(instance):
    slow_queue(instance)
    place_failed(instance, 25)
    instance.start()
    called = instance.home / "called"
    wait_until("ten bounces", lambda: called.exists() and len(called.read_text()) == 10)
    size = sum(path.stat().st_size for path in (instance.home / "queue/state").rglob("*") if path.is_file())
    wait_until("all messages were read", lambda: bytes_read(instance.pid("qmail-send")) >= size)
    instance.signal(signal.SIGTERM)
    instance.log.wait("exitasap$")
    instance.put("go", "")
    assert instance.wait_end() == 0
    assert len(instance.log.find(r"^bounce msg \d+ qp \d+$")) == 25
    assert len(instance.log.find(r"^end msg \d+$")) == 25
    assert len(instance.queued()) == 25  # the bounces
    assert not [p for p in instance.queued() if int(p.name) < FIRST + 25]


def test_bounces_are_tried_again_while_both_channels_are_held(instance):
    for name in ("concurrencylocal", "concurrencyremote"):
        instance.control(name, "0")
    queue = instance.home / "bin/qmail-queue"
    program = queue.resolve()
    queue.unlink()
    instance.put("bin/qmail-queue", "#!/bin/sh\nexit 53\n", 0o755)
    place_failed(instance, 3)
    instance.start()
    instance.log.wait("^warning: trouble injecting bounce message, will try later$", count=3)
    queue.unlink()
    queue.symlink_to(program)
    instance.signal(signal.SIGALRM)
    instance.log.wait(r"^end msg \d+$", count=3)
    instance.log.wait(r"^new msg \d+$", count=3)
