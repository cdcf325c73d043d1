"""Full disks, and disks that fail: some of those that tests/proof/run tries."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import trouble  # noqa: E402
from paths import SANITIZED  # noqa: E402

pytestmark = [pytest.mark.skipif(SANITIZED, reason="what reaches the disk is the same"),
              pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")]


@pytest.mark.parametrize("sort, folder, kind", trouble.QUICK, ids=lambda x: getattr(x, "name", x))
def test_nothing_accepted_is_lost(sort, folder, kind):
    verdict = trouble.check(sort, folder, kind, trouble.FEW)
    assert verdict.is_clean() and verdict.points > 50, verdict.text()


def test_a_writer_that_does_not_sync_is_found_out():
    verdict = trouble.check("failing", "queue", trouble.disks.KINDS["xfs"], trouble.FEW, writer=["no-sync"])
    assert verdict.lost or verdict.half or verdict.other
