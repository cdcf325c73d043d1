"""A sample of the states that power cuts leave on real file systems; the full numbers are tests/proof/run's."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cuts  # noqa: E402
import disks  # noqa: E402
import powercut  # noqa: E402
from paths import SANITIZED  # noqa: E402

pytestmark = pytest.mark.skipif(SANITIZED, reason="what reaches the disk is the same")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("work, kinds, _, states", powercut.SIZES, ids=lambda x: x if isinstance(x, str) else None)
def test_nothing_accepted_is_lost(work, kinds, _, states):
    verdicts = powercut.check(work, kinds, states)
    for verdict in verdicts:
        assert verdict.is_clean(), verdict.text()
    assert verdicts[0].points == states


def test_the_states_of_a_small_record(tmp_path):
    """Four blocks by hand: one flushed before the mark, one after it, and two that are not certain at the end."""
    disk = disks.Disk(disks.KINDS["ext4"], tmp_path / "image", tmp_path)
    disk.image.write_bytes(bytes(4 * cuts.BLOCK))

    def write(block, letter):
        return disks.Entry(0, block * cuts.BLOCK, letter * cuts.BLOCK)

    flush = disks.Entry(0, 0, None)
    entries = [write(0, b"a"), flush, disks.Entry(None, 0, b"accepted 1"), write(1, b"b"), flush, write(2, b"c"), write(3, b"d")]
    made = cuts.Cuts([disk], entries, tmp_path, seed=1)
    found = {}
    for state in made.states(500):
        assert state.marks == ["accepted 1"]
        [file] = state.make()
        letters = file.read_bytes()[::cuts.BLOCK].replace(b"\0", b".")
        assert letters not in found, "the same state twice"
        found[letters] = state.sum
    assert set(found) == {b"a...", b"ab..", b"abc.", b"abcd", b"ab.d"}
    assert len(set(found.values())) == len(found)
    assert made.end().sum == found[b"abcd"]
    made.close()
