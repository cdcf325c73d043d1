"""A qmail-remote that keeps its connection for the next message to the same host: what it must not change."""
import os
import pathlib
import signal

import pytest

from instance import wait_until
from outside import DROP
from paths import BIN

HOST = "host.test"
PIPELINING = b"250-outside\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250 8BITMIME\r\n"


@pytest.fixture
def server(instance, outside):
    s = outside.server()
    instance.control("smtproutes", f"{HOST}:127.0.0.1:{s.port}\nother.test:127.0.0.1:{s.port}")
    instance.start()
    return s


class Mail:
    """Sends one message after another, each when the one before has been delivered."""

    def __init__(self, instance):
        self.instance, self.count = instance, 0

    def __call__(self, to=f"joe@{HOST}", sender="me@trial.example", body="Subject: hello\n\nbody\n", outcome="success"):
        self.count += 1
        assert self.instance.queue(body, sender, *([to] if isinstance(to, str) else to)) == 0
        return self.instance.log.wait(rf"^delivery {self.count}: ({outcome}): (.*)$")[2]


@pytest.fixture
def mail(instance):
    return Mail(instance)


def verbs(session):
    return [line.partition(" ")[0] for line in session]


def transaction(session):
    """What was said in each transaction: the commands from one MAIL to the next."""
    found = []
    for line in session:
        if line.startswith("MAIL"):
            found.append([])
        if found and line != "QUIT":
            found[-1].append(line)
    return found


def remotes(instance):
    """The pids of qmail-remote."""
    spawner = instance.pid("qmail-rspawn")
    pids = pathlib.Path(f"/proc/{spawner}/task/{spawner}/children").read_text().split()
    return [int(p) for p in pids if "\nState:\tZ" not in pathlib.Path(f"/proc/{p}/status").read_text()]


@pytest.mark.parametrize("hello", [PIPELINING, b"250 outside\r\n"])
def test_one_connection_for_many_messages(mail, server, hello):
    server.replies["EHLO"] = hello
    for n in range(10):
        mail(f"r{n}@HOST.test" if n % 2 else f"r{n}@{HOST}", f"s{n}@trial.example", f"Subject: {n}\n\n" + f"line {n}\n" * n)
    [session] = server.sessions
    for n, said in enumerate(transaction(session)):
        assert verbs(said) == ["MAIL", "RCPT", "DATA"]
        assert f"<s{n}@" in said[0] and f"<r{n}@" in said[1]
        assert server.messages[n][1:] == [b"Subject: %d" % n, b"", *[b"line %d" % n] * n]
    wait_until("QUIT", lambda: verbs(session)[-1] == "QUIT")
    assert verbs(session).count("QUIT") == 1


def test_recipients_of_one_message_stay_together(mail, server):
    mail([f"a@{HOST}", f"b@{HOST}", f"c@{HOST}"])
    mail.instance.log.wait("^delivery .*: success", 3)
    mail.count = 3
    mail([f"d@{HOST}", f"e@{HOST}"])
    mail.instance.log.wait("^delivery .*: success", 5)
    [session] = server.sessions
    assert [[line[9:10] for line in said if line.startswith("RCPT")] for said in transaction(session)] == [
        ["a", "b", "c"], ["d", "e"]]
    assert [m[-1] for m in server.messages] == [b"body"] * 2


def test_a_host_has_its_own_connection(mail, server):
    mail()
    mail("joe@other.test")
    mail()
    assert len(server.sessions) == 2
    assert [len(transaction(s)) for s in server.sessions] == [2, 1]


def test_a_large_message_goes_by_itself(mail, server):
    mail()
    mail(body=("x" * 99 + "\n") * 2000)
    mail()
    assert sorted(len(transaction(s)) for s in server.sessions) == [1, 2]
    assert len(server.messages[1]) == 2001


@pytest.mark.parametrize("hello", [PIPELINING, b"250 outside\r\n"], ids=["pipelined", "plain"])
@pytest.mark.parametrize("reply", [b"421 closing\r\n", b"452 too many\r\n", b"554 no more\r\n", DROP],
                         ids=["421", "452", "554", "drop"])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_what_a_kept_connection_refuses_a_new_one_takes(mail, server, stage, reply, hello):
    good = b"354 go\r\n" if stage == "DATA" else b"250 ok\r\n"
    server.replies["EHLO"] = hello
    server.replies[stage] = [good, reply, good]
    mail()
    assert "250_taken" in mail()
    assert len(server.sessions) == 2 and len(server.messages) == 2
    assert len(transaction(server.sessions[1])) == 1


@pytest.mark.parametrize("stage, reply, text", [
    ("MAIL", b"550 no\r\n", "failure"), ("RCPT", b"451 no\r\n", "deferral"), ("DATA", b"554 no\r\n", "failure"),
    ("RCPT", b"550 no\r\n", "failure")])
def test_what_the_new_one_refuses_too_counts(mail, server, stage, reply, text):
    mail()
    server.replies[stage] = reply
    assert reply.decode()[:6].replace(" ", "_") in mail(outcome=text)
    assert len(server.sessions) == 2
    wait_until("the end of the second", lambda: verbs(server.sessions[1])[-1] in ("QUIT", ".", "DATA"))


def test_a_server_that_has_gone_meanwhile(mail, server):
    """It closes what it has taken a message by."""
    server.replies["end"] = b"250 taken\r\n421 good bye\r\n"
    mail()
    server.replies["end"] = [b"250 taken\r\n"]
    mail()
    assert len(server.sessions) == 2


@pytest.mark.parametrize("hello", [PIPELINING, b"250 outside\r\n"], ids=["pipelined", "plain"])
def test_what_nobody_asked_for_answers_nothing(mail, server, hello):
    """A reply too many comes with the next message, each of whose commands then seems to get the one before its own."""
    server.replies["EHLO"] = hello
    server.replies["MAIL"] = [b"250 ok\r\n", b"250 unasked\r\n250 ok\r\n", b"250 ok\r\n"]
    server.replies["end"] = [b"250 taken\r\n", b"452 full\r\n"]
    mail()
    assert "452_full" in mail(outcome="deferral")
    assert len(server.sessions) == 2 and len(server.messages) == 2


@pytest.mark.parametrize("reply, text", [(b"554 no\r\n", "failure"), (b"451 no\r\n", "deferral"), (DROP, "deferral")])
def test_no_second_try_behind_the_dot(mail, server, reply, text):
    mail()
    server.replies["end"] = [reply, b"250 taken\r\n"]
    said = mail(outcome=text)
    assert len(server.sessions) == 1
    assert ("Possible_duplicate" in said) == (reply is DROP)
    mail.count += text == "failure"  # the bounce
    mail()
    assert len(server.sessions) == 2


def test_it_is_not_kept_after_a_refusal(mail, server):
    server.replies["RCPT"] = [b"250 ok\r\n", b"550 no\r\n", b"250 ok\r\n"]
    mail([f"a@{HOST}", f"b@{HOST}"])
    mail.instance.log.wait("^delivery 2: failure")
    mail.instance.log.wait("^delivery 3: success")  # the bounce
    mail.count = 3
    mail()
    assert len(server.sessions) == 2
    wait_until("QUIT", lambda: verbs(server.sessions[0])[-1] == "QUIT")


@pytest.mark.parametrize("name, text", [("helohost", "new.example"), ("timeoutremote", "77"), ("me", "another.example")])
def test_what_has_changed_counts_at_once(mail, server, name, text):
    mail()
    mail.instance.control(name, text)
    mail()
    assert len(server.sessions) == 2
    assert (server.sessions[1][0] == f"EHLO {text}") == (name != "timeoutremote")


def test_another_route_counts_at_once(mail, server, outside):
    mail()
    other = outside.server()
    mail.instance.control("smtproutes", f"{HOST}:127.0.0.1:{other.port}")
    mail()
    assert len(server.messages) == len(other.messages) == 1


def test_a_backup_is_not_kept(instance, outside, mail):
    best, backup = outside.servers(("127.77.0.1", {"greeting": [b"421 busy\r\n", b"220 hello\r\n"]}), ("127.77.0.2", {}))
    instance.control("smtproutes", f"::{best.port}")
    zone = "host MX 10 a\nhost MX 20 b\na A 127.77.0.1\nb A 127.77.0.2\n"
    instance.start(env={"DNSCACHEIP": outside.name_server({"zone.test": zone})})
    for _ in range(3):
        mail("joe@host.zone.test")
    assert len(backup.messages) == 1 and len(best.messages) == 2
    assert len(backup.sessions) == 1 and len(best.sessions) == 2


def test_one_that_is_killed_between_messages(mail, server):
    mail()
    [pid] = remotes(mail.instance)
    os.kill(pid, signal.SIGKILL)
    wait_until("its end", lambda: not remotes(mail.instance))
    mail()
    assert len(server.sessions) == 2


def test_one_that_is_killed_with_a_message_fails_that_one(mail, server):
    mail()
    mail("joe@other.test")
    pid = remotes(mail.instance)[0]
    held = mail.instance.queue("Subject: x\n\n", "me@trial.example", f"joe@{HOST}")
    assert held == 0
    server.replies["end"] = [b"250 taken\r\n"]
    mail.instance.log.wait("^delivery 3: success")
    os.kill(pid, signal.SIGSTOP)
    assert mail.instance.queue("Subject: x\n\n", "me@trial.example", f"joe@{HOST}") == 0
    mail.instance.log.wait("^starting delivery 4")
    os.kill(pid, signal.SIGKILL)
    mail.instance.log.wait("^delivery 4: deferral: qmail-remote_crashed./$")
    mail.count = 4
    mail("joe@other.test")
    mail.instance.signal(signal.SIGALRM)
    mail.instance.log.wait("^delivery 6: success")


def test_the_end_of_qmail_send_ends_it_at_once(mail, server):
    mail()
    [pid] = remotes(mail.instance)
    assert mail.instance.stop() == 0
    wait_until("QUIT", lambda: verbs(server.sessions[0])[-1] == "QUIT", 1)
    assert pid


def test_its_descriptors_are_closed_between_messages(mail, server):
    mail()
    [pid] = remotes(mail.instance)
    wait_until("rest", lambda: len(os.listdir(f"/proc/{pid}/fd")) == 5)
    first = sorted(os.readlink(f"/proc/{pid}/fd/{n}").partition(":")[0] for n in os.listdir(f"/proc/{pid}/fd"))
    assert [f for f in first if "memfd" in f] == []
    for _ in range(5):
        mail()
    wait_until("rest", lambda: len(os.listdir(f"/proc/{pid}/fd")) == 5)


def test_it_takes_a_hundred_messages(mail, server):
    for _ in range(101):
        mail()
    assert [len(transaction(s)) for s in server.sessions] == [100, 1]


WRAPPER = "#!/bin/sh\necho x >> {home}/seen\nexec {real} \"$@\"\n"


def test_what_stands_in_its_place_sees_each_message(instance, server, mail):
    """Even when it hands all that it was given to the real one."""
    instance.stop()
    (instance.home / "bin/qmail-remote").unlink()
    instance.put("bin/qmail-remote", WRAPPER.format(home=instance.home, real=BIN / "qmail-remote"), 0o755)
    instance.put("seen", "", 0o666)
    instance.start()
    for _ in range(3):
        mail()
    assert (instance.home / "seen").read_text() == "x\n" * 3
    assert len(server.sessions) == 3


def test_a_replacement_that_the_environment_names_is_run_for_each(instance, outside, mail):
    s = outside.server()
    instance.control("smtproutes", f":127.0.0.1:{s.port}")
    instance.put("seen", "", 0o666)
    script = instance.put("mine", WRAPPER.format(home=instance.home, real=BIN / "qmail-remote"), 0o755)
    instance.start(env={"QMAILREMOTE": str(script)})
    for _ in range(2):
        mail()
    assert (instance.home / "seen").read_text() == "x\n" * 2
    assert len(s.sessions) == 2
