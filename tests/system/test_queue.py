"""qmail-queue: bad input gets its exit code and leaves nothing; what is accepted is whole."""
import os
import re
import resource
import signal
import struct
import subprocess

import pytest

from instance import wait_until
from paths import BIN, SANITIZED
from sandbox import Sandbox

MESSAGE = b"Subject: x\n\nbody\n"


def left(instance):
    queue = instance.home / "queue"
    return [p for folder in ("tmp", "bad", "copy") for p in (queue / folder).iterdir()] + list(queue.glob("*/*/*"))


GOOD = b"Fsender@a.example\0Tone@b.example\0\0"
BAD_ENVELOPES = {
    "empty": (b"", 54),
    "no sender's end": (b"Fsender", 54),
    "sender alone": (b"Fsender\0", 54),
    "no end of recipient": (b"Fsender\0Tone", 54),
    "no end": (b"Fsender\0Tone\0", 54),
    "no sender": (b"Tone@b.example\0\0", 91),
    "empty record first": (b"\0", 91),
    "two senders": (b"Fsender\0Fother\0\0", 91),
    "other letter": (b"Fsender\0Xone\0\0", 91),
    "small letters": (b"fsender\0tone\0\0", 91),
    "line ends": (b"Fsender\nTone\n\n", 54),
    "sender too long": (b"F" + 1003 * b"x" + b"\0Tone\0\0", 11),
    "recipient too long": (b"Fsender\0T" + 1003 * b"x" + b"\0\0", 11),
    "recipient far too long": (b"Fsender\0T" + 3000000 * b"x" + b"\0\0", 11),
    "second recipient too long": (b"Fsender\0Tone\0T" + 1003 * b"x" + b"\0\0", 11),
}


@pytest.mark.parametrize("kind", BAD_ENVELOPES)
def test_bad_envelopes(instance, kind):
    envelope, code = BAD_ENVELOPES[kind]
    assert instance.queue(MESSAGE, None, envelope=envelope) == code
    assert left(instance) == []


@pytest.mark.parametrize("kind, envelope", [
    ("no recipient", b"Fsender\0\0"), ("empty addresses", b"F\0T\0\0"), ("longest", b"F" + 1002 * b"s" + b"\0T" + 1002 * b"r" + b"\0\0"),
    ("more behind the end", GOOD + b"Tthree\0\0rubbish"), ("8 bit", b"F\xff@a\0T\xe4\n\t@b\0\0")])
def test_odd_envelopes_that_are_taken(instance, kind, envelope):
    assert instance.queue(MESSAGE, None, envelope=envelope) == 0
    (message,) = instance.queued()
    end = envelope.index(b"\0\0", 2 if kind == "empty addresses" else 0)
    assert envelope[:end] in message.read_bytes() or kind == "empty addresses"


@pytest.mark.parametrize("body", [b"", b"\n", b"no line end", b"\0\0\0", bytes(range(256)) * 5000, b"\r\r\n\r\n.\n.\r\n"],
                         ids=["empty", "empty line", "no line end", "NULs", "all bytes", "line ends"])
def test_bodies_are_kept_as_they_are(running, body):
    # A single program sees all of it on descriptor 0.
    running.dot_qmail("keep", "|cat >kept.new && mv kept.new kept\n")
    assert running.queue(body, "", "keep@trial.example") == 0
    running.log.wait("end msg")
    received, _, rest = (running.home / "home/kept").read_bytes().partition(b"\n")
    assert re.fullmatch(rb"Received: \(qmail \d+ invoked by uid \d+\); \d+ \w{3} \d{4} \d\d:\d\d:\d\d -0000", received)
    assert rest == body


def test_damage_is_put_aside(instance):
    """A bad envelope or trailer: moved to bad/ with an alert, and the others go on."""
    for n in range(3):
        assert instance.queue(MESSAGE, "s@a.example", "tester@trial.example") == 0
    files = instance.queued()
    damaged = files[0].read_bytes().replace(b"tester@trial", b"tester@Trial")
    os.chmod(files[0], 0o644)
    files[0].write_bytes(damaged)
    files[1].write_bytes(files[1].read_bytes()[:-1])
    instance.start()
    instance.log.wait("end msg")
    assert len(instance.wait_messages(1)) == 1
    wait_until("two in bad/", lambda: len(list((instance.home / "queue/bad").iterdir())) == 2)
    assert len(re.findall("^alert: ", instance.log.text(), re.M)) == 2
    assert instance.queued() == []


def test_a_damaged_body_is_no_delivery_and_no_bounce(instance):
    assert instance.queue(MESSAGE, "tester@trial.example", "tester@trial.example") == 0
    (file,) = instance.queued()
    file.write_bytes(file.read_bytes().replace(b"body", b"bodY"))
    instance.start()
    instance.log.wait("delivery 1: deferral: ")
    assert instance.messages() == [] and instance.queued() == [file]


def limited(limit, value):
    return lambda: resource.setrlimit(limit, (value, value))


def queue_with(instance, envelope=GOOD, message=MESSAGE, **named):
    with open(instance.put("in", message)) as m, open(instance.put("envelope", envelope), "r+") as e:
        p = instance.spawn("qmail-queue", stdin=m, stdout=e, stderr=subprocess.PIPE, **named)
    _, errors = p.communicate(timeout=60)
    return p.returncode, errors.decode()


def test_a_file_size_limit(instance):
    code, _ = queue_with(instance, message=b"x" * 500000, preexec_fn=limited(resource.RLIMIT_FSIZE, 100000))
    assert code == 53 and left(instance) == []


def test_the_message_cannot_be_read(instance):
    p = instance.spawn("sh", "-c", "exec qmail-queue <. 1<>envelope", cwd=instance.home, stderr=subprocess.DEVNULL)
    assert p.wait(60) == 54 and left(instance) == []


def test_a_wrong_queue(instance):
    instance.put("queue/format", "old\n")
    assert queue_with(instance)[0] == 62
    (instance.home / "queue/format").unlink()
    assert queue_with(instance)[0] == 62


def test_no_queue(instance):
    (instance.home / "queue").rename(instance.home / "elsewhere")
    assert queue_with(instance)[0] == 62


def test_no_root(instance):
    assert queue_with(instance, env={"QMAILHOME": f"{instance.home}/none"})[0] == 61


def test_no_roles(instance):
    (instance.home / "users/roles").unlink()
    code, errors = queue_with(instance)
    assert code == 111 and errors.startswith("qmail-queue: fatal: unable to read users/roles; run make setup: ")


@pytest.mark.parametrize("name", ["SIGALRM", "SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE", "SIGSEGV"])
def test_signals(instance, name):
    """While it waits for more of the message."""
    with open(instance.put("envelope", GOOD), "r+") as e:
        p = instance.spawn("qmail-queue", stdin=subprocess.PIPE, stdout=e)
    p.stdin.write(MESSAGE)
    p.stdin.flush()
    wait_until("the file in tmp/", lambda: list((instance.home / "queue/tmp").iterdir()))
    wait_until("a process that waits", lambda: open(f"/proc/{p.pid}/stat").read().rpartition(") ")[2][0] == "S")
    p.send_signal(getattr(signal, name))
    if name in ("SIGINT", "SIGHUP", "SIGPIPE"):  # ignored
        p.stdin.close()
        assert p.wait(60) == 0 and len(instance.queued()) == 1
        return
    code = p.wait(60)
    assert code == {"SIGALRM": 52, "SIGSEGV": 81, "SIGTERM": -signal.SIGTERM}[name]
    assert left(instance) == []


@pytest.mark.parametrize("name", ["SIGALRM", "SIGTERM"])
@pytest.mark.skipif(SANITIZED, reason="strace counts other calls there")
def test_a_signal_at_any_call_leaves_nothing(instance, name):
    """While the file is made, too, before its name is noted: the signal comes inside the N-th call."""
    instance.put("in", MESSAGE)
    instance.put("envelope", GOOD)
    codes = set()
    for call in ("openat,open", "flock", "stat,newfstatat,fstatat64,statx", "write", "fsync"):
        for n in range(1, 30):
            p = instance.run("sh", "-c", f"exec strace -f -o trace -e trace={call} -e inject={call}:signal={name}:when={n} "
                             "qmail-queue <in 1<>envelope")
            trace = (instance.home / "trace").read_text()
            codes.add(p.returncode)
            published = [q for q in instance.queued()]
            assert not list((instance.home / "queue/tmp").iterdir()), trace
            assert p.returncode == 0 or not published or call in ("fsync", "openat,open"), trace
            for path in published:
                path.unlink()
            if f"--- {name}" not in trace:
                break
    assert codes >= {0, 52 if name == "SIGALRM" else -signal.SIGTERM}


@pytest.mark.skipif(SANITIZED, reason="needs terabytes of addresses")
def test_out_of_memory(instance):
    """Wherever memory ends, the code is 51 and nothing is left."""
    instance.put("in", MESSAGE)
    instance.put("envelope", GOOD)
    codes = []
    for kilobytes in range(200, 2000, 4):
        codes.append(instance.run("sh", "-c", f"ulimit -v {kilobytes}; exec {BIN}/qmail-queue <in 1<>envelope").returncode)
        if codes[-1] == 0:
            break
        assert left(instance) == []
    assert set(codes) - {-signal.SIGSEGV, -signal.SIGKILL, 126, 127} == {0, 51}


def test_ids_are_never_used_twice(instance):
    """Many at once, each gets its own file."""
    started = []
    for n in range(40):
        with open(instance.put(f"in{n}", f"Subject: {n}\n\n")) as m, open(instance.put(f"envelope{n}", GOOD), "r+") as e:
            started.append(instance.spawn("qmail-queue", stdin=m, stdout=e))
    assert [p.wait(60) for p in started] == [0] * 40
    assert len(instance.queued()) == 40


def test_the_trailer(instance):
    """Field by field, as doc/internals.md has it."""
    assert instance.queue(MESSAGE, None, envelope=GOOD) == 0
    (file,) = instance.queued()
    content = file.read_bytes()
    magic, version, _, body, envelope, recipients, arrival, number, uid, pid, zero, _ = struct.unpack("<8sIIQQQqQIIII", content[-72:])
    assert (magic, version, zero) == (b"qm++mess", 1, 0)
    assert content[body:body + envelope] == GOOD[:-1] and len(content) == body + envelope + 72
    assert (recipients, number, uid) == (1, int(file.name), instance.uid)
    assert int(file.parent.name) == number % 23
    assert content[:body].endswith(MESSAGE) and f"(qmail {pid} invoked".encode() in content[:body]
    assert 0 <= file.stat().st_mtime - arrival < 60


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("message", [b"small\n", b"x" * 3000000], ids=["small", "large"])
def test_a_full_disk(instance, message):
    """The queue on a small file system of its own: 53, nothing is left, and with room again all goes well."""
    with small_queue(instance, "1m") as box:
        box.fill()
        assert box.queue(message) in (53, 63)  # no room for the data, or not even for the name
        assert left_in(box.path("queue")) == []
        box.empty()
        assert box.queue(b"small\n") == 0
        assert len(left_in(box.path("queue"))) == 1


def left_in(queue):
    return [p for folder in ("tmp", "bad", "copy") for p in (queue / folder).iterdir()] + list(queue.glob("*/*/*"))


class small_queue:
    """An instance whose queue directory is a full tmpfs, in a mount namespace of its own."""

    def __init__(self, instance, size):
        self.instance, self.size, self.envelope = instance, size, GOOD

    def __enter__(self):
        i = self.instance
        self.sandbox = Sandbox()
        try:
            # /tmp is new in a sandbox: the instance comes in by a copy.
            subprocess.run(["cp", "-a", i.home, self.sandbox.path("tmp")], check=True)
            self.sandbox.run(f"mv {i.home}/queue {i.home}/q && mkdir {i.home}/queue && "
                             f"mount -t tmpfs -o size={self.size} small {i.home}/queue && cp -a {i.home}/q/. {i.home}/queue")
        except BaseException:
            self.sandbox.close()
            raise
        return self

    def __exit__(self, *_):
        self.sandbox.close()

    def path(self, name):
        return self.sandbox.path(str(self.instance.home)[1:]) / name

    def fill(self):
        self.sandbox.run(f"cat /dev/zero >{self.instance.home}/queue/fill || :")

    def empty(self):
        self.sandbox.run(f"rm {self.instance.home}/queue/fill")

    def queue(self, message):
        self.path("message").write_bytes(message)
        self.path("envelope").write_bytes(self.envelope)
        self.path("envelope").chmod(0o666)
        i = self.instance
        return int(self.sandbox.run(
            f"cd {i.home} && env QMAILHOME={i.home} setpriv --reuid={i.uid} --regid={i.gid} --clear-groups "
            "bin/qmail-queue <message 1<>envelope; echo $? >code; cat code").strip())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_no_room_for_what_is_known_of_recipients(instance):
    """State that cannot be written: said in the log, nothing lost, and with room all goes well."""
    instance.control("locals", "trial.example")
    instance.dot_qmail("soft", "|test -e allow\n")
    with small_queue(instance, "1m") as box:
        i = instance
        box.envelope = b"Fsender@trial.example\0Tsoft@trial.example\0Ttester@trial.example\0\0"
        assert box.queue(MESSAGE) == 0
        box.fill()
        log = open(i.log.path, "ab")
        box.sandbox.spawn(f"cd {i.home} && exec env -i QMAILHOME={i.home} PATH={i.home}/bin:$PATH "
                          f"setpriv --reuid={i.uid} --regid={i.gid} --clear-groups qmail-start ./Maildir/",
                          stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        i.log.wait("^delivery .: success")
        i.log.wait("^delivery .: deferral")
        i.log.wait("^warning: trouble ")
        box.empty()
        box.path("home/allow").touch()
        box.sandbox.run("pkill -ALRM -x qmail-send")
        i.log.wait("^end msg")
        # Delivered once more to who had it: that could not be written down.
        assert len(list(box.path("home/Maildir/new").iterdir())) in (1, 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("line", ["./full/", "./full/box"], ids=["maildir", "mbox"])
def test_a_full_home(instance, line):
    """A deferral that leaves nothing behind."""
    box = Sandbox()
    try:
        subprocess.run(["cp", "-a", instance.home, box.path("tmp")], check=True)
        i = instance
        box.run(f"cd {i.home}/home && mkdir full && mount -t tmpfs -o size=64k,mode=777 small full && "
                f"mkdir full/tmp full/new full/cur && echo before >full/box && chown -R {i.uid}:{i.gid} full && "
                "cat /dev/zero >full/fill || : ")
        said = box.run(f"cd {i.home} && seq 100000 >message && env QMAILHOME={i.home} setpriv --reuid={i.uid} "
                       f"--regid={i.gid} --clear-groups bin/qmail-local -- tester {i.home}/home tester '' '' trial.example "
                       f"s@a.example {line} <message", code=111)
        assert "(#4.3.0)" in said or "(#4.2.1)" in said
        assert box.run(f"cd {i.home}/home/full && ls tmp new && cat box") == "new:\n\ntmp:\nbefore\n"
    finally:
        box.close()
