"""A trial instance: the built programs, a queue, control files and a user's home in a directory of its own.

It belongs to the caller; when the tests run as root, to the unprivileged user
below, so that what is tested is what an ordinary user gets. Its user is
tester, whose home/.qmail-default takes every other local part too.
"""
import os
import pathlib
import pwd
import re
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time

from cdbfile import cdb
from paths import BIN

UNPRIVILEGED = "nobody"
SECONDS = 60  # for anything awaited: far more than it takes, as the machine may be busy
ROLES = ("alias", "qmaild", "qmaill", "root", "qmailp", "qmailq", "qmailr", "qmails", "qmail", "nofiles")


def wait_until(what, condition, seconds=SECONDS):
    """Returns what condition() gives once that is true."""
    end = time.monotonic() + seconds
    pause = 0.002
    while True:
        if (got := condition()):
            return got
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} seconds for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def processes():
    """(pid, environment) of every process that can be looked at."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                yield int(name), pathlib.Path("/proc", name, "environ").read_bytes().split(b"\0")
            except OSError:
                pass


def kill_marked(mark):
    """Kills the processes that carry this line in their environment, and all they start meanwhile."""
    while True:
        found = [pid for pid, environment in processes() if mark in environment]
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.005)


def reachable_by_all(path):
    return all(p.stat().st_mode & 0o005 == 0o005 for p in [path, *path.parents])


class Log:
    """A file that grows, and what is awaited in it."""

    def __init__(self, path):
        self.path = path
        self.start = 0

    def text(self):
        with open(self.path, "rb") as f:
            f.seek(self.start)
            return f.read().decode(errors="replace")

    def forget(self):
        """From here on, only what comes later is looked at."""
        self.start = self.path.stat().st_size

    def find(self, pattern):
        """All matches of pattern so far."""
        return list(re.finditer(pattern, self.text(), re.M))

    def wait(self, pattern, count=1, seconds=SECONDS):
        """Waits for the count-th match of pattern (lines, ^ and $ mean theirs) and returns it."""
        compiled = re.compile(pattern, re.M)

        def found():
            matches = list(compiled.finditer(self.text()))
            return len(matches) >= count and matches[count - 1]

        try:
            return wait_until(pattern, found, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error} in the log:\n{self.text()}") from None


class Instance:
    host = "trial.example"

    def __init__(self, controls=None, directory=None):
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            self.uid, self.gid, self.identity = user.pw_uid, user.pw_gid, {
                "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        else:
            self.uid, self.gid, self.identity = os.geteuid(), os.getegid(), {}
        self.home = pathlib.Path(directory or tempfile.mkdtemp(prefix="qmail."))
        self.home.chmod(0o755)
        os.chown(self.home, self.uid, self.gid)
        self.env = {"QMAILHOME": str(self.home), "PATH": f"{self.home}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.home / "home"), "USER": "tester"}
        self.children = []
        self.send = None  # qmail-start, which becomes qmail-send
        self.port = None  # of the first door
        self.log = Log(self.home / "log")
        self.make(controls or {})

    # Setting up

    def make(self, controls):
        if reachable_by_all(BIN):
            self.make_dir("bin")
            for program in BIN.iterdir():
                (self.home / "bin" / program.name).symlink_to(program)
        else:
            shutil.copytree(BIN, self.home / "bin")
        for name in ("control", "users", "alias", "home"):
            self.make_dir(name)
        for name in ("alias/Maildir", "home/Maildir"):
            self.make_maildir(name)
        self.put("users/roles", "".join(
            f"{role}:tester:{self.gid if role in ('qmail', 'nofiles') else self.uid}\n" for role in ROLES))
        self.assign([("=", "tester", "home", "", ""), ("+", "tester-", "home", "-", ""), ("+", "", "home", "-", "")])
        self.dot_qmail("default", "./Maildir/\n")
        for name, text in {"me": self.host, **controls}.items():
            self.control(name, text)
        self.put("log", "")
        self.run("qmail-mkqueue", check=True)

    def make_dir(self, name, mode=0o755):
        path = self.home / name
        path.mkdir(parents=True)
        path.chmod(mode)
        os.chown(path, self.uid, self.gid)
        return path

    def make_maildir(self, name):
        for folder in (name, f"{name}/tmp", f"{name}/new", f"{name}/cur"):
            self.make_dir(folder, 0o700)

    def put(self, name, text, mode=0o644):
        """Writes a file of the instance as administrators do: whole, under another name first."""
        path = self.home / name
        fresh = path.with_name(path.name + ".fresh")
        fresh.write_bytes(text if isinstance(text, bytes) else text.encode())
        fresh.chmod(mode)
        os.chown(fresh, self.uid, self.gid)
        fresh.rename(path)
        return path

    def control(self, name, text):
        """Writes a control file; None removes it."""
        if text is None:
            (self.home / "control" / name).unlink(missing_ok=True)
        else:
            self.put(f"control/{name}", text if text.endswith("\n") or not text else text + "\n")

    def dot_qmail(self, extension, text, home="home", mode=0o644):
        """home/.qmail-EXTENSION, or home/.qmail for the empty extension."""
        self.put(f"{home}/.qmail{'-' if extension else ''}{extension}", text, mode)

    def assign(self, entries):
        """users/cdb from (kind, name, home folder, dash, ext): kind = for a name, + for a prefix."""
        def record(kind, name, folder, dash, ext):
            data = (b"tester", str(self.uid).encode(), str(self.gid).encode(), str(self.home / folder).encode(),
                    dash.encode(), ext.encode())
            return b"!" + name.lower().encode() + (b"\0" if kind == "=" else b""), b"\0".join(data)

        wild = "".join(sorted({name[-1:] for kind, name, *_ in entries if kind == "+"}))
        self.put("users/cdb", cdb([*(record(*e) for e in entries), (b"", wild.encode())]))

    # Running programs

    def spawn(self, *argv, env=None, cwd=None, **named):
        """Starts a program as the instance's user; close() ends it."""
        p = subprocess.Popen([str(a) for a in argv], env={**self.env, **(env or {})}, cwd=cwd or self.home,
                             start_new_session=True, **self.identity, **named)
        self.children.append(p)
        return p

    def run(self, *argv, input="", env=None, check=False, seconds=SECONDS, **named):
        """Runs a program as the instance's user and returns its CompletedProcess, output as bytes."""
        p = self.spawn(*argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **named)
        try:
            out, err = p.communicate(input.encode() if isinstance(input, str) else input, timeout=seconds)
        finally:
            p.kill()
            p.wait()
            self.children.remove(p)
        if check and p.returncode != 0:
            raise AssertionError(f"{argv}: exit {p.returncode}: {err.decode(errors='replace')}")
        return subprocess.CompletedProcess(argv, p.returncode, out, err)

    def start(self, default="./Maildir/", env=None, wait=True, prefix=()):
        """qmail-start, with its log in self.log. prefix: a command that runs it."""
        self.log.forget()
        with open(self.log.path, "ab") as log:
            self.send = self.spawn(*prefix, "qmail-start", default, env=env, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log)
        if wait:
            self.log.wait("^status: ")

    def pid(self, name):
        """The pid of a part of the running instance, such as qmail-lspawn."""
        if name == "qmail-send":
            return self.send.pid
        for child in pathlib.Path(f"/proc/{self.send.pid}/task/{self.send.pid}/children").read_text().split():
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name[:15]:
                return int(child)
        raise AssertionError(f"{name} does not run")

    def signal(self, number, name="qmail-send"):
        os.kill(self.pid(name), number)

    def stop(self):
        """Ends qmail-send as administrators do, and returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_end()

    def wait_end(self):
        code = self.send.wait(SECONDS)
        self.children.remove(self.send)
        self.send = None
        kill_marked(f"QMAILHOME={self.home}".encode()) if not self.children else None
        return code

    def crash(self):
        """Kills every process of the instance at once."""
        kill_marked(f"QMAILHOME={self.home}".encode())
        for p in self.children:
            p.wait()
        self.children.clear()
        self.send = None

    def close(self):
        self.crash()
        shutil.rmtree(self.home)

    # Mail in

    def door(self, *program, options=(), env=None, relay=True, host="127.0.0.1", prefix=()):
        """A tcpserver with qmail-smtpd (or program) behind it; returns the port that the kernel chose. prefix: a command that runs it."""
        environment = dict(env or {})
        if relay:
            environment["RELAYCLIENT"] = ""
        log = open(self.home / "door.log", "ab")
        p = self.spawn(*prefix, "tcpserver", "-1", "-v", "-H", "-R", "-l", self.host, "-c", "100", *options, host, "0",
                       *(program or ("qmail-smtpd",)), env=environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=log)
        log.close()
        port = int(p.stdout.readline())
        p.stdout.close()
        self.port = self.port or port
        return port

    def serve_queue(self, *options, prefix=()):
        """A qmail-queued; prefix: a command that runs it."""
        with open(self.home / "queued.log", "ab") as log:
            p = self.spawn(*prefix, "qmail-queued", *options, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=log)
        wait_until("qmail-queued", lambda: (self.home / "run/qmail-queued").is_socket() or p.poll() is not None)
        assert p.poll() is None, p.returncode
        return p

    def smtp(self, port=None):
        return smtplib.SMTP("127.0.0.1", port or self.port or self.door(), "client.example", SECONDS)

    def inject(self, text, *argv, env=None):
        """A message through qmail-inject."""
        return self.run("qmail-inject", *argv, input=text, env=env, check=True)

    def queue(self, message, sender, *recipients, env=None, envelope=None, program="qmail-queue"):
        """A message straight into qmail-queue; its exit code."""
        if envelope is None:
            envelope = b"F" + sender.encode() + b"\0" + b"".join(b"T" + r.encode() + b"\0" for r in recipients) + b"\0"
        with tempfile.TemporaryFile() as m, tempfile.TemporaryFile() as e:
            m.write(message.encode() if isinstance(message, str) else message)
            e.write(envelope)
            m.seek(0)
            e.seek(0)
            p = self.spawn(program, env=env, stdin=m, stdout=e, stderr=subprocess.DEVNULL)
        code = p.wait(SECONDS)
        self.children.remove(p)
        return code

    # Mail out

    def messages(self, maildir="home/Maildir"):
        """The messages of a Maildir, oldest first."""
        files = sorted((self.home / maildir / "new").iterdir(), key=lambda p: p.stat().st_mtime_ns)
        return [p.read_bytes() for p in files]

    def wait_messages(self, count=1, maildir="home/Maildir"):
        try:
            wait_until(f"{count} messages in {maildir}",
                       lambda: len(os.listdir(self.home / maildir / "new")) >= count)
        except AssertionError as error:
            raise AssertionError(f"{error}; the log:\n{self.log.text()}") from None
        return self.messages(maildir)

    def queued(self):
        """The files of the messages in the queue."""
        return sorted(p for p in (self.home / "queue/mess").glob("*/*"))

    def wait_empty(self):
        """Waits until the queue holds nothing at all."""
        try:
            wait_until("an empty queue", lambda: not self.queued())
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.queued()}; the log:\n{self.log.text()}") from None
