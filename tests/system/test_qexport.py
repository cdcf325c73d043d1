"""qmail-qexport: what it writes, the way there and back, kills at every system call."""
import fcntl
import itertools
import os
import stat
import time

import pytest

from instance import Instance
from oldqueue import OldQueue
from paths import BUILD
from queuefile import place, read_queue

KILLAT = BUILD / "tests/killat"
HOST = Instance.host


def run_export(instance, queue, *options, code=0):
    p = instance.run("qmail-qexport", *options, queue.path)
    assert p.returncode == code, p.stderr.decode()
    return p.stdout.decode()


def said(exported=0, before=0, finished=0, troubles=0):
    return f"exported {exported}, exported before {before}, already finished {finished}, not exported {troubles}\n"


def old_queue(instance, split=23):
    return OldQueue(instance.home / "queue.old", split)


def fill(instance):
    """A message of each kind; its body and age tell it apart."""
    now = int(time.time())
    instance.control("virtualdomains", "virtual.example:tester-v-w\n")
    place(instance, 1000001, "s@x", [f"a@{HOST}", "b@far.example"], body=b"1\n", age=100)
    place(instance, 1000002, "list-@h-@[]", ["c-d@virtual.example", "e@far.example", f"f@{HOST}", "g@far.example"],
          [(b"Z", 0, b"", b"later"), (b"K", 1, b"", b""), (b"D", 2, f"f@{HOST}".encode(), b"no\n\nnever\n")],
          due=now + 5000, age=3000, body=b"2\n\0\xff")
    place(instance, 1000003, "", ["q@far.example"], [(b"D", 0, b"q@far.example", b"gone")], age=200, body=b"3\n")
    place(instance, 1000004, "#@[]", ["no-host"], age=50, body=b"")
    return now


@pytest.mark.parametrize("split", [23, 1, 401])
def test_what_it_writes(instance, split):
    now = fill(instance)
    queue = old_queue(instance, split)
    assert run_export(instance, queue, *(() if split == 23 else ("-s", split))) == said(exported=4)
    first, second, third, fourth = sorted(queue.read().values(), key=lambda m: m["body"] or b"4")
    assert (first["body"], first["sender"], first["bounce"]) == (b"1\n", "s@x", b"")
    assert (first["local"], first["remote"]) == ([f"Ta@{HOST}"], ["Tb@far.example"])
    assert abs(first["birth"] - now + 100) < 5 and first["due local"] == first["birth"]
    assert (second["body"], second["sender"]) == (b"2\n\0\xff", "list-@h-@[]")
    assert second["local"] == ["Ttester-v-w-c-d@virtual.example", f"Df@{HOST}"]
    assert second["remote"] == ["De@far.example", "Tg@far.example"]
    assert second["bounce"] == f"<f@{HOST}>:\nno\n/never\n\n".encode()
    assert second["due local"] == second["due remote"] == now + 5000
    assert (third["sender"], third["local"], third["remote"]) == ("", None, ["Dq@far.example"])
    assert third["bounce"] == b"<q@far.example>:\ngone\n\n"
    assert (fourth["sender"], fourth["local"]) == ("#@[]", [f"Tno-host@{HOST}"])
    assert not queue.numbers("todo") and not queue.numbers("intd") and not queue.numbers("pid")
    assert len(queue.numbers("bounce")) == 2 and len(instance.queued()) == 4
    assert (queue.path / "lock/tcpto").read_bytes() == bytes(1024)
    modes = {name: stat.S_IMODE((queue.path / name).stat().st_mode) for name in (
        ".", "pid", "todo", "bounce", "mess", "mess/0", "info", "info/0", "lock", "lock/sendmutex", "lock/trigger")}
    assert modes == {".": 0o750, "pid": 0o700, "todo": 0o750, "bounce": 0o700, "mess": 0o750, "mess/0": 0o750,
                     "info": 0o700, "info/0": 0o700, "lock": 0o750, "lock/sendmutex": 0o600, "lock/trigger": 0o622}
    for part, mode in (("mess", 0o644), ("info", 0o600), ("local", 0o600), ("remote", 0o600), ("bounce", 0o600)):
        for number in queue.numbers(part):
            assert stat.S_IMODE(queue.name(part, number).stat().st_mode) == mode
    assert run_export(instance, queue) == said(before=4)


def without_what_may_differ(message):
    """A message by what must come back: who has it, who failed and with what text, who is still to get it."""
    failed = {number: text for kind, number, _, text in message["state"] or () if kind == b"D"}
    done = {number for kind, number, _, _ in message["state"] or () if kind == b"K"}
    recipients = sorted((r, n in done, failed.get(n, b"").replace(b"\n\n", b"\n/").strip())
                        for n, r in enumerate(message["recipients"]))
    return message["body"], message["sender"], message["arrival"], recipients


def test_there_and_back(instance):
    fill(instance)
    before = read_queue(instance)
    due = {m["body"]: m["due"] for m in before if m["due"]}
    queue = old_queue(instance)
    assert run_export(instance, queue, "-r") == said(exported=4)
    assert not instance.queued() and not list((instance.home / "queue/state").glob("*/*"))
    p = instance.run("qmail-qimport", "-r", queue.path)
    assert (p.returncode, p.stderr) == (0, b"") and b"imported 4," in p.stdout
    after = read_queue(instance)
    assert sorted(map(without_what_may_differ, after)) == [
        (*m[:3], [(r if "@" in r else f"{r}@{HOST}", *rest) for r, *rest in m[3]])
        for m in sorted(map(without_what_may_differ, before))]
    assert {m["body"]: m["due"] for m in after}[b"2\n\0\xff"] == due[b"2\n\0\xff"]
    assert not queue.read()
    assert instance.run("qmail-qlint").stdout == b"4 messages, 4 sound\n"


def test_into_a_queue_with_mail(instance):
    queue = old_queue(instance, 7).make()
    there = queue.add(b"there before\n", "s@x", local=["Tr@y"])
    # Inode numbers that others bear, as in a queue that was copied.
    for number in range(there, there + 50):
        if not queue.name("mess", number).exists():
            queue.write("mess", number, b"not at its number\n")
    for path in [queue.path, *queue.path.rglob("*")]:
        os.chown(path, instance.uid, instance.gid)
    fill(instance)
    assert run_export(instance, queue) == said(exported=4)
    for path in (p for p in (queue.path / "mess").rglob("*") if p.is_file() and p.stat().st_ino != int(p.name)):
        path.unlink()
    assert sorted(m["body"] for m in queue.read().values()) == [b"", b"1\n", b"2\n\0\xff", b"3\n", b"there before\n"]
    assert sorted(p.name for p in (queue.path / "export").iterdir()) == ["journal"]


def test_what_it_leaves(instance):
    place(instance, 1000001, "s@x", ["r@y"], [(b"K", 0, b"", b"")])
    place(instance, 1000002, "s@x", ["r@y"], [(b"D", 0, b"r@y", b"no"), (b"B", 0, b"", b"")])
    place(instance, 1000003, "s@x", [])
    for number in (1000004, 1000005):
        place(instance, number, "s@x", ["r@y"])
    place(instance, 1000006, "s@x", ["r@y"])
    for number, at in ((1000004, 0), (1000005, 13)):
        with open(instance.home / f"queue/mess/{number % 23}/{number}", "r+b") as f:
            f.seek(at)
            f.write(b"x")
    # Held: one for good, one for a time.
    place(instance, 1000007, "s@x", ["r@y", "q@y"], [(b"H", 1, b"", b"")])
    place(instance, 1000008, "s@x", ["r@y", "q@y"], [(b"H", 2**32 - 1, b"", b""), (b"R", 2**32 - 1, b"", b"")])
    queue = old_queue(instance)
    p = instance.run("qmail-qexport", "-r", queue.path)
    assert p.returncode == 1 and p.stdout.decode() == said(exported=2, finished=3, troubles=3)
    assert p.stderr == b"".join(b"qmail-qexport: warning: unable to export message %d: it is damaged\n" % n
                                for n in (1000004, 1000005)) + (
        b"qmail-qexport: warning: unable to export message 1000007: qmail-qctl has orders for it\n")
    assert [int(p.name) for p in sorted(instance.queued(), key=lambda p: p.name)] == [1000001, 1000002, 1000003,
                                                                                     1000004, 1000005, 1000007]


def test_places(instance):
    queue = old_queue(instance)
    for arguments in ((), ("a", "b"), ("-x", "a"), ("-s", "0", "a"), ("-s", "x", "a"), ("-s",), ("",)):
        p = instance.run("qmail-qexport", *arguments)
        assert p.returncode == 100 and b"usage: qmail-qexport [ -r ] [ -s split ] dir\n" in p.stderr
    for place_ in ("queue", "control", "users/roles"):
        p = instance.run("qmail-qexport", instance.home / place_)
        assert p.returncode == 100 and b" is no queue of another qmail\n" in p.stderr
    p = instance.run("qmail-qexport", "no/such/folder")
    assert p.returncode == 111
    assert run_export(instance, queue, "-s", 5) == said()
    p = instance.run("qmail-qexport", "-s", "23", queue.path)
    assert p.returncode == 100 and b" has another conf-split\n" in p.stderr
    assert instance.run("qmail-qexport", "queue.old").returncode == 0  # relative to where it is run
    with open(queue.path / "lock/sendmutex") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        p = instance.run("qmail-qexport", queue.path)
    assert p.returncode == 111 and b"qmail-send is running in /" in p.stderr
    instance.start()
    p = instance.run("qmail-qexport", queue.path)
    assert p.returncode == 111 and b"qmail-send is running here" in p.stderr


@pytest.mark.parametrize("options", [(), ("-r",)], ids=["keep", "remove"])
@pytest.mark.parametrize("works", [False, True], ids=["", "worked-between"])
def test_killed(instance, options, works):
    """At each call; between the runs the other qmail may end what it has."""
    bodies = [b"", b"1\n", b"2\n\0\xff", b"3\n"]
    for n in itertools.count(1, 3 if options and works else 2 if options or works else 1):
        fill(instance)
        queue = old_queue(instance, split=2)
        report = instance.put("killed", "", 0o666)
        instance.run(KILLAT, "one", "qmail-qexport", n, report, "qmail-qexport", "-s", 2, *options, queue.path)
        killed = "killed" in report.read_text()
        ended = []
        if works and (queue.path / "info/1").exists():
            for number, message in queue.read().items():
                ended.append(message["body"])
                for part in ("info", "local", "remote", "bounce", "mess"):
                    queue.name(part, number).unlink(missing_ok=True)
        run_export(instance, queue, "-s", 2, *options)
        messages = queue.read()
        assert sorted([*(m["body"] for m in messages.values()), *ended]) == bodies, n
        marks = sorted(r for m in messages.values() for part in ("local", "remote") for r in m[part] or ())
        assert len(marks) == sum({b"": 1, b"1\n": 2, b"2\n\0\xff": 4, b"3\n": 1}[m["body"]] for m in messages.values())
        assert [p.name for p in (queue.path / "export").iterdir()] == ["journal"], n
        for part in ("local", "remote", "bounce", "mess"):
            assert set(queue.numbers(part)) <= set(messages), (n, part)
        assert run_export(instance, queue, *options) == said(before=0 if options else 4)
        instance.run("rm", "-rf", queue.path, check=True)
        for path in [*instance.queued(), *(instance.home / "queue/state").glob("*/*")]:
            path.unlink()
        if not killed:
            break
    assert n > 60
