"""Power cuts on real file systems: what was acknowledged is there, whole, whatever of the last writes reached the disk.

A workload runs on disks whose writes and flushes are recorded (disks.py,
tests/crash/disklog.cc), acknowledgements in the same record. Of each state
that a cut may leave (cuts.py) the disks are made, mounted, and looked at
(remains.py, invariants.py); on every tenth the whole system is started and must
come to rest, as on each with a torn end of an mbox. First the uncut disks must
be good, and mail must get lost when what writes it does not sync, or the run is
void.

What is at work meanwhile is in works.py. As a script: powercut.py WORK STATES SEED FILESYSTEM ..., in a world of its own;
prints JSON lines, of which the last holds the verdicts.
"""
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
sys.dont_write_bytecode = True
import cuts  # noqa: E402
import disks  # noqa: E402
from invariants import Verdict  # noqa: E402
from works import MOUNTED, WORKS  # noqa: E402

DRAINED = 10  # every so manieth state is started and drained
PAIRS = [("ext4", "xfs"), ("ext4 with fast_commit", "btrfs"), ("xfs", "ext4"), ("btrfs", "ext4 with fast_commit")]
# The kernel fails to read its journal when the first of its fast commits has more than one block and only some of them
# are there; and what it has read may damage files when its recovery is cut off and begins again. No writer can help that.
MAY_FAIL = {"ext4 with fast_commit"}
# (work, file systems, states of the full check, of that in CI)
SIZES = [*(("accept", (kind,), 6250, 100) for kind in disks.KINDS), *(("deliver", pair, 1750, 25) for pair in PAIRS),
         *(("recover", pair, 750, 25) for pair in PAIRS),
         *(("remote", (kind,), 750, 25 if kind == "ext4" else 0) for kind in disks.KINDS),
         *(("remote twice", (kind,), 300, 0) for kind in disks.KINDS),
         *(("mbox", pair, 750, 25 if pair[1] == "ext4" else 0) for pair in PAIRS),
         *(("mbox twice", pair, 300, 0) for pair in PAIRS)]


def title(work, kinds, what="power cuts"):
    return f"{what}: {work}, {' and '.join(kinds)}"


@dataclasses.dataclass
class Counts(Verdict):
    """points: states that were mounted. refused: those that the kernel does not mount, whatever was written there.
    unrecovered: those that it has damaged itself, before any program ran. torn: ends of an mbox that are part of a
    message. None: there can be none."""

    refused: int = 0
    unrecovered: int | None = None
    torn: int | None = None

    def add(self, other):
        super().add(other)
        for name in ("unrecovered", "torn"):
            if getattr(other, name):
                setattr(self, name, (getattr(self, name) or 0) + getattr(other, name))

    def row(self):
        some = {"damaged by recovery": self.unrecovered, "torn ends": self.torn}
        return {**super().row(), "not mountable": self.refused, **{key: n for key, n in some.items() if n is not None}}


@dataclasses.dataclass
class Run:
    """What came of the states: looked at as they are, and those that were started too: every so manieth, and those with a
    torn end."""

    seen: Counts
    started: Counts
    drained: int | None = DRAINED

    @classmethod
    def named(cls, work, kinds):
        torn, unrecovered = (0 if there_are else None for there_are in (WORKS[work].torn, WORKS[work].cuts > 1))
        return cls(*(Counts(title(work, kinds, *what), torn=torn, unrecovered=unrecovered)
                     for what in ([], ["power cuts, then a start"])))

    def look(self, work, files, where, marks):
        """Mounts the disks, judges what is there, and what becomes of it."""
        try:
            with disks.Mounted(work.disks, files):
                mails = [*work.first_of_all, *work.mails]
                torn = self.seen.torn
                verdict = Counts(self.seen.check, points=1)
                work.remains(marks).judge(verdict, f"{self.seen.check}, {where}", mails, work.accepted(marks), work.cuts + 1)
                if not verdict.is_clean() and self.may_be_the_kernels(work, marks):
                    verdict = Counts(verdict.check, points=1, unrecovered=1)
                self.seen.add(verdict)
                if verdict.unrecovered:
                    return
                if self.drained and (self.seen.points % self.drained == 0 or self.seen.torn != torn):
                    self.start(work, where, marks, mails)
        except disks.CannotMount as error:
            self.seen.refused += 1
            self.seen.details.append(f"{where}: {error}")
            if error.kind.name not in MAY_FAIL:
                self.seen.violation(f"{where}: {error}")

    def may_be_the_kernels(self, work, marks):
        """Only the kernel has written to the disks since the first cut, and not all that it wrote is there."""
        return work.marks and MOUNTED not in marks and not MAY_FAIL.isdisjoint(disk.kind.name for disk in work.disks)

    def start(self, work, where, marks, mails):
        self.started.points += 1
        trouble, remains = work.restart(marks)
        if trouble:
            self.started.violation(f"{where}: {trouble}")
        accepted = work.accepted(marks) | {mail.number for mail in work.at_start}
        remains.judge(self.started, f"{self.started.check}, {where}", [*mails, *work.at_start], accepted, work.cuts + 1)

    def take(self, work, wanted, seed, tell=lambda: None):
        """So many states of one record; before them the uncut disks, which must be good."""
        entries, copies = work.record()
        marks = work.marks + [e.data.rstrip(b"\0").decode() for e in entries if e.disk is None]
        assert {mail.number for mail in work.mails} <= work.accepted(marks) or work.marks, "not all mail was accepted"
        files = [work.folder / f"cut.{n}" for n in range(len(copies))]
        for copy, file in zip(copies, files):
            disks.copy_image(copy, file)
        uncut = Run(Counts("uncut"), Counts("uncut"), drained=1)
        uncut.look(work, files, "uncut", marks)
        if not uncut.seen.is_clean() or not uncut.started.is_clean() or uncut.seen.torn:
            self.seen.violation(f"void: the uncut disks are not good: {uncut.seen.text()} {uncut.started.text()}")
        cut = cuts.Cuts(work.disks, entries, work.folder, seed, work.marks)
        try:
            for state in cut.states(wanted):
                self.look(work, state.make(), state.name, state.marks)
                tell()
            for made, copy in zip(cut.end().make(), copies):
                if subprocess.run(["cmp", "-s", made, copy]).returncode != 0:
                    self.seen.violation("void: the record is not what was written")
        finally:
            cut.close()


def broken_is_found(kind, kinds, seed):
    """Whether mail is seen to get lost when the program that writes it does not sync."""
    run = Run(Counts("without syncs"), Counts("without syncs, started"), drained=None)
    with disks.World() as folder, contextlib.closing(kind(folder, kinds, seed, broken=kind.writer)) as work:
        run.take(work, 40, seed)
    return run.seen.lost > 0


def main(work, wanted, seed, *kinds):
    wanted, seed, kind, telling = int(wanted), int(seed), WORKS[work], 0
    run = Run.named(work, kinds)

    def tell():
        print(json.dumps(f"{run.seen.check}: {run.seen.points} of {wanted} states, {run.started.points} started"), flush=True)

    if not broken_is_found(kind.once or kind, kinds, seed):
        run.seen.violation("void: a writer that does not sync was not found out")
    while run.seen.points < wanted:
        seed += 1
        with disks.World() as folder, contextlib.closing(kind(folder, kinds, seed)) as made:
            run.take(made, min(made.states_each, wanted - run.seen.points), seed, tell)
            telling += made.is_telling()
    if not telling:
        run.seen.violation("void: what was to be at work was not")
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
