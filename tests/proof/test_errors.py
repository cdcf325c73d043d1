"""Each error at each system call of each program; the full sweeps, which take seconds."""
import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import errors  # noqa: E402
import instances  # noqa: E402
import memory  # noqa: E402
from invariants import Verdict  # noqa: E402
from paths import SANITIZED  # noqa: E402

pytestmark = pytest.mark.skipif(SANITIZED, reason="a sanitizer makes calls of its own, and ends where one fails")


@pytest.mark.parametrize("kind", errors.KINDS, ids=lambda kind: f"{kind.program}-{kind.__name__}")
def test_no_error_is_an_acceptance(kind):
    verdict = errors.check(kind)
    print(verdict.text())
    assert verdict.is_clean(), verdict.text()


@pytest.mark.parametrize("name, how", [("ignored-sync-error", "EIO"), ("ignored-write-error", "ENOSPC")])
def test_a_broken_writer_is_found_out(name, how):
    verdict = Verdict(name)
    errors.sweep(lambda instance: errors.Broken(instance, name), how, verdict)
    assert verdict.lost or verdict.half or verdict.other


@pytest.mark.parametrize("kind, program", instances.FAILING, ids=lambda x: x if isinstance(x, str) else x.__name__.lower())
def test_errors_in_an_instance(kind, program):
    verdict = instances.check_errors(kind, program, hows=instances.EACH_IN_TURN)
    assert verdict.is_clean(), verdict.text()


@pytest.mark.parametrize("title, sweep", [s for s in memory.SWEEPS if s[0] in memory.QUICK], ids=lambda x: x if isinstance(x, str) else "")
def test_memory_ends(title, sweep):
    verdict = memory.check(title, sweep)
    assert verdict.is_clean(), verdict.text()
