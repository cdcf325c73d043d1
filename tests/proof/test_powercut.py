"""A sample of the states that power cuts leave on real file systems; the full numbers are tests/proof/run's."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cuts  # noqa: E402
import disks  # noqa: E402
import mboxfile  # noqa: E402
import powercut  # noqa: E402
from paths import SANITIZED  # noqa: E402
from remains import Mail, Remains  # noqa: E402

pytestmark = pytest.mark.skipif(SANITIZED, reason="what reaches the disk is the same")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("work, kinds, _, states", [size for size in powercut.SIZES if size[3]], ids=lambda x: x if isinstance(x, str) else None)
def test_nothing_accepted_is_lost(work, kinds, _, states):
    verdicts = powercut.check(work, kinds, states)
    for verdict in verdicts:
        assert verdict.is_clean(), verdict.text()
    assert verdicts[0].points == states


def test_an_mbox_with_torn_ends():
    """What the strictest readers see of one that was cut off twice; the second end is of a message that did not come again."""
    mails = [Mail(n, f"t{n}@client.example", ("tester@trial.example",), b"Subject: x\n\nFrom me\n%d\n" % n) for n in (1, 2, 3, 4)]
    one, two, three, four = (mboxfile.record(mail.sender, *mail.recipients, mail.body) for mail in mails)

    def judge(content, accepted=(1, 3)):
        verdict = powercut.Counts("", points=1, torn=0)
        Remains([], [], content).judge(verdict, "", mails, set(accepted), 3)
        return verdict

    good = judge(one + two[:-20] + b"\0" * 9 + b"\n\n" + two + three + four[:5], (1, 2, 3))
    assert good.is_clean() and good.torn == 2, good.text()
    assert judge(one + two[:-20] + b"\n\n" + three).other  # two is nowhere as a whole
    assert judge(one + two[:-9] + b"\n" + three).lost == 1  # three is glued to it
    assert judge(one + b"x" * 9 + b"\n\n" + three).lost == 1
    assert judge(one + one[:-20] + b"\n\n" + one[:50] + b"\n\n" + one[:70] + b"\n\n" + one).other  # more than two


def test_an_mbox_may_end_anywhere_in_a_message():
    added = (b"Received: (qmail 380 invoked by uid 65534); 22 Nov 2026 01:18:13 -0000\n"
             b"Received: from unknown (HELO trial.example) (127.0.0.1)\n  by trial.example with SMTP; 22 Nov 2026 01:18:13 -0000\n")
    mail = Mail(3, "t3@client.example", ("later@trial.example",), b"line 0 of 3\nFrom 3 of 3\n")
    whole = mboxfile.record(mail.sender, *mail.recipients, added + mail.body)
    for end in range(1, len(whole)):
        for filled in (b"", bytes(len(whole) - end)):
            remains, verdict = Remains([], [], whole[:end] + filled), powercut.Counts("", points=1)
            remains.queued = {(3, "later@trial.example")}
            remains.judge_mbox(verdict, "", [mail], 1)
            assert verdict.is_clean() and verdict.torn, f"{end}: {verdict.text()}"


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
