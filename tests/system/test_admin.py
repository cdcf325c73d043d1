"""Installing, verifying, first settings, the log: as administrators do it, on a machine of one's own."""
import os
import re
import socket
import subprocess

import pytest

from instance import SECONDS, wait_until
from outside import Outside
from paths import BIN, BUILD, SANITIZED, TOP
from sandbox import Sandbox

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def box():
    made = Sandbox("indy2")
    yield made
    made.close()


# splogger


@pytest.fixture
def log(box):
    """What arrives at /dev/log of the sandbox."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.settimeout(SECONDS)
    s.bind(str(box.path("dev/log")))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    yield s
    s.close()


def logged(box, log, text, count, command="splogger", env=None):
    """What the log got, the text's own time taken out after a look at it."""
    box.put("tmp/input", text)
    assert box.run(f"{BIN}/{command} < /tmp/input", env=env) == ""
    got = [log.recv(4096).decode() for _ in range(count)]
    log.setblocking(False)
    with pytest.raises(BlockingIOError):
        log.recv(4096)
    log.settimeout(SECONDS)
    return got


HEAD = r"<(\d+)>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+): (\d+\.\d{6})([ +])"


def parts(line):
    match = re.match(HEAD, line)
    assert match, line
    return (*match.groups(), line[match.end():])


@as_root
def test_splogger_line(box, log):
    priority, _, tag, stamp, joint, text = parts(*logged(box, log, "status: x\n", 1))
    assert (priority, tag, joint, text) == ("22", "splogger", " ", "status: x")
    now = float(box.run("date +%s.%N"))
    assert now - SECONDS < float(stamp) <= now


@as_root
@pytest.mark.parametrize("command, priority, tag", [
    ("splogger qmail", "22", "qmail"), ("splogger qmail 3", "30", "qmail"), ("splogger q 0", "6", "q"),
    ("splogger q 23", "190", "q")])
def test_splogger_tag_and_facility(box, log, command, priority, tag):
    assert parts(*logged(box, log, "x\n", 1, command))[0:3:2] == (priority, tag)


@as_root
def test_splogger_priorities(box, log):
    text = "alert: a\nwarning: w\nalert\nan alert: x\n warning: y\nwarning:\n"
    assert [parts(line)[0] for line in logged(box, log, text, 6)] == ["17", "20", "22", "22", "22", "20"]


@as_root
def test_splogger_bytes_and_empty_lines(box, log):
    got = logged(box, log, "\n\na\tb\x01\x7f~ \n\n\u00e9 %s\n", 2)
    assert [parts(line)[5] for line in got] == ["a?b??~ ", "?? %s"]


@as_root
def test_splogger_long_lines(box, log):
    """Pieces of 799 bytes, with the time and priority of the first; what has no end is dropped."""
    lines = ["a" * 799, "alert:" + "b" * 793 + "c" * 799 + "d", "e" * 800]
    got = [parts(line) for line in logged(box, log, "\n".join(lines) + "\nno end", 6)]
    assert [(p[0], p[4], p[5]) for p in got] == [
        ("22", " ", lines[0]), ("17", " ", lines[1][:799]), ("17", "+", "c" * 799), ("17", "+", "d"),
        ("22", " ", "e" * 799), ("22", "+", "e")]
    assert len({p[3] for p in got[1:4]}) == 1


@as_root
def test_splogger_time_is_local(box, log):
    """The syslog's own time stamp obeys TZ; the number does not depend on it."""
    here = parts(*logged(box, log, "x\n", 1, env={"TZ": "JST-9"}))
    want = box.run("TZ=JST-9 date -d @$(cat) '+%b %e %H:%M:%S'", input=here[3]).strip()
    assert here[1] == want


# config


def config(box, zones, code=0):
    """config on a machine whose name server knows these zones."""
    outside = Outside()
    try:
        server = outside.name_server(zones, port=5353, prefix=["nsenter", "--target", box.first, "--net"])
        box.put("etc/resolv.conf", "search nix.example\n")
        box.run("mkdir -p /tmp/root/control && until bash -c '</dev/tcp/127.0.0.1/5353' 2>/dev/null; do :; done")
        return box.run(f"{BIN}/config", env={"QMAILHOME": "/tmp/root", "DNSCACHEIP": server}, code=code)
    finally:
        outside.close()


REVERSE = {"127.in-addr.arpa": "1.0.0 PTR localhost.",
           "2.0.192.in-addr.arpa": "9 PTR indy2.nix.example.\n10 PTR other\\032name.nix.example."}


@as_root
def test_config(box):
    box.run("ip address add 192.0.2.9/24 dev lo; ip address add 192.0.2.10/24 dev lo")
    said = config(box, {"nix.example": "indy2 A 192.0.2.9", **REVERSE})
    lines = [line for line in said.splitlines() if not line.startswith("::1: ")]  # not every kernel has IPv6
    assert lines == """\
Your hostname is indy2.
Your host's fully qualified name in DNS is indy2.nix.example.
Putting indy2.nix.example into control/me...
Putting nix.example into control/defaultdomain...
Putting nix.example into control/plusdomain...
Checking local IP addresses:
127.0.0.1: Adding localhost to control/locals...
192.0.2.10: PTR lookup failed. I assume this address has no DNS name.
192.0.2.9: Adding indy2.nix.example to control/locals...
If there are any other domain names that point to you,
you will have to add them to /tmp/root/control/locals.
You don't have to worry about aliases, i.e., domains with CNAME records.
Copying /tmp/root/control/locals to /tmp/root/control/rcpthosts...
Now qmail will refuse to accept SMTP messages except to those hosts.
Make sure to change rcpthosts if you add hosts to locals or virtualdomains!
""".splitlines()
    assert box.run("cat /tmp/root/control/locals") == "indy2.nix.example\nlocalhost\n"
    assert box.run("cat /tmp/root/control/rcpthosts") == "indy2.nix.example\nlocalhost\n"
    assert box.run("cat /tmp/root/control/me") == "indy2.nix.example\n"


@as_root
def test_config_follows_an_alias(box):
    said = config(box, {"nix.example": "indy2 CNAME Mail.inner\nmail.inner A 192.0.2.9"})
    assert "fully qualified name in DNS is mail.inner.nix.example.\n" in said
    assert box.run("cat /tmp/root/control/defaultdomain") == "inner.nix.example\n"


@as_root
def test_config_without_a_name(box):
    said = config(box, {"nix.example": "other A 192.0.2.9"}, code=100)
    assert sorted(said.splitlines()) == sorted("""\
Your hostname is indy2.
hard error
Sorry, I couldn't find your host's canonical name in DNS.
You will have to set up control/me yourself.
""".splitlines())
    assert box.run("ls /tmp/root/control") == ""


# make setup, make check


MAKE = f"make -s -C {TOP}" + (" SANITIZE=1" if SANITIZED else "")


def install(box, **named):
    return box.run(f"{MAKE} setup", **named)


def check(box):
    return box.run(f"{MAKE} check")


@as_root
def test_setup_makes_users_and_all_files(box):
    """On a machine without the users: twice, the second time with nothing left to do."""
    said = install(box)
    for name in ("alias", "qmaild", "qmaill", "qmailp", "qmailq", "qmailr", "qmails"):
        assert f"qmail-mkusers: adding user {name}\n" in said
    for name in ("qmail", "nofiles"):
        assert f"qmail-mkusers: adding group {name}\n" in said
    assert check(box) == ""
    assert install(box) == ""
    assert check(box) == ""

    def ids(name):
        return box.run(f"id -nG {name}").split(), box.run(f"getent passwd {name}").split(":")[5]
    assert ids("alias") == (["nofiles"], "/var/qmail/alias")
    for name in ("qmaild", "qmaill", "qmailp"):
        assert ids(name) == (["nofiles"], "/var/qmail")
    for name in ("qmailq", "qmailr", "qmails"):
        assert ids(name) == (["qmail"], "/var/qmail")


@as_root
def test_setup_gives_owners_and_modes(box):
    install(box)
    kinds = {"0755": "root:qmail", "0711": "root:qmail", "0700": "root:qmail", "4711": "qmailq:qmail"}
    expected = {
        "4711": "qmail-queue",
        "0700": "qmail-lspawn qmail-start qmail-newu qmail-install qmail-mkqueue qmail-mkusers",
        "0711": "qmail-getpw qmail-local qmail-rspawn qmail-clean qmail-send qmail-bounce qmail-compact splogger",
        "0755": "qmail-inject qmail-showctl qmail-qread qmail-qstat qmail-tcpto qmail-tcpok qmail-smtpd sendmail "
                "forward maildirmake tcpserver tcprules tcprulescheck config config-fast instcheck"}
    for mode, names in expected.items():
        for name in names.split():
            assert box.run(f"stat -c '%04a %U:%G' /var/qmail/bin/{name}").strip() == f"{mode} {kinds[mode]}", name
    for name, want in {"": "0755 root:qmail", "control": "0755 root:qmail", "alias": "2755 alias:qmail",
                       "queue": "0750 qmailq:qmail", "users/roles": "0644 root:qmail", "boot/home": "0755 root:qmail", "run": "0755 qmailq:qmail",
                       "boot/binm3+df": "0755 root:qmail", "doc/README.md": "0644 root:qmail",
                       "man/man8/splogger.8": "0644 root:qmail", "doc/control.sample/me": "0644 root:qmail"}.items():
        assert box.run(f"stat -c '%04a %U:%G' '/var/qmail/{name}'").strip() == want, name
    assert "boot/try" not in box.run("cd /var/qmail && find .")


@as_root
def test_users_that_exist_are_kept(box):
    box.run("groupadd -g 2107 qmail; groupadd -g 2108 nofiles; useradd -M -u 7791 -g nofiles -d /var/qmail qmaild")
    said = install(box)
    assert "group" not in said and "user qmaild" not in said
    roles = box.run("cat /var/qmail/users/roles")
    assert "qmaild:qmaild:7791\n" in roles and "qmail:qmail:2107\n" in roles and "nofiles:nofiles:2108\n" in roles


@as_root
def test_check_says_what_differs(box):
    install(box)
    box.run("cd /var/qmail && chmod 4755 bin/qmail-queue && rm bin/forward && chown 0:0 queue/mess/3 && "
            "rm queue/lock/trigger && touch queue/lock/trigger && chown qmails:qmail queue/lock/trigger && "
            "chgrp nofiles boot/home && rm man/man8/splogger.8 && mkdir man/man8/splogger.8 && rmdir queue/bad && "
            "sed -i 's/^qmaild:.*/qmaild:qmaild:1/; s/^nofiles:.*/nofiles:nofiles:2/' users/roles")
    assert sorted(check(box).splitlines()) == sorted(f"instcheck: warning: {line}" for line in (
        "users/roles has another id for qmaild than the system; run make setup",
        "users/roles has another id for nofiles than the system; run make setup",
        ".../bin/qmail-queue has wrong permissions",
        ".../bin/forward does not exist",
        ".../boot/home has wrong group",
        ".../man/man8/splogger.8 has wrong type",
        "/var/qmail/queue/mess/3 has wrong owner",
        "/var/qmail/queue/mess/3 has wrong group",
        "/var/qmail/queue/bad does not exist",
        "/var/qmail/queue/lock/trigger has wrong type"))


@as_root
def test_check_without_an_installation(box):
    p = f"{BIN}/instcheck"
    assert box.run(p, code=111) == "instcheck: fatal: unable to switch to /var/qmail: file does not exist\n"
    box.run("mkdir /var/qmail")
    assert "fatal: no owner is known" in box.run(p, code=111)


@as_root
def test_setup_replaces_a_running_program(box):
    """By a rename: who runs the old one is not disturbed."""
    install(box)
    before = box.run("stat -c %i /var/qmail/bin/qmail-queue")
    running = box.spawn("exec /var/qmail/bin/splogger", stdin=subprocess.PIPE)
    install(box)
    assert box.run("stat -c %i /var/qmail/bin/qmail-queue") != before
    running.stdin.close()
    assert running.wait(SECONDS) == 0


@as_root
def test_old_queue_is_put_aside(box):
    def old_queue(mail):
        box.run("rm -rf /var/qmail/queue /var/qmail/queue.old; mkdir -p /var/qmail/queue && cd /var/qmail/queue && "
                "mkdir -p mess/0 mess/1 todo info/0 lock && : > lock/sendmutex" + (" && echo x > mess/1/24" if mail else ""))
    install(box)

    old_queue(mail=True)
    said = install(box)
    assert said == ("qmail-install: warning: /var/qmail/queue.old is the former queue and holds mail: "
                    "run qmail-qimport to take it over\n")
    assert box.run("cat /var/qmail/queue.old/mess/1/24") == "x\n"
    assert check(box) == ""

    old_queue(mail=False)
    assert install(box) == ("qmail-install: warning: /var/qmail/queue.old is the former queue; "
                            "it is empty and can be removed\n")
    assert check(box) == ""

    old_queue(mail=True)
    said = box.run(f"flock /var/qmail/queue/lock/sendmutex {MAKE} setup", code=2)
    assert "qmail-install: fatal: another qmail-send works on /var/qmail/queue: end it, and run this again\n" in said
    assert box.run("cat /var/qmail/queue/mess/1/24") == "x\n"

    box.run("mkdir /var/qmail/queue.old && touch /var/qmail/queue.old/kept")
    said = install(box, code=2)
    assert "fatal: unable to rename queue to queue.old: file already exists" in said


def test_setup_below_destdir(tmp_path):
    """For a package, on a machine without the users: no owners, and no set-id bits for whoever it is."""
    installer = BIN / "qmail-install"
    p = subprocess.run([installer, os.path.relpath(BUILD, TOP)], cwd=TOP, env={"DESTDIR": str(tmp_path)},
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert p.returncode == 0, p.stdout.decode()
    assert b"qmail-install: warning: owners and the queue are left to qmail-install, run by root where this goes\n" in p.stdout
    root = tmp_path / "var/qmail"
    assert (root / "bin/qmail-queue").stat().st_mode & 0o7777 == 0o711
    assert (root / "bin/qmail-lspawn").stat().st_mode & 0o7777 == 0o700
    assert not (root / "queue").exists() and not (root / "users/roles").exists()
    p = subprocess.run([installer], cwd=TOP, env={}, stderr=subprocess.PIPE)
    assert p.returncode == 111 and p.stderr.startswith(b"qmail-install: fatal: ")


@as_root
def test_package_is_completed_where_it_goes(box):
    box.run(f"cd {TOP} && DESTDIR=/tmp/package {BIN}/qmail-install {os.path.relpath(BUILD, TOP)} && cp -r /tmp/package/var /")
    box.run("/var/qmail/bin/qmail-mkusers && /var/qmail/bin/qmail-install")
    assert box.run("/var/qmail/bin/instcheck") == ""


@as_root
def test_first_installation_of_the_readme(box):
    """Its lines as they stand there, but for apt-get."""
    block = (TOP / "README.md").read_text().partition("\n## Install it\n")[2].partition("\n## ")[0]
    lines = [line[4:] for line in block.splitlines() if line.startswith("    ")]
    assert len(lines) == 10 and lines[0].startswith("apt-get install ")
    script = "\n".join(lines[1:]).replace("make setup", f"{MAKE} setup")
    box.run("useradd -m joe; test ! -e /etc/nsswitch.conf || sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf")
    box.put("tmp/script", f"set -e\ncd {TOP}\n{script}\n")
    try:
        box.run("sh /tmp/script > /tmp/out 2>&1 < /dev/null")
    except AssertionError as error:
        raise AssertionError(f"{error}: {box.path('tmp/out').read_text()}") from None
    mailbox = box.path("home/joe/Mailbox")
    wait_until("the message", lambda: mailbox.exists() and "\nto: joe@mail.example.org\n" in mailbox.read_text())
    box.run("swaks --server 127.0.0.1 --from ann@example.net --to postmaster@mail.example.org --header 'Subject: by SMTP'")
    wait_until("the second message", lambda: "\nSubject: by SMTP\n" in mailbox.read_text())
    box.run("swaks --server 127.0.0.1 --from joe@mail.example.org --to ann@example.net --quit-after RCPT")
    assert "Subject: by sendmail" not in mailbox.read_text()
    box.run("/usr/sbin/sendmail joe", input="Subject: by sendmail\n\n")
    wait_until("the third message", lambda: "\nSubject: by sendmail\n" in mailbox.read_text())


# Samples of control files


def showctl(root):
    text = subprocess.run([BIN / "qmail-showctl"], env={"QMAILHOME": str(root)}, stdout=subprocess.PIPE, check=True).stdout.decode()
    return dict(re.findall(r"^(\S+): (.*?)(?=\n\n|\n\Z)", text.partition("\n\n")[2], re.M | re.S))


def test_samples_of_control_files(instance):
    """All that is read has a sample and a section in the page; numbers are the defaults, lists begin empty."""
    defaults = showctl(instance.home)
    samples = {p.name: p.read_text() for p in (TOP / "control.sample").iterdir() if p.name != "README"}
    assert set(samples) == set(defaults) - {"morercpthosts.cdb"}
    page = (TOP / "doc/man/qmail-control.5").read_text()
    for name, text in samples.items():
        assert re.search(rf"^\.Ss.*\b{name}\b", page, re.M) and f"\n.It {name} Ta " in page, name
        instance.control(name, text)
    shown = showctl(instance.home)
    assert not [name for name in shown if "I have no idea" in shown[name]]
    for name, text in samples.items():
        if defaults[name].startswith("(Default.) ") and re.fullmatch(r"\d+\n", text):
            assert "(Default.) " + shown[name] == defaults[name], name
        elif "#" in text and name not in ("locals", "rcpthosts"):
            assert shown[name].strip() == "", name
    assert re.findall(r"for (\S+) are", shown["locals"]) == ["mail.example.org", "localhost"]
    assert re.findall(r"at (\S+)\.$", shown["rcpthosts"], re.M) == ["mail.example.org"]


# boot/try


@pytest.fixture
def tree(box):
    """What boot/try needs of the tree, where everybody can reach it."""
    box.run(f"mkdir -p /tmp/tree/boot && cp {TOP}/boot/try /tmp/tree/boot && cp -r {BIN} /tmp/tree/built && chmod 755 /tmp/tree/built")
    return "/tmp/tree/boot/try --bin /tmp/tree/built"


def said_so_far(box):
    path = box.path("tmp/said")
    return path.read_text() if path.exists() else ""


def parts_running(box):
    """None of those that have ended: in a sandbox nobody waits for orphans."""
    return box.run("ps -eo stat=,comm= | grep -v '^Z' | grep -E ' (qmail-|tcpserver|try)' || :")


@as_root
@pytest.mark.parametrize("user", [None, "games"])
def test_try_once(box, tree, user):
    """As root for nobody; as another user for that one."""
    place, owner = ("/tmp/it", user) if user else ("/tmp/trial/it", "nobody")
    said = box.run(f"{tree} --once {place}", user=user)
    assert "try: starting tcpserver on 127.0.0.1 port 2525 " in said
    files = dict(re.findall(r"^try: the message sent by (.*) has arrived: (.*)$", said, re.M))
    assert list(files) == ["qmail-inject", "SMTP"]
    for how, file in files.items():
        assert file.startswith(f"{place}/home/Maildir/new/")
        message = box.run(f"cat {file}")
        assert f"Subject: by {how}\n" in message and f"\n\nThis message came by {how}.\n" in message
        header = message.partition("\n\n")[0]
        assert "".join(f"    {line}\n" for line in header.splitlines()) in said
        assert box.run(f"stat -c %U {file}").strip() == owner
    assert said.endswith(f"try: both messages arrived; what was made stays in {place}\n")
    assert "status: exiting\n" in said
    assert parts_running(box) == "" and "qmail-log" not in box.run("ls /tmp")


@as_root
def test_try_goes_on_until_interrupted(box, tree):
    for number in ("INT", "TERM"):
        p = box.spawn(f"exec {tree} --port 0 /tmp/it > /tmp/said 2>&1", stdin=subprocess.DEVNULL, start_new_session=True)
        said = wait_until("boot/try", lambda: "try: the log follows\n" in (t := said_so_far(box)) and t)
        box.run(re.search(r"inject +(echo .*)", said)[1])  # as it says
        wait_until("the message", lambda: "end msg" in said_so_far(box).partition("the log follows")[2])
        box.run(f"pkill -{number} -x try")
        assert p.wait(SECONDS) == 0
        assert said_so_far(box).endswith("status: exiting\n")
        box.path("tmp/said").unlink()
        assert parts_running(box) == ""


@as_root
def test_try_interrupted_too_early_is_no_success(box, tree):
    box.run(f"{tree} --make /tmp/it && mkfifo -m 666 /tmp/hold && echo '|cat /tmp/hold' > /tmp/it/home/.qmail")
    p = box.spawn(f"exec {tree} --once --port 0 /tmp/it > /tmp/said 2>&1", stdin=subprocess.DEVNULL, start_new_session=True)
    wait_until("a delivery", lambda: "starting delivery 1: " in said_so_far(box))
    box.run("pkill -TERM -x try; pkill -TERM -x timeout; : > /tmp/hold")
    assert p.wait(SECONDS) == 130
    assert "try: fatal" not in said_so_far(box) and "arrived" not in said_so_far(box)
    assert parts_running(box) == ""


@as_root
def test_try_killed_leaves_nothing_running(box, tree):
    p = box.spawn(f"exec {tree} --port 0 /tmp/it > /tmp/said 2>&1", stdin=subprocess.DEVNULL)
    wait_until("boot/try", lambda: "try: the log follows\n" in said_so_far(box))
    box.run("pkill -KILL -x try")
    p.wait(SECONDS)
    wait_until("the end of all parts", lambda: parts_running(box) == "")


@as_root
@pytest.mark.parametrize("damage, code, said", [
    ("echo '|exit 100' > home/.qmail", 1, "the message sent by qmail-inject did not arrive: delivery 1: failure: "),
    ("echo '|exit 111' > home/.qmail", 1, "the message sent by qmail-inject did not arrive: delivery 1: deferral: "),
    ("echo ./Elsewhere > home/.qmail", 1, "the message sent by qmail-inject is in no file of "),
    ("echo : 127.0.0.1:deny | cut -c 3- | bin/tcprules tcp.smtp.cdb tmp", 1, "the SMTP server refused the message"),
    ("rm control/me control/locals; touch control/me; rm queue/lock/sendmutex; mkdir queue/lock/sendmutex", 111, "qmail-start did not start"),
])
def test_try_says_what_did_not_arrive(box, tree, damage, code, said):
    box.run(f"{tree} --make /tmp/it && cd /tmp/it && {damage}")
    output = box.run(f"{tree} --once --port 0 /tmp/it", code=code)
    assert f"try: fatal: {said}" in output
    assert parts_running(box) == ""


@as_root
def test_try_with_a_port_in_use(box, tree):
    s = box.spawn(f"{BIN}/tcpserver -1 127.0.0.1 0 true", stdout=subprocess.PIPE)
    port = int(s.stdout.readline())
    output = box.run(f"{tree} --once --port {port} /tmp/it", code=111)
    assert "tcpserver: fatal: unable to bind: address already used\n" in output
    assert "try: fatal: tcpserver did not start (--port N chooses another port)\n" in output
    s.kill()
    s.wait()
    s.stdout.close()


@as_root
def test_try_make(box, tree):
    """Only makes it; what is there is left alone; what is something else is refused."""
    assert box.run(f"{tree} --make /tmp/it") == "try: made /tmp/it, as user nobody\n"
    box.run("echo kept > /tmp/it/control/databytes")
    assert box.run(f"{tree} --make /tmp/it") == ""
    assert box.run("cat /tmp/it/control/databytes") == "kept\n"
    assert box.run("find /tmp/it ! -user nobody ! -name databytes") == ""
    box.run("mkdir /tmp/other && touch /tmp/other/file")
    assert "is neither empty nor an instance" in box.run(f"{tree} --make /tmp/other", code=111)
    assert box.run("ls /tmp/other") == "file\n"
    assert "belongs to another user" in box.run(f"{tree} --make --user games /tmp/it", code=111)
    assert "must name another user" in box.run(f"{tree} --make --user root /tmp/new", code=111)
    assert "there is no user nosuch" in box.run(f"{tree} --make --user nosuch /tmp/new", code=111)
    assert "only root can use --user" in box.run(f"{tree} --make --user nobody /tmp/new", user="games", code=111)
    assert "unsuitable characters" in box.run(f"{tree} --make '/tmp/a:b'", code=111)
    for wrong in ("--make", "--what", "--port x", "--port", "a b", "''"):
        assert box.run(f"{tree} {wrong}", code=100).startswith("try: usage: boot/try ")
    assert not box.path("tmp/new").exists()


@as_root
def test_try_copies_programs_that_the_user_cannot_reach(box, tree):
    box.run("mkdir -m 700 /tmp/closed && mv /tmp/tree /tmp/closed")
    said = box.run("/tmp/closed/tree/boot/try --once --bin /tmp/closed/tree/built /tmp/it")
    assert "try: both messages arrived" in said


@as_root
def test_try_says_what_is_missing(box, tree):
    """Who is not root is told what to install."""
    box.run(f"cp {TOP}/conf-cc /tmp/tree; mv /usr/bin/make /usr/bin/make.away")
    said = box.run("/tmp/tree/boot/try --make /tmp/it", user="games", code=111)
    assert said == "try: fatal: missing packages; install them, as root, with: apt-get install make\n"


# program: its arguments and input; the input of some is a file.
MAKERS = {
    "tcprules": (["made", "tmp"], ":allow\n"),
    "checkpassword-mkcdb": (["made", "tmp"], f"joe:$6$salt${'a' * 86}:1001:1001:/home/joe\n"),
    "setforward": (["made", "tmp"], "a: b@c;\n"),
    "setmaillist": (["made", "tmp"], "b@c\n"),
    "newaliases": (["aliases"], ""),
    "newinclude": (["list"], ""),
    "qmail-newu": ([], ""),
    "qmail-newmrh": ([], ""),
}


@pytest.mark.parametrize("program", MAKERS)
def test_what_is_made_survives_a_power_cut(instance, program):
    """The file is on the disk before it has its name, and has its name on the disk when the program ends."""
    arguments, text = MAKERS[program]
    (instance.home / "aliases").write_text("a: b\n")
    (instance.home / "list").write_text("b@c\n")
    instance.control("morercpthosts", "a.example")
    (instance.home / "users/assign").write_text(".\n")
    trace = instance.home / "trace"
    subprocess.run(["strace", "-qq", "-e", "trace=fsync,rename,renameat,renameat2", "-o", trace, BIN / program, *arguments],
                   input=text.encode(), cwd=instance.home, env=instance.env, check=True, timeout=60)
    assert re.findall(r"^(fsync|rename)", trace.read_text(), re.M) == ["fsync", "rename", "fsync"]
