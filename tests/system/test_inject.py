"""Mail made on this machine: qmail-inject and sendmail as people and programs use them."""
import re
import resource
import subprocess
from email.message import EmailMessage

import pytest
from instance import wait_until
from paths import SANITIZED

USER = "someone@trial.example"


def header(message):
    """The fields of a delivered message without those of its way, unfolded."""
    text = message.partition(b"\n\n")[0].decode()
    fields = re.sub(r"\n[ \t]+", " ", text).split("\n")
    return [f for f in fields if not re.match("(Return-Path|Delivered-To|Received):", f)]


def test_a_line_of_shell(running):
    running.inject("to: someone\n", env={"USER": "jane"})
    message, = running.wait_messages()
    lines = message.decode().split("\n")
    assert lines[:2] == ["Return-Path: <jane@trial.example>", "Delivered-To: someone@trial.example"]
    assert re.fullmatch(rf"Received: \(qmail \d+ invoked by (uid {running.uid}|alias)\); \d+ \w{{3}} \d{{4}} [\d:]{{8}} -0000",
                        lines[2])
    assert re.fullmatch(r"Date: \d+ \w{3} \d{4} [\d:]{8} -0000", lines[3])
    assert re.fullmatch(r"Message-ID: <\d{14}\.\d+\.qmail@trial\.example>", lines[4])
    assert lines[5:] == ["From: jane@trial.example", "to: someone@trial.example", ""]
    running.log.wait(r"^info msg \d+: bytes \d+ from <jane@trial\.example> qp \d+ uid ")


def test_python_with_sendmail_t(running):
    mail = EmailMessage()
    mail["From"] = "Jané Doe <jane@trial.example>"
    mail["To"] = "Some One <someone@trial.example>, other@trial.example"
    mail["Cc"] = "third@trial.example"
    mail["Bcc"] = "hidden@trial.example"
    mail["Subject"] = "Größe"
    mail.set_content("Line\n.\nlast line\n")
    running.run("sendmail", "-t", "-oi", input=mail.as_bytes(), check=True)
    messages = running.wait_messages(4)
    assert {re.search(rb"^Delivered-To: (.*)$", m, re.M)[1].decode() for m in messages} == {
        f"{name}@trial.example" for name in ("someone", "other", "third", "hidden")}
    for m in messages:
        assert b"hidden" not in m.partition(b"\nDate: ")[2]
        assert m.endswith(b"\nLine\n.\nlast line\n")
        assert "From: =?utf-8?q?Jan=C3=A9?= Doe <jane@trial.example>" in header(m)
        assert "To: Some One <someone@trial.example>, other@trial.example" in header(m)


def test_sendmail_arguments_are_the_recipients(running):
    running.run("sendmail", "-i", "-f", "bounces@lists.example", "-F", "The List", "--", USER,
                input="To: nobody@remote.example\n\nbody\n", check=True)
    message, = running.wait_messages()
    assert message.startswith(b"Return-Path: <bounces@lists.example>\n")
    assert 'From: "The List" <bounces@lists.example>' in header(message)
    running.wait_empty()
    assert "starting delivery 2" not in running.log.text()


def test_verp_and_empty_sender(running):
    text = "To: someone\n"
    running.inject(text, env={"USER": "list", "QMAILINJECT": "r"})
    running.log.wait(r"from <list-@trial\.example-@\[\]> ")
    message, = running.wait_messages()
    assert message.startswith(b"Return-Path: <list-someone=trial.example@trial.example>\n")
    running.run("sendmail", "-t", "-f", "<>", input=text, check=True)
    assert any(m.startswith(b"Return-Path: <>\n") for m in running.wait_messages(2))


def test_s_nail(running):
    running.run("s-nail", "-n", "-s", "a subject", "-S", f"mta={running.home}/bin/sendmail", "-c", "copy@trial.example", USER,
                input="text\n", env={"MAILRC": "/dev/null"}, check=True)
    messages = running.wait_messages(2)
    assert all("Subject: a subject" in header(m) and m.endswith(b"\n\ntext\n") for m in messages)


def test_git_send_email(running, tmp_path):
    patch = running.put("fix.patch", "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
                                     'From: "J. Random Coder" <coder@trial.example>\n'
                                     "Date: Sat, 21 Nov 2026 10:00:00 +0000\n"
                                     "Subject: [PATCH] mend it\n\nWhy.\n---\n file | 1 +\n\n-- \n2.39\n")
    done = running.run("git", "-c", "user.name=C", "-c", "user.email=c@trial.example", "send-email", "--quiet",
                       "--no-validate", "--suppress-cc=all", "--confirm=never", "--from=coder@trial.example",
                       f"--to={USER}", "--cc=list@trial.example", "--envelope-sender=bounces@trial.example",
                       f"--sendmail-cmd={running.home}/bin/sendmail", str(patch))
    assert done.returncode == 0, done.stderr
    for m in running.wait_messages(2):
        assert m.startswith(b"Return-Path: <bounces@trial.example>\n")
        assert "Subject: [PATCH] mend it" in header(m)


def test_smtp_on_pipes(running):
    """sendmail -bs may be told all at once, with lines that end with LF alone; it may relay."""
    text = (f"HELO here\nMAIL FROM:<jane@trial.example>\nRCPT TO:<{USER}>\nRCPT TO:<x@remote.example>\nDATA\n"
            "Subject: pipe\n\n..dot\nend\n.\nQUIT\n")
    done = running.run("sendmail", "-bs", input=text, check=True)
    replies = [line[:3] for line in done.stdout.decode().splitlines() if line[3:4] == " "]
    assert replies == ["220", "250", "250", "250", "250", "354", "250", "221"]
    # A bounce for x may be there too, where a name server says at once that its host does not exist.
    message, = wait_until("the message", lambda: [m for m in running.messages() if b"\nSubject: pipe\n" in m.split(b"\n\n")[0] + b"\n"])
    assert b"\nSubject: pipe\n\n.dot\nend\n" in message
    assert b"from localhost (HELO here) (sendmail-bs@127.0.0.1)" in message.replace(b"\n  ", b" ")


def test_mailq(running):
    (running.home / "mailq").symlink_to(running.home / "bin/sendmail")
    done = running.run(running.home / "mailq")
    assert done.returncode == running.run("qmail-qread").returncode
    assert done.stderr.replace(b"mailq", b"") == running.run("qmail-qread").stderr


@pytest.mark.parametrize("body", [b"x" * 200_000_000, b"line\n" * 40_000_000], ids=["one-line", "lines"])
def test_memory_does_not_grow_with_the_body(instance, body):
    """200 MB through qmail-inject and sendmail in 16 MB of memory."""
    queue = instance.put("bin/counting-queue", "#!/bin/sh\nwc -c >count\ncat <&1 >envelope\n", 0o755)
    limit = None if SANITIZED else (16 << 20,) * 2
    for argv in (("qmail-inject", "someone"), ("sendmail", "someone")):
        p = instance.spawn(*argv, env={"QMAILQUEUE": str(queue)}, stdin=subprocess.PIPE,
                           preexec_fn=lambda: limit and resource.setrlimit(resource.RLIMIT_DATA, limit))
        p.stdin.write(b"To: x\n\n" + body)
        p.stdin.close()
        assert p.wait() == 0
        instance.children.remove(p)
        assert int((instance.home / "count").read_text()) > len(body)


def test_many_recipients(instance):
    """A To field of a hundred thousand: each once in the envelope, the field folded."""
    queue = instance.put("bin/keeping-queue", "#!/bin/sh\ncat >message\ncat <&1 >envelope\n", 0o755)
    names = [f"user{i}" for i in range(100_000)]
    instance.inject("To: " + ", ".join(names) + "\n\n", env={"QMAILQUEUE": str(queue)})
    records = (instance.home / "envelope").read_bytes().split(b"\0")
    assert records[1:-2] == [f"T{n}@trial.example".encode() for n in reversed(names)]
    message = (instance.home / "message").read_text()
    assert max(len(line) for line in message.split("\n")) <= 80
    field = re.search(r"^To: ((?:.*\n)(?:  .*\n)*)", message, re.M)[1]
    assert re.sub(r"\s+", " ", field).strip() == ", ".join(f"{n}@trial.example" for n in names)


def test_a_header_without_end_is_refused(instance):
    """Refused while it is being read, not kept."""
    p = instance.spawn("qmail-inject", "someone", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    with pytest.raises(BrokenPipeError):
        for _ in range(200):
            p.stdin.write(b"X-Padding: " + b"x" * 999_989 + b"\n")
            p.stdin.flush()
    assert p.wait() == 100
    assert p.stderr.read() == b"qmail-inject: fatal: header too large\n"
    p.stderr.close()
    instance.children.remove(p)
    assert not instance.queued()
