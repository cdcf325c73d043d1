"""tcpclient and what is built on it, beside Debian's and where that has nothing to compare with."""
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from instance import SECONDS, wait_until
from outside import Outside
from paths import BIN
from test_ucspi import BOTH

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
QUIET = ("-H", "-R", "-l0")
ENVIRONMENT = ("sh", "-c", "env | grep -E '^(TCP|PROTO)' | sort")


class Listener:
    """Answers every connection with the same bytes once it has said what was awaited, and keeps what it said."""

    def __init__(self, address="127.0.0.1", port=0, awaited=b"", reply=b""):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, port), family=family, backlog=50)
        self.port = self.listener.getsockname()[1]
        self.awaited, self.reply, self.said = awaited, reply, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.listener.accept()
                with connection:
                    said = b""
                    while len(said) < len(self.awaited) and (more := connection.recv(1000)):
                        said += more
                    self.said.append((peer, said))
                    connection.sendall(self.reply)

    def close(self):
        self.listener.close()


@pytest.fixture
def listen():
    with contextlib.ExitStack() as stack:
        yield lambda *arguments, **named: stack.enter_context(contextlib.closing(Listener(*arguments, **named)))


def run(*arguments, folder=BIN, name="tcpclient", env=None, input=b"", **named):
    p = subprocess.run([folder / name, *map(str, arguments)], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=SECONDS, env={"PATH": f"{folder}:/usr/bin:/bin", **(env or {})}, **named)
    return p.returncode, p.stdout.decode("latin-1"), p.stderr.decode("latin-1")


def variables(*arguments, **named):
    code, out, said = run(*arguments, *ENVIRONMENT, **named)
    assert code == 0, said
    return dict(line.split("=", 1) for line in out.splitlines())


EVIL = {name: "evil" for name in ("TCPLOCALHOST", "TCPREMOTEHOST", "TCPREMOTEINFO", "TCPREMOTEIP", "PROTO")}


# The same as Debian's


@pytest.mark.parametrize("options", [QUIET, ("-HR", "-lname.example"), ("-v", *QUIET), ("-D", *QUIET), ("-q", *QUIET),
                                     ("-i127.0.0.9", *QUIET), ("-T1", *QUIET), ("-T", "1+0", *QUIET), ("-Rhl0", "-H")])
@pytest.mark.parametrize("host", ["0", "", "127.0.0.1"])
def test_environment(listen, options, host):
    port = listen().port
    theirs, ours = (run(*options, host, port, *ENVIRONMENT, folder=folder, env=EVIL) for folder in BOTH)
    local_ports = [re.search("TCPLOCALPORT=(.*)\n", text)[1] for _, text, _ in (theirs, ours)]
    assert ours[1].replace(local_ports[1], "P") == theirs[1].replace(local_ports[0], "P")
    assert ours[0] == theirs[0] == 0 and ours[2] == theirs[2]


@pytest.mark.parametrize("arguments", [
    (), ("0", "25"), ("-Z", "0", "25", "true"), ("-p",), ("-i", "bad", "0", "1", "true"), ("0", "nowhere", "true"),
    ("0", "1", "true"), ("-q", "0", "1", "true"), ("-v", "", "1", "true"), ("no..name", "25", "true"),
    ("-i", "192.0.2.200", "0", "1", "true"), ("-T1+1", "127.0.0.1", "1", "true")])
def test_no_connection(arguments):
    theirs, ours = (run(*arguments, folder=folder) for folder in BOTH)
    assert ours == theirs
    assert ours[0] in (100, 111)


@pytest.mark.parametrize("options", [(), ("-q",), ("-v",)])
def test_no_program(listen, options):
    port = listen().port
    theirs, ours = (run(*options, *QUIET, "0", port, "./none", folder=folder) for folder in BOTH)
    assert ours == theirs and ours[0] == 111


# What it gives to its program


def test_descriptors(listen):
    server = listen(awaited=b"hello\n", reply=b"and back")
    code, out, said = run(*QUIET, "0", server.port, "sh", "-c",
                          "echo hello >&7; cat <&6; read a; echo $a; echo e >&2; ls -l /proc/self/fd", input=b"in\n")
    assert code == 0 and said == "e\n"
    assert out.startswith("and backin\n")
    found = dict(re.findall(r" (\d+) -> (.*)", out))
    assert found["6"] == found["7"] and found["6"].startswith("socket:")
    assert set(found) == {"0", "1", "2", "3", "6", "7"}  # 3: what ls reads
    assert server.said[0][1] == b"hello\n"


def test_standard_descriptors_may_be_closed(listen):
    server = listen(reply=b"here")
    for closed in ("0<&-", "2>&-", "0<&- 2>&-"):
        p = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", BIN / "tcpclient", *QUIET, "0", str(server.port), "sh", "-c",
                            "cat <&6; cat; echo x >&2"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           stdin=subprocess.DEVNULL, timeout=SECONDS)
        assert (p.returncode, p.stdout) == (0, b"here")


def test_quiet_is_not_for_the_program(listen):
    assert run("-q", *QUIET, "0", listen().port, "sh", "-c", "echo said >&2") == (0, "", "said\n")


def test_signals(listen):
    p = subprocess.run(["sh", "-c", "trap '' PIPE; exec \"$@\"", "sh", BIN / "tcpclient", *QUIET, "0", str(listen().port), "cat",
                        "/proc/self/status"], stdout=subprocess.PIPE, timeout=SECONDS)
    ignored = int(re.search(rb"^SigIgn:\t(.*)$", p.stdout, re.M)[1], 16)
    assert not ignored & 1 << (signal.SIGPIPE - 1)


def test_local_side(listen):
    server = listen()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    got = variables("-p", port, "-i", "127.0.0.8", *QUIET, "0", server.port)
    assert (got["TCPLOCALIP"], got["TCPLOCALPORT"]) == ("127.0.0.8", str(port))
    wait_until("the server", lambda: server.said)
    assert server.said[0][0] == ("127.0.0.8", port)
    assert run("-i", "::1", *QUIET, "127.0.0.1", server.port, "true")[0] == 111


def test_ipv6(listen):
    port = listen("::1").port
    got = variables("-i", "::1", "-HRlhere", "::1", port, env=EVIL)
    local = got.pop("TCPLOCALPORT")
    assert got.pop("TCP6LOCALPORT") == local
    assert got == {"PROTO": "TCP", **{f"{kind}{name}": value for kind in ("TCP", "TCP6") for name, value in {
        "LOCALIP": "::1", "LOCALHOST": "here", "REMOTEIP": "::1", "REMOTEPORT": str(port)}.items()}}


# Hosts with several addresses


@pytest.fixture(scope="module")
def dns():
    zones = {"test.example": "both AAAA ::1\nboth A 127.0.0.1\ntwo A 127.0.0.61\ntwo A 127.0.0.62\nmixed A 127.0.0.61\n"
                             "mixed AAAA ::1\nmixed A 127.0.0.62\nsix AAAA ::1\n",
             "127.in-addr.arpa": "61.0.0 PTR back.test.example.\n"}
    with contextlib.closing(Outside()) as outside:
        yield {"DNSCACHEIP": outside.name_server(zones), "LOCALDOMAIN": "test.example"}


def listening_at(listen, *addresses):
    """Listeners at several addresses on the same port."""
    while True:
        first = listen(addresses[0])
        try:
            return [first, *(listen(address, first.port) for address in addresses[1:])]
        except OSError:
            continue


@contextlib.contextmanager
def silent(address, port=0):
    """A port where connections are neither taken nor refused: its backlog is full."""
    with contextlib.ExitStack() as stack:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        full = stack.enter_context(socket.create_server((address, port), family=family, backlog=0))
        port = full.getsockname()[1]
        for _ in range(4):
            s = stack.enter_context(socket.socket(family))
            s.setblocking(False)
            s.connect_ex((address, port))
        yield port


def test_ipv6_comes_first(listen, dns):
    six, four = listening_at(listen, "::1", "127.0.0.1")
    assert variables(*QUIET, "both", six.port, env=dns)["TCPREMOTEIP"] == "::1"
    assert variables(*QUIET, "both.test.example", six.port, env=dns)["TCPREMOTEIP"] == "::1"
    assert variables("-i", "127.0.0.1", *QUIET, "both", six.port, env=dns)["TCPREMOTEIP"] == "127.0.0.1"
    assert not four.said[1:]


def test_a_refusal_is_followed_by_the_next(listen, dns):
    server = listen("127.0.0.62")
    begin = time.monotonic()
    code, out, said = run("-v", *QUIET, "mixed", server.port, *ENVIRONMENT, env=dns)
    assert time.monotonic() - begin < 2
    assert code == 0 and "TCPREMOTEIP=127.0.0.62\n" in out
    assert said == f"tcpclient: connected to 127.0.0.62 port {server.port}\n"


def test_silence_is_followed_by_the_next(listen, dns):
    with silent("::1") as port:
        try:
            listen("127.0.0.1", port)
        except OSError:
            pytest.fail("the port is taken")
        begin = time.monotonic()
        assert variables("-T30", *QUIET, "both", port, env=dns)["TCPREMOTEIP"] == "127.0.0.1"
        assert time.monotonic() - begin < 10


def test_patience(dns):
    """Silent addresses get the first time, and then, at once, the second; a refusal is final."""
    with silent("::1") as port, silent("127.0.0.61", port):
        begin = time.monotonic()
        code, out, said = run("-T1+1", *QUIET, "mixed", port, "true", env=dns)
        took = time.monotonic() - begin
        assert (code, out) == (111, "")
        assert sorted(said.splitlines()) == sorted(
            f"tcpclient: unable to connect to {ip} port {port}: {why}" for ip, why in
            (("::1", "timed out"), ("127.0.0.61", "timed out"), ("127.0.0.62", "connection refused")))
        assert 2 <= took < 8
        begin = time.monotonic()
        assert run("-T1", *QUIET, "::1", port, "true")[0] == 111
        assert 1 <= time.monotonic() - begin < 4
        begin = time.monotonic()
        assert run("-T1+1", *QUIET, "::1", port, "true")[0] == 111  # a single address has both times together
        assert 2 <= time.monotonic() - begin < 8


def test_a_fixed_port_tries_one_after_the_other(listen, dns):
    with silent("127.0.0.61") as port:
        server = listen("127.0.0.62", port)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            mine = s.getsockname()[1]
        assert variables("-T1", "-p", mine, *QUIET, "two", port, env=dns)["TCPLOCALPORT"] == str(mine)
        assert len(server.said) == 1


@root
def test_the_hosts_file_comes_first(listen, tmp_path, dns):
    server = listen("127.0.0.61")
    (tmp_path / "hosts").write_text("127.0.0.61 both.test.example\n127.0.0.1 me\n")
    p = subprocess.run(["unshare", "-m", "--propagation", "private", "sh", "-ec", 'mount --bind hosts /etc/hosts; exec "$@"',
                        "sh", BIN / "tcpclient", "-R", "-i127.0.0.1", "both.test.example", str(server.port), *ENVIRONMENT],
                       cwd=tmp_path, env={"PATH": os.environ["PATH"], **dns}, stdout=subprocess.PIPE, timeout=SECONDS)
    got = dict(line.split("=") for line in p.stdout.decode().splitlines())
    assert (got["TCPREMOTEHOST"], got["TCPLOCALHOST"]) == ("both.test.example", "me")
    assert variables("-R", "127.0.0.61", server.port, env=dns)["TCPREMOTEHOST"] == "back.test.example"


def test_a_name_server_that_is_silent():
    assert run("some.example", "25", "true", env={"DNSCACHEIP": "127.0.0.1:9"}) == (
        111, "", "tcpclient: fatal: temporarily unable to figure out IP address for some.example: timed out\n")


# The scripts


@pytest.fixture
def root_of_bin(tmp_path):
    (tmp_path / "bin").symlink_to(BIN)
    return {"QMAILHOME": str(tmp_path)}


PAGE = b"HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody\r\nline\ttwo\r\nesc\x1b \xe4 \r\nl\rx\r\nend"


@pytest.mark.parametrize("name, arguments, awaited", [
    ("tcpcat", ("127.0.0.1", "PORT"), b""), ("mconnect", ("127.0.0.1", "PORT"), b"in\r\n"),
    ("http@", ("127.0.0.1", "a/b", "PORT"), b"GET /a/b HTTP/1.0\r\nHost: 127.0.0.1:PORT\r\n\r\n"),
    ("http@", ("0", "", "PORT"), b"GET / HTTP/1.0\r\nHost: 0:PORT\r\n\r\n")])
def test_scripts(listen, root_of_bin, name, arguments, awaited):
    server = listen(awaited=awaited, reply=PAGE)
    port = str(server.port)
    server.awaited = awaited.replace(b"PORT", port.encode())
    theirs, ours = (run(*(a.replace("PORT", port) for a in arguments), folder=folder, name=name, env=root_of_bin,
                        input=b"in\n") for folder in BOTH)
    assert ours == theirs
    assert [said for _, said in server.said] == [server.awaited] * 2


def test_an_empty_line_in_a_page(listen, root_of_bin):
    """Theirs loses it."""
    server = listen(awaited=b"GET / HTTP/1.0\r\nHost: 0:12345\r\n\r\n", reply=b"HTTP/1.0 200 OK\r\n\r\none\r\n\r\ntwo\n")
    assert run("0", "", server.port, name="http@", env=root_of_bin) == (0, "one\n\ntwo\n", "")


@root
@pytest.mark.parametrize("name, arguments, awaited", [
    ("who@", (), b""), ("date@", (), b""), ("tcpcat", (), b""), ("finger@", (), b"\r\n"), ("finger@", ("joe",), b"joe\r\n"),
    ("http@", (), b"GET / HTTP/1.0\r\nHost: HOST:80\r\n\r\n"), ("mconnect", (), b"in\r\n")])
def test_ports_of_scripts(listen, root_of_bin, name, arguments, awaited):
    """At addresses of their own, so that nobody else's services are met."""
    port = {"who@": 11, "date@": 13, "tcpcat": 17, "finger@": 79, "http@": 80, "mconnect": 25}[name]
    address = "127.%d.%d.%d" % tuple(random.randrange(1, 255) for _ in range(3))
    awaited = awaited.replace(b"HOST", address.encode())
    server = listen(address, port, awaited=awaited, reply=PAGE)
    theirs, ours = (run(address, *arguments, folder=folder, name=name, env=root_of_bin, input=b"in\n") for folder in BOTH)
    assert ours == theirs
    assert [said for _, said in server.said] == [awaited] * 2


@pytest.mark.parametrize("name", ["who@", "date@", "finger@", "http@", "tcpcat", "mconnect"])
def test_scripts_without_a_server(root_of_bin, name):
    address = "127.%d.%d.%d" % tuple(random.randrange(1, 255) for _ in range(3))
    theirs, ours = (run(address, folder=folder, name=name, env=root_of_bin) for folder in BOTH)
    assert ours == theirs
    assert "connection refused" in ours[2]
    theirs, ours = (run("-x", folder=folder, name=name, env=root_of_bin) for folder in BOTH)
    assert ours[0] == theirs[0] and ours[2]
