"""Runs programs of Debian's dot-forward and fastforward and ours on the same input, in one sandbox.

Both find their root in /var/lib/qmail, where a recorder stands in for qmail-queue.
"""
import json
import re

from paths import BIN, TESTS
from sandbox import Sandbox

ROOT = "/var/lib/qmail"  # of Debian's packages
CONTROLS = {"me": "me.host.test", "defaulthost": "dh", "defaultdomain": "dd.test", "plusdomain": "pd.test"}
RECORDER = """#!/bin/sh
cat > /tmp/queued/message; tr '\\0' '|' <&1 > /tmp/queued/envelope; exit $(cat /tmp/queued/code)
"""
THEIRS = {"newaliases": "/usr/sbin/qmail-newaliases"}


class Both:
    def __init__(self):
        self.box = Sandbox("me.host.test")
        # The packages' programs stand elsewhere, with links to them in bin.
        self.box.run(f"rm -rf {ROOT}; mkdir -p {ROOT}/bin {ROOT}/control; mkdir -m 777 /tmp/queued")
        self.box.put(f"{ROOT}/bin/qmail-queue", RECORDER, 0o755)
        self.box.run(f"ln -s {BIN}/preline /usr/bin/preline")  # of qmail, and not of the packages
        for name, text in CONTROLS.items():
            self.box.put(f"{ROOT}/control/{name}", text + "\n")

    def close(self):
        self.box.close()

    def run(self, cases):
        """cases: lists of (program, arguments, named) with named for Case; returns for each theirs and ours."""
        wanted = []
        for program, arguments, named in cases:
            for path in (THEIRS.get(program, f"/usr/bin/{program}"), f"{BIN}/{program}"):
                wanted.append({"argv": [path, *arguments], **named})
        text = self.box.run(f"/usr/bin/python3 {TESTS}/system/both_inside.py", input=json.dumps(wanted))
        results = [Result(r) for r in json.loads(text)]
        assert len(results) == 2 * len(cases)
        return list(zip(results[::2], results[1::2]))

    def compare(self, cases):
        """Runs all, and returns ours; what differs, beyond the places that ours names, is an error."""
        ours = []
        for (program, arguments, named), (theirs, mine) in zip(cases, self.run(cases)):
            assert mine.comparable() == theirs.comparable(), f"{program} {arguments} {named}:\n{theirs}\n{mine}"
            ours.append(mine)
        return ours


class Result:
    """What a run left: exit code, output, files that it made, what it queued; bytes as latin-1."""

    def __init__(self, values):
        self.code, self.out, self.err = values["code"], values["out"], values["err"]
        self.files, self.queued = values["files"], values["queued"]

    def __repr__(self):
        return f"exit {self.code}, out {self.out!r}, err {self.err!r}, files {self.files}, queued {self.queued}"

    def comparable(self):
        err = re.sub(r"\bqp \d+", "qp N", self.err)
        err = re.sub(r"(fatal: )(\S+ )?line \d+: ", r"\1", err)
        err = re.sub(r"(unable to parse this line: )\n*([^\n]*)[^\0]*", r"\1\2\n", err)
        err = err.replace("protocol error", "input/output error").replace(": no error\n", "\n")  # of a damaged cdb; of a signal
        # What is half done at an error stays with theirs.
        files = {n: t for n, t in self.files.items() if self.code == 0 or not n.endswith(("tmp", "TMP"))}
        # Of a bad list theirs prints what stands in front or not, as it happens.
        out = "" if "bad mailing list format" in err else self.out
        return self.code, out, err, files, self.queued
