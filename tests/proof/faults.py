"""Small faults in the programs, each of which a test must find.

A fault is a patch in faults/: a line that says what it breaks, `Build:` with
what make is to build below build/, `Test:` with the test that must fail.
Each is built in a copy of the tree, where the same tests pass before.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from invariants import Verdict
from paths import BUILD, TOP

FAULTS = sorted((TOP / "tests/proof/faults").glob("*.patch"))


class Fault:
    def __init__(self, path):
        text = path.read_text()
        self.name, self.text = path.stem, text
        self.what = text.partition("\n")[0]
        self.build = re.search(r"^Build: (.*)$", text, re.M)[1].split()
        self.test = re.search(r"^Test: (.*)$", text, re.M)[1]
        self.changed = re.findall(r"^\+\+\+ b/(\S+)", text, re.M)


class Copy:
    """A tree of its own, with a build."""

    def __init__(self):
        # Not below /tmp: a test's sandbox has another one.
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="faults.", dir="/var/tmp"))
        self.place.chmod(0o755)
        for path in TOP.iterdir():
            if path.name in ("src", "tests", "boot", "doc", "control.sample", "Makefile") or path.name.startswith("conf-"):
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, self.place / path.name)
        shutil.copytree(BUILD, self.place / "build", ignore=shutil.ignore_patterns("sanitize", "afl", "tidy"))
        self.make("all", "crash", "units")

    def make(self, *targets):
        done = subprocess.run(["make", "-j2", *targets], cwd=self.place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]

    def test(self, name):
        """pytest's exit code: 0 all passed, 1 some failed, anything else is trouble of another kind."""
        env = {**os.environ, "QMAIL_BUILD": str(self.place / "build"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-c", "tests/pytest.ini", "-q", "-x", name],
                              cwd=self.place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace")

    def close(self):
        shutil.rmtree(self.place)


def try_fault(copy, fault):
    """Whether the test finds it, and what it said."""
    patch = ["patch", "-p1", "-s", "-F0"]
    targets = [f"build/{t}" for t in fault.build]
    subprocess.run(patch, cwd=copy.place, input=fault.text, text=True, check=True)
    try:
        copy.make(*targets)
        return copy.test(fault.test)
    finally:
        subprocess.run([*patch, "-R"], cwd=copy.place, input=fault.text, text=True, check=True)
        for name in fault.changed:  # newer than what was built from the other
            os.utime(copy.place / name)
        copy.make(*targets)


def check(progress=lambda text: None, faults=None):
    """points: faults; a fault that no test finds is a violation."""
    faults = faults or [Fault(path) for path in FAULTS]
    verdict = Verdict("seeded faults")
    copy = Copy()
    try:
        for name in sorted({f.test for f in faults}):
            progress(f"seeded faults: {name} without one")
            code, text = copy.test(name)
            if code != 0:
                verdict.violation(f"{name} fails without a fault: {text[-1000:]}")
        for fault in faults:
            progress(f"seeded faults: {fault.name}")
            code, text = try_fault(copy, fault)
            verdict.points += 1
            if code != 1:
                verdict.violation(f"{fault.name}: not found by {fault.test} (pytest: {code})")
                verdict.details.append(text[-500:])
    finally:
        copy.close()
    return verdict
