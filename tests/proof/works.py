"""What is at work when the power is cut: an instance on recorded disks, and what it is given to do (powercut.py)."""
import dataclasses
import itertools
import os
import random
import smtplib
import threading

import cuts
import disks
import test_crash as crash
from instance import Instance, Log, wait_until
from mboxfile import record
from paths import BUILD
from receiver import Receiver
from remains import Mail, Remains

HOST = Instance.host
NOSYNC = BUILD / "tests/nosync"
SLOW = "strace -f -qq -o /dev/null --seccomp-bpf -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=10000"
CONNECTIONS = (1, 2, 4, 8, 16)
MOUNTED = "mounted"  # the mark behind what the kernel did to recover from a first cut, before any program runs


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
    torn = False  # whether part of a message may be at the end of a file
    cuts = 1
    once = None  # the same with one cut
    first_of_all = ()  # what was delivered before the record begins
    at_start = ()  # what is submitted in addition when a state is started

    def __init__(self, folder, kinds, seed, broken=None):
        """broken: a program whose syncs do nothing."""
        self.folder, self.random, self.mails, self.marks = folder, random.Random(seed), [], []
        self.broken, self.recording, self.home, self.open = broken, None, folder / "home", folder / "open"
        self.home.mkdir(exist_ok=True)
        places = [self.home, self.home / "home"]
        self.disks = [disks.Disk(disks.KINDS[kind], folder / f"disk.{n}", place)
                      for n, (kind, place) in enumerate(zip(kinds, places))]
        for disk in self.disks:
            disks.make_image(disk.kind, disk.image)
        with disks.Mounted(self.disks[:1]):
            self.instance = Instance(controls={"locals": HOST}, directory=self.home)
            if broken:
                self.run_under(NOSYNC, broken)
            if self.disks[1:]:
                with disks.Mounted(self.disks[1:]):
                    os.chown(self.home / "home", self.instance.uid, self.instance.gid)
                    self.instance.make_maildir("home/Maildir")
                    self.furnish()
            self.configure()
        log = folder / "log.of.instance"
        log.touch()
        self.instance.log = Log(log)

    def run_under(self, command, name):
        """Has a program of the instance run by a command."""
        program = self.home / "bin" / name
        real = program.resolve()
        program.unlink()
        program.write_text(f'#!/bin/sh\nexec {command} {real} "$@"\n')
        program.chmod(0o755)

    def furnish(self):
        """What the second disk holds."""

    def configure(self):
        """What else the first one does."""

    def close(self):
        pass

    def is_telling(self):
        """Whether all happened in its records that must have in some."""
        return True

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
        port = self.instance.door(options=self.random.choice(((), ("-k", "2"))))
        waiting = list(reversed(self.mails))

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
        recording = self.recording = disks.Recording(self.disks, self.folder)
        try:
            self.do(recording)
        finally:
            self.instance.crash()
            self.recording = None
            entries = recording.close()
        return entries, recording.copies

    def accepted(self, marks):
        """The numbers of the messages that were acknowledged."""
        return {mail.number for mail in self.first_of_all} | {int(m.split()[1]) for m in marks if m.startswith("accepted")}

    def remains(self, marks):
        """What there is when a cut has left the disks as they are mounted now."""
        return Remains.of(self.home)

    def restart(self, marks):
        """The instance starts on such a state; what it said, if it does not come to rest, and what remains then."""
        self.open.touch()
        for mail in self.at_start:
            if self.instance.queue(mail.body, mail.sender, *mail.recipients) != 0:
                return f"it does not accept {mail.number}", self.remains(marks)
        return self.drain(), self.remains(marks)

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

    cuts = 0  # that make a delivery come again

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

    writer = "qmail-local"
    count, largest = 14, 5000  # mails, and bytes of each that is not large
    kinds = ("one", "two", "fails", "later", "large")
    two = (f"tester-a@{HOST}", f"tester-b@{HOST}")
    deferred = ("later",)  # first words of their recipients

    def furnish(self):
        self.instance.dot_qmail("default", "./Maildir/\n")
        self.instance.dot_qmail("fails", "|echo no; exit 100\n")
        self.instance.dot_qmail("later", f"|test -e {self.open} || exit 111\n./Maildir/\n")

    def mail(self, number):
        kind = self.random.choice(self.kinds)
        recipients = {"two": self.two, "fails": [f"fails@{HOST}"],
                      "later": [f"later@{HOST}"]}.get(kind, [f"tester@{HOST}"])
        sender = f"tester-t{number}@{HOST}" if kind == "fails" else f"t{number}@client.example"
        size = 150000 if kind == "large" else self.random.randrange(1, self.largest)
        return Mail(number, sender, tuple(recipients), body_of(size, number),
                    tuple(r for r in recipients if r.startswith("fails@")))

    def is_deferred(self, mail):
        return mail.recipients[0].partition("@")[0].partition("-")[0] in self.deferred

    def do(self, recording):
        self.open.unlink(missing_ok=True)
        self.instance.start()
        self.mails += [self.mail(number) for number in range(1, self.count + 1)]
        self.submit(recording, self.random.choice((1, 2, 4)))
        wait_until("all that can be delivered",
                   lambda: len(self.instance.queued()) <= sum(self.is_deferred(mail) for mail in self.mails))
        self.open.touch()
        assert crash.drain(self.instance, self.instance.send.pid, self.instance.send)
        assert self.instance.stop() == 0


class Remote(Deliver):
    """Mail comes in and goes to a server that no cut harms; it refuses some of it, for now or for good."""

    writer = "qmail-queue"
    deferred = ("later", "after", "break")

    def configure(self):
        self.receiver = Receiver(self.open, self.took)
        self.instance.control("smtproutes", f"remote.example:127.0.0.1:{self.receiver.port}")
        self.instance.control("concurrencyremote", str(self.random.choice((1, 1, 3))))

    def close(self):
        self.receiver.close()

    def is_telling(self):
        return self.receiver.most_on_one > 1  # a connection was kept

    def mail(self, number):
        kind = self.random.choice(("one", "one", "two", "large", "some", "no", "reject", "later", "after", "break"))
        first, *further = {"two": ("one", "two"), "some": ("one", "no"), "large": ("one",)}.get(kind, (kind,))
        recipients = tuple(f"{word}-{number}@remote.example" for word in (first, *further))
        fails = tuple(r for r in recipients if r.startswith(("no-", "reject-")))
        size = 150000 if kind == "large" else self.random.randrange(1, self.largest)
        return Mail(number, f"tester-t{number}@{HOST}" if fails else f"t{number}@client.example", recipients,
                    body_of(size, number), fails)

    def took(self, number):
        if self.recording:
            self.recording.mark(f"taken {number}")

    def record(self):
        entries, copies = super().record()
        self.after = len(self.receiver.taken)
        return entries, copies

    def remains(self, marks):
        """What the receiver took before the cut is there, and what it took since restart() began."""
        taken = [self.receiver.taken[int(m.split()[1])] for m in marks if m.startswith("taken")]
        return Remains.of(self.home, taken + self.receiver.taken[self.after:])

    def restart(self, marks):
        self.after = len(self.receiver.taken)
        found = super().restart(marks)
        self.after = len(self.receiver.taken)
        return found


class Mbox(Deliver):
    """Mail comes in and is delivered to an mbox on the other disk; some also to a Maildir beside it, whose syncs may take a
    size of the mbox to the disk before its bytes: the more so when time passes between a write and its sync."""

    torn = True
    states_each = 150
    count, largest = 30, 1500
    kinds = ("two", *Deliver.kinds)
    two = (f"tester@{HOST}", f"maildir@{HOST}")

    def furnish(self):
        super().furnish()
        self.instance.dot_qmail("maildir", "./Maildir/\n")
        self.instance.dot_qmail("default", "./Mailbox\n")
        self.instance.dot_qmail("later", f"|test -e {self.open} || exit 111\n./Mailbox\n")
        self.at_start = [Mail(98, "t98@client.example", (f"tester@{HOST}",), self.body(500, 98))]
        if self.random.random() < 0.5:
            first = Mail(99, "t99@client.example", (f"tester@{HOST}",), self.body(self.random.randrange(1, 5000), 99))
            self.first_of_all = [first]
            self.instance.put("home/Mailbox", record(first.sender, first.recipients[0], first.body), 0o600)

    def configure(self):
        if not self.broken and self.random.random() < 0.7:
            self.run_under(SLOW, "qmail-local")

    def body(self, size, number):
        return body_of(size, number).replace(b"line 3 ", b"From 3 ").replace(b"line 5 ", b">From 5 ")

    def mail(self, number):
        mail = super().mail(number)
        return dataclasses.replace(mail, body=self.body(len(mail.body), number))


class SecondCut:
    """The whole system starts on what a first cut left, and the second cut comes while it recovers."""

    cuts = 2

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
        recording.mark(MOUNTED)
        trouble = self.drain()
        assert not trouble, trouble


class Recover(SecondCut, Deliver):
    once = Deliver


class RemoteTwice(SecondCut, Remote):
    once = Remote


class MboxTwice(SecondCut, Mbox):
    once = Mbox


WORKS = {"accept": Accept, "deliver": Deliver, "recover": Recover, "remote": Remote, "remote twice": RemoteTwice,
         "mbox": Mbox, "mbox twice": MboxTwice}


