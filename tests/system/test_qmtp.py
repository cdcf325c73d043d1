"""Mail by QMTP and QMQP: qmail-remote with servers that take it and servers that fail, and all of ours together."""
import concurrent.futures
import os
import random
import re
import signal
import socket
import subprocess
import time

import pytest

from instance import Instance, SECONDS, wait_until
from netstrings import QmtpServer, netstring, qmtp, split
from outside import DROP, HANG
from paths import SANITIZED
from test_remote import DIED, DUPLICATE, dns, remote, said  # noqa: F401

TEXT = "Subject: hello\n\nfirst\n.dot\nlast\n"


@pytest.fixture
def server(outside):  # noqa: F811
    """Makes QMTP servers, the second one and so on at the port of the first."""
    made = []

    def make(address="127.77.0.1", **replies):
        made.append(QmtpServer(address, made[0].port if made else 0, **replies))
        outside.stack.callback(made[-1].close)
        return made[-1]
    return make


@pytest.fixture
def send(remote):  # noqa: F811
    """Runs qmail-remote for a host whose exchangers are to be talked to by QMTP."""
    def run(server, *recipients, host="one.zone.test", **named):
        remote.instance.control("qmtproutes", f"::{server.port}")
        return remote(host, *recipients, **named)
    run.instance = remote.instance
    return run


# What is sent

def test_the_dialogue(send, server):
    s = server()
    assert send(s, "a@one", 'b"c d\\@one', sender="s@x", message=TEXT) == [
        "r", "r", said("K127.77.0.1 accepted message.", "ok")]
    assert s.taken == [(b"\n" + TEXT.encode(), b"s@x", [b"a@one", b'b"c d\\@one'])]


@pytest.mark.parametrize("message, sent", [
    (b"", b""), (b"no end", b"no end"), (b"\n", b"\n"), (b".\n..\n", b".\n..\n"), (b"a\r\nb\r\n", b"a\nb\n"),
    (b"a\rb\r\rc\r", b"a\nb\n\nc\n"), (b"a\n\r\n\r", b"a\n\n\n"), (b"\xff\x80\n", b"\xff\x80\n"),
    (b"x" * 32767 + b"\r\nmore\r\n", b"x" * 32767 + b"\nmore\n"), (b"x" * 32766 + b"\r\nmore", b"x" * 32766 + b"\nmore"),
    (b"x" * 100000, b"x" * 100000), (b"\r\n" * 50000, b"\n" * 50000)])
def test_line_ends(send, server, message, sent):
    s = server()
    assert send(s, sender="", message=message)[0] == "r"
    assert s.taken == [(b"\n" + sent, b"", [b"joe@one.zone.test"])]


def test_over_ipv6(remote, server):  # noqa: F811
    s = server("::1")
    remote.instance.control("qmtproutes", f"six.test:[::1]:{s.port}")
    assert remote("six.test") == ["r", said("K::1 accepted message.", "ok")]


def test_smtproutes_with_port_209_is_qmtp_alone(remote):  # noqa: F811
    """Nobody listens there."""
    remote.instance.control("smtproutes", ":[127.77.0.1]:209")
    assert remote("host.test") == ["ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"]


def test_a_message_that_cannot_be_read_again(send, server):
    s = server()
    send.instance.control("qmtproutes", f"::{s.port}")
    r, w = os.pipe()
    os.write(w, b"text\n")
    os.close(w)
    with os.fdopen(r) as pipe:
        p = send.instance.spawn("qmail-remote", "[127.77.0.1]", "s@x", "r@x", stdin=pipe, stdout=subprocess.PIPE)
    assert p.communicate(timeout=SECONDS)[0] == b"ZUnable to read message. (#4.3.0)\n\0"


# What is answered

def test_a_verdict_for_each_recipient(send, server):
    s = server(answers=netstring("Dno such user") + netstring("Kyes") + netstring("Zfull\nnow") + netstring("Kyes too"))
    assert send(s, *(f"{x}@one" for x in "abcd")) == [
        said("h127.77.0.1 does not like recipient.", "no such user"), "r",
        said("s127.77.0.1 does not like recipient.", "full\nnow"), "r", said("K127.77.0.1 accepted message.", "yes")]


def test_no_recipient_accepted(send, server):
    s = server(answers=netstring("Dno") + netstring("Z"))
    assert send(s, "a@one", "b@one") == [
        said("h127.77.0.1 does not like recipient.", "no"), "s127.77.0.1 does not like recipient.\nRemote host said: \n",
        "DGiving up on 127.77.0.1.\n"]


def test_what_an_answer_may_hold(send, server):
    s = server(answers=netstring(b"Dnul \0 cr\r\nlf\n"))
    assert send(s)[0] == "h127.77.0.1 does not like recipient.\nRemote host said: nul ? cr\nlf\n"
    s = server("127.77.0.2", answers=netstring(b"D" + b"x" * 99999))
    assert send(s, host="[127.77.0.2]")[0] == said("h127.77.0.2 does not like recipient.", "x" * 5000)


GARBAGE = [DROP, b"", b"220 hello\r\n", b"0:,", b"3:Kok", b"3:Kok;", b"03:Kok,", b":Kok,", b"3:Xok,", b"100001:K" + b"x" * 100000 + b",",
           b"99999999999999999999999999:K", b"9" * 1000]


@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_no_answer(send, server, answer):
    """It may have the message: no other host gets it."""
    s, other = server(answers=[answer, DROP]), server("127.77.0.2")
    assert send(s, host="two.zone.test") == [DUPLICATE.format("127.77.0.1")]
    assert len(s.taken) == 1 and not other.sessions


@pytest.mark.parametrize("answer", [DROP, b"5:K", b"what?"])
def test_not_all_are_answered(send, server, answer):
    s, other = server(answers=[netstring("Kyes") + netstring("Dno"), answer, DROP]), server("127.77.0.2")
    lost = "s" + DUPLICATE.format("127.77.0.1")[1:]
    assert send(s, *(f"{x}@two" for x in "abcd"), host="two.zone.test") == [
        "r", said("h127.77.0.1 does not like recipient.", "no"), lost, lost, said("K127.77.0.1 accepted message.", "yes")]
    assert not other.sessions


@pytest.mark.parametrize("answers", [HANG, [b"3", HANG], [b"3:Ko", HANG]])
def test_an_answer_that_does_not_come(send, server, answers):
    send.instance.control("timeoutremote", "1")
    s = server(answers=answers)
    assert send(s) == [DUPLICATE.format("127.77.0.1")]


def test_an_answer_that_drips(send, server):
    """The limit is for the whole answer, not for each byte of it."""
    send.instance.control("timeoutremote", "2")
    s = server(answers=[b"9999:K", *[b"x", 0.5] * 200])
    start = time.monotonic()
    assert send(s) == [DUPLICATE.format("127.77.0.1")]
    assert 1.5 < time.monotonic() - start < 50


# Where it is lost before the end, another host may have it

LARGE = ("x" * 99 + "\n") * 200000  # of more than the sockets hold


@pytest.mark.parametrize("stage", ["connect", "body"])
def test_lost_before_the_end(send, server, stage):
    s, other = server(**{stage: DROP}), server("127.77.0.2")
    assert send(s, message=LARGE) == [DIED.format("127.77.0.1")]
    assert send(s, host="two.zone.test", message=LARGE) == ["r", said("K127.77.0.2 accepted message.", "ok")]
    assert not s.taken and len(other.taken) == 1


def test_a_server_that_takes_nothing_more(send, server):
    send.instance.control("timeoutremote", "1")
    s = server(body=HANG)
    assert send(s, message=LARGE) == [DIED.format("127.77.0.1")]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a network namespace")
def test_by_the_preference_of_an_exchanger(instance, outside):  # noqa: F811
    """12801 and its like are QMTP where there is a server for it, else SMTP."""
    keeper = outside.process("unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity",
                             stdout=subprocess.PIPE)
    assert keeper.stdout.readline() == b"up\n"
    keeper.stdout.close()
    inside = ["nsenter", "--target", str(keeper.pid), "--net"]
    outside.name_server({"zone.test": "q MX 12801 a\ns MX 12800 a\nlast MX 13041 b\nboth MX 12801 b\nboth MX 12802 a\n"
                                      "a A 127.77.0.1\nb A 127.77.0.2\n"}, port=53, prefix=inside)
    outside.sink(port=25, address="127.77.0.1", prefix=inside)
    outside.sink(port=25, address="127.77.0.2", prefix=inside)
    instance.put("large", LARGE)

    def wait_listening(where):
        wait_until(where, lambda: subprocess.run([*inside, "ss", "-Hln", f"src {where}"], check=True,
                                                 stdout=subprocess.PIPE).stdout.strip())

    def door(address, program):
        swallow = instance.put("swallow", "#!/bin/sh\ncat > /dev/null; cat <&1 > /dev/null\n", 0o755)
        outside.process(*inside, "tcpserver", "-H", "-R", "-l", "x", address, "209", program, stderr=subprocess.DEVNULL,
                        env={**instance.env, "RELAYCLIENT": "", "QMAILQUEUE": str(swallow)})
        wait_listening(f"{address}:209")

    def attempt(name):
        with open(instance.home / "large", "rb") as message:
            return subprocess.run([*inside, "qmail-remote", f"{name}.zone.test", "s@x", "r@x"], stdin=message,
                                  stdout=subprocess.PIPE, timeout=SECONDS, check=True,
                                  env={**instance.env, "DNSCACHEIP": "127.0.0.1"}).stdout.decode()

    by_smtp = "r\0K{} accepted message.\nRemote host said: 250 2.0.0 Ok\n\0".format
    for where in ("127.0.0.1:53", "127.77.0.1:25", "127.77.0.2:25"):
        wait_listening(where)
    assert attempt("q") == by_smtp("127.77.0.1")
    door("127.77.0.1", "qmail-qmtpd")
    assert re.fullmatch(r"r\0K127\.77\.0\.1 accepted message\.\nRemote host said: ok \d+ qp \d+\n\0", attempt("q"))
    assert attempt("s") == by_smtp("127.77.0.1")
    assert attempt("last") == by_smtp("127.77.0.2")
    # With a connection for QMTP, SMTP is not tried at that host any more.
    door("127.77.0.2", "true")
    assert attempt("last") == DIED.format("127.77.0.2") + "\0"
    assert attempt("both") == by_smtp("127.77.0.1")


# All together, under load

MANY, AT_ONCE = 1000, 20


def numbers(messages):
    return sorted(int(re.search(rb"^Subject: (\d+)$", m, re.M)[1]) for m in messages)


@pytest.fixture
def pair(instance):
    """Two instances: what the first one sends to far.example goes by QMTP to the second, which takes it for its users."""
    far = Instance({"me": "far.example", "rcpthosts": "far.example"})
    port = far.door("qmail-qmtpd", relay=False)
    instance.control("qmtproutes", f"far.example:[127.0.0.1]:{port}")
    instance.control("concurrencyremote", str(AT_ONCE * 5 // 4))  # of which one host gets four fifths
    far.control("concurrencylocal", str(AT_ONCE))
    yield instance, far
    far.close()


def test_much_mail_by_qmtp(pair):
    near, far = pair
    far.start()
    for n in range(MANY):
        assert near.queue(f"Subject: {n}\n\nbody of {n}\n", "me@trial.example", f"u{n}@far.example") == 0
    near.start()
    messages = far.wait_messages(MANY)
    near.wait_empty()
    far.wait_empty()
    assert numbers(messages) == list(range(MANY))
    assert all(b"with QMTP;" in m for m in messages)
    assert max(int(m[1]) for m in near.log.find(rf"^status: local 0/\d+ remote (\d+)/{AT_ONCE * 5 // 4}$")) == AT_ONCE
    assert near.messages() == []


def test_much_mail_by_qmtp_with_lost_connections(pair):
    """Every third connection is cut off after some bytes; what was not accepted comes again, once."""
    near, far = pair
    port = far.port
    listener = socket.create_server(("127.0.0.1", 0))
    near.control("qmtproutes", f"far.example:[127.0.0.1]:{listener.getsockname()[1]}")
    count = 120

    def proxy(client, cut):
        with client, socket.create_connection(("127.0.0.1", port), SECONDS) as s:
            client.settimeout(SECONDS)
            seen = b""
            while not seen.endswith(b",,"):
                data = client.recv(10)
                if not data or len(seen) > cut:
                    return
                s.sendall(data)
                seen += data
            client.sendall(s.recv(1000))

    def accept():
        for n in range(10 ** 6):
            try:
                client, _ = listener.accept()
            except OSError:
                return
            pool.submit(proxy, client, 10 + n % 50 if n % 3 == 0 else 10 ** 9)

    far.start()
    near.start()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE * 2) as pool:
        pool.submit(accept)
        for n in range(count):
            assert near.queue(f"Subject: {n}\n\nbody\n", "me@trial.example", f"u{n}@far.example") == 0

        def again():
            near.signal(signal.SIGALRM)
            return not near.queued()
        wait_until("an empty queue", again)
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    assert near.log.find("connection_died")
    far.wait_empty()
    assert numbers(far.messages()) == list(range(count))


def test_much_mail_by_qmqp(instance, outside):  # noqa: F811
    """From a machine without a queue, where qmail-queue is qmail-qmqpc; the first of its servers is down."""
    instance.control("concurrencylocal", str(AT_ONCE))
    instance.start()
    port = instance.door("qmail-qmqpd", relay=False)
    with socket.create_server(("127.0.0.1", 0)) as s:
        down = s.getsockname()[1]
    client = Instance({"me": "client.example", "qmqpservers": f"127.0.0.1:{down}\n127.0.0.1:{port}"})
    outside.stack.callback(client.close)
    (client.home / "bin/qmail-queue").unlink()
    (client.home / "bin/qmail-queue").symlink_to("qmail-qmqpc")
    text = "To: tester@trial.example\nSubject: {}\n\nbody\n".format
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda n: client.inject(text(n)), range(MANY)))
    messages = instance.wait_messages(MANY)
    instance.wait_empty()
    assert numbers(messages) == list(range(MANY))
    assert all(b"with QMQP;" in m and b"\nReturn-Path: " in b"\n" + m for m in messages)
    assert not client.queued()


def test_much_mail_over_one_qmtp_connection(instance):
    """All messages are sent before an answer is read."""
    instance.start()
    port = instance.door("qmail-qmtpd", relay=False)
    instance.control("rcpthosts", "trial.example")
    with socket.create_connection(("127.0.0.1", port), SECONDS) as s:
        for n in range(200):
            s.sendall(qmtp(f"\nSubject: {n}\n\nbody\n", "me@x.test", "a@trial.example", "b@other.example", "c@trial.example"))
        s.shutdown(socket.SHUT_WR)
        answers = split(s.makefile("rb").read())
    assert [a[:1] for a in answers] == [b"K", b"D", b"K"] * 200
    assert numbers(instance.wait_messages(400)) == sorted([*range(200), *range(200)])


@pytest.mark.parametrize("program", ["qmail-qmtpd", "qmail-qmqpd"])
def test_a_server_that_is_told_the_time_is_up(instance, program):
    ours, other = socket.socketpair()
    p = instance.spawn(program, stdin=other, stdout=other)
    other.close()
    ours.sendall(b"100:\nSubject" if program == "qmail-qmtpd" else b"200:100:Subject")
    wait_until("its qmail-queue", lambda: os.listdir(instance.home / "queue/tmp"))
    os.kill(p.pid, signal.SIGALRM)
    assert p.wait(SECONDS) == 111
    wait_until("nothing in the queue", lambda: not os.listdir(instance.home / "queue/tmp"))
    assert not instance.queued()
    ours.close()


@pytest.mark.parametrize("program", ["qmail-qmtpd", "qmail-qmqpd"])
def test_memory_does_not_grow(instance, program):
    """Large addresses, many recipients, a large message."""
    instance.control("maxrcpt", "1000")
    swallow = instance.put("swallow", "#!/bin/sh\ncat > /dev/null; cat <&1 > /dev/null\n", 0o755)
    ours, other = socket.socketpair()
    p = instance.spawn(program, stdin=other, stdout=other, env={"RELAYCLIENT": "", "QMAILQUEUE": str(swallow)})
    other.close()
    ours.settimeout(SECONDS)
    large = netstring(b"\n" + b"x" * 30_000_000)
    sender, many = netstring(b"s" * 20_000_000), netstring("r" * 30) * 200_000
    if program == "qmail-qmtpd":
        data = large + sender + netstring(many)
    else:
        data = netstring(large + sender + many)
    ours.sendall(data[:-1])
    status = open(f"/proc/{p.pid}/status").read()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: ours.sendall(data[-1:]) or ours.shutdown(socket.SHUT_WR))
        answers = split(ours.makefile("rb").read())
    assert p.wait(SECONDS) == 0
    if program == "qmail-qmtpd":
        assert answers == [b"Dunacceptable sender (#5.1.7)"] * 1000 + [b"Ztoo many recipients (#4.5.3)"] * 199_000
    else:
        assert answers == [b"Dsorry, I can't accept addresses like that (#5.1.3)"]
    assert int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)[1]) < (100_000 if SANITIZED else 4000)


# Whatever comes

def address(chance):
    return chance.choice([b"a@local.test", b"b@x.sub.test", b"c@other.test", b"", b"d", b"x" * chance.choice([998, 999, 1000, 5000]),
                          bytes(chance.choices(b"a@.\0\n\r,:9", k=chance.randrange(30)))])


def session(chance, program):
    def addresses():
        return [netstring(address(chance)) for _ in range(chance.randrange(8))]

    def text():
        return bytes(chance.choices(b"\r\n\r\n.a\0bReceived:", k=chance.choice([0, 5, 50, 500])))

    if program == "qmail-qmqpd":
        return netstring(netstring(text()) + netstring(address(chance)) + b"".join(addresses()))
    return b"".join(netstring(chance.choice([b"\n", b"\r"]) + text()) + netstring(address(chance)) +
                    netstring(b"".join(addresses())) for _ in range(chance.randrange(1, 4)))


def damage(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        at = chance.randrange(len(data) + 1)
        data[at:at + chance.randrange(3)] = bytes(chance.choices(b"0123456789:,\r\n\0\xff", k=chance.randrange(4)))
    return bytes(data[:chance.choice([len(data), len(data), chance.randrange(len(data) + 1)])])


@pytest.mark.parametrize("program", ["qmail-qmtpd", "qmail-qmqpd"])
def test_what_is_said_is_what_is_queued(instance, program):
    """Of sessions that are damaged in all ways: answers are whole, and K if and only if something was queued."""
    chance = random.Random(1)
    for name, text in (("rcpthosts", "local.test\n.sub.test"), ("maxrcpt", "5"), ("databytes", "300")):
        instance.control(name, text)
    ends = set()
    for _ in range(200):
        sent = damage(chance, session(chance, program))
        before = len(instance.queued())
        p = instance.run(program, input=sent)
        answers = split(p.stdout)
        queued = len(instance.queued()) - before
        assert p.returncode in (0, 100, 111) and p.stderr == b"", sent
        assert any(a[:1] == b"K" for a in answers) == (queued > 0), sent
        assert program == "qmail-qmtpd" or len(answers) <= 1
        ends.add((p.returncode, queued > 0))
    assert {(0, True), (0, False), (100, False)} <= ends
    assert not os.listdir(instance.home / "queue/tmp")
