"""Where things are."""
import atexit
import os
import pathlib
import shutil
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent.parent
TOP = TESTS.parent


def reachable_by_all(path):
    return all(p.stat().st_mode & 0o005 == 0o005 for p in [path, *path.parents])


def reachable(build):
    """The build; a copy of what is run of it, if others than root cannot get there (it is below /root, say)."""
    if os.geteuid() != 0 or not build.exists() or reachable_by_all(build):
        return build
    place = pathlib.Path(tempfile.mkdtemp(prefix="build.", dir="/var/tmp"))  # a sandbox has another /tmp
    atexit.register(shutil.rmtree, place)
    place.chmod(0o755)
    copy = place / build.name
    copy.mkdir()
    for folder in ("bin", "boot", "tests", "fuzz", "broken", "seams", "include"):
        if (build / folder).exists():
            shutil.copytree(build / folder, copy / folder, ignore=shutil.ignore_patterns("*.o", "*.d"))
    return copy


BUILD = reachable(pathlib.Path(os.environ.get("QMAIL_BUILD") or TOP / "build").resolve())
BIN = BUILD / "bin"
SANITIZED = BUILD.name == "sanitize"  # AddressSanitizer takes memory of its own, and another libc
