"""tcp-env, as inetd runs it: on a connection that another program accepted."""
import os
import socket
import subprocess

import pytest

from instance import SECONDS
from paths import BIN
from test_tcpserver import dns, ident, read_all  # noqa: F401

PRINT = ("sh", "-c", "env | grep -aE '^(TCP|PROTO|KEPT)' | sort")
# Both families have every one of these.
EVIL = {name: "evil" for name in (
    "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPREMOTEHOST", "TCPREMOTEINFO",
    "TCP6LOCALIP", "TCP6LOCALPORT", "TCP6LOCALHOST", "TCP6REMOTEIP", "TCP6REMOTEPORT", "TCP6REMOTEHOST",
    "TCP6REMOTEINFO", "TCP6INTERFACE")}


class Inetd:
    """A connection to here, and tcp-env on the other end of it."""

    def __init__(self, *arguments, here="127.0.0.1", source=None, env=None, listen=None):
        listen = listen or here
        with socket.create_server((listen, 0), family=socket.AF_INET6 if ":" in listen else socket.AF_INET) as listener:
            listener.settimeout(SECONDS)
            self.port = listener.getsockname()[1]
            self.client = socket.create_connection((here, self.port), SECONDS, source and (source, 0))
            server, _ = listener.accept()
        self.client_port = self.client.getsockname()[1]
        with server:
            self.process = subprocess.Popen([BIN / "tcp-env", *arguments], stdin=server, stdout=server, stderr=server,
                                            env={"PATH": "/usr/bin:/bin", **(env or {})})

    def end(self):
        """All that came over the connection, and the exit code."""
        with self.client:
            got = read_all(self.client)
        return got, self.process.wait(SECONDS)

    def environment(self):
        got, code = self.end()
        assert code == 0
        return dict(line.split("=", 1) for line in got.decode("latin-1").splitlines())


def test_environment(dns):  # noqa: F811
    got = Inetd("-R", *PRINT, here="127.7.7.2", source="127.7.7.3", env={**dns, **EVIL, "PROTO": "evil", "KEPT": "1"})
    assert got.environment() == {
        "KEPT": "1", "PROTO": "TCP", "TCPLOCALIP": "127.7.7.2", "TCPLOCALPORT": str(got.port),
        "TCPLOCALHOST": "good.test.example", "TCPREMOTEIP": "127.7.7.3", "TCPREMOTEPORT": str(got.client_port),
        "TCPREMOTEHOST": "liar.test.example"}


def test_environment_of_ipv6(dns):  # noqa: F811
    one = Inetd("-R", *PRINT, here="::1", env={**dns, **EVIL})
    got = one.environment()
    names = {name: got.pop(name) for name in list(got) if name.endswith("HOST")}  # as /etc/hosts has it
    assert got == {"PROTO": "TCP", **{f"{kind}{name}": value for kind in ("TCP", "TCP6") for name, value in {
        "LOCALIP": "::1", "LOCALPORT": str(one.port), "REMOTEIP": "::1", "REMOTEPORT": str(one.client_port)}.items()}}
    assert "evil" not in names.values()
    for end in ("LOCALHOST", "REMOTEHOST"):
        assert names.get(f"TCP{end}") == names.get(f"TCP6{end}")


def test_ipv4_over_a_socket_of_both_families(dns):  # noqa: F811
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        with socket.create_connection(("127.7.7.2", listener.getsockname()[1]), SECONDS) as client:
            server, _ = listener.accept()
            with server:
                subprocess.run([BIN / "tcp-env", "-R", *PRINT], stdin=server, stdout=server, check=True,
                               env={"PATH": "/usr/bin:/bin", **dns})
            got = read_all(client).decode()
    assert "TCPLOCALIP=127.7.7.2\n" in got
    assert "TCP6" not in got


def test_a_client_without_a_name(dns):  # noqa: F811
    assert "TCPREMOTEHOST" not in Inetd("-R", *PRINT, here="127.7.7.2", source="127.7.7.77", env=dns).environment()


def test_a_name_that_cannot_be_found_now():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # closed: nobody answers there
        s.bind(("127.0.0.1", 0))
        nobody = {"DNSCACHEIP": "127.0.0.1:%d" % s.getsockname()[1]}
    got = Inetd("-R", *PRINT, here="127.7.7.2", source="127.7.7.3", env=nobody).environment()
    assert got["TCPLOCALHOST"] == got["TCPREMOTEHOST"] == "softdnserror"


def test_the_environment_of_tcpserver_stays():
    assert Inetd(*PRINT, env={**EVIL, "PROTO": "TCP"}).environment() == {**EVIL, "PROTO": "TCP"}
    # Then there need be no connection either.
    p = subprocess.run([BIN / "tcp-env", "echo", "in"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       env={"PATH": "/bin", "PROTO": "TCP"})
    assert (p.returncode, p.stdout) == (0, b"in\n")


def info(arguments, ident_, *pieces, env):
    address, listener = ident_
    one = Inetd(*arguments, *PRINT, here="127.7.7.2", source=address, env=env)
    question, peer = listener.accept()
    with question:
        assert question.recv(100) == b"%d , %d\r\n" % (one.client_port, one.port)
        assert peer[0] == "127.7.7.2"
        for piece in pieces:
            question.sendall(piece)
        if not pieces:
            return one.environment().get("TCPREMOTEINFO")  # while the question is open
    return one.environment().get("TCPREMOTEINFO")


def test_ident(dns, ident):  # noqa: F811
    for arguments in ((), ("-r",), ("-Rr", "-t", "20")):
        assert info(arguments, ident, b"1 , 2 : USERID : UNIX :", b" j o:e\t\r\n", env=dns) == "jo:e"
    assert info((), ident, b"1,2:ERROR:NO-USER\r\n", env=dns) == ""
    assert info(("-t1",), ident, env=dns) is None  # a server that says nothing
    assert "TCPREMOTEINFO" not in Inetd("-rR", *PRINT, here="127.7.7.2", source=ident[0], env=dns).environment()
    ident[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        ident[1].accept()


def test_no_ident_server(dns):  # noqa: F811
    assert "TCPREMOTEINFO" not in Inetd(*PRINT, here="127.7.7.2", source="127.7.7.3", env=dns).environment()


@pytest.mark.parametrize("arguments", [(), ("-R",), ("-R", "no-such-program"), ("-Z", "true"), ("-t", "soon", "true"), ("-t",)])
def test_errors_are_silent(arguments, dns):  # noqa: F811
    """Descriptor 2 is the connection here: nothing may come over it."""
    assert Inetd(*arguments, here="127.7.7.2", source="127.7.7.3", env=dns).end() == (b"", 111)


def test_what_is_no_connection():
    left, right = socket.socketpair()
    with left, right, socket.socket() as unconnected, open(os.devnull) as null:
        for no_connection in (left, unconnected, null):
            p = subprocess.run([BIN / "tcp-env", "echo", "in"], stdin=no_connection, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env={"PATH": "/bin"})
            assert (p.returncode, p.stdout) == (111, b"")


def test_descriptors_of_the_program(dns):  # noqa: F811
    got, _ = Inetd("-R", "sh", "-c", "echo out; echo error >&2; ls /proc/$$/fd; :", here="127.7.7.2", env=dns).end()
    assert got == b"out\nerror\n0\n1\n2\n"
    p = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", BIN / "tcp-env", "sh", "-c", "ls /proc/$$/fd; :"],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={"PATH": "/bin", "PROTO": "TCP"})
    assert p.stdout == b"0\n1\n"


def test_an_smtp_session(instance):
    """The line of inetd.conf that administrators have: smtp stream tcp nowait qmaild bin/tcp-env tcp-env bin/qmail-smtpd"""
    one = Inetd("-R", instance.home / "bin/qmail-smtpd", here="127.0.0.1", source="127.0.0.3",
                env={**instance.env, "RELAYCLIENT": ""})
    with one.client as s, s.makefile("rb") as lines:
        assert lines.readline().startswith(b"220 ")
        s.sendall(b"QUIT\r\n")
        assert lines.readline().startswith(b"221 ")
    assert one.process.wait(SECONDS) == 0
