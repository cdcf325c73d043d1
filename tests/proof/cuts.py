"""The states that a power cut may leave disks in, from the record of what was written to them.

A disk keeps what was written before its last flush. Of what came later anything
may be there: nothing, all of it, or some of the writes; of a large one some of its
pieces of 4 kB.
"""
import hashlib
import mmap
import os
import random

BLOCK = 4096
ALL, NOTHING, SOME, PIECES = "all", "nothing", "some", "pieces"


def number_of(disk, block, content):
    return int.from_bytes(hashlib.blake2b(content, digest_size=16, key=b"%d %d" % (disk, block)).digest(), "big")


def pieces(place, data):
    """A write by blocks: (block, place within it, bytes)."""
    at = 0
    while at < len(data):
        block, within = divmod(place + at, BLOCK)
        size = min(BLOCK - within, len(data) - at)
        yield block, within, data[at:at + size]
        at += size


class Image:
    """What of a disk is certain, and a sum over its blocks that tells images apart."""

    def __init__(self, number, path):
        self.number, self.sum = number, 0
        self.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.size = os.fstat(self.fd).st_size
        self.bytes = mmap.mmap(self.fd, self.size)

    def close(self):
        self.bytes.close()
        os.close(self.fd)

    def block(self, number):
        return self.bytes[number * BLOCK:(number + 1) * BLOCK]

    def overlay(self, writes):
        """The blocks that these writes make, and what they change in the sum."""
        blocks = {}
        for place, data in writes:
            for block, within, part in pieces(place, data):
                if block not in blocks:
                    blocks[block] = bytearray(self.block(block))
                blocks[block][within:within + len(part)] = part
        change = 0
        for block, content in blocks.items():
            old = self.block(block)
            if content != old:
                change += number_of(self.number, block, bytes(content)) - number_of(self.number, block, old)
        return blocks, change

    def write(self, writes):
        blocks, change = self.overlay(writes)
        self.sum += change
        for block, content in blocks.items():
            self.bytes[block * BLOCK:(block + 1) * BLOCK] = bytes(content)

    def copy_to(self, fd, blocks):
        """Makes the file fd this image, with these blocks laid over it."""
        os.ftruncate(fd, 0)
        os.ftruncate(fd, self.size)
        view, at = memoryview(self.bytes), 0
        try:
            while at < self.size:
                try:
                    start = os.lseek(self.fd, at, os.SEEK_DATA)
                except OSError:
                    break
                at = os.lseek(self.fd, start, os.SEEK_HOLE)
                os.pwrite(fd, view[start:at], start)
        finally:
            view.release()
        for block, content in blocks.items():
            os.pwrite(fd, content, block * BLOCK)


class State:
    """One of them: marks that were set by then, the sum that tells it apart, and the disks' files once make() is done."""

    def __init__(self, cuts, point, way, overlays):
        self.name = f"after {point} of {len(cuts.entries)} requests, {way} of what is not certain"
        self.cuts, self.marks, self.overlays = cuts, list(cuts.marks), [blocks for blocks, _ in overlays]
        self.sum = tuple((image.sum + change) % 2**128 for image, (_, change) in zip(cuts.images, overlays))

    def make(self):
        for image, path, blocks in zip(self.cuts.images, self.cuts.files, self.overlays):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            image.copy_to(fd, blocks)
            os.close(fd)
        return self.cuts.files


class Cuts:
    """disks: as they were when the record began; their images change as states() goes on."""

    def __init__(self, disks, entries, folder, seed, marks=()):
        self.entries, self.marks, self.random = entries, list(marks), random.Random(seed)
        self.images = [Image(n, disk.image) for n, disk in enumerate(disks)]
        self.files = [folder / f"cut.{n}" for n in range(len(disks))]
        self.pending = [[] for _ in disks]

    def close(self):
        for image in self.images:
            image.close()

    def step(self, entry):
        if entry.disk is None:
            self.marks.append(entry.data.rstrip(b"\0").decode())
        elif entry.data is None:
            self.images[entry.disk].write(self.pending[entry.disk])
            self.pending[entry.disk] = []
        else:
            self.pending[entry.disk].append((entry.place, entry.data))

    def some(self, way):
        """Of each disk, writes that were not certain but got there."""
        if way in (NOTHING, ALL):
            return [writes if way == ALL else [] for writes in self.pending]
        chosen = []
        for writes in self.pending:
            if way == PIECES:
                writes = [(block * BLOCK + within, part) for place, data in writes for block, within, part in pieces(place, data)]
            share = self.random.choice((0.1, 0.5, 0.5, 0.9))
            chosen.append([w for w in writes if self.random.random() < share])
        return chosen

    def states(self, wanted):
        """About so many different ones, spread over all points after the first acknowledgement."""
        accepted = (n for n, e in enumerate(self.entries) if e.disk is None and e.data.startswith(b"accepted"))
        first = next(accepted, len(self.entries)) if not self.marks else 0
        seen, made, credit = set(), 0, 0.0
        for point, entry in enumerate(self.entries, 1):
            self.step(entry)
            if point <= first:
                continue
            credit += (wanted - made - credit) / (len(self.entries) - point + 1)
            ways = [NOTHING, ALL] + [SOME, PIECES] * (1 + int(credit))
            self.random.shuffle(ways)
            while credit >= 1 and ways:
                way = ways.pop()
                state = State(self, point, way, [i.overlay(w) for i, w in zip(self.images, self.some(way))])
                if state.sum not in seen:
                    seen.add(state.sum)
                    made, credit = made + 1, credit - 1
                    yield state

    def end(self):
        """The state without a cut, after states() has gone through all points."""
        return State(self, len(self.entries), ALL, [i.overlay(w) for i, w in zip(self.images, self.pending)])
