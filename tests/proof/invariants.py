"""What must hold whatever happens to the machine, the processes or the disk; and the counts of a check that tries it.

1. What was acknowledged is there, whole: in the queue, delivered, or bounced. Otherwise it is *lost*.
2. Whatever is found is a whole message as it was submitted. Otherwise it is *half*.
3. *Duplicates* are counted; there are at most those that the check says what happened explains.
4. What was refused by qmail-queue is not there.
5. What was refused was refused for now, and a failed sync is final: it is no acceptance, and never tried again.
Breaches of 3 to 5, and of what else a check looks at, are *other* violations.
"""
import dataclasses


@dataclasses.dataclass
class Verdict:
    """Counts of one check. points: states, kills or failures tried; calls: system calls of the undisturbed run."""

    check: str
    points: int = 0
    lost: int = 0
    half: int = 0
    duplicates: int = 0
    calls: int = 0
    other: list = dataclasses.field(default_factory=list)
    details: list = dataclasses.field(default_factory=list)

    def violation(self, text):
        self.other.append(text)

    def judge(self, where, accepted, found, whole, most=1, refused_may_be_there=False):
        """One message after one point. found: what there is of it, each as whole is, if it is whole."""
        complete = [copy for copy in found if copy == whole]
        if len(complete) < len(found):
            self.half += len(found) - len(complete)
            self.details.append(f"{where}: half: {[c for c in found if c != whole][0]!r:.300}")
        if accepted and not complete:
            self.lost += 1
            self.details.append(f"{where}: lost")
        if found and not accepted:
            self.duplicates += 1  # its sender tries again
            if not refused_may_be_there:
                self.violation(f"{where}: refused, but there")
        self.duplicates += max(0, len(found) - 1)
        if len(found) > most:
            self.violation(f"{where}: {len(found)} copies")

    def judge_syncs(self, where, accepted, syncs):
        """syncs: (process and file, whether it was made to fail), in their order."""
        failed = set()
        for file, was_failed in syncs:
            if file in failed:
                self.violation(f"{where}: a failed sync was tried again")
            if was_failed:
                failed.add(file)
        if accepted and failed:
            self.violation(f"{where}: accepted, although a sync failed")

    def add(self, other):
        for name in ("points", "lost", "half", "duplicates", "calls"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.other += other.other
        self.details += other.details

    def is_clean(self):
        return self.points > 0 and not (self.lost or self.half or self.other)

    def row(self):
        """As in the files of figures."""
        return {"check": self.check, "points": self.points, "calls": self.calls, "lost": self.lost, "half": self.half,
                "duplicates": self.duplicates, "other violations": len(self.other)}

    def text(self):
        lines = [f"{self.check}: {self.row()}", *self.details[:20], *self.other[:20]]
        return "\n".join(lines)
