"""What dot-qmail files run: preline, condredirect, except, bouncesaying, in deliveries of a running instance."""
import re

from test_local import MESSAGE, assign, body, joe, send  # noqa: F401


def test_preline(joe):  # noqa: F811
    joe.dot_qmail("", "|preline cat > whole; preline -fd cat > part; exit 99\n")
    send(joe, "joe@trial.example")
    joe.log.wait("^delivery 1: success: did_0\\+0\\+1/$")
    whole = (joe.home / "home/whole").read_bytes()
    trace = b"Return-Path: <sender@remote.example>\n"
    assert re.match(rb"From sender@remote\.example .*\n" + trace + b"Delivered-To: joe@trial.example\n", whole)
    part = (joe.home / "home/part").read_bytes()
    assert body(part) == trace  # the message had been read
    joe.log.forget()
    joe.dot_qmail("", "|preline no-such-program\n")
    send(joe, "joe@trial.example")
    joe.log.wait("^delivery 2: failure: preline:_fatal:_unable_to_run_no-such-program:_file_does_not_exist/$")


def test_preline_as_the_default_delivery(instance):
    """As boot/proc has it."""
    assign(instance, "=joe:joe:UID:GID:ROOT/joe:::\n")
    instance.make_dir("joe")
    instance.start(default="|preline sh -c 'cat > got'")
    send(instance, "joe@trial.example")
    instance.log.wait("^delivery 1: success: did_0\\+0\\+1/$")
    got = (instance.home / "joe/got").read_bytes()
    assert got.startswith(b"From sender@remote.example ") and got.endswith(MESSAGE.encode())


def test_condredirect(joe):  # noqa: F811
    joe.dot_qmail("", "|condredirect joe-other@trial.example grep -q '^Subject: hello'\n./Mailbox\n")
    joe.dot_qmail("other", "./Maildir/\n")
    assign(joe, "=joe:joe:UID:GID:ROOT/home:::\n+joe-:joe:UID:GID:ROOT/home:-::\n")
    send(joe, "joe@trial.example")
    [message] = joe.wait_messages()
    joe.log.wait(r"^delivery 1: success: condredirect:_qp_\d+/did_0\+0\+1/$")
    assert not (joe.home / "home/Mailbox").exists()
    assert re.sub(rb"^(Received|  by|\t).*\n", b"", message, flags=re.M).startswith(
        b"Return-Path: <sender@remote.example>\nDelivered-To: joe-other@trial.example\n"
        b"Delivered-To: joe@trial.example\nSubject: hello\n")
    send(joe, "joe@trial.example", message="Subject: other\n\n")
    joe.log.wait(r"^delivery 3: success: did_1\+0\+1/$")
    assert b"Subject: other\n" in (joe.home / "home/Mailbox").read_bytes()


def test_bounces(joe):  # noqa: F811
    joe.dot_qmail("", "|bouncesaying 'Not this. (#5.7.1)' grep -q '^Subject: this'\n"
                      "|except grep '^Subject: that'\n./Maildir/\n")
    for subject, report in (("this", r"failure: Not_this\._\(#5\.7\.1\)/"), ("that", "failure: Subject:_that/"),
                            ("else", r"success: did_1\+0\+2/")):
        joe.log.forget()
        send(joe, "joe@trial.example", sender="", message=f"Subject: {subject}\n\n")
        joe.log.wait(rf"^delivery \d+: {report}$")
    joe.log.forget()
    joe.dot_qmail("", "|bouncesaying no sh -c 'exit 111'\n")
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery \d+: deferral: bouncesaying:_fatal:_temporary_child_error/$")
