"""POP3 with real clients: what was delivered is what they get; lost connections lose nothing and double nothing."""
import hashlib
import os
import poplib
import re
import subprocess
import sys

import pytest

from instance import SECONDS, processes, wait_until
from paths import BUILD
from popping import PASSWORD, USER, Raw, pop_door

HEAD = b"Return-Path: <a@b.example>\n"
MAILS = [HEAD + text for text in (b"Subject: one\n\n.dot\n..\n\nlast\n", b"Subject: two\n\n" + b"line\n" * 50000,
                                  "Subject: thr\u00e9\n\n\u00fc\n".encode())]
NAMES = [f"{n}.M{n}P{n}Q1.host.example" for n in (1, 2, 3)]


def fill(instance, mails=MAILS, folder="new"):
    for n, mail in enumerate(mails, 1):
        path = instance.put(f"home/Maildir/{folder}/{n}.M{n}P{n}Q1.host.example", mail, 0o600)
        os.utime(path, (1000 + n, 1000 + n))


def files(instance):
    """{unique name: [content, ...]} of new and cur."""
    found = {}
    for folder in ("new", "cur"):
        for path in (instance.home / "home/Maildir" / folder).iterdir():
            found.setdefault(path.name.partition(":")[0], []).append(path.read_bytes())
    return found


ALL = {name: [mail] for name, mail in zip(NAMES, MAILS)}


def ended(instance, count):
    """Waits until so many connections have been served to their end."""
    log = instance.home / "door.log"
    wait_until("the end of the connections", lambda: len(re.findall(r"^tcpserver: end ", log.read_text(), re.M)) >= count)


def version(*argv):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    assert p.returncode == 0
    print(p.stdout.decode())
    return p.stdout.decode()


def last_lines_added(mail):
    """A message as a client sees it: qmail's servers send an empty line behind it."""
    return mail + b"\n"


@pytest.fixture
def mailbox(instance):
    fill(instance)
    return instance


# Clients


@pytest.mark.parametrize("method", ["pass", "apop"])
def test_poplib(mailbox, method):
    assert re.match(r"Python 3\.", version(sys.executable, "--version"))
    pop = poplib.POP3("127.0.0.1", pop_door(mailbox), timeout=SECONDS)
    if method == "apop":
        assert re.fullmatch(rb"\+OK <\d+\.\d+@pop\.example>", pop.getwelcome())
        pop.apop(USER, PASSWORD)
    else:
        pop.user(USER)
        pop.pass_(PASSWORD)
    assert pop.stat() == (3, sum(map(len, MAILS)))
    assert pop.uidl()[1] == [f"{n} {name}".encode() for n, name in enumerate(NAMES, 1)]
    assert pop.list()[1] == [f"{n} {len(mail)}".encode() for n, mail in enumerate(MAILS, 1)]
    for n, mail in enumerate(MAILS, 1):
        assert b"".join(line + b"\n" for line in pop.retr(n)[1]) == last_lines_added(mail)
    assert pop.top(2, 3)[1] == [HEAD[:-1], b"Subject: two", b"", b"line", b"line", b"line", b""]
    pop.dele(1)
    pop.rset()
    pop.dele(2)
    pop.quit()
    assert files(mailbox) == {name: ALL[name] for name in (NAMES[0], NAMES[2])}


@pytest.mark.parametrize("protocol", ["pop3", "apop"])
def test_fetchmail(mailbox, protocol):
    assert "This is fetchmail release 6." in version("fetchmail", "--version")
    port = pop_door(mailbox)
    mailbox.put("rc", f"set invisible\npoll 127.0.0.1 protocol {protocol} port {port} user '{USER}' password '{PASSWORD}' sslproto '' "
                      f"no rewrite mda 'cat >>{mailbox.home}/fetched; echo END >>{mailbox.home}/fetched'\n", 0o600)
    got = mailbox.run("fetchmail", "--nosyslog", "-f", mailbox.home / "rc", env={"FETCHMAILHOME": mailbox.home})
    assert got.returncode == 0, got
    fetched = (mailbox.home / "fetched").read_bytes()
    assert fetched == b"".join(last_lines_added(mail) + b"END\n" for mail in MAILS)
    assert files(mailbox) == {}
    assert mailbox.run("fetchmail", "--nosyslog", "-f", mailbox.home / "rc",
                       env={"FETCHMAILHOME": mailbox.home}).returncode == 1  # no mail


def test_getmail(mailbox):
    assert re.search(r"getmail 6\.", version("getmail", "--version"))
    port = pop_door(mailbox)
    mailbox.make_dir("getmail")
    mailbox.make_maildir("got")
    mailbox.put("getmail/getmailrc", f"""[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = {port}
username = {USER}
password = {PASSWORD}
[destination]
type = Maildir
path = {mailbox.home}/got/
[options]
delivered_to = false
received = false
read_all = false
""", 0o600)

    def run(*options):
        got = mailbox.run("getmail", "--getmaildir", mailbox.home / "getmail", *options)
        assert got.returncode == 0, got
        return got.stdout.decode()

    assert "3 messages (" in run()
    assert sorted(mailbox.messages("got")) == sorted(last_lines_added(mail) for mail in MAILS)
    assert files(mailbox) == ALL
    # What it has seen, by UIDL, it does not fetch again, though all have moved to cur.
    assert "0 messages (" in run()
    assert "0 messages (" in run("--delete")
    assert len(mailbox.messages("got")) == 3 and files(mailbox) == {}


def test_curl(mailbox):
    """It sees the time stamp in the greeting, and uses APOP."""
    assert re.match(r"curl \d+\.\d+", version("curl", "--version"))
    port = pop_door(mailbox)

    def curl(path, *options):
        got = mailbox.run("curl", "-s", "-S", "-u", f"{USER}:{PASSWORD}", *options, f"pop3://127.0.0.1:{port}/{path}")
        assert got.returncode == 0, got
        return got.stdout

    assert curl("") == b"".join(b"%d %d\r\n" % (n, len(mail)) for n, mail in enumerate(MAILS, 1))
    assert curl("1") == last_lines_added(MAILS[0]).replace(b"\n", b"\r\n")
    curl("1", "-X", "DELE", "-I")
    assert files(mailbox) == {name: ALL[name] for name in NAMES[1:]}


def test_smtp_in_pop3_out(running):
    text = b"From: a@b.example\r\nSubject: through it all\r\n\r\n.dot\r\n..\r\n\r\nlast\r\n"
    with running.smtp() as smtp:
        smtp.sendmail("a@b.example", f"tester@{running.host}", text)
    running.wait_messages()
    port = pop_door(running)

    def session():
        pop = poplib.POP3("127.0.0.1", port, timeout=SECONDS)
        pop.user(USER)
        pop.pass_(PASSWORD)
        if pop.stat()[0]:
            return pop
        pop.quit()

    pop = wait_until("the message", session)  # not before its second is over
    lines = pop.retr(1)[1]
    assert lines[0] == b"Return-Path: <a@b.example>" and lines[1] == b"Delivered-To: tester@trial.example"
    got = b"".join(line + b"\r\n" for line in lines)
    assert got.endswith(b"\r\n" + text + b"\r\n")
    pop.dele(1)
    pop.quit()
    assert files(running) == {}


def test_a_wrong_password(mailbox):
    port = pop_door(mailbox)
    for login in (["USER tester", "PASS wrong"], ["USER other", f"PASS {PASSWORD}"], ["APOP tester 0123456789abcdef"]):
        pop = Raw(port, login=False)
        for command in login[:-1]:
            assert pop.command(command) == b"+OK "
        assert pop.command(login[-1]) == b"-ERR authorization failed"
        assert pop.line() == b""
    assert files(mailbox) == ALL


def test_a_digest_is_good_once(mailbox):
    port = pop_door(mailbox)
    first, second = Raw(port, login=False), Raw(port, login=False)
    stamp = first.greeting.removeprefix(b"+OK ")
    assert stamp != second.greeting.removeprefix(b"+OK ")
    digest = hashlib.md5(stamp + PASSWORD.encode()).hexdigest()
    assert second.command(f"APOP {USER} {digest}") == b"-ERR authorization failed"
    assert first.command(f"APOP {USER} {digest}") == b"+OK "


# Lost connections

SESSION = ["STAT", "LIST", "UIDL", "RETR 1", "DELE 1", "TOP 3 0", "RETR 2", "DELE 2", "LAST", "RSET", "RETR 3", "DELE 3", "DELE 1",
           "NOOP", "QUI"]


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_connection_lost_after_each_command(mailbox, end):
    port = pop_door(mailbox)
    for count in range(len(SESSION) + 1):
        pop = Raw(port)
        for command in SESSION[:count]:
            if command == "QUI":
                pop.send(command)  # and no line end
            elif command.split()[0] in ("LIST", "UIDL", "RETR", "TOP"):
                pop.lines(command)
            else:
                assert pop.command(command).startswith(b"+OK")
        getattr(pop, end)()
        ended(mailbox, 2 * count + 1)
        assert files(mailbox) == ALL, f"after {SESSION[:count]}"
        assert len(list((mailbox.home / "home/Maildir/new").iterdir())) == 3

        again = Raw(port)
        assert again.lines("UIDL") == [f"{n} {name}".encode() for n, name in enumerate(NAMES, 1)]
        assert again.message(2) == MAILS[1]
        again.close()
        ended(mailbox, 2 * count + 2)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_connection_lost_within_a_message(mailbox, end):
    port = pop_door(mailbox)
    pop = Raw(port)
    assert pop.command("DELE 1") == b"+OK "
    assert pop.command("RETR 2") == b"+OK "
    assert pop.line() == HEAD[:-1]
    getattr(pop, end)()
    ended(mailbox, 1)
    assert files(mailbox) == ALL


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_connection_lost_after_quit(mailbox, end):
    """The client has what it asked to delete: it is gone, and the rest is there once."""
    port = pop_door(mailbox)
    pop = Raw(port)
    assert pop.command("DELE 1") == b"+OK "
    assert pop.command("DELE 3") == b"+OK "
    pop.send("QUIT\r\n")
    if end == "close":
        pop.close()
    else:
        pop.line()
        pop.reset()
    ended(mailbox, 1)
    assert files(mailbox) == {NAMES[1]: [MAILS[1]]}


def test_commands_in_one_go(mailbox):
    """Whatever of a session comes together, from the login on."""
    pop = Raw(pop_door(mailbox), login=False)
    pop.send(f"USER {USER}\r\nPASS {PASSWORD}\r\nDELE 1\r\nDELE 3\r\nUIDL\r\nQUIT\r\n")
    replies = pop.file.read()
    assert replies == (b"+OK \r\n+OK \r\n+OK \r\n+OK \r\n+OK \r\n2 " + NAMES[1].encode() + b"\r\n.\r\n+OK \r\n")
    assert files(mailbox) == {NAMES[1]: [MAILS[1]]}


@pytest.mark.parametrize("program", ["qmail-pop3d", "qmail-popup"])
def test_a_crash_within_the_session(mailbox, program):
    """A kill of any part before QUIT changes nothing."""
    port = pop_door(mailbox)
    pop = Raw(port)
    assert pop.command("DELE 1") == b"+OK "
    mark = f"QMAILHOME={mailbox.home}".encode()
    for pid, environment in processes():
        if mark in environment and open(f"/proc/{pid}/comm").read().strip() == program[:15]:
            os.kill(pid, 9)
    if program == "qmail-pop3d":
        assert pop.line() == b"-ERR aack, child crashed"
        assert pop.line() == b""
    pop.close()
    ended(mailbox, 1)
    assert files(mailbox) == ALL


# Other readers at the same time


def test_a_message_that_another_reader_moves(mailbox):
    maildir = mailbox.home / "home/Maildir"
    pop = Raw(pop_door(mailbox))
    assert pop.message(1) == MAILS[0]
    for n, flags in enumerate((":2,", ":2,FS", ":2,S")):
        (maildir / "new" / NAMES[n]).rename(maildir / "cur" / (NAMES[n] + flags))
    for n in (1, 2, 3):
        assert pop.message(n) == MAILS[n - 1]
    (maildir / "cur" / f"{NAMES[0]}:2,").rename(maildir / "cur" / f"{NAMES[0]}:2,S")
    assert pop.message(1) == MAILS[0]
    assert pop.command("DELE 2") == b"+OK " and pop.command("DELE 1") == b"+OK "
    (maildir / "cur" / f"{NAMES[0]}:2,S").rename(maildir / "cur" / f"{NAMES[0]}:2,RS")
    assert pop.command("QUIT") == b"+OK "
    assert files(mailbox) == {NAMES[2]: [MAILS[2]]}
    assert os.listdir(maildir / "cur") == [f"{NAMES[2]}:2,S"]


def test_two_sessions_at_once(mailbox):
    port = pop_door(mailbox)
    one, two = Raw(port), Raw(port)
    assert one.command("DELE 1") == b"+OK " and one.command("QUIT") == b"+OK "
    assert two.command("RETR 1") == b"-ERR unable to open that message"
    assert two.message(2) == MAILS[1]
    assert two.command("DELE 1") == b"+OK " and two.command("DELE 2") == b"+OK "
    assert two.command("QUIT") == b"-ERR unable to unlink all deleted messages"
    assert two.line() == b"+OK "
    assert files(mailbox) == {NAMES[2]: [MAILS[2]]}


def test_many_messages_moved_and_some_deleted_by_others(instance):
    count = 2000
    fill(instance, [b"Subject: %d\n\n" % n for n in range(1, count + 1)])
    maildir = instance.home / "home/Maildir"
    port = pop_door(instance)
    one, two = Raw(port), Raw(port)
    for n in range(1, count, 4):
        assert two.command(f"DELE {n}") == b"+OK "
    assert two.command("QUIT") == b"+OK "
    for n in range(1, count + 1):
        if n % 4 == 1:
            assert one.command(f"RETR {n}") == b"-ERR unable to open that message"
        else:
            assert one.message(n) == b"Subject: %d\n\n" % n
            assert one.command(f"DELE {n}") == b"+OK "
    assert one.command("QUIT") == b"+OK "
    assert not os.listdir(maildir / "new") and not os.listdir(maildir / "cur")


# Hostile clients


def peak_memory(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read())[1])


@pytest.mark.parametrize("login", [False, True], ids=["qmail-popup", "qmail-pop3d"])
def test_memory_does_not_grow(mailbox, login):
    pop = Raw(pop_door(mailbox), login=login)
    for _ in range(4):
        pop.send("x" * 100000)
        pop.send("\r\n" + "NOOP\r\n")
        assert pop.line() == b"-ERR syntax error"
        assert pop.line() == b"+OK "
    mark = f"QMAILHOME={mailbox.home}".encode()
    peaks = {open(f"/proc/{pid}/comm").read().strip(): peak_memory(pid) for pid, e in processes() if mark in e}
    assert peaks["qmail-pop3d" if login else "qmail-popup"] < (2000 if BUILD.name != "sanitize" else 200000)
