"""The fuzzer's targets, each for so many executions; the counts are those of AFL's fuzzer_stats."""
import re
import subprocess

from paths import BUILD, TOP

EXECUTIONS = 3_000_000
TARGETS = sorted(p.stem.removesuffix("_fuzz") for p in TOP.glob("tests/fuzz/*_fuzz.cc"))


class Fuzzed:
    """What became of one target; for tests/proof/run, like a Verdict."""

    def __init__(self, target, stats, output):
        self.target, self.stats, self.output = target, stats, output

    def row(self):
        def number(name):
            return int(self.stats.get(name, 0))

        return {"target": self.target, "executions": number("execs_done"), "seconds": number("run_time"),
                "inputs": number("corpus_count"), "edges": number("edges_found"), "crashes": number("saved_crashes"),
                "hangs": number("saved_hangs")}

    def is_clean(self):
        row = self.row()
        return row["executions"] > 0 and not (row["crashes"] or row["hangs"])

    def text(self):
        return f"fuzzing {self.target}: {self.output}"


def check(target, amount):
    found = BUILD / "afl/found"
    p = subprocess.run([TOP / "tests/fuzz/run", target, amount, found], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    path = found / target / "default/fuzzer_stats"
    stats = dict(re.findall(r"^(\w+) *: (.*)$", path.read_text(), re.M)) if p.returncode in (0, 1) else {}
    return Fuzzed(target, stats, p.stdout.decode(errors="replace"))
