"""Mail of all kinds for a long time, while programs are killed and the clock jumps: what was sent is what was received.

Every message has a number, and each place where it is to arrive an address with
that number. Senders note what they were told; at the end the two are compared as
sets. A copy too many must be explained by the log, in which the kills stand too:
a delivery that was cut off by one, or by the end of its instance, is made again.
"""
import collections
import contextlib
import dataclasses
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import traceback

from instance import Instance, wait_until
from invariants import Verdict
from netstrings import qmtp
from seams import Seams
from servers import Listener

RATE = 200  # messages a second
SENDERS = 24  # processes
KILLS = 0.05  # seconds from one to the next
JUMPS = 20  # seconds from one of the clock to the next
DAY = 86400
PATIENCE = 600  # seconds that a client waits: others may have the machine, but nobody lets it wait for ever
# The end of one of these is the end of the instance, or of a door: one kill in 20 is for them.
CORE = {"qmail-send", "qmail-lspawn", "qmail-rspawn", "qmail-clean", "tcpserver"}
HOST, FAR = Instance.host, "remote.example"

# How a message is handed in, and where it is to go: kind of recipient -> where it must arrive.
WAYS = ["smtp", "smtp", "qmtp", "smtp", "qmtp", "sendmail", "smtp", "inject"]
DESTINATIONS = {
    "maildir": ["maildir"], "mbox": ["mbox"], "program": ["program"], "remote": ["remote"], "later": ["later"],
    "tempfail": ["tempfail"], "fails": ["sender"], "refused": ["sender"], "list": ["maildir", "remote", "program"],
    "many": ["maildir", "mbox", "remote"], "large": ["maildir"],
}
SHARES = ["maildir"] * 6 + ["mbox"] * 2 + ["program"] * 2 + ["remote"] * 4 + [
    "later", "tempfail", "fails", "refused", "list", "many"]
ABROAD = {"remote", "tempfail", "refused"}
SAVED = "test -n \"$1\" || exit 111; cat > prog/tmp/$1.$$ && mv prog/tmp/$1.$$ prog/new/"


@dataclasses.dataclass(frozen=True)
class Mail:
    number: int

    @property
    def destination(self):
        return "large" if self.number % 500 == 499 else SHARES[self.number % len(SHARES)]

    @property
    def way(self):
        return WAYS[self.number // len(SHARES) % len(WAYS)]

    @property
    def sender(self):
        return f"sender-{self.number}@{HOST}"

    def address(self, kind):
        return f"{kind}-{self.number}@{FAR if kind in ABROAD else HOST}"

    @property
    def recipients(self):
        to = DESTINATIONS["many"] if self.destination == "many" else [self.destination.replace("large", "maildir")]
        return [self.address(kind) for kind in to]

    @property
    def places(self):
        """The addresses under which it must arrive."""
        return [self.address(kind) for kind in DESTINATIONS[self.destination]]

    @property
    def body(self):
        lines = 20000 if self.destination == "large" else self.number * 7919 % 60
        return b"".join(b"line %d of %d\n" % (n, self.number) for n in range(lines)) + b"end of %d\n" % self.number

    @property
    def text(self):
        return f"From: {self.sender}\nTo: {', '.join(self.recipients)}\nSubject: soak\n".encode() + b"\n" + self.body


# What a sender was told
ACCEPTED, REFUSED, UNKNOWN = b"a", b"r", b"u"


class Sender:
    """A process that hands in every SENDERS-th message. One that nobody has listened to yet is tried again."""

    def __init__(self, soak, index):
        self.soak, self.index = soak, index
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                self.run()
                code = 0
            except BaseException:
                self.soak.note(f"a sender failed: {traceback.format_exc()!r}")
            finally:
                os._exit(code)

    def run(self):
        uid, gid = self.soak.instance.uid, self.soak.instance.gid
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        due, number = time.monotonic(), self.index
        with open(self.soak.told(self.index), "wb", 0) as told:
            while time.monotonic() < self.soak.end:
                mail = Mail(number)
                outcome = getattr(self, mail.way)(mail)
                told.write(b"%d %s\n" % (number, outcome))
                number += SENDERS
                due = max(due + SENDERS / self.soak.rate, time.monotonic() - 1)
                time.sleep(max(0, due - time.monotonic()))

    def connect(self, port):
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), PATIENCE)
            except ConnectionError:  # until its door is open again
                time.sleep(0.02)

    def lost_connection(self, error):
        """To one that was killed; but not by being forgotten."""
        if isinstance(error, TimeoutError):
            raise error
        return UNKNOWN

    def smtp(self, mail):
        with contextlib.closing(self.connect(self.soak.smtp_port)) as s, s.makefile("rb") as replies:
            try:
                commands = [b"", b"HELO client.example", b"MAIL FROM:<%s>" % mail.sender.encode(),
                            *(b"RCPT TO:<%s>" % r.encode() for r in mail.recipients), b"DATA"]
                for command in commands:
                    if command:
                        s.sendall(command + b"\r\n")
                    if not replies.readline()[:1] in (b"2", b"3"):
                        return REFUSED  # nothing was handed over
                s.sendall(mail.text.replace(b"\n", b"\r\n") + b".\r\n")
                reply = replies.readline()
            except OSError as error:
                return self.lost_connection(error)
            return ACCEPTED if reply[:1] == b"2" else REFUSED if reply[:1] == b"4" else UNKNOWN

    def qmtp(self, mail):
        with contextlib.closing(self.connect(self.soak.qmtp_port)) as s, s.makefile("rb") as replies:
            try:
                s.sendall(qmtp(b"\n" + mail.text, mail.sender, *mail.recipients))
                s.shutdown(socket.SHUT_WR)
                reply = replies.read()
            except OSError as error:
                return self.lost_connection(error)
            verdicts = re.findall(rb"\d+:(.)", reply)
            if len(verdicts) != len(mail.recipients):
                return UNKNOWN
            return ACCEPTED if set(verdicts) == {b"K"} else REFUSED

    def program(self, mail, *argv):
        with tempfile.TemporaryFile() as f:
            f.write(mail.text)
            f.seek(0)
            code = subprocess.run([*argv, "-f", mail.sender, *mail.recipients], stdin=f, stderr=subprocess.DEVNULL,
                                  env=self.soak.instance.env, cwd=self.soak.instance.home).returncode
        return ACCEPTED if code == 0 else UNKNOWN if code < 0 else REFUSED

    def sendmail(self, mail):
        return self.program(mail, self.soak.instance.home / "bin/sendmail")

    def inject(self, mail):
        return self.program(mail, self.soak.instance.home / "bin/qmail-inject", "-a")


class Sink(Listener):
    """The SMTP server of the other host: takes, refuses, and puts off once what is addressed to tempfail-."""

    def __init__(self, keep):
        self.keep, self.seen = keep, set()
        super().__init__()

    def answer(self, recipient):
        if recipient.startswith("refused-"):
            return b"550 no\r\n"
        if recipient.startswith("tempfail-") and recipient not in self.seen:
            self.seen.add(recipient)
            return b"450 later\r\n"
        return b"250 ok\r\n"

    def serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as f:
            connection.sendall(b"220 sink\r\n")
            recipients = []
            while line := f.readline():
                verb = line[:4].upper()
                reply = b"250 ok\r\n"
                if verb == b"RCPT":
                    recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                    reply = self.answer(recipient)
                    if reply[:1] == b"2":
                        recipients.append(recipient)
                elif verb == b"DATA":
                    connection.sendall(b"354 go\r\n")
                    text = []
                    while (line := f.readline()) and line != b".\r\n":
                        text.append(line[1:] if line[:1] == b"." else line)
                    if not line:
                        return
                    for recipient in recipients:
                        self.keep(recipient, b"".join(text).replace(b"\r\n", b"\n"))
                    recipients = []
                connection.sendall(reply)
                if verb == b"QUIT":
                    return


class Received:
    """Copies by the address under which they came; judged, then forgotten."""

    def __init__(self):
        self.copies = collections.Counter()
        self.half = []

    def take(self, address, copy):
        kind, _, number = address.partition("@")[0].rpartition("-")
        body = copy.partition(b"\n\n")[2]
        if kind == "sender":
            body = copy.partition(b"\n--- Below this line is a copy of the message.\n\n")[2].partition(b"\n\n")[2]
        if not number.isdigit() or body != Mail(int(number)).body:
            self.half.append(f"{address}: {copy!r:.300}")
        self.copies[address] += 1

    def take_delivered(self, copy):
        found = re.search(rb"^Delivered-To: (.*)$", copy, re.M)
        self.take(found[1].decode() if found else "?", copy)

    def take_folder(self, folder, take):
        for path in list(folder.iterdir()):
            take(path, path.read_bytes())
            path.unlink()

    def take_mbox(self, path):
        text = path.read_bytes() if path.exists() else b""
        for copy in re.split(rb"^From .*\n", text, flags=re.M)[1:]:
            self.take_delivered(copy[:-1])


class Killer(threading.Thread):
    """Kills a random program of the instance every KILLS seconds, and moves its clock."""

    def __init__(self, soak):
        super().__init__(daemon=True)
        self.soak, self.random, self.killed, self.jumps = soak, random.Random(soak.seed), collections.Counter(), 0
        self.over = threading.Event()
        self.start()

    def programs(self):
        """(pid, name) of all that descends from the loops and the senders."""
        found, parents = [], list(self.soak.roots())
        while parents:
            parent = parents.pop()
            with contextlib.suppress(OSError):
                for child in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
                    found.append((int(child), pathlib.Path(f"/proc/{child}/comm").read_text().strip()))
                    parents.append(child)
        return found

    def victim(self, until):
        core = self.random.random() < 1 / 20
        while not self.over.is_set():
            found = [(pid, name) for pid, name in self.programs() if (name in CORE) == core]
            if found:
                return self.random.choice(found)
            if time.monotonic() > until:
                return None
            time.sleep(0.002)
        return None

    def run(self):
        due = time.monotonic()
        jump = due + JUMPS
        while not self.over.is_set():
            due += KILLS
            self.over.wait(max(0, due - time.monotonic()))
            chosen = self.victim(due + KILLS)
            if chosen:
                self.soak.note(f"killing {chosen[1]}")
                with contextlib.suppress(OSError):
                    os.kill(chosen[0], signal.SIGKILL)
                    self.killed[chosen[1]] += 1
            if time.monotonic() > jump:
                jump += JUMPS
                self.jumps += 1
                self.soak.seams.move_clock(self.random.randint(-DAY, 2 * DAY))

    def stop(self):
        self.over.set()
        self.join()


class Soak:
    def __init__(self, seconds, rate=RATE, seed=None):
        self.seconds, self.rate = seconds, rate
        self.seed = seed if seed is not None else random.randrange(1 << 30)
        self.instance = Instance(controls={"locals": HOST, "rcpthosts": HOST, "concurrencylocal": "20"},
                                 directory=tempfile.mkdtemp(prefix="soak.", dir="/dev/shm"))
        self.seams = Seams(self.instance)
        self.received = Received()
        self.sink = Sink(self.received.take)
        self.instance.control("smtproutes", f"{FAR}:[127.0.0.1]:{self.sink.port}")
        self.senders, self.loops = [], []
        self.make_mailboxes()

    def make_mailboxes(self):
        for folder in ("prog", "prog/tmp", "prog/new", "seen"):
            self.instance.make_dir(f"home/{folder}")
        forward = f"|forward maildir-$DEFAULT@{HOST} remote-$DEFAULT@{FAR} program-$DEFAULT@{HOST}\n"
        for name, text in {
                "mbox-default": "./Mailbox\n", "list-default": forward, "fails-default": "|echo no such user; exit 100\n",
                "program-default": f"|set -- $LOCAL; {SAVED}\n",
                "later-default": "|test -e seen/$LOCAL || { : > seen/$LOCAL; echo later; exit 111; }\n./Maildir/\n"}.items():
            self.instance.dot_qmail(name, text)

    def told(self, index):
        return self.instance.home / f"told.{index}"

    def roots(self):
        return [p.pid for p in self.loops] + [s.pid for s in self.senders]

    def note(self, text):
        with open(self.instance.log.path, "ab", 0) as log:
            log.write(f"{text}\n".encode())

    def loop(self, command, log):
        """What a supervisor does."""
        with open(log, "ab") as f:
            p = self.instance.spawn("sh", "-c", f"while :; do {command}; echo ended; sleep 0.1; done", stdin=-3, stdout=f,
                                    stderr=f, env={"RELAYCLIENT": ""})
        self.loops.append(p)

    def open_door(self, program):
        # Not one that the kernel gives out: who calls a closed door from there would meet himself.
        for port in iter(lambda: random.randrange(10000, 32000), None):
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
                break
        self.loop(f"tcpserver -k 2 -H -R -l {HOST} -c 100 127.0.0.1 {port} {program}", self.instance.home / "door.log")
        return port

    def collect(self):
        home = self.instance.home / "home"
        self.received.take_folder(home / "Maildir/new", lambda path, copy: self.received.take_delivered(copy))
        self.received.take_folder(home / "prog/new", lambda path, copy: self.received.take(
            f"{path.name.rpartition('.')[0]}@{HOST}", copy))

    def run(self, progress):
        self.loop("qmail-start ./Maildir/", self.instance.log.path)
        self.instance.log.wait("^status: ")
        self.smtp_port, self.qmtp_port = self.open_door("qmail-smtpd"), self.open_door("qmail-qmtpd")
        self.end = time.monotonic() + self.seconds
        self.senders = [Sender(self, n) for n in range(SENDERS)]
        self.killer = Killer(self)
        while (left := self.end - time.monotonic()) > 0:
            time.sleep(min(1, left))
            self.collect()
            progress(f"soak: {left:.0f} s to go, {sum(self.received.copies.values())} copies, {sum(self.killer.killed.values())} kills")
        failed = [s for s in self.senders if os.waitpid(s.pid, 0)[1] != 0]
        self.senders = []
        self.killer.stop()
        self.come_to_rest()
        self.collect()
        self.received.take_mbox(self.instance.home / "home/Mailbox")
        why = self.instance.log.find("^a sender failed: .*")
        assert not failed, f"{len(failed)} senders ended early: {[m[0] for m in why[:3]]}"

    def left(self):
        return [p for folder in ("mess", "state") for p in (self.instance.home / "queue" / folder).glob("*/*")]

    def come_to_rest(self):
        """Without help, but that it need not wait for what is put off; and what the dead left is swept by the next start."""
        def signal_send(number):
            for pid, name in self.killer.programs():
                if name == "qmail-send":
                    with contextlib.suppress(OSError):
                        os.kill(pid, number)

        def drained():
            signal_send(signal.SIGALRM)
            time.sleep(0.5)
            self.collect()
            return not self.left()

        wait_until("an empty queue", drained, 300 + self.seconds / 10)
        self.seams.move_clock(5 * DAY)
        signal_send(signal.SIGTERM)
        wait_until("an empty tmp", lambda: not os.listdir(self.instance.home / "queue/tmp"))

    def close(self):
        self.sink.close()
        for pid in self.roots():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.instance.close()


class Log:
    """Attempts to deliver, by address: each with the number of its message and how it ended.

    An end is "success", "failure", "deferral", "cut" by the end of the instance,
    or "success, then cut": it was among the last before the end of the instance,
    whose message may not have been removed any more. No attempt is missing:
    qmail-send logs it before it begins.
    """

    def __init__(self, lines):
        self.attempts = collections.defaultdict(list)
        self.starts = 0
        running, recent = {}, collections.deque(maxlen=100)
        for line in lines:
            if found := re.match(rb"starting delivery (\d+): msg (\d+) to \w+ (.*)\n", line):
                attempt = [found[2].decode(), None]
                self.attempts[found[3].decode(errors="replace")].append(attempt)
                running[found[1]] = attempt
            elif found := re.match(rb"delivery (\d+): (\w+): ", line):
                attempt = running.pop(found[1], [None, None])
                attempt[1] = found[2].decode()
                recent.append(attempt)
            elif line.endswith(b"ended\n"):  # maybe behind half a line, of what was killed
                self.starts += 1
                for attempt in running.values():
                    attempt[1] = "cut"
                for attempt in recent:
                    if attempt[1] == "success":
                        attempt[1] = "success, then cut"
                running.clear()
                recent.clear()

    def explains(self, address, copies):
        """Whether so many copies are no wonder: every attempt but the last one was followed by another with reason."""
        attempts = self.attempts[address]
        if len(attempts) < copies:
            return False
        messages = list(dict.fromkeys(m for m, _ in attempts))
        for message in messages:
            ends = [end for m, end in attempts if m == message]
            if any(end not in ("cut", "deferral", "success, then cut") for end in ends[:-1]):
                return False
        # Further messages are those of another attempt to forward, or of another try to bounce.
        return len(messages) == 1 or self.made_again(address, len(messages))

    def made_again(self, address, messages):
        kind, _, number = address.partition("@")[0].rpartition("-")
        mail = Mail(int(number))
        if kind == "sender":
            return self.starts > 0 and messages <= 3
        return mail.destination == "list" and len(self.attempts[mail.recipients[0]]) >= messages


@dataclasses.dataclass
class SoakVerdict(Verdict):
    """points: messages handed in."""

    about: dict = dataclasses.field(default_factory=dict)

    def row(self):
        row = super().row()
        del row["calls"]
        return {**row, **self.about}


def told_of(paths):
    """What was told of each message."""
    told = {}
    for path in paths:
        for line in path.read_bytes().splitlines():
            number, outcome = line.split()
            told[int(number)] = outcome
    return told


def judge(verdict, told, received, log):
    expected = {}
    for number, outcome in told.items():
        expected.update(dict.fromkeys(Mail(number).places, outcome))
    verdict.points = len(told)
    for address, outcome in expected.items():
        if outcome == ACCEPTED and not received.copies[address]:
            verdict.lost += 1
            verdict.details.append(f"{address}: lost; attempts: {log.attempts[address]}")
    for address, copies in received.copies.items():
        if address not in expected:
            verdict.violation(f"{address}: {copies} copies that nobody sent")
        verdict.duplicates += copies - 1
        if copies > 1 and not log.explains(address, copies):
            verdict.violation(f"{address}: {copies} copies without a reason: {log.attempts[address]}")
    verdict.half += len(received.half)
    verdict.details += received.half


def check(seconds, progress=lambda text: None, rate=RATE, seed=None):
    verdict = SoakVerdict(f"soak, {seconds} s")
    soak = Soak(seconds, rate, seed)
    try:
        try:
            soak.run(progress)
        except AssertionError as error:
            verdict.violation(f"{error}: {soak.left()[:20]}\n{soak.instance.log.text()[-1000:]}")
        told = told_of(soak.told(n) for n in range(SENDERS))
        with open(soak.instance.log.path, "rb") as lines:
            log = Log(lines)
        judge(verdict, told, soak.received, log)
        if list((soak.instance.home / "queue/bad").iterdir()):
            verdict.violation("something was found damaged")
        if not verdict.is_clean():
            kept = tempfile.mkdtemp(prefix="soak.log.", dir="/var/tmp")
            shutil.copy(soak.instance.log.path, kept)
            verdict.details.append(f"the log is in {kept}")
        verdict.about = {"accepted": sum(o == ACCEPTED for o in told.values()), "copies": sum(soak.received.copies.values()),
                         "kills": sum(soak.killer.killed.values()), "ends of the instance": log.starts,
                         "jumps of the clock": soak.killer.jumps, "messages/s": round(len(told) / seconds)}
        verdict.details.append(f"seed {soak.seed}, killed {dict(soak.killer.killed)}")
    finally:
        soak.close()
    return verdict

