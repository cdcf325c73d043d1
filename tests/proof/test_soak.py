"""The soak in its shortest form, and that its judge sees what is wrong."""
import collections
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import soak  # noqa: E402
from paths import SANITIZED  # noqa: E402


@pytest.mark.skipif(SANITIZED, reason="it is the machine that is busy there")
def test_a_short_soak():
    verdict = soak.check(6, rate=80)
    assert verdict.is_clean() and verdict.points > 100 and verdict.about["kills"] > 20, verdict.text()


def verdict_of(log, copies, told=None, bodies=()):
    received = soak.Received()
    received.copies = collections.Counter(copies)
    for address, body in bodies:
        received.take(address, body)
    verdict = soak.SoakVerdict("judge")
    soak.judge(verdict, told or {0: soak.ACCEPTED}, received, soak.Log(line + b"\n" for line in log))
    return verdict


PLACE = "maildir-0@trial.example"  # where message 0 is to arrive
START, DONE = b"starting delivery 1: msg 7 to local maildir-0@trial.example", b"delivery 1: success: did_1+0+0/"
AGAIN, DONE_AGAIN = START.replace(b"y 1", b"y 2"), DONE.replace(b"y 1", b"y 2")


def test_one_copy_is_right():
    assert verdict_of([START, DONE], {PLACE: 1}).is_clean()


def test_no_copy_is_a_loss():
    assert verdict_of([START, DONE], {}).lost == 1
    assert verdict_of([], {}, {0: soak.REFUSED}).lost == 0
    assert verdict_of([], {}, {0: soak.UNKNOWN}).lost == 0


def test_a_copy_for_somebody_else_is_seen():
    verdict = verdict_of([START, DONE], {PLACE: 1, "mbox-0@trial.example": 1})
    assert len(verdict.other) == 1 and "nobody sent" in verdict.other[0]


@pytest.mark.parametrize("log, explained", [
    ([START, DONE], False),  # one attempt leaves one copy
    ([START, DONE, AGAIN, DONE_AGAIN], False),  # there was no reason for another
    ([START, DONE, b"ended", AGAIN, DONE_AGAIN], True),
    ([START, b"ended", AGAIN, DONE_AGAIN], True),
    ([START, b"delivery 1: deferral: qmail-local_crashed./", AGAIN, DONE_AGAIN], True),
    ([b"killing qmail-send", b"ended", START, DONE], False),  # it logs each attempt before it makes it
    ([START, b"delivery 1: sucended", AGAIN, DONE_AGAIN], True),
    ([START, DONE, b"ended", AGAIN.replace(b"msg 7", b"msg 8"), DONE_AGAIN], False),  # it was handed in once
])
def test_copies_are_explained(log, explained):
    verdict = verdict_of(log, {PLACE: 2})
    assert verdict.duplicates == 1 and verdict.is_clean() == explained


def test_half_a_message_is_seen():
    text = b"Delivered-To: x\n" + soak.Mail(0).text
    assert verdict_of([START, DONE], {}, bodies=[(PLACE, text)]).is_clean()
    assert verdict_of([START, DONE], {}, bodies=[(PLACE, text[:-3])]).half == 1
    assert verdict_of([START, DONE], {}, bodies=[(PLACE, b"Delivered-To: x\n" + soak.Mail(20).text)]).half == 1
