"""What a power cut may leave of files and names, in the weakest reading of POSIX.

From a log of `strace -f -y` the model takes writes, names and syncs in their
order. What a file holds is only certain up to its last fsync; a name made,
moved or removed is only certain after an fsync of its directory, and of the
names not yet certain any subset may have reached the disk (so a rename may be
there by half: both names, or none).
"""
import itertools
import os
import re

CALL = re.compile(r"^\d+\s+(\w+)\((.*)\)\s+= (-?\d+|\?)(.*)$")
TRACED = ("chdir,open,openat,creat,write,writev,pwrite64,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
          "fsync,fdatasync,exit_group")


def strings(arguments):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)


def of_descriptor(text):
    found = re.match(r"(?:\d+|AT_FDCWD)<(.*?)(?: \(deleted\))?>", text)
    return found[1] if found else None


class Trace:
    """events: ("name", path, file or None), ("data", file, bytes), ("sync", file), ("sync names", folder), ("exit", code)."""

    def __init__(self, text):
        self.events, self.names, self.cwd, self.files = [], {}, "/", 0
        for line in text.splitlines():
            if (m := CALL.match(line)) and m[3] != "-1":
                self.call(m[1], m[2], m[3])

    def path(self, name, arguments, which=0):
        folders = re.findall(r"AT_FDCWD<(.*?)>", arguments)
        return os.path.normpath(os.path.join(folders[which] if folders else self.cwd, name))

    def call(self, name, arguments, result):
        quoted = strings(arguments)
        if name == "chdir":
            self.cwd = self.path(quoted[0], "")
        elif name in ("open", "openat", "creat") and ("O_CREAT" in arguments or name == "creat"):
            self.files += 1
            self.change(self.path(quoted[0], arguments), self.files)
        elif name in ("rename", "renameat", "renameat2"):
            old, new = self.path(quoted[0], arguments), self.path(quoted[1], arguments, -1)
            self.change(new, self.names[old])
            self.change(old, None)
        elif name in ("link", "linkat"):
            self.change(self.path(quoted[1], arguments, -1), self.names[self.path(quoted[0], arguments)])
        elif name in ("unlink", "unlinkat"):
            self.change(self.path(quoted[0], arguments), None)
        elif name in ("write", "writev", "pwrite64"):
            if (file := self.names.get(of_descriptor(arguments))) is not None:
                self.events.append(("data", file, int(result)))
        elif name in ("fsync", "fdatasync"):
            what = of_descriptor(arguments)
            if what in self.names:
                self.events.append(("sync", self.names[what]))
            else:
                self.events.append(("sync names", what))
        elif name == "exit_group":
            self.events.append(("exit", int(arguments)))

    def change(self, path, file):
        if file is None:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.events.append(("name", path, file))


def after_power_cut(events):
    """Every state that a power cut after these events may leave: {path: (file, bytes of it that are certain)}."""
    certain, uncertain, written, synced = {}, [], {}, {}
    for kind, *rest in events:
        if kind == "name":
            uncertain.append(tuple(rest))
        elif kind == "data":
            written[rest[0]] = written.get(rest[0], 0) + rest[1]
        elif kind == "sync":
            synced[rest[0]] = written.get(rest[0], 0)
        elif kind == "sync names":
            for path, file in [u for u in uncertain if os.path.dirname(u[0]) == rest[0]]:
                certain[path] = file
            uncertain = [u for u in uncertain if os.path.dirname(u[0]) != rest[0]]
    for kept in itertools.product((False, True), repeat=len(uncertain)):
        names = dict(certain)
        for keep, (path, file) in zip(kept, uncertain):
            if keep:
                names[path] = file
        yield {path: (file, synced.get(file, 0)) for path, file in names.items() if file is not None}


def faults(text, published):
    """What may go wrong by a power cut while the traced program runs: a set of words.

    published: the folder whose names count. "lost": exit 0 was given, and no whole
    file may be there. "half": a file may be there that is not whole.
    """
    events = Trace(text).events
    whole = {}
    for kind, *rest in events:
        if kind == "data":
            whole[rest[0]] = whole.get(rest[0], 0) + rest[1]
    found = set()
    for n in range(len(events) + 1):
        accepted = ("exit", 0) in events[:n]
        for state in after_power_cut(events[:n]):
            there = [size == whole[file] for path, (file, size) in state.items()
                     if path.startswith(published + "/")]
            if not all(there):
                found.add("half")
            if accepted and not any(there):
                found.add("lost")
    return found
