"""The seeded faults can be put into the tree as it is, and name tests that there are."""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import faults  # noqa: E402
from paths import TOP  # noqa: E402


@pytest.mark.parametrize("path", faults.FAULTS, ids=lambda path: path.stem)
def test_fault(path):
    fault = faults.Fault(path)
    done = subprocess.run(["git", "apply", "--check", path], cwd=TOP, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    assert fault.changed and fault.build
    name, _, case = fault.test.partition("::")
    function = f"def {case.partition('[')[0]}(" if case else ""
    assert function in (TOP / name).read_text()
