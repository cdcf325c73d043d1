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


def parse_message(name, content):
    """What a message file says, as a dictionary; its checksums must be right."""
    magic, _, body_sum, body, envelope, count, arrival, number, uid, pid, _, check = struct.unpack(
        "<8sIIQQQqQIIII", content[-72:])
    assert magic == b"qm++mess" and len(content) == body + envelope + 72 and str(number) == name
    assert crc32c(content[:body]) == body_sum and crc32c(content[body:-4]) == check
    sender, *recipients = content[body:-72].split(b"\0")[:-1]
    assert sender[:1] == b"F" and len(recipients) == count and all(r[:1] == b"T" for r in recipients)
    return {"number": number, "body": content[:body], "sender": sender[1:].decode(), "arrival": arrival, "uid": uid,
            "pid": pid, "checksum": check, "recipients": [r[1:].decode() for r in recipients]}


def read_message(path):
    return parse_message(path.name, path.read_bytes())


def parse_state(content, message, whole=True):
    """The records (kind, recipient, address, text) of a state file, which must be whole and the message's.

    If it need not be whole: those up to the first that does not check, and none of another message.
    """
    header = b"qm++stat" + struct.pack("<QqI", message["number"], message["arrival"], message["checksum"])
    seed = crc32c(header)
    records, at = [], 32
    try:
        assert content[:32] == header + struct.pack("<I", seed)
        while at < len(content):
            size, kind, recipient, address = struct.unpack_from("<IcII", content, at)
            record = content[at:at + 4 + size]
            assert struct.unpack_from("<I", content, at + 4 + size)[0] == crc32c(record, seed)
            records.append((kind, recipient, record[13:13 + address], record[13 + address:]))
            at += size + 8
    except (AssertionError, struct.error):
        if whole:
            raise
    return records


def read_state(path, message):
    return parse_state(path.read_bytes(), message)


def read_queue(instance):
    """All messages of an instance, oldest first; with state: their records and next try, if there is such a file."""
    found = []
    for path in instance.queued():
        message = read_message(path)
        state = instance.home / "queue/state" / path.parent.name / path.name
        message["state"] = read_state(state, message) if state.exists() else None
        message["due"] = int(state.stat().st_mtime) if state.exists() else None
        found.append(message)
    return sorted(found, key=lambda m: m["number"])
