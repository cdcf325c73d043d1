"""An mbox as readers see it that know a From_ line by the empty line before it (doc/man/mbox.5)."""
import re

FROM = re.compile(rb"From \S+ [A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \d{4}\n")
SOME_DAY = b"Sat Nov 21 02:36:11 2026"


def quoted(text):
    return re.sub(rb"^(?=>*From )", b">", text, flags=re.M)


def record(sender, recipient, message):
    """What a delivery of a message appends."""
    head = f"Return-Path: <{sender}>\nDelivered-To: {recipient}\n".encode()
    return b"From " + sender.encode() + b" " + SOME_DAY + b"\n" + head + quoted(message) + b"\n"


def records(content):
    """What begins at the beginning of the file or at a From_ line; NULs that a cut left there count as one."""
    return [r for r in re.split(rb"(?:\A|(?<=\n\n))(?=From |\0)", content) if r]


def message_of(text):
    """The message of a record, None if it is not whole by its form."""
    head = FROM.match(text)
    if not head or not text.endswith(b"\n\n"):
        return None
    return re.sub(rb"^>(?=>*From )", b"", text[head.end():-1], flags=re.M)
