"""What is left of submitted messages in an instance: in its queue, in the Maildir of its user, or as a bounce.

Each message has an envelope sender of its own, tN@somewhere or, for what will
bounce, tester-tN@ the instance; by that it is known again.
"""
import dataclasses
import os
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


class Remains:
    """copies: {(number, recipient): bodies as they were sent}. damaged: what is no message at all."""

    known = {}  # of files read before: checksums in Python take their time

    def __init__(self, home):
        self.home, self.copies, self.damaged = home, {}, []
        for folder in os.scandir(home / "queue/mess"):
            for entry in os.scandir(folder):
                self.look_at_queued(folder.name, entry)
        for entry in os.scandir(home / "home/Maildir/new"):
            self.look_at_delivered(entry)

    def add(self, number, recipient, body):
        self.copies.setdefault((number, recipient), []).append(body)

    def read(self, entry):
        with open(entry.path, "rb") as f:
            content = f.read()
        key = entry.name, content
        if key not in self.known:
            try:
                self.known[key] = queuefile.parse_message(entry.name, content)
            except (AssertionError, ValueError, struct.error):
                self.known[key] = None
        return self.known[key]

    def look_at_queued(self, split, entry):
        message = self.read(entry)
        if not message:
            return self.damaged.append(f"mess/{split}/{entry.name}")
        fates, bounced = self.fates(split, message)
        for number, recipient in enumerate(message["recipients"]):
            fate = fates.get(number)
            if fate == b"K" or (fate == b"D" and bounced):
                continue  # settled: nothing more comes of it
            if message["sender"]:
                self.add(number_of(message["sender"]), recipient, as_sent(message["body"]))
            else:
                self.add_bounce(recipient, message["body"])

    def fates(self, split, message):
        """What its state file says: {recipient: letter of the last record}, and whether a bounce was sent."""
        path = self.home / "queue/state" / split / str(message["number"])
        fates, bounced = {}, False
        if path.exists():
            for kind, recipient, _, _ in queuefile.parse_state(path.read_bytes(), message, whole=False):
                bounced |= kind == b"B"
                if kind in b"KD":
                    fates[recipient] = kind
        return fates, bounced

    def add_bounce(self, to, content):
        report, _, copy = content.partition(COPY)
        failed = re.findall(rb"^<(.*)>:$", report, re.M)
        for recipient in failed or [b"nobody"]:
            self.add(number_of(to), recipient.decode(), as_sent(copy.partition(b"\n")[2]))

    def look_at_delivered(self, entry):
        with open(entry.path, "rb") as f:
            content = f.read()
        head = DELIVERED.match(content)
        if not head:
            return self.damaged.append(f"{entry.name}: {content[:80]!r}")
        sender, recipient = head[1].decode(), head[2].decode()
        if sender:
            self.add(number_of(sender), recipient, as_sent(content[head.end():]))
        else:
            self.add_bounce(recipient, content)

    def judge(self, verdict, where, mails, accepted, most):
        """mails: all that were submitted. accepted: the numbers of those that were acknowledged."""
        copies = dict(self.copies)
        for mail in mails:
            for recipient in mail.recipients:
                found = copies.pop((mail.number, recipient), [])
                verdict.judge(f"{where}: {mail.number} to {recipient}", mail.number in accepted, found, mail.body,
                              most + mail.fails, refused_may_be_there=True)
        for key in copies:
            verdict.violation(f"{where}: {key} was never sent")
        for what in self.damaged:
            verdict.half += 1
            verdict.details.append(f"{where}: half: {what}")
