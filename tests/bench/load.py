"""The load, and what came of it: smtp-source and smtp-sink, commands at once, and checks of all that arrived."""
import hashlib
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import tempfile
import time

from mta import DOMAIN, REMOTE
from instance import wait_until  # found through mta
from paths import BUILD

SIZE = 5120
LIMIT = 60  # seconds for one round
SENDER = "sender@elsewhere.example"
BODY = (b"x" * 71 + b"\n") * (SIZE // 72)
DIGEST = hashlib.sha256(BODY).digest()


def write_message(path):
    path.write_bytes(f"From: <{SENDER}>\nTo: <user@{DOMAIN}>\nSubject: bench\n\n".encode() + BODY)


def await_count(what, count, wanted, limit=LIMIT):
    """Looks often, as a round takes a second or two."""
    end = time.monotonic() + limit
    while (got := count()) < wanted:
        if time.monotonic() > end:
            raise SystemExit(f"{what}: {got} of {wanted} after {limit} seconds")
        time.sleep(0.02)


def check_bodies(what, files, wanted):
    """Each of the files has a header and then exactly the body that was sent; there are as many as wanted."""
    number = 0
    for number, path in enumerate(files, 1):
        body = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip(b"\n") + b"\n"
        if hashlib.sha256(body).digest() != DIGEST:
            raise SystemExit(f"{what}: {path} is not what was sent")
    if number != wanted:
        raise SystemExit(f"{what}: {number} messages instead of {wanted}")


class Sink:
    """smtp-sink, which keeps what comes. options: of smtp-sink."""

    def __init__(self, port, *options, keep=True):
        self.port = port
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-sink.", dir="/dev/shm"))
        self.folder.chmod(0o777)
        self.output = tempfile.TemporaryFile()
        dump = ["-d", f"{self.folder}/%M."] if keep else []
        self.process = subprocess.Popen(["smtp-sink", "-c", "-u", "nobody", *dump, *options, f"127.0.0.1:{port}", "4096"],
                                        stdout=self.output, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.known, self.recipients = 0, 0
        wait_until("smtp-sink", lambda: self.sockets("0A"))  # or the first delivery would be deferred

    def last(self, name):
        size = self.output.seek(0, 2)
        self.output.seek(max(0, size - 200))
        found = re.findall(name + rb"=(\d+)", self.output.read())
        return int(found[-1]) if found else 0

    def count(self):
        """Messages, that is transactions."""
        return self.last(rb"mesg")

    def sockets(self, state):
        """How many of its sockets are in a state of /proc/net/tcp."""
        mine = f"{self.port:04X}"
        with open("/proc/net/tcp") as f:
            return sum(fields[1].endswith(":" + mine) and fields[3] == state for fields in map(str.split, f))

    def sessions(self):
        """Connections that are open."""
        return self.sockets("01")

    def files(self):
        return self.folder.iterdir()

    def count_recipients(self):
        if (count := self.count()) != self.known:
            self.recipients = sum(len(re.findall(rb"^X-Rcpt-Args:", f.read_bytes(), re.M)) for f in self.files())
            self.known = count
        return self.recipients

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def source(mta, message, sessions, count, many, recipient):
    """smtp-source; many: all messages of a session in one connection."""
    return subprocess.Popen(["smtp-source", "-s", str(sessions), "-m", str(count), "-F", message, *(["-d"] if many else []),
                             "-f", SENDER, "-t", recipient, f"inet:127.0.0.1:{mta.port}"], stdin=subprocess.DEVNULL)


def spawner(mta, message, count, at_once, recipient, prefix=()):
    """`sendmail recipient < message`, count times."""
    return subprocess.Popen([*prefix, BUILD / "tests/spawner", str(count), str(at_once), message, *mta.sendmail, recipient],
                            env={"LC_ALL": "C", **mta.env}, **({} if prefix else mta.identity))


def send_one(mta, recipients):
    """One message by SMTP to all recipients."""
    with smtplib.SMTP("127.0.0.1", mta.port, "load.example", 60) as s:
        s.ehlo()
        s.docmd(f"MAIL FROM:<{SENDER}>")
        for r in recipients:
            code, text = s.docmd(f"RCPT TO:<{r}>")
            if code != 250:
                raise SystemExit(f"{mta.name} refuses {r}: {text}")
        code, text = s.data(b"Subject: bench\r\n\r\n" + BODY.replace(b"\n", b"\r\n"))
        if code != 250:
            raise SystemExit(f"{mta.name} does not take the message: {text}")


def in_maildir(maildir):
    return lambda: len(os.listdir(maildir)) if maildir.exists() else 0


def local_recipients(count):
    return [f"u{k}@{DOMAIN}" for k in range(1, count + 1)]


def remote_recipients(count):
    return [f"u{k}@{REMOTE}" for k in range(1, count + 1)]


def filled(boxes):
    """Counts those of the Maildirs that have got something, looking only at those that had not."""
    waiting = list(boxes)

    def count():
        while waiting and in_maildir(waiting[-1])():
            waiting.pop()
        return len(boxes) - len(waiting)

    return count


