"""tcpserver under clients that want too much, and in front of qmail-smtpd with the rules that administrators write."""
import contextlib
import re
import resource
import socket
import threading

import pytest

from instance import SECONDS, wait_until
from outside import Outside
from servers import Recorder
from test_rblsmtpd import swaks
from test_tcpserver import door, ident, says_nothing  # noqa: F401

HOLD = ("sh", "-c", "echo in; read line")  # a program that stays until the client says something or goes


def connected(stack, d, source, count):
    """So many connections from source that the program has answered."""
    made = [stack.enter_context(d.connect(source=source)) for _ in range(count)]
    for s in made:
        assert s.recv(3) == b"in\n"
    return made


# One client's share


def test_the_limit_of_a_client(door):  # noqa: F811
    d = door("-v", "-C2", program=HOLD)
    with contextlib.ExitStack() as stack:
        first, _ = connected(stack, d, "127.0.0.2", 2)
        assert d.ask(source="127.0.0.2") == b""
        d.log.wait(r"^tcpserver: full \d+ 127.0.0.2 3/2$")
        d.log.wait(r"^tcpserver: end \d+ status 25600$")
        connected(stack, d, "127.0.0.3", 2)
        first.close()
        d.log.wait(r"^tcpserver: end \d+ status 256$")
        connected(stack, d, "127.0.0.2", 1)
        assert d.ask(source="127.0.0.2") == b""


def test_the_limit_in_a_rule(door):  # noqa: F811
    d = door("-v", "-C2", "-x", "rules.cdb", program=("sh", "-c", 'echo in; echo "${MAXCONNIP-none}"; read line'))
    d.rules('127.0.0.2:allow,MAXCONNIP="3",A="b"\n127.0.0.3:allow,MAXCONNIP="0"\n127.0.0.4:allow,MAXCONNIP="many"\n:allow\n')
    with contextlib.ExitStack() as stack:
        for s in connected(stack, d, "127.0.0.2", 3):
            assert s.recv(2) == b"3\n"
        connected(stack, d, "127.0.0.4", 2)  # no number: no limit of its own
        connected(stack, d, "127.0.0.5", 2)
        for source in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"):
            assert d.ask(source=source) == b""
    assert len(d.log.find("full")) == 4
    d.rules('127.0.0.6:allow,MAXCONNIP="1"\n')
    with contextlib.ExitStack() as stack:
        connected(stack, d, "127.0.0.6", 1)
        assert d.ask(source="127.0.0.6") == b""


def test_a_rule_alone_limits(door):  # noqa: F811
    d = door("-x", "rules.cdb", program=HOLD)
    d.rules('127.:allow,MAXCONNIP="1"\n')
    with contextlib.ExitStack() as stack:
        connected(stack, d, "127.0.0.2", 1)
        assert d.ask(source="127.0.0.2") == b""
        connected(stack, d, "127.0.0.3", 1)


def test_the_limit_of_ipv6(door):  # noqa: F811
    d = door("-v", "-C1", host="::", program=HOLD)
    with d.connect("::1") as six, d.connect("127.0.0.1") as four:
        assert six.recv(3) == four.recv(3) == b"in\n"
        assert d.ask("::1") == b""
        d.log.wait(r"^tcpserver: full \d+ ::1 2/1$")


def test_nothing_is_said_or_asked_before_the_limit(door, ident):  # noqa: F811
    """Else a client would keep places while its own servers do not answer."""
    address, listener = ident
    d = door("-v", "-C1", "-B", "banner", host="0", defaults=("-H", "-l0"), program=HOLD)
    with d.connect("127.0.0.5", address) as s:
        question, _ = listener.accept()
        with question:  # which stays without an answer
            assert d.ask("127.0.0.5", address) == b""
            assert s.recv(6) == b"banner"
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


# Floods in front of a real server. Places are 20, of which one client has 4.


@pytest.fixture
def smtp_door(instance):
    instance.control("timeoutsmtpd", "2")
    port = instance.door(options=("-c20", "-C4", "-b200"))
    return instance, port


def greeted(port, source):
    with socket.create_connection(("127.0.0.1", port), SECONDS, (source, 0)) as s:
        return read_until(s, b"\r\n").startswith(b"220 ")


def read_until(s, end):
    got = b""
    while end not in got and (more := s.recv(1000)):
        got += more
    return got


@pytest.mark.parametrize("said", [b"", b"HELO so", b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@trial.exam", b"\0\r\n" * 10],
                         ids=["nothing", "half a line", "half a session", "nonsense"])
def test_clients_that_hang(smtp_door, said):
    """One that opens all it can does not stop another, not even for a moment."""
    _, port = smtp_door
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            s = stack.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS, ("127.0.0.2", 0)))
            if read_until(s, b"\r\n"):
                s.sendall(said)
        assert greeted(port, "127.0.0.3")


def test_many_clients_that_hang(smtp_door):
    """When they take every place, others are served as soon as these are given up."""
    instance, port = smtp_door
    with contextlib.ExitStack() as stack:
        for n in range(40):
            s = stack.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS, (f"127.0.1.{n // 4}", 0)))
            if n < 20:
                assert read_until(s, b"\r\n").startswith(b"220 ")
                s.sendall(b"HELO so")
        assert b"status: 20/20" in (instance.home / "door.log").read_bytes()
        assert greeted(port, "127.0.0.3")
    wait_until("the last child", lambda: (instance.home / "door.log").read_bytes().endswith(b"status: 0/20\n"))


def test_a_flood_from_one_client(smtp_door):
    """Connections that come and go as fast as they can, while another client delivers."""
    instance, port = smtp_door
    over = threading.Event()

    def flood():
        while not over.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), SECONDS, ("127.0.0.2", 0)) as s:
                s.sendall(b"EHLO")

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            code, said = swaks(port, "127.0.0.3", "--to", "someone@trial.example")
            assert code == 0, said
    finally:
        over.set()
        for thread in threads:
            thread.join()
    counts = {int(n) for n in re.findall(rb"^tcpserver: status: (\d+)/20$", (instance.home / "door.log").read_bytes(), re.M)}
    assert max(counts) <= 20


def test_a_thousand_clients_of_a_server(instance):
    """All are greeted, all can go on, and the one more waits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    port = instance.door(options=("-c1000", "-b1100"))
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS)) for _ in range(1001)]
        for s in connections[:1000]:
            assert read_until(s, b"\r\n").startswith(b"220 ")
        assert says_nothing(connections[1000])
        for s in connections[:1000]:
            s.sendall(b"NOOP\r\n")
        for s in connections[:1000]:
            assert read_until(s, b"\r\n").startswith(b"250 ")
        connections[0].sendall(b"QUIT\r\n")
        assert read_until(connections[1000], b"\r\n").startswith(b"220 ")


# Who may relay


def test_relaying_by_a_rule(instance):
    """From the door to a server elsewhere, for the clients that the rules name and nobody else."""
    with contextlib.closing(Recorder()) as elsewhere:
        instance.control("smtproutes", f":127.0.0.1:{elsewhere.port}")
        instance.control("rcpthosts", "trial.example")
        instance.start()
        rules = ('127.0.0.2:allow,RELAYCLIENT=""\n127.0.0.16/28:allow,RELAYCLIENT=""\n127.0.0.3:deny\n'
                 '127.0.0.4:allow,RELAYCLIENT="@fixed.example"\n:allow\n')
        instance.run("tcprules", "smtp.cdb", "smtp.tmp", input=rules, check=True)
        port = instance.door(options=("-x", "smtp.cdb"), relay=False)
        for source in ("127.0.0.2", "127.0.0.17"):
            code, said = swaks(port, source, "--to", "joe@elsewhere.example", "--header", f"Subject: from {source}")
            assert code == 0, said
        code, said = swaks(port, "127.0.0.5", "--to", "joe@elsewhere.example")
        assert code != 0 and "<** 553 5.7.1" in said
        code, said = swaks(port, "127.0.0.5", "--to", "joe@trial.example")
        assert code == 0, said
        assert swaks(port, "127.0.0.3", "--to", "joe@trial.example")[0] != 0
        assert swaks(port, "127.0.0.4", "--to", "joe@elsewhere.example")[0] == 0
        # As soon as the rules change, without a new start.
        instance.run("tcprules", "smtp.cdb", "smtp.tmp", input=':allow\n', check=True)
        assert swaks(port, "127.0.0.2", "--to", "joe@elsewhere.example")[0] != 0
        taken = elsewhere.wait(3)
        assert sorted(recipients for _, recipients, _ in taken) == [['"joe@elsewhere.example"@fixed.example'],
                                                                 *[["joe@elsewhere.example"]] * 2]
        assert {re.search(rb"^Subject: (.*?)\r?$", text, re.M)[1] for _, _, text in taken} >= {
            b"from 127.0.0.2", b"from 127.0.0.17"}
        [message] = instance.wait_messages()
        assert b"from unknown (HELO client.example) (127.0.0.5)\n" in message
