"""What `make test` runs: the cases (*.t), the unit programs and system/test_*.py.

QMAIL_BUILD names the folder of the build under test (default: build).
With $CI set, a skipped test or one expected to fail is a failure.
"""
import difflib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS / "system"))
from paths import BIN, BUILD  # noqa: E402

SECONDS = 60  # for one case or unit program

# Who is started by a shell in the background ignores it, and so would every program under test.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".t":
        return OneItem.from_parent(parent, path=file_path, item=Case)
    if file_path.name.endswith("_test.cc"):
        return OneItem.from_parent(parent, path=file_path, item=Unit)


class OneItem(pytest.File):
    def __init__(self, *, item, **named):
        super().__init__(**named)
        self.item = item

    def collect(self):
        yield self.item.from_parent(self, name=self.path.stem)


class Failed(Exception):
    pass


class Item(pytest.Item):
    def repr_failure(self, info, style=None):
        return str(info.value) if info.errisinstance(Failed) else super().repr_failure(info, style)

    def reportinfo(self):
        return self.path, None, self.name


def run_bounded(argv, **named):
    """Output and exit code of a command that gets its own process group, none of which survives."""
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         start_new_session=True, **named)
    try:
        output, _ = p.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"not done after {SECONDS} seconds")
    finally:
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        p.wait()
    return output, p.returncode


class Case(Item):
    """Shell text above a line <result>, below it what the text prints, stderr included, through cat -v."""

    def runtest(self):
        script, mark, want = self.path.read_text().partition("\n<result>\n")
        if not mark:
            raise Failed("there is no line <result>")
        with tempfile.TemporaryDirectory(prefix="case.") as empty:
            environment = {"PATH": f"{BIN}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC",
                           "TESTS": str(TESTS), "HOME": empty}
            output, _ = run_bounded(["/bin/sh", "-c", script + "\n"], cwd=empty, env=environment)
        got = subprocess.run(["cat", "-v"], input=output, stdout=subprocess.PIPE, check=True).stdout.decode()
        if got != want:
            raise Failed("".join(difflib.unified_diff(want.splitlines(True), got.splitlines(True), "expected", "got")))


class Unit(Item):
    """A program of tests/unit: says what is wrong and exits with another code than 0."""

    def runtest(self):
        with tempfile.TemporaryDirectory(prefix="unit.") as empty:
            output, code = run_bounded([str(BUILD / "tests" / self.path.stem)], cwd=empty)
        if code != 0:
            raise Failed(output.decode(errors="replace") + f"exit {code}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("CI") and (report.skipped or hasattr(report, "wasxfail")):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped or expected to fail, which CI does not accept: {report.longrepr}"
        report.__dict__.pop("wasxfail", None)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("CI") and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid}: skipped as a whole, which CI does not accept: {report.longrepr}"


@pytest.fixture
def instance():
    """A trial instance, not started yet."""
    from instance import Instance
    made = Instance()
    yield made
    made.close()


@pytest.fixture
def running(instance):
    """A trial instance with qmail-start running."""
    instance.start()
    return instance


@pytest.fixture
def outside():
    """The world outside an instance: SMTP servers and a name server."""
    from outside import Outside
    made = Outside()
    yield made
    made.close()
