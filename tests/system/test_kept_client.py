"""tcpserver -k: a qmail-smtpd that takes the next connection of the same client, and what that must not change."""
import collections
import contextlib
import os
import pathlib
import re
import signal
import socket

import pytest

from instance import Log, SECONDS, wait_until
from outside import Outside
from paths import SANITIZED

TRIES, TRIES_OF_SHORT_ONES = 3, 20


class Client:
    """A connection. Says commands, and awaits a reply to each."""

    def __init__(self, port, source="127.0.0.1", host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), SECONDS, (source, 0))
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()

    def reply(self):
        lines = []
        while not lines or lines[-1][3:4] == b"-":
            lines.append(self.file.readline())
        return lines[-1].decode()

    def say(self, *commands):
        for c in commands:
            self.socket.sendall(c.encode() + b"\r\n")
            reply = self.reply()
        return reply

    def send(self, body, sender="me@elsewhere.example", to="user@trial.example"):
        return self.say(f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA", f"{body}\r\n.")

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Door:
    def __init__(self, instance, *options, program=(), keep=("-k", "60"), **named):
        self.instance = instance
        self.port = instance.door(*program, options=(*keep, *options), **named)
        self.process = instance.children[-1]
        self.log = Log(instance.home / "door.log")
        self.ended = 0

    def client(self, **named):
        return Client(self.port, **named)

    def pids(self):
        """Who got the connections, in their order."""
        return [int(m[1]) for m in self.log.find(r"^tcpserver: ok (\d+) ")]

    def session(self, *commands, quit=True, talk=None, **named):
        """A connection from its beginning until tcpserver knows its end: who had it, and the last reply."""
        with self.client(**named) as c:
            reply = talk(c) if talk else c.say(*commands) if commands else c.greeting
            if quit:
                c.say("QUIT")
        self.ended += 1
        self.log.wait(r"^tcpserver: end ", self.ended)
        return self.pids()[-1], reply

    def keeps(self, first=lambda d: d.session()[0], second=lambda d: d.session()[0], between=lambda pid: None, tries=TRIES):
        """Does the second session get the process of the first, in one of some tries?"""
        for _ in range(tries):
            pid = first(self)
            between(pid)
            if second(self) == pid:
                return True
        return False


@pytest.fixture
def door(instance):
    instance.start()
    return Door(instance)


def is_gone(pid):
    return not pathlib.Path(f"/proc/{pid}").exists()


def test_one_process_for_many_connections(door):
    assert door.keeps()
    for n in range(20):
        _, reply = door.session(talk=lambda c: c.send(f"Subject: {n}\r\n\r\nline {n}"))
        assert reply.startswith("250 ")
    assert len(set(door.pids())) < 10
    bodies = [m.splitlines()[-1] for m in door.instance.wait_messages(20)]
    assert sorted(bodies) == sorted(b"line %d" % n for n in range(20))


def test_a_hundred_connections_at_most(door):
    for _ in range(230):
        door.session()
    each = collections.Counter(door.pids())
    assert len(each) >= 3 and max(each.values()) <= 100 and max(each.values()) > 1


def test_without_the_option_each_has_its_own(instance):
    assert not Door(instance, keep=()).keeps()


def test_nothing_of_a_session_is_left_to_the_next(door):
    def first(d):
        return d.session("EHLO first.example", "MAIL FROM:<first@elsewhere.example>", "RCPT TO:<first@trial.example>")[0]

    replies = []

    def second(d):
        pid, reply = d.session("RCPT TO:<user@trial.example>")
        replies.append(reply)
        return pid

    assert door.keeps(first, second)
    assert door.keeps(first, lambda d: d.session(talk=lambda c: c.send("Subject: x\r\n\r\nbody"))[0])
    assert all(r.startswith("503 ") for r in replies)
    for message in door.instance.wait_messages(1):
        assert b"first" not in message


def test_what_stands_behind_quit_is_nobodys(door):
    """Not even where it came in one piece with QUIT, in time for a next session's commands."""
    smuggled = ("QUIT\r\nEHLO x\r\nMAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<user@trial.example>\r\nDATA\r\n"
                "Subject: smuggled\r\n\r\n.")

    def first(d):
        with d.client() as c:
            assert c.say(smuggled).startswith("221 ")
        d.ended += 1
        d.log.wait(r"^tcpserver: end ", d.ended)
        return d.pids()[-1]

    def second(d):
        with d.client() as c:
            assert c.greeting.startswith("220 ")
            assert c.say("NOOP").startswith("250 ")
            assert c.say("DATA").startswith("503 ")
            assert c.say("QUIT").startswith("221 ")
        d.ended += 1
        d.log.wait(r"^tcpserver: end ", d.ended)
        return d.pids()[-1]

    assert door.keeps(first, second)
    assert not door.instance.queued() and not door.instance.messages()


def test_limits_count_for_each_connection(instance):
    instance.control("maxerrors", "3")
    door = Door(instance)

    def wrong(d):
        pid, reply = d.session("WRONG", "WRONG")
        assert reply.startswith("502 ")
        return pid

    assert door.keeps(wrong, wrong)


def test_another_client_gets_another_process(door):
    for _ in range(3):
        mine, _ = door.session()
        others, _ = door.session(source="127.0.0.2")
        assert mine != others
        assert door.session()[0] != others


def test_clients_at_one_time_have_processes_of_their_own(door):
    with door.client() as a, door.client() as b:
        door.log.wait(r"^tcpserver: ok ", 2)
        assert len(set(door.pids())) == 2
        assert a.send("Subject: a\r\n\r\na").startswith("250 ") and b.send("Subject: b\r\n\r\nb").startswith("250 ")


@pytest.mark.parametrize("how", ["closes", "says nothing right", "is cut off"])
def test_only_quit_leads_to_another_connection(instance, how):
    instance.control("maxerrors", "1")
    door = Door(instance)
    first = {"closes": lambda d: d.session("NOOP", quit=False)[0],
             "says nothing right": lambda d: d.session("WRONG", quit=False)[0],
             "is cut off": lambda d: d.session("MAIL FROM:<a@elsewhere.example>", "RCPT TO:<user@trial.example>", "DATA",
                                               quit=False)[0]}[how]
    assert not door.keeps(first, tries=3)


def rules(instance, text):
    instance.run("tcprules", "rules.cdb", "rules.tmp", input=text, check=True)


def test_a_new_rule_counts_for_the_next_connection(instance):
    instance.control("rcpthosts", "trial.example")
    rules(instance, ":allow\n")
    door = Door(instance, "-x", "rules.cdb", relay=False)
    relay = ("MAIL FROM:<a@elsewhere.example>", "RCPT TO:<b@far.example>")
    assert door.keeps()
    for text, code in (('127.0.0.1:allow,RELAYCLIENT=""\n', "250"), (":allow\n", "553"), (':allow,RELAYCLIENT=""\n', "250")):
        rules(instance, text)
        assert door.session(*relay)[1].startswith(code)
    rules(instance, ":deny\n")
    with socket.create_connection(("127.0.0.1", door.port), SECONDS) as s:
        assert s.recv(100) == b""


def test_control_files_count_when_the_time_is_over(instance):
    """Of one who is kept the whole time."""
    door = Door(instance, keep=("-k", "2"))
    door.session()
    instance.control("smtpgreeting", "new.example")
    wait_until("the new greeting", lambda: "new.example" in door.session()[1])


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_one_that_is_killed_while_it_waits_is_passed_over(door, sig):
    for _ in range(3):
        pid, _ = door.session()
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            continue  # its time was over
        wait_until("its end", lambda: is_gone(pid))
        assert door.session(talk=lambda c: c.send("Subject: x\r\n\r\nx"))[1].startswith("250 ")
    assert not door.log.find("crash|fatal|warning|unable")


def test_one_that_leaves_its_place_to_another_is_passed_over(instance):
    """It has ended, and what it left behind holds its socket: whoever is given to that would have a place for ever."""
    script = "echo 220 x; read x; sleep 1000 <&- >&- 2>&- & printf '\\0' >&4; echo 221 x; until [ -e end ]; do sleep 0.02; done"
    door = Door(instance, program=("sh", "-c", script))
    pid, _ = door.session()
    assert not is_gone(pid)
    instance.put("end", "")
    wait_until("its end", lambda: is_gone(pid))
    other, reply = door.session()
    assert other != pid and reply == "220 x\n"


def test_its_end_is_said_once(instance):
    door = Door(instance, keep=("-k", "2"))
    assert door.keeps(tries=TRIES_OF_SHORT_ONES)
    wait_until("the end of all", lambda: all(is_gone(pid) for pid in door.pids()))
    door.session()
    connections = len(door.pids())
    assert len(door.log.find(r"^tcpserver: end \d+ status 0$")) == connections
    assert len(door.log.find(r"^tcpserver: status: 0/100$")) == 1 + connections


@pytest.mark.parametrize("places", [1, 2])
def test_those_who_wait_take_nobodys_place(instance, places):
    """Where there is one place, the first client's process ends for the second client's."""
    door = Door(instance, "-c", str(places))

    def other_client(_):
        assert door.session(source="127.0.0.2")[1].startswith("220 ")

    assert door.keeps(between=other_client) == (places == 2)


def test_the_limit_of_a_client_counts_connections(instance):
    door = Door(instance, "-C", "1")
    for _ in range(5):
        assert door.session()[1].startswith("220 ")


def test_nobody_waits_for_ever(instance):
    door = Door(instance, keep=("-k", "2"))
    pid, _ = door.session()
    wait_until("its end", lambda: is_gone(pid))
    assert door.process.poll() is None


def test_the_end_of_tcpserver_is_theirs(door):
    pid, _ = door.session()
    door.process.terminate()
    assert door.process.wait(SECONDS) == 0
    door.instance.children.remove(door.process)
    wait_until("the end of the one who waited", lambda: is_gone(pid))


@pytest.mark.parametrize("program", [("sh", "-c", "exec qmail-smtpd"), ("env", "X=y", "qmail-smtpd"),
                                     ("recordio", "qmail-smtpd"), ("fixcrio", "qmail-smtpd")])
def test_behind_another_program_each_has_its_own(instance, program):
    """What stands in front of qmail-smtpd is to see every connection."""
    door = Door(instance, program=program)
    assert not door.keeps(tries=3)
    assert door.session(talk=lambda c: c.send("Subject: x\r\n\r\nx"))[1].startswith("250 ")


def test_other_programs_do_not_mind(instance):
    door = Door(instance, program=("sh", "-c", "echo 220 $PROTO; read x; echo 221"))
    for _ in range(3):
        assert door.session()[1] == "220 TCP\n"


def test_a_program_by_its_path(instance):
    assert Door(instance, program=(instance.home / "bin/qmail-smtpd",)).keeps()


def test_with_names_from_the_dns(instance):
    """Which are looked up for the first connection."""
    instance.start()
    with contextlib.closing(Outside()) as outside:
        zones = {"127.in-addr.arpa": "2.7.7 PTR client.test.example.\n", "test.example": "client A 127.7.7.2\n"}
        door = Door(instance, "-h", env={"DNSCACHEIP": outside.name_server(zones)})

        def send(d):
            return d.session(talk=lambda c: c.send("Subject: x\r\n\r\nx"), source="127.7.7.2")[0]

        assert door.keeps(send, send)
        for message in instance.wait_messages(len(door.pids())):
            assert b"from client.test.example (127.7.7.2)" in message


@pytest.mark.parametrize("options", [("-r", "-t", "1"), ("-B", "220-wait\r\n")])
def test_what_is_done_for_each_connection_is(instance, options):
    """Whoever asks for ident or a banner has them each time."""
    assert not Door(instance, *options).keeps(tries=3)


def test_the_queue_goes_on_without_its_service(instance):
    instance.start()
    service = instance.serve_queue()
    door = Door(instance, keep=("-k", "2"))

    def send(d):
        pid, reply = d.session(talk=lambda c: c.send("Subject: x\r\n\r\nx"))
        assert reply.startswith("250 ")
        return pid

    assert door.keeps(send, send, tries=TRIES_OF_SHORT_ONES)
    service.terminate()
    service.wait(SECONDS)
    instance.children.remove(service)
    wait_until("the end of who knew it", lambda: all(is_gone(pid) for pid in door.pids()))
    assert door.keeps(send, send, tries=TRIES_OF_SHORT_ONES)
    instance.wait_messages(len(door.pids()))


def message(c):
    return c.send("Subject: x\r\n\r\nx")


def test_who_waits_keeps_no_qmail_queue(door):
    """But for a second, as between two messages of one session."""
    pid, reply = door.session(talk=message)
    queue = int(reply.split()[-1])
    wait_until("its end", lambda: is_gone(queue))
    assert not is_gone(pid)


def test_who_waits_takes_no_place_at_qmail_queued(instance):
    instance.serve_queue("-C", "1")
    door = Door(instance)
    pid, reply = door.session(talk=message)
    assert reply.startswith("250 ")
    wait_until("the place", lambda: door.session(talk=message, source="127.0.0.2")[1].startswith("250 "), 6)
    assert not is_gone(pid)


def test_the_port_is_that_of_the_connection(instance):
    """To whom a filter of the mail is the one who asks."""
    script = instance.put("filter", f"#!/bin/sh\necho $TCPREMOTEPORT >> {instance.home}/home/ports\nexit 31\n", 0o755)
    door = Door(instance, env={"QMAILQUEUE": str(script)})
    ports = []

    def talk(c):
        ports.append(c.socket.getsockname()[1])
        return message(c)

    assert door.keeps(*[lambda d: d.session(talk=talk)[0]] * 2)
    assert [int(p) for p in (instance.home / "home/ports").read_text().split()] == ports


def test_who_finds_no_queue_does_not_wait(instance):
    """qmail-queued was there when it gave up the right to run programs."""
    service = instance.serve_queue()
    door = Door(instance)
    first, reply = door.session(talk=message)
    service.terminate()
    service.wait(SECONDS)
    instance.children.remove(service)
    wait_until("the end of its qmail-queue", lambda: is_gone(int(reply.split()[-1])))
    refused, reply = door.session(talk=message)
    assert refused == first and reply.startswith("451 ") or SANITIZED  # which has no jail
    pid, reply = door.session(talk=message)
    assert (pid != refused or SANITIZED) and reply.startswith("250 ")


def test_memory_does_not_grow(door):
    peaks = {}

    def talk(c):
        pid = door.log.wait(r"^tcpserver: ok (\d+) ", door.ended + 1)[1]
        assert c.send("Subject: x\r\n\r\n" + "line\r\n" * 500).startswith("250 ")
        peaks.setdefault(pid, []).append(int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]))
        return ""

    for _ in range(100):
        door.session(talk=talk)
    longest = max(peaks.values(), key=len)
    assert len(longest) > 5
    assert longest[-1] - longest[0] <= 64


def test_descriptors_are_left_for_connections(instance):
    """However many are kept, each of whom takes one: with few descriptors not all are asked to stay."""
    rules(instance, ":allow\n")
    door = Door(instance, "-x", "rules.cdb", prefix=("prlimit", "--nofile=24:24"))
    with contextlib.ExitStack() as clients:
        for _ in range(60):
            assert clients.enter_context(door.client()).greeting.startswith("220 ")
    assert not door.log.find("unable")
