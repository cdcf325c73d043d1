"""qmail-smtpd on a socket: when it answers, when it does not, and what it costs."""
import os
import pathlib
import re
import select
import socket
import time

import pytest

from instance import SECONDS
from paths import SANITIZED


class Connection:
    """qmail-smtpd with one end of a socket pair. Of SEQPACKET: each of its writes is read by itself."""

    def __init__(self, instance, first=b"", kind=socket.SOCK_STREAM, env=None, command=("qmail-smtpd",)):
        self.socket, other = socket.socketpair(socket.AF_UNIX, kind)
        self.socket.settimeout(SECONDS)
        if first:
            self.socket.sendall(first)
        self.process = instance.spawn(*command, stdin=other, stdout=other,
                                      env={"TCPREMOTEIP": "192.0.2.9", **(env or {})})
        other.close()
        self.rest = b""

    def send(self, *lines):
        self.socket.sendall(b"".join(line + b"\r\n" for line in lines))

    def write(self):
        """What one write brought."""
        return self.socket.recv(65536)

    def reply(self):
        """The next reply, its last line."""
        while True:
            while b"\r\n" not in self.rest:
                more = self.socket.recv(65536)
                assert more, "the connection has ended"
                self.rest += more
            line, _, self.rest = self.rest.partition(b"\r\n")
            if line[3:4] == b" ":
                return line.decode()

    def ask(self, *lines):
        """Each line by itself, and the reply to each."""
        replies = []
        for line in lines:
            self.send(line)
            replies.append(self.reply())
        return replies

    def rest_of_session(self):
        """All until the end of the connection, and the exit code."""
        got = self.rest
        while True:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                break
            if not more:
                break
            got += more
        return got.decode(), self.process.wait(SECONDS)

    def peak(self):
        """The most memory it has ever had, in kB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)[1])


MAIL = (b"MAIL FROM:<a@client.example>", b"RCPT TO:<b@trial.example>")


@pytest.fixture
def connect(instance):
    return lambda *arguments, **named: Connection(instance, *arguments, **named)


def swallow(instance):
    """A qmail-queue that takes everything and keeps nothing."""
    return {"QMAILQUEUE": str(instance.put("swallow", "#!/bin/sh\ncat > /dev/null; cat <&1 > /dev/null\n", 0o755))}


def body(path):
    return path.read_bytes().partition(b"\0")[0]


def test_a_group_of_commands_is_answered_by_one_write(connect, instance):
    c = connect(kind=socket.SOCK_SEQPACKET)
    assert c.write() == b"220 trial.example ESMTP\r\n"
    c.send(b"EHLO client.example")
    assert c.write().endswith(b"\r\n250 8BITMIME\r\n")
    c.send(*MAIL, b"RCPT TO:<c@other.example>", b"NOOP", b"DATA")
    assert [line[:9] for line in c.write().split(b"\r\n")] == [
        b"250 2.1.0", b"250 2.1.5", b"553 5.7.1", b"250 2.0.0", b"354 go ah", b""]
    c.send(b"text", b".", *MAIL, b"RSET", b"QUIT")
    assert [line[:9] for line in c.write().split(b"\r\n")] == [
        b"250 2.0.0", b"250 2.1.0", b"250 2.1.5", b"250 2.0.0", b"221 2.0.0", b""]
    assert c.rest_of_session() == ("", 0)
    assert len(instance.queued()) == 1


def test_what_is_complete_is_answered_while_more_is_on_its_way(connect):
    c = connect()
    c.reply()
    c.socket.sendall(b"NOOP\r\nNO")
    assert c.reply() == "250 2.0.0 ok"
    c.socket.sendall(b"OP\r\n")
    assert c.reply() == "250 2.0.0 ok"


def test_a_client_must_wait_for_the_greeting(connect):
    c = connect(b"EHLO client.example\r\n")
    assert c.rest_of_session() == ("554 5.5.0 you must wait for my reply (#5.5.0)\r\n", 1)


def test_a_client_must_wait_for_354(connect, instance):
    c = connect()
    c.reply()
    c.send(b"EHLO client.example")
    c.reply()
    c.send(*MAIL, b"DATA", b"text", b".", b"QUIT")
    assert [c.reply(), c.reply()] == ["250 2.1.0 ok", "250 2.1.5 ok"]
    assert c.rest_of_session() == ("554 5.5.0 you must wait for my reply (#5.5.0)\r\n", 1)
    assert not instance.queued()


def test_a_client_that_is_gone_before_the_greeting(instance):
    ours, other = socket.socketpair()
    ours.close()
    p = instance.spawn("qmail-smtpd", stdin=other, stdout=other)
    other.close()
    assert p.wait(SECONDS) == 1


@pytest.mark.parametrize("sent", [b"", b"Subject: x\r\n", b"x" * 300000, b"x\r\n.", b"x\r\n.\r"])
def test_a_client_that_is_gone_inside_data_leaves_nothing(connect, instance, sent):
    c = connect()
    c.reply()
    c.ask(*MAIL, b"DATA")
    c.socket.sendall(sent)
    c.socket.close()
    assert c.process.wait(SECONDS) == 1
    assert not instance.queued() and not os.listdir(instance.home / "queue/tmp")


def test_a_client_that_is_silent_inside_data_leaves_nothing(connect, instance):
    instance.control("timeoutsmtpd", "1")
    c = connect()
    c.reply()
    c.ask(*MAIL, b"DATA")
    c.socket.sendall(b"text\r\n.\r")
    assert c.rest_of_session() == ("451 4.4.2 timeout (#4.4.2)\r\n", 1)
    assert not instance.queued() and not os.listdir(instance.home / "queue/tmp")


def drip(c):
    """A byte each half second, until something is said."""
    while not select.select([c.socket], [], [], 0.5)[0]:
        c.socket.sendall(b"N")


@pytest.mark.parametrize("first", [(), (*MAIL, b"DATA"), (*MAIL, b"DATA", b"Subject: x\r\n\r\nx\r\n.")],
                         ids=["command", "data", "after a message"])
def test_a_client_that_drips_does_not_stay(connect, instance, first):
    instance.control("timeoutsmtpd", "1")
    c = connect()
    c.reply()
    c.ask(*first)
    before = time.monotonic()
    drip(c)
    assert c.rest_of_session() == ("451 4.4.2 timeout (#4.4.2)\r\n", 1)
    assert 2.5 < time.monotonic() - before < 20


def test_a_message_renews_the_patience(connect, instance):
    instance.control("timeoutsmtpd", "1")
    c = connect()
    c.reply()
    for _ in range(5):
        assert not select.select([c.socket], [], [], 0.8)[0]
        c.ask(*MAIL, b"DATA", b"Subject: x\r\n\r\nx\r\n.")
    assert len(instance.queued()) == 5


def test_a_client_that_reads_nothing_is_left(connect, instance):
    instance.control("timeoutsmtpd", "1")
    instance.control("maxcommands", "0")
    c = connect()
    c.reply()
    c.socket.settimeout(0.2)
    with pytest.raises((TimeoutError, BrokenPipeError, ConnectionResetError)):
        while True:
            c.socket.sendall(b"HELP\r\n" * 1000)
    assert c.process.wait(SECONDS) == 1


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\r\n.\r\r\n",
                                 b"\r\n.\r\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n"])
def test_no_message_hides_in_another(connect, instance, end):
    c = connect()
    c.reply()
    c.ask(*MAIL, b"DATA")
    c.socket.sendall(b"text" + end + b"MAIL FROM:<x@y>\r\nRCPT TO:<b@trial.example>\r\nDATA\r\nhidden\r\n.\r\nQUIT\r\n")
    replies, _ = c.rest_of_session()
    assert replies.splitlines()[0] in ("451 4.5.2 See https://cr.yp.to/docs/smtplf.html.",
                                       "554 5.6.0 NUL or bare CR in the message (#5.6.0)")
    assert len(replies.splitlines()) <= 2  # at most the one to QUIT follows
    assert not instance.queued()


def test_the_end_of_the_message_split_at_every_byte(connect, instance):
    c = connect()
    c.reply()
    c.ask(*MAIL, b"DATA")
    for byte in b"a\r\n..b\r\n\r\n.\r\n":
        c.socket.sendall(bytes([byte]))
    assert c.reply().startswith("250 2.0.0 ok ")
    assert body(instance.queued()[0]).split(b"\n", 3)[3].startswith(b"a\n.b\n\nFa@client.example")


def test_memory_does_not_grow(connect, instance):
    c = connect(env=swallow(instance))
    c.reply()
    c.ask(b"EHLO client.example", *MAIL)
    before = c.peak()
    for _ in range(50):
        c.socket.sendall(b"x" * 1000000)
    c.send(b"")
    assert c.reply() == "500 5.5.2 line too long (#5.5.2)"
    c.ask(b"DATA")
    for _ in range(50):
        c.socket.sendall(b"x" * 1000000)
    for _ in range(5):
        c.socket.sendall(b".\r\n.." * 200000)
    c.send(b"", b".")
    assert c.reply().startswith("250 2.0.0 ok ")
    assert c.peak() < before + 200 or SANITIZED


def test_memory_for_recipients_is_bounded(connect, instance):
    """Ten thousand of the longest, which is what maxrcpt lets pass, again and again."""
    c = connect(env=swallow(instance))
    c.reply()
    recipients = b"".join(b"RCPT TO:<%0885d@trial.example>\r\n" % n for n in range(100))
    for _ in range(3):
        c.ask(b"MAIL FROM:<>")
        for _ in range(100):
            c.socket.sendall(recipients)
            assert {c.reply() for _ in range(100)} == {"250 2.1.5 ok"}
        assert c.ask(MAIL[1]) == ["452 4.5.3 too many recipients (#4.5.3)"]
    assert c.peak() < 14000 or SANITIZED


def test_an_idle_connection_costs_little(connect):
    """One of forty costs less than 100 kB (PSS), with its greeting and EHLO said."""
    connections = [connect() for _ in range(40)]
    for c in connections:
        c.reply()
        c.ask(b"EHLO client.example")
    if not SANITIZED:
        for c in connections:
            text = pathlib.Path(f"/proc/{c.process.pid}/smaps_rollup").read_text()
            assert int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) < 100


def test_without_memory_for_recipients_the_answer_is_421(connect, instance):
    if SANITIZED:
        return
    instance.control("maxrcpt", "100000")
    c = connect(command=("sh", "-c", "ulimit -v 16384; exec qmail-smtpd"))
    c.reply()
    c.ask(b"MAIL FROM:<>")
    replies = {"250 2.1.5 ok"}
    while replies == {"250 2.1.5 ok"}:
        c.socket.sendall(b"".join(b"RCPT TO:<%0885d@trial.example>\r\n" % n for n in range(10)))
        for _ in range(10):
            replies.add(answer := c.reply())
            if answer.startswith("421"):
                break
    assert answer == "421 4.3.0 out of memory (#4.3.0)"
    assert c.process.wait(SECONDS) == 1
