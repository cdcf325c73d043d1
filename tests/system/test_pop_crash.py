"""kill -9 of qmail-pop3d at every system call of a session with QUIT: each message is there once, or it was deleted."""
import itertools
import os

import pytest

from instance import Instance
from test_crash import KILLAT
from test_pop import HEAD

COMMANDS = b"DELE 1\r\nDELE 3\r\nDELE 5\r\nQUIT\r\n"
DELETED = {"1", "3", "5"}


def content(name):
    return HEAD + f"Subject: {name}\n\n".encode() * 2


def fill(instance):
    """Six messages, of which 5 and 6 are in cur, and a leftover of a delivery."""
    for n in range(1, 7):
        path = instance.put(f"home/Maildir/{'cur' if n > 4 else 'new'}/{n}.host{':2,S' if n > 4 else ''}", content(str(n)))
        os.utime(path, (1000 + n, 1000 + n))
    os.utime(instance.put("home/Maildir/tmp/old", "half"), (1000, 1000))


def messages(instance):
    """(number, content) of each file in new and cur."""
    return sorted((p.name.partition(".")[0], p.read_bytes()) for folder in ("new", "cur")
                  for p in (instance.home / "home/Maildir" / folder).iterdir())


def ours(instance):
    return [m for m in messages(instance) if m[1] != b"in the way"]


@pytest.mark.parametrize("kind", ["new names", "names that others made"])
def test_pop3d_killed(kind):
    calls = set()
    for n in itertools.count(1):
        instance = Instance()
        try:
            fill(instance)
            if kind == "names that others made":
                instance.put("home/Maildir/cur/2.host:2,", "in the way")
                os.utime(instance.home / "home/Maildir/cur/2.host:2,", (2000, 2000))
            report = instance.put("killed", "", 0o666)
            got = instance.run(KILLAT, "one", "qmail-pop3d", n, report, "qmail-pop3d", "home/Maildir", input=COMMANDS)
            left = ours(instance)
            assert len({number for number, _ in left}) == len(left), f"at {report.read_text()}: one is there twice: {left}"
            assert all(text == content(number) for number, text in left)
            kept = {number for number, _ in left}
            assert kept >= {"2", "4", "6"}, f"lost at {report.read_text()}"
            # Who was told that it is done finds it done.
            if got.stdout.count(b"+OK") == 5:
                assert not kept & DELETED, f"back at {report.read_text()}"
            # The next session sees each of them, once, and finishes.
            again = instance.run("qmail-pop3d", "home/Maildir", input=b"UIDL\r\nQUIT\r\n")
            listed = [line.split()[1].partition(b".")[0].decode() for line in again.stdout.splitlines()[2:-2]]
            assert set(listed) >= kept
            assert ours(instance) == left
            if not report.read_text():
                break
            calls.add(report.read_text().split()[-1])
        finally:
            instance.close()
    assert kept == {"2", "4", "6"} and n > 8
    assert len(calls) >= 4  # unlink, rename, fsync, write
