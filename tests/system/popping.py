"""POP3 for the tests: a checker of passwords, and a client that says what it is told."""
import socket
import struct

from instance import SECONDS

USER, PASSWORD = "tester", "secret word"

# Knows one user, by USER and PASS or by APOP; runs the rest in the user's home.
CHECKER = f"""#!/usr/bin/python3
import hashlib, os, sys
login, password, stamp = os.fdopen(3, "rb").read().split(b"\\0")[:3]
digest = hashlib.md5(stamp + {PASSWORD.encode()!r}).hexdigest().encode()
if login != {USER.encode()!r} or password not in ({PASSWORD.encode()!r}, digest):
    sys.exit(1)
os.chdir(os.environ["HOME"])
os.execvp(sys.argv[1], sys.argv[1:])
"""


def pop_door(instance, *command):
    """A POP3 server for the instance's user; its port."""
    instance.put("checker", CHECKER, 0o755)
    return instance.door("qmail-popup", "pop.example", *(command or ("./checker", "qmail-pop3d", "Maildir")))


class Raw:
    """A connection, line by line."""

    def __init__(self, port, login=True):
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.file = self.socket.makefile("rb")
        self.greeting = self.line()
        if login:
            assert self.command(f"USER {USER}") == b"+OK "
            assert self.command(f"PASS {PASSWORD}") == b"+OK "

    def line(self):
        """The next line without its end; nothing at the end of all."""
        got = self.file.readline()
        assert got == b"" or got.endswith(b"\r\n"), got
        return got[:-2]

    def send(self, text):
        self.socket.sendall(text.encode())

    def command(self, text):
        self.send(text + "\r\n")
        return self.line()

    def lines(self, text):
        """What follows the first line of the reply, to the dot."""
        assert self.command(text).startswith(b"+OK"), text
        got = []
        while (line := self.line()) != b".":
            got.append(line[1:] if line.startswith(b".") else line)
        return got

    def message(self, number):
        """As it was in its file, but for a last line feed."""
        return b"\n".join(self.lines(f"RETR {number}")[:-1]) + b"\n"

    def close(self):
        self.file.close()
        self.socket.close()

    def reset(self):
        """Ends the connection as a crash of the client's machine does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
