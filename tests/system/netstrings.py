"""Netstrings, and a QMTP server that answers as it is told."""
import contextlib
import threading

from outside import DROP, HANG
from servers import Listener


def netstring(data):
    data = data.encode() if isinstance(data, str) else data
    return b"%d:%s," % (len(data), data)


def split(data):
    """The netstrings of which data consists."""
    parts, at = [], 0
    while at < len(data):
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        assert data[end:end + 1] == b",", data[at:end + 1]
        parts.append(data[colon + 1:end])
        at = end + 1
    return parts


def qmtp(message, sender, *recipients):
    return netstring(message) + netstring(sender) + netstring(b"".join(netstring(r) for r in recipients))


class QmtpServer(Listener):
    """Takes messages, (text, sender, recipients), into taken; the connections into sessions.

    Replies by stage: connect, body (after the first part of the message), and
    answers, all that is said to one message: bytes, DROP, HANG, a pause in seconds,
    a list of those to do one after the other, or None, which is K for every recipient.
    """

    def __init__(self, address="127.0.0.1", port=0, connect=None, body=None, answers=None):
        self.connect, self.body, self.answers = connect, body, answers
        self.sessions, self.taken = 0, []
        self.over = threading.Event()
        super().__init__(address, port)

    def close(self):
        self.over.set()
        super().close()

    def say(self, connection, what):
        """False: no further talk."""
        for one in what if isinstance(what, list) else [what]:
            if one is HANG:
                self.over.wait()
            if one is HANG or one is DROP:
                return False
            if isinstance(one, float):
                self.over.wait(one)
            elif one:
                connection.sendall(one)
        return True

    def serve(self, connection):
        self.sessions += 1
        with contextlib.suppress(OSError), connection:
            f = connection.makefile("rb")
            while self.say(connection, self.connect) and (length := self.length(f)) is not None:
                start = f.read(min(length, 1000))
                if not self.say(connection, self.body):
                    return
                text = start + f.read(length - len(start))
                assert f.read(1) == b","
                sender = f.read(self.length(f))
                assert f.read(1) == b","
                recipients = split(f.read(self.length(f)))
                assert f.read(1) == b","
                self.taken.append((text, sender, recipients))
                answers = self.answers if self.answers is not None else netstring("Kok") * len(recipients)
                if not self.say(connection, answers):
                    return

    @staticmethod
    def length(f):
        digits = b""
        while (c := f.read(1)) not in (b":", b""):
            digits += c
        return int(digits) if c else None
