"""Power cuts on real file systems: what was acknowledged is there, whole, whatever of the last writes reached the disk.

A workload runs on disks whose writes and flushes are recorded (disks.py,
tests/crash/disklog.cc), acknowledgements in the same record. Of each state
that a cut may leave (cuts.py) the disks are made, mounted, and looked at
(remains.py, invariants.py); on every tenth the whole system is started and must
come to rest. First the uncut disks must be good, and a qmail-queue that does
not sync must lose mail, or the run is void.

As a script: powercut.py WORK STATES SEED FILESYSTEM ..., in a world of its own;
prints JSON lines, of which the last holds the verdicts.
"""
import dataclasses
import itertools
import json
import os
import pathlib
import random
import smtplib
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
sys.dont_write_bytecode = True
import cuts  # noqa: E402
import disks  # noqa: E402
import test_crash as crash  # noqa: E402
from instance import Instance, Log, wait_until  # noqa: E402
from invariants import Verdict  # noqa: E402
from paths import BUILD  # noqa: E402
from remains import Mail, Remains  # noqa: E402

HOST = Instance.host
NOSYNC = BUILD / "tests/nosync"
DRAINED = 10  # every so manieth state is started and drained
CONNECTIONS = (1, 2, 4, 8, 16)
PAIRS = [("ext4", "xfs"), ("ext4 with fast_commit", "btrfs"), ("xfs", "ext4"), ("btrfs", "ext4 with fast_commit")]
# The kernel fails to read its journal when the first of its fast commits has more than one block and only some of them
# are there. No writer can help that.
MAY_REFUSE = {"ext4 with fast_commit"}
# (work, file systems, states of the full check, of that in CI)
SIZES = [*(("accept", (kind,), 6250, 100) for kind in disks.KINDS), *(("deliver", pair, 1750, 25) for pair in PAIRS),
         *(("recover", pair, 750, 25) for pair in PAIRS)]


def title(work, kinds, what="power cuts"):
    return f"{what}: {work}, {' and '.join(kinds)}"


def body_of(size, number):
    """So many bytes, as lines that differ from message to message and within it."""
    line = b"line %d of %d\n"
    lines = b"".join(line % (n, number) for n in range(size // 12 + 1))
    return lines[:size - 1] + b"\n"


def reap():
    """The script is the first process of its world, and gets those that lost their parents."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


class Work:
    """An instance on recorded disks. mails: what is submitted; marks: what is true before the
    record begins; do(): what is recorded."""

    states_each = 400  # of one record
    writer = "qmail-queue"  # which makes mail last

    def __init__(self, folder, kinds, seed, broken=None):
        """broken: a program whose syncs do nothing."""
        self.folder, self.random, self.mails, self.marks = folder, random.Random(seed), [], []
        self.broken, self.home = broken, folder / "home"
        self.home.mkdir(exist_ok=True)
        places = [self.home, self.home / "home"]
        self.disks = [disks.Disk(disks.KINDS[kind], folder / f"disk.{n}", place)
                      for n, (kind, place) in enumerate(zip(kinds, places))]
        for disk in self.disks:
            disks.make_image(disk.kind, disk.image)
        with disks.Mounted(self.disks[:1]):
            self.instance = Instance(controls={"locals": HOST}, directory=self.home)
            if broken:
                program = self.home / "bin" / broken
                real = program.resolve()
                program.unlink()
                program.write_text(f'#!/bin/sh\nexec {NOSYNC} {real} "$@"\n')
                program.chmod(0o755)
            if self.disks[1:]:
                with disks.Mounted(self.disks[1:]):
                    os.chown(self.home / "home", self.instance.uid, self.instance.gid)
                    self.instance.make_maildir("home/Maildir")
                    self.furnish()
        log = folder / "log.of.instance"
        log.touch()
        self.instance.log = Log(log)

    def furnish(self):
        """What the second disk holds."""

    def send(self, smtp, mail, recording):
        try:
            smtp.sendmail(mail.sender, mail.recipients, mail.body.decode())
        except (OSError, EOFError):
            return
        recording.mark(f"accepted {mail.number}")

    def submit(self, recording, connections):
        """All mails over so many connections at once; each one's acknowledgement is a mark."""
        if not self.broken and self.random.random() < 0.5:
            self.instance.serve_queue()
        port, waiting = self.instance.door(), list(reversed(self.mails))

        def client():
            with smtplib.SMTP("127.0.0.1", port, HOST) as smtp:
                while waiting:
                    try:
                        mail = waiting.pop()
                    except IndexError:
                        break
                    self.send(smtp, mail, recording)

        threads = [threading.Thread(target=client) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def record(self):
        """The entries of a record of do()."""
        recording = disks.Recording(self.disks, self.folder)
        try:
            self.do(recording)
        finally:
            self.instance.crash()
            entries = recording.close()
        return entries, recording.copies

    def drain(self):
        """The instance, started on a copy, comes to rest; what it said, if it does not."""
        try:
            self.instance.start()
            if not crash.drain(self.instance, self.instance.send.pid, self.instance.send):
                return f"it ended: {self.instance.log.text()[-600:]}"
        except AssertionError as error:
            return str(error)[-600:]
        finally:
            self.instance.crash()
            reap()
        if list((self.home / "queue/bad").iterdir()):
            return "something was found damaged"
        return None


class Accept(Work):
    """Mail comes in over up to 16 connections, and nobody delivers it."""

    most = 1

    def do(self, recording):
        connections = self.random.choice(CONNECTIONS)
        large = self.random.random() < 0.3
        for n in range(1, 13 + self.random.randrange(8)):
            size = 1 if n == 2 else 5_000_000 if n == 5 and large else int(300000 ** self.random.random())
            recipients = [f"tester-{n}-{r}@{HOST}" for r in range(self.random.choice((1, 1, 3)))]
            self.mails.append(Mail(n, f"t{n}@client.example", tuple(recipients), body_of(size, n)))
        self.submit(recording, connections)


class Deliver(Work):
    """Mail comes in and is delivered to a home on the other disk, deferred, or sent back."""

    most = 2
    writer = "qmail-local"

    def furnish(self):
        self.instance.dot_qmail("default", "./Maildir/\n")
        self.instance.dot_qmail("fails", "|echo no; exit 100\n")
        self.instance.dot_qmail("later", f"|test -e {self.folder}/open || exit 111\n./Maildir/\n")

    def mail(self, number):
        kind = self.random.choice(("one", "two", "fails", "later", "large"))
        recipients = {"two": [f"tester-a@{HOST}", f"tester-b@{HOST}"], "fails": [f"fails@{HOST}"],
                      "later": [f"later@{HOST}"]}.get(kind, [f"tester@{HOST}"])
        sender = f"tester-t{number}@{HOST}" if kind == "fails" else f"t{number}@client.example"
        size = 150000 if kind == "large" else self.random.randrange(1, 5000)
        return Mail(number, sender, tuple(recipients), body_of(size, number), kind == "fails")

    def do(self, recording):
        (self.folder / "open").unlink(missing_ok=True)
        self.instance.start()
        self.mails += [self.mail(number) for number in range(1, 15)]
        self.submit(recording, self.random.choice((1, 2, 4)))
        wait_until("all that can be delivered", lambda: len(self.instance.queued()) <= sum(
            mail.recipients[0].startswith("later@") for mail in self.mails))
        (self.folder / "open").touch()
        assert crash.drain(self.instance, self.instance.send.pid, self.instance.send)
        assert self.instance.stop() == 0


class Recover(Deliver):
    """The whole system starts on what a first cut left, and the second cut comes while it recovers."""

    most = 3

    def __init__(self, folder, kinds, seed):
        super().__init__(folder, kinds, seed)
        entries, _ = super().record()
        first = cuts.Cuts(self.disks, entries, folder, seed)
        try:
            chosen = self.random.randrange(1, 40)
            for state in itertools.islice(first.states(80), chosen):
                self.marks = state.marks
            files = state.make()
        finally:
            first.close()
        for disk, file in zip(self.disks, files):
            disks.copy_image(file, disk.image)

    def do(self, recording):
        if not self.marks:
            return super().do(recording)
        trouble = self.drain()
        assert not trouble, trouble


WORKS = {"accept": Accept, "deliver": Deliver, "recover": Recover}


@dataclasses.dataclass
class Counts(Verdict):
    """points: states that were mounted. refused: those that the kernel does not mount, whatever was written there."""

    refused: int = 0

    def row(self):
        return {**super().row(), "not mountable": self.refused}


@dataclasses.dataclass
class Run:
    """What came of the states: looked at as they are, and those that were started too."""

    seen: Counts
    started: Counts

    def look(self, work, files, where, accepted, start):
        """Mounts the disks, judges what is there, and what becomes of it."""
        try:
            with disks.Mounted(work.disks, files):
                self.seen.points += 1
                Remains.of(work.home).judge(self.seen, f"{self.seen.check}, {where}", work.mails, accepted, work.most)
                if start:
                    self.start(work, where, accepted)
        except disks.CannotMount as error:
            self.seen.refused += 1
            self.seen.details.append(f"{where}: {error}")
            if error.kind.name not in MAY_REFUSE:
                self.seen.violation(f"{where}: {error}")

    def start(self, work, where, accepted):
        (work.folder / "open").touch()
        self.started.points += 1
        trouble = work.drain()
        if trouble:
            self.started.violation(f"{where}: {trouble}")
        Remains.of(work.home).judge(self.started, f"{self.started.check}, {where}", work.mails, accepted, work.most)

    def take(self, work, wanted, seed, tell=lambda: None):
        """So many states of one record; before them the uncut disks, which must be good."""
        entries, copies = work.record()
        accepted = accepted_by(work.marks + [e.data.rstrip(b"\0").decode() for e in entries if e.disk is None])
        assert accepted == {mail.number for mail in work.mails} or work.marks, "not all mail was accepted"
        files = [work.folder / f"cut.{n}" for n in range(len(copies))]
        for copy, file in zip(copies, files):
            disks.copy_image(copy, file)
        uncut = Run(Counts("uncut"), Counts("uncut"))
        uncut.look(work, files, "uncut", accepted, start=True)
        if not uncut.seen.is_clean() or not uncut.started.is_clean():
            self.seen.violation(f"void: the uncut disks are not good: {uncut.seen.text()} {uncut.started.text()}")
        cut = cuts.Cuts(work.disks, entries, work.folder, seed, work.marks)
        try:
            for state in cut.states(wanted):
                self.look(work, state.make(), state.name, accepted_by(state.marks), self.seen.points % DRAINED == DRAINED - 1)
                tell()
            for made, copy in zip(cut.end().make(), copies):
                if subprocess.run(["cmp", "-s", made, copy]).returncode != 0:
                    self.seen.violation("void: the record is not what was written")
        finally:
            cut.close()


def accepted_by(marks):
    return {int(mark.split()[1]) for mark in marks}


def broken_is_found(kind, kinds, seed):
    """Whether mail is seen to get lost when the program that writes it does not sync."""
    with disks.World() as folder:
        run = Run(Counts("without syncs"), Counts("without syncs, started"))
        run.take(kind(folder, kinds, seed, broken=kind.writer), 40, seed)
        return run.seen.lost > 0


def main(work, wanted, seed, *kinds):
    wanted, seed = int(wanted), int(seed)
    run = Run(Counts(title(work, kinds)), Counts(title(work, kinds, "power cuts, then a start")))

    def tell():
        print(json.dumps(f"{run.seen.check}: {run.seen.points} of {wanted} states, {run.started.points} started"), flush=True)

    if not broken_is_found(Deliver if work == "recover" else WORKS[work], kinds, seed):
        run.seen.violation("void: a writer that does not sync was not found out")
    while run.seen.points < wanted:
        seed += 1
        with disks.World() as folder:
            made = WORKS[work](folder, kinds, seed)
            run.take(made, min(made.states_each, wanted - run.seen.points), seed, tell)
    print(json.dumps([dataclasses.asdict(v) for v in (run.seen, run.started)]), flush=True)


def check(work, kinds, wanted, progress=lambda text: None, seed=1):
    """The verdicts of so many states: of all, and of those that were started."""
    command = disks.in_own_world(HERE / "powercut.py", work, str(wanted), str(seed), *kinds)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        try:
            for line in process.stdout:
                said = json.loads(line)
                if isinstance(said, str):
                    progress(said)
        finally:
            process.kill()
    assert isinstance(said, list), "it ended early"
    return [Counts(**fields) for fields in said]


if __name__ == "__main__":
    main(*sys.argv[1:])
