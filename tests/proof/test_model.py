"""States after a power cut in the weakest reading of POSIX: a sample of those that tests/proof/run goes through."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import model  # noqa: E402
from paths import SANITIZED  # noqa: E402

pytestmark = pytest.mark.skipif(SANITIZED, reason="a sanitizer makes calls of its own")


def test_no_state_has_lost_anything():
    verdict = model.check(model.SAMPLE)
    assert verdict.is_clean(), verdict.text()
    assert verdict.points >= model.SAMPLE


def test_the_weakest_reading():
    """A file by hand: made, written, synced, moved to another name, removed there."""
    home = "/h"
    lines = ['1 chdir("/h/queue") = 0', '1 open("tmp/7", O_RDWR|O_CREAT, 0644) = 3</h/queue/tmp/7>',
             '1 write(3</h/queue/tmp/7>, "abcd", 4) = 4', '1 fsync(3</h/queue/tmp/7> <unfinished ...>',
             '2 write(3</h/queue/tmp/7>, "ef", 2) = 2', "1 <... fsync resumed>) = 0",
             '1 rename("tmp/7", "mess/7/7") = 0', "1 fsync(4</h/queue/mess/7>) = 0", '1 unlink("mess/7/7") = 0']
    log = model.Log("\n".join(lines), home)
    *_, _ = log.steps()
    path = "/h/queue/mess/7/7"
    assert list(log.disk.certain) == [path] and log.disk.uncertain == [(path, None)]
    file = log.disk.certain[path]
    assert file.content == b"abcdef" and file.certain == 4  # what came while it was synced is not certain
    assert log.disk.names(None, 0) == {path: file} and log.disk.names(None, 1) == {}
    assert file.version(4, zeros=True) == b"abcd\0\0"
    file.cut(3)
    assert file.content == b"abc" and file.certain == 3 and file.older == [b"abcdef"] and not file.is_certain()
