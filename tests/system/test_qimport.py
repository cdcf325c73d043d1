"""qmail-qimport: every form of an old queue, every state of a message, kills at every system call."""
import fcntl
import itertools
import os
import time

import pytest

from instance import Instance
from oldqueue import OldQueue
from paths import BUILD
from queuefile import read_queue

KILLAT = BUILD / "tests/killat"
HOST = Instance.host
WEEK = 7 * 86400
RECEIVED = b"Received: (qmail 4711 invoked by uid 1234); 1 Oct 2026 00:00:00 -0000\n"


def body(text):
    return RECEIVED + f"Subject: {text}\n\nthis is {text}\n".encode()


def owned_by(instance, queue):
    """Gives the files of an old queue to the user who imports them."""
    for path in [queue.path, *queue.path.rglob("*")]:
        os.chown(path, instance.uid, instance.gid)
    return queue


def old_queue(instance, name="queue.old", **form):
    return OldQueue(instance.home / name, **form).make()


def run_import(instance, queue, *options, code=0):
    owned_by(instance, queue)
    p = instance.run("qmail-qimport", *options, queue.path)
    assert p.returncode == code, p.stderr.decode()
    return p.stdout.decode()


def said(imported=0, before=0, finished=0, never=0, troubles=0):
    return (f"imported {imported}, imported before {before}, already finished {finished}, never accepted {never}, "
            f"not imported {troubles}\n")


@pytest.mark.parametrize("form", [{}, {"split": 1}, {"split": 7, "big_todo": True}, {"split": 401}],
                         ids=["plain", "one", "big-todo", "401"])
def test_every_form(instance, form):
    queue = old_queue(instance, **form)
    for n in range(20):
        queue.add_new(body(f"new {n}"), "s@x", f"tester@{HOST}")
        queue.add(body(f"old {n}"), "s@x", local=[f"Ttester@{HOST}"], age=1000 * n)
    before = owned_by(instance, queue).files()
    assert run_import(instance, queue) == said(imported=40)
    assert queue.files() == before
    assert instance.run("qmail-qlint").stdout == b"40 messages, 40 sound\n"
    assert run_import(instance, queue) == said(before=40)
    instance.start()
    got = [m.partition(b"Subject: ")[2] for m in instance.wait_messages(40)]
    assert sorted(got) == sorted(f"{kind} {n}\n\nthis is {kind} {n}\n".encode() for kind in ("new", "old")
                                 for n in range(20))
    instance.wait_empty()
    instance.stop()
    assert run_import(instance, queue) == said(before=40)
    assert not instance.queued()


def test_what_it_keeps(instance):
    queue = old_queue(instance)
    instance.control("virtualdomains", "virtual.example:tester-v-w\n.wild.example:tester-x\n")
    now = int(time.time())
    queue.add(body("1"), "list-@h-@[]", local=[f"Ta@{HOST}", f"Db@{HOST}", "Ttester-v-w-c-d@virtual.example",
                                               "Dtester-x-e@a.wild.example"],
              remote=["Tf@far.example", "Dg@far.example", "Dg@far.example"],
              bounce=b"<g@far.example>:\nNo such user.\nReally.\n\n<gone@far.example>:\n\n<e@a.wild.example>:\nno\n\n",
              age=3000, due=now + 5000)
    queue.add_new(body("2") + b"\0\xff no end", "", "A b@HOST.example", "no-host", age=2000, uid=77, pid=88)
    queue.add(body("3"), "#@[]", remote=["Tq@far.example"], age=1000)
    assert run_import(instance, queue) == said(imported=3)
    first, second, third = read_queue(instance)
    assert first["body"] == body("1") and first["sender"] == "list-@h-@[]" and first["arrival"] == now - 3000
    assert (first["uid"], first["pid"]) == (1234, 4711)
    assert first["recipients"] == [f"a@{HOST}", f"b@{HOST}", "c-d@virtual.example", "e@a.wild.example",
                                   "f@far.example", "g@far.example", "g@far.example", "gone@far.example"]
    assert sorted(first["state"]) == [
        (b"D", 3, b"e@a.wild.example", b"no\n"), (b"D", 5, b"g@far.example", b"No such user.\nReally.\n"),
        (b"D", 7, b"gone@far.example", b""), (b"K", 1, b"", b""), (b"K", 6, b"", b"")]
    assert first["due"] == now + 5000
    assert second["body"] == body("2") + b"\0\xff no end" and second["state"] is None
    assert (second["sender"], second["recipients"]) == ("", ["A b@HOST.example", "no-host"])
    assert (second["uid"], second["pid"], second["arrival"]) == (77, 88, now - 2000)
    assert third["state"] is None and third["sender"] == "#@[]"


def test_goes_on_where_it_was(instance):
    """Done recipients get nothing, failures are bounced with their texts, the lifetime began at birth."""
    queue = old_queue(instance)
    instance.dot_qmail("late", "|echo not now; exit 111\n")
    queue.add(body("marks"), f"tester@{HOST}", local=[f"Dtester-done@{HOST}", f"Ttester-open@{HOST}"],
              remote=["Dfar@far.example"], bounce=b"<far@far.example>:\nI said no.\n\n")
    queue.add(body("only a bounce"), f"tester@{HOST}", bounce=b"<old@far.example>:\nLong ago.\n\n")
    queue.add(body("old"), f"tester@{HOST}", local=[f"Tlate@{HOST}"], age=WEEK + 100)
    assert run_import(instance, queue) == said(imported=3)
    instance.start()
    messages = instance.wait_messages(4)
    instance.wait_empty()
    assert len(instance.messages()) == 4
    bounces = [m for m in messages if b"failure notice" in m]
    opened = next(m for m in messages if b"failure notice" not in m)
    assert f"Delivered-To: tester-open@{HOST}\n".encode() in opened
    texts = (b"<far@far.example>:\nI said no.\n\n--- Below", b"<old@far.example>:\nLong ago.\n\n--- Below",
             f"<late@{HOST}>:\nnot now\nI'm not going to try again; this message has been in the queue too long.\n\n"
             .encode())
    for text in texts:
        assert len([m for m in bounces if text in m]) == 1


def test_long_failures_are_kept(instance):
    queue = old_queue(instance)
    text = "".join(f"line {n}\n" for n in range(9000))
    queue.add(body("x"), f"tester@{HOST}", bounce=b"torn " + f"<a@b>:\n{text}\n<c@d>:\nthe end".encode())
    run_import(instance, queue)
    instance.start()
    message = instance.wait_messages()[0]
    assert all(f"line {n}\n".encode() in message.replace(b"<>:\n", b"") or n for n in range(9000))
    joined = message.replace(b"\n\n<>:\n", b"")
    assert joined.count(b"line ") > 8990 and b"<c@d>:\nthe end\n\n" in message


def test_what_is_nobodys_mail(instance):
    queue = old_queue(instance)
    queue.add_body(body("being written"), 1000)
    number = queue.add_new(body("not yet accepted"), "s@x", "r@y")
    queue.name("todo", number).unlink()
    queue.add(body("finished"), "s@x")
    queue.add(body("all done"), "s@x", local=[f"Da@{HOST}"], remote=["Db@c"])
    assert run_import(instance, queue) == said(never=2, finished=2)
    assert not instance.queued()


def test_todo_counts(instance):
    """What preprocessing left half done beside a todo file does not count."""
    queue = old_queue(instance)
    number = queue.add_new(body("x"), "s@x", "r@far.example", f"tester@{HOST}")
    queue.write("info", number, b"Fs@x\0")
    queue.write("local", number, b"Dwrong@x\0")
    queue.write("remote", number, b"Tr@far.exam")
    assert run_import(instance, queue) == said(imported=1)
    assert read_queue(instance)[0]["recipients"] == ["r@far.example", f"tester@{HOST}"]


def test_what_it_refuses(instance):
    queue = old_queue(instance)
    ok = queue.add(body("good"), "s@x", remote=["Tr@y"])
    queue.add(body("virtual"), "s@x", local=["Ttester-v-a@virtual.example"])
    damaged = [queue.add(body("d"), "s@x", remote=["Tr@y"]) for _ in range(5)]
    queue.write("remote", damaged[0], b"Tr@y")
    queue.write("remote", damaged[1], b"Xr@y\0")
    queue.write("info", damaged[2], b"Fs@x\0Fs@x\0")
    queue.name("remote", damaged[4]).unlink()
    queue.name("remote", damaged[4]).symlink_to("/etc/passwd")
    new = [queue.add_new(body("n"), "s@x", "r@y") for _ in range(3)]
    queue.write("todo", new[0], b"u1\0p2\0Fs@x\0Tr@y")
    queue.write("todo", new[1], b"u1\0p2\0Tr@y\0")
    queue.write("todo", new[2], b"u1\0p2\0Fs@x\0Fs@x\0Zr@y\0")
    queue.name("mess", damaged[3]).unlink()
    os.lchown(queue.name("remote", damaged[4]), instance.uid, instance.gid)
    p = instance.run("qmail-qimport", owned_by(instance, queue).path)
    assert p.returncode == 1 and p.stdout.decode() == said(imported=1, troubles=9)
    assert len(p.stderr.splitlines()) == 9
    assert b"control/virtualdomains makes its recipient tester-v-a@virtual.example\n" in p.stderr
    assert [m["body"] for m in read_queue(instance)] == [queue.name("mess", ok).read_bytes()]
    instance.control("virtualdomains", "virtual.example:tester-v")
    assert run_import(instance, queue, code=1) == said(imported=1, before=1, troubles=8)


def test_removes_what_it_took_when_asked(instance):
    queue = old_queue(instance)
    for n in range(70):
        queue.add(body(f"{n}"), "s@x", remote=["Tr@y"], bounce=b"<a@b>:\n\n")
    queue.add_new(body("new"), "s@x", "r@y")
    bad = queue.add(body("bad"), "s@x", local=["Tr@nowhere.example"])
    assert run_import(instance, queue, code=1) == said(imported=71, troubles=1)
    assert run_import(instance, queue, "-r", code=1) == said(before=71, troubles=1)
    assert {p.name for p in queue.files()} == {str(bad), "sendmutex", "tcpto"}
    assert len(instance.queued()) == 71


def test_locks(instance):
    queue = owned_by(instance, old_queue(instance))
    with open(queue.path / "lock/sendmutex") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        p = instance.run("qmail-qimport", queue.path)
    assert (p.returncode, p.stdout) == (111, b"") and b"qmail-send is running in /" in p.stderr
    (queue.path / "lock/sendmutex").unlink()
    assert run_import(instance, queue) == said()
    instance.start()
    p = instance.run("qmail-qimport", queue.path)
    assert (p.returncode, p.stdout) == (111, b"") and b"qmail-send is running here" in p.stderr


def test_wrong_use(instance):
    for arguments in ((), ("a", "b"), ("-x", "a")):
        p = instance.run("qmail-qimport", *arguments)
        assert p.returncode == 100 and b"usage: qmail-qimport [ -r ] queue\n" in p.stderr
    for place in ("/none/such", "/", instance.home / "queue"):
        assert instance.run("qmail-qimport", place).returncode == 100


# Kills

def fill(queue):
    """A message of each kind; those to come out of it."""
    queue.add_new(body("new"), "s@x", f"tester-n1@{HOST}", f"tester-n2@{HOST}")
    queue.add(body("marks"), f"tester@{HOST}", local=[f"Dtester-done@{HOST}", f"Ttester-m@{HOST}"],
              bounce=b"<far@far.example>:\nno\n\n")
    queue.add(body("old"), "s@x", local=[f"Ttester-o@{HOST}"])
    return sorted(["new n1", "new n2", "marks m", "old o", "bounce"])


def came(instance):
    """Which messages arrived, by subject and recipient."""
    found = []
    for m in instance.messages():
        subject = m.partition(b"Subject: ")[2].partition(b"\n")[0].decode()
        to = m.partition(b"Delivered-To: tester-")[2].partition(b"@")[0].decode()
        found.append("bounce" if subject == "failure notice" else f"{subject} {to}")
    return sorted(found)


def killed_import(instance, queue, n, *options):
    """Tells whether it was killed at its n-th call."""
    report = instance.put("killed", "", 0o666)
    instance.run(KILLAT, "one", "qmail-qimport", n, report, "qmail-qimport", *options, queue.path)
    return "killed" in report.read_text()


def clean(instance, queue):
    for folder in (queue.path, instance.home / "queue/import"):
        instance.run("rm", "-rf", folder, check=True)


@pytest.mark.parametrize("options", [(), ("-r",)], ids=["keep", "remove"])
def test_killed(instance, options):
    """At each call; then it is run again, and once more."""
    for n in itertools.count(1):
        queue = old_queue(instance, split=2)
        fill(queue)
        owned_by(instance, queue)
        killed = killed_import(instance, queue, n, *options)
        run_import(instance, queue, *options)
        messages = read_queue(instance)
        kinds = sorted((m["body"], tuple(m["state"] or ())) for m in messages)
        assert [(k[0].split(b"\n")[1], len(k[1])) for k in kinds] == [
            (b"Subject: marks", 2), (b"Subject: new", 0), (b"Subject: old", 0)], n
        # A file in mess/ alone, which a kill may leave behind, is nobody's mail.
        assert run_import(instance, queue, *options) in (
            [said(), said(never=1)] if options else [said(before=3)]), n
        lint = instance.run("qmail-qlint")
        assert lint.stdout == b"3 messages, 3 sound\n", (n, lint.stdout)
        if options:
            assert len(queue.numbers("mess")) <= 1 and not any(queue.numbers(p) for p in ("info", "todo", "bounce"))
        clean(instance, queue)
        for path in [*instance.queued(), *(instance.home / "queue/state").glob("*/*")]:
            path.unlink()
        if not killed:
            break
    assert n > 20


def test_killed_and_started_between(instance):
    """The instance runs between the kill and the second run, and delivers what is there."""
    for n in itertools.count(1, 2):
        queue = old_queue(instance, split=2)
        wanted = fill(queue)
        owned_by(instance, queue)
        killed = killed_import(instance, queue, n)
        for again in (False, True):
            if again:
                run_import(instance, queue)
            instance.start()
            instance.wait_empty()
            instance.stop()
        assert came(instance) == wanted, n
        clean(instance, queue)
        for path in (instance.home / "home/Maildir/new").iterdir():
            path.unlink()
        if not killed:
            break
    assert n > 20
