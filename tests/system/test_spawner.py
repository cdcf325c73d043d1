"""The spawners' protocol, spoken to qmail-rspawn with a program of the test in place of qmail-remote."""
import os
import resource
import select
import struct
import subprocess

import pytest

from instance import SECONDS, wait_until
from paths import SANITIZED

LIMIT = 2000  # conf-spawn
MESSAGE = "Subject: hello\n\nbody\n"


class Spawner:
    def __init__(self, instance, script, prefix=(), **named):
        instance.put("stand-in", "#!/bin/sh\n" + script, 0o755)
        self.process = instance.spawn(*prefix, "qmail-rspawn", stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                      env={"QMAILREMOTE": str(instance.home / "stand-in")}, **named)
        self.buffer = b""
        assert self.number() == LIMIT

    def more(self):
        assert select.select([self.process.stdout], [], [], SECONDS)[0], "no report came"
        got = self.process.stdout.read(65536)
        assert got, "the spawner has ended"
        self.buffer += got

    def bytes(self, n):
        while len(self.buffer) < n:
            self.more()
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def number(self):
        return struct.unpack("<I", self.bytes(4))[0]

    def send(self, number, message, *recipients, sender="s@x"):
        """A command; recipients are (number, address) after the first, an address."""
        first, *more = recipients or ("r@host.test",)
        rest = b"".join(struct.pack("<I", n) + address.encode() + b"\0" for n, address in more)
        command = b"\0".join([message.encode(), sender.encode(), first.encode(), struct.pack("<I", len(more)) + rest])
        self.process.stdin.write(struct.pack("<I", number) + command)

    def report(self):
        number = self.number()
        while b"\0" not in self.buffer:
            self.more()
        text, _, self.buffer = self.buffer.partition(b"\0")
        return number, text.decode()

    def ask(self, number, message, *recipients, **named):
        self.send(number, message, *recipients, **named)
        got, text = self.report()
        assert got == number
        return text

    def open_files(self):
        return sorted(os.readlink(f"/proc/{self.process.pid}/fd/{fd}") for fd in os.listdir(
            f"/proc/{self.process.pid}/fd"))


def add(instance, body=MESSAGE):
    """A new message's S/ID, and its file."""
    before = set(instance.queued())
    assert instance.queue(body, "s@x", "r@host.test") == 0
    [path] = set(instance.queued()) - before
    return f"{path.parent.name}/{path.name}", path


SHOW = r"""printf 'r\0K'; echo "$@"; cat; printf '\0'"""


def test_what_a_delivery_is_given(instance):
    s = Spawner(instance, r"""printf 'r\0K'; echo $#; printf '%s\n' "$@"; wc -c < /proc/self/fd/0; ls -x -w 0 /proc/$$/fd
        ulimit -n; (echo x >&0) 2>/dev/null && echo writable; (: > /proc/$$/fd/0) 2>/dev/null; echo x 1<>/proc/$$/fd/0 2>/dev/null && echo changed; wc -c < /proc/self/fd/0""")
    name, path = add(instance)
    soft = subprocess.run(["sh", "-c", "ulimit -n"], stdout=subprocess.PIPE).stdout.decode()
    text = s.ask(3, name, "a b@c@host.test", sender="")
    size = path.stat().st_size  # of which the body is the part before the envelope
    lines = text.splitlines()
    assert lines[:4] == ["K3", "host.test", "", "a b@c@host.test"]
    assert int(lines[4]) < size and lines[4] == lines[7]
    assert set(lines[5].split()) == {"0", "1", "2", "3", "10"}  # 10: the shell's own, of its script
    assert lines[6] + "\n" == soft
    assert len(lines) == 8


@pytest.mark.parametrize("size", [0, 20, 65000, 66000, 1000000])
def test_the_body_alone_and_whole(instance, size):
    s = Spawner(instance, SHOW)
    body = ("x" * 19 + "\n") * (size // 20)
    name, path = add(instance, body)
    text = s.ask(0, name)
    received, _, rest = text.partition("\n")[2].partition("\n")
    assert received.startswith("Received: (qmail ") and rest == body
    assert s.ask(0, name) == text


def test_refused_commands(instance):
    s = Spawner(instance, SHOW)
    name, path = add(instance)
    split = path.parent.name
    for bad in ("", "/1", "1", f"{split}/", f"{split}/../{name}", f"{name}x", f"{split}/0{path.name}", "../mess/1/1"):
        text = "messid too short" if not bad else "messid has nonnumerics"
        assert s.ask(1, bad) == f"DInternal error: {text}. (#5.3.5)\n"
    assert s.ask(1, "9" * 101) == "DInternal error: messid too long. (#5.3.5)\n"
    assert s.ask(1, f"{split}/12345") == "Zqmail-spawn unable to open message. (#4.3.0)\n"
    assert s.ask(LIMIT, name) == "ZInternal error: delnum too big. (#4.3.5)\n"
    assert s.ask(2**32 - 1, name) == "ZInternal error: delnum too big. (#4.3.5)\n"
    assert s.ask(1, name, "nohost") == "DSorry, address must include host name. (#5.1.3)\n"
    assert s.ask(1, name, "x" * 5000 + "@host.test") == "DInternal error: address too long. (#5.3.5)\n"
    assert s.ask(1, name, sender="x" * 5000) == "DInternal error: address too long. (#5.3.5)\n"
    os.mkdir(instance.home / f"queue/mess/{split}/77")
    assert s.ask(1, f"{split}/77") == "ZSorry, message has wrong type. (#4.3.5)\n"
    assert s.ask(1, name).startswith("Khost.test")


def test_a_number_in_use(instance):
    os.mkfifo(instance.home / "gate")
    os.chmod(instance.home / "gate", 0o666)
    s = Spawner(instance, r"""read line < "$QMAILHOME/gate"; printf 'r\0Kdone\0'""")
    name, _ = add(instance)
    s.send(1, name)
    assert s.ask(1, name) == "ZInternal error: delnum in use. (#4.3.5)\n"
    (instance.home / "gate").write_text("go\n")
    assert s.report() == (1, "Kdone")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_a_message_of_somebody_else(instance):
    s = Spawner(instance, SHOW)
    name, path = add(instance)
    os.chown(path, 0, 0)
    assert s.ask(1, name) == "ZSorry, message has wrong owner. (#4.3.5)\n"


@pytest.mark.parametrize("size", [100, 1000000])
def test_damage_is_never_delivered(instance, size):
    s = Spawner(instance, SHOW)
    name, path = add(instance, "x" * size + "\n")
    whole = path.read_bytes()
    for place in (0, size // 2, size):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        assert s.ask(1, name) == "ZSorry, message is damaged. (#4.3.0)\n"
    for length in (0, 10, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert s.ask(1, name) == "ZSorry, message is damaged. (#4.3.0)\n"
    path.write_bytes(whole)
    assert s.ask(1, name)[0] == "K"


@pytest.mark.parametrize("script, text", [
    ("kill -9 $$", "Zqmail-remote crashed.\n"),
    ("exit 111", "ZUnable to run qmail-remote.\n"),
    ("exit 100", "DUnable to run qmail-remote.\n"),
    ("exit 1", "DUnable to run qmail-remote.\n"),
    ("exit 0", "Zqmail-remote produced no output.\n"),
    (r"printf 'r\0Kyes\0'", "Kyes"),
    (r"printf 'hno\n\0DGiving up.\n\0'", "Dno\nGiving up.\n"),
    (r"printf 'slater\n\0DGiving up.\n\0' >&2", "Zlater\nGiving up.\n")])
def test_reports(instance, script, text):
    s = Spawner(instance, script + "\n")
    assert s.ask(5, add(instance)[0]) == text


def test_no_program(instance):
    s = Spawner(instance, SHOW)
    name, _ = add(instance)
    big, _ = add(instance, "x" * 100000 + "\n")
    (instance.home / "stand-in").chmod(0o644)
    for n in (name, big):
        assert s.ask(5, n) == "DUnable to run qmail-remote.\n"
    (instance.home / "stand-in").unlink()
    for n in (name, big):
        assert s.ask(5, n) == "DUnable to run qmail-remote.\n"


def test_several_recipients_are_one_process(instance):
    s = Spawner(instance, r"""shift 2; [ "$*" = "a@HOST.test b@host.TEST c@host.test" ] || exit 1
        printf 'r\0hno\n\0slater\n\0Kyes\n\0'""")
    name, _ = add(instance)
    numbers = [7 + k * LIMIT for k in range(200)]
    s.send(7, name, "a@HOST.test", (numbers[2], "b@host.TEST"), (numbers[1], "c@host.test"),
           (numbers[3], "d@other.test"), (8, "e@host.test"), (numbers[4] + 1, "f@host.test"), (numbers[5], "nohost"))
    too_big = "ZInternal error: delnum too big. (#4.3.5)\n"
    assert dict(s.report() for _ in range(7)) == {
        7: "Kyes\n", numbers[2]: "Dno\n", numbers[1]: "Zlater\n",
        numbers[3]: "ZInternal error: recipients of several hosts. (#4.3.5)\n", 8: too_big, numbers[4] + 1: too_big,
        numbers[5]: "DSorry, address must include host name. (#5.1.3)\n"}
    s.send(7, name, "r@h", *((n, "r@h") for n in numbers[1:150]))
    reports = dict(s.report() for _ in range(150))
    assert {reports[n] for n in numbers[:100]} == {"DUnable to run qmail-remote.\n"}
    assert {reports[n] for n in numbers[100:150]} == {"ZInternal error: too many recipients. (#4.3.5)\n"}
    # The first is refused, the others go out under their own numbers.
    s.send(7, name, "nohost", (numbers[1], "a@HOST.test"), (numbers[2], "b@host.TEST"), (numbers[3], "c@host.test"))
    assert dict(s.report() for _ in range(4)) == {
        7: "DSorry, address must include host name. (#5.1.3)\n", numbers[1]: "Kyes\n", numbers[2]: "Dno\n",
        numbers[3]: "Zlater\n"}


def test_many_at_once_share_one_copy(instance):
    os.mkfifo(instance.home / "gate")
    os.chmod(instance.home / "gate", 0o666)
    s = Spawner(instance, r"""read line < "$QMAILHOME/gate"; n=$(wc -c <&0); printf 'r\0K%s\0' "$n" """)
    quiet = s.open_files()
    name, _ = add(instance)
    gate = os.open(instance.home / "gate", os.O_RDWR)
    for n in range(200):
        s.send(n, name)
    s.send(LIMIT, name)
    assert s.report()[0] == LIMIT  # by now all others were started
    assert sum("memfd" in f for f in s.open_files()) == 1
    os.write(gate, b"go\n" * 200)
    reports = [s.report() for _ in range(200)]
    os.close(gate)
    assert sorted(n for n, _ in reports) == list(range(200))
    assert len({text for _, text in reports}) == 1  # each read it from the beginning
    assert s.open_files() == quiet


def test_what_a_child_says_is_bounded(instance):
    s = Spawner(instance, "printf 'r\\0K'; head -c 30000000 /dev/zero | tr '\\0' x\n")
    text = s.ask(1, add(instance)[0])
    assert text[0] == "K" and len(text) < 1100000
    status = open(f"/proc/{s.process.pid}/status").read()
    assert int(status.partition("VmHWM:")[2].split()[0]) < 8000 or SANITIZED


def test_the_report_waits_for_whoever_may_still_speak(instance):
    os.mkfifo(instance.home / "gate")
    os.chmod(instance.home / "gate", 0o666)
    s = Spawner(instance, r"""(read line < "$QMAILHOME/gate"; printf 'late\0') & printf 'r\0K'; : > "$QMAILHOME/home/said" """)
    name, _ = add(instance)
    s.send(1, name)
    wait_until("its own part", lambda: (instance.home / "home/said").exists())
    assert s.ask(2, "") == "DInternal error: messid too short. (#5.3.5)\n"
    (instance.home / "gate").write_text("go\n")
    assert s.report() == (1, "Klate")


def test_the_end_of_input_awaits_the_children(instance):
    os.mkfifo(instance.home / "gate")
    os.chmod(instance.home / "gate", 0o666)
    s = Spawner(instance, r"""read line < "$QMAILHOME/gate"; printf 'r\0Kdone\0'""")
    name, _ = add(instance)
    s.send(1, name)
    s.process.stdin.close()
    gate = os.open(instance.home / "gate", os.O_WRONLY)  # until the child has opened it
    assert s.process.poll() is None
    os.write(gate, b"go\n")
    os.close(gate)
    assert s.report() == (1, "Kdone")
    assert s.process.wait(SECONDS) == 0


def test_it_goes_on_when_nobody_reads(instance):
    s = Spawner(instance, r""": > "$QMAILHOME/home/ran.$2"; printf 'r\0Kdone\0'""")
    name, _ = add(instance)
    s.process.stdout.close()
    for n in range(3):
        s.send(n, name, sender=str(n))
        wait_until("the delivery", lambda n=n: (instance.home / f"home/ran.{n}").exists())
    s.process.stdin.close()
    assert s.process.wait(SECONDS) == 0


def test_closed_standard_error(instance):
    s = Spawner(instance, SHOW, prefix=("sh", "-c", 'exec "$@" 2>&-', "sh"))
    for size in (10, 100000):
        assert s.ask(1, add(instance, "x" * size + "\n")[0])[0] == "K"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_a_full_disk(instance):
    """One large body at a time goes through memory then; the others are deferred, as is what is too large."""
    small = ("unshare", "-m", "sh", "-c",
             f'mount -t tmpfs -o size=300k,uid={instance.uid} none "{instance.home}/queue/copy" && '
             f'exec setpriv --reuid {instance.uid} --regid {instance.gid} --clear-groups "$@"', "sh")
    identity, instance.identity = instance.identity, {}
    go = instance.home / "go"
    s = Spawner(instance, f"while [ ! -e {go} ]; do sleep 0.02; done;" + SHOW, prefix=small)
    instance.identity = identity
    fits, _ = add(instance, "x" * 200000 + "\n")
    large, _ = add(instance, "x" * 1000000 + "\n")
    huge, _ = add(instance, "x" * 70000000 + "\n")
    no_room = "Zqmail-spawn unable to copy message. (#4.3.0)\n"
    s.send(1, large)
    s.send(2, large)
    number, said = s.report()
    assert said == no_room
    go.touch()
    assert s.report()[1][0] == "K"
    for _ in range(2):
        assert s.ask(1, large)[0] == "K"
        assert s.ask(1, huge) == no_room
        assert s.ask(1, fits)[0] == "K"


@pytest.mark.parametrize("what", ["queue/mess", "users/roles"])
def test_it_does_not_start_without(instance, what):
    path = instance.home / what
    path.rename(path.with_name("gone"))
    p = instance.run("qmail-rspawn")
    assert p.returncode == 111 and p.stderr.startswith(b"qmail-rspawn: fatal: unable to ")


@pytest.mark.parametrize("role", ["qmailr", "nofiles"])
def test_it_does_not_start_as_somebody_else(instance, role):
    """Its deliveries could not be run, and all mail would bounce."""
    path = instance.home / "users/roles"
    instance.put("users/roles", "".join(
        f"{role}:other:1\n" if line.startswith(role + ":") else line for line in path.read_text().splitlines(True)))
    p = instance.run("qmail-rspawn")
    assert p.returncode == 111 and p.stderr.startswith(b"qmail-rspawn: fatal: must be run as qmailr")


def test_a_limit_on_the_size_of_files(instance):
    """Defers what is larger, and ends nobody; deliveries have the signal at its default."""
    s = Spawner(instance, SHOW + "; grep SigIgn /proc/$$/status", preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (20000, 20000)))
    small, _ = add(instance)
    for size in (30000, 300000):  # to memory, and by a child to a file
        large, _ = add(instance, "Subject: x\n\n" + "x" * size)
        assert s.ask(0, large) == "Zqmail-spawn unable to copy message. (#4.3.0)\n"
        assert s.ask(1, small).endswith("body\n")
