"""Mail that leaves a running instance: by MX and by smtproutes, to servers that take it and servers that fail."""
import signal

import pytest

from outside import DROP

ZONE = """
host MX 10 a
host MX 20 b
a A 127.77.0.1
b A 127.77.0.2
dead MX 0 .
"""


@pytest.fixture
def start(instance, outside):
    """Starts the instance with two exchangers of host.zone.test, and returns them."""
    def run(first=None, second=None):
        servers = outside.servers(("127.77.0.1", first or {}), ("127.77.0.2", second or {}))
        instance.control("smtproutes", f"::{servers[0].port}")
        instance.start(env={"DNSCACHEIP": outside.name_server({"zone.test": ZONE})})
        return servers
    return run


def send(instance, *recipients, body="Subject: hello\n\n.body\n", sender="me@trial.example"):
    assert instance.queue(body, sender, *recipients) == 0


def test_by_mx(instance, start):
    a, b = start()
    send(instance, "joe@host.zone.test")
    instance.log.wait(r"^new msg (\d+)$")
    instance.log.wait(r"starting delivery 1: msg \d+ to remote joe@host\.zone\.test$")
    instance.log.wait(r"^delivery 1: success: 127\.77\.0\.1_accepted_message\./Remote_host_said:_250_taken/$")
    instance.log.wait(r"^end msg")
    instance.wait_empty()
    assert b.messages == []
    [message] = a.messages
    assert message[0].startswith(b"Received: (qmail ") and message[1:] == [b"Subject: hello", b"", b"..body"]


def test_by_smtproutes_to_smtp_sink(instance, outside):
    port, folder = outside.sink()
    instance.control("smtproutes", f".route.test:127.0.0.1:{port}")
    instance.start()
    send(instance, "joe@x.route.test", sender="")
    instance.log.wait("^delivery 1: success: 127.0.0.1_accepted_message")
    [dump] = folder.iterdir()
    assert "X-Mail-Args: <>\n" in dump.read_text() and "X-Rcpt-Args: <joe@x.route.test>\n" in dump.read_text()


def test_recipients_at_one_host_are_one_transaction(instance, start):
    a, _ = start({"RCPT": [b"250 yes\r\n", b"550 no\r\n", b"250 yes\r\n"]})
    send(instance, *(f"{x}@host.zone.test" for x in "abc"))
    instance.log.wait("^delivery .*: success: 127.77.0.1_accepted", 2)
    instance.log.wait("^delivery .*: failure: 127.77.0.1_does_not_like_recipient./Remote_host_said:_550_no/", 1)
    assert len(a.messages) == 1
    [bounce] = instance.wait_messages()
    assert b"<b@host.zone.test>:\n127.77.0.1 does not like recipient.\nRemote host said: 550 no\n" in bounce
    assert b"<a@host.zone.test>" not in bounce and b"<c@host.zone.test>" not in bounce


def test_a_refusal_for_good_bounces(instance, start):
    start({"end": b"554-we do not\r\n554 want it\r\n"})
    send(instance, "joe@host.zone.test")
    [bounce] = instance.wait_messages()
    assert (b"<joe@host.zone.test>:\n127.77.0.1 failed after I sent the message.\n"
            b"Remote host said: 554-we do not\n554 want it\n") in bounce
    instance.wait_empty()


def test_null_mx_bounces(instance, start):
    start()
    send(instance, "joe@dead.zone.test")
    assert b"dead.zone.test does not accept any mail (null MX). (#5.1.10)\n" in instance.wait_messages()[0]


@pytest.mark.parametrize("stage", ["greeting", "MAIL", "RCPT", "DATA", "end"])
def test_a_refusal_for_now_is_tried_again(instance, start, stage):
    good = {"greeting": b"220 hi\r\n", "DATA": b"354 go\r\n"}.get(stage, b"250 ok\r\n")
    later = b"421 busy\r\n"
    a, b = start({stage: [later, good]}, {"greeting": [later, good]})
    send(instance, "joe@host.zone.test")
    instance.log.wait(r"^delivery 1: deferral: .*_421_busy/")
    instance.signal(signal.SIGALRM)
    instance.log.wait(r"^delivery 2: success: ")
    instance.wait_empty()
    assert len(a.messages) == (2 if stage == "end" else 1) and b.messages == []


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "body"])
def test_a_dropped_connection_costs_nothing(instance, start, stage):
    a, b = start({stage: DROP})
    # Of more than the sockets hold, so that it is the middle of the message where the server goes.
    send(instance, "joe@host.zone.test", body=("x" * 99 + "\n") * (200000 if stage == "body" else 1))
    instance.log.wait(r"^delivery 1: success: 127\.77\.0\.2_accepted_message")
    instance.wait_empty()
    assert len(b.messages) == 1 and a.messages == []


def test_a_connection_dropped_behind_the_dot_is_tried_again(instance, start):
    a, b = start({"end": [DROP, b"250 taken\r\n"]})
    send(instance, "joe@host.zone.test")
    instance.log.wait(r"^delivery 1: deferral: Connected_to_127\.77\.0\.1_but_connection_died\."
                      r"_Possible_duplicate!_\(#4\.4\.2\)/$")
    instance.signal(signal.SIGALRM)
    instance.log.wait(r"^delivery 2: success: 127\.77\.0\.1_accepted_message")
    assert a.messages[0] == a.messages[1] and b.sessions == []


def test_a_large_message_arrives_whole(instance, start):
    a, _ = start()
    lines = [b"%07d of many" % n for n in range(300000)]
    send(instance, "joe@host.zone.test", body=b"\n".join(lines) + b"\n")
    instance.log.wait(r"^delivery 1: success: ")
    assert a.messages[0][1:] == lines
