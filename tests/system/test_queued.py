"""qmail-queued: who gets messages, what the end of each process costs, and callers that mean no good."""
import array
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest

from instance import Instance, wait_until
from netstrings import netstring, qmtp, split
from paths import BIN
from test_queue_service import MESSAGE, bodies, send

HOST = Instance.host
ENVELOPE = f"Fsender@elsewhere.example\0Ttester@{HOST}\0\0".encode()
BUSY, BAD_ENVELOPE, CANNOT_READ = 71, 91, 54


@pytest.fixture
def service(instance):
    return instance.serve_queue()


def parent(pid):
    """Nothing when it has ended."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def ended(pid):
    try:
        return "\nState:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(process):
    """The children that have not ended."""
    found = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(p) for p in found if not ended(p)]


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


@contextlib.contextmanager
def smtp_session(instance, port=None):
    with instance.smtp(port or instance.port or instance.door()) as s:
        s.ehlo("client.example")
        yield s


def open_message(instance, smtp):
    """A message whose first part is written by some qmail-queue."""
    smtp.mail("sender@elsewhere.example")
    smtp.rcpt(f"tester@{HOST}")
    assert smtp.docmd("DATA")[0] == 354
    smtp.send(b"Subject: open\r\n\r\n" + b"x\r\n" * 100000)
    wait_until("its file", lambda: any(p.stat().st_size > 100000 for p in (instance.home / "queue/tmp").iterdir()))


class Caller:
    """Speaks with qmail-queued as the servers do, or otherwise."""

    def __init__(self, instance, seconds=30):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(seconds)
        self.socket.connect(str(instance.home / "run/qmail-queued"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def give(self, *fds, text=b"\0"):
        self.socket.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])

    def answer(self):
        """(code, pid), or None when the connection has ended."""
        try:
            said = self.socket.recv(100)
        except ConnectionResetError:  # it had not read all; what it said comes next
            said = self.socket.recv(100)
        return struct.unpack("<BI", said) if said else None

    def send(self, message=MESSAGE.encode(), envelope=ENVELOPE):
        with tempfile.TemporaryFile() as m, tempfile.TemporaryFile() as e:
            m.write(message)
            e.write(envelope)
            m.seek(0)
            e.seek(0)
            with contextlib.suppress(BrokenPipeError):  # the answer may be there already
                self.give(m.fileno(), e.fileno())
        return self.answer()


def queue_one(instance):
    with Caller(instance) as caller:
        return caller.send()


def by_smtp(instance):
    with smtp_session(instance) as smtp:
        return send(smtp)


def by_netstrings(instance, program, data):
    port = instance.door(program)
    with socket.create_connection(("127.0.0.1", port), 60) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        (reply,) = split(s.makefile("rb").read())
    return int(re.search(rb"^Kok \d+ qp (\d+)$", reply)[1])


def by_qmtp(instance):
    return by_netstrings(instance, "qmail-qmtpd", qmtp("\n" + MESSAGE, "sender@elsewhere.example", f"tester@{HOST}"))


def by_qmqp(instance):
    return by_netstrings(instance, "qmail-qmqpd", netstring(
        netstring(MESSAGE) + netstring("sender@elsewhere.example") + netstring(f"tester@{HOST}")))


@pytest.mark.parametrize("way", [by_smtp, by_qmtp, by_qmqp])
def test_servers_give_it_their_messages(instance, service, way):
    pid = way(instance)
    assert parent(pid) == service.pid
    (message,) = instance.queued()
    text = message.read_bytes()
    assert text.startswith(b"Received: (qmail %d invoked by uid %d); " % (pid, instance.uid))
    assert struct.unpack("<II", text[-16:-8]) == (instance.uid, pid)
    assert (message.stat().st_uid, message.stat().st_mode & 0o7777) == (instance.uid, 0o644)


def test_the_invoker_is_who_connects(instance, service):
    code, pid = queue_one(instance)
    assert code == 0
    (message,) = instance.queued()
    assert struct.unpack("<II", message.read_bytes()[-16:-8]) == (os.geteuid(), pid)


def test_one_process_takes_messages_of_many_connections(instance, service):
    pids = {by_smtp(instance) for _ in range(20)}
    assert len(pids) <= 3  # it may not have heard of the end of the last connection
    assert {parent(p) for p in pids} == {service.pid} and len(instance.queued()) == 20


def test_a_message_is_lost_with_its_process_and_no_other_is(instance, service):
    with smtp_session(instance) as smtp:
        first = send(smtp)
        open_message(instance, smtp)
        os.kill(first, signal.SIGKILL)
        assert smtp.docmd(".") == (451, b"4.3.0 qq crashed (#4.3.0)")
        second = send(smtp)
        assert second != first and parent(second) == service.pid
        # Between two messages nothing is lost.
        os.kill(second, signal.SIGKILL)
        wait_until("its end", lambda: ended(second))
        assert send(smtp) not in (first, second)
    assert len(instance.queued()) == 3


def test_term_lets_the_open_message_end(instance, service):
    with smtp_session(instance) as smtp:
        open_message(instance, smtp)
        (worker,) = children(service)
        service.terminate()
        assert service.wait(30) == 0
        assert not (instance.home / "run/qmail-queued").exists()
        code, reply = smtp.docmd(".")
        assert code == 250 and int(reply.split()[-1]) == worker
    assert by_smtp(instance) != worker
    wait_until("its end", lambda: ended(worker))
    assert len(instance.queued()) == 2


def test_term_takes_those_who_wait_at_the_door(instance, service):
    os.kill(service.pid, signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(Caller(instance)) for _ in range(20)]
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(40)]
        for caller, message, envelope in zip(callers, files[::2], files[1::2]):
            message.write(MESSAGE.encode())
            envelope.write(ENVELOPE)
            message.seek(0)
            envelope.seek(0)
            caller.give(message.fileno(), envelope.fileno())
        os.kill(service.pid, signal.SIGTERM)
        os.kill(service.pid, signal.SIGCONT)
        assert service.wait(30) == 0
        assert [caller.answer()[0] for caller in callers] == [0] * 20
    assert len(instance.queued()) == 20


def test_there_is_one(instance, service):
    other = instance.run("qmail-queued")
    assert other.returncode == 111 and other.stderr == b"qmail-queued: fatal: another qmail-queued runs\n"
    assert queue_one(instance)[0] == 0


def test_killed_and_started_again(instance, service):
    with smtp_session(instance) as smtp:
        first = send(smtp)
        service.kill()
        service.wait()
        assert send(smtp) == first  # who has a process keeps it
    # A name that nobody listens at: they run qmail-queue themselves.
    assert (instance.home / "run/qmail-queued").is_socket()
    with smtp_session(instance) as smtp:
        assert parent(send(smtp)) != service.pid
    wait_until("its end", lambda: ended(first))
    again = instance.spawn("qmail-queued", stdin=-3, stdout=-3)

    def served():
        with contextlib.suppress(ConnectionRefusedError):
            return queue_one(instance)
    assert parent(wait_until("the service", served)[1]) == again.pid
    assert parent(by_smtp(instance)) == again.pid


def other_program(instance, script="#!/bin/sh\nexit 0\n"):
    (instance.home / "bin/qmail-queue").unlink()
    instance.put("bin/qmail-queue", script, 0o755)


def passing_on(instance):
    """A filter that is in qmail-queue's place and runs the real one with all it was given."""
    instance.put("seen", "", 0o666)
    return f"#!/bin/sh\necho x >>{instance.home}/seen\nexec {BIN}/qmail-queue \"$@\"\n"


NOT_SERVED = b"qmail-queued: fatal: bin/qmail-queue does not serve: is it another program?\n"


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 0\n", "real"])
def test_it_does_not_start_with_another_program(instance, script):
    other_program(instance, passing_on(instance) if script == "real" else script)
    p = instance.run("qmail-queued", input="not to be taken for a message")
    assert (p.returncode, p.stderr) == (111, NOT_SERVED)
    assert not (instance.home / "run/qmail-queued").exists() and not instance.queued()


def test_it_does_not_start_without_a_program(instance):
    (instance.home / "bin/qmail-queue").unlink()
    p = instance.run("qmail-queued")
    assert p.returncode == 111
    assert p.stderr == b"qmail-queued: fatal: unable to run bin/qmail-queue: file does not exist\n"


def test_another_program_that_comes_later_sees_each_message(instance, service):
    """The connection in whose course it is found out may be refused for now; from then on all run the program themselves."""
    by_smtp(instance)
    other_program(instance, passing_on(instance))
    with smtp_session(instance) as smtp:
        smtp.mail("sender@elsewhere.example")
        smtp.rcpt(f"tester@{HOST}")
        refused = smtp.data(MESSAGE)[0] == 451  # else the service ended before it was given the message
    assert service.wait(30) == 111
    tried = (instance.home / "seen").read_text().count("x")  # in the jail of qmail-queued it does not get so far
    assert tried <= (1 if refused else 2)
    for count in (1, 2):
        by_smtp(instance)
        assert (instance.home / "seen").read_text().count("x") == tried + count
    assert len(instance.queued()) == (3 if refused else 4)


def test_a_newer_qmail_queue_takes_over(instance, service):
    with smtp_session(instance) as smtp:
        first = send(smtp)
        fresh = instance.home / "bin/fresh"
        shutil.copy(BIN / "qmail-queue", fresh)
        fresh.rename(instance.home / "bin/qmail-queue")
        assert send(smtp) == first  # on the same connection
    second = by_smtp(instance)
    assert second != first and parent(second) == service.pid
    assert os.readlink(f"/proc/{second}/exe") == str(instance.home / "bin/qmail-queue")
    wait_until("the end of the former one", lambda: children(service) == [second])


def test_what_the_environment_names_is_run(instance, service):
    script = instance.put("mine", passing_on(instance), 0o755)
    instance.door(env={"QMAILQUEUE": str(script)})
    workers = children(service)
    assert by_smtp(instance) not in workers and children(service) == workers
    assert (instance.home / "seen").read_text() == "x\n"


@pytest.mark.parametrize("options, places", [(("-c", "2", "-C", "2"), 2), (("-c", "8"), 4), (("-C", "3"), 3)])
def test_limits(instance, options, places):
    service = instance.serve_queue(*options)
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(Caller(instance)) for _ in range(places)]
        assert [caller.send()[0] for caller in held] == [0] * places
        assert queue_one(instance) == (BUSY, 0)
        with smtp_session(instance) as smtp:
            if os.geteuid() == instance.uid or options == ("-c", "2", "-C", "2"):
                smtp.mail("sender@elsewhere.example")
                smtp.rcpt(f"tester@{HOST}")
                assert smtp.data(MESSAGE) == (451, b"4.3.0 mail server temporarily rejected message (#4.3.0)")
            else:  # another user than we are
                send(smtp)
        held[0].__exit__()
        wait_until("a place", lambda: queue_one(instance)[0] == 0)
        assert len(children(service)) <= places + 1


def test_who_leaves_no_room_for_others_waits(instance):
    """Without -C, some place is left for each other user."""
    if os.geteuid() == instance.uid:
        pytest.skip("needs two users")
    instance.serve_queue("-c", "6")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(Caller(instance)) for _ in range(3)]
        assert {caller.send()[0] for caller in held} == {0}
        assert queue_one(instance)[0] == BUSY
        by_smtp(instance)


@pytest.mark.parametrize("argv", [("-c", "0"), ("-c", "x"), ("-C", "-1"), ("-x",), ("-c",), ("more",)])
def test_usage(instance, argv):
    p = instance.run("qmail-queued", *argv)
    assert p.returncode == 100 and b"qmail-queued: usage: qmail-queued [ -c limit ] [ -C limit ]\n" in p.stderr


def test_idle_processes_are_dismissed_but_one(instance, service):
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(Caller(instance)).send()
        assert len(children(service)) == 6
    wait_until("their dismissal", lambda: len(children(service)) == 1)
    (last,) = children(service)
    assert queue_one(instance) == (0, last)


def test_a_silent_caller_is_let_go(instance, service):
    with Caller(instance, 60) as caller, Caller(instance, 60) as other:
        assert caller.send()[0] == 0
        began = time.monotonic()
        assert caller.answer() is None and other.answer() is None
        assert 5 < time.monotonic() - began < 30
        with pytest.raises(BrokenPipeError):
            caller.give(0, 0)


def give_nothing(caller):
    caller.give()
    return caller.answer()


def give_one(caller):
    caller.give(0)
    return caller.answer()


def give_three(caller):
    caller.give(0, 0, 0)
    return caller.answer()


def give_many(caller):
    caller.give(*[0] * 253)
    return caller.answer()


def give_much_text(caller):
    caller.give(0, 0, text=b"x" * 60000)
    return caller.answer()


def give_a_directory(caller):
    with contextlib.ExitStack() as stack:
        fd = os.open("/", os.O_RDONLY)
        stack.callback(os.close, fd)
        caller.give(fd, fd)
        return caller.answer()


def give_what_cannot_be_read(caller):
    fd = os.open("/dev/null", os.O_WRONLY)
    try:
        caller.give(fd, fd)
        return caller.answer()
    finally:
        os.close(fd)


def give_a_path_alone(caller):
    fd = os.open("/etc/passwd", os.O_PATH)
    try:
        caller.give(fd, fd)
        return caller.answer()
    finally:
        os.close(fd)


def give_the_connection_itself(caller):
    caller.give(caller.socket.fileno(), caller.socket.fileno())
    caller.socket.shutdown(socket.SHUT_WR)
    return caller.answer()


HOSTILE = [(give_nothing, CANNOT_READ), (give_one, CANNOT_READ), (give_three, CANNOT_READ), (give_many, CANNOT_READ),
           (give_much_text, CANNOT_READ), (give_a_directory, CANNOT_READ), (give_what_cannot_be_read, CANNOT_READ),
           (give_a_path_alone, CANNOT_READ), (give_the_connection_itself, None),
           (lambda c: c.send(envelope=b""), CANNOT_READ), (lambda c: c.send(envelope=ENVELOPE[:-1]), CANNOT_READ),
           (lambda c: c.send(envelope=b"X" + ENVELOPE), BAD_ENVELOPE), (lambda c: c.send(envelope=b"\0"), BAD_ENVELOPE),
           (lambda c: c.send(envelope=b"F" + b"x" * 2000 + b"\0\0"), 11)]


def test_who_means_no_good_harms_nobody(instance, service):
    """Each several times over, while another goes on."""
    with Caller(instance) as good:
        assert good.send()[0] == 0
        before = descriptors(service)
        for attack, code in HOSTILE:
            for _ in range(5):
                with Caller(instance) as bad:
                    answer = attack(bad)
                    assert (answer and answer[0]) == code or code is None, attack
            assert good.send()[0] == 0, attack
        stays = [good.send()[1] for _ in range(2)]
        assert stays[0] == stays[1]
    wait_until("nothing that is left", lambda: len(children(service)) <= 1 and descriptors(service) <= before)
    assert len(instance.queued()) == 1 + len(HOSTILE) + 2 and not list((instance.home / "queue/tmp").iterdir())
    assert queue_one(instance)[0] == 0


def test_hundreds_who_connect_and_go(instance, service):
    before = descriptors(service)
    with Caller(instance) as good:
        for _ in range(10):
            for caller in [Caller(instance) for _ in range(60)]:
                caller.socket.close()
            assert good.send()[0] == 0
    wait_until("their end", lambda: len(children(service)) <= 1 and descriptors(service) <= before)
    (last,) = children(service)
    assert len(os.listdir(f"/proc/{last}/fd")) == 4  # 0, 1, 2 and where it hears of callers
    assert queue_one(instance)[0] == 0


def test_who_takes_no_answers_is_let_go(instance, service):
    """He must not hold up the process that would tell him."""
    with Caller(instance) as caller:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(100000):
                with tempfile.TemporaryFile() as m, tempfile.TemporaryFile() as e:
                    e.write(ENVELOPE)
                    e.seek(0)
                    caller.give(m.fileno(), e.fileno())
    assert queue_one(instance)[0] == 0
    wait_until("the end", lambda: len(children(service)) == 1)


def test_a_program_without_the_right_asks_the_service(instance, service):
    """qmail-queue hands its descriptors on where it is not run as qmailq: here, for any other user."""
    if os.geteuid() != 0:
        pytest.skip("needs two users")
    with tempfile.TemporaryFile() as m, tempfile.TemporaryFile() as e:
        m.write(MESSAGE.encode())
        e.write(ENVELOPE)
        m.seek(0)
        e.seek(0)
        p = subprocess.run([instance.home / "bin/qmail-queue"], env=instance.env, stdin=m, stdout=e)
    assert p.returncode == 0
    (message,) = instance.queued()
    assert message.stat().st_uid == instance.uid
    assert message.read_bytes().partition(b"\n")[0].split(b" invoked ")[1].startswith(b"by uid 0)")

