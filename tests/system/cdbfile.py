"""cdb files as bytes, so that the tests need none of our own programs to make one."""
import struct


def hash_of(key):
    h = 5381
    for c in key:
        h = ((h * 33) & 0xFFFFFFFF) ^ c
    return h


def cdb(records):
    """The cdb of (key, data) pairs of bytes."""
    body, at, tables = b"", 2048, [[] for _ in range(256)]
    for key, data in records:
        h = hash_of(key)
        tables[h & 255].append((h, at))
        record = struct.pack("<II", len(key), len(data)) + key + data
        body += record
        at += len(record)
    head, tail = b"", b""
    for entries in tables:
        size = 2 * len(entries)
        head += struct.pack("<II", at + len(tail), size)
        slots = [(0, 0)] * size
        for h, position in entries:
            i = (h >> 8) % size
            while slots[i][1]:
                i = (i + 1) % size
            slots[i] = (h, position)
        tail += b"".join(struct.pack("<II", *slot) for slot in slots)
    return head + body + tail
