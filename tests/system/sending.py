"""What the tests of qmail-send share: deliveries that do as they are told, and logs without what changes."""
import os
import re
import signal
import socket
import struct

from instance import SECONDS

MESSAGE = "Subject: hello\n\nbody\n"
WAIT = "while [ ! -e {file} ]; do sleep 0.01; done; "


def plain(log):
    """A log with M1, M2 ... for the numbers of messages, and without pids and uids."""
    seen = {}
    text = re.sub(r"\b\d{16}\b", lambda m: seen.setdefault(m[0], f"M{len(seen) + 1}"), log)
    return re.sub(r" qp \d+", " qp QP", re.sub(r" uid \d+$", " uid UID", text, flags=re.M))


def local(instance, **programs):
    """For each name a local part whose mail a shell program gets, in home."""
    for name, text in programs.items():
        instance.dot_qmail(name, f"|{text}\n")


def fails(text="no", code=100):
    return f"printf '{text}'; exit {code}"


def remote(instance, script):
    """Puts a shell program into the place of qmail-remote; $host, $sender and, in "$@", recipients. Its home is the
    instance's; descriptor 0 is the message. each K says the same of every recipient."""
    path = instance.home / "bin/qmail-remote"
    path.unlink(missing_ok=True)
    instance.put("bin/qmail-remote", f"""#!/bin/sh
cd {instance.home} || exit 1
host=$1 sender=$2
shift 2
each() {{ for r; do printf 'r\\0'; done; }}
{script}
""", 0o755)


DELIVERED = """each "$@"; printf 'Kdone\\0'"""
DEFERRED = """for r; do printf 'slater\\0'; done; printf 'Dgiving up\\0'"""


def message(instance, index=0):
    return instance.queued()[index]


def trailer(path):
    """A message's arrival and ID."""
    fields = struct.unpack("<8sIIQQQqQIIII", path.read_bytes()[-72:])
    return fields[6], fields[7]


def state(path):
    """The name of a message's state file."""
    return path.parents[2] / "state" / path.parent.name / path.name


def attempts(instance, name="tried"):
    path = instance.home / name
    return path.read_text().split("\n")[:-1] if path.exists() else []


def flip(path, offset):
    """Damages one bit of a file as a disk does: its times stay."""
    st = path.stat()
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    with open(path, "r+b") as f:
        f.write(data)
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


# The control socket

def connect(instance):
    s = socket.socket(socket.AF_UNIX)
    here = os.open(instance.home / "queue/control", os.O_RDONLY)
    try:
        s.connect(f"/proc/self/fd/{here}/socket")
    finally:
        os.close(here)
    s.settimeout(SECONDS)
    return s


def ask(s, request):
    s.sendall(request + b"\0")
    answer = b""
    while not answer.endswith(b"\0"):
        got = s.recv(65536)
        if not got:
            return None
        answer += got
    return answer[:-1]


def reread(instance):
    """HUP; returns when the control files were read again."""
    instance.signal(signal.SIGHUP)
    assert ask(connect(instance), b"due 77") == b"+"
