"""What programs can still do once they are at work: the table, every attempt from inside, and the running programs."""
import os
import pathlib
import signal
import socket
import subprocess

import pytest

from instance import SECONDS, wait_until
from paths import BUILD, SANITIZED, TOP

pytestmark = pytest.mark.skipif(SANITIZED, reason="jails are off in a build with sanitizers")
JAILED = BUILD / "tests/jailed"


def table():
    """{program: its row} as the programs have it."""
    lines = subprocess.check_output([JAILED, "table"], text=True).splitlines()
    return {line.split("|")[1].strip(): line for line in lines}


def test_the_page_has_the_tables_of_the_programs():
    page = (TOP / "doc/security.md").read_text()
    block = page.partition("<!-- jails -->\n")[2].partition("<!-- end -->")[0].splitlines()
    assert [line for line in block if line.startswith("|")][2:] == list(table().values())


def test_how_few_calls():
    count = {name: int(row.split("|")[2].split(":")[0]) for name, row in table().items()}
    assert count["qmail-clean"] <= 12
    for server in ("qmail-smtpd", "qmail-qmtpd", "qmail-qmqpd"):
        assert count[server] <= 20


# Everything that is tried from inside; what a role may do is all that follows.
NEVER = {"packet socket", "bind", "ptrace", "read memory", "kill", "kill by thread", "mount", "unshare", "io_uring",
         "bpf", "keys", "personality", "setuid", "chmod", "symlink", "mkdir", "chroot", "execute", "listen"}
TRIED = NEVER | {"read", "write", "create", "remove", "exec", "socket", "connect", "clone"}
# As the table of doc/security.md says it. read, write, create, remove: of a file that is the role's by owner and mode, but
# not by its task.
MAY = {
    "qmail-clean": set(), "qmail-pop3d": set(), "qmail-popup": set(), "splogger": set(),
    "qmail-smtpd": set(), "qmail-qmtpd": set(), "qmail-qmqpd": set(),
    "qmail-queue": {"read", "write", "create", "remove"},
    "qmail-queued": {"read", "write", "create", "remove", "exec", "clone"},
    "qmail-remote": {"socket"},
    "qmail-rspawn": {"read", "socket", "connect", "exec", "clone"},
    "qmail-send": {"read", "exec", "clone"},
}


def attempts(instance, role, *ports, port=1):
    instance.put("outside", "secret\n")
    p = instance.spawn(str(JAILED), role, str(instance.home / "outside"), str(port), *map(str, ports),
                       cwd=instance.home / "queue", stdout=subprocess.PIPE)
    output, _ = p.communicate(timeout=SECONDS)
    instance.children.remove(p)
    assert p.returncode == 0
    return dict(line.rsplit(" ", 1) if not line.endswith("let in") else (line[:-7], "let in")
                for line in output.decode().splitlines())


def test_every_role_is_tried():
    assert set(MAY) == set(table())


@pytest.mark.parametrize("role", MAY)
def test_from_inside(instance, role):
    came = attempts(instance, role, 25)
    assert came["calls"] == "1"
    held = "as owners and modes say |" not in table()[role]
    # On kernels without it nothing of this can be asked for.
    if subprocess.run([JAILED, "possible"], stdout=subprocess.PIPE).stdout.decode().split() == ["1", "1", "1"]:
        assert came["files"] == came["ports"] == ("1" if held else "0")
    done = {name for name in TRIED if came[name] not in ("ENOSYS", "EACCES", "EPERM")}
    assert done == MAY[role], came
    assert (instance.home / "outside").exists() == ("remove" not in MAY[role])
    assert (instance.home / "outside.new").exists() == ("create" in MAY[role])


def test_remote_may_connect_to_its_ports_only(instance):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert attempts(instance, "qmail-remote", 25, port=port)["connect"] == "EACCES"
        assert attempts(instance, "qmail-remote", 25, port, port=port)["connect"] == "ok"


def status(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def is_jailed(pid):
    now = status(pid)
    return (now["Seccomp"], now["NoNewPrivs"]) == ("2", "1")


def test_the_running_programs_are_in_theirs(running):
    assert is_jailed(running.pid("qmail-clean")) and is_jailed(running.pid("qmail-rspawn"))
    assert is_jailed(running.pid("qmail-send"))  # no qmail-queue of a trial instance is set-uid
    assert not is_jailed(running.pid("qmail-lspawn"))  # users' programs run below it


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def server(instance):
    """The process that serves a new SMTP connection, and the connection."""
    smtp = instance.smtp()
    (door,) = [p for p in instance.children if pathlib.Path(f"/proc/{p.pid}/comm").read_text() == "tcpserver\n"]
    (pid,) = children(door.pid)
    return pid, smtp


def test_smtpd_is_jailed_with_the_service_alone(instance):
    pid, smtp = server(instance)
    assert not is_jailed(pid)
    assert "268435456" in pathlib.Path(f"/proc/{pid}/limits").read_text()
    smtp.quit()
    instance.serve_queue()
    wait_until("the end of the connection", lambda: not os.path.exists(f"/proc/{pid}"))
    pid, smtp = server(instance)
    assert is_jailed(pid)
    smtp.sendmail("a@elsewhere.example", "tester@trial.example", "Subject: x\n\n")
    assert len(instance.queued()) == 1
    smtp.quit()


def test_clean_cannot_be_led_out_of_the_queue(running):
    """A directory of the queue that is a link to elsewhere: what lies there is not removed."""
    running.make_dir("elsewhere")
    victim = running.put("elsewhere/46", "kept\n")
    split = running.home / f"queue/mess/{46 % 23}"
    split.rename(running.home / "split.away")
    split.symlink_to(running.home / "elsewhere")
    p = running.spawn("sh", "-c", "exec 3>&1; cd queue && mv lock/cleanmutex lock/c && touch lock/cleanmutex && printf 'done/46\\0' | qmail-clean",
                      stdout=subprocess.PIPE)
    output, _ = p.communicate(timeout=SECONDS)
    running.children.remove(p)
    assert output == b"+0\0!46\0" and victim.exists()


FILTER = """#!/usr/bin/perl
# Takes a message as qmail-queue does, adds a field, and hands it on.
open(my $envelope, "<&=", 1) or exit 54;
my $message = do { local $/; <STDIN> };
my $addresses = do { local $/; <$envelope> };
my ($m, $e) = ("/tmp/filter.m.$$", "/tmp/filter.e.$$");
open(my $out, ">", $m); print $out "X-Filtered: yes\\n", $message; close $out;
open($out, ">", $e); print $out $addresses; close $out;
open(STDIN, "<", $m); open(STDOUT, "+<", $e);
unlink $m, $e;
exec "%s/bin/qmail-queue";
"""


@pytest.mark.parametrize("service", [False, True], ids=["alone", "with-the-service"])
def test_a_filter_in_perl(instance, service):
    """$QMAILQUEUE: neither the servers nor what sends bounces are jailed then."""
    filter = {"QMAILQUEUE": str(instance.put("filter", FILTER % instance.home, 0o755))}
    if service:
        instance.serve_queue()
    instance.start(env=filter)
    assert not is_jailed(instance.pid("qmail-send"))
    instance.door(env=filter)
    pid, smtp = server(instance)
    assert not is_jailed(pid)
    instance.dot_qmail("bad", "|exit 100\n")
    smtp.sendmail("tester@trial.example", ["tester@trial.example", "tester-bad@trial.example"], "Subject: x\n\n")
    messages = instance.wait_messages(2)
    assert all(b"X-Filtered: yes\n" in m for m in messages)
    assert sum(b"MAILER-DAEMON" in m for m in messages) == 1


def test_a_filter_in_place_of_qmail_queue(instance):
    """The same by a wrapper under its name, which is known for what it is."""
    real = instance.home / "bin/qmail-queue.real"
    (instance.home / "bin/qmail-queue").rename(real)
    instance.put("bin/qmail-queue", (FILTER % instance.home).replace("bin/qmail-queue", "bin/qmail-queue.real"), 0o755)
    instance.start()
    assert not is_jailed(instance.pid("qmail-send"))
    instance.dot_qmail("bad", "|exit 100\n")
    instance.inject("To: tester, tester-bad\n\n")
    assert all(b"X-Filtered: yes\n" in m for m in instance.wait_messages(2))


REMOTE = """#!/usr/bin/perl
open(my $out, ">", "%s/sent"); print $out "@ARGV\\n", <STDIN>; close $out;
print "r\\0Kdone\\n\\0";
"""


@pytest.mark.parametrize("how", ["variable", "wrapper", "later"])
def test_another_program_sends(instance, how):
    """$QMAILREMOTE, or a wrapper under qmail-remote's name; one that comes later is not run in a jail it does not know."""
    text = REMOTE % instance.home
    if how == "wrapper":
        (instance.home / "bin/qmail-remote").unlink()
        instance.put("bin/qmail-remote", text, 0o755)
    instance.start(env={"QMAILREMOTE": str(instance.put("other", text, 0o755))} if how == "variable" else None)
    assert is_jailed(instance.pid("qmail-rspawn")) == (how == "later")
    if how == "later":
        (instance.home / "bin/qmail-remote").unlink()
        instance.put("bin/qmail-remote", text, 0o755)
    instance.inject("To: joe@far.example\n\n")
    if how == "later":
        instance.log.wait("^delivery .* deferral: qmail-remote_was_replaced_by_another_program:_restart_qmail-send")
        assert not (instance.home / "sent").exists()
        instance.stop()
        instance.start()
        instance.signal(signal.SIGALRM)
    instance.log.wait("^end msg")
    assert (instance.home / "sent").read_text().startswith("far.example tester@trial.example joe@far.example\n")


def test_showctl_says_what_is_in_force(instance):
    def said():
        return [line[7:] for line in instance.run("qmail-showctl").stdout.decode().splitlines() if line.startswith("jails: ")]
    possible = subprocess.check_output([JAILED, "possible"], text=True).split()
    assert (said()[0] == "this kernel holds system calls, files and TCP ports.") == (possible == ["1", "1", "1"])
    assert said()[1:4] == ["qmail-smtpd, qmail-qmtpd, qmail-qmqpd: limits of memory alone, as they run qmail-queue.",
                           "qmail-send: jailed.", "qmail-rspawn: jailed."]
    instance.serve_queue()
    assert said()[1] == "qmail-smtpd, qmail-qmtpd, qmail-qmqpd: jailed."
    for name in ("qmail-remote", "qmail-queue"):
        (instance.home / "bin" / name).unlink()
        instance.put(f"bin/{name}", "#!/bin/sh\n", 0o755)
    assert said()[2:4] == ["qmail-send: none, as qmail-bounce runs a qmail-queue that is set-uid or another program.",
                           "qmail-rspawn: none, as qmail-remote is another program."]


def test_a_kernel_that_knows_less_is_named_once(instance):
    """Landlock is taken away by strace; mail goes on, and the log says it in one line."""
    instance.start(prefix=("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset",
                           "-e", "inject=landlock_create_ruleset:error=ENOSYS"))
    instance.inject("To: tester\n\n")
    instance.wait_messages(1)
    instance.wait_empty()
    assert [m[0] for m in instance.log.find("^warning: jails.*$")] == [
        "warning: jails of this kernel do not hold files and TCP ports"]
