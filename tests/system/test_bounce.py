"""Bounces: their exact texts, who gets them, and when."""
import re
import signal

import pytest
from instance import wait_until
from sending import MESSAGE, attempts, fails, flip, local, plain, remote, reread

DATE = r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d -0000"


def send(instance, *recipients, sender="u@trial.example", text=MESSAGE, **named):
    assert instance.queue(text, sender, *recipients, **named) == 0


def fixed(mail):
    """A message without dates, pids and uids."""
    text = mail.decode("latin-1")
    text = re.sub(r"\(qmail \d+ invoked by uid \d+\); " + DATE, "(RECEIVED)", text)
    return re.sub("^Date: " + DATE + "$", "Date: DATE", text, flags=re.M)


@pytest.fixture
def failing(instance):
    local(instance, no=fails(r"No such user.\n"), gone=fails("moved away"))
    instance.start()
    return instance


def bounce_of(instance, count=1):
    mail = fixed(instance.wait_messages(count)[-1])
    instance.log.wait("^end msg", count + 1)
    instance.wait_empty()
    return mail


def test_text(failing):
    send(failing, "no@trial.example", "fine@trial.example", "gone@Trial.Example", sender="re.turn@trial.example")
    failing.wait_messages(2)
    failing.log.wait("^end msg", 2)
    [bounce] = [m for m in failing.messages() if m.startswith(b"Return-Path: <>")]
    paragraphs = ["<no@trial.example>:\nNo such user.\n\n", "<gone@Trial.Example>:\nmoved away\n\n"]
    if fixed(bounce).index("<gone") < fixed(bounce).index("<no"):
        paragraphs.reverse()
    assert fixed(bounce) == f"""\
Return-Path: <>
Delivered-To: re.turn@trial.example
Received: (RECEIVED)
Date: DATE
From: MAILER-DAEMON@trial.example
To: re.turn@trial.example
Subject: failure notice

Hi. This is the qmail-send program at trial.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

{"".join(paragraphs)}--- Below this line is a copy of the message.

Return-Path: <re.turn@trial.example>
Received: (RECEIVED)
Subject: hello

body
"""
    log = plain(failing.log.text())
    assert "\nbounce msg M1 qp QP\nend msg M1\n" in log
    qp = failing.log.find(r"^bounce msg \d+ qp (\d+)$")[0][1]
    assert failing.log.find(rf"^info msg \d+: bytes \d+ from <> qp {qp} uid ")


def test_double_bounce(failing):
    failing.control("bouncehost", "bounce.example")
    reread(failing)
    send(failing, "no@trial.example", sender="")
    assert bounce_of(failing) == """\
Return-Path: <#@[]>
Delivered-To: postmaster@trial.example
Received: (RECEIVED)
Date: DATE
From: MAILER-DAEMON@bounce.example
To: postmaster@trial.example
Subject: failure notice

Hi. This is the qmail-send program at bounce.example.
I tried to deliver a bounce message to this address, but the bounce bounced!

<no@trial.example>:
No such user.

--- Below this line is the original bounce.

Return-Path: <>
Received: (RECEIVED)
Subject: hello

body
"""


def test_a_bounce_that_bounces(failing):
    """The whole chain: a failure, its bounce, the double bounce, and then no more."""
    failing.control("doublebounceto", "gone")
    failing.control("doublebouncehost", "trial.EXAMPLE")
    reread(failing)
    send(failing, "no@trial.example", sender="gone@trial.example")
    failing.log.wait("^end msg", 3)
    failing.wait_empty()
    log = plain(failing.log.text())
    told = re.findall("^(?:info|bounce|triple|end).*", re.sub(r" bytes \d+", "", log), re.M)
    assert [[line for line in told if number in line] for number in ("M1", "M2", "M3")] == [
        ["info msg M1: from <gone@trial.example> qp QP uid UID", "bounce msg M1 qp QP", "end msg M1"],
        ["info msg M2: from <> qp QP uid UID", "bounce msg M2 qp QP", "end msg M2"],
        ["info msg M3: from <#@[]> qp QP uid UID", "triple bounce: discarding bounce/M3", "end msg M3"]]
    assert "to local gone@trial.EXAMPLE\n" in log and not failing.messages()


def test_controls(failing):
    for name, text in (("bouncefrom", "Mail Daemon"), ("bouncehost", "b.example"), ("doublebounceto", "d b"),
                       ("doublebouncehost", "trial.example")):
        failing.control(name, text)
    reread(failing)
    send(failing, "no@trial.example", sender="")
    text = bounce_of(failing)
    assert '\nFrom: "Mail Daemon"@b.example\nTo: "d b"@trial.example\nSubject: failure notice\n\nHi. This ' in text
    assert "program at b.example.\n" in text and "\nDelivered-To: d b@trial.example\n" in text


def test_odd_senders_are_quoted(failing):
    send(failing, "no@trial.example", sender='a "b@trial.example')
    text = bounce_of(failing)
    assert '\nTo: "a \\"b"@trial.example\n' in text and '\nReturn-Path: <"a \\"b"@trial.example>\n' in text
    assert '\nDelivered-To: a "b@trial.example\n' in text


def test_no_sender_adds_fields(failing):
    send(failing, "no@trial.example", sender="a\nX-Odd: y\rX-Odd: z@trial.example")
    text = bounce_of(failing)
    to = '"a\\_X-Odd: y\\_X-Odd: z"@trial.example'
    assert f"\nTo: {to}\nSubject: failure notice\n" in text and f"\nReturn-Path: <{to}>\nReceived: " in text
    assert "\nDelivered-To: a_X-Odd: y_X-Odd: z@trial.example\n" in text


def test_lists_hear_of_their_bounces(failing):
    """The mark of a sender with a return path for each recipient is no part of the address."""
    send(failing, "no@trial.example", sender="list-owner-@trial.example-@[]")
    text = bounce_of(failing)
    assert "Delivered-To: list-owner-@trial.example\n" in text and "\nTo: list-owner-@trial.example\n" in text
    assert "\nReturn-Path: <list-owner-@trial.example>\n" in text


@pytest.mark.parametrize("report, paragraph", [
    (r"a\n\nb\n", "a\n/b\n"),
    (r"a\n\n\n\nb", "a\n///b\n"),
    (r"\na\n", "/a\n"),
    (r"\n\na\n", "//a\n"),
    ("", ""),
    (r"a\n", "a\n"),
    ("a%%b\\tc\\r\\n", "a%b\tc\r\n")])
def test_paragraphs_have_no_empty_lines(instance, report, paragraph):
    local(instance, no=fails(report))
    instance.start()
    send(instance, "no@trial.example")
    assert f"work out.\n\n<no@trial.example>:\n{paragraph}\n--- Below" in bounce_of(instance)


def test_addresses_of_virtual_domains_as_their_senders_know_them(instance):
    instance.control("virtualdomains", "virt.example:no\n.sub.example:no\n")
    instance.dot_qmail("no-default", f"|{fails('gone')}\n")
    instance.start()
    send(instance, "a b@virt.example", "x\ny@w.sub.example")
    text = bounce_of(instance)
    assert "<a b@virt.example>:\ngone\n\n" in text and "<x_y@w.sub.example>:\ngone\n\n" in text
    assert instance.log.find("to local no-a_b@virt.example$") and instance.log.find("to local no-x/y@w.sub.example$")


def test_one_bounce_for_failures_of_several_passes(instance):
    """Some fail at once, some later, some arrive: each is told of once, in one bounce at the end."""
    local(instance, no=fails("no"), late="test -e ../go || exit 111; " + fails("too late"), ok="true")
    remote(instance, r"""for r; do printf 'hnever\0'; done; printf 'Dgiving up\0'""")
    instance.start()
    send(instance, "no@trial.example", "late@trial.example", "ok@trial.example", "a@far.example", "b@far.example")
    instance.log.wait("^delivery", 5)
    assert not instance.messages() and not instance.log.find("^bounce")
    instance.put("go", "")
    instance.signal(signal.SIGALRM)
    text = bounce_of(instance)
    found = re.findall("^<(.*)>:\n(.*)\n\n", text, re.M)
    assert sorted(found) == [("a@far.example", "nevergiving up"), ("b@far.example", "nevergiving up"),
                             ("late@trial.example", "too late"), ("no@trial.example", "no")]
    assert len(instance.messages()) == 1


QUEUE = """#!/bin/sh
echo x >> $QMAILHOME/tried
while [ -e $QMAILHOME/hang ]; do sleep 0.02; done
if [ -e $QMAILHOME/go ]; then exec $QMAILHOME/bin/qmail-queue; fi
exit 53
"""


def with_queue(instance):
    """Bounces go through a program that fails, goes on or hangs as it is told."""
    instance.put("queue-for-bounces", QUEUE, 0o755)
    return {"QMAILQUEUE": str(instance.home / "queue-for-bounces")}


def test_trouble_with_a_bounce_is_no_loss(instance):
    local(instance, no=fails("no"))
    instance.start(env=with_queue(instance))
    send(instance, "no@trial.example")
    instance.log.wait("^warning: trouble injecting bounce message, will try later$")
    assert len(instance.queued()) == 1
    assert instance.log.find("^qmail-bounce: fatal: qq write error or disk full")
    instance.put("go", "")
    instance.signal(signal.SIGALRM)
    assert "<no@trial.example>:\nno\n\n" in bounce_of(instance)
    assert len(instance.messages()) == 1 and len(attempts(instance)) == 2
    assert len(instance.log.find("^starting delivery")) == 2  # of the message and of its bounce


def test_no_program_for_bounces(instance):
    local(instance, no=fails("no"))
    (instance.home / "bin/qmail-bounce").unlink()
    instance.start()
    send(instance, "no@trial.example")
    instance.log.wait("^warning: unable to start qmail-bounce, will try later$")
    assert len(instance.queued()) == 1


@pytest.mark.parametrize("count", [1, 25])
def test_bounces_that_were_under_way_are_sent_once(instance, count):
    """Everything is killed while bounces are made; more than may be made at once."""
    local(instance, no=fails("no"))
    instance.put("hang", "")
    instance.put("go", "")
    instance.start(env=with_queue(instance))
    for n in range(count):
        send(instance, "no@trial.example", sender=f"u{n}@trial.example")
    instance.log.wait("^delivery .*failure", count)
    wait_until("bounces under way", lambda: len(attempts(instance)) == min(count, 10))
    instance.crash()
    assert not instance.messages() and len(instance.queued()) == count
    (instance.home / "hang").unlink()
    instance.start(env=with_queue(instance))
    instance.log.wait("^end msg", 2 * count)
    instance.wait_empty()
    got = [re.search(rb"^To: (u\d+)", m, re.M)[1].decode() for m in instance.messages()]
    assert sorted(got) == sorted(f"u{n}" for n in range(count))
    assert not instance.log.find("to local no@trial.example$")
    assert len(instance.log.find("^bounce msg")) == len(attempts(instance)) - min(count, 10) == count


@pytest.mark.parametrize("count", [1, 25])
def test_term_awaits_bounces(instance, count):
    """Those that wait for their turn too."""
    local(instance, no=fails("no"))
    instance.put("hang", "")
    instance.put("go", "")
    instance.start(env=with_queue(instance))
    for _ in range(count):
        send(instance, "no@trial.example")
    instance.log.wait("^delivery .*failure", count)
    wait_until("bounces under way", lambda: len(attempts(instance)) == min(count, 10))
    instance.signal(signal.SIGTERM)
    instance.log.wait("exitasap$")
    (instance.home / "hang").unlink()
    assert instance.wait_end() == 0
    assert len(instance.log.find(r"^bounce msg \d+ qp \d+\nend msg")) == count
    assert instance.log.text().endswith("\nstatus: exiting\n")
    assert len(instance.queued()) == count
    instance.start()
    instance.wait_empty()
    assert len(instance.messages()) == count and not instance.log.find("to local no@")


def test_a_damaged_body_is_not_sent_back(instance):
    local(instance, no=fails("no"))
    instance.start(env=with_queue(instance))
    send(instance, "no@trial.example")
    instance.log.wait("^warning: trouble injecting bounce message, will try later$")
    [path] = instance.queued()
    flip(path, 50)
    instance.put("go", "")
    instance.signal(signal.SIGALRM)
    instance.log.wait("^qmail-bounce: fatal: unable to read the message: bad message type$")
    instance.log.wait("^warning: trouble injecting bounce message, will try later$", 2)
    assert instance.queued() == [path]
    flip(path, 50)
    instance.signal(signal.SIGALRM)
    instance.wait_empty()
    assert len(instance.wait_messages()) == 1


@pytest.mark.parametrize("sender", ["#@[]-@[]", "-@[]"])
def test_a_mark_behind_the_sender_of_a_double_bounce(failing, sender):
    """A stranger's sender: its bounce is sent like any other, not tried for ever."""
    failing.control("doublebounceto", "tester")
    failing.control("doublebouncehost", "trial.example")
    failing.control("virtualdomains", "[]:no")
    reread(failing)
    failing.dot_qmail("no-default", "|" + fails("nobody") + "\n")
    send(failing, "no@trial.example", sender=sender)
    [double] = failing.wait_messages()
    failing.wait_empty()
    assert b"Return-Path: <#@[]>\n" in double and not failing.log.find("trouble|triple")
