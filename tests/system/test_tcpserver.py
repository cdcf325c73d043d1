"""tcpserver: what its children get, whom it lets in, what it says, and what it survives."""
import contextlib
import os
import pathlib
import random
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest

from instance import Log, SECONDS, wait_until
from paths import BIN, BUILD

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
QUIET = ("-H", "-R", "-l0")  # nothing is looked up
ENVIRONMENT = ("sh", "-c", "env | grep -E '^(TCP|PROTO|SET|RULE)' | sort")


class Door:
    """A running tcpserver, in a folder of its own."""

    def __init__(self, folder, *options, host="127.0.0.1", port=0, program=ENVIRONMENT, env=None, prefix=(),
                 defaults=QUIET, **named):
        self.folder = folder
        self.log = Log(folder / "log")
        with open(folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, BIN / "tcpserver", "-1", *defaults, *options, host, str(port), *program], cwd=folder,
                env={"PATH": f"{BIN}:/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True, **named)
        line = self.process.stdout.readline()
        assert line, self.log.text()
        self.port = int(line)

    def connect(self, address="127.0.0.1", source=None):
        s = socket.create_connection((address, self.port), SECONDS, source and (source, 0))
        return s

    def ask(self, address="127.0.0.1", source=None):
        """All that a connection brings."""
        with self.connect(address, source) as s:
            return read_all(s)

    def environment(self, *address):
        return dict(line.split("=", 1) for line in self.ask(*address).decode("latin-1").splitlines())

    def rules(self, text, name="rules.cdb"):
        subprocess.run([BIN / "tcprules", name, "rules.tmp"], input=text.encode(), cwd=self.folder, check=True)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def read_all(s):
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while more := s.recv(65536):
            got += more
    return got


def says_nothing(s):
    """Yet: there is nothing to read, not even an end."""
    s.setblocking(False)
    try:
        s.recv(1, socket.MSG_PEEK)
        return False
    except BlockingIOError:
        return True
    finally:
        s.settimeout(SECONDS)


@pytest.fixture
def door(tmp_path):
    made = []

    def make(*options, **named):
        made.append(Door(tmp_path, *options, **named))
        return made[-1]

    yield make
    for one in made:
        one.close()


def run(*options, env=None, **named):
    """tcpserver that ends by itself: its exit code and what it said."""
    p = subprocess.run([BIN / "tcpserver", *options], env={"PATH": "/usr/bin:/bin", **(env or {})},
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                       **named)
    return p.returncode, p.stdout.decode()


# What a child gets


def test_environment(door):
    d = door(env={"TCPREMOTEHOST": "evil", "TCPREMOTEINFO": "evil", "TCP6REMOTEIP": "evil", "TCP6LOCALHOST": "evil",
                  "TCP6INTERFACE": "evil", "PROTO": "evil"}, defaults=("-HR", "-llocal.example"))
    with d.connect(source="127.0.0.3") as s:
        got = dict(line.split("=") for line in read_all(s).decode().splitlines())
        port = s.getsockname()[1]
    assert got == {"PROTO": "TCP", "TCPLOCALIP": "127.0.0.1", "TCPLOCALPORT": str(d.port),
                   "TCPLOCALHOST": "local.example", "TCPREMOTEIP": "127.0.0.3", "TCPREMOTEPORT": str(port)}


def test_environment_of_ipv6(door):
    d = door(host="::1")
    with d.connect("::1") as s:
        got = dict(line.split("=") for line in read_all(s).decode().splitlines())
        port = s.getsockname()[1]
    assert got == {"PROTO": "TCP", **{f"{kind}{name}": value for kind in ("TCP", "TCP6") for name, value in {
        "LOCALIP": "::1", "LOCALPORT": str(d.port), "LOCALHOST": "0", "REMOTEIP": "::1", "REMOTEPORT": str(port)
    }.items()}}


def test_both_families(door):
    d = door(host="::")
    assert d.environment("::1")["TCPREMOTEIP"] == "::1"
    got = d.environment("127.0.0.1")
    assert got["TCPREMOTEIP"] == got["TCPLOCALIP"] == "127.0.0.1"
    assert not any(name.startswith("TCP6") for name in got)


@pytest.mark.parametrize("host", ["0", ""])
def test_all_of_ipv4(door, host):
    d = door(host=host)
    assert d.environment("127.0.0.9")["TCPLOCALIP"] == "127.0.0.9"
    with pytest.raises(ConnectionRefusedError):
        d.connect("::1")


IGNORING = ("sh", "-c", "trap '' CHLD PIPE TERM; exec \"$@\"", "sh")


def test_descriptors(door):
    d = door(program=("ls", "-l", "/proc/self/fd"))
    descriptors = dict(re.findall(r" (\d+) -> (.*)", d.ask().decode()))
    assert re.fullmatch(r"/proc/\d+/fd", descriptors.pop("3"))  # which ls reads
    assert set(descriptors) == {"0", "1", "2"}
    assert descriptors["0"] == descriptors["1"] and descriptors["0"].startswith("socket:")
    assert descriptors["2"].endswith("/log")


def test_signals(door):
    """Whatever its caller ignores: tcpserver works, and a child has them at their defaults."""
    d = door("-v", prefix=IGNORING, program=("cat", "/proc/self/status"))
    masks = re.findall("^Sig(?:Blk|Ign|Cgt):\t(.*)$", d.ask().decode(), re.M)
    assert len(masks) == 3
    for sig in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM):
        assert not any(int(mask, 16) >> sig - 1 & 1 for mask in masks), sig
    d.log.wait(r"^tcpserver: end \d+ status 0$")
    d.process.terminate()
    assert d.process.wait(SECONDS) == 0


def test_standard_descriptors_may_be_closed(door):
    d = door(prefix=("sh", "-c", 'exec "$@" 0<&- 2>&-', "sh"), program=("sh", "-c", "echo here; echo there >&2"))
    assert d.ask() == b"here\n"


OPTIONS_OF = ("/usr/bin/python3", "-c", "import socket; s = socket.socket(fileno=0); "
              "print(bool(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)), "
              "len(s.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40)), flush=True)")


@pytest.mark.parametrize("options, want", [((), b"False 0\n"), (("-D", "-o"), b"True 7\n"), (("-Dd", "-oO"), b"False 0\n")])
def test_socket_options(door, options, want):
    d = door(*options, program=OPTIONS_OF)
    with socket.socket() as s:
        s.settimeout(SECONDS)
        # Record route (RFC 791), one slot: the kernel answers in kind.
        s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x07\x07\x04\0\0\0\0\0")
        s.connect(("127.0.0.1", d.port))
        got = read_all(s)
    if want == b"True 7\n":
        assert re.match(rb"True [1-9]", got)
    else:
        assert got == want


def test_search_of_the_program(door, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here/program").write_text("#!/bin/sh\necho $0 \"$@\"\n")
    (tmp_path / "here/program").chmod(0o755)
    assert door(program=("program", "a b", "c"), env={"PATH": f"/nowhere:{tmp_path}/here:/bin"}).ask() \
        == f"{tmp_path}/here/program a b c\n".encode()
    assert door(program=("here/program",)).ask() == b"here/program\n"
    d = door("-v", program=("no-such-program",))
    assert d.ask() == b""
    d.log.wait("^tcpserver: warning: dropping connection, unable to run no-such-program: file does not exist$")
    d.log.wait(r"^tcpserver: end \d+ status 28416$")


# Whom it lets in


def test_rules_can_be_replaced(door):
    d = door("-v", "-x", "rules.cdb")
    assert d.ask() == b""
    d.log.wait("^tcpserver: warning: dropping connection, unable to read rules.cdb: file does not exist$")
    d.log.wait(r"^tcpserver: end \d+ status 28416$")
    d.rules('127.:allow,RULE="1",TCPREMOTEHOST="of.the.rule"\n')
    got = d.environment()
    assert (got["RULE"], got["TCPREMOTEHOST"]) == ("1", "of.the.rule")
    d.rules("127.:deny\n")
    assert d.ask() == b""
    d.log.wait(r"^tcpserver: deny \d+ 0:127.0.0.1:%d :127.0.0.1::\d+$" % d.port)
    d.log.wait(r"^tcpserver: end \d+ status 25600$")
    d.rules("127.0.0.2/31:deny\n[::1]:deny\n")
    assert "RULE" not in d.environment()
    assert d.ask(source="127.0.0.3") == b""


def test_rules_of_ipv6(door):
    d = door("-v", "-x", "rules.cdb", host="::")
    d.rules('[::1]:allow,RULE="six"\n127.0.0.0/8:allow,RULE="four"\n:deny\n')
    assert d.environment("::1")["RULE"] == "six"
    assert d.environment("127.0.0.1")["RULE"] == "four"
    d.rules("[::/127]:deny\n")
    assert d.ask("::1") == b""
    d.log.wait(r"^tcpserver: deny \d+ 0:\[::1\]:%d :\[::1\]::\d+$" % d.port)
    assert d.ask() != b""


@pytest.mark.parametrize("content", [b"", b"no cdb at all\n", bytes(2048), bytes([255]) * 2048,
                                     bytes([0xff, 7, 0, 0, 255, 255, 255, 0]) * 256])
def test_a_damaged_cdb_drops_connections(door, content):
    d = door("-v", "-X", "-x", "rules.cdb")
    (d.folder / "rules.cdb").write_bytes(content)
    assert d.ask() == b""
    d.log.wait("^tcpserver: warning: dropping connection, unable to read rules.cdb: protocol error$")


def test_a_missing_cdb_may_allow(door):
    assert door("-X", "-x", "rules.cdb").ask() != b""


def test_the_limit(door):
    d = door("-v", "-c2", program=("sh", "-c", "echo in; read line; exit 3"))
    first, second, third = (d.connect() for _ in range(3))
    assert first.recv(3) == second.recv(3) == b"in\n"
    d.log.wait("^tcpserver: status: 2/2$")
    assert says_nothing(third)
    first.close()
    assert third.recv(3) == b"in\n"
    assert not d.log.find("status: 3/2")
    second.close()
    third.close()
    d.log.wait("^tcpserver: status: 0/2$", count=2)
    assert len(d.log.find(r"^tcpserver: end \d+ status 768$")) == 3


def test_the_banner_comes_first(door):
    d = door("-B", "hello\r\n", "-x", "rules.cdb")
    d.rules(":deny\n")
    assert d.ask() == b"hello\r\n"
    d.rules(":allow\n")
    assert d.ask().startswith(b"hello\r\nPROTO=TCP\n")


# What it says


def test_status_lines(door):
    d = door("-v", "-c", "3", program=("sh", "-c", "exit 3"))
    with d.connect() as s:
        port = s.getsockname()[1]
        d.log.wait("^tcpserver: status: 0/3$", count=2)
    lines = d.log.text().splitlines()
    pid = re.fullmatch(r"tcpserver: pid (\d+) from 127.0.0.1", next(line for line in lines if "from" in line))[1]
    assert lines[0] == "tcpserver: status: 0/3"
    assert sorted(lines[1:3]) == sorted(["tcpserver: status: 1/3", f"tcpserver: pid {pid} from 127.0.0.1"])
    assert lines[3:] == [f"tcpserver: ok {pid} 0:127.0.0.1:{d.port} :127.0.0.1::{port}",
                         f"tcpserver: end {pid} status 768", "tcpserver: status: 0/3"]


def test_a_signal_in_the_status(door):
    d = door("-v", program=("sh", "-c", "kill -9 $$"))
    d.ask()
    d.log.wait(r"^tcpserver: end \d+ status 9$")


def test_fields_are_cleaned(door):
    d = door("-v", defaults=("-HR", "-la b%c:d\u00e9\t" + "x" * 200))
    d.ask()
    d.log.wait(r"^tcpserver: ok \d+ a\?b\?c\?d\?\?\?x{90}\.\.\.:127")


def test_quiet(door):
    d = door("-vq", program=("sh", "-c", "echo of the program >&2; exec ./no-such-program"))
    d.ask()
    assert d.log.text().startswith("of the program\n")
    assert "tcpserver" not in d.log.text()
    assert run("-q", "0", "nowhere", "true") == (111, "")
    d = door("-vQ", program=("no-such-program",))
    d.ask()
    d.log.wait("^tcpserver: warning: dropping connection, unable to run no-such-program")
    assert not d.log.find("status|pid")


USAGE = """tcpserver: usage: tcpserver [ -1UXpPhHrRoOdDqQv ] [ -k seconds ] [ -c limit ] [ -C limit ] [ -x rules.cdb ] [ -B banner ] [ -g gid ] \
[ -u uid ] [ -b backlog ] [ -l localname ] [ -t timeout ] host port program
"""


@pytest.mark.parametrize("options, code, text", [
    ((), 100, USAGE),
    (("0", "0"), 100, USAGE),
    (("-Z",), 100, "tcpserver: illegal option -- Z\n" + USAGE),
    (("-c",), 100, "tcpserver: option requires an argument -- c\n" + USAGE),
    (("-c", "many", "0", "0", "true"), 100, USAGE),
    (("0", "nowhere", "true"), 111, "tcpserver: fatal: unable to figure out port number for nowhere\n"),
    (("0", "65536", "true"), 111, "tcpserver: fatal: unable to figure out port number for 65536\n"),
    (("192.0.2.1", "0", "true"), 111, "tcpserver: fatal: unable to bind: address not available\n"),
    (("no..name", "0", "true"), 111, "tcpserver: fatal: no IP address for no..name\n"),
    (("-u", "no-such-user", "0", "0", "true"), 111, "tcpserver: fatal: unable to find user no-such-user: "
     "file does not exist\n"),
    (("-g", "no-such-group", "0", "0", "true"), 111, "tcpserver: fatal: unable to find group no-such-group: "
     "file does not exist\n"),
])
def test_it_does_not_start(options, code, text):
    assert run(*options) == (code, text)


def test_an_address_in_use(door):
    assert run("127.0.0.1", str(door().port), "true") == (111, "tcpserver: fatal: unable to bind: address already used\n")


def test_a_name_server_that_is_silent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        name = "127.0.0.1:%d" % s.getsockname()[1]
    assert run("some.example", "0", "true", env={"DNSCACHEIP": name}) == (
        111, "tcpserver: fatal: temporarily unable to figure out IP address for some.example: timed out\n")


# Names


@pytest.fixture(scope="module")
def dns():
    from outside import Outside
    zones = {"127.in-addr.arpa": "2.7.7 PTR Good.test.example.\n3.7.7 PTR liar.test.example.\n"
                                 "4.7.7 PTR o\\032dd\\:.test.example.\n5.7.7 PTR nothing.test.example.\n",
             "test.example": "good A 127.0.0.1\ngood A 127.7.7.2\nliar A 127.7.7.99\nhere A 127.7.7.2\n"}
    with contextlib.closing(Outside()) as outside:
        yield {"DNSCACHEIP": outside.name_server(zones), "LOCALDOMAIN": "no.test.example test.example"}


def test_names(door, dns):
    d = door("-v", host="127.7.7.2", env=dns, defaults=("-R",))
    got = d.environment("127.7.7.2", "127.7.7.3")
    assert (got["TCPLOCALHOST"], got["TCPREMOTEHOST"]) == ("good.test.example", "liar.test.example")
    got = d.environment("127.7.7.2", "127.7.7.4")
    assert got["TCPREMOTEHOST"] == "o\\040dd\\072.test.example"
    got = d.environment("127.7.7.2", "127.7.7.77")
    assert "TCPREMOTEHOST" not in got
    assert "TCPREMOTEHOST" not in door("-H", host="127.7.7.2", env=dns, defaults=("-R",)).environment(
        "127.7.7.2", "127.7.7.3")


def test_paranoia(door, dns):
    d = door("-p", host="127.7.7.2", env=dns, defaults=("-R", "-l0"))
    assert d.environment("127.7.7.2", "127.7.7.2")["TCPREMOTEHOST"] == "good.test.example"
    for source in ("127.7.7.3", "127.7.7.5"):
        assert "TCPREMOTEHOST" not in d.environment("127.7.7.2", source)


def test_rules_with_names(door, dns):
    d = door("-x", "rules.cdb", host="127.7.7.2", env=dns, defaults=("-R", "-l0"))
    d.rules('=liar.test.example:deny\n=.example:allow,RULE="named"\n=:deny\n:allow,RULE="unnamed"\n')
    assert d.environment("127.7.7.2", "127.7.7.2")["RULE"] == "named"
    assert d.environment("127.7.7.2", "127.7.7.77")["RULE"] == "unnamed"
    assert d.ask("127.7.7.2", "127.7.7.3") == b""


def test_a_host_by_its_name(door, dns):
    assert door(host="here.test.example", env=dns).environment("127.7.7.2")["TCPLOCALIP"] == "127.7.7.2"
    assert door(host="here", env=dns).environment("127.7.7.2")["TCPLOCALIP"] == "127.7.7.2"


# Ident


@pytest.fixture
def ident():
    """An address of its own, and a listener where its identification server would be."""
    while True:
        address = "127.%d.%d.%d" % tuple(random.randrange(1, 255) for _ in range(3))
        try:
            with socket.create_server((address, 113)) as listener:
                listener.settimeout(SECONDS)
                yield address, listener
                return
        except PermissionError:
            pytest.skip("needs a port below 1024")
        except OSError:
            continue


def info(door_, ident_, *pieces):
    """TCPREMOTEINFO of a child when the identification server answers with these and ends."""
    address, listener = ident_
    with door_.connect("127.0.0.5", address) as s:
        question, peer = listener.accept()
        with question:
            assert question.recv(100) == b"%d , %d\r\n" % (s.getsockname()[1], door_.port)
            for piece in pieces:
                question.sendall(piece)
        assert peer[0] == "127.0.0.5"  # where the connection is to
        return dict(line.split(b"=", 1) for line in read_all(s).splitlines()).get(b"TCPREMOTEINFO")


def test_ident(door, ident):
    d = door(host="0", defaults=("-H", "-l0"))
    assert info(d, ident, b"1,2:USERID:UNIX:joe\r\n") == b"joe"
    assert info(d, ident, b"1 , 2 : USERID : UNIX :", b" j o:e\t\r", b"\nmore") == b"jo:e"
    assert info(d, ident, b"1,2:ERROR:NO-USER\r\n") == b""
    assert info(d, ident, b"1,2:USERID:UNIX:joe") is None
    assert info(d, ident) is None
    assert info(d, ident, b"1,2:USERID:UNIX:" + b"x" * 300 + b"\n") == b"x" * 256


def test_ident_gives_up_in_time(door, ident):
    address, listener = ident
    d = door("-t1", host="0", defaults=("-H", "-l0"))
    with d.connect("127.0.0.5", address) as s:
        question, _ = listener.accept()
        with question:
            assert b"TCPREMOTEINFO" not in read_all(s)


def test_rules_with_info(door, ident):
    d = door("-v", "-x", "rules.cdb", host="0", defaults=("-H", "-l0"))
    d.rules(f'joe@{ident[0]}:allow,TCPREMOTEINFO="rule"\n:deny\n')
    assert info(d, ident, b":::joe\n") == b"rule"
    assert info(d, ident, b":::ann\n") is None
    d.log.wait(r"^tcpserver: deny \d+ 0:127.0.0.5:\d+ :%s:ann:\d+$" % ident[0])


def test_a_new_server_need_not_wait_for_old_children(door, ident):
    """Neither for a program that still runs nor for a child that is still asking."""
    address, listener = ident
    d = door(host="0", defaults=("-H", "-l0"), program=("sh", "-c", "echo in; read line; echo out"))
    talking = d.connect()
    assert talking.recv(9) == b"in\n"
    asking = d.connect("127.0.0.5", address)
    question, _ = listener.accept()
    d.process.terminate()
    assert d.process.wait(SECONDS) == 0
    assert door(host="0", port=d.port, program=("echo", "new")).ask() == b"new\n"
    for s in (talking, asking):
        s.sendall(b"\n")
    question.close()
    assert read_all(talking) == b"out\n"
    assert read_all(asking) == b"in\nout\n"


# What it survives


def ticks(pid):
    return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))


def at_rest(pid):
    """Does the process use less than a tenth of a processor, for half a second?"""
    before = ticks(pid)
    time.sleep(0.5)  # nothing happens that could be awaited
    return ticks(pid) - before < os.sysconf("SC_CLK_TCK") / 20


def test_no_descriptors_left(door):
    d = door("-v", program=("echo", "in"))
    d.log.wait("^tcpserver: status: 0/40$")  # no descriptor will come now
    soft, hard = resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{d.process.pid}/fd"))
    resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (used, hard))
    with d.connect() as s:
        d.log.wait("^tcpserver: warning: unable to accept connection: process cannot open more files$")
        assert at_rest(d.process.pid)
        resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert read_all(s) == b"in\n"


@root
def test_no_processes_left(door):
    user = random.randrange(100000, 2000000000)
    d = door("-v", f"-u{user}", f"-g{user}", program=("echo", "in"),
             prefix=("prlimit", "--nproc=1:"))
    assert d.ask() == b""
    d.log.wait("^tcpserver: warning: dropping connection, unable to fork: temporary failure$")
    d.log.wait("^tcpserver: status: 0/40$", count=2)
    subprocess.run(["prlimit", f"--pid={d.process.pid}", "--nproc=1000:"], check=True, user=user, group=user,
                   extra_groups=[])
    wait_until("a child", lambda: d.ask() == b"in\n")


def test_children_of_its_caller_do_not_count(door):
    """As in a shell script that starts something and then execs tcpserver."""
    d = door("-v", "-c1", prefix=("sh", "-c", '(read line < go) & (exit 7) & exec "$@"', "sh"))
    assert d.ask() != b""
    os.mkfifo(d.folder / "go") if not (d.folder / "go").exists() else None
    d.log.wait("^tcpserver: status: 0/1$", count=2)
    assert not d.log.find("status 1792")
    assert len(d.log.find("^tcpserver: end")) == 1


def test_a_flood_of_connections(door):
    """Clients that come and go at once, reset or not, from four sides."""
    d = door("-v", "-c20", "-b100", "-x", "rules.cdb", program=("sh", "-c", "exec 2>&-; echo in"))
    d.rules(":allow\n")

    def flood():
        for n in range(150):
            with d.connect() as s:
                if n % 2:  # close() sends a reset
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert d.ask() == b"in\n"
    wait_until("the last child", lambda: d.log.text().endswith("status: 0/20\n"))
    counts = [int(m[1]) for m in d.log.find(r"^tcpserver: status: (\d+)/20$")]
    assert max(counts) <= 20
    assert all(abs(now - next_) == 1 for now, next_ in zip(counts, counts[1:]))
    assert set(os.listdir(f"/proc/{d.process.pid}/fd")) <= {"0", "1", "2", "3", "4", "5"}
    assert not pathlib.Path(f"/proc/{d.process.pid}/task/{d.process.pid}/children").read_text()


def test_a_thousand_children(door):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    d = door("-v", "-c1000", "-b1024", program=("sh", "-c", "echo in; read line"))
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(d.connect()) for _ in range(1001)]
        for s in connections[:1000]:
            assert s.recv(3) == b"in\n"
        assert says_nothing(connections[1000])
        connections[0].close()
        assert connections[1000].recv(3) == b"in\n"
    wait_until("the last child", lambda: d.log.text().endswith("status: 0/1000\n"))
    assert len(d.log.find(r"^tcpserver: end \d+ status 256$")) == 1001


# Users


@root
def test_numbers_of_a_user(door):
    program = ("sh", "-c", "id -u; id -g; id -G")
    assert door("-u12345", "-g23456", program=program, extra_groups=[55, 66]).ask() == b"12345\n23456\n23456\n"
    assert door("-U", env={"UID": "12345", "GID": "23456"}, program=program).ask() == b"12345\n23456\n23456\n"
    assert door("-g23456", program=program).ask() == b"0\n23456\n23456\n"
    assert door("-u12345", program=program, user=0, group=77, extra_groups=[78]).ask() == b"12345\n77\n77 78\n"
    assert door("-u0", "-g0", program=program, user=0, group=77, extra_groups=[]).ask() == b"0\n77\n77\n"
    # Rules and resolv.conf are read as that user.
    d = door("-v", "-u12345", "-x", "rules.cdb")
    d.rules(":allow\n")
    (d.folder / "rules.cdb").chmod(0)
    assert d.ask() == b""
    d.log.wait("unable to read rules.cdb: access denied$")


@root
def test_a_user_that_only_a_module_knows(door, tmp_path):
    """libnss-extrausers, in a mount namespace of its own: nothing of it is left behind."""
    extra = tmp_path / "extrausers"
    extra.mkdir()
    (extra / "passwd").write_text("walter:x:34567:45678:Walter:/nowhere:/bin/false\n")
    (extra / "group").write_text("walters:x:45678:\npumps:x:45679:\n")
    (extra / "shadow").write_text("")
    (tmp_path / "nsswitch.conf").write_text("passwd: files extrausers\ngroup: files extrausers\nservices: files\n")
    for path in (tmp_path, *tmp_path.parents[:-1]):
        path.chmod(path.stat().st_mode | 0o011)
    alone = ("unshare", "-m", "--propagation", "private", "sh", "-ec",
             'mount --bind extrausers /var/lib/extrausers; mount --bind nsswitch.conf /etc/nsswitch.conf; exec "$@"', "sh")
    program = ("sh", "-c", "id -u; id -g; id -G")
    assert run("-u", "walter", "0", "0", "true")[0] == 111
    assert door("-u", "walter", prefix=alone, program=program).ask() == b"34567\n45678\n45678\n"
    assert door("-u", "walter", "-g", "pumps", prefix=alone, program=program).ask() == b"34567\n45679\n45679\n"
    assert door("-g", "23456", "-u", "walter", prefix=alone, program=program).ask() == b"34567\n23456\n23456\n"
    assert door("-u", "walter", "-u", "12345", "-g", "0", prefix=alone, program=program).ask().startswith(b"12345\n0\n")
    assert run("-u", "walter", "0", "0", "true")[0] == 111


@root
def test_the_hosts_file_comes_first(door, tmp_path, dns):
    (tmp_path / "hosts").write_text("127.7.7.2 Of-The-File.example of # comment\n::1 six.example\n127.0.0.9 nine\n")
    alone = ("unshare", "-m", "--propagation", "private", "sh", "-ec", 'mount --bind hosts /etc/hosts; exec "$@"', "sh")
    d = door(host="::", env=dns, defaults=("-R",), prefix=alone)
    assert d.environment("::1")["TCPLOCALHOST"] == "six.example"
    got = d.environment("127.7.7.2", "127.7.7.2")
    assert got["TCPLOCALHOST"] == got["TCPREMOTEHOST"] == "of-the-file.example"
    assert d.environment("127.7.7.2", "127.7.7.3")["TCPREMOTEHOST"] == "liar.test.example"
    assert door(host="nine", env=dns, prefix=alone).environment("127.0.0.9")["TCPLOCALIP"] == "127.0.0.9"


@root
def test_services_by_name(door, tmp_path):
    (tmp_path / "services").write_text("frob 4711/tcp\n")
    alone = ("unshare", "-m", "-n", "--propagation", "private", "sh", "-ec",
             'mount --bind services /etc/services; ip link set lo up; exec "$@"', "sh")
    p = subprocess.Popen([*alone, BIN / "tcpserver", "-1HR", "-l0", "127.0.0.1", "frob", "true"], cwd=tmp_path,
                         stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"4711\n"
    p.terminate()
    assert p.wait(SECONDS) == 0
