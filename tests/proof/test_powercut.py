"""A sample of the states that power cuts leave on real file systems; the full numbers are tests/proof/run's."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import powercut  # noqa: E402
from paths import SANITIZED  # noqa: E402

pytestmark = [pytest.mark.skipif(SANITIZED, reason="what reaches the disk is the same"),
              pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")]


@pytest.mark.parametrize("work, kinds, _, states", powercut.SIZES, ids=lambda x: x if isinstance(x, str) else None)
def test_nothing_accepted_is_lost(work, kinds, _, states):
    verdicts = powercut.check(work, kinds, states)
    for verdict in verdicts:
        assert verdict.is_clean(), verdict.text()
    assert verdicts[0].points == states
