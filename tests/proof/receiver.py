"""An SMTP server behind which no disk is cut: what it has acknowledged it has, whatever becomes of the sender."""
import contextlib
import pathlib
import re
import threading

from servers import Listener

ADDRESS = re.compile(rb":\s*<(.*?)>")
REFUSED, DEFERRED, LET_GO = b"554 not this", b"451 not yet", None
# By the first word of a recipient: what comes of it, at which stage, and whether only until open.
FATES = {"no": ("RCPT", REFUSED, False), "reject": ("end", REFUSED, False), "later": ("RCPT", DEFERRED, True),
         "after": ("end", DEFERRED, True), "break": ("DATA", LET_GO, True)}


class Receiver(Listener):
    """taken: (sender, recipients, content) of all that it took. once_open: a file; recipients that are deferred are
    taken once it exists. tell: is called with the place of a message in taken before that is acknowledged.
    most_on_one: messages that came over one connection."""

    def __init__(self, once_open: pathlib.Path, tell):
        self.taken, self.once_open, self.tell, self.most_on_one, self.lock = [], once_open, tell, 0, threading.Lock()
        super().__init__()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            self.talk(connection, lines)

    def fate(self, recipients, stage):
        """The reply that is not the usual one; b"" if it is."""
        for recipient in recipients:
            at, reply, until_open = FATES.get(recipient.partition("-")[0], ("", b"", False))
            if at == stage and not (until_open and self.once_open.exists()):
                return reply
        return b""

    def take(self, sender, recipients, content):
        with self.lock:
            self.taken.append((sender, tuple(recipients), content))
            self.tell(len(self.taken) - 1)

    def talk(self, connection, lines):
        def say(reply):
            connection.sendall(reply + b"\r\n")

        say(b"220 receiver ESMTP")
        sender, recipients, taken = None, [], 0
        for line in lines:
            verb = line[:4].upper().strip()
            address = ADDRESS.search(line)
            if verb == b"EHLO":
                say(b"250-receiver\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"MAIL":
                sender, recipients = address[1].decode(), []
                say(b"250 ok")
            elif verb == b"RCPT":
                reply = self.fate([address[1].decode()], "RCPT")
                if not reply:
                    recipients.append(address[1].decode())
                say(reply or b"250 ok")
            elif verb == b"DATA" and not recipients:
                say(b"554 no valid recipients")
            elif verb == b"DATA":
                say(b"354 go")
                if self.fate(recipients, "DATA") is LET_GO:
                    lines.readline()
                    return
                content = []
                while (text := lines.readline()) != b".\r\n":
                    if not text.endswith(b"\r\n"):
                        return  # the sender is gone: nothing is taken
                    content.append(text[text.startswith(b"."):-2] + b"\n")
                reply = self.fate(recipients, "end")
                if not reply:
                    self.take(sender, recipients, b"".join(content))
                    taken += 1
                    self.most_on_one = max(self.most_on_one, taken)
                say(reply or b"250 taken")
            elif verb == b"QUIT":
                return say(b"221 bye")
            else:
                say(b"250 ok")
