"""What is left of submitted messages: in an instance's queue, in the Maildir and mbox of its user, as a bounce, elsewhere.

Each message has an envelope sender of its own, tN@somewhere or, for what will
bounce, tester-tN@ the instance; by that it is known again.
"""
import dataclasses
import re
import struct

import mboxfile
import queuefile

ADDED = re.compile(rb"\A(?:Received: \(qmail [^\n]*\n|Received: from [^\n]*\n(?:[ \t][^\n]*\n)*)*")
DELIVERED = re.compile(rb"\AReturn-Path: <([^\n]*)>\nDelivered-To: ([^\n]*)\n")
COPY = b"\n--- Below this line is a copy of the message.\n\n"
NUMBER = re.compile(r"\bt(\d+)@")


@dataclasses.dataclass(frozen=True)
class Mail:
    """As submitted. fails: the recipients for whom it comes back as a bounce."""

    number: int
    sender: str
    recipients: tuple
    body: bytes
    fails: tuple = ()


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


def begins_record(text, mails):
    """Whether a text is how the record of a mail in an mbox begins: what a cut leaves of it, with NULs for the rest."""
    line, end, rest = text.rstrip(b"\n\0").partition(b"\n")
    if not end:
        return b"From ".startswith(line[:5])
    head = DELIVERED.match(rest)
    if not mboxfile.FROM.match(line + end) or not head:
        return bool(mboxfile.FROM.match(line + end)) and b"Return-Path: <".startswith(rest[:14])
    if not head[1]:
        return True  # a bounce
    left = as_sent(rest[head.end():])
    return b"Received: ".startswith(left[:10]) or b"  by ".startswith(left[:5]) or any(
        mboxfile.quoted(mail.body).startswith(left) for mail in mails if mail.number == number_of(head[1].decode()))


class Remains:
    """copies: {(number, recipient): bodies as they were sent}. queued: those of them that are in the queue. damaged: what
    is no message at all."""

    known = {}  # of files looked at before: checksums in Python take their time

    def __init__(self, queued, delivered, mbox=b"", received=()):
        """queued: (name, content, content of the state file or None); delivered: (name, content); mbox: its content;
        received: (sender, recipients, content) of what another machine has."""
        self.copies, self.damaged, self.mbox = {}, [], mboxfile.records(mbox)
        for name, content, state in queued:
            self.add(f"mess/{name}", (name, content, state), parts_of_queued)
        self.queued = set(self.copies)
        for name, content in delivered:
            self.add(f"new/{name}", (content,), parts_of_delivered)
        for sender, recipients, content in received:
            for recipient in recipients:
                self.copies.setdefault((number_of(sender), recipient), []).append(as_sent(content))

    @classmethod
    def of(cls, home, received=()):
        def read(path):
            return path.read_bytes() if path.exists() else None

        queued = ((p.name, p.read_bytes(), read(home / "queue/state" / p.parent.name / p.name))
                  for p in home.glob("queue/mess/*/*"))
        delivered = ((p.name, p.read_bytes()) for p in home.glob("home/Maildir/new/*"))
        return cls(queued, delivered, read(home / "home/Mailbox") or b"", received)

    def add(self, name, key, parts_of):
        if key not in self.known:
            self.known[key] = parts_of(*key)
        if self.known[key] is None:
            self.damaged.append(name)
        for part, body in self.known[key] or []:
            self.copies.setdefault(part, []).append(body)

    def judge_mbox(self, verdict, where, mails, cuts):
        """Whole messages become copies. A cut may leave part of one, which is in the queue still or came again behind."""
        whole = {mail.number: mail.body for mail in mails}
        later, torn = set(self.queued), 0
        for text in reversed(self.mbox):
            message = mboxfile.message_of(text)
            parts = parts_of_delivered(message) if message is not None else None
            if parts and all(body == whole.get(number) for (number, _), body in parts):
                for part, body in parts:
                    self.copies.setdefault(part, []).append(body)
                    later.add(part)
                continue
            torn += 1
            head = DELIVERED.match(text.partition(b"\n")[2])
            if not begins_record(text, mails):
                verdict.half += 1
                verdict.details.append(f"{where}: half: in the mbox: {text!r:.300}")
            elif head and head[1] and (number_of(head[1].decode()), head[2].decode()) not in later:
                verdict.violation(f"{where}: part of a message that is not in the queue: {text!r:.300}")
        if torn > cuts:
            verdict.violation(f"{where}: {torn} parts of messages")
        if torn:
            verdict.torn = (verdict.torn or 0) + torn

    def judge(self, verdict, where, mails, accepted, most):
        """mails: all that were submitted. accepted: the numbers of those that were acknowledged.

        most: copies of one message: one for each cut that made a delivery come again, and one that is still to come.
        What fails may be sent back once more after each cut, and each of these bounces may come again after the later ones.
        """
        self.judge_mbox(verdict, where, mails, most - 1)
        copies = dict(self.copies)
        for mail in mails:
            for recipient in mail.recipients:
                found = copies.pop((mail.number, recipient), [])
                verdict.judge(f"{where}: {mail.number} to {recipient}", mail.number in accepted, found, mail.body,
                              most * (most + 1) // 2 if recipient in mail.fails else most, refused_may_be_there=True)
        for key in copies:
            verdict.violation(f"{where}: {key} was never sent")
        for what in self.damaged:
            verdict.half += 1
            verdict.details.append(f"{where}: half: {what}")
