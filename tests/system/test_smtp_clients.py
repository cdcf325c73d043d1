"""Mail from real SMTP clients, over tcpserver, into a Maildir."""
import smtplib
import subprocess

import pytest

RECIPIENT = "someone@trial.example"


def swaks(instance, *options):
    return subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(instance.port), "--helo", "client.example",
                           "--from", "sender@client.example", *options], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def test_smtplib(running):
    with running.smtp() as s:
        s.ehlo()
        assert set(s.esmtp_features) == {"pipelining", "size", "enhancedstatuscodes", "help", "8bitmime"}
        text = "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n\u00e9\r\n".encode()
        s.sendmail("sender@client.example", [RECIPIENT, "else-where@trial.example"], text, ["BODY=8BITMIME"])
    for message in running.wait_messages(2):
        head, _, body = message.partition(b"\n\n")
        assert body == ".\n..\n.x\n\u00e9\n".encode()
        assert b"\nReceived: from unknown (HELO client.example) (127.0.0.1)\n  by " in head
        assert head.startswith(b"Return-Path: <sender@client.example>\n")


def test_smtplib_is_refused(running):
    running.control("databytes", "1000")
    port = running.door(relay=False)
    with running.smtp(port) as s:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            s.sendmail("sender@client.example", ["someone@other.example"], "x")
        assert refusal.value.recipients == {"someone@other.example": (
            553, b"5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")}
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            s.sendmail("sender@client.example", [RECIPIENT], "x" * 2000)
        assert refusal.value.smtp_code == 552
        # What is said wrongly of the size is noticed after DATA.
        s.mail("sender@client.example", ["size=10"])
        s.rcpt(RECIPIENT)
        assert s.data("x" * 2000) == (
            552, b"5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)")
        assert s.sendmail("sender@client.example", ["someone@other.example", RECIPIENT], "fits") == {
            "someone@other.example": (553, b"5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)")}
    assert running.wait_messages()[0].endswith(b"\nfits\n")


def test_swaks(running):
    running.door()
    for options in ([], ["--pipeline"], ["--protocol", "SMTP"]):
        assert swaks(running, "--to", RECIPIENT, *options).returncode == 0
    assert len(running.wait_messages(3)) == 3


def test_swaks_cannot_relay(running):
    running.door(relay=False)
    for to in ("a@other.example", "a%other.example@other.example", "@trial.example:a@other.example",
               "a@trial.example@other.example", '"a@other.example"'):
        done = swaks(running, "--to", to)
        assert done.returncode == 24, done.stdout  # no recipient was accepted
        assert "<** 553 5.7.1 sorry, that domain" in done.stdout


def test_smtp_source(running):
    """Ten sessions at once, several messages a connection."""
    running.door()
    subprocess.run(["/usr/sbin/smtp-source", "-d", "-s", "10", "-m", "100", "-l", "5000", "-f", "sender@client.example",
                    "-t", RECIPIENT, f"127.0.0.1:{running.port}"], check=True, timeout=60)
    assert len(running.wait_messages(100)) == 100
    running.wait_empty()


@pytest.mark.parametrize("end", ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n"])
def test_nothing_is_smuggled_in(running, end):
    with running.smtp() as s:
        s.mail("sender@client.example")
        s.rcpt(RECIPIENT)
        s.docmd("DATA")
        s.send(f"text{end}MAIL FROM:<x@y>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\nhidden\r\n.\r\n")
        assert s.getreply()[0] in (451, 554)
        s.close()
    with running.smtp() as s:
        s.sendmail("sender@client.example", [RECIPIENT], "marker")
    running.wait_empty()
    assert [m.splitlines()[-1] for m in running.wait_messages()] == [b"marker"]


def test_sendmail_bs(running):
    """A program on this machine may end its lines with LF and say all at once."""
    done = running.run("sendmail", "-bs", input=f"EHLO client.example\nMAIL FROM:<sender@client.example>\n"
                       f"RCPT TO:<{RECIPIENT}>\nDATA\nSubject: bs\n\n..\n.\nQUIT\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"\r\n221 2.0.0 trial.example\r\n")
    message = running.wait_messages()[0]
    assert message.endswith(b"\nSubject: bs\n\n.\n")
    assert b"\nReceived: from localhost (HELO client.example) (sendmail-bs@127.0.0.1)\n  by localhost with SMTP; " in message
