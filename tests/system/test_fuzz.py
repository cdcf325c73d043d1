"""The corpora of the fuzzer, through each of its targets. tests/fuzz/run finds new inputs; what it finds is added there."""
import subprocess

import pytest

from instance import SECONDS
from paths import BUILD, TESTS

TARGETS = sorted(p.stem.removesuffix("_fuzz") for p in TESTS.glob("fuzz/*_fuzz.cc"))


def corpus(target):
    folders = [p for p in (TESTS / "fuzz/corpus").iterdir() if p.name.split(".")[0] == target]
    return sorted(f for folder in folders for f in folder.iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_corpus(target, tmp_path):
    files = corpus(target)
    assert files
    program = BUILD / "fuzz" / target
    p = subprocess.run([program, *files], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    assert (p.returncode, p.stdout) == (0, b""), p.stdout.decode(errors="replace")


def test_no_corpus_without_a_target():
    assert {p.name.split(".")[0] for p in (TESTS / "fuzz/corpus").iterdir()} == set(TARGETS)
