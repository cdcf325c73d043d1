"""qmail-qctl on running and on stopped systems: every command by every selector, on mail that really waits."""
import json
import signal
import time

import pytest

import queuefile
from instance import SECONDS, wait_until
from paths import SANITIZED
from sending import ask, connect, remote

HOST = "trial.example"

# In the place of qmail-remote: what is not named good@ is told to come again.
LATER = """
echo "$1" >> tried
while [ "$1" = slow@one.example ] && [ ! -e go ]; do sleep 0.02; done
case $1 in
  good@*) each "$@"; printf 'Ktaken\\n\\0' ;;
  *) printf 's%s is asleep at %s.\\n\\0ZTry later.\\n\\0' "$1" "$host" ;;
esac
"""


@pytest.fixture
def waiting(instance):
    """Running, with deferred mail: (a@x.example: u1@one, u2@two), (b@x.example: u1@one), ("": v@sub.two)."""
    remote(instance, LATER)
    instance.control("concurrencyremote", "20")
    instance.start()
    mail = [("a@x.example", "u1@one.example", "u2@two.example"), ("b@x.example", "u1@one.example"),
            ("", "v@sub.two.example")]
    for sender, *recipients in mail:
        assert instance.queue("Subject: x\n\n", sender, *recipients) == 0
        instance.log.wait(f"info msg .* from <{sender}>")
    instance.log.wait("deferral", 4)
    instance.log.wait(r"^status: local 0/10 remote 0/20$")
    return instance


def qctl(instance, *argv, code=0):
    p = instance.run("qmail-qctl", *argv)
    assert p.returncode == code, (argv, p.stdout, p.stderr)
    return p.stdout.decode()


def read(instance, *argv):
    return json.loads(qctl(instance, *argv, "--json"))


def states(instance, *argv):
    """{address: state} of all that show has."""
    return {(m["sender"], r["address"]): r["state"] for m in read(instance, "show", *argv) for r in m["recipients"]}


def ids(instance):
    return {m["sender"]: str(m["id"]) for m in read(instance, "list")}


def test_what_waits_is_told(waiting):
    now = time.time()
    first, second, third = read(waiting, "show")
    assert (first["sender"], second["sender"], third["sender"]) == ("a@x.example", "b@x.example", "")
    assert (first["recipient_count"], first["waiting"], first["done"], first["held"]) == (2, 2, 0, 0)
    assert abs(first["arrival"] - now) < SECONDS and first["size"] > 10
    u1, u2 = first["recipients"]
    assert u1["reason"] == "u1@one.example is asleep at one.example.\nTry later.\n"
    assert u2["reason"] == "u2@two.example is asleep at two.example.\nTry later.\n"
    assert (u1["number"], u1["channel"], u1["state"]) == (0, "remote", "deferred")
    assert first["next"] == u1["next"] and 300 < u1["next"] - first["arrival"] < 500
    lines = qctl(waiting, "show", str(first["id"])).splitlines()
    assert lines[0].startswith(f"{first['id']}  ") and lines[0].endswith("2/2 waiting  next "
                                                                        + lines[0].split("  next ")[1])
    assert lines[1].startswith("\tdeferred\tremote\tu1@one.example  next ")
    assert lines[2:4] == ["\t\tu1@one.example is asleep at one.example.", "\t\tTry later."]
    assert len(qctl(waiting, "list").splitlines()) == 3


@pytest.mark.parametrize("options, senders", [
    (["--sender", "A@X.example"], ["a@x.example"]),
    (["--sender", "*@x.example"], ["a@x.example", "b@x.example"]),
    (["--sender", ""], [""]),
    (["--sender=?@x.example", "--recipient=*@two.example"], ["a@x.example"]),
    (["--recipient", "u1@one.example"], ["a@x.example", "b@x.example"]),
    (["--recipient", "u1*", "--recipient", "v*"], ["a@x.example", "b@x.example", ""]),
    (["--host", "two.example"], ["a@x.example"]),
    (["--host", ".two.example"], [""]),
    (["--host", "*two.example"], ["a@x.example", ""]),
    (["--host", "two"], []),
    (["--older", "1h"], []),
    (["--newer", "1h"], ["a@x.example", "b@x.example", ""]),
    (["--older", "0"], ["a@x.example", "b@x.example", ""]),
    (["--newer", "2d", "--sender", "b*"], ["b@x.example"]),
    (["--sender", r"\*@x.example"], []),
    (["--held"], []),
])
def test_choosing(waiting, options, senders):
    assert [m["sender"] for m in read(waiting, "list", *options)] == senders
    assert [m["sender"] for m in read(waiting, "show", *options)] == senders
    if senders:
        assert len(qctl(waiting, "hold", *options).splitlines()) == len(senders)
        assert [m["sender"] for m in read(waiting, "list", "--held")] == senders


def test_by_number(waiting):
    number = ids(waiting)
    a, b = number["a@x.example"], number["b@x.example"]
    assert [m["id"] for m in read(waiting, "list", b, "#" + a)] == [int(b), int(a)]
    assert waiting.run("qmail-qctl", "list", a, "--sender", "b*").stdout == b""
    p = waiting.run("qmail-qctl", "delete", "77", b)
    assert p.returncode == 100 and p.stderr == b"qmail-qctl: warning: there is no message 77\n"
    waiting.log.wait(f"^end msg {b}$")


def test_hold_and_release(waiting):
    number = ids(waiting)
    out = qctl(waiting, "hold", "--recipient", "u1@*")
    assert out == f"{number['a@x.example']}  hold  1 recipient\n{number['b@x.example']}  hold  1 recipient\n"
    assert qctl(waiting, "hold", "--recipient", "u1@*") == ""  # nothing more to do
    waiting.log.wait(f"^control: msg {number['b@x.example']}: hold by uid .* recipients 1$")
    wanted = {("a@x.example", "u1@one.example"): "held", ("a@x.example", "u2@two.example"): "deferred",
              ("b@x.example", "u1@one.example"): "held", ("", "v@sub.two.example"): "deferred"}
    assert states(waiting) == wanted
    assert read(waiting, "list", number["b@x.example"])[0]["next"] is None

    def only_others_are_tried():
        waiting.log.forget()
        waiting.signal(signal.SIGALRM)
        waiting.log.wait("deferral", 2)
        waiting.log.wait(r"^status: local 0/10 remote 0/20$")
        assert sorted(m[1] for m in waiting.log.find("^starting .* to remote (.*)$")) == [
            "u2@two.example", "v@sub.two.example"]

    only_others_are_tried()
    waiting.crash()  # kill -9
    waiting.start()
    assert states(waiting) == wanted
    only_others_are_tried()
    assert waiting.stop() == 0
    waiting.start()
    only_others_are_tried()

    waiting.log.forget()
    qctl(waiting, "release", "--held")
    waiting.log.wait("deferral", 2)
    assert set(states(waiting).values()) == {"deferred"}
    waiting.signal(signal.SIGALRM)
    waiting.log.wait("to remote u1@one.example", 2)


def test_retry(waiting):
    waiting.log.forget()
    qctl(waiting, "retry", "--sender", "b@*")
    waiting.log.wait("deferral")
    waiting.log.wait(r"^status: local 0/10 remote 0/20$")
    assert len(waiting.log.find("^starting")) == 1
    qctl(waiting, "hold", "--sender", "b@*")
    assert qctl(waiting, "retry", "--sender", "b@*") == ""
    qctl(waiting, "retry", "--all")
    waiting.log.wait("deferral", 4)


def test_expire(waiting):
    number = ids(waiting)
    waiting.control("bouncehost", HOST)
    waiting.log.forget()
    assert qctl(waiting, "expire", "--host", "one.example", "--sender", "a@*") != ""
    waiting.log.wait(f"^control: msg {number['a@x.example']}: expired remote u1@one.example$")
    assert states(waiting, number["a@x.example"]) == {
        ("a@x.example", "u1@one.example"): "failed", ("a@x.example", "u2@two.example"): "deferred"}
    qctl(waiting, "expire", "--sender", "a@*")
    waiting.log.wait(f"^end msg {number['a@x.example']}$")
    assert len(waiting.log.find("^bounce msg")) == 1
    text = [p.read_bytes() for p in waiting.queued() if b"failure notice" in p.read_bytes()][0].decode("latin-1")
    assert "<u1@one.example>:\nu1@one.example is asleep at one.example.\nTry later.\nI'm not going to try again;" in text
    assert "<u2@two.example>:\nu2@two.example is asleep at two.example.\nTry later.\nI'm not going to try again;" in text
    assert not waiting.log.find("^delivery .*failure")


def test_delete(waiting):
    number = ids(waiting)
    waiting.log.forget()
    qctl(waiting, "delete", "--recipient", "u2@*")
    waiting.log.wait(f"^control: msg {number['a@x.example']}: deleted remote u2@two.example$")
    assert states(waiting, number["a@x.example"]) == {
        ("a@x.example", "u1@one.example"): "deferred", ("a@x.example", "u2@two.example"): "deleted"}
    out = read(waiting, "delete", "--newer", "1h")
    assert [(d["command"], d["recipients"], d["ok"]) for d in out] == [("delete", 1, True)] * 3
    waiting.wait_empty()
    waiting.log.wait("^end msg", 3)
    assert not waiting.log.find("^bounce|^delivery")
    assert qctl(waiting, "list") == "" and read(waiting, "list") == []
    assert not list((waiting.home / "queue/state").glob("*/*"))


def test_deleting_the_whole_message_sends_no_bounce(waiting):
    qctl(waiting, "expire", "--recipient", "u1@*", "--sender", "a@*")
    qctl(waiting, "delete", "--sender", "a@*")
    waiting.log.wait("^end msg")
    assert not waiting.log.find("^bounce")


@pytest.mark.parametrize("command, end", [("delete", "deleted"), ("expire", "failed")])
def test_what_is_under_way_is_finished(waiting, command, end):
    waiting.log.forget()
    assert waiting.queue("Subject: x\n\n", "c@x.example", "slow@one.example", "good@two.example") == 0
    waiting.log.wait("success")
    assert states(waiting, "--sender", "c@*") == {
        ("c@x.example", "slow@one.example"): "trying", ("c@x.example", "good@two.example"): "done"}
    qctl(waiting, command, "--sender", "c@*")
    assert not waiting.log.find("^end msg")
    waiting.put("go", "")
    waiting.log.wait("^end msg")
    assert bool(waiting.log.find("^bounce msg")) == (command == "expire")
    assert bool(waiting.log.find("^delivery .*: failure: slow.*not_going_to_try_again")) == (command == "expire")
    assert bool(waiting.log.find("^control: .*: deleted remote slow@one.example")) == (command == "delete")


@pytest.mark.parametrize("crash", [False, True])
def test_while_it_is_stopped(waiting, crash):
    waiting.crash() if crash else waiting.stop()
    wanted = {("a@x.example", "u1@one.example"): "held", ("a@x.example", "u2@two.example"): "deleted",
              ("b@x.example", "u1@one.example"): "expiring", ("", "v@sub.two.example"): "deferred"}
    warning = "qmail-qctl: warning: qmail-send does not run; it carries this out when it is started\n"
    qctl(waiting, "hold", "--sender", "a@*", "--host", "one.example")
    for argv in (["delete", "--recipient", "u2@*"], ["expire", "--sender", "b@*"], ["retry", "--sender", ""]):
        p = waiting.run("qmail-qctl", *argv)
        assert (p.returncode, p.stderr.decode()) == (0, warning)
    assert states(waiting) == wanted
    assert all(m["next"] is None or m["next"] <= time.time() for m in read(waiting, "list"))
    waiting.log.forget()
    waiting.start()
    waiting.log.wait("^control: .* deleted remote u2@two.example$")
    waiting.log.wait("^control: .* expired remote u1@one.example$")
    waiting.log.wait("^bounce msg")
    waiting.log.wait("deferral: v@sub")
    assert not waiting.log.find("to remote u")
    assert states(waiting, "--sender", "a@*") == {
        ("a@x.example", "u1@one.example"): "held", ("a@x.example", "u2@two.example"): "deleted"}


def test_marks_survive_a_kill(waiting):
    """A delete and an expire that were confirmed stand, whatever of them was carried out."""
    number = ids(waiting)
    for _ in range(5):
        qctl(waiting, "delete", "--recipient", "u2@*")
        qctl(waiting, "hold", "--recipient", "u1@*")
        waiting.crash()
        waiting.start()
        assert states(waiting, number["a@x.example"]) == {
            ("a@x.example", "u1@one.example"): "held", ("a@x.example", "u2@two.example"): "deleted"}
        qctl(waiting, "release", "--recipient", "u1@*", "--sender", "a*")
        wait_until("a try", lambda: states(waiting, number["a@x.example"])["a@x.example", "u1@one.example"] == "deferred")


NASTY = bytes(c for c in range(1, 256) if c != 10)


def test_any_bytes_are_valid_json(instance):
    records = [(b"Z", 0, b"", NASTY + b"\n\xe2\x80\xa8\xc3\xa4\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80\xff"),
               (b"D", 1, b"who\xff@x", b"no\r\n\x85")]
    number = 1795263408874127
    place = queuefile.message_file

    def raw(*args):
        return place(*args)

    envelope_sender = "se\"nder\\\x7f\x01@b.example"
    queuefile.place(instance, number, envelope_sender, ["r\u00e4@b.example", "q\x1b\"@b.example"], records,
                    due=time.time() + 1000)
    text = instance.run("qmail-qctl", "show", "--json").stdout
    got = json.loads(text.decode("utf-8", "strict"))[0]
    assert not [c for c in text if c < 32 and c != 10]
    assert got["sender"] == envelope_sender and "sender_hex" not in got
    first, second = got["recipients"]
    assert first["address"] == "r\u00e4@b.example"
    assert bytes.fromhex(first["reason_hex"]) == records[0][3]
    assert first["reason"].startswith("\x01\x02") and "\u2028\u00e4" in first["reason"]
    assert second["state"] == "failed" and second["reason"] == "no\r\n\ufffd"
    shown = instance.run("qmail-qctl", "show").stdout
    assert not [c for c in shown if (c < 32 and c not in (9, 10)) or c > 126]


def test_10000_messages(instance):
    instance.control("concurrencyremote", "0")
    instance.control("concurrencylocal", "0")
    for n in range(10000):
        queuefile.place(instance, 1795263408000000 + n, f"s{n % 10}@x.example", [f"u{n}@h{n % 7}.example"],
                        [(b"Z", 0, b"", b"Try again.\n")], due=time.time() + 100000, body=b"x\n")
    instance.start()
    wait_until("all known", lambda: b"not yet preprocessed: 0" in instance.run("qmail-qstat").stdout)
    start = time.monotonic()
    assert len(read(instance, "list")) == 10000
    assert time.monotonic() - start < 10
    start = time.monotonic()
    assert len(qctl(instance, "hold", "--host", "h1.example").splitlines()) == 1429
    assert len(read(instance, "list", "--held")) == 1429
    assert len(qctl(instance, "delete", "--sender", "s3@*").splitlines()) == 1000
    wait_until("their end", lambda: len(instance.queued()) == 9000)
    assert time.monotonic() - start < 30
    peak = int([line for line in open(f"/proc/{instance.send.pid}/status") if line.startswith("VmHWM")][0].split()[1])
    assert peak < 30000 or SANITIZED


# The socket

def still_delivers(instance):
    count = len(instance.messages())
    assert instance.queue("Subject: x\n\n", "s@x.example", f"tester@{HOST}") == 0
    instance.wait_messages(count + 1)


def test_hostile_clients(waiting):
    number = ids(waiting)["a@x.example"].encode()
    s = connect(waiting)
    for request in (b"", b"x", b"hold", b"hold x", b"hold 046", b"hold 1 x", b"due 1 2 x", b"retry 1 2", b"hold  1",
                    b"delete " + number + b" 4294967295", b"HOLD " + number, b"hold -1", b"hold 99999999999999999999"):
        assert ask(s, request) == b"-no such request", request
    assert ask(s, b"hold 77") == b"-there is no such message"
    assert ask(s, b"due 77") == b"+"
    assert ask(s, b"delete " + number + b" 5 4294967294") == b"+"  # no such recipients
    assert ask(s, b"due " + number).startswith(b"+" + number + b" ")

    # Too long a request is not awaited.
    try:
        s.sendall(b"hold " + b"1" * 200000)
        assert s.recv(10) == b""
    except (BrokenPipeError, ConnectionResetError):
        pass
    still_delivers(waiting)

    # Idle ones, and one that asks and does not read; others go on, and so does qmail-qctl when there is room.
    idle = [connect(waiting) for _ in range(6)]
    idle[0].send(b"hold ")
    greedy = connect(waiting)
    greedy.setblocking(False)
    asked = (b"due " + (number + b" ") * 3000)[:-1] + b"\0"
    try:
        while True:
            greedy.send(asked)
    except BlockingIOError:
        pass
    still_delivers(waiting)
    wait_until("what was delivered to be gone", lambda: len(read(waiting, "list")) == 3)
    more = [connect(waiting) for _ in range(10)]
    still_delivers(waiting)
    for c in (*idle, *more, greedy):
        c.close()
    assert len(read(waiting, "list")) == 3
    used = sum(int(x) for x in open(f"/proc/{waiting.send.pid}/stat").read().split()[13:15])
    time.sleep(0.3)
    assert sum(int(x) for x in open(f"/proc/{waiting.send.pid}/stat").read().split()[13:15]) - used < 10
    assert waiting.stop() == 0


def test_pipelined_requests(waiting):
    number = ids(waiting)["b@x.example"].encode()
    s = connect(waiting)
    s.sendall(b"".join(b"%s %s\0" % (b"hold" if n % 2 else b"release", number) for n in range(200)))
    answers = b""
    while answers.count(b"\0") < 200:
        more = s.recv(4096)
        assert more, answers
        answers += more
    assert answers == b"+\0" * 200
    # A try that a release began may still be under way.
    wait_until("the last order to show", lambda: states(waiting)["b@x.example", "u1@one.example"] == "held")


def test_no_answer_without_the_socket(waiting):
    (waiting.home / "queue/control/socket").unlink()
    p = waiting.run("qmail-qctl", "hold", "--all")
    assert p.returncode == 111
    assert p.stderr == b"qmail-qctl: fatal: qmail-send runs, but does not answer at queue/control/socket\n"
    assert len(read(waiting, "list")) == 3


@pytest.mark.parametrize("commands", [("hold", "release"), ("retry",)])
def test_tried_again_while_others_are_under_way(waiting, commands):
    """It is tried as soon as the pass is over that has left it behind."""
    assert waiting.queue("Subject: x\n\n", "c@x.example", "u3@two.example", "slow@one.example") == 0
    waiting.log.wait("to remote slow@one.example$")
    waiting.log.wait("deferral: u3@two")
    for command in commands:
        assert qctl(waiting, command, "--recipient", "u3@*") != ""
    assert len(waiting.log.find("to remote u3@")) == 1
    waiting.put("go", "")
    waiting.log.wait("deferral: u3@two", 2)
    waiting.log.wait(r"^status: local 0/10 remote 0/20$", 2)
    assert len(waiting.log.find("to remote u3@")) == 2  # once
