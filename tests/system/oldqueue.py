"""The queue of qmail 1.03, netqmail and notqmail on the disk, written and read without a program of ours.

Files are named by the inode number of the message's file in mess/. todo
big: todo/N/ID instead of todo/ID.
"""
import os
import pathlib
import time

SPLIT = ("mess", "info", "local", "remote")
FLAT = ("pid", "intd", "todo", "bounce", "lock")


class OldQueue:
    def __init__(self, path, split=23, big_todo=False, owner=None):
        self.path = pathlib.Path(path)
        self.split, self.big_todo, self.owner = split, big_todo, owner

    def make(self):
        for part in (*SPLIT, *FLAT):
            (self.path / part).mkdir(parents=True)
        for part in (*SPLIT, *(("intd", "todo") if self.big_todo else ())):
            for n in range(self.split):
                (self.path / part / str(n)).mkdir()
        (self.path / "lock/sendmutex").touch()
        (self.path / "lock/tcpto").write_bytes(bytes(1024))
        os.mkfifo(self.path / "lock/trigger")
        return self

    def name(self, part, number):
        folder = self.path / part
        if part in SPLIT or (self.big_todo and part in ("intd", "todo")):
            folder /= str(number % self.split)
        return folder / str(number)

    def write(self, part, number, content, mtime=None):
        path = self.name(part, number)
        path.write_bytes(content)
        if mtime is not None:
            os.utime(path, (mtime, mtime))

    def add_body(self, body, birth):
        first = self.path / "pid/new"
        first.write_bytes(body)
        os.utime(first, (birth, birth))
        number = first.stat().st_ino
        first.rename(self.name("mess", number))
        return number

    def add_new(self, body, sender, *recipients, age=0, uid=1000, pid=4711):
        """A message that was accepted and not yet preprocessed."""
        birth = int(time.time()) - age
        number = self.add_body(body, birth)
        records = [f"u{uid}", f"p{pid}", f"F{sender}", *(f"T{r}" for r in recipients)]
        self.write("intd", number, "".join(r + "\0" for r in records).encode(), birth)
        os.link(self.name("intd", number), self.name("todo", number))
        return number

    def add(self, body, sender, local=None, remote=None, bounce=b"", age=0, due=0):
        """A message in delivery; local and remote are addresses with their mark in front, T or D."""
        birth = int(time.time()) - age
        number = self.add_body(body, birth)
        for part, recipients in (("local", local), ("remote", remote)):
            if recipients is not None:
                self.write(part, number, "".join(r + "\0" for r in recipients).encode(), due or birth)
        if bounce:
            self.write("bounce", number, bounce)
        self.write("info", number, f"F{sender}\0".encode(), birth)
        return number

    def numbers(self, part):
        return sorted(int(p.name) for p in (self.path / part).rglob("*") if p.is_file())

    def read(self):
        """The messages, each a dictionary, by number; the queue must keep qmail's rules."""
        found = {}
        for number in self.numbers("info"):
            assert not self.name("todo", number).exists()
            mess = self.name("mess", number)
            assert mess.stat().st_ino == number
            message = {"body": mess.read_bytes(), "birth": int(self.name("info", number).stat().st_mtime)}
            info = self.name("info", number).read_bytes()
            assert info[:1] == b"F" and info.index(b"\0") == len(info) - 1
            message["sender"] = info[1:-1].decode()
            for part in ("local", "remote"):
                path = self.name(part, number)
                message[part] = path.read_bytes().decode().split("\0")[:-1] if path.exists() else None
                message[f"due {part}"] = int(path.stat().st_mtime) if path.exists() else None
            bounce = self.name("bounce", number)
            message["bounce"] = bounce.read_bytes() if bounce.exists() else b""
            found[number] = message
        return found

    def files(self):
        """Every file with its content and times, to see that nothing was changed."""
        return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(self.path.rglob("*")) if p.is_file()}
