"""The mail systems that are measured: ours in a trial instance, and Debian's Postfix with a configuration of its own."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "system"))
from instance import Instance, wait_until  # noqa: E402

DOMAIN = "bench.example"
REMOTE = "remote.example"
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            return s.recv(100).startswith(b"220")
    except OSError:
        return False


def cpu_of(pids):
    """CPU seconds of processes and of the children that they waited for.

    Of a process itself in nanoseconds: a system of many small ones would lose much to the whole ticks of its times.
    """
    total = 0
    for pid in pids:
        try:
            own = int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += own / 1e9 + (int(fields[13]) + int(fields[14])) / TICK
    return total


def pss_of(pids):
    """Proportional share of memory in kB."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss: +(\d+)", text, re.M)[1])
    return total


def descendants(pid):
    found = [pid]
    for p in found:
        try:
            found += map(int, pathlib.Path(f"/proc/{p}/task/{p}/children").read_text().split())
        except OSError:
            pass
    return found


class Ours:
    name, key = "qmail++", "ours"

    def __init__(self, place, sink_port, plain=False):
        """plain: without qmail-queued, and each connection has its own qmail-smtpd."""
        self.place, self.sink_port, self.plain = place, sink_port, plain

    def version(self):
        done = subprocess.run(["git", "-C", TESTS, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True)
        return done.stdout.strip() or "-"

    def start(self, deliver=True, boxes=0, prefix=(), controls=None):
        """boxes: how many of the Maildirs of u1, u2... there are; prefix: a command that runs the mail system."""
        self.prepare(boxes, controls)
        if deliver:
            self.instance.start(prefix=prefix)
        self.open_door(prefix)

    def prepare(self, boxes=0, controls=None):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.instance = i = Instance(directory=self.place, controls={
            "locals": DOMAIN, "rcpthosts": DOMAIN, "concurrencylocal": "50", "concurrencyremote": "50",
            "smtproutes": f"{REMOTE}:[127.0.0.1]:{self.sink_port}", **(controls or {})})
        users = [("=", f"u{k}", f"boxes/u{k}", "", "") for k in range(1, boxes + 1)]
        for _, _, folder, _, _ in users:
            i.make_maildir(f"{folder}/Maildir")
        i.assign([*users, ("+", "", "home", "-", "")])
        self.maildir = i.home / "home/Maildir/new"
        self.boxes = [i.home / folder / "Maildir/new" for _, _, folder, _, _ in users]
        self.sendmail = [i.home / "bin/sendmail"]
        self.env = i.env
        self.identity = i.identity

    def open_door(self, prefix=(), limit=200):
        if not self.plain:
            self.instance.serve_queue(prefix=prefix)
        self.port = self.instance.door(options=(*(() if self.plain else ("-k", "2")), "-c", str(limit), "-b", "100"), prefix=prefix)  # Postfix's backlog

    def queued(self):
        """The files of the messages that wait."""
        return self.instance.queued()

    def queued_bodies(self, body):
        return sum(body in f.read_bytes() for f in self.queued())

    def pids(self):
        return [pid for p in self.instance.children for pid in descendants(p.pid)]

    def stop(self):
        self.instance.close()


class Postfix:
    name, key = "Postfix", "postfix"

    def __init__(self, place, sink_port):
        self.place, self.sink_port = place, sink_port

    @staticmethod
    def is_there():
        return shutil.which("postfix", path="/usr/sbin") is not None

    def version(self):
        return subprocess.run(["/usr/sbin/postconf", "-dh", "mail_version"], stdout=subprocess.PIPE,
                              text=True).stdout.strip()

    def start(self, deliver=True, further=None, boxes=0, prefix=()):
        """further: settings in place of those in postfix/main.cf; boxes and prefix as for ours."""
        shutil.rmtree(self.place, ignore_errors=True)
        for folder in ("etc", "spool", "data", "boxes"):
            (self.place / folder).mkdir(parents=True)
        shutil.chown(self.place / "data", "postfix")
        shutil.chown(self.place / "boxes", "nobody", "nogroup")
        names = [f"u{k}" for k in range(1, boxes + 1)]
        for folder in ("", *names):
            for part in ("", "Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur"):
                path = self.place / "boxes" / folder / part
                path.mkdir(exist_ok=True)
                shutil.chown(path, "nobody", "nogroup")
        self.port = free_port()
        words = {"PLACE": self.place, "SINK": self.sink_port, "PORT": self.port,
                 "ACCEPT_ONLY": "" if deliver else "check_client_access static:HOLD"}
        for name in ("main.cf", "master.cf"):
            text = (TESTS / "bench/postfix" / name).read_text()
            (self.place / "etc" / name).write_text(re.sub(r"@([A-Z_]+)@", lambda m: str(words[m[1]]), text))
        self.set(further or {})
        (self.place / "etc/boxes").write_text(f"user@{DOMAIN} Maildir/\n" + "".join(f"{u}@{DOMAIN} {u}/Maildir/\n" for u in names))
        self.maildir = self.place / "boxes/Maildir/new"
        self.boxes = [self.place / "boxes" / name / "Maildir/new" for name in names]
        self.control("start", prefix)
        wait_until("Postfix", lambda: answers(self.port))
        self.master = int((self.place / "spool/pid/master.pid").read_text())
        self.sendmail = ["/usr/sbin/sendmail", "-C", self.place / "etc"]
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(self.place / "etc")}
        self.identity = {}

    def set(self, settings):
        """Not by further lines at the end: a setting that is there twice makes postlogd warn itself until it waits for itself."""
        path = self.place / "etc/main.cf"
        kept = [line for line in path.read_text().splitlines() if line.partition("=")[0].strip() not in settings]
        path.write_text("\n".join([*kept, *(f"{k} = {v}" for k, v in settings.items())]) + "\n")

    def control(self, verb, prefix=()):
        done = subprocess.run([*prefix, "/usr/sbin/postfix", "-c", self.place / "etc", verb], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise SystemExit(f"postfix {verb}: see {self.place}/log")

    def queued(self):
        return [f for folder in ("incoming", "active", "deferred", "hold")
                for f in (self.place / "spool" / folder).rglob("*") if f.is_file()]

    def queued_bodies(self, body):
        files = self.queued()
        text = b"".join(subprocess.run(["/usr/sbin/postcat", "-c", self.place / "etc", "-b", *files[k:k + 500]],
                                       stdout=subprocess.PIPE, check=True).stdout for k in range(0, len(files), 500))
        return text.count(body) if not text.replace(body, b"").strip() else -1

    def pids(self):
        return descendants(self.master)

    def stop(self):
        self.control("abort")
        wait_until("the end of Postfix", lambda: not os.path.exists(f"/proc/{self.master}"))


def systems(place, sink_port, peer=True, plain=False):
    return [Ours(place / "ours", sink_port, plain)] + ([Postfix(place / "postfix", sink_port)] if peer and Postfix.is_there() else [])
