#!/usr/bin/python3
"""Sizes: long bodies and headers, many recipients, lengths around 2^31 and 2^32, and the memory that they take.

battery_sizes.py [--bytes N] [--recipients N ...] [--json FILE] [--only WORD]
Twice --bytes (default: 5 GB) is needed in /dev/shm, or where temporary files go.
"""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from battery_figures import lines_of  # noqa: E402
from battery_servers import HERE, Talk, peak, roomy  # noqa: E402
from figures import circumstances  # noqa: E402
from instance import SECONDS, Instance, processes, wait_until  # noqa: E402
from queuefile import crc32c, message_file, place  # noqa: E402
from servers import Listener  # noqa: E402

PIECE = 1 << 20
EDGES = [2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1, 2**32, 2**32 + 1]
FIELDS = [*EDGES, 2**32 + 100, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**64 + 5, 10**30]


class Place:
    """An instance with room for so many bytes twice, and the most memory that each of its programs has had."""

    def __init__(self, size=0, **controls):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sizes.", dir=roomy(2 * size + 200000000)))
        self.folder.chmod(0o755)
        (self.folder / "i").mkdir()
        self.instance = Instance(directory=self.folder / "i", controls={
            "me": HERE, "locals": HERE, "rcpthosts": HERE, "concurrencyremote": "4", **controls})
        self.mark = f"QMAILHOME={self.instance.home}".encode()
        self.memory, self.over = {}, threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def watch(self):
        while not self.over.wait(0.1):
            for pid, environment in processes():
                if self.mark in environment:
                    try:
                        name = pathlib.Path(os.readlink(f"/proc/{pid}/exe")).name
                    except OSError:
                        continue
                    if name.startswith("qmail-") or name == "tcpserver":
                        self.memory[name] = max(self.memory.get(name, 0), peak(pid))

    def close(self):
        self.over.set()
        self.watcher.join()
        self.instance.close()
        self.folder.rmdir()


def pieces(size, line):
    """Bytes that differ from piece to piece, in lines of so many bytes or, for 0, without an end; no dot begins one."""
    for n in range((size + PIECE - 1) // PIECE):
        start = b"%020d" % n
        text = (start + b"x" * (line - 22) + b"\r\n") * (PIECE // line) if line else start + b"x" * (PIECE - 20)
        yield text


def send_by_smtp(port, size, line, before=b""):
    """The hash of what was sent, as it is stored, and the number of its bytes."""
    talk = Talk(port, 600)
    talk.reply()
    for command in (b"EHLO client.example\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<user@%s>\r\n" % HERE.encode(),
                    b"DATA\r\n"):
        code, text = talk.ask(command)
        assert code < 400, text
    total, count = hashlib.sha256(), 0
    for piece in chain(before, size, line):
        talk.send(piece)
        stored = piece.replace(b"\r\n", b"\n")
        total.update(stored)
        count += len(stored)
    code, text = talk.ask(b".\r\n")
    assert code == 250, text
    talk.ask(b"QUIT\r\n")
    talk.close()
    return total.hexdigest(), count


def chain(before, size, line):
    """The data of a message: what is before the pieces, they, and the end of the last line."""
    yield before
    yield from pieces(size, line)
    if not line:
        yield b"\r\n"


def body(size):
    """By SMTP into the queue, from there to a program, which gets every byte."""
    p = Place(size, databytes="0")
    try:
        i = p.instance
        i.dot_qmail("default", "|sh ./take\n")
        i.start()
        port = i.door(relay=False)
        i.put("home/take", "tail -c $(cat count) | sha256sum > digest.new && mv digest.new digest\n")
        # the number is known before: what is in front of it is ours
        i.put("home/count", str(sum(len(b.replace(b"\r\n", b"\n")) for b in chain(b"", size, 1000))))
        digest, _ = send_by_smtp(port, size, 1000)
        wait_until("the delivery", (i.home / "home/digest").exists, SECONDS + size / 2e7)
        i.wait_empty()
        assert (i.home / "home/digest").read_text().split()[0] == digest
        return {"check": "body, SMTP to a program", "bytes": size, "result": "byte for byte", "memory, kB": p.memory}
    finally:
        p.close()


def header(size, line):
    """By SMTP into a program in qmail-queue's place; there is nothing but a header."""
    p = Place(databytes="0")
    try:
        i = p.instance
        # the field that was added has two lines
        take = i.put("take", f"#!/bin/sh\ntail -n +3 | sha256sum > {i.home}/home/digest; cat <&1 > /dev/null\n", 0o755)
        port = i.door(relay=False, env={"QMAILQUEUE": str(take)})
        digest, count = send_by_smtp(port, size, line, b"X-Long: ")
        assert (i.home / "home/digest").read_text().split()[0] == digest
        return {"check": f"header of {'lines' if line else 'one line'}, SMTP to a filter", "bytes": count,
                "result": "byte for byte", "memory, kB": p.memory}
    finally:
        p.close()


class Counter(Listener):
    """A server that counts: recipients by their numbers, and bytes of data, which must be NULs but for line ends."""

    def __init__(self):
        self.seen, self.doubled, self.bytes, self.other, self.size = set(), 0, 0, 0, None
        self.lock = threading.Lock()
        super().__init__()

    def serve(self, connection):
        with contextlib.suppress(ConnectionError), connection:
            connection.sendall(b"220 counter ESMTP\r\n")
            rest = b""
            while True:
                more = connection.recv(1 << 20)
                if not more:
                    return
                rest += more
                lines = rest.split(b"\r\n")
                rest = lines.pop()
                recipients = [int(line[9:].split(b"@")[0]) for line in lines if line.startswith(b"RCPT TO:<")]
                with self.lock:
                    self.doubled += sum(r in self.seen for r in recipients)
                    self.seen.update(recipients)
                answer = b""
                for line in lines:
                    found = re.search(rb"SIZE=(\d+)", line)
                    self.size = int(found[1]) if found else self.size
                    answer += {b"EHLO": b"250-counter\r\n250-PIPELINING\r\n250 SIZE 0\r\n", b"DATA": b"354 go\r\n"}.get(
                        line[:4], b"250 ok\r\n")
                connection.sendall(answer)
                if lines and lines[-1] == b"DATA":
                    self.count(connection)
                    rest = b""

    def count(self, connection):
        tail = b""
        while not tail.endswith(b"\r\n.\r\n"):
            more = connection.recv(1 << 20)
            if not more:
                return
            self.bytes += len(more)
            self.other += len(more) - more.count(0)
            tail = (tail + more)[-5:]
        connection.sendall(b"250 taken\r\n")


def remote(size):
    """A sparse file through qmail-remote."""
    p, server = Place(), Counter()
    try:
        p.instance.control("smtproutes", f":127.0.0.1:{server.port}")
        with sparse(size - 1) as f:
            process = p.instance.spawn("qmail-remote", "out.example", "", "1@out.example", stdin=f,
                                       stdout=subprocess.PIPE)
            report, _ = process.communicate(timeout=SECONDS + size / 1e7)
        assert report.startswith(b"r\0K127.0.0.1 accepted message."), report
        assert (server.bytes, server.other, server.size) == (size + 4, 5, size + 1)
        return {"check": "body, qmail-remote", "bytes": size, "result": "byte for byte", "memory, kB": p.memory}
    finally:
        server.close()
        p.close()


def many(recipients):
    """Into the queue and out again, a hundred in each transaction."""
    p, server = Place(), Counter()
    try:
        i = p.instance
        i.control("smtproutes", f":127.0.0.1:{server.port}")
        i.start()
        with tempfile.TemporaryFile(dir=roomy()) as envelope, tempfile.TemporaryFile() as message:
            envelope.write(b"F\0")
            for n in range(0, recipients, 1000):
                envelope.write(b"".join(b"T%d@out.example\0" % k for k in range(n, min(n + 1000, recipients))))
            envelope.write(b"\0")
            envelope.seek(0)
            message.write(b"Subject: many\n\n")
            message.seek(0)
            begin = time.monotonic()
            assert i.spawn("qmail-queue", stdin=message, stdout=envelope).wait(600) == 0
        accepted = time.monotonic() - begin
        wait_until("an empty queue", lambda: not i.queued(), SECONDS + recipients / 500)
        counted = (len(server.seen), server.doubled)
        assert counted == (recipients, 0), counted
        return {"check": "recipients, qmail-queue to SMTP", "recipients": recipients, "result": "each once",
                "seconds to accept": round(accepted, 1), "seconds in all": round(time.monotonic() - begin),
                "memory, kB": p.memory}
    finally:
        server.close()
        p.close()


def zeros(size):
    """The hash of so many NULs and a line end."""
    total, none = hashlib.sha256(), bytes(PIECE)
    for _ in range(size // PIECE):
        total.update(none)
    total.update(bytes(size % PIECE) + b"\n")
    return total.hexdigest()


def sparse(size, before=b""):
    """An open file: before, so many NULs that take no space, a line end."""
    f = tempfile.TemporaryFile(dir=roomy())
    f.write(before)
    f.truncate(len(before) + size)
    f.seek(0, 2)
    f.write(b"\n")
    f.seek(0)
    return f


def hashing_queue(i, size):
    """A program in qmail-queue's place that keeps the hash of the last bytes of the message."""
    text = f"#!/bin/sh\ntail -c {size} | sha256sum > {i.home}/home/digest; cat <&1 > /dev/null\n"
    return {"QMAILQUEUE": str(i.put("take", text, 0o755))}


def digest_of(i):
    return (i.home / "home/digest").read_text().split()[0]


def inject(size):
    p = Place()
    try:
        with sparse(size, b"Subject: x\n\n") as f:
            process = p.instance.spawn("qmail-inject", "user@" + HERE, stdin=f, env=hashing_queue(p.instance, size + 1))
            assert process.wait(SECONDS + size / 1e7) == 0
        assert digest_of(p.instance) == zeros(size)
        return {"check": "body, qmail-inject to a filter", "bytes": size, "result": "byte for byte",
                "memory, kB": p.memory}
    finally:
        p.close()


def qmtp(size):
    """As long as a netstring may be: doc/man/qmail-limits.7."""
    p, size = Place(databytes="0"), min(size, 2000000009 - 1)
    try:
        process = p.instance.spawn("qmail-qmtpd", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env=hashing_queue(p.instance, size))
        process.stdin.write(b"%d:\n" % (size + 1))
        total, left = hashlib.sha256(), size
        for piece in pieces(size, 1000):
            piece = piece.replace(b"\r", b"x")[:left]
            left -= len(piece)
            total.update(piece)
            process.stdin.write(piece)
        total.update(b"x" * left)
        answer, _ = process.communicate(b"x" * left + b",0:,21:17:user@here.example,,")
        assert b":Kok " in answer, answer
        assert digest_of(p.instance) == total.hexdigest()
        return {"check": "body, QMTP to a filter", "bytes": size, "result": "byte for byte", "memory, kB": p.memory}
    finally:
        p.close()


def maildir(size):
    """Into a Maildir by qmail-local, and out of it by qmail-pop3d."""
    p = Place(size)
    try:
        i = p.instance
        with sparse(size) as f:
            process = i.spawn("qmail-local", "--", "tester", i.home / "home", "tester", "", "", HERE, "", "./Maildir/",
                              stdin=f, stdout=subprocess.DEVNULL)
            assert process.wait(SECONDS + size / 1e7) == 0
        [path] = (i.home / "home/Maildir/new").iterdir()
        tail = subprocess.run(["sh", "-c", f"tail -c {size + 1} {path} | sha256sum"], stdout=subprocess.PIPE, text=True)
        assert tail.stdout.split()[0] == zeros(size)
        os.utime(path, (1, 1))  # what came in this second is not listed yet
        reader = i.spawn("qmail-pop3d", "Maildir", cwd=i.home / "home", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        reader.stdin.write(b"RETR 1\r\nQUIT\r\n")
        reader.stdin.close()
        nuls, start, end = 0, b"", b""
        while more := reader.stdout.read(PIECE):
            nuls += more.count(0)
            start, end = start or more[:200], (end + more)[-80:]
        assert nuls == size and end.endswith(b"\0\r\n\r\n.\r\n+OK \r\n"), (nuls, start, end)
        assert reader.wait(SECONDS) == 0
        return {"check": "body, qmail-local to a Maildir, and qmail-pop3d", "bytes": size, "result": "byte for byte",
                "memory, kB": p.memory}
    finally:
        p.close()


def queue_edges(sizes):
    """Sparse files of these lengths into the queue: every field that holds a length of them is right there."""
    p = Place(max(sizes))
    try:
        for size in sizes:
            with tempfile.TemporaryFile(dir=roomy()) as message, tempfile.TemporaryFile() as envelope:
                message.truncate(size)
                envelope.write(b"F\0Tuser@%s\0\0" % HERE.encode())
                envelope.seek(0)
                assert p.instance.spawn("qmail-queue", stdin=message, stdout=envelope).wait(600) == 0
            [path] = p.instance.queued()
            with open(path, "rb") as f:
                f.seek(-72, 2)
                stored = struct.unpack("<8sIIQ", f.read(24))[3]
                f.seek(0)
                assert stored == size + len(f.readline())
            lint = p.instance.run("qmail-qlint", seconds=SECONDS + size / 1e7)
            assert lint.returncode == 0, lint.stdout
            path.unlink()
        return {"check": "lengths of messages", "bytes": list(sizes), "result": "stored, checked",
                "memory, kB": p.memory}
    finally:
        p.close()


def netstring_fields(before_number=(b"", b"0", b"-", b"+", b" ")):
    """Lengths of netstrings: refused, and nothing is queued."""
    p = Place()
    try:
        points = 0
        message, sender = b"7:\nx: y\n\n,", b"0:,"
        for program, parts in (("qmail-qmtpd", (b"", message, message + sender, message + sender + b"40:")),
                               ("qmail-qmqpd", (b"", b"99:", b"99:" + message, b"99:" + message + sender))):
            for before in parts:
                for n in FIELDS:
                    for number in (sign + b"%d" % n for sign in before_number):
                        points += 1
                        done = p.instance.run(program, input=before + number + b":" + message + sender + b"20:" * 9)
                        assert done.returncode in (100, 111) and not done.stdout, (program, before, number, done)
        assert not p.instance.queued()
        return {"check": "lengths of netstrings", "points": points, "result": "refused"}
    finally:
        p.close()


def crafted():
    """Trailers and state files, checksums right, whose lengths and counts are what an attacker would like."""
    def trailer(content, **change):
        fields = dict(zip(("magic", "version", "sum", "body", "envelope", "count", "arrival", "id", "uid", "pid",
                           "zero"),
                          struct.unpack("<8sIIQQQqQIII", content[-72:-4])))
        before = crc32c(content[fields["body"]:-72])
        fields.update(change)
        raw = struct.pack("<8sIIQQQqQIII", *fields.values())
        return content[:-72] + raw + struct.pack("<I", crc32c(raw, before))

    now, made = int(time.time()), {}
    number = 1000
    for value in (*(n for n in FIELDS if n < 2**64), 0):
        for change in ({"body": value}, {"envelope": value}, {"count": value}, {"version": value & 0xFFFFFFFF},
                       {"body": value, "envelope": (100 - value) % 2**64}):
            if change.get("version") == 1:
                continue
            number += 1
            content, _ = message_file(number, "", [f"bad@{HERE}"], b"Subject: x\n\n", now)
            size = len(content) - 72
            if "envelope" in change and "body" in change:
                change["envelope"] = (size - value) % 2**64
            made[number] = trailer(content, **change)
    return made


def crafted_fields():
    """qmail-qlint names each crafted message; qmail-send puts them aside and delivers the others."""
    p = Place()
    try:
        i, bad = p.instance, crafted()
        for number, content in bad.items():
            path = i.home / "queue/mess" / str(number % 23) / str(number)
            path.write_bytes(content)
            os.chown(path, i.uid, i.gid)
        lint = i.run("qmail-qlint")
        named = {int(n) for n in re.findall(rb"\b(1\d\d\d)\b", lint.stdout + lint.stderr)}
        assert lint.returncode != 0 and set(bad) <= named, set(bad) - named
        # state files whose last record has a length, a number or a length of its address that is none
        states = 0
        for value in (*EDGES, 2**32 - 9, 16, 9, 8, 0):
            for at in (0, 5, 9):
                number = 5000 + states
                states += 1
                place(i, number, "", [f"user@{HERE}"], records=[(b"Z", 0, b"", b"later")])
                path = i.home / "queue/state" / str(number % 23) / str(number)
                raw = bytearray(path.read_bytes())
                struct.pack_into("<I", raw, 32 + at, value & 0xFFFFFFFF)
                struct.pack_into("<I", raw, len(raw) - 4, crc32c(raw[32:-4], crc32c(raw[:28])))
                path.write_bytes(raw)
        i.start()
        i.wait_messages(states)
        wait_until("the damaged ones to be put aside", lambda: {int(n)
                                                                for n in os.listdir(i.home / "queue/bad")} == set(bad))
        i.wait_empty()
        assert len(i.messages()) == states and i.send.poll() is None
        return {"check": "trailers and state files", "points": len(bad) + states,
                "result": "damaged ones put aside, all others delivered", "memory, kB": p.memory}
    finally:
        p.close()


def checks(size, *recipients):
    gigabytes = size >= 1 << 30
    return {
        "netstrings": netstring_fields if gigabytes else lambda: netstring_fields([b""]), "crafted": crafted_fields,
        "remote": lambda: remote(size),
        "line": lambda: header(size, 0), "inject": lambda: inject(size), "qmtp": lambda: qmtp(size),
        "maildir": lambda: maildir(size), "header": lambda: header(size, 1000), "body": lambda: body(size),
        "edges": lambda: queue_edges(EDGES if gigabytes else [2**16 - 1, 2**16, 2**24 + 1]),
        **{f"{n} recipients": lambda n=n: many(n) for n in recipients}}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--bytes", type=int, default=5 << 30)
    parser.add_argument("--recipients", type=int, nargs="+", default=[1000000, 5000000])
    parser.add_argument("--json")
    parser.add_argument("--only")
    a = parser.parse_args()
    about, found = circumstances(), []
    for name, check in checks(a.bytes, *a.recipients).items():
        if a.only in (None, name):
            begin = time.monotonic()
            found.append(check())
            print(f"{name} ({time.monotonic() - begin:.0f} s): {json.dumps(found[-1])}", flush=True)
    if a.json:
        pathlib.Path(a.json).write_text(lines_of({**about, "checks": found}))


if __name__ == "__main__":
    main()
