"""Each system call of each program fails once, with each error: no error becomes an acceptance, nothing is lost.

A kind of work is one program, alone, with what it needs around it. Each run
makes its N-th system call fail (tests/crash/killat.cc), N = 1 until the program
is done before its N-th: that run must end normally, and give away N.
"""
import contextlib
import itertools
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile

import queuefile
from instance import SECONDS, Instance, wait_until
from invariants import Verdict
from paths import BUILD
from servers import Recorder

KILLAT = BUILD / "tests/killat"
HOWS = ["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EROFS", "EINTR", "short"]
SENDER, RECIPIENTS = "sender@elsewhere.example", ["one@trial.example", "two@trial.example"]
BODY = b"From: sender@elsewhere.example\nSubject: hello\n\n" + b"".join(b"line %d of the body\n" % n for n in range(300))


class Tracer:
    """What a program runs under: its N-th call fails."""

    def __init__(self, instance, how, program, n):
        self.report = instance.put("report", "", 0o666)
        self.prefix = [KILLAT, how, program, n, self.report]

    def failed(self):
        """The call that failed, if any."""
        found = re.search(r"^failed .* (\d+)$", self.report.read_text(), re.M)
        return int(found[1]) if found else None

    def happened(self):
        """The kill or the failure has been."""
        return bool(re.search(r"^(killed|failed) ", self.report.read_text(), re.M))

    def syncs(self):
        return [(file, bool(failed)) for file, failed in
                re.findall(r"^sync (\d+ \S+)( failed)?$", self.report.read_text(), re.M)]

    def calls(self):
        return int(re.search(r"^calls (\d+)$", self.report.read_text(), re.M)[1])


class Work:
    """One program. do() runs it under prefix and judges what came of it; True if it said that all is done."""

    program = None

    def __init__(self, instance):
        self.instance = instance

    def run(self, argv, stdin=b"", env=None):
        with tempfile.TemporaryFile() as f:
            f.write(stdin)
            f.seek(0)
            p = self.instance.spawn(*argv, stdin=f, stdout=-1, stderr=-1, env=env)
            out, err = p.communicate(timeout=SECONDS)
            self.instance.children.remove(p)
        return p.returncode, out, err

    def clear_queue(self):
        for folder in ("mess/*", "state/*", "tmp", "bad"):
            for path in self.instance.home.glob(f"queue/{folder}/*"):
                path.unlink()

    def queued(self, verdict, where):
        """(sender, recipients, body without the Received line) of what is in the queue; empty ones for what cannot be read."""
        found = []
        for path in self.instance.queued():
            try:
                m = queuefile.read_message(path)
                found.append((m["sender"], m["recipients"], m["body"].partition(b"\n")[2]))
            except (AssertionError, ValueError, OSError, struct.error) as error:
                found.append(("damaged", [], repr(error).encode()))
        return found

    def no_leftovers(self, verdict, where):
        if list((self.instance.home / "queue/tmp").iterdir()):
            verdict.violation(f"{where}: a file is left in tmp/")

    def temporary(self, verdict, where, code):
        if code != 111:
            verdict.violation(f"{where}: exit {code}, which is not for now")

    def binding(self, syncs):
        """The syncs without which the work is not done."""
        return syncs

    def must_be_synced(self):
        """What a power cut must not take, once the work is done: files and directories."""
        return []

    def close(self):
        pass


class Queue(Work):
    program = "qmail-queue"
    executable = "qmail-queue"

    def do(self, prefix, verdict, where):
        self.clear_queue()
        with tempfile.TemporaryFile() as m, tempfile.TemporaryFile() as e:
            m.write(BODY)
            e.write(b"\0".join([b"F" + SENDER.encode(), *(b"T" + r.encode() for r in RECIPIENTS), b"", b""]))
            m.seek(0)
            e.seek(0)
            p = self.instance.spawn(*prefix, self.executable, stdin=m, stdout=e, stderr=subprocess.DEVNULL)
        code = p.wait(SECONDS)
        self.instance.children.remove(p)
        verdict.judge(where, code == 0, self.queued(verdict, where), (SENDER, RECIPIENTS, BODY))
        self.no_leftovers(verdict, where)
        if code != 0 and not (51 <= code <= 81 or code == 111):
            verdict.violation(f"{where}: exit {code}, which is not for now")
        return code == 0

    def must_be_synced(self):
        return [path for message in self.instance.queued() for path in (message, message.parent)]


class Service(Queue):
    """qmail-queued from its start to its end, with one caller."""

    program = "qmail-queued"

    def do(self, prefix, verdict, where):
        self.clear_queue()
        door = self.instance.home / "run/qmail-queued"
        door.unlink(missing_ok=True)
        p = self.instance.spawn(*prefix, "qmail-queued", stdin=-3, stdout=-3, stderr=-3)
        wait_until("qmail-queued", lambda: p.poll() is not None or door.is_socket())
        code = self.call(door)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may have ended by itself
            for pid in (pathlib.Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split() if prefix else [p.pid]):
                os.kill(int(pid), signal.SIGTERM)
        ended = p.wait(SECONDS)
        self.instance.children.remove(p)
        # Its answer may fail to reach the caller.
        verdict.judge(where, code == 0, self.queued(verdict, where), (SENDER, RECIPIENTS, BODY), refused_may_be_there=True)
        self.no_leftovers(verdict, where)
        if ended not in (0, 111):
            verdict.violation(f"{where}: exit {ended}, which is not for now")
        if code not in (0, None) and not 51 <= code <= 81:
            verdict.violation(f"{where}: answer {code}, which is not for now")
        return code == 0 and ended == 0

    def call(self, door):
        """The code it answers, if any."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s, tempfile.TemporaryFile() as m, \
                tempfile.TemporaryFile() as e:
            s.settimeout(SECONDS)
            m.write(BODY)
            e.write(b"\0".join([b"F" + SENDER.encode(), *(b"T" + r.encode() for r in RECIPIENTS), b"", b""]))
            m.seek(0)
            e.seek(0)
            try:
                s.connect(str(door))
                socket.send_fds(s, [b"x"], [m.fileno(), e.fileno()])
                return s.recv(5)[0]
            except (OSError, IndexError):
                return None


    def must_be_synced(self):
        return []  # that is for its qmail-queue to do


class Serving(Service):
    """The same, but it is qmail-queue for which the call fails."""

    program = "qmail-queue"

    def must_be_synced(self):
        return Queue.must_be_synced(self)


class Broken(Queue):
    """A broken writer, which must be found out: named as tests/crash/broken/NAME.sed."""

    def __init__(self, instance, name):
        super().__init__(instance)
        self.executable = BUILD / "broken" / name / "qmail-queue"


class Inject(Work):
    program = "qmail-inject"
    whole = (SENDER, RECIPIENTS, BODY)

    def do(self, prefix, verdict, where):
        self.clear_queue()
        code, _, _ = self.run([*prefix, "qmail-inject", "-a", "-f", SENDER, *RECIPIENTS], BODY)
        # It adds lines of its own to the header: what must be whole begins behind it.
        found = [(sender, to, self.as_sent(body)) for sender, to, body in self.queued(verdict, where)]
        # Its qmail-queue may be done when it fails to learn of that.
        verdict.judge(where, code == 0, found, self.whole, refused_may_be_there=True)
        if code != 0:
            self.temporary(verdict, where, code)
        return code == 0

    def as_sent(self, body):
        head, _, rest = body.partition(b"\n\n")
        lines = [line for line in head.split(b"\n") if line in BODY.split(b"\n")]
        return b"\n".join(lines) + b"\n\n" + rest if b"\n\n" in body else body


class Maildir(Work):
    program = "qmail-local"
    delivery = "./Maildir/"
    added = f"Return-Path: <{SENDER}>\nDelivered-To: tester@trial.example\n".encode()

    def argv(self):
        home = self.instance.home / "home"
        return ["qmail-local", "--", "tester", home, "tester", "", "", "trial.example", SENDER, self.delivery]

    def prepare(self):
        for folder in ("new", "tmp"):
            for path in (self.instance.home / "home/Maildir" / folder).iterdir():
                path.unlink()

    def found(self):
        return self.instance.messages()

    def do(self, prefix, verdict, where):
        self.prepare()
        code, _, _ = self.run([*prefix, *self.argv()], BODY)
        verdict.judge(where, code == 0, self.found(), self.added + BODY)
        if list((self.instance.home / "home/Maildir/tmp").iterdir()):
            verdict.violation(f"{where}: a file is left in tmp/")
        if code != 0:
            self.temporary(verdict, where, code)
        return code == 0


    def must_be_synced(self):
        new = self.instance.home / "home/Maildir/new"
        return [new, *new.iterdir()]


class Mbox(Maildir):
    delivery = "./Mailbox"
    before = b"From somebody Sat Nov 21 12:00:00 2026\nSubject: before\n\nthe one before\n\n"

    def prepare(self):
        self.instance.put("home/Mailbox", self.before, 0o600)

    def found(self):
        content = (self.instance.home / "home/Mailbox").read_bytes()
        if not content.startswith(self.before):
            return [b"the mbox is not what it was"]
        rest = content[len(self.before):]
        return [rest.partition(b"\n")[2][:-1]] if rest else []

    def must_be_synced(self):
        return [self.instance.home / "home/Mailbox"]


class FirstMbox(Mbox):
    """The mbox is made by this delivery."""

    def prepare(self):
        self.path().unlink(missing_ok=True)

    def path(self):
        return self.instance.home / "home/Mailbox"

    def found(self):
        content = self.path().read_bytes() if self.path().exists() else b""
        return [content.partition(b"\n")[2][:-1]] if content else []

    def must_be_synced(self):
        return [self.path(), self.path().parent]


class Forward(Maildir):
    delivery = "&one@trial.example\n&two@trial.example"

    def do(self, prefix, verdict, where):
        self.clear_queue()
        code, _, _ = self.run([*prefix, *self.argv()], BODY)
        added = self.added.partition(b"\n")[2]  # there is no Return-Path before the last delivery
        verdict.judge(where, code == 0, self.queued(verdict, where), (SENDER, RECIPIENTS, added + BODY),
                      refused_may_be_there=True)
        if code != 0:
            self.temporary(verdict, where, code)
        return code == 0

    def must_be_synced(self):
        return []  # that is for its qmail-queue to do


class Clean(Work):
    """Two messages of which one is to go, a damaged one, a file that is being written, and one that was left."""

    program = "qmail-clean"
    gone, stays, damaged, fresh = (1795263408000000 + n for n in (0, 1, 2, 3))

    def path(self, folder, number):
        return self.instance.home / "queue" / folder / str(number % queuefile.SPLIT) / str(number)

    def do(self, prefix, verdict, where):
        self.clear_queue()
        for number in (self.gone, self.stays, self.damaged):
            queuefile.place(self.instance, number, SENDER, RECIPIENTS, body=BODY)
        whole = self.path("mess", self.stays).read_bytes()
        self.instance.put(f"queue/tmp/{self.fresh}", "being written")
        requests = b"".join(b"%s/%d\0" % r for r in ((b"sync", self.gone), (b"bad", self.damaged)))
        p = self.instance.spawn(*prefix, "qmail-clean", stdin=-1, stdout=-1, stderr=-1, cwd=self.instance.home / "queue")
        out, _ = p.communicate(requests, timeout=SECONDS)
        self.instance.children.remove(p)
        answers = dict((int(a[1:]), a[:1]) for a in out.split(b"\0")[:-1])
        done = answers.get(0) == b"+" and answers.get(self.gone) == b"+" and answers.get(self.damaged) == b"+"

        verdict.judge(where, True, [f.read_bytes() for f in [self.path("mess", self.stays)] if f.exists()], whole)
        places = [self.path("mess", self.damaged), *(self.instance.home / "queue/bad").iterdir()]
        if not any(f.exists() and f.read_bytes()[:1000] == whole[:1000] for f in places):
            verdict.violation(f"{where}: what should go to bad/ is nowhere")
        if not (self.instance.home / f"queue/tmp/{self.fresh}").exists():
            verdict.violation(f"{where}: it swept what is being written")
        if answers.get(self.gone) == b"+" and self.path("mess", self.gone).exists():
            verdict.violation(f"{where}: it says that a message is gone which is there")
        if answers.get(self.damaged) == b"+" and self.path("mess", self.damaged).exists():
            verdict.violation(f"{where}: it says that a message was moved which is there")
        if not answers.get(self.gone, b"+") in b"+!":
            verdict.violation(f"{where}: it answers {answers}")
        return done and p.returncode == 0


    def binding(self, syncs):
        """At its start it syncs every directory once, as well as it can; only then come the requests."""
        return syncs[queuefile.SPLIT:]

    def must_be_synced(self):
        return [self.path("mess", self.gone).parent]


class Bounce(Work):
    program = "qmail-bounce"
    number = Clean.gone
    failure = "Sorry, no mailbox here by that name. (#5.1.1)"

    def do(self, prefix, verdict, where):
        self.clear_queue()
        records = [(b"D", 0, RECIPIENTS[0].encode(), self.failure.encode())]
        queuefile.place(self.instance, self.number, SENDER, RECIPIENTS, records, body=BODY)
        folder = str(self.number % queuefile.SPLIT)
        message, state = (f"{self.instance.home}/queue/{kind}/{folder}/{self.number}" for kind in ("mess", "state"))
        code, _, _ = self.run(["sh", "-c", 'exec "$@" < $0 3< ' + state, message, *prefix, "qmail-bounce", self.number,
                               SENDER, "MAILER-DAEMON", "trial.example", "postmaster", "trial.example"])
        found = [(sender, to, self.copy_in(body)) for sender, to, body in self.queued(verdict, where) if not sender]
        verdict.judge(where, code == 0, found, ("", [SENDER], BODY), refused_may_be_there=True)
        if code != 0:
            self.temporary(verdict, where, code)
        return code == 0

    def copy_in(self, body):
        if self.failure.encode() not in body or RECIPIENTS[0].encode() not in body:
            return b"a bounce without the failure"
        return body.partition(f"Return-Path: <{SENDER}>\n".encode())[2]


class Smtpd(Work):
    program = "qmail-smtpd"

    def do(self, prefix, verdict, where):
        self.clear_queue()
        ours, its = socket.socketpair()
        ours.settimeout(SECONDS)
        with its:
            p = self.instance.spawn(*prefix, "qmail-smtpd", stdin=its, stdout=its, stderr=subprocess.DEVNULL,
                                    env={"RELAYCLIENT": "", "TCPREMOTEIP": "192.0.2.1"})
        accepted, replies = self.talk(ours)
        ours.close()
        p.wait(SECONDS)
        self.instance.children.remove(p)
        found = [(s, r, body[-len(BODY):] if body.startswith(b"Received: ") else body)
                 for s, r, body in self.queued(verdict, where)]
        verdict.judge(where, accepted, found, (SENDER, RECIPIENTS, BODY), refused_may_be_there=True)
        for reply in replies:
            if reply.startswith(b"5"):
                verdict.violation(f"{where}: {reply!r}")
        return accepted

    def talk(self, s):
        """Whether the message was taken, and the replies."""
        replies = []

        def reply():
            line = b"-" * 4
            while line[3:4] == b"-":
                line = file.readline()
                if not line:
                    raise EOFError
            replies.append(line)
            return line[:1] in b"23"

        with s.makefile("rb") as file:
            try:
                good = reply()
                for command in ("EHLO client.example", f"MAIL FROM:<{SENDER}>", *(f"RCPT TO:<{r}>" for r in RECIPIENTS), "DATA"):
                    if not good:
                        return False, replies
                    s.sendall(command.encode() + b"\r\n")
                    good = reply()
                if not good:
                    return False, replies
                s.sendall(BODY.replace(b"\n", b"\r\n") + b".\r\n")
                accepted = reply()
            except (EOFError, OSError):
                return False, replies
            try:
                s.sendall(b"QUIT\r\n")
                reply()
            except (EOFError, OSError):
                pass
            return accepted, replies


class Remote(Work):
    program = "qmail-remote"

    def __init__(self, instance):
        super().__init__(instance)
        self.server, self.serial = Recorder(), itertools.count()
        instance.control("smtproutes", f":127.0.0.1:{self.server.port}")

    def do(self, prefix, verdict, where):
        # What the server takes late, after an earlier point, is told by its sender.
        sender = f"sender-{next(self.serial)}@elsewhere.example"
        code, out, _ = self.run([*prefix, "qmail-remote", "remote.example", sender, *RECIPIENTS], BODY)
        parts = out.split(b"\0")[:-1]
        accepted = code == 0 and [p[:1] for p in parts] == [b"r", b"r", b"K"]
        found = [(s, to, content.replace(b"\r\n", b"\n")) for s, to, content in self.server.taken if s == sender]
        # The server's answer may get lost on the way.
        verdict.judge(where, accepted, found, (sender, RECIPIENTS, BODY), refused_may_be_there=True)
        if any(p[:1] in b"hD" for p in parts) and not any(p[:1] in b"ZK" for p in parts):
            verdict.violation(f"{where}: a failure for good: {out!r}")
        if code not in (0, 111):
            verdict.violation(f"{where}: exit {code}")
        return accepted

    def close(self):
        self.server.close()


KINDS = [Queue, Service, Serving, Inject, Maildir, Mbox, FirstMbox, Forward, Clean, Bounce, Smtpd, Remote]


def sweep(kind, how, verdict, begin=1, step=1):
    """Every point of one kind of work with one error, added to verdict."""
    instance = Instance(controls={"locals": "trial.example", "rcpthosts": "trial.example"})
    try:
        work = kind(instance)
        for n in itertools.count(begin, step):
            tracer = Tracer(instance, how, work.program, n)
            where = f"{verdict.check}, {how} at {n}"
            done = work.do(tracer.prefix, verdict, where)
            call = tracer.failed()
            where += f" (system call {call})"
            verdict.judge_syncs(where, done, work.binding(tracer.syncs()))
            if call is None:
                verdict.calls = max(verdict.calls, tracer.calls())
                if not done:
                    verdict.violation(f"{where}: undisturbed, but not done")
                synced = [file.partition(" ")[2] for file, _ in work.binding(tracer.syncs())]
                for path in work.must_be_synced():
                    if f"{path.stat().st_dev}:{path.stat().st_ino}" not in synced:
                        verdict.violation(f"{where}: {path} is not synced")
                break
            verdict.points += 1
        work.close()
    finally:
        instance.close()


def name_of(kind):
    return f"errors in {kind.program}" + ("" if kind.__name__.lower() in kind.program else f" ({kind.__name__})")


def check(kind, progress=lambda text: None):
    """All errors at all calls of one kind of work."""
    verdict = Verdict(name_of(kind))
    for how in HOWS:
        sweep(kind, how, verdict)
        progress(f"{verdict.check}: {how}, {verdict.points} points")
    return verdict
