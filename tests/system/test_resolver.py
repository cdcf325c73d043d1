"""src/dns against a real name server (nsd), and against servers that are broken, slow or hostile."""
import contextlib
import random
import socket
import struct
import subprocess
import threading
import time

import pytest

from instance import SECONDS
from paths import BUILD


def ask(kind, name, *servers, env=None):
    p = subprocess.run([BUILD / "tests/resolver_test", kind, name, *servers], env=env, stdout=subprocess.PIPE,
                       timeout=SECONDS, check=True)
    outcome, *rest = p.stdout.decode("latin-1").splitlines()
    return outcome, rest


ZONE = """
a A 192.0.2.1
a AAAA 2001:db8::1
two A 192.0.2.1
two A 192.0.2.2
four A 192.0.2.4
alias CNAME middle
middle CNAME a
away CNAME host.elsewhere.example.
gone CNAME nothing
@ MX 10 a
@ MX 0 mx\\.odd.elsewhere.example.
null MX 0 .
text TXT "hello " "world"
text TXT "\\200\\"x"
loop CNAME pool
pool CNAME loop
""" + "".join(f'big TXT "{n} {"x" * 200}"\n' for n in range(100))


@pytest.fixture(scope="module")
def server():
    from outside import Outside
    with contextlib.closing(Outside()) as outside:
        yield outside.name_server({"test.example": ZONE, "elsewhere.example": "host A 192.0.2.9\n",
                                   "2.0.192.in-addr.arpa": "1 PTR A.Test.Example.\n2 PTR x\\ y\\..test.example.\n"})


@pytest.mark.parametrize("kind, name, want", [
    ("a", "a.test.example", ("found", ["192.0.2.1"])),
    ("a", "A.TEST.example.", ("found", ["192.0.2.1"])),
    ("aaaa", "a.test.example", ("found", ["2001:db8::1"])),
    ("ips", "a.test.example", ("found", ["2001:db8::1", "192.0.2.1"])),
    ("ips", "four.test.example", ("found", ["192.0.2.4"])),
    ("aaaa", "four.test.example", ("no_data", [])),
    ("ips", "text.test.example", ("no_data", [])),
    ("ips", "nothing.test.example", ("no_such_name", [])),
    ("a", "alias.test.example", ("found", ["192.0.2.1"])),
    ("a", "away.test.example", ("found", ["192.0.2.9"])),
    ("a", "gone.test.example", ("no_such_name", [])),
    ("mx", "alias.test.example", ("no_data", [])),
    ("a", "loop.test.example", ("temporary", [])),
    ("mx", "test.example", ("found", ["10 a.test.example", "0 mx\\056odd.elsewhere.example"])),
    ("mx", "null.test.example", ("found", ["0 ."])),
    ("ptr", "192.0.2.1", ("found", ["a.test.example"])),
    ("ptr", "192.0.2.2", ("found", ["x\\040y\\056.test.example"])),
    ("ptr", "192.0.2.3", ("no_such_name", [])),
    ("txt", "text.test.example", ("found", ["hello world", "\xc8\"x"])),
    ("a", "a.other.example", ("temporary", [])),  # nsd refuses: it is not responsible
])
def test_lookups(server, kind, name, want):
    outcome, found = ask(kind, name, server)
    assert (outcome, sorted(found)) == (want[0], sorted(want[1]))


def test_all_addresses(server):
    outcome, found = ask("a", "two.test.example", server)
    assert outcome == "found" and set(found) == {"192.0.2.1", "192.0.2.2"}


def test_a_long_answer_comes_over_tcp(server):
    outcome, found = ask("txt", "big.test.example", server)
    assert outcome == "found"
    assert {text.split()[0] for text in found} == {str(n) for n in range(100)}


def test_dnscacheip_names_the_server(server):
    assert ask("a", "a.test.example", env={"DNSCACHEIP": server}) == ("found", ["192.0.2.1"])


class Server:
    """Answers each query by answer(query), which gives a list of packets; packets are as over UDP."""

    def __init__(self, answer, tcp=None, address="127.0.0.1"):
        self.answer, self.tcp, self.queries = answer, tcp, []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        while True:
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.bind((address, 0))
            self.port = self.socket.getsockname()[1]
            try:
                self.listener = socket.create_server((address, self.port), family=family)
                break
            except OSError:
                self.socket.close()
        self.name = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        threading.Thread(target=self.run, daemon=True).start()
        threading.Thread(target=self.run_tcp, daemon=True).start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            self.queries.append((query, client))
            for packet in self.answer(query):
                self.socket.sendto(packet, client)

    def run_tcp(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                size = struct.unpack(">H", connection.recv(2))[0]
                query = connection.recv(size)
                for piece in (self.tcp or (lambda q: []))(query):
                    connection.sendall(piece)
                    time.sleep(0.01)  # so that they come apart


def question_end(query):
    return query.index(b"\0", 12) + 5


def reply(query, flags=0x8180, records=(), question=None, id=None):
    end = question_end(query)
    question = query[12:end] if question is None else question
    return struct.pack(">HHHHHH", int.from_bytes(query[:2], "big") if id is None else id, flags, bool(question),
                       len(records), 0, 0) + question + b"".join(records)


def a(text):
    return b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(text)


GOOD = ("found", ["192.0.2.1"])


def good(query):
    return [reply(query, records=[a("192.0.2.1")])]


def has_edns(query):
    return len(query) > question_end(query)


def test_the_query():
    server = Server(good)
    assert ask("a", "x.example", server.name) == GOOD
    query, _ = server.queries[0]
    assert query[2:] == struct.pack(">HHHHH", 0x0100, 1, 0, 0, 1) + b"\1x\7example\0\0\1\0\1" + b"\0" + struct.pack(
        ">HHIH", 41, 1232, 0, 0)


def test_ids_and_ports_are_random():
    server = Server(good)
    for _ in range(12):
        ask("a", "x.example", server.name)
    ids = [int.from_bytes(query[:2], "big") for query, _ in server.queries]
    ports = [client[1] for _, client in server.queries]
    for numbers in (ids, ports):
        assert len(set(numbers)) > 10
        assert sorted(numbers) != numbers and max(numbers) - min(numbers) > 10000


def test_forgeries_are_passed_over():
    """Another id, another question, a query: the right answer behind them counts."""
    def answer(query):
        wrong = [a("192.0.2.66")]
        number = int.from_bytes(query[:2], "big")
        end = question_end(query)
        return [reply(query, records=wrong, id=number ^ 1), reply(query, records=wrong, question=b"\1y" + query[14:end]),
                reply(query, records=wrong, question=query[12:end - 4] + b"\0\x1c\0\1"), reply(query, 0x0180, wrong),
                reply(query, records=wrong, question=b""), b"", b"x", *good(query)]
    assert ask("a", "x.example", Server(answer).name) == GOOD


def test_only_the_server_may_answer():
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.1", 0))

    def answer(query):
        stranger.sendto(reply(query, records=[a("192.0.2.66")]), server.queries[-1][1])
        return good(query)
    server = Server(answer)
    assert ask("a", "x.example", server.name) == GOOD


@pytest.mark.parametrize("refusal", [lambda q: reply(q, 0x8181), lambda q: reply(q, 0x8184),
                                     lambda q: reply(q, 0x8181, question=b"")])
def test_a_server_without_edns(refusal):
    server = Server(lambda query: [refusal(query)] if has_edns(query) else good(query))
    assert ask("a", "x.example", server.name) == GOOD
    assert [has_edns(query) for query, _ in server.queries] == [True, False]


@pytest.mark.parametrize("bad", [lambda q: [reply(q, 0x8182)], lambda q: [reply(q, 0x8185)],
                                 lambda q: [reply(q, 0x8100)], lambda q: [reply(q, records=[a("192.0.2.1")[:-1]])]],
                         ids=["servfail", "refused", "lame", "broken"])
def test_the_next_server_is_asked(bad):
    first, second = Server(bad), Server(good)
    assert ask("a", "x.example", first.name, second.name) == GOOD
    assert len(first.queries) == 1


def test_silence_is_waited_out():
    first, second = Server(lambda query: []), Server(good)
    assert ask("a", "x.example", first.name, second.name) == GOOD
    assert len(first.queries) == 1


def test_a_closed_port_costs_no_time():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        closed = "127.0.0.1:%d" % s.getsockname()[1]
    start = time.monotonic()
    assert ask("a", "x.example", closed) == ("temporary", [])
    assert time.monotonic() - start < 1


def test_no_ipv6_addresses_as_if_there_were_no_name():
    """RFC 4074 section 4.2: mail for a host with IPv4 addresses does not bounce for that."""
    def answer(query):
        aaaa = query[question_end(query) - 4:question_end(query) - 2] == b"\0\x1c"
        return [reply(query, 0x8183)] if aaaa else good(query)
    assert ask("ips", "x.example", Server(answer).name) == GOOD


def test_a_second_try():
    server = Server(lambda query: good(query) if len(server.queries) == 2 else [])
    assert ask("a", "x.example", server.name) == GOOD


def test_a_server_with_ipv6():
    server = Server(good, address="::1")
    assert ask("a", "x.example", server.name) == GOOD


def truncated(query):
    return [reply(query, 0x8380)]


def framed(packet):
    return struct.pack(">H", len(packet)) + packet


def test_tcp_in_pieces():
    def tcp(query):
        packet = framed(reply(query, records=[a("192.0.2.1")] * 3000))
        return [packet[:1], packet[1:3], packet[3:9000], packet[9000:]]
    outcome, found = ask("a", "x.example", Server(truncated, tcp).name)
    assert outcome == "found" and found == ["192.0.2.1"] * 3000


@pytest.mark.parametrize("tcp", [
    lambda q: [],
    lambda q: [framed(reply(q, records=[a("192.0.2.1")]))[:-1]],
    lambda q: [framed(reply(q, 0x8380))],
    lambda q: [framed(reply(q, records=[a("192.0.2.1")], id=int.from_bytes(q[:2], "big") ^ 1))],
    lambda q: [b"\0\0"],
], ids=["closed", "cut", "truncated", "id", "empty"])
def test_tcp_that_fails(tcp):
    first, second = Server(truncated, tcp), Server(good)
    assert ask("a", "x.example", first.name, second.name) == GOOD


def test_nonsense_never_hurts():
    """Random changes of a good answer: an outcome, and no crash (sanitizers see more)."""
    chance = random.Random(7)

    def answer(query):
        packet = bytearray(reply(query, records=[a("192.0.2.1"), b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) +
                                                 b"\xc0\x0c"]))
        for _ in range(3):
            packet[chance.randrange(12, len(packet))] = chance.randrange(256)
        return [bytes(packet), *good(query)]
    server = Server(answer)
    for _ in range(50):
        assert ask("a", "x.example", server.name, Server(good).name)[0] in ("found", "no_data", "no_such_name")
