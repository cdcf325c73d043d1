"""Disks that are full, and disks that fail and heal: what was accepted arrives once there is room, or the disk works again.

A broken writer of the queue (tests/crash/broken) can be named, which must be found out.
Run as a script in mounts of its own (disks.in_own_world); check() does that.
"""
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
import disks  # noqa: E402
from instance import Instance, wait_until  # noqa: E402
from invariants import Verdict  # noqa: E402
from paths import BUILD  # noqa: E402

SMALL = disks.Kind("ext4 of 8 MB", 8 * disks.MB, ("mkfs.ext4", "-q", "-F", "-O", "^has_journal"), "ext4")
MEMORY = disks.Kind("tmpfs of 8 MB", 8 * disks.MB, (), "tmpfs")
KINDS = {kind.name: kind for kind in (SMALL, MEMORY, *disks.KINDS.values())}
HOST, ROUNDS, FEW = Instance.host, 12, 4


class Trouble:
    """An instance one of whose folders lies on a disk of its own."""

    def __init__(self, kind, folder, world, rounds):
        self.kind, self.folder, self.world, self.rounds = kind, folder, world, rounds
        (world / "qmail").mkdir()
        self.instance = Instance(controls={"locals": HOST, "queuelifetime": "604800"}, directory=world / "qmail")
        self.where = self.instance.home / folder
        self.closed = self.instance.put("closed", "")  # while it is there, every other message has to wait
        self.instance.dot_qmail("later-default", f"|test ! -e {self.closed} || exit 111\n./Maildir/\n")
        self.bodies, self.accepted, self.arrived = {}, set(), []
        self.number = 0
        aside = self.where.with_name("aside")
        self.where.rename(aside)
        self.where.mkdir()
        self.make_disk()
        self.mount()
        subprocess.run(["cp", "-a", f"{aside}/.", self.where], check=True)
        os.chown(self.where, self.instance.uid, self.instance.gid)
        self.where.chmod(0o755)
        subprocess.run(["sync", "-f", self.where], check=True)

    def make_disk(self):
        if self.kind.type != "tmpfs":
            disks.make_image(self.kind, self.world / "image")

    def mount(self):
        if self.kind.type == "tmpfs":
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.kind.size}", "none", self.where], check=True)
        else:
            self.mounted = disks.Mounted([disks.Disk(self.kind, self.world / "image", self.where)])

    def submit(self, size):
        """The exit code of qmail-queue for the next message."""
        self.number += 1
        body = b"".join(b"line %d of %d\n" % (n, self.number) for n in range(size // 16 + 1)) + b"end %d\n" % self.number
        code = self.instance.queue(b"Subject: %d\n\n" % self.number + body, f"sender-{self.number}@{HOST}",
                                   f"later-{self.number}@{HOST}" if self.number % 2 else f"tester@{HOST}")
        self.bodies[self.number] = body
        if code == 0:
            self.accepted.add(self.number)
        return code

    def take(self):
        """What has been delivered, out of the way of what comes."""
        for path in (self.instance.home / "home/Maildir/new").iterdir():
            self.arrived.append(path.read_bytes())
            path.unlink()

    def left(self):
        return self.instance.queued() or list((self.instance.home / "queue/state").glob("*/*"))

    def drain(self):
        """Started again where the instance ended, asked to try again; nothing more."""
        self.closed.unlink(missing_ok=True)
        def drained():
            self.take()
            if not self.instance.send or self.instance.send.poll() is not None:
                self.instance.crash()
                self.instance.start(wait=False)
            elif self.instance.log.find("^status: "):
                self.instance.signal(signal.SIGALRM)
            time.sleep(0.3)
            return not self.left()

        wait_until("an empty queue", drained)
        self.take()

    def judge(self, verdict):
        found = {}
        for copy in self.arrived:
            head, _, body = copy.partition(b"\n\n")
            number = int(head.rpartition(b"Subject: ")[2].partition(b"\n")[0] or 0) if b"Subject: " in head else 0
            if self.bodies.get(number) != body:
                verdict.half += 1
                verdict.details.append(f"{verdict.check}: half: {copy!r:.200}")
            found[number] = found.get(number, 0) + 1
        for number in self.accepted - set(found):
            verdict.lost += 1
            verdict.details.append(f"{verdict.check}: message {number} is lost")
        verdict.duplicates += sum(found.values()) - len(found)
        if list((self.instance.home / "queue/bad").iterdir()):
            verdict.violation("something was found damaged")
        if self.instance.log.find("^bounce msg|: failure: "):
            verdict.violation(f"something bounced: {self.instance.log.text()[-500:]}")


class Full(Trouble):
    def work(self, verdict):
        """Mail comes until it is refused ten times; it is let out; and so again."""
        if self.folder != "queue":
            self.instance.start()
        for _ in range(self.rounds // 4):
            refused = accepted = 0
            while refused < 10 and accepted < 150:
                code = self.submit(random.choice([10, 3000, 100000, 400000]))
                verdict.points += 1
                accepted += code == 0
                refused += code != 0
                if code not in (0, 53, 62, 63, 64):
                    verdict.violation(f"exit {code}, which is not for now")
            if self.folder == "queue":
                if refused < 10:
                    verdict.violation("the queue was never full")
                if list((self.instance.home / "queue/tmp").iterdir()):
                    verdict.violation("a file is left in tmp/")
                # What is known of recipients has no room either.
                (self.instance.home / "home/Maildir").rename(self.instance.home / "home/away")
                self.instance.start()
                self.instance.log.wait(": deferral: ")
                (self.instance.home / "home/away").rename(self.instance.home / "home/Maildir")
            else:
                self.instance.log.wait(": deferral: ", 5)
            self.drain()
            if self.folder == "queue":
                self.instance.crash()
        if self.submit(100000) != 0:
            verdict.violation("refused, though there is room")
        self.drain()


class Failing(Trouble):
    def make_disk(self):
        super().make_disk()
        (self.world / "disk").mkdir()
        self.switch = self.world / "fails"
        self.device = subprocess.Popen([disks.DISKLOG, self.world / "disk", "/dev/null", self.world / "image"],
                                       stdout=subprocess.PIPE, env={**os.environ, "DISKLOG_FAILS": str(self.switch)})
        assert self.device.stdout.readline() == b"ready\n"

    def mount(self):
        disk = disks.Disk(self.kind, self.world / "image", self.where)
        self.mounted = disks.Mounted([disk], [self.world / "disk/0"])

    def fail(self):
        self.switch.touch()

    def heal(self):
        """It works again; and the machine is started again, which shows what has reached the disk."""
        self.switch.unlink(missing_ok=True)
        self.instance.crash()
        self.mounted.close()
        self.mount()

    def work(self, verdict):
        for _ in range(self.rounds):
            self.closed.touch()
            self.instance.start()
            at = random.randrange(15)
            healed_at = at + random.randrange(1, 12)
            for n in range(30):
                if n == at:
                    self.fail()
                if n == healed_at:
                    # What nobody has synced is written now, for the last time: the kernel does not try it again.
                    subprocess.run(["sync", "-f", self.where], stderr=subprocess.DEVNULL)
                    self.switch.unlink()  # for good, or a file system that has given up stays so until it is mounted again
                self.submit(random.choice([10, 3000, 70000]))
                verdict.points += 1
            self.heal()
            self.take()
            self.drain()
            if self.submit(100) != 0:
                verdict.violation("refused, though the disk works")
            self.drain()
            self.instance.crash()


SORTS = {"full": Full, "failing": Failing}
CHECKS = [("full", "queue", SMALL), ("full", "home", SMALL), ("full", "queue", MEMORY), ("full", "home", MEMORY),
          *(("failing", folder, kind) for kind in disks.KINDS.values() for folder in ("queue", "home"))]
QUICK = [("full", "queue", SMALL), ("full", "home", MEMORY), ("failing", "queue", disks.KINDS["ext4"]),
         ("failing", "home", disks.KINDS["xfs"])]


def title(sort, folder, kind):
    return f"{sort} disk ({folder}, {kind.name})"


def main(sort, folder, kind, rounds, writer=None):
    random.seed(1)
    verdict = Verdict(title(sort, folder, KINDS[kind]))
    with disks.World() as world:
        made = SORTS[sort](KINDS[kind], folder, world, int(rounds))
        if writer:
            made.instance.put("bin/qmail-queue", (BUILD / "broken" / writer / "qmail-queue").read_bytes(), 0o755)
        try:
            made.work(verdict)
        except AssertionError as error:
            verdict.violation(f"{error}; {made.instance.log.text()[-1000:]}")
        with contextlib.suppress(OSError):  # there may be no disk any more
            made.judge(verdict)
        made.instance.crash()
        # What is mounted ends with this world.
        print(json.dumps(vars(verdict)), flush=True)
        os._exit(0)


def check(sort, folder, kind, rounds=ROUNDS, progress=lambda text: None, writer=()):
    """points: messages handed in, before, during and after the trouble."""
    progress(title(sort, folder, kind))
    done = subprocess.run(disks.in_own_world(HERE / "trouble.py", sort, folder, kind.name, str(rounds), *writer), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=True)
    return Verdict(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
