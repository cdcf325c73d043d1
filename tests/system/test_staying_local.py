"""A qmail-local that stays for the next delivery to the same recipient: what it must not change."""
import os
import pathlib
import re
import shutil
import signal

import pytest

from instance import wait_until
from paths import BIN, SANITIZED
from test_kept_connection import Mail

TESTER = "tester@trial.example"
NAME = re.compile(r"\d+\.M\d+P(\d+)Q(\d+)\.")


class Delivery:
    """A message in a Maildir: by which process, as its which one, and what it holds."""

    def __init__(self, path):
        self.pid, self.count = map(int, NAME.match(path.name).groups())
        self.message = path.read_bytes()


class LocalMail(Mail):
    def __call__(self, to=TESTER, box="home/Maildir", **named):
        """The delivery that it became; its report, if it was to be none."""
        new = self.instance.home / box / "new"
        before = set(new.iterdir())
        text = super().__call__(to, **named)
        paths = set(new.iterdir()) - before
        return Delivery(paths.pop()) if paths else text

    def until_one_stays(self, to=TESTER, **named):
        """The delivery whose process now waits: the second of two that are close enough together."""
        def sent():
            d = self(to, **named)
            return d.pid in workers(self.instance) and d
        return wait_until("one that stays", sent)

    def goes_on(self, d, **named):
        """Another delivery, by the process of d. On a machine that is too busy d may be over first, and another must show it."""
        def sent():
            nonlocal d
            before, d = d, self(**named) if d.pid in workers(self.instance) else self.until_one_stays(**named)
            return before.pid == d.pid and d
        return wait_until("a delivery by the same process", sent)


@pytest.fixture
def mail(running):
    return LocalMail(running)


def children(instance):
    """Those of qmail-lspawn, also those that have ended and that it has not yet looked at."""
    spawner = instance.pid("qmail-lspawn")
    return [int(pid) for pid in pathlib.Path(f"/proc/{spawner}/task/{spawner}/children").read_text().split()]


def workers(instance):
    return [pid for pid in children(instance) if is_alive(pid)]


def is_alive(pid):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_gone(instance, pid):
    wait_until("the end of a qmail-local", lambda: pid not in workers(instance))


def test_one_process_for_many_messages(mail):
    d = mail.until_one_stays()
    for n in range(10):
        sender = ["", "joe@elsewhere.example", "o dd@elsewhere.example"][n % 3]
        before, d = d, mail.goes_on(d, sender=sender, body=f"Subject: {n}\n\n" + f"line {n}\n" * n * 100)
        assert d.count > before.count
        shown = '"o dd"@elsewhere.example' if " " in sender else sender
        assert d.message.startswith(f"Return-Path: <{shown}>\nDelivered-To: {TESTER}\nReceived: ".encode())
        assert d.message.endswith(f"\nSubject: {n}\n\n".encode() + f"line {n}\n".encode() * n * 100)
    assert workers(mail.instance) == [d.pid]


def test_it_is_asked_to_when_mail_comes_often(mail):
    first = mail()
    wait_gone(mail.instance, first.pid)
    second = mail()
    assert second.pid != first.pid
    d = mail.until_one_stays()
    wait_gone(mail.instance, d.pid)  # after some seconds
    assert mail().count == 1


def test_each_recipient_has_one(mail):
    """An address, in the letters that the sender chose, has its own."""
    seen = {}
    for _ in range(3):
        for to in (TESTER, "tester-a@trial.example", "Tester@trial.example", "tester-b@trial.example"):
            d = mail(to)
            assert f"Delivered-To: {to}\n".encode() in d.message
            assert seen.setdefault(d.pid, to) == to


CHANGES = {
    "another Maildir": "./other/\n",
    "two of them": "./Maildir/\n./other/\n",
    "a comment": "# none\n",
}


@pytest.mark.parametrize("text", CHANGES.values(), ids=CHANGES)
def test_the_instructions_are_read_anew(mail, text):
    mail.instance.make_maildir("home/other")
    d = mail.until_one_stays()
    mail.instance.dot_qmail("", text)
    for _ in range(2):
        mail()
    boxes = [len(mail.instance.messages(f"home/{box}")) for box in ("Maildir", "other")]
    assert boxes == [mail.count - 2 + 2 * ("Maildir" in text), 2 * ("other" in text)]
    (mail.instance.home / "home/.qmail").unlink()
    assert mail.goes_on(d)


NOT_ALONE = {
    "program": "|echo \"$SENDER $RPLINE\" >> ../seen\n./Maildir/\n",
    "mbox": "./Maildir/\n./mbox\n",
    "forward": "&tester-other@trial.example\n./Maildir/\n",
}


@pytest.mark.parametrize("kind", NOT_ALONE)
def test_it_stays_for_maildirs_alone(mail, kind):
    mail.instance.put("seen", "", 0o666)
    mail.instance.dot_qmail("other", "# nothing\n")
    mail.instance.dot_qmail("", NOT_ALONE[kind])
    for _ in range(4):
        d = mail()
        mail.count += kind == "forward"
        mail.instance.log.wait(f"^delivery {mail.count}: success")
        assert d.count == 1


def test_the_environment_of_a_program_is_of_its_message(mail):
    """After deliveries without one, in the process that made these."""
    mail.instance.put("seen", "", 0o666)
    d = mail.until_one_stays(sender="first@elsewhere.example")
    mail.instance.dot_qmail("", "|echo $$ $SENDER $NEWSENDER $RECIPIENT $DTLINE; wc -c; ls /proc/self/fd | wc -l\n")
    report = mail(sender="second@elsewhere.example", body="x" * 1000)
    assert "second@elsewhere.example_second@elsewhere.example_" + f"{TESTER}_Delivered-To:_{TESTER}/" in report
    assert "first@" not in report and re.search(r"/1\d\d\d/", report)
    assert "/4/did_0+0+1/" in report  # 0, 1, 2, and the folder itself
    wait_gone(mail.instance, d.pid)


def test_refusals_and_failures_end_it(mail):
    home = mail.instance.home / "home"
    d = mail.until_one_stays()
    home.chmod(0o777)
    assert mail(outcome="deferral") == "Uh-oh:_home_directory_is_writable._(#4.7.0)/"
    wait_gone(mail.instance, d.pid)
    home.chmod(0o755)

    mail.until_one_stays()
    mail.instance.dot_qmail("", "\n")
    assert "first_line_of_.qmail_file_is_blank" in mail(outcome="deferral")
    (home / ".qmail").unlink()

    mail.until_one_stays()
    (home / "Maildir").rename(home / "Old")
    mail.instance.make_maildir("home/Maildir/")
    (home / "Maildir/tmp").rmdir()
    assert "Temporary_error_on_maildir_delivery" in mail(outcome="deferral")
    (home / "Maildir/tmp").mkdir(0o700)
    os.chown(home / "Maildir/tmp", mail.instance.uid, mail.instance.gid)

    d = mail.until_one_stays()
    loop = mail(body=f"Delivered-To: {TESTER}\nSubject: x\n\n", sender="", outcome="failure", box="home/Old")
    assert "This_message_is_looping" in loop  # in home/Maildir is the bounce
    wait_gone(mail.instance, d.pid)


def test_another_assignment_counts_at_once(mail):
    mail.instance.make_dir("elsewhere")
    mail.instance.make_maildir("elsewhere/Maildir")
    d = mail.until_one_stays()
    mail.instance.assign([("=", "tester", "elsewhere", "", ""), ("+", "", "home", "-", "")])
    other = mail(box="elsewhere/Maildir")
    assert other.pid != d.pid
    mail.instance.make_maildir("elsewhere/ext")
    mail.instance.dot_qmail("ext", "./ext/\n", "elsewhere")
    mail.instance.assign([("=", "tester", "elsewhere", "-", "ext"), ("+", "", "home", "-", "")])
    assert mail(box="elsewhere/ext").message
    mail.instance.put("users/cdb", b"damaged")
    assert mail(outcome="deferral") == "Trouble_reading_users/cdb_in_qmail-lspawn./"


def test_another_home_counts_at_once(mail):
    home = mail.instance.home
    mail.until_one_stays()
    (home / "home").rename(home / "old-home")
    count = len(mail.instance.messages("old-home/Maildir"))
    assert "Unable_to_switch_to" in mail(outcome="deferral", box="old-home/Maildir")
    mail.instance.make_dir("home")
    mail.instance.make_maildir("home/Maildir")
    mail()
    assert len(mail.instance.messages()) == 1 and len(mail.instance.messages("old-home/Maildir")) == count


def test_another_program_counts_at_once(mail):
    instance = mail.instance
    d = mail.until_one_stays()
    program = instance.home / "bin/qmail-local"
    program.unlink()
    program.write_text("#!/bin/sh\necho new\n")
    program.chmod(0o755)
    assert mail() == "new/"
    wait_gone(instance, d.pid)


def test_what_stands_in_its_place_sees_each_message(mail):
    """Even when it hands all that it was given to the real one."""
    instance = mail.instance
    program = instance.home / "bin/qmail-local"
    program.unlink()
    program.write_text(f"#!/bin/sh\necho x >> {instance.home}/seen\nexec {BIN}/qmail-local \"$@\"\n")
    program.chmod(0o755)
    instance.put("seen", "", 0o666)
    for _ in range(4):
        assert mail().count == 1
    assert (instance.home / "seen").read_text() == "x\n" * 4


def test_a_large_message_goes_by_itself(mail):
    d = mail.until_one_stays()
    other = mail(body=("x" * 99 + "\n") * 2000)
    assert other.pid != d.pid and len(other.message) > 200000


def test_one_that_is_killed_between_messages(mail):
    d = mail.until_one_stays()
    os.kill(d.pid, signal.SIGKILL)
    wait_gone(mail.instance, d.pid)
    assert mail().pid != d.pid
    # The spawner may learn of it only with the next delivery in hand.
    d = mail.until_one_stays()
    spawner = mail.instance.pid("qmail-lspawn")
    os.kill(spawner, signal.SIGSTOP)
    os.kill(d.pid, signal.SIGKILL)
    assert mail.instance.queue("Subject: x\n\n", "s@elsewhere.example", TESTER) == 0
    mail.count += 1
    mail.instance.log.wait(f"^starting delivery {mail.count}:")
    os.kill(spawner, signal.SIGCONT)
    assert mail.instance.log.wait(f"^delivery {mail.count}: (.*)$")[1] == "success: did_1+0+0/"


def test_one_that_is_stopped_keeps_its_delivery_alone(mail):
    """All others go on, of the same recipient too; killed, it fails that one."""
    d = mail.until_one_stays()
    os.kill(d.pid, signal.SIGSTOP)
    assert mail.instance.queue("Subject: held\n\n", "s@elsewhere.example", TESTER) == 0
    held = mail.count = mail.count + 1
    mail.instance.log.wait(f"^starting delivery {held}:")
    for _ in range(3):
        assert mail().pid != d.pid
        assert mail("tester-a@trial.example").message
    os.kill(d.pid, signal.SIGKILL)
    mail.instance.log.wait(f"^delivery {held}: deferral: qmail-local_crashed./$")
    mail.instance.signal(signal.SIGALRM)
    mail.count += 1
    mail.instance.log.wait(f"^delivery {mail.count}: success")
    mail.instance.wait_empty()


def test_stopped_and_continued_it_delivers(mail):
    d = mail.until_one_stays()
    os.kill(d.pid, signal.SIGSTOP)
    assert mail.instance.queue("Subject: held\n\n", "s@elsewhere.example", TESTER) == 0
    mail.count += 1
    mail.instance.log.wait(f"^starting delivery {mail.count}:")
    os.kill(d.pid, signal.SIGCONT)
    mail.instance.log.wait(f"^delivery {mail.count}: success")


def test_one_that_cannot_take_the_body_defers(mail):
    """As no descriptor is free: the message is not lost, and the next process takes it."""
    d = mail.until_one_stays()
    mail.instance.run("prlimit", "--pid", d.pid, "--nofile=0")  # no success if it has ended
    count = len(mail.instance.messages())
    report = mail(outcome="deferral|success")
    if not isinstance(report, Delivery):  # or it had ended meanwhile
        assert report.startswith("Unable_to_take_the_next_message:_")
        assert len(mail.instance.messages()) == count
        mail.instance.signal(signal.SIGALRM)
        mail.count += 1
        mail.instance.log.wait(f"^delivery {mail.count}: success")
    mail.instance.wait_empty()
    assert len(mail.instance.messages()) == count + 1


def test_the_end_of_qmail_send_ends_it_at_once(mail):
    d = mail.until_one_stays()
    assert mail.instance.stop() == 0
    wait_until("its end", lambda: not is_alive(d.pid), 1)


def test_it_takes_a_hundred_messages(mail):
    counts = [mail().count for _ in range(150)]
    assert max(counts) <= 100
    assert 100 in counts or counts.count(1) > 3  # on a machine that is too busy others were made


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps memory")
def test_no_message_leaves_anything_behind(mail):
    """Neither memory nor a descriptor."""
    def state(d):
        proc = pathlib.Path(f"/proc/{d.pid}")
        wait_until("rest", lambda: len(os.listdir(proc / "fd")) == 3)
        assert sorted(os.listdir(proc / "fd")) == ["1", "2", "4"]
        return int(re.search(r"VmData:\s+(\d+)", (proc / "status").read_text())[1])

    def grown():
        try:
            first = state(mail.goes_on(mail.until_one_stays(), body="x" * 60000))
            d = mail.goes_on(mail.until_one_stays())
            for n in range(30):
                if (n := mail(sender="s" * n + "@elsewhere.example", body="x" * 2000 * (n % 30))).pid != d.pid:
                    return None
            return state(d) - first + 1
        except FileNotFoundError:  # it had ended
            return None
    assert wait_until("deliveries by one process", grown) == 1


STAND_IN = """#!/usr/bin/python3
import os, socket, sys, time
def asked():
    try:
        s = socket.socket(fileno=os.dup(4))
        return s, s.recv(100)
    except OSError:
        sys.exit(print("not asked"))
def say(text):
    os.write(1, text)
"""
UNRULY = {
    # It says that it waits, and takes nothing.
    "deaf": "s, offer = asked(); say(b'did' + offer); time.sleep(1000)",
    # What it says while nobody asked ends it; the next one gets another process.
    "noisy": "s, offer = asked(); say(b'did' + offer); time.sleep(0.1); say(b'more' * 1000); time.sleep(1000)",
    # It ends, but leaves another process with all its descriptors.
    "survived": "s, offer = asked(); say(b'did' + offer)\nif os.fork() == 0: time.sleep(1000)",
    # What it could pass to the spawner, that would have to close.
    "passing": "s, offer = asked()\ntry: socket.send_fds(s, [b'x'], [0])\nexcept BrokenPipeError: say(b'no way')",
    # A report with an offer in it that is not its own, or not at the end.
    "guessing": "s, offer = asked(); say(offer[:-1] + b'x'); say(offer + b'.')",
    # One that stays for a long report is not awaited, as its end cannot be seen.
    "long": "s, offer = asked(); say(b'x' * 5000 + offer); s.recv(100); say(b'end')",
}


@pytest.fixture
def unruly(running):
    def use(name):
        program = running.home / "bin/qmail-local"
        program.unlink()
        program.write_text(STAND_IN + UNRULY[name])
        program.chmod(0o755)
        return LocalMail(running)
    return use


def asked(mail):
    """What the first one says that was asked to stay."""
    def sent():
        text = mail()
        return "not_asked" not in text and text
    return wait_until("one that is asked", sent)


@pytest.mark.parametrize("name, text", [("passing", "no_way"), ("guessing", None), ("long", None)])
def test_what_a_child_does_with_its_socket(unruly, name, text):
    mail = unruly(name)
    said = asked(mail)
    if text:
        assert said == text
    elif name == "long":
        assert said.startswith("xxx") and said.endswith("too_long,_sorry./")
    else:
        assert re.fullmatch(r"(\d+:\d+:\d+)x\1\d\.", said)
    assert workers(mail.instance) == []


@pytest.mark.parametrize("name", ["noisy", "survived"])
def test_one_that_breaks_the_rules_between_messages(unruly, name):
    mail = unruly(name)
    spawner = mail.instance.pid("qmail-lspawn")
    for _ in range(3):
        assert asked(mail) == "did"
        wait_until("its end", lambda: not (idle_sockets(spawner) if name == "noisy" else children(mail.instance)))
    shutil.copy(BIN / "qmail-local", mail.instance.home / "bin/fresh")
    (mail.instance.home / "bin/fresh").rename(mail.instance.home / "bin/qmail-local")
    assert mail().message


def idle_sockets(pid):
    return [fd for fd in os.listdir(f"/proc/{pid}/fd") if os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")]


def test_one_that_takes_nothing_holds_up_that_delivery_alone(unruly):
    mail = unruly("deaf")
    asked(mail)
    assert mail.instance.queue("Subject: x\n\n", "s@elsewhere.example", TESTER) == 0
    held = mail.count = mail.count + 1
    mail.instance.log.wait(f"^starting delivery {held}:")
    for n in range(4):
        mail(f"tester-{n}@trial.example")
    pids = workers(mail.instance)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    # Or it had been idle for too long, and a new one had the message.
    mail.instance.log.wait(f"^delivery {held}: (deferral: qmail-local_crashed./|success: did)$")
