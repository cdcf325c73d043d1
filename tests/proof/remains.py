"""What is left of submitted messages in an instance: in its queue, in the Maildir of its user, or as a bounce.

Each message has an envelope sender of its own, tN@somewhere or, for what will
bounce, tester-tN@ the instance; by that it is known again.
"""
import dataclasses
import re
import struct

import queuefile

ADDED = re.compile(rb"\A(?:Received: \(qmail [^\n]*\n|Received: from [^\n]*\n(?:[ \t][^\n]*\n)*)*")
DELIVERED = re.compile(rb"\AReturn-Path: <([^\n]*)>\nDelivered-To: ([^\n]*)\n")
COPY = b"\n--- Below this line is a copy of the message.\n\n"
NUMBER = re.compile(r"\bt(\d+)@")


@dataclasses.dataclass(frozen=True)
class Mail:
    """As submitted. fails: it comes back as a bounce."""

    number: int
    sender: str
    recipients: tuple
    body: bytes
    fails: bool = False


def as_sent(content):
    """Without the lines that were added on the way."""
    return content[ADDED.match(content).end():]


def number_of(address):
    found = NUMBER.search(address)
    return int(found[1]) if found else None


def parts_of_queued(name, content, state):
    """What is still to come of a file in mess/, given its state file: [((number, recipient), body)]; None if it is damaged."""
    try:
        message = queuefile.parse_message(name, content)
    except (AssertionError, ValueError, struct.error):
        return None
    records = queuefile.parse_state(state, message, whole=False) if state is not None else []
    bounced = any(kind == b"B" for kind, *_ in records)
    settled = {recipient: kind for kind, recipient, _, _ in records if kind in b"KD"}
    parts = []
    for number, recipient in enumerate(message["recipients"]):
        fate = settled.get(number)
        if fate == b"K" or (fate == b"D" and bounced):
            continue  # nothing more comes of it
        if message["sender"]:
            parts.append(((number_of(message["sender"]), recipient), as_sent(message["body"])))
        else:
            parts += parts_of_bounce(recipient, message["body"])
    return parts


def parts_of_bounce(to, content):
    report, _, copy = content.partition(COPY)
    failed = re.findall(rb"^<(.*)>:$", report, re.M)
    return [((number_of(to), recipient.decode()), as_sent(copy.partition(b"\n")[2])) for recipient in failed or [b"nobody"]]


def parts_of_delivered(content):
    head = DELIVERED.match(content)
    if not head:
        return None
    sender, recipient = head[1].decode(), head[2].decode()
    if not sender:
        return parts_of_bounce(recipient, content)
    return [((number_of(sender), recipient), as_sent(content[head.end():]))]


class Remains:
    """copies: {(number, recipient): bodies as they were sent}. damaged: what is no message at all."""

    known = {}  # of files looked at before: checksums in Python take their time

    def __init__(self, queued, delivered):
        """queued: (name, content, content of the state file or None); delivered: (name, content)."""
        self.copies, self.damaged = {}, []
        for name, content, state in queued:
            self.add(f"mess/{name}", (name, content, state), parts_of_queued)
        for name, content in delivered:
            self.add(f"new/{name}", (content,), parts_of_delivered)

    @classmethod
    def of(cls, home):
        def read(path):
            return path.read_bytes() if path.exists() else None

        queued = ((p.name, p.read_bytes(), read(home / "queue/state" / p.parent.name / p.name))
                  for p in home.glob("queue/mess/*/*"))
        return cls(queued, ((p.name, p.read_bytes()) for p in home.glob("home/Maildir/new/*")))

    def add(self, name, key, parts_of):
        if key not in self.known:
            self.known[key] = parts_of(*key)
        if self.known[key] is None:
            self.damaged.append(name)
        for part, body in self.known[key] or []:
            self.copies.setdefault(part, []).append(body)

    def judge(self, verdict, where, mails, accepted, most):
        """mails: all that were submitted. accepted: the numbers of those that were acknowledged.

        most: copies of one message: one for each cut that made a delivery come again, and one that is still to come.
        What fails may be sent back once more after each cut, and each of these bounces may come again after the later ones.
        """
        copies = dict(self.copies)
        for mail in mails:
            for recipient in mail.recipients:
                found = copies.pop((mail.number, recipient), [])
                verdict.judge(f"{where}: {mail.number} to {recipient}", mail.number in accepted, found, mail.body,
                              most * (most + 1) // 2 if mail.fails else most, refused_may_be_there=True)
        for key in copies:
            verdict.violation(f"{where}: {key} was never sent")
        for what in self.damaged:
            verdict.half += 1
            verdict.details.append(f"{where}: half: {what}")
