"""qmail-remote with servers that take mail, servers that fail, and a real name server."""
import contextlib
import os
import socket
import subprocess
import tempfile
import time

import pytest
from aiosmtpd import controller

from instance import SECONDS, wait_until
from outside import DROP, HANG, Outside, free_port

MESSAGE = "Subject: hello\n\nfirst\n.dot\n..two\nlast\n"
ON_THE_WIRE = [b"Subject: hello", b"", b"first", b"..dot", b"...two", b"last"]
DIED = "ZConnected to {} but connection died. (#4.4.2)\n"
DUPLICATE = "ZConnected to {} but connection died. Possible duplicate! (#4.4.2)\n"
NO_CONNECTION = "ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n"
PIPELINING = b"250-outside\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n"

# The addresses are of this machine, but of none of its interfaces.
ZONE = """
one MX 10 a.one
a.one A 127.77.0.1
two MX 20 b.two
two MX 10 a.two
a.two A 127.77.0.1
b.two A 127.77.0.2
tied MX 10 a.two
tied MX 10 b.two
plain A 127.77.0.1
alias CNAME one
null MX 0 .
nullplus MX 0 .
nullplus MX 10 a.one
nothing TXT "no address"
lost MX 10 nowhere
lost MX 20 nothing
self MX 10 here
here A 127.0.0.1
behind MX 10 a.two
behind MX 20 here
behind MX 30 b.two
relay A 127.77.0.1
broken MX 10 host.outside.invalid.
many MX 10 m
m A 127.77.0.1
m A 127.77.0.2
"""


@pytest.fixture(scope="module")
def dns():
    world = Outside()
    yield world.name_server({"zone.test": ZONE})
    world.close()


@pytest.fixture
def remote(instance, dns):
    """Runs qmail-remote and returns the parts of its report."""
    def run(host, *recipients, sender="sender@trial.example", message=MESSAGE, port=None, env=None, whole=False, **more):
        if port:
            instance.control("smtproutes", f":127.0.0.1:{port}")
        with tempfile.TemporaryFile() as f:
            f.write(message if isinstance(message, bytes) else message.encode())
            f.seek(0)
            p = instance.spawn("qmail-remote", host, sender, *(recipients or (f"joe@{host}",)), stdin=f,
                               stdout=subprocess.PIPE, env={"DNSCACHEIP": dns, **(env or {})}, **more)
            output, _ = p.communicate(timeout=SECONDS)
            instance.children.remove(p)
        assert p.returncode == 0
        assert output.endswith(b"\0")
        return output[:-1].decode().split("\0")

    run.instance = instance
    return run


def said(before, reply):
    return f"{before}\nRemote host said: {reply}\n"


# Success

def test_smtp_sink_takes_a_message(remote, outside):
    port, folder = outside.sink()
    assert remote("host.test", "a@host.test", "b c@host.test", port=port) == [
        "r", "r", said("K127.0.0.1 accepted message.", "250 2.0.0 Ok")]
    [dump] = folder.iterdir()
    text = dump.read_text()
    assert "X-Mail-Args: <sender@trial.example>\n" in text
    assert 'X-Rcpt-Args: <a@host.test>\nX-Rcpt-Args: <"b c"@host.test>\n' in text
    assert text.endswith(MESSAGE + "\n")


@pytest.mark.parametrize("options", [("-e",), ("-p",), ("-8",), ("-f", "EHLO")])
def test_smtp_sink_without_extensions(remote, outside, options):
    port, folder = outside.sink(*options)
    report = remote("host.test", port=port)
    assert report[0] == "r" and report[1].startswith("K127.0.0.1 accepted message.\n")
    [dump] = folder.iterdir()
    assert dump.read_text().endswith(MESSAGE + "\n")


def test_aiosmtpd_takes_every_kind_of_body(remote):
    got = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            got.append((envelope.mail_from, envelope.rcpt_tos, envelope.mail_options, envelope.content))
            return "250 done"

    c = controller.Controller(Handler(), hostname="127.0.0.1", port=free_port())
    c.start()
    try:
        bodies = {b"a\r\nb\n": b"a\r\nb\r\n", b"\n.\n..\n": b"\r\n.\r\n..\r\n", b"a\rb\r": b"a\r\nb\r\n",
                  b"caf\xe9\n": b"caf\xe9\r\n", b"x" * 900 + b"\n": b"x" * 900 + b"\r\n",
                  b"0123456789\n" * 20000: b"0123456789\r\n" * 20000}
        for body, wire in bodies.items():
            assert remote("host.test", message=body, port=c.port) == [
                "r", said("K127.0.0.1 accepted message.", "250 done")]
            sender, recipients, options, content = got.pop()
            assert (sender, recipients, content) == ("sender@trial.example", ["joe@host.test"], wire)
            assert f"SIZE={len(wire)}" in options
            assert ("BODY=8BITMIME" in options) == any(b >= 128 for b in body)
    finally:
        c.stop()


# The dialogue

def test_without_pipelining_each_command_waits(remote, outside):
    s = outside.server()
    remote("host.test", "a@host.test", "b@host.test", port=s.port)
    wait_until("the whole session", lambda: s.sessions == [[
        "EHLO trial.example", "MAIL FROM:<sender@trial.example>", "RCPT TO:<a@host.test>", "RCPT TO:<b@host.test>",
        "DATA", "QUIT"]])
    assert [r.split(b" ")[0] for r in s.reads[:4]] == [b"EHLO", b"MAIL", b"RCPT", b"RCPT"]
    assert s.messages == [ON_THE_WIRE]


def test_pipelined_commands_are_one_write(remote, outside):
    s = outside.server(EHLO=PIPELINING)
    assert remote("host.test", "a@host.test", "b@host.test", port=s.port)[2][0] == "K"
    size = sum(len(line) + 2 for line in MESSAGE.splitlines())
    assert s.reads[1] == (f"MAIL FROM:<sender@trial.example> SIZE={size}\r\nRCPT TO:<a@host.test>\r\n"
                          "RCPT TO:<b@host.test>\r\nDATA\r\n").encode()
    assert s.messages == [ON_THE_WIRE]


def test_helo_where_ehlo_is_unknown(remote, outside):
    s = outside.server(EHLO=b"502 unimplemented\r\n")
    remote.instance.control("helohost", "helo.example")
    assert remote("host.test", port=s.port)[1][0] == "K"
    assert s.sessions[0][:2] == ["EHLO helo.example", "HELO helo.example"]


REPLIES = [
    # stage, reply, parts expected
    ("greeting", b"421 busy\r\n", [said("ZConnected to {} but greeting failed.", "421 busy")]),
    ("greeting", b"554 no\r\n", [said("ZConnected to {} but greeting failed.", "554 no")]),
    ("greeting", b"250 odd\r\n", [said("ZConnected to {} but greeting failed.", "250 odd")]),
    ("HELO", b"550 no\r\n", [said("ZConnected to {} but my name was rejected.", "550 no")]),
    ("MAIL", b"451 later\r\n", [said("ZConnected to {} but sender was rejected.", "451 later")]),
    ("MAIL", b"550 no\r\n", [said("DConnected to {} but sender was rejected.", "550 no")]),
    ("RCPT", b"550-no such\r\n550 user here\r\n",
     [said("h{} does not like recipient.", "550-no such\n550 user here"), "DGiving up on {}.\n"]),
    ("RCPT", b"450 later\r\n", [said("s{} does not like recipient.", "450 later"), "DGiving up on {}.\n"]),
    ("RCPT", b"nonsense\r\n", [said("s{} does not like recipient.", "nonsense"), "DGiving up on {}.\n"]),
    ("DATA", b"451 later\r\n", ["r", said("Z{} failed on DATA command.", "451 later")]),
    ("DATA", b"554 no\r\n", ["r", said("D{} failed on DATA command.", "554 no")]),
    # Yes, but to another command.
    ("MAIL", b"354 go\r\n", [said("ZConnected to {} but sender was rejected.", "354 go")]),
    ("RCPT", b"354 go\r\n", [said("s{} does not like recipient.", "354 go"), "DGiving up on {}.\n"]),
    ("DATA", b"250 ok\r\n", ["r", said("Z{} failed on DATA command.", "250 ok")]),
    ("DATA", b"354 go\r\n250 taken\r\n", ["r", "ZConnected to {} but connection died. (#4.4.2)\n"]),
    ("DATA", b"354 go\r\n552 no room\r\n", ["r", said("D{} failed after I sent the message.", "552 no room")]),
    ("end", b"354 go\r\n", ["r", said("Z{} failed after I sent the message.", "354 go")]),
    ("end", b"452 full\r\n", ["r", said("Z{} failed after I sent the message.", "452 full")]),
    ("end", b"554-spam\r\n554 go away\r\n",
     ["r", said("D{} failed after I sent the message.", "554-spam\n554 go away")]),
    ("end", b"250-one\r\n250-two\r\n250 three\r\n", ["r", said("K{} accepted message.", "250-one\n250-two\n250 three")]),
    ("end", b"250 a\0b\r\n", ["r", said("K{} accepted message.", "250 a?b")]),
]


@pytest.mark.parametrize("ehlo", [b"250 outside\r\n", PIPELINING], ids=["plain", "pipelining"])
@pytest.mark.parametrize("stage, reply, expected", REPLIES, ids=[f"{s}-{r[:3].decode()}" for s, r, _ in REPLIES])
def test_replies(remote, outside, stage, reply, expected, ehlo):
    replies = {"EHLO": b"500 no\r\n" if stage == "HELO" else ehlo, stage: reply}
    s = outside.server(**replies)
    assert remote("host.test", port=s.port) == [e.format("127.0.0.1") for e in expected]
    assert stage == "end" or not any(s.messages)


def test_recipients_are_judged_one_by_one(remote, outside):
    for ehlo in (b"250 outside\r\n", PIPELINING):
        s = outside.server(EHLO=ehlo, RCPT=[b"250 yes\r\n", b"550 no\r\n", b"450 later\r\n", b"251 yes\r\n"])
        assert remote("host.test", *(f"{x}@host.test" for x in "abcd"), port=s.port) == [
            "r", said("h127.0.0.1 does not like recipient.", "550 no"),
            said("s127.0.0.1 does not like recipient.", "450 later"), "r",
            said("K127.0.0.1 accepted message.", "250 taken")]


def test_pipelined_data_for_nobody_is_ended_by_a_dot(remote, outside):
    s = outside.server(EHLO=PIPELINING, RCPT=b"550 no\r\n", end=b"554 nobody\r\n")
    assert remote("host.test", port=s.port)[1] == "DGiving up on 127.0.0.1.\n"
    assert s.messages == [[]]
    wait_until("QUIT", lambda: s.sessions[0][-1] == "QUIT")


def test_no_dot_for_a_server_that_takes_recipients_without_a_sender(remote, outside):
    s = outside.server(EHLO=PIPELINING, MAIL=b"550 no\r\n")
    assert remote("host.test", port=s.port)[0].startswith("DConnected to 127.0.0.1 but sender was rejected.")
    assert s.messages == []


def test_addresses_that_would_break_a_line_are_not_sent(remote, outside):
    s = outside.server(EHLO=PIPELINING)
    bad = ["a\r\nRCPT TO:<x@host.test>\r\n@host.test", "a@host.test> SIZE=1", "a\n@host.test", "a@host.test\r\nDATA",
           'a@"host.test', "a@host\\.test"]
    report = remote("host.test", bad[0], "good@host.test", *bad[1:], port=s.port)
    assert [part[0] for part in report] == list("hrhhhhhK")
    assert [line for line in s.sessions[0] if line.startswith("RCPT")] == ["RCPT TO:<good@host.test>"]
    assert remote("host.test", *bad, port=s.port)[-1] == "DGiving up on 127.0.0.1.\n"
    assert remote("host.test", sender="s\r\nRSET\r\n@x", port=s.port) == [
        "DSorry, the sender's address cannot be written in SMTP. (#5.1.7)\n"]


def test_remote_text_is_bounded(remote, outside):
    s = outside.server(end=b"".join(b"250-%04d\r\n" % n for n in range(2000)) + b"250 end\r\n")
    text = remote("host.test", port=s.port)[1].partition("Remote host said: ")[2]
    assert text == "".join(f"250-{n:04}\n" for n in range(2000))[:5000] + ("" if 5000 % 9 == 0 else "\n")


@pytest.mark.parametrize("flood", [b"250-x\r\n" * 1000, b"2" * 10000], ids=["lines", "one line"])
def test_an_endless_reply_ends_the_session(remote, outside, flood):
    s = outside.server(MAIL=flood * 1000)
    assert remote("host.test", port=s.port) == [DIED.format("127.0.0.1")]


def test_a_reply_that_drips_is_not_awaited_for_ever(remote, outside):
    remote.instance.control("timeoutremote", "1")
    s = outside.server()
    real = s.say

    def drip(connection, stage):
        if stage != "MAIL":
            return real(connection, stage)
        while not s.over.wait(0.2):
            connection.sendall(b"2")
        return False

    s.say = drip
    assert remote("host.test", port=s.port) == [DIED.format("127.0.0.1")]


# Connections that die

STAGES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "body"]


def parts_before(stage):
    return ["r"] if stage in ("DATA", "body", "end") else []


@pytest.mark.parametrize("how", [DROP, HANG], ids=["drop", "hang"])
@pytest.mark.parametrize("stage", STAGES + ["end"])
def test_the_connection_dies(remote, outside, stage, how):
    remote.instance.control("timeoutremote", "1")
    s = outside.server(**{stage: how})
    # More than the sockets hold, so that a server that hangs in the body stops the writer.
    message = MESSAGE + "x" * 70 + "\n" if stage != "body" else MESSAGE + ("x" * 99 + "\n") * 200000
    text = DUPLICATE if stage == "end" else DIED
    assert remote("host.test", message=message, port=s.port) == [*parts_before(stage), text.format("127.0.0.1")]
    assert stage == "end" or s.messages == []


@pytest.mark.parametrize("stage", STAGES)
def test_the_next_exchanger_after_a_dropped_connection(remote, outside, stage):
    a, b = outside.servers(("127.77.0.1", {stage: DROP}), ("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{b.port}")
    message = MESSAGE if stage != "body" else MESSAGE + ("x" * 99 + "\n") * 200000
    assert remote("two.zone.test", message=message) == ["r", said("K127.77.0.2 accepted message.", "250 taken")]
    assert len(a.sessions) == len(b.messages) == 1
    assert len(b.messages[0]) == message.count("\n")


@pytest.mark.parametrize("greeting", [b"421 busy\r\n", b"451-later\r\n451 please\r\n", b"554 not here\r\n"])
def test_the_next_exchanger_after_a_refusal_to_greet(remote, outside, greeting):
    a, b = outside.servers(("127.77.0.1", {"greeting": greeting}), ("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{b.port}")
    assert remote("two.zone.test")[1][0] == "K"
    wait_until("QUIT", lambda: a.sessions == [["QUIT"]])
    # Both refuse: the last one's words are reported.
    b.replies["greeting"] = b"421 also busy\r\n"
    assert remote("two.zone.test") == [said("ZConnected to 127.77.0.2 but greeting failed.", "421 also busy")]


@pytest.mark.parametrize("stage, reply, parts", [
    ("end", DROP, ["r", DUPLICATE.format("127.77.0.1")]),
    ("end", b"451 no\r\n", ["r", said("Z127.77.0.1 failed after I sent the message.", "451 no")]),
    ("MAIL", b"451 no\r\n", [said("ZConnected to 127.77.0.1 but sender was rejected.", "451 no")]),
    ("RCPT", b"450 no\r\n", [said("s127.77.0.1 does not like recipient.", "450 no"), "DGiving up on 127.77.0.1.\n"])])
def test_a_verdict_is_not_asked_for_twice(remote, outside, stage, reply, parts):
    a, b = outside.servers(("127.77.0.1", {stage: reply}), ("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{b.port}")
    assert remote("two.zone.test") == parts
    assert b.sessions == []


def test_a_message_that_can_be_read_only_once_is_not_sent_in_part(remote, outside, dns):
    a, b = outside.servers(("127.77.0.1", {"body": DROP}), ("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{b.port}")
    p = remote.instance.run("qmail-remote", "two.zone.test", "s@x", "joe@two.zone.test", env={"DNSCACHEIP": dns},
                            input=MESSAGE + ("x" * 99 + "\n") * 100000)
    assert p.stdout.decode() == "r\0" + DIED.format("127.77.0.1") + "\0"
    assert b.sessions == []


# Names

def outcome_on(remote, outside, host, **servers):
    made = outside.servers(("127.77.0.1", {}), ("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{made[0].port}")
    report = remote(host)
    return report, [len(s.messages) for s in made]


@pytest.mark.parametrize("host", ["one", "two", "plain", "alias", "relay", "nullplus", "behind", "ONE"])
def test_the_best_exchanger_gets_it(remote, outside, host):
    report, messages = outcome_on(remote, outside, f"{host}.zone.test")
    assert report == ["r", said("K127.77.0.1 accepted message.", "250 taken")]
    assert messages == [1, 0]


@pytest.mark.parametrize("host, text", [
    ("null.zone.test", "DSorry, null.zone.test does not accept any mail (null MX). (#5.1.10)\n"),
    ("none.zone.test", "DSorry, I couldn't find any host named none.zone.test. (#5.1.2)\n"),
    ("a b\xfc.zone.test", "DSorry, I couldn't find any host named a?b??.zone.test. (#5.1.2)\n"),
    ("nothing.zone.test", "DSorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n"),
    ("lost.zone.test", "DSorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n"),
    *[(host, "DSorry. Although I'm listed as a best-preference MX or A for that host,\n"
       "it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)\n")
      for host in ("self.zone.test", "here.zone.test", "127.0.0.1", "[127.0.0.1]", "0.0.0.0", "[IPv6:::1]", "[::]")]])
def test_no_exchanger(remote, host, text):
    assert remote(host) == [text]


@pytest.mark.parametrize("host", ["host.elsewhere.test", "broken.zone.test"])
def test_a_name_that_no_server_answers_for(remote, host):
    assert remote(host) == ["ZSorry, I couldn't find any host by that name. (#4.1.2)\n"]


def test_chance_decides_between_equals(remote, outside):
    a, b = outside.servers(("127.77.0.1", {}), ("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{b.port}")
    for _ in range(100):
        assert remote("tied.zone.test")[1][0] == "K"
        if a.messages and b.messages:
            return
    raise AssertionError("100 messages went the same way")


def test_a_dead_exchanger_is_passed_over(remote, outside):
    [b] = outside.servers(("127.77.0.2", {}))
    remote.instance.control("smtproutes", f"::{b.port}")
    for host in ("two", "tied", "many"):
        assert remote(f"{host}.zone.test") == ["r", said("K127.77.0.2 accepted message.", "250 taken")]
    assert remote("one.zone.test") == [NO_CONNECTION]


def test_routes(remote, outside):
    s = outside.server()
    six = outside.server("::1")
    remote.instance.control("smtproutes", "\n".join([
        "byname.test:here.zone.test:PORT", "byip.test:127.0.0.1:PORT", "bracket.test:[127.0.0.1]:PORT",
        "six.test:[::1]:SIX", "tagged.test:[IPv6:::1]:SIX", ".wild.test:127.0.0.1:PORT", "[192.0.2.1]:127.0.0.1:PORT",
        "nowhere.test:none.zone.test:PORT", "bad.test:127.0.0.1:99999"]).replace("PORT", str(s.port)).replace(
            "SIX", str(six.port)))
    for host in ("byname.test", "byip.test", "BRACKET.test", "x.y.wild.test", "[192.0.2.1]"):
        assert remote(host, "joe@x")[1].startswith("K127.0.0.1 accepted")
    for host in ("six.test", "tagged.test"):
        assert remote(host, "joe@x")[1].startswith("K::1 accepted")
    assert remote("nowhere.test") == ["DSorry, I couldn't find any host named none.zone.test. (#5.1.2)\n"]
    assert remote("bad.test") == ["ZUnable to read control files. (#4.3.0)\n"]


# Hosts that do not answer

def test_a_host_that_timed_out_twice_is_left_alone(remote, instance):
    subprocess.run(["qmail-rspawn"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=instance.env, check=True,
                   **instance.identity)
    path = instance.home / "queue/lock/tcpto"
    instance.control("timeoutconnect", "1")
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, open(path, "r+b") as table:
        address = full.getsockname()
        waiting = []
        for _ in range(3):  # until the kernel lets no further connection wait
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(address)

        def attempt():
            return remote("host.test", port=address[1], preexec_fn=lambda: os.dup2(table.fileno(), 3), close_fds=False)

        def records():
            data = path.read_bytes()[32:]
            return [data[i:i + 32] for i in range(0, len(data), 32)]

        assert attempt() == [NO_CONNECTION]
        [record] = records()
        assert record[:2] == b"\4\1" and record[16:20] == bytes([127, 0, 0, 1])
        assert attempt() == [NO_CONNECTION]
        assert records() == [record]  # within two minutes: the same trouble
        when = int.from_bytes(record[8:16], "little")
        os.pwrite(table.fileno(), (when - 200).to_bytes(8, "little"), 32 + 8)
        assert attempt() == [NO_CONNECTION]
        assert records()[0][:2] == b"\4\2"
        for s in waiting:
            s.close()
        full.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                full.accept()[0].close()
        # Now it would answer, but for about an hour nobody tries.
        instance.control("timeoutconnect", "60")
        start = time.monotonic()
        assert attempt() == [NO_CONNECTION]
        assert time.monotonic() - start < 30
        os.pwrite(table.fileno(), (when - 8000).to_bytes(8, "little"), 32 + 8)
        instance.control("timeoutremote", "1")
        assert attempt() == [DIED.format("127.0.0.1")]
        assert records()[0][:2] == b"\4\0"


# With port 25 and port 53

@pytest.mark.skipif(os.geteuid() != 0, reason="needs a network namespace")
def test_port_25(instance, outside):
    p = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"],
                         stdout=subprocess.PIPE)
    try:
        p.stdout.readline()
        inside = ("nsenter", "-t", str(p.pid), "-n")
        outside.name_server({"zone.test": ZONE}, port=53, prefix=inside)
        _, folder = outside.sink(port=25, address="127.77.0.2", prefix=inside)
        with tempfile.NamedTemporaryFile("w+") as f:
            f.write(MESSAGE)
            f.flush()

            def attempt():
                with open(f.name) as message:
                    return subprocess.run([*inside, "qmail-remote", "two.zone.test", "s@x", "joe@two.zone.test"],
                                          stdin=message, stdout=subprocess.PIPE,
                                          env={**instance.env, "DNSCACHEIP": "127.0.0.1"}).stdout.decode()
            end = time.monotonic() + SECONDS
            while (report := attempt())[:1] == "Z" and time.monotonic() < end:
                pass  # the servers are still starting
        assert report == "r\0" + said("K127.77.0.2 accepted message.", "250 2.0.0 Ok") + "\0"
        assert len(list(folder.iterdir())) == 1
    finally:
        p.kill()
        p.wait()
        p.stdout.close()
