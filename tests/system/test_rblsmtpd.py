"""rblsmtpd with lists on a name server: beside Debian's, with lists that fail, and in front of qmail-smtpd."""
import concurrent.futures
import contextlib
import os
import random
import re
import socket
import subprocess
import threading

import pytest

from instance import SECONDS
from outside import Outside
from paths import BIN
from test_resolver import reply
from test_ucspi import BOTH

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

LISTS = {
    "block.example": '2.0.0.127 TXT "Blocked: see http://x/?127.0.0.2"\n3.0.0.127 TXT "first" "second"\n'
                     '4.0.0.127 TXT "one"\n4.0.0.127 TXT "two"\n5.0.0.127 A 127.0.0.2\n6.0.0.127 TXT "ctl\\009\\200end"\n'
                     '7.0.0.127 TXT ""\n8.0.0.127 CNAME why\nwhy TXT "through an alias"\n'
                     f'9.0.0.127 TXT "{"x" * 250}"\n10.0.0.127 TXT "in both"\n',
    "other.example": '10.0.0.127 TXT "in the other"\n11.0.0.127 TXT "only there"\n2.0.0.127 A 127.0.0.9\n',
    "allow.example": "2.0.0.127 A 127.0.0.2\n10.0.0.127 A 127.0.0.2\n11.0.0.127 TXT no\n",
    "six.example": "1" + ".0" * 23 + ".8.b.d.0.1.0.0.2 TXT six\n" + ".".join("2" + "0" * 23 + "8bd01002") + " A 127.0.0.2\n",
}
CLIENTS = [f"127.0.0.{n}" for n in range(1, 12)]
DIALOGUE = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\nQUIT\r\n"


@pytest.fixture(scope="module")
def server():
    """At port 53 of an address of its own: Debian's program knows no other port."""
    with contextlib.closing(Outside()) as outside:
        address = "127.%d.%d.%d" % tuple(random.randrange(1, 255) for _ in range(3))
        yield outside.name_server(LISTS, port=53, address=address).partition(":")[0]


def run(folder, options, client, server, input=DIALOGUE, **env):
    p = subprocess.run([folder / "rblsmtpd", *options, "echo", "let in"], input=input, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=SECONDS,
                       env={"PATH": "/usr/bin:/bin", "TCPREMOTEIP": client, "DNSCACHEIP": server, **env})
    return p.returncode, p.stdout, re.sub(rb" pid \d+", b"", p.stderr)


R, O, A = ("-r", "block.example"), ("-r", "other.example"), ("-a", "allow.example")


@root
@pytest.mark.parametrize("options", [(), R, (*R, *O), (*O, *R), (*A, *R, *O), (*R, *A), ("-b", *R), ("-b", *A, *R, *O),
                                     ("-bB", *R), ("-t0", *R), ("-c", *R), ("-bc", *O, *A, *R), A, ("-rblock.example",)])
def test_the_same_as_theirs(server, options):
    for client in [*CLIENTS, "", "nonsense", "127.0.0", "1.2.3.4.5"]:
        theirs, ours = (run(folder, options, client, server) for folder in BOTH)
        assert ours == theirs, client


UNKNOWN = "unknown.example"  # no zone of the server's, which refuses to answer


@root
def test_the_same_when_a_list_fails(server):
    """All at once: theirs asks such a server again for 11 seconds."""
    cases = [(folder, options, client) for options in (
        ("-r", UNKNOWN), ("-c", "-r", UNKNOWN), ("-bc", "-r", UNKNOWN), ("-b", "-r", UNKNOWN, *R), ("-bc", *R, "-r", UNKNOWN),
        ("-b", "-a", UNKNOWN, *R), ("-bc", "-a", UNKNOWN, *R)) for client in ("127.0.0.1", "127.0.0.2") for folder in BOTH]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        results = list(pool.map(lambda case: run(*case, server), cases))
    for case, theirs, ours in zip(cases[::2], results[::2], results[1::2]):
        assert ours == theirs, case[1:]


# Ours alone


def refused(code, text):
    return (b"220 rblsmtpd.local\r\n250 rblsmtpd.local\r\n250 rblsmtpd.local\r\n" + b"%d %s\r\n" % (code, text) * 2 +
            b"221 rblsmtpd.local\r\n")


@root
def test_ipv6(server):
    assert run(BIN, ("-r", "six.example"), "2001:db8::1", server) == (
        0, refused(451, b"six"), b"rblsmtpd: 2001:db8::1: 451 six\n")
    assert run(BIN, ("-r", "six.example"), "2001:db8::3", server)[1] == b"let in\n"
    assert run(BIN, ("-a", "six.example", "-c", "-r", UNKNOWN), "2001:db8::2", server)[1] == b"let in\n"
    assert run(BIN, R, "::ffff:127.0.0.3", server)[1] == refused(451, b"firstsecond")


class Patient:
    """A name server that answers nothing before it has heard of so many names; some never.

    answers: {name: text of its TXT record, None for no such name, HANG}.
    """

    HANG = object()

    def __init__(self, count, answers):
        self.count, self.answers, self.asked = count, answers, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            self.asked.append(self.socket.recvfrom(4096))
            if len(self.asked) < self.count:
                continue
            for query, client in self.asked if len(self.asked) == self.count else self.asked[-1:]:
                self.answer(query, client)

    def answer(self, query, client):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]])
            at += 1 + query[at]
        text = self.answers[b".".join(labels[4:]).decode()]
        if text is self.HANG:
            return
        if text is None:
            packet = reply(query, 0x8183)
        else:
            packet = reply(query, records=[b"\xc0\x0c\0\x10\0\1\0\0\0\x3c" + (len(text) + 1).to_bytes(2, "big") +
                                           bytes([len(text)]) + text])
        self.socket.sendto(packet, client)


def test_lists_are_asked_at_once():
    server = Patient(3, {"a.example": None, "b.example": b"of b", "c.example": b"of c"})
    options = ("-r", "a.example", "-r", "b.example", "-r", "c.example")
    assert run(BIN, options, "192.0.2.1", server.name)[1] == refused(451, b"of b")
    assert len(server.asked) == 3


def test_the_order_counts_and_not_the_time():
    """A list that never answers: those before it decide without it, those behind it wait for it."""
    answers = {"a.example": b"of a", "silent.example": Patient.HANG, "c.example": b"of c"}
    lists = ("-r", "a.example", "-r", "silent.example", "-r", "c.example")
    server = Patient(3, answers)
    assert run(BIN, ("-b", *lists), "192.0.2.1", server.name)[1] == refused(553, b"of a")
    assert len(server.asked) == 3  # not a second time
    server = Patient(2, answers)
    assert run(BIN, ("-b", "-T1", *lists[2:]), "192.0.2.1", server.name)[1] == refused(451, b"of c")
    server = Patient(2, answers)
    assert run(BIN, ("-c", "-T1", *lists[2:]), "192.0.2.1", server.name)[1] == refused(
        451, b"temporary RBL lookup error")


def test_a_client_that_goes_or_stays(server):
    """The session ends in time whatever the client does, also one that does not read."""
    left, right = socket.socketpair()
    with left, right:
        right.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        p = subprocess.Popen([BIN / "rblsmtpd", "-t1", "true"], stdin=right, stdout=right, stderr=subprocess.DEVNULL,
                             env={"RBLSMTPD": "no" * 90})
        right.close()
        left.settimeout(SECONDS)
        with contextlib.suppress(OSError):
            while True:
                left.sendall(b"x\r\n" * 1000)
        assert p.wait(SECONDS) == 0


# In front of qmail-smtpd


def swaks(port, source, *options):
    """A real client, from the address source: its exit code and the session."""
    p = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(port), "--local-interface", source, "--helo",
                        "client.example", "--from", "them@else.example", *options], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=SECONDS)
    return p.returncode, p.stdout.decode()


@root
def test_in_front_of_qmail_smtpd(running, server):
    """A real client's mail comes in, waits or bounces, by lists and by rules."""
    rules = '127.0.0.3:allow,RBLSMTPD=""\n127.0.0.11:allow,RBLSMTPD="-never"\n'
    running.run("tcprules", "rbl.cdb", "rbl.tmp", input=rules, check=True)
    port = running.door("rblsmtpd", "-b", "-a", "allow.example", "-r", "block.example", "qmail-smtpd",
                        options=("-x", "rbl.cdb"), env={"DNSCACHEIP": server}, relay=False)

    def send(source, subject):
        return swaks(port, source, "--to", "someone@trial.example", "--header", f"Subject: {subject}")

    code, said = send("127.0.0.1", "unlisted")
    assert code == 0, said
    assert send("127.0.0.2", "on both lists")[0] == 0
    assert send("127.0.0.3", "let in by a rule")[0] == 0
    code, said = send("127.0.0.4", "blocked")
    assert code != 0 and "<** 553 onetwo" in said
    code, said = send("127.0.0.11", "blocked by a rule")
    assert code != 0 and "<** 553 never" in said
    subjects = {re.search(rb"^Subject: (.*)$", m, re.M)[1] for m in running.wait_messages(3)}
    assert subjects == {b"unlisted", b"on both lists", b"let in by a rule"}
