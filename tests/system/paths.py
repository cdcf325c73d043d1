"""Where things are."""
import os
import pathlib

TESTS = pathlib.Path(__file__).resolve().parent.parent
TOP = TESTS.parent
BUILD = pathlib.Path(os.environ.get("QMAIL_BUILD") or TOP / "build").resolve()
BIN = BUILD / "bin"
