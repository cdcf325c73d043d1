"""How much of each parser the inputs of its fuzzer's target reach: lines, counted by gcov.

The inputs are the corpus in the tree and what runs of tests/fuzz/run have left in
build/afl/found. In a build of its own, build/gcov.
"""
import json
import os
import re
import shutil
import subprocess

from paths import TOP

BUILT = TOP / "build/gcov"
# The sources that are the parser; those of the target's includes are always among them.
FURTHER = {"smtpd": ["smtp/grammar", "smtp/data", "smtp/intake", "mail/commands"],
           "qmtpd": ["smtp/qmail-qmtpd", "mail/netstring", "smtp/intake"], "qmqpd": ["smtp/qmail-qmqpd", "mail/netstring"],
           "pop3d": ["mail/commands"], "remote": ["remote/remote_report", "remote/smtp_body"], "inject": ["mail/rfc822", "mail/field", "mail/rewrite"],
           "forward": ["mail/rfc822"], "dns": ["dns/name"], "database": ["lib/cdb"]}
NOT_PARSERS = ["lib/die", "lib/sys", "lib/checksum"]


def sources(target):
    included = re.findall(r'^#include "(\w+/\S+)\.h"', (TOP / f"tests/fuzz/{target}_fuzz.cc").read_text(), re.M)
    names = dict.fromkeys([*included, *FURTHER.get(target, [])])
    return [n for n in names if n not in NOT_PARSERS and (TOP / f"src/{n}.cc").exists()]


class Covered:
    """For tests/proof/run, like a Verdict. Lines are those of the functions that the target comes to; the others are named."""

    def __init__(self, target):
        self.target, self.lines, self.reached, self.uncalled, self.missed = target, 0, 0, [], []

    def add(self, name, file):
        """What gcov says of one source, in one object."""
        count = {line["line_number"]: line["count"] for line in file["lines"]}
        for function in file["functions"]:
            lines = [n for n in count if function["start_line"] <= n <= function["end_line"]]
            if function["execution_count"] == 0:
                self.uncalled.append(re.sub(r"\(.*|\[.*", "", function["demangled_name"]))
                continue
            missed = [n for n in lines if count[n] == 0]
            self.lines += len(lines)
            self.reached += len(lines) - len(missed)
            if missed:
                self.missed.append(f"{name}.cc {ranges(missed)}")

    def row(self):
        percent = 100 * self.reached // max(self.lines, 1)
        return {"target": self.target, "parser": ", ".join(sources(self.target)), "lines": self.lines, "reached": self.reached,
                "%": percent, "not reached, below 90 %": "; ".join(self.missed) if percent < 90 else "",
                "functions it does not come to": ", ".join(dict.fromkeys(name for name in self.uncalled if name[-1:].isalnum()))}

    def is_clean(self):
        return self.lines > 0

    def text(self):
        return f"coverage of {self.target}: {self.row()}"


def ranges(numbers):
    found = []
    for n in sorted(numbers):
        if found and found[-1][1] == n - 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def inputs(target):
    folders = [*(TOP / "tests/fuzz/corpus").glob(target), *(TOP / "tests/fuzz/corpus").glob(f"{target}.*"),
               *(TOP / f"build/afl/found/{target}").glob("default/queue")]
    return sorted(f for folder in folders for f in folder.iterdir() if f.is_file())


def check(target):
    subprocess.run(["make", "-s", "-j2", f"B={BUILT}", "LIBC=native", "CXX=g++ -O0 -g --coverage", "LD=g++ --coverage",
                    "STATIC=g++ --coverage", f"{BUILT}/fuzz/{target}"], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
    counts = BUILT / f"counts.{target}"
    shutil.rmtree(counts, ignore_errors=True)
    subprocess.run([BUILT / "fuzz" / target, *inputs(target)], check=True, cwd=TOP,
                   env={**os.environ, "GCOV_PREFIX": str(counts), "GCOV_PREFIX_STRIP": str(len(BUILT.parts) - 1)})
    covered = Covered(target)
    for name in sources(target):
        data = next(counts.rglob(f"{name}.gcda"), None) or next(counts.rglob(f"tests/{target}_fuzz.gcda"))
        shutil.copy((BUILT / data.relative_to(counts)).with_suffix(".gcno"), data.with_suffix(".gcno"))
        out = subprocess.run(["gcov", "--json-format", "--demangled-names", "--stdout", data], cwd=TOP, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for file in (f for text in out.splitlines() if text.strip() for f in json.loads(text)["files"]):
            if file["file"].endswith(f"src/{name}.cc"):
                covered.add(name, file)
    return covered
