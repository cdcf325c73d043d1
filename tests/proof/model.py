"""What a power cut may leave in the weakest reading of POSIX, of all programs at once, from a log of their system calls.

An instance runs under strace while mail comes in, is delivered, fails, is
deferred and removed, and its qmail-send may be killed and start again. Of each file what is certain is what was written before an
fsync of it began; of each name what was made, moved or removed before an fsync of
its directory began. Names not certain may be there or not, each on its own (so a
rename may be there by half); data not certain may be missing, there in part, or
be zeros. Each state is judged as a real disk would be (remains.py, invariants.py).
"""
import codecs
import itertools
import os
import pathlib
import random
import re
import subprocess
import time

import test_crash as crash
from instance import Instance, processes, wait_until
from invariants import Verdict
from paths import BUILD
from remains import Mail, Remains, number_of

HOST = Instance.host
CALLS = ("chdir,fchdir,clone,clone3,fork,vfork,open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,sendfile,"
         "copy_file_range,splice,ftruncate,truncate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,"
         "fsync,fdatasync,syncfs,sync,sync_file_range,exit_group")
LINE = re.compile(r"(\d+) +(.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)")
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.S)
DESCRIPTOR = re.compile(r"(?:\d+|AT_FDCWD)<(.*?)>")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
BROKEN = ["no-file-sync", "no-name-sync", "rename-before-sync"]
FREE = 7  # names not certain, the last ones, of which every subset is tried
MOST = 3  # copies: one delivered when qmail-send is killed, one before the cut, one that is still to come
TITLE = "model of all programs"
STATES, SAMPLE = 1_000_000, 30_000  # in full, and in CI


class File:
    """What was written to it, how much of that is certain, and what it held before it was cut."""

    def __init__(self, creator):
        self.content, self.certain, self.creator, self.versions, self.older = b"", 0, creator, {}, []

    def version(self, size, zeros=False):
        """Its first bytes, perhaps with zeros in the place of the others."""
        if (size, zeros) not in self.versions:
            rest = bytes(len(self.content) - size) if zeros else b""
            self.versions[size, zeros] = self.content[:size] + rest
        return self.versions[size, zeros]

    def write(self, data):
        self.content += data
        self.versions.clear()

    def cut(self, size):
        self.older.append(self.content)
        self.content, self.certain = self.content[:size], min(size, self.certain)
        self.versions.clear()

    def is_certain(self):
        return self.certain == len(self.content) and not self.older


class Disk:
    """What the calls so far have made certain and what not. Only names below the folders that count are kept."""

    def __init__(self, counts):
        self.counts, self.certain, self.uncertain = counts, {}, []

    def set_name(self, path, file):
        if self.counts(path):
            self.uncertain.append((path, file))

    def begin_sync(self, path, file):
        """What an fsync that begins now makes certain when it is done."""
        return (file, len(file.content), len(file.older)) if file else [u for u in self.uncertain if os.path.dirname(u[0]) == path]

    def end_sync(self, begun):
        if isinstance(begun, tuple):
            file, size, older = begun
            file.certain, file.older = max(file.certain, size), file.older[older:]
            return
        self.certain.update(begun)
        gone = {id(u) for u in begun}
        self.uncertain = [u for u in self.uncertain if id(u) not in gone]

    def names(self, older, bits):
        """Those certain, and of the others a choice: older ones by a function, the last by the bits of a number."""
        names, first = dict(self.certain), max(0, len(self.uncertain) - FREE)
        for n, (path, file) in enumerate(self.uncertain):
            if (bits >> (n - first) & 1) if n >= first else older():
                names[path] = file
        return {path: file for path, file in names.items() if file is not None}


class Log:
    """Goes through the log of an instance; after each call that matters the disk is as it says."""

    def __init__(self, text, home, without=()):
        """without: folders whose syncs are left out, as if a program did not make them."""
        self.text, self.home, self.without = text, str(home), tuple(f"{home}/{folder}" for folder in without)
        self.names, self.folders, self.parents, self.begun = {}, {}, {}, {}
        self.disk = Disk(self.counts)
        self.accepted = set()
        for pid, child in re.findall(r"^(\d+) +(?:(?:clone3?|v?fork)\(|<\.\.\. (?:clone3?|v?fork) resumed>)[^\n]*= (\d+)$", text, re.M):
            self.parents[child] = pid

    def counts(self, path):
        return re.fullmatch(r"/queue/(mess|state)/\d+/\d+|/home/Maildir/new/[^/]+", path.removeprefix(self.home)) is not None

    def folder(self, pid):
        if pid not in self.folders:
            self.folders[pid] = self.folder(self.parents[pid]) if pid in self.parents else self.home
        return self.folders[pid]

    def path(self, pid, name, folder=None):
        return os.path.normpath(os.path.join(folder or self.folder(pid), name))

    def steps(self):
        """Yields after each call that changed what may be left."""
        unfinished = {}
        for line in self.text.splitlines():
            pid, said = LINE.fullmatch(line).groups()
            self.folder(pid)
            if said.endswith(" <unfinished ...>"):
                unfinished[pid] = said.removesuffix(" <unfinished ...>")
                self.begin(pid, unfinished[pid])
                continue
            if (again := RESUMED.fullmatch(said)):
                said = unfinished.pop(pid) + again[2]
            else:
                self.begin(pid, said)
            found = CALL.match(said)
            if found and found[3] not in ("-1",) and self.call(pid, found[1], found[2], int(found[3]) if found[3] != "?" else 0):
                yield

    def begin(self, pid, said):
        """A sync covers what was there when it began."""
        if re.match(r"f(data)?sync\(", said):
            path = DESCRIPTOR.search(said)[1].removesuffix(" (deleted)")
            self.begun[pid] = path, self.disk.begin_sync(path, self.names.get(path))

    def call(self, pid, name, arguments, result):
        """Whether it matters."""
        quoted = QUOTED.findall(arguments)
        if name == "chdir":
            self.folders[pid] = self.path(pid, quoted[0])
        elif name == "fchdir":
            self.folders[pid] = DESCRIPTOR.search(arguments)[1]
        elif name in ("open", "openat", "creat"):
            path = self.path(pid, quoted[0], self.at(arguments, name))
            if (name == "creat" or "O_CREAT" in arguments) and path not in self.names and path.startswith(self.home):
                return self.set_name(path, File(pid))
            assert "O_TRUNC" not in arguments or not self.counts(path)
        elif name in ("rename", "renameat", "renameat2", "link", "linkat"):
            folders = re.findall(r"(?:\d+|AT_FDCWD)<(.*?)>, \"", arguments) or [None, None]
            old, new = (self.path(pid, q, f) for q, f in zip(quoted, folders))
            if old in self.names:
                self.set_name(new, self.names[old])
                if name.startswith("rename"):
                    self.set_name(old, None)
                return True
        elif name in ("unlink", "unlinkat"):
            return self.set_name(self.path(pid, quoted[0], self.at(arguments, name)), None)
        elif name in ("write", "writev"):
            file = self.names.get(DESCRIPTOR.search(arguments)[1])
            if file:
                data = b"".join(codecs.escape_decode(q)[0] for q in quoted)
                assert len(data) >= result
                file.write(data[:result])
                return True
        elif name == "ftruncate":
            file = self.names.get(DESCRIPTOR.search(arguments)[1])
            if file:
                file.cut(int(arguments.rpartition(",")[2]))
                return True
        elif name in ("fsync", "fdatasync"):
            path, begun = self.begun.pop(pid)
            if not path.startswith(self.without or ("-",)):
                self.disk.end_sync(begun)
                return True
        elif name == "exit_group":
            return self.exit(pid, int(arguments))
        elif name not in ("clone", "clone3", "fork", "vfork"):
            path = DESCRIPTOR.search(arguments)
            assert not path or not self.counts(path[1]), f"the model does not know {name}"
        return False

    def at(self, arguments, name):
        return DESCRIPTOR.match(arguments)[1] if name.endswith("at") else None

    def set_name(self, path, file):
        if file is None:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.disk.set_name(path, file)
        return self.counts(path)

    def exit(self, pid, code):
        """qmail-queue's exit 0 is what counts as accepted."""
        mine = [f for p, f in self.names.items() if f.creator == pid and p.startswith(f"{self.home}/queue/")]
        for file in mine if code == 0 else []:
            sender = re.search(rb"\nF([^\0]*)\0T", file.content)
            if sender and b"qm++mess" in file.content and (number := number_of(sender[1].decode())):
                self.accepted.add(number)
        return bool(mine)


class Sweep:
    """States of one log, judged. counts go into verdict; each state is another set of files than all before."""

    def __init__(self, log, mails, verdict, seed):
        self.log, self.mails, self.verdict, self.random, self.seen = log, mails, verdict, random.Random(seed), set()

    def run(self, most):
        for _ in self.log.steps():
            if self.log.accepted:
                self.here()
            if self.verdict.points >= most:
                return

    def here(self):
        disk = self.log.disk
        free = min(FREE, len(disk.uncertain))
        olders = [lambda: True] if free == len(disk.uncertain) else [lambda: True, lambda: False, lambda: self.random.random() < 0.5]
        for older, bits in itertools.product(olders, range(1 << free)):
            names = disk.names(older, bits)
            open_files = not all(file.is_certain() for file in names.values())
            for size_of in (self.least, self.all, self.some, self.some) if open_files else (self.all,):
                self.judge({path: size_of(file) for path, file in names.items()})

    def least(self, file):
        return file.version(file.certain)

    def all(self, file):
        return file.version(len(file.content))

    def some(self, file):
        if file.is_certain():
            return self.all(file)
        if file.older and self.random.random() < 0.5:
            return self.random.choice(file.older)
        size = self.random.choice((file.certain, self.random.randint(file.certain, len(file.content))))
        return file.version(size, zeros=self.random.random() < 0.5)

    def judge(self, files):
        key = hash((frozenset(files.items()), frozenset(self.log.accepted)))
        if key in self.seen:
            return
        self.seen.add(key)
        self.verdict.points += 1
        queued, delivered = [], []
        for path, content in files.items():
            if "/mess/" in path:
                queued.append((os.path.basename(path), content, files.get(path.replace("/mess/", "/state/"))))
            elif "/new/" in path:
                delivered.append((os.path.basename(path), content))
        Remains(queued, delivered).judge(self.verdict, self.verdict.check, self.mails, self.log.accepted, MOST)


def mail(number, rng):
    kind = rng.choice(("one", "two", "fails", "later"))
    recipients = {"one": ["tester"], "two": ["tester-a", "tester-b"]}.get(kind, [kind])
    sender = f"tester-t{number}@{HOST}" if kind == "fails" else f"t{number}@client.example"
    body = b"Subject: hello\n\n" + b"%d\n" % number * rng.randrange(1, 200)
    return Mail(number, sender, tuple(f"{r}@{HOST}" for r in recipients), body, (f"fails@{HOST}",) if kind == "fails" else ())


def qmail_send(instance):
    mark = f"QMAILHOME={instance.home}".encode()
    for pid, environment in processes():
        if mark in environment:
            try:
                if pathlib.Path(f"/proc/{pid}/comm").read_text() == "qmail-send\n":
                    return pid
            except OSError:  # it has ended
                pass
    return None


def record(seed, broken=None):
    """The log of an instance's calls, its folder, and its mail."""
    rng = random.Random(seed)
    mails = [mail(number, rng) for number in range(1, 11)]
    killed = rng.choice((None, 3, 5, 8))  # after that message qmail-send is killed, and starts again
    instance = Instance(controls={"locals": HOST})
    try:
        if broken:
            (instance.home / "bin/qmail-queue").unlink()
            (instance.home / "bin/qmail-queue").symlink_to(BUILD / "broken" / broken / "qmail-queue")
        instance.dot_qmail("fails", "|echo no; exit 100\n")
        instance.dot_qmail("later", f"|test -e {instance.home}/open || exit 111\n./Maildir/\n")
        log = instance.put("trace", "", 0o666)
        with open(instance.log.path, "ab") as said:
            shell = instance.spawn("strace", "-f", "-y", "-s", "1000000", "--seccomp-bpf", "-o", log, "-e", f"trace={CALLS}",
                                   "sh", stdin=subprocess.PIPE, stdout=said, stderr=said)
        shell.stdin.write(b"while ! qmail-start ./Maildir/ </dev/null; do :; done &\n")
        shell.stdin.flush()
        instance.log.wait("^status: ")
        pid = wait_until("qmail-send", lambda: qmail_send(instance))
        for m in mails:
            instance.put(f"message.{m.number}", m.body)
            instance.put(f"envelope.{m.number}", "\0".join([f"F{m.sender}", *(f"T{r}" for r in m.recipients), "", ""]))
            shell.stdin.write(f"qmail-queue <message.{m.number} 1<envelope.{m.number} &\n".encode())
            shell.stdin.flush()
            time.sleep(rng.choice((0, 0, 0.05)))
            if m.number == killed:
                os.kill(pid, 9)
                pid = wait_until("another qmail-send", lambda: (now := qmail_send(instance)) != pid and now)
        later = sum(m.recipients[0].startswith("later@") for m in mails)
        wait_until("all mail", lambda: {int(n) for n in re.findall(r"^info msg .* from <(?:tester-)?t(\d+)@", instance.log.text(), re.M)}
                   == {m.number for m in mails})
        wait_until("all that can be delivered", lambda: len(instance.queued()) <= later)
        instance.put("open", "")
        assert crash.drain(instance, pid, shell)
        os.kill(pid, 15)
        shell.stdin.close()
        assert shell.wait(60) == 0
        instance.children.remove(shell)
        return log.read_text(), instance.home, mails
    finally:
        instance.close()


def check(states, progress=lambda text: None, seed=1):
    """So many different states of as many logs as it takes; before them, broken programs must be found out."""
    verdict = Verdict(TITLE)
    for broken in BROKEN:
        log, home, mails = record(seed, broken)
        found = Verdict(broken)
        Sweep(Log(log, home), mails, found, seed).run(5000)
        if not found.lost and not found.half:
            verdict.violation(f"void: {broken} was not found out")
    log, home, mails = record(seed)
    found = Verdict("qmail-local without syncs")
    Sweep(Log(log, home, without=["home/Maildir"]), mails, found, seed).run(20000)
    if not found.lost:
        verdict.violation("void: a qmail-local that does not sync was not found out")
    while verdict.points < states:
        Remains.known.clear()
        seed += 1
        log, home, mails = record(seed)
        made = Log(log, home)
        before = verdict.points
        Sweep(made, mails, verdict, seed).run(states)
        if made.accepted != {m.number for m in mails} and verdict.points < states:
            verdict.violation(f"void: of the log {seed} only {made.accepted} was accepted")
        assert verdict.points > before
        progress(f"{verdict.check}: {verdict.points} of {states} states, {seed - 1} logs")
    return verdict
