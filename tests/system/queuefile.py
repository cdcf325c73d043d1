"""Messages and state files as they lie in the queue (doc/internals.md), as bytes.

They are put there without a program of ours, so that what qmail-send does with
thousands of them can be tested without waiting for as many syncs.
"""
import os
import struct
import time

SPLIT = 23


def table():
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        yield n


TABLE = list(table())


def crc32c(data, before=0):
    c = before ^ 0xFFFFFFFF
    for byte in data:
        c = TABLE[(c ^ byte) & 255] ^ c >> 8
    return c ^ 0xFFFFFFFF


def message_file(number, sender, recipients, body, arrival):
    """The file, and the checksum that its state file repeats."""
    envelope = b"".join(kind + address.encode() + b"\0"
                        for kind, address in [(b"F", sender), *((b"T", r) for r in recipients)])
    trailer = b"qm++mess" + struct.pack("<IIQQQqQIII", 1, crc32c(body), len(body), len(envelope), len(recipients),
                                        arrival, number, 1000, 1, 0)
    checksum = crc32c(trailer, crc32c(envelope))
    return body + envelope + trailer + struct.pack("<I", checksum), checksum


def state_file(number, checksum, arrival, records):
    header = b"qm++stat" + struct.pack("<QqI", number, arrival, checksum)
    seed = crc32c(header)
    out = header + struct.pack("<I", seed)
    for kind, recipient, address, text in records:
        record = struct.pack("<IcII", 9 + len(address) + len(text), kind, recipient, len(address)) + address + text
        out += record + struct.pack("<I", crc32c(record, seed))
    return out


def place(instance, number, sender, recipients, records=None, due=None, age=0, body=b"Subject: x\n\n"):
    """Puts a message into the queue of an instance; with records (kind, recipient, address, text) its state too."""
    def write(folder, content, mode):
        path = instance.home / "queue" / folder / str(number % SPLIT) / str(number)
        path.write_bytes(content)
        path.chmod(mode)
        os.chown(path, instance.uid, instance.gid)
        return path

    arrival = int(time.time()) - age
    content, checksum = message_file(number, sender, recipients, body, arrival)
    write("mess", content, 0o644)
    if records is not None:
        path = write("state", state_file(number, checksum, arrival, records), 0o600)
        due = time.time() if due is None else due
        os.utime(path, (due, due))
