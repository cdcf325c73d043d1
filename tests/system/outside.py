"""The world outside an instance: SMTP servers that fail on command, Debian's smtp-sink, a name server."""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading

from instance import SECONDS, UNPRIVILEGED, wait_until
from servers import Listener

DROP = object()  # as a reply: the connection is closed
HANG = object()  # nothing is said any more

OK = b"250 ok\r\n"


class FaultServer(Listener):
    """An SMTP server that answers as it is told.

    Replies by stage: greeting EHLO HELO MAIL RCPT DATA body end QUIT; each is
    bytes, DROP, HANG or a list of those, one for each time. body DROP closes
    in the middle of the message. What it got stands in sessions, a list of
    lists of command lines, and messages.
    """

    def __init__(self, address="127.0.0.1", port=0, **replies):
        self.replies = {"greeting": b"220 outside ESMTP\r\n", "EHLO": b"250-outside\r\n250 HELP\r\n", "HELO": OK,
                        "MAIL": OK, "RCPT": OK, "DATA": b"354 go\r\n", "body": None, "end": b"250 taken\r\n",
                        "QUIT": b"221 bye\r\n", **replies}
        self.sessions, self.messages, self.reads = [], [], []
        self.over = threading.Event()
        super().__init__(address, port)

    def close(self):
        self.over.set()
        super().close()

    def say(self, connection, stage):
        """False: no further talk."""
        reply = self.replies[stage]
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if reply is HANG:
            self.over.wait()
        if reply is HANG or reply is DROP:
            return False
        connection.sendall(reply)
        return True

    def serve(self, connection):
        session = []
        self.sessions.append(session)
        with contextlib.suppress(OSError), connection:
            self.talk(connection, session)

    def talk(self, connection, session):
        buffered = b""

        def line():
            nonlocal buffered
            while b"\r\n" not in buffered:
                got = connection.recv(65536)
                if not got:
                    return None
                self.reads.append(got)
                buffered += got
            text, _, buffered = buffered.partition(b"\r\n")
            return text

        if not self.say(connection, "greeting"):
            return
        while (command := line()) is not None:
            session.append(command.decode(errors="surrogateescape"))
            verb = command[:4].upper().decode()
            if verb not in self.replies:
                connection.sendall(b"500 what?\r\n")
                continue
            if not self.say(connection, verb) or verb == "QUIT":
                return
            if verb == "DATA" and session and self.data_goes_on:
                if self.replies["body"] and (line() is None or not self.say(connection, "body")):
                    return
                message = []
                while (text := line()) != b".":
                    if text is None:
                        return
                    message.append(text)
                self.messages.append(message)
                if not self.say(connection, "end"):
                    return

    @property
    def data_goes_on(self):
        reply = self.replies["DATA"]
        return not isinstance(reply, bytes) or reply[:1] in b"23"


class Outside:
    """Makes servers, and ends them all."""

    def __init__(self):
        self.stack = contextlib.ExitStack()

    def close(self):
        self.stack.close()

    def server(self, address="127.0.0.1", port=0, **replies):
        s = FaultServer(address, port, **replies)
        self.stack.callback(s.close)
        return s

    def servers(self, *wanted):
        """Servers of (address, replies), all on the same port."""
        while True:
            made = []
            try:
                for address, replies in wanted:
                    made.append(FaultServer(address, made[0].port if made else 0, **replies))
            except OSError:  # the port that the kernel chose is taken at another address
                for s in made:
                    s.close()
                continue
            for s in made:
                self.stack.callback(s.close)
            return made

    def folder(self):
        path = pathlib.Path(tempfile.mkdtemp(prefix="outside."))
        path.chmod(0o777)
        self.stack.callback(shutil.rmtree, path, ignore_errors=True)
        return path

    def process(self, *argv, **named):
        # pytest tells the test's name in the environment: one made of a long input is too long for it.
        environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        p = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, **{"env": environment, **named})

        def end():
            p.terminate()  # nsd then ends its own children
            try:
                p.wait(SECONDS)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

        self.stack.callback(end)
        return p

    def sink(self, *options, port=None, address="127.0.0.1", prefix=()):
        """smtp-sink; its port and the folder that gets a file for each message."""
        folder = self.folder()
        port = port or free_port()
        self.process(*prefix, "smtp-sink", "-u", UNPRIVILEGED, "-d", folder / "m.", *options, f"{address}:{port}", 50,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not prefix:
            wait_until("smtp-sink", lambda: answers(port, address))
        return port, folder

    def name_server(self, zones, port=None, prefix=(), address="127.0.0.1"):
        """nsd with {zone: text}, text without SOA and NS; returns what DNSCACHEIP is to be."""
        folder = self.folder()
        user = pwd.getpwnam(UNPRIVILEGED).pw_name
        conf = ["server:", " verbosity: 0", f" zonesdir: {folder}", ' database: ""', f' username: {user}',
                f" pidfile: {folder}/pid", f" xfrdfile: {folder}/xfrd", f" zonelistfile: {folder}/zones",
                f" xfrdir: {folder}", " server-count: 1", ' logfile: "/dev/null"', " do-ip6: no",
                "remote-control:", " control-enable: no"]
        for zone, text in zones.items():
            (folder / f"{zone}.zone").write_text(
                f"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n{text}\n")
            conf += ["zone:", f" name: {zone}", f" zonefile: {folder}/{zone}.zone"]
        while True:
            chosen = port or free_port()
            (folder / "conf").write_text("\n".join([*conf[:1], f" ip-address: {address}@{chosen}", *conf[1:]]) + "\n")
            p = self.process(*prefix, "nsd", "-d", "-c", folder / "conf", stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
            if prefix:
                return f"{address}:{chosen}"
            wait_until("nsd", lambda: p.poll() is not None or answers(chosen, address))
            if p.poll() is None:
                return f"{address}:{chosen}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), SECONDS).close()
        return True
    except OSError:
        return False
