"""What the battery is fired at: qmail-smtpd in a trial instance, and Debian's Postfix; and how one talks to it."""
import contextlib
import fcntl
import os
import pathlib
import re
import signal
import socket
import struct
import sys
import tempfile
import termios

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "system"), str(TESTS / "bench")]
import mta  # noqa: E402
from instance import Instance, wait_until  # noqa: E402
from outside import FaultServer  # noqa: E402

HERE = "here.example"  # whose mail both take
RELAY = "relay.example"  # nobody's: mail for it, and for all other hosts, would go out to the sink
LIMIT = 10240000  # bytes of a message
MOST = 1000  # recipients of a message
SILENCE = 5  # seconds that a client may be silent
QUEUED = re.compile(rb"^250 .*( qp \d+|queued as \w+|OK id=\S+)")


def roomy(size=200000000):
    """Where files go: memory, if there is room for so many bytes in it, else the usual folder (null)."""
    try:
        st = os.statvfs("/dev/shm")
    except OSError:
        return None
    return "/dev/shm" if st.f_bavail * st.f_frsize > size else None


class Gone(Exception):
    """The server has ended the connection, or says nothing."""


class Talk:
    """One connection. Replies come as (code, whole text); what is no reply is a fault of the server."""

    def __init__(self, port, seconds=30):
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.malformed = []

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what it said before it went is still to be read
        except TimeoutError:
            raise Gone("it reads nothing") from None

    def wait_until_there(self):
        """What was sent waits at the server."""
        unsent = struct.Struct("i")
        wait_until("the other end's system", lambda: unsent.unpack(
            fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(unsent.size))) == (0,))

    def reply(self):
        text = b""
        while True:
            while b"\n" not in self.rest:
                try:
                    more = self.socket.recv(65536)
                except ConnectionResetError:
                    more = b""
                except TimeoutError:
                    raise Gone("no reply") from None
                if not more:
                    raise Gone("closed")
                self.rest += more
            line, _, self.rest = self.rest.partition(b"\n")
            text += line + b"\n"
            # RFC 5321 section 4.2, and 4.5.3.1.5 for the length
            if not re.fullmatch(rb"[2-5][0-9][0-9][ -][\t\x20-\x7e]*\r", line) or len(line) > 511:
                self.malformed.append(line)
            if line[3:4] != b"-":
                return int(line[:3]) if line[:3].isdigit() else 0, text

    def ask(self, data):
        self.send(data)
        return self.reply()

    def all(self):
        """The replies until the connection ends."""
        found = []
        while True:
            try:
                found.append(self.reply())
            except Gone as gone:
                return found, str(gone)

    def finish(self):
        """Nothing more is sent; the replies until the end."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self.all()

    def close(self):
        self.socket.close()


class Sink(FaultServer):
    """The world outside. Whatever comes here has been relayed."""

    def recipients(self):
        return [line for session in list(self.sessions) for line in list(session) if line.upper().startswith("RCPT")]


def peak(pid, field="VmHWM"):
    """In kB; 0 when it is gone."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.M)
    return int(found[1]) if found else 0


class Server:
    ours = False

    def held(self):
        """Meanwhile connections wait for somebody to take them, where that can be had."""
        return contextlib.nullcontext()


class Ours(Server):
    name = "qmail++"
    ours = True

    def __init__(self, deliver=False):
        self.sink = Sink() if deliver else None
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="battery.", dir=roomy()))
        self.place.chmod(0o755)
        (self.place / "i").mkdir()
        self.instance = Instance(directory=self.place / "i", controls={
            "me": HERE, "locals": HERE, "rcpthosts": HERE, "databytes": str(LIMIT), "maxrcpt": str(MOST),
            "timeoutsmtpd": str(SILENCE), "smtproutes": f":127.0.0.1:{self.sink.port if deliver else 1}"})
        if deliver:
            self.instance.start()
        self.port = self.instance.door(relay=False)
        self.tcpserver = self.instance.children[-1].pid

    def version(self):
        return mta.Ours(None, 0).version()

    def servers(self):
        """The process of the connection that stands; there is but one."""
        return pathlib.Path(f"/proc/{self.tcpserver}/task/{self.tcpserver}/children").read_text().split()

    @contextlib.contextmanager
    def held(self):
        os.kill(self.tcpserver, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.tcpserver, signal.SIGCONT)

    def bodies(self):
        """The messages in the queue, without the fields that were added; they are taken away."""
        found = []
        for path in self.instance.queued():
            found.append(path.read_bytes())
            path.unlink()
        return found

    def settle(self):
        """Waits until all that can be delivered is."""
        if self.sink:
            self.instance.wait_empty()

    def close(self):
        self.instance.close()
        if self.sink:
            self.sink.close()
        self.place.rmdir()


class Postfix(Server):
    """As Debian configures it but for what a test needs; extra: further lines of main.cf."""

    def __init__(self, deliver=False, name="Postfix", **extra):
        self.name = name
        self.sink = Sink() if deliver else None
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="battery.", dir=roomy()))
        self.place.chmod(0o755)
        self.mta = mta.Postfix(self.place / "p", self.sink.port if deliver else 1)
        self.mta.start(deliver, {
            "myhostname": f"mx.{HERE}", "virtual_mailbox_domains": HERE, "mynetworks": "192.0.2.1",
            "smtpd_recipient_restrictions": "",
            "smtpd_relay_restrictions": "permit_mynetworks,reject_unauth_destination",
            "relayhost": f"[127.0.0.1]:{self.sink.port if deliver else 1}", "transport_maps": "",
            "message_size_limit": str(LIMIT), "smtpd_recipient_limit": str(MOST), "smtpd_timeout": f"{SILENCE}s",
            "smtpd_error_sleep_time": "0", **extra})
        self.port = self.mta.port

    def version(self):
        return self.mta.version()

    def servers(self):
        return [pid for pid in self.mta.pids()
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "smtpd"]

    def settle(self):
        if self.sink:
            spool = self.place / "p/spool"
            wait_until("an empty queue of Postfix", lambda: not [
                f for folder in ("incoming", "active", "deferred", "maildrop") for _, _,
                names in os.walk(spool / folder)
                for f in names])

    def close(self):
        self.mta.stop()
        if self.sink:
            self.sink.close()
        mta.shutil.rmtree(self.place)
