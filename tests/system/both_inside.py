"""The part of both.py that runs in the sandbox: cases as JSON in, what came of them as JSON out."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

QUEUED = pathlib.Path("/tmp/queued")
WHERE = pathlib.Path("/tmp/case")
BASE = {"PATH": "/usr/bin:/bin", "QMAILHOME": "/var/lib/qmail", "LC_ALL": "C"}


def text_of(path):
    return path.read_bytes().decode("latin-1")


def run(argv, files=(), input="", env=(), queue=0, modes=(), watch=()):
    shutil.rmtree(WHERE, ignore_errors=True)
    WHERE.mkdir()
    for name, text in dict(files).items():
        path = WHERE / name
        path.write_bytes(text.encode("latin-1"))
        path.chmod(dict(modes).get(name, 0o644))
    for place in watch:
        if pathlib.Path(place).is_file() and place not in dict(files):
            pathlib.Path(place).unlink()
    for path in (QUEUED / "message", QUEUED / "envelope"):
        path.unlink(missing_ok=True)
    (QUEUED / "code").write_text(str(queue))
    with open("/tmp/input", "wb") as f:  # seekable, as in a delivery
        f.write(input.encode("latin-1"))
    with open("/tmp/input", "rb") as stdin:
        p = subprocess.run(argv, cwd=WHERE, env={**BASE, **dict(env)}, stdin=stdin, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=60)
    found = [*(p for p in WHERE.iterdir() if p.is_file()), *(pathlib.Path(w) for w in watch if os.path.isfile(w))]
    return {"code": p.returncode, "out": p.stdout.decode("latin-1"), "err": p.stderr.decode("latin-1"),
            "files": {str(p): text_of(p) for p in sorted(found)},
            "queued": {p.name: text_of(p) for p in sorted(QUEUED.iterdir()) if p.name != "code"}}


json.dump([run(**case) for case in json.load(sys.stdin)], sys.stdout)
