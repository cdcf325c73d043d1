"""kill -9 at every system call: nothing accepted is lost, nothing half is delivered, nobody has to help.

Each run does one piece of work and makes one kill, at the N-th call of one
program: of the process that makes it, or of all at once. Then the instance must
come to rest with the message delivered. N goes up from 1 until the work is done
before the N-th call. QMAIL_CRASH=17 tries only that one.
"""
import itertools
import json
import os
import pathlib
import signal
import sys
import time

import pytest

import queuefile
from instance import Instance, wait_until
from paths import BUILD, TESTS
from servers import Recorder

sys.path.insert(0, str(TESTS / "proof"))
from invariants import Verdict  # noqa: E402

KILLAT = BUILD / "tests/killat"
CHOICE = os.environ.get("QMAIL_CRASH", "")
BODY = "".join(f"line {n} of the body\n" for n in range(200))
HOST = Instance.host


class Local:
    """A message to a Maildir."""

    programs = ["qmail-send", "qmail-lspawn", "qmail-local", "qmail-clean"]
    most = 2  # copies: the one that was in flight may come again
    body = BODY

    def __init__(self, instance):
        self.instance = instance

    def message(self, mark):
        return f"From: sender@elsewhere.example\nTo: tester@{HOST}\nSubject: mark {mark}\n\n{self.body}mark {mark}\n"

    def do(self, mark):
        """Tells whether the message was accepted."""
        return self.instance.queue(self.message(mark), "sender@elsewhere.example", f"tester@{HOST}") == 0

    def arrived(self, mark):
        """The copies of a message that came out, whatever is left of them."""
        return [m for m in self.instance.messages() if f"mark {mark}\n".encode() in m]

    def as_sent(self, copy, mark):
        """What of a delivered copy, or of a bounce with it, is the message itself: without lines that were added to its header."""
        message = self.message(mark).encode()
        copy = copy.replace(b"\r\n", b"\n")
        head, _, body = copy[copy.find(b"From: sender@"):].partition(b"\n\n")
        lines = set(message.partition(b"\n\n")[0].split(b"\n"))
        return b"\n".join(line for line in head.split(b"\n") if line in lines) + b"\n\n" + body

    def judge(self, verdict, where, mark, accepted, refused_may_be_there=True):
        """What came of one message."""
        verdict.judge(where, accepted, [self.as_sent(m, mark) for m in self.arrived(mark)], self.message(mark).encode(), self.most,
                      refused_may_be_there)
        if list((self.instance.home / "queue/bad").iterdir()):
            verdict.violation(f"{where}: something was found damaged")

    def close(self):
        pass


class Large(Local):
    """The same with a body that is written and handed on in several pieces."""

    body = BODY * 40


class LocalAgain(Local):
    """The third of three messages, through the qmail-local that was asked to stay for it when the second came."""

    programs = ["qmail-lspawn", "qmail-local"]

    def __init__(self, instance):
        super().__init__(instance)
        instance.control("concurrencylocal", "1")

    def do(self, mark):
        early = [self.message(f"{mark}-{n}") for n in ("first", "second")]
        return all(self.instance.queue(m, "early@elsewhere.example", f"tester@{HOST}") == 0 for m in early) and super().do(mark)


class Deferral(Local):
    """A message that is put off at its first try, and delivered at the second."""

    programs = ["qmail-send", "qmail-lspawn", "qmail-local"]

    def __init__(self, instance):
        super().__init__(instance)
        instance.dot_qmail("later-default", "|mkdir tried-$DEFAULT && exit 111 || exit 0\n./Maildir/\n")

    def do(self, mark):
        accepted = self.instance.queue(self.message(mark), "sender@elsewhere.example", f"later-{mark}@{HOST}") == 0
        if send := first_child(self.instance.send):
            drain(self.instance, send, self.instance.send)
        return accepted


class Remote(Local):
    """The same, through qmail-remote to another host."""

    programs = ["qmail-send", "qmail-rspawn", "qmail-remote", "qmail-clean"]

    def __init__(self, instance):
        super().__init__(instance)
        self.server = Recorder()
        instance.control("smtproutes", f"remote.example:[127.0.0.1]:{self.server.port}")

    def do(self, mark):
        return self.instance.queue(self.message(mark), "sender@elsewhere.example", "one@remote.example") == 0

    def arrived(self, mark):
        return [content for _, _, content in self.server.taken if f"mark {mark}\r\n".encode() in content]

    def close(self):
        self.server.close()


class RemoteAgain(Remote):
    """The second of two messages, through the qmail-remote that sent the first."""

    def __init__(self, instance):
        super().__init__(instance)
        instance.control("concurrencyremote", "1")

    def do(self, mark):
        first = self.message(f"{mark}-first")
        return self.instance.queue(first, "first@elsewhere.example", "one@remote.example") == 0 and super().do(mark)


class Bounce(Local):
    """A message that fails; the bounce is what must arrive."""

    programs = [*Local.programs, "qmail-bounce", "qmail-queue"]
    most = 3  # the bounce may be sent twice, and the first one be in flight

    def __init__(self, instance):
        super().__init__(instance)
        instance.dot_qmail("fails", "|echo no; exit 100\n")

    def do(self, mark):
        return self.instance.queue(self.message(mark), f"tester@{HOST}", f"fails@{HOST}") == 0


class Door(Local):
    """A message through qmail-smtpd; the kill is at the door, the instance lives on."""

    programs = ["tcpserver", "qmail-smtpd", "qmail-queue"]

    def command(self):
        return ["tcpserver", "-1", "-H", "-R", "-l", HOST, "127.0.0.1", "0", "qmail-smtpd"]

    def ready(self, process):
        return int(process.stdout.readline())

    def use(self, mark, port, process):
        try:
            with self.instance.smtp(port) as smtp:
                smtp.sendmail("sender@elsewhere.example", f"tester@{HOST}", self.message(mark))
            return True
        except (OSError, EOFError):  # smtplib's errors are OSErrors
            return False


class Again(Door):
    """The second message of a connection, through the qmail-queue that took the first."""

    def use(self, mark, port, process):
        try:
            with self.instance.smtp(port) as smtp:
                smtp.sendmail("sender@elsewhere.example", f"tester@{HOST}", self.message(f"{mark}-first"))
                smtp.sendmail("sender@elsewhere.example", f"tester@{HOST}", self.message(mark))
            return True
        except (OSError, EOFError):
            return False


class Served(Door):
    """A message through qmail-smtpd to qmail-queued; the kill is at one of both, or at qmail-queued's qmail-queue."""

    programs = ["qmail-queued", "qmail-queue", "qmail-smtpd"]


class Inject(Door):
    """A message through qmail-inject."""

    programs = ["qmail-inject", "qmail-queue"]

    def command(self):
        return ["sh", "-c", "echo ready; read line; exec qmail-inject"]

    def ready(self, process):
        process.stdout.readline()

    def use(self, mark, port, process):
        try:
            process.stdin.write(b"begin\n" + self.message(mark).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        return process.wait() == 0


def numbers():
    """The N of the runs to make, without an end."""
    return itertools.count(1) if not CHOICE else iter([int(CHOICE)])


class Tracer:
    """A command for programs to run under, and what it reported."""

    def __init__(self, instance, mode, program, n):
        self.report = instance.put("killed", "", 0o666)
        self.prefix = [KILLAT, mode, program, n, self.report]

    def killed(self):
        return "killed" in self.report.read_text()

    def wait(self, done):
        return await_either(self.killed, done)


def await_either(happened, done):
    """Waits for the kill, or for the end of the work without one; tells whether there was one."""
    wait_until("a kill or the end of the work", lambda: happened() or done())
    if not happened():
        time.sleep(0.05)  # for what follows the last thing that can be seen from outside
    return happened()


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return []


def sleeps(pid):
    """It waits for something, and so do its descendants."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        return state == "S" and all(sleeps(child) for child in children(pid))
    except OSError:  # likewise
        return False


def begin_counting(process):
    """From here, where all has started and nobody is still looking around, to the kill."""
    wait_until("all to have started", lambda: all(sleeps(child) for child in children(process.pid)))
    process.send_signal(signal.SIGUSR1)


def first_child(process):
    return next(iter(children(process.pid)), None)


def drain(instance, pid, process):
    """Asks qmail-send for another try until nothing is left in the queue; False if it ends before that."""
    asked = 0

    def left():
        return instance.queued() or list((instance.home / "queue/state").glob("*/*"))

    def over():
        nonlocal asked
        if process.poll() is not None or not left():
            return True
        if time.monotonic() > asked + 0.3:
            asked = time.monotonic()
            try:
                os.kill(pid, signal.SIGALRM)
            except ProcessLookupError:
                pass
        return False

    try:
        wait_until("an empty queue", over)
    except AssertionError as error:
        raise AssertionError(f"{error}: {left()}; the log:\n{instance.log.text()}") from None
    return not left()


def restart_and_drain(instance):
    instance.crash()
    instance.start()
    assert drain(instance, instance.send.pid, instance.send), instance.log.text()


def check(work, mark, accepted):
    verdict = Verdict("kills", points=1)
    work.judge(verdict, mark, mark, accepted)
    assert verdict.is_clean(), f"{verdict.text()}\n{work.instance.log.text()}"


@pytest.fixture
def work(request, instance):
    instance.control("locals", HOST)
    made = request.param(instance)
    yield made
    made.close()


def sweeps(*kinds):
    """Each kind of work with each program that has a part in it."""
    cases = [(kind, program) for kind in kinds for program in kind.programs]
    ids = [f"{kind.__name__.lower()}-{program}" for kind, program in cases]
    return lambda test: pytest.mark.parametrize("mode", ["one", "all"])(
        pytest.mark.parametrize("work, program", cases, ids=ids, indirect=["work"])(test))


@sweeps(Local, LocalAgain, Large, Deferral, Remote, RemoteAgain, Bounce)
def test_instance_killed(work, program, mode):
    i = work.instance
    for n in numbers():
        mark = f"{mode}.{n}"
        tracer = Tracer(i, mode, program, f"+{n}")
        before = i.log.path.stat().st_size if i.log.path.exists() else 0
        i.start(prefix=tracer.prefix)
        send = first_child(i.send)
        begin_counting(i.send)
        assert work.do(mark)
        if not tracer.wait(lambda: work.arrived(mark) and not i.queued()):
            break
        # Without the whole instance, what is left goes on, or ends for a supervisor to start it again.
        if mode == "all" or not drain(i, send, i.send):
            restart_and_drain(i)
        i.crash()
        check(work, mark, accepted=True)
        begun = i.log.path.read_bytes()[before:].count(b"starting delivery ")
        assert begun >= len(work.arrived(mark)), f"{mark}: more copies than the log knows"
    assert n > 2 or CHOICE


COUNT = 300
ORDERS = {"hold": (1, "held"), "delete": (2, "deleted"), "expire": (3, "failed")}


def put_list(instance, number):
    """A waiting message with a state file that is worth to be made smaller: all of its recipients but four on hold."""
    records = [(b"Z", n, b"", f"reason {n % 2} ".encode() + b"x" * 400) for n in range(COUNT)]
    records += [(b"H", n, b"", b"") for n in range(4, COUNT)]
    queuefile.place(instance, number, f"tester@{HOST}", [f"later-{n}@{HOST}" for n in range(COUNT)], records,
                    due=time.time() + 10000)


def shown(instance):
    out = instance.run("qmail-qctl", "show", "--json", check=True).stdout
    [message] = [m for m in json.loads(out) if m["recipient_count"] == COUNT]
    return {r["number"]: (r["state"], (r["reason"] or "")[:8]) for r in message["recipients"]}


@pytest.mark.parametrize("mode", ["one", "all"])
@pytest.mark.parametrize("program", ["qmail-send", "qmail-compact", "qmail-qctl"])
def test_killed_while_orders_are_obeyed(instance, program, mode):
    """What was confirmed stands, and nothing else has changed, while the state file is made smaller."""
    instance.control("locals", HOST)
    for n in range(4):
        instance.dot_qmail(f"later-{n}", "|echo later; exit 111\n")
    compacted = 0
    for n in numbers():
        number = 1795263408000000 + n
        put_list(instance, number)
        path = instance.home / "queue/state" / str(number % queuefile.SPLIT) / str(number)
        tracer = Tracer(instance, mode, program, n if program == "qmail-qctl" else f"+{n}")
        instance.start(prefix=tracer.prefix if program != "qmail-qctl" else ())
        if program != "qmail-qctl":
            begin_counting(instance.send)
        obeyed = []
        for command, (recipient, _) in ORDERS.items():
            prefix = tracer.prefix if program == "qmail-qctl" else ()
            p = instance.spawn(*prefix, "qmail-qctl", command, "--recipient", f"later-{recipient}@*", stdout=-3, stderr=-3)
            if p.wait() == 0:
                obeyed.append(command)
            instance.children.remove(p)
        instance.run("qmail-qctl", "retry", "--all")
        tracer.wait(lambda: instance.log.find("deferral: later") and path.stat().st_size < 30000)
        killed = tracer.killed()
        instance.crash()
        compacted += path.stat().st_size < 30000

        instance.start()
        now = shown(instance)
        for recipient in range(4, COUNT):
            assert now[recipient] == ("held", f"reason {recipient % 2}")
        assert now[0][0] in ("deferred", "trying")
        for command, (recipient, state) in ORDERS.items():
            states = {"deferred", "expiring", "trying", state}
            wait_until(command, lambda: shown(instance)[recipient][0] == state or command not in obeyed)
            assert shown(instance)[recipient][0] in states
        assert [f.name for f in path.parent.iterdir()] == [path.name]
        instance.run("qmail-qctl", "delete", "--all", check=True)
        instance.wait_empty()
        assert instance.stop() == 0
        if not killed:
            break
    assert n > (5 if program == "qmail-send" else 2) or CHOICE
    assert compacted >= 1 or CHOICE


class Start(Local):
    """The kill is while an instance starts that has a message waiting."""

    programs = ["-"]


@sweeps(Start)
def test_start_killed(work, program, mode):
    i = work.instance
    for n in numbers():
        mark = f"{mode}.{n}"
        assert work.do(mark)
        tracer = Tracer(i, mode, program, n)
        i.start(prefix=tracer.prefix, wait=False)
        done = not tracer.wait(lambda: work.arrived(mark) and not i.queued())
        restart_and_drain(i)
        i.crash()
        check(work, mark, accepted=True)
        if done:
            break
    assert n > 50 or CHOICE


@sweeps(Door, Again, Inject)
def test_accept_killed(work, program, mode):
    i = work.instance
    i.start()
    for n in numbers():
        mark = f"{mode}.{n}"
        tracer = Tracer(i, mode, program, f"+{n}")
        door = i.spawn(*tracer.prefix, *work.command(), env={"RELAYCLIENT": ""}, stdin=-1, stdout=-1)
        port = work.ready(door)
        begin_counting(door)
        accepted = work.use(mark, port, door)
        door.kill()
        door.wait()
        i.children.remove(door)
        assert drain(i, i.send.pid, i.send)
        check(work, mark, accepted)
        if not tracer.killed():
            assert accepted
            break
    assert n > 2 or CHOICE
    # Of killed qmail-queues a file may be left in tmp/, for qmail-clean to sweep when it is old.
    assert len(list((i.home / "queue/tmp").iterdir())) < n


@sweeps(Served)
def test_service_killed(work, program, mode):
    """Whoever is killed: what was accepted arrives, and the next message is accepted, whether the service is left or not."""
    i = work.instance
    i.start()
    at_the_door = program == "qmail-smtpd"
    port = None if at_the_door else work.ready(i.spawn(*work.command(), env={"RELAYCLIENT": ""}, stdin=-1, stdout=-1))
    for n in numbers():
        mark = f"{mode}.{n}"
        # qmail-queued does little for a message: its start is swept too.
        tracer = Tracer(i, mode, program, n if program == "qmail-queued" else f"+{n}")
        (i.home / "run/qmail-queued").unlink(missing_ok=True)
        service = i.spawn(*(() if at_the_door else tracer.prefix), "qmail-queued", stdin=-3, stdout=-3)
        wait_until("the service", lambda: (i.home / "run/qmail-queued").is_socket() or tracer.killed())
        traced = door = service
        if at_the_door:
            traced = door = i.spawn(*tracer.prefix, *work.command(), env={"RELAYCLIENT": ""}, stdin=-1, stdout=-1)
            port = work.ready(door)
        begin_counting(traced)
        accepted = work.use(mark, port, door)
        killed = tracer.killed()
        if killed and not at_the_door and (mode == "all" or program == "qmail-queued"):  # was said just before
            wait_until("its end", lambda: service.poll() is not None)
        if killed and not at_the_door:
            assert work.use(f"{mark}-next", port, door), tracer.report.read_text()
        for process in {service, door}:
            process.kill()
            process.wait()
            i.children.remove(process)
        assert drain(i, i.send.pid, i.send)
        check(work, mark, accepted)
        if killed and not at_the_door:
            assert work.arrived(f"{mark}-next")
        if not killed:
            assert accepted
            break
    assert n > 4 or CHOICE
    assert len(list((i.home / "queue/tmp").iterdir())) < n
