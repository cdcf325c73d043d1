"""What administrators did with qmail, step by step, on machines of their names and addresses.

Each machine is a sandbox; wires join them and lead nowhere else. The other mail
servers are Debian's smtp-sink, the name server is nsd.
"""
import os
import re
import smtplib

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import BUILD, TOP
from sandbox import Sandbox

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def machines():
    """A list; what is put into it is ended."""
    made = []
    yield made
    for m in reversed(made):
        m.close()


class Server(Sandbox):
    """A mail server that is not ours: smtp-sink, keeping what it got."""

    def __init__(self, name):
        super().__init__(name)
        self.run("mkdir -m 777 /tmp/got")

    def serve(self, address, *options):
        self.spawn(f"exec smtp-sink -u nobody -d /tmp/got/m. {' '.join(options)} {address}:25 50", stdin=-3, stdout=-3, stderr=-3)
        wait_until("smtp-sink", lambda: re.search(r":0019 \S+ 0A ", self.network_table()))

    def network_table(self):
        with open(f"/proc/{self.first}/net/tcp") as f:
            return f.read()

    def messages(self):
        """Those that are there whole: smtp-sink makes the file first, and writes it (they are small) when it has all."""
        return [text for p in self.path("tmp/got").iterdir() if (text := p.read_text())]

    def wait(self, count):
        wait_until(f"{count} messages at {self.name}", lambda: len(self.messages()) >= count)
        return self.messages()


def in_bin(machine, command, **named):
    return machine.run(f"cd {HOME}/bin && {command}", **named)


def test_a_workstation_of_ones_own(machines):
    """Walk 1: indy2, without DNS."""
    indy2 = Machine("indy2", users=["jiro"])
    machines.append(indy2)
    before = indy2.run("md5sum /usr/sbin/sendmail /etc/postfix/* 2>/dev/null || :")

    # Users and groups were made by make setup; make check is content.
    for user in "alias qmaild qmaill qmailp qmailq qmailr qmails".split():
        indy2.id(user)
    assert indy2.gid("qmail") != indy2.gid("nofiles")
    indy2.run(f"make -s -C {TOP} check")
    # Without documentation tools: a warning, and all is installed.
    indy2.run("rm -f /usr/bin/man /usr/bin/mandoc")
    assert "warning: neither man nor mandoc is here" in indy2.run(f"cd {TOP} && {BUILD}/bin/qmail-install {BUILD}")
    assert indy2.path(f"{HOME}/man/man8/qmail-send.8").exists()
    indy2.run(f"make -s -C {TOP} check")

    # config cannot know the name; config-fast is told.
    said = in_bin(indy2, "./config || :")
    assert said.startswith("Your hostname is indy2.\n")
    assert "hard error" in said and "control/me" in said
    said = in_bin(indy2, "./config-fast indy2.nix.co.jj").splitlines()
    assert said[0] == "Your fully qualified host name is indy2.nix.co.jj."
    assert said[1:6] == ["Putting indy2.nix.co.jj into control/me...", "Putting nix.co.jj into control/defaultdomain...",
                         "Putting co.jj into control/plusdomain...", "Putting indy2.nix.co.jj into control/locals...",
                         "Putting indy2.nix.co.jj into control/rcpthosts..."]
    assert "refuse" in said[6] and "indy2.nix.co.jj" in said[6]

    indy2.run("cd ~alias && touch .qmail-postmaster .qmail-mailer-daemon .qmail-root && chmod 644 .qmail*")

    # The mail server that takes what is not for indy2.
    server = Server("nix.co.jj")
    machines.append(server)
    indy2.link(server, "192.10.10.3/24", "192.10.10.2/24")
    server.serve("192.10.10.2")
    indy2.put(f"{HOME}/control/smtproutes", "nix.co.jj:[192.10.10.2]\n")

    indy2.run(f"cp {HOME}/boot/home {HOME}/rc")
    indy2.start("csh -cf '/var/qmail/rc &'", env={"TZ": "Asia/Tokyo"})
    running = indy2.run("ps axo user:16,args")
    for line in (r"qmails +qmail-send", r"qmaill +splogger qmail", r"root +qmail-lspawn ./Mailbox", r"qmailr +qmail-rspawn",
                 r"qmailq +qmail-clean"):
        assert re.search(rf"^{line}$", running, re.M), line

    # Mail for a user, at once.
    indy2.run("echo to: jiro | qmail-inject", user="jiro")
    indy2.log.wait("end msg")
    box = indy2.path("home/jiro/Mailbox").read_text()
    uid = indy2.id("jiro")
    assert re.fullmatch(
        r"From jiro@indy2\.nix\.co\.jj \w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}\n"
        r"Return-Path: <jiro@indy2\.nix\.co\.jj>\n"
        r"Delivered-To: jiro@indy2\.nix\.co\.jj\n"
        rf"Received: \(qmail \d+ invoked by uid {uid}\); \d+ \w{{3}} \d{{4}} \d\d:\d\d:\d\d -0000\n"
        r"Date: \d+ \w{3} \d{4} \d\d:\d\d:\d\d -0000\n"
        r"Message-ID: <\d{14}\.\d+\.qmail@indy2\.nix\.co\.jj>\n"
        r"From: jiro@indy2\.nix\.co\.jj\n"
        r"to: jiro@indy2\.nix\.co\.jj\n\n", box), box

    # Mail for somebody else, and the log.
    indy2.log.forget()
    indy2.run("echo to: haruo@nix.co.jj | qmail-inject", user="jiro")
    indy2.log.wait("end msg")
    lines = [re.sub(r"^qmail: \d+\.\d{6} ", "", line) for line in indy2.log.text().splitlines()]
    number = lines[0].split()[2]
    assert lines[0] == f"new msg {number}"
    assert re.fullmatch(rf"info msg {number}: bytes \d+ from <jiro@indy2\.nix\.co\.jj> qp \d+ uid {uid}", lines[1])
    assert lines[2:4] == [f"starting delivery 2: msg {number} to remote haruo@nix.co.jj", "status: local 0/10 remote 1/20"]
    assert re.fullmatch(r"delivery 2: success: 192\.10\.10\.2_accepted_message\./Remote_host_said:_250_.*/", lines[4])
    assert lines[5:] == ["status: local 0/10 remote 0/20", f"end msg {number}"]
    assert "From: jiro@indy2.nix.co.jj" in server.wait(1)[0]

    # The log's times are Japan's.
    now, hours = indy2.syslog.raw[-1].decode(), indy2.run("TZ=Asia/Tokyo date +%H").strip()
    assert re.match(r"<22>\w{3} [ \d]\d (\d\d):", now)[1] == hours

    assert re.search("^messages in queue: 0$", indy2.run("qmail-qstat"), re.M)
    assert indy2.run("qmail-qread") == ""
    assert "Your" not in (shown := indy2.run("qmail-showctl")) and "Default domain name is nix.co.jj." in shown
    assert indy2.run("md5sum /usr/sbin/sendmail /etc/postfix/* 2>/dev/null || :") == before


def test_a_client_that_hands_everything_to_the_server(machines):
    """Walk 2: smtproutes, the domain as control/me, programs that call sendmail."""
    client, server = Machine("indy2.nix.co.jj", users=["jiro"]), Server("nix.co.jj")
    machines += [client, server]
    client.link(server, "192.10.10.3/24", "192.10.10.2/24")
    server.serve("192.10.10.2")
    client.put(f"{HOME}/control/me", "nix.co.jj\n")
    client.put(f"{HOME}/control/locals", "localhost\n")
    client.put(f"{HOME}/control/smtproutes", ":[192.10.10.2]\n")
    client.run(f"ln -sf {HOME}/bin/sendmail /usr/lib/sendmail; ln -sf {HOME}/bin/sendmail /usr/sbin/sendmail")
    client.start(f"{HOME}/boot/home")
    client.run("Mail -v -s hello user@host.example", user="jiro", input="the text\n")
    client.log.wait("end msg")
    client.run("Mail -s inside haruo", user="jiro", input="the text\n")
    client.log.wait("end msg", 2)
    first, second = sorted(server.wait(2), key=lambda m: "inside" in m)
    assert "X-Mail-Args: <jiro@nix.co.jj>" in first and "X-Rcpt-Args: <user@host.example>" in first
    assert "Subject: hello\n" in first and "\nthe text\n" in first
    assert "X-Rcpt-Args: <haruo@nix.co.jj>" in second
    # The shorter route file names one domain; others then go by MX, of which there is none here.
    client.put(f"{HOME}/control/smtproutes", "nix.co.jj:[192.10.10.2]\n")
    client.run("echo to: haruo@nix.co.jj | qmail-inject", user="jiro")
    server.wait(3)


RELAY_TO = "elsewhere.example"


@pytest.fixture
def relay(machines):
    """Walk 3: outside -- relay -- inner server; (relay, outside, inner)."""
    before = ("groupadd -g 2107 qmail; groupadd -g 2108 nofiles; "
              "useradd -u 7790 -g nofiles -d /var/qmail/alias -M alias; useradd -u 7791 -g nofiles -d /var/qmail -M qmaild")
    relay, outside, inner = Machine("www.nix.co.jj", users=["jiro"], before=before), Server("outside"), Server("inner")
    machines += [relay, outside, inner]
    relay.link(outside, "198.51.100.1/24", "198.51.100.2/24")
    relay.link(inner, "192.168.1.2/24", "192.168.1.1/24")
    inner.run("ip route add default via 192.168.1.2")
    outside.serve("198.51.100.2")
    inner.serve("192.168.1.1")
    outside.put("tmp/nsd.conf", "server:\n verbosity: 0\n ip-address: 198.51.100.2\n zonesdir: /tmp\n username: nobody\n"
                ' database: ""\n pidfile: /tmp/nsd.pid\n xfrdfile: /tmp/xfrd\n zonelistfile: /tmp/zones\n xfrdir: /tmp\n'
                f"remote-control:\n control-enable: no\nzone:\n name: {RELAY_TO}\n zonefile: zone\n")
    outside.put("tmp/zone", f"$ORIGIN {RELAY_TO}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n"
                "@ MX 10 mx\nmx A 198.51.100.2\nns A 198.51.100.2\n")
    outside.spawn("exec nsd -d -c /tmp/nsd.conf", stdin=-3, stdout=-3, stderr=-3)
    relay.put("etc/resolv.conf", "nameserver 198.51.100.2\n")

    control = {"me": "nix.co.jj", "rcpthosts": "nix.co.jj", "smtproutes": "nix.co.jj:[192.168.1.1]", "locals": "localhost\nwww.nix.co.jj"}
    for name, text in control.items():
        relay.put(f"{HOME}/control/{name}", text + "\n")
    relay.run("echo '&jiro@nix.co.jj' >~alias/.qmail-root; cp /var/qmail/boot/home /var/qmail/rc")
    relay.put("etc/tcp.smtp", '192.168.1.1:allow,RELAYCLIENT=""\n127.:allow,RELAYCLIENT=""\n:allow\n')
    relay.run("tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp < /etc/tcp.smtp")
    return relay, outside, inner


START_STOP = r"""#!/bin/sh
PATH=/var/qmail/bin:$PATH
case $1 in
start)
  csh -cf '/var/qmail/rc &'
  tcpserver -u 7791 -g 2108 -x /etc/tcp.smtp.cdb 0 smtp qmail-smtpd &
  ;;
stop)
  kill `ps -e | awk '$4 == "qmail-send" { print $1 }'`
  kill `ps -e | awk '$4 == "tcpserver" { print $1 }'`
  ;;
esac
"""


def smtp_in(sandbox, address):
    """An SMTP client that is in a sandbox's network."""
    connection = sandbox.connect(address, 25)

    class Client(smtplib.SMTP):
        def _get_socket(self, host, port, timeout):
            return connection

    return Client(address, 25, "client.example")


def test_a_relay_host(relay):
    relay, outside, inner = relay
    relay.put("etc/init.d/qmail", START_STOP, 0o755)
    relay.log.forget()
    relay.run("/etc/init.d/qmail start </dev/null >/dev/null 2>&1")
    relay.log.wait("status: local")
    relay.wait_listening(25)
    assert {p[:2] for p in relay.processes("tcpserver")} == {(7791, 2108)}

    # From outside for nix.co.jj: taken, and handed in.
    with smtp_in(outside, "198.51.100.1") as smtp:
        smtp.sendmail("someone@elsewhere.example", ["jiro@nix.co.jj"], "Subject: in\n\n")
    (message,) = inner.wait(1)
    assert "X-Rcpt-Args: <jiro@nix.co.jj>" in message and "Subject: in\n" in message
    assert re.search(r"^Received: from unknown \(HELO client\.example\) \(198\.51\.100\.2\)\n  by .* with SMTP; ", message, re.M)

    # Not for www.nix.co.jj, which is no domain for mail.
    with smtp_in(outside, "198.51.100.1") as smtp:
        assert smtp.docmd("MAIL FROM:<a@elsewhere.example>")[0] == 250
        assert smtp.docmd("RCPT TO:<jiro@www.nix.co.jj>")[0] == 553

    # From the inner server: anywhere.
    with smtp_in(inner, "192.168.1.2") as smtp:
        smtp.sendmail("jiro@nix.co.jj", [f"friend@{RELAY_TO}"], "Subject: out\n\n")
    (message,) = outside.wait(1)
    assert f"X-Rcpt-Args: <friend@{RELAY_TO}>" in message and "Subject: out\n" in message

    # root's mail goes to jiro, within.
    relay.run("echo to: root@www.nix.co.jj | qmail-inject")
    assert any("Delivered-To: root@www.nix.co.jj" in m for m in inner.wait(2))

    relay.run("/etc/init.d/qmail stop")
    relay.log.wait("status: exiting")
    wait_until("the end of the parts", lambda: not relay.processes("qmail-lspawn") and not relay.processes("tcpserver"))


# Recipients by which open relays have been found.
OPEN_RELAY_FORMS = [
    f"user@{RELAY_TO}", f"user%{RELAY_TO}", f"user%{RELAY_TO}@nix.co.jj", f"user%{RELAY_TO}@[198.51.100.1]",
    f'"user@{RELAY_TO}"', f'"user%{RELAY_TO}"', f'"user@{RELAY_TO}"@nix.co.jj', f'"user@{RELAY_TO}"@[198.51.100.1]',
    f"@nix.co.jj:user@{RELAY_TO}", f"@[198.51.100.1]:user@{RELAY_TO}", f"@localhost:user@{RELAY_TO}",
    f"user@{RELAY_TO}@nix.co.jj", f"user@{RELAY_TO}@[198.51.100.1]", f"user@{RELAY_TO}@", f"{RELAY_TO}!user",
    f"{RELAY_TO}!user@nix.co.jj", f"{RELAY_TO}!user@[198.51.100.1]", "user@[198.51.100.2]", f"user@{RELAY_TO.upper()}",
    f"user@{RELAY_TO}.", f"user@.{RELAY_TO}", f"user%{RELAY_TO}@localhost", "user@nix.co.jj.elsewhere.example",
    "user@xnix.co.jj", f"nix.co.jj@{RELAY_TO}", f"user@nix.co.jj,user@{RELAY_TO}", f"user\\@{RELAY_TO}@nix.co.jj", "user@",
]
SENDERS = ["", "spam@outside.example", "jiro@nix.co.jj", "jiro@localhost", "jiro@[198.51.100.1]", "jiro"]


def test_no_form_makes_it_an_open_relay(relay):
    relay, outside, inner = relay
    relay.start(f"{HOME}/rc")
    relay.door("-x", "/etc/tcp.smtp.cdb")
    taken = 0
    for sender in SENDERS:
        with smtp_in(outside, "198.51.100.1") as smtp:
            smtp.ehlo()
            for form in OPEN_RELAY_FORMS:
                assert smtp.docmd(f"MAIL FROM:<{sender}>")[0] == 250
                code, _ = smtp.docmd(f"RCPT TO:<{form}>")
                domain = form.strip('"').rpartition("@")[2].lower()
                if code == 250:
                    assert domain in ("nix.co.jj", "[198.51.100.1]") or "@" not in form or form.endswith('"'), form
                    smtp.data("Subject: relay?\n\n")
                    taken += 1
                else:
                    assert code in (501, 553, 555), (form, code)
                    smtp.rset()
    assert taken
    relay.log.wait("end msg", taken)
    # What was taken went in, or bounced to where its sender said; none of it to the forms' host as a message.
    assert not [m for m in outside.messages() if "Subject: relay?" in m and "X-Mail-Args: <>" not in m]
    for m in outside.messages():
        assert "X-Rcpt-Args: <user@" not in m, m


def test_a_client_that_may_not_connect(relay):
    """A line with deny, and rules that change while tcpserver runs."""
    relay, outside, _ = relay
    relay.start(f"{HOME}/rc")
    relay.door("-x", "/etc/tcp.smtp.cdb")
    relay.put("etc/tcp.smtp", "198.51.100.:deny\n:allow\n")
    relay.run("tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp < /etc/tcp.smtp")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp_in(outside, "198.51.100.1")
