"""The workloads. Each is started by its mail system's round, returns when all is done, and is followed by a check of all that arrived."""
import dataclasses
import os
import socket
import statistics
import tempfile
import time

import load
from counts import STRACE, Trace
from mta import DOMAIN, REMOTE, cpu_of, pss_of
from instance import wait_until  # found through mta
from place import wait_quiet


@dataclasses.dataclass
class Workload:
    what: str
    run: object         # run(mta, a): makes the load and awaits what is timed
    finish: object      # finish(mta, a): awaits the rest, and checks what arrived
    messages: int       # in a round; recipients, where one message has many
    traced: int         # the same while strace counts
    deliver: bool = True
    sink: bool = False
    boxes: int = 0
    commands: bool = False  # is the load itself programs of the mail system?


class Load:
    """How much, while a round runs."""

    def __init__(self, message, n, prefix=()):
        self.message, self.n, self.prefix = message, n, prefix


def accept(sessions, many):
    def run(mta, a):
        if load.source(mta, a.message, sessions, a.n, many, f"user@{DOMAIN}").wait() != 0:
            raise SystemExit(f"{mta.name} did not accept all")

    def finish(mta, a):
        if mta.queued_bodies(load.BODY) != a.n:
            raise SystemExit(f"{mta.name}: the queue does not hold what was sent")

    return run, finish


def until(count, sessions, many, recipient):
    def run(mta, a):
        sender = load.source(mta, a.message, sessions, a.n, many, recipient)
        load.await_count(f"messages through {mta.name}", count(mta), a.n)
        sender.wait()

    return run


def check_maildir(mta, a):
    load.await_count(f"messages of {mta.name}", load.in_maildir(mta.maildir), a.n)
    load.check_bodies(mta.name, mta.maildir.iterdir(), a.n)


def check_sink(mta, a):
    load.check_bodies(mta.name, mta.sink.files(), a.n)


def commands(at_once):
    def run(mta, a):
        if load.spawner(mta, a.message, a.n, at_once, f"user@{DOMAIN}", a.prefix).wait() != 0:
            raise SystemExit(f"{mta.name} did not take all")

    return run


def fan_remote(mta, a):
    load.send_one(mta, load.remote_recipients(a.n))
    load.await_count(f"recipients through {mta.name}", mta.sink.count_recipients, a.n)


def check_fan_remote(mta, a):
    load.check_bodies(mta.name, mta.sink.files(), mta.sink.count())
    if mta.sink.count_recipients() != a.n:
        raise SystemExit(f"{mta.name}: {mta.sink.count_recipients()} recipients")


def fan_local(mta, a):
    load.send_one(mta, load.local_recipients(a.n))
    load.await_count(f"Maildirs of {mta.name}", load.filled(mta.boxes[:a.n]), a.n)


def check_fan_local(mta, a):
    load.check_bodies(mta.name, [f for box in mta.boxes for f in box.iterdir()], a.n)


def all_workloads(n):
    work = {}
    for many in (False, True):
        kind = f"{'many messages' if many else 'one message'} a connection"
        mark = "m" if many else ""
        for sessions in (10, 50):
            work[f"W1.{sessions}{mark}"] = Workload(f"SMTP into the queue, {sessions} sessions, {kind}",
                                                    *accept(sessions, many), n, 200, deliver=False)
        work[f"W2{mark}"] = Workload(f"SMTP to Maildir, 20 sessions, {kind}", until(
            lambda mta: load.in_maildir(mta.maildir), 20, many, f"user@{DOMAIN}"), check_maildir, n, 200)
        work[f"W3{mark}"] = Workload(f"SMTP to SMTP, 20 sessions, {kind}", until(
            lambda mta: mta.sink.count, 20, many, f"user@{REMOTE}"), check_sink, n, 200, sink=True)
    work["W4.1"] = Workload("sendmail, one after another", commands(1), check_maildir, n // 4, 100, commands=True)
    work["W4.4"] = Workload("sendmail, 4 at once", commands(4), check_maildir, n // 4, 100, commands=True)
    work["W5.remote"] = Workload("one message to 1,000 recipients at one remote domain", fan_remote, check_fan_remote, 1000,
                                 1000, sink=True)
    work["W5.local"] = Workload("one message to 1,000 local Maildirs", fan_local, check_fan_local, 1000, 1000, boxes=1000)
    return dict(sorted(work.items()))


def started(w, mta):
    mta.start(w.deliver, boxes=w.boxes)
    mta.sink = load.Sink(mta.sink_port) if w.sink else None


def stopped(mta):
    if mta.sink:
        mta.sink.close()
    mta.stop()


def one_round(w, mta, message):
    """(messages a second, CPU milliseconds a message)"""
    started(w, mta)
    a = Load(message, w.messages)
    try:
        wait_quiet()
        cpu, children, begin = cpu_of(mta.pids()), os.times(), time.monotonic()
        w.run(mta, a)
        seconds = time.monotonic() - begin
        if w.commands:  # what the commands used themselves, and the spawner
            now = os.times()
            cpu -= now.children_user + now.children_system - children.children_user - children.children_system
        w.finish(mta, a)
        time.sleep(0.2)  # for children to be waited for
        return w.messages / seconds, (cpu_of(mta.pids()) - cpu) * 1000 / w.messages
    finally:
        stopped(mta)


def count_calls(w, mta, message):
    """System calls a message."""
    started(w, mta)
    try:
        own = tempfile.NamedTemporaryFile(prefix="bench-trace.")
        user = ["-u", "nobody"] if mta.identity else []
        a = Load(message, w.traced, [*STRACE, *user, "-o", own.name] if w.commands else ())
        with Trace(mta) as trace:
            w.run(mta, a)
            w.finish(mta, a)
            time.sleep(0.3)
        if w.commands:
            trace.text += own.read().decode()
        return trace.counts(w.traced)
    finally:
        stopped(mta)


def memory(mta, message, connections=50):
    """kB of PSS: of the idle system, and of each connection that is idle after it has sent a message."""
    mta.start()
    try:
        time.sleep(1)
        idle = pss_of(mta.pids())
        sockets = []
        for _ in range(connections):
            s = socket.create_connection(("127.0.0.1", mta.port), 20)
            lines = s.makefile("rb")
            assert lines.readline().startswith(b"220 ")
            for command in (b"EHLO load.example", b"MAIL FROM:<>", f"RCPT TO:<user@{DOMAIN}>".encode(), b"DATA",
                            b"Subject: bench\r\n\r\n" + load.BODY.replace(b"\n", b"\r\n") + b"."):
                s.sendall(command + b"\r\n")
                while (line := lines.readline())[3:4] == b"-":
                    pass
                assert line[:1] in b"23", line
            sockets.append((s, lines))
        load.await_count(f"messages of {mta.name}", load.in_maildir(mta.maildir), connections)
        wait_until("an empty queue", lambda: not mta.queued())
        before = []
        while before != (before := mta.pids()):  # what served them and is not needed any more ends
            time.sleep(3)
        busy = pss_of(mta.pids())
        for s, _ in sockets:
            s.close()
        return idle, (busy - idle) / connections
    finally:
        mta.stop()


def summary(values):
    return {"median": round(statistics.median(values), 2), "least": round(min(values), 2), "most": round(max(values), 2)}
