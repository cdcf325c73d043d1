"""Machines in networks of their own: two with a queue, which talk QMTP and SMTP, and one without, which hands its mail over by QMQP."""
import os
import pathlib
import re

import pytest

from instance import wait_until
from machine import HOME, Machine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a sandbox needs root")

ZONE = """$ORIGIN {0}.example.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX {1} mx
mx A {2}
ns A 198.51.100.1
"""


@pytest.fixture
def machines():
    """one and two are on a wire; client is on another one with one, and on a third one with two."""
    one, two, client = (Machine(f"{name}.example", users=[user]) for name, user in
                        (("one", "ann"), ("two", "bob"), ("client", "cy")))
    made = [one, two, client]
    one.link(two, "198.51.100.1/24", "198.51.100.2/24")
    one.link(client, "192.168.1.1/24", "192.168.1.2/24")
    two.link(client, "192.168.2.1/24", "192.168.2.2/24")
    yield made
    for machine in made:
        machine.close()


def name_server(box):
    """nsd for one.example, whose exchanger speaks SMTP, and two.example, whose speaks QMTP."""
    conf = ("server:\n verbosity: 0\n ip-address: 198.51.100.1\n zonesdir: /tmp\n username: nobody\n database: \"\"\n"
            " pidfile: /tmp/nsd.pid\n xfrdfile: /tmp/xfrd\n zonelistfile: /tmp/zones\n xfrdir: /tmp\n"
            "remote-control:\n control-enable: no\n")
    for name, preference, address in (("one", 10, "198.51.100.1"), ("two", 12801, "198.51.100.2")):
        box.put(f"tmp/{name}", ZONE.format(name, preference, address))
        conf += f"zone:\n name: {name}.example\n zonefile: {name}\n"
    box.put("tmp/nsd.conf", conf)
    box.spawn("exec nsd -d -c /tmp/nsd.conf", stdin=-3, stdout=-3, stderr=-3)
    wait_until("nsd", lambda: ":0035 " in sockets(box, "udp"))


def sockets(box, kind):
    """Those of a sandbox that wait for clients, as the kernel lists them."""
    lines = pathlib.Path(f"/proc/{box.first}/net/{kind}").read_text().splitlines()
    return "".join(line + "\n" for line in lines if kind == "udp" or " 0A " in line)


def mailbox(machine, user, count=1):
    """The messages in a user's Mailbox, once there are so many."""
    path = machine.path(f"home/{user}/Mailbox")
    messages = wait_until(f"{count} messages for {user}; the log: {machine.log.text()}", lambda: path.exists() and len(
        found := re.split(r"^From ", path.read_text(), flags=re.M)[1:]) >= count and found)
    assert len(messages) == count
    return messages


def test_mail_between_machines(machines):
    one, two, client = machines
    name_server(one)
    for machine in (one, two):
        machine.configure(smtproutes="")
        machine.put("etc/resolv.conf", "nameserver 198.51.100.1\n")
        machine.start()
        machine.put("etc/tcp.qmqp", "192.168.:allow\n:deny\n")
        machine.run("tcprules /etc/tcp.qmqp.cdb /etc/tcp.qmqp.tmp < /etc/tcp.qmqp")
        machine.spawn(f"echo $$ > /tmp/pid; exec tcpserver -x /etc/tcp.qmqp.cdb -u {machine.id('qmaild')} "
                      f"-g {machine.gid('nofiles')} 0 628 qmail-qmqpd", stdin=-3, stdout=-3, stderr=-3)
        machine.wait_listening(628)
    one.door(port=25)
    two.door(port=25)
    two.door(port=209, command="qmail-qmtpd")

    # What makes it a client without a queue: nothing of qmail's runs there.
    client.run(f"ln -sf qmail-qmqpc {HOME}/bin/qmail-queue; rm -r {HOME}/queue")
    client.configure(qmqpservers="192.168.1.1\n192.168.2.1")

    # From one to two by QMTP, back by SMTP.
    one.run("(echo to: bob@two.example; echo subject: first) | qmail-inject", user="ann")
    (message,) = mailbox(two, "bob")
    assert "with QMTP;" in message and "\nsubject: first\n" in message
    two.run("(echo to: ann@one.example; echo subject: back) | qmail-inject", user="bob")
    (message,) = mailbox(one, "ann")
    assert "with SMTP;" in message and "\nsubject: back\n" in message

    # From the client to both, by one.
    client.run("(echo to: ann@one.example, bob@two.example; echo subject: to both) | qmail-inject", user="cy")
    handed = mailbox(one, "ann", 2)[1]
    assert "Return-Path: <cy@client.example>" in handed
    assert re.search(r"^Received: from \S+ \(192\.168\.1\.2\)\n  by \S+ with QMQP; ", handed, re.M)
    assert re.search(r"^Received: \(qmail \d+ invoked from network\); ", handed, re.M)
    relayed = mailbox(two, "bob", 2)[1]
    assert relayed.index("with QMTP;") < relayed.index("with QMQP;")

    # With one down, by two; by sendmail, too. It is refused nowhere else.
    one.run("kill $(cat /tmp/pid)")
    wait_until("the end of the server", lambda: ":0274 " not in sockets(one, "tcp"))
    client.run("sendmail -t", user="cy", input="to: bob@two.example\nsubject: one is down\n\ntext\n")
    assert "(192.168.2.2)" in mailbox(two, "bob", 3)[2]
    two.run("kill $(cat /tmp/pid)")
    wait_until("the end of the server", lambda: ":0274 " not in sockets(two, "tcp"))
    said = client.run("qmail-inject bob@two.example", user="cy", input="subject: nobody is there\n\n", code=111)
    assert "qmail-inject: fatal:" in said and "connection to mail server rejected (#4.4.1)" in said
    for machine in (one, two):
        machine.log.wait("end msg", 2)
        assert not re.search("failure|deferral", machine.log.text())
    assert mailbox(two, "bob", 3) and mailbox(one, "ann", 2)
