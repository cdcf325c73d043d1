"""Deliveries as the recipient, with accounts of all kinds: an installation with users of its own, in a sandbox."""
import itertools
import os
import re

import pytest
from instance import wait_until
from paths import BIN

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NUMBERS = itertools.count()
INSTALL = r"""
groupadd -g 2107 nofiles; groupadd -g 2108 qmail
u=7790
for name in alias qmaild qmaill qmailp qmailq qmailr qmails; do
  group=nofiles home=/var/qmail
  case $name in qmail[qrs]) group=qmail;; alias) home=/var/qmail/alias;; esac
  useradd -u $u -g $group -d $home -s /usr/sbin/nologin -M $name
  u=$((u + 1))
done
cd /var/qmail; mkdir bin control users alias; chown alias alias; chmod 2755 alias
install -m 711 "$BIN"/* bin; chmod 700 bin/qmail-lspawn bin/qmail-start bin/qmail-newu
chown qmailq bin/qmail-queue; chmod 4711 bin/qmail-queue
for name in alias qmaild qmaill root qmailp qmailq qmailr qmails; do echo "$name:$name:$(id -u $name)"; done > users/roles
echo qmail:qmail:2108 >> users/roles; echo nofiles:nofiles:2107 >> users/roles
echo sandbox.example > control/me
bin/qmail-mkqueue
useradd -u 5001 -m -k /nonexistent joe; useradd -u 5002 -m -k /nonexistent ann
usermod -a -G qmail,joe ann
sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf
"""


@pytest.fixture(scope="module")
def box():
    from sandbox import Sandbox
    made = Sandbox()
    try:
        made.run("mkdir /var/qmail; PATH=$PATH:/usr/sbin; set -e; " + INSTALL, env={"BIN": str(BIN)})
        yield made
    finally:
        made.close()


class Log:
    """qmail-start of the sandbox, with its log."""

    def __init__(self, box, default="./Maildir/"):
        self.box = box
        self.file = f"log.{next(NUMBERS)}"
        self.process = box.spawn(f"exec qmail-start '{default}' > /tmp/{self.file} 2>&1 < /dev/null")
        self.wait("^status: ")

    def text(self):
        path = self.box.path(f"tmp/{self.file}")
        return path.read_text() if path.exists() else ""

    def wait(self, pattern):
        try:
            return wait_until(pattern, lambda: re.search(pattern, self.text(), re.M))
        except AssertionError as error:
            raise AssertionError(f"{error} in the log:\n{self.text()}") from None

    def end(self):
        self.box.run("pkill -TERM qmail-send")
        self.process.wait()


@pytest.fixture
def log(box):
    started = Log(box)
    yield started
    started.end()


def send(box, *recipients):
    envelope = "".join(f"T{r}\\0" for r in recipients)
    box.run(f"printf 'Fsender@remote.example\\0{envelope}\\0' > /tmp/envelope; "
            "printf 'Subject: s\\n\\n' | qmail-queue 1< /tmp/envelope")


def getpw(box, local, **named):
    return box.run(f"qmail-getpw '{local}' | tr '\\0' '|'", user="qmailp", **named)


def test_getpw(box):
    joe, alias = "joe|5001|5001|/home/joe|", "alias|7790|2107|/var/qmail/alias|"
    assert getpw(box, "joe") == joe + "||"
    assert getpw(box, "JOE") == joe + "||"
    assert getpw(box, "joe-") == joe + "-||"
    assert getpw(box, "Joe-A-b.C") == joe + "-|A-b.C|"
    assert getpw(box, "joes") == alias + "-|joes|"
    assert getpw(box, "No-Body") == alias + "-|No-Body|"
    assert getpw(box, "") == alias + "-||"
    assert getpw(box, "-") == alias + "-|-|"
    assert getpw(box, "root") == alias + "-|root|"
    assert getpw(box, "alias") == "alias|7790|2107|/var/qmail/alias|||"


def test_getpw_takes_the_longest_name(box):
    box.run("useradd -u 5003 -m -k /nonexistent joe-list; useradd -u 5004 -m -k /nonexistent joe-no -d /home/gone -M; "
            "useradd -u 5005 -d /home/joe -M thief; useradd -m -k /nonexistent -u 5006 " + "x" * 31 +
            "; useradd -m -k /nonexistent -u 5007 " + "y" * 32)
    assert getpw(box, "joe-list-a") == "joe-list|5003|5003|/home/joe-list|-|a|"
    assert getpw(box, "joe-lists") == "joe|5001|5001|/home/joe|-|lists|"
    assert getpw(box, "joe-no").startswith("joe|"), "a home that is not there"
    assert getpw(box, "thief").startswith("alias|"), "a home that is another's"
    assert getpw(box, "x" * 31).startswith("xxx")
    assert getpw(box, "y" * 32).startswith("alias|"), "a name of 32 bytes"
    assert getpw(box, "y" * 32 + "-joe-x").startswith("alias|")


def test_getpw_fails(box):
    assert "usage: qmail-getpw local" in box.run("qmail-getpw", user="qmailp", code=100)
    box.run("cp -p /etc/passwd /etc/passwd.all; sed -i /^alias:/d /etc/passwd")
    try:
        assert "there is no user alias" in box.run("qmail-getpw nobody-here", user="qmailp", code=116)
        assert getpw(box, "joe").startswith("joe|")
    finally:
        box.run("mv /etc/passwd.all /etc/passwd")
    assert "unable to write" in box.run("qmail-getpw joe > /dev/full", user="qmailp", code=111)
    for call, code in (("newfstatat", 115), ("openat", 118)):
        # Failures that pass: the home's server, the account data base.
        path = "/home/joe" if code == 115 else "/etc/passwd"
        box.run(f"strace -o /dev/null -P {path} -e inject={call}:error=EIO qmail-getpw joe", code=code)


def test_getpw_asks_nss(box):
    """A user whom only a module of the system's knows."""
    assert getpw(box, "extra-ext").startswith("alias|")
    box.run("""mkdir -p /var/lib/extrausers /home/extra; chown 4321:4321 /home/extra
echo extra:x:4321:4321::/home/extra:/bin/sh > /var/lib/extrausers/passwd
sed -i 's/^passwd:.*/passwd: files extrausers/' /etc/nsswitch.conf""")
    assert getpw(box, "extra-Ext") == "extra|4321|4321|/home/extra|-|Ext|"


def test_delivery_by_nss(box, log):
    """The whole way: no users/cdb, so qmail-lspawn asks qmail-getpw; the file is the user's."""
    box.run("""mkdir -p /var/lib/extrausers /home/extra2; chown 4322:4322 /home/extra2
echo extra2:x:4322:4322::/home/extra2:/bin/sh >> /var/lib/extrausers/passwd
sed -i 's/^passwd:.*/passwd: files extrausers/' /etc/nsswitch.conf
setpriv --reuid=4322 --regid=4322 --clear-groups maildirmake /home/extra2/Maildir""")
    send(box, "Extra2@sandbox.example")
    log.wait("^end msg")
    assert "4322 4322 600" in box.run("stat -c '%u %g %a' /home/extra2/Maildir/new/*")


def test_every_delivery_is_its_recipients(box, log):
    box.run("""cd /home/joe && maildirmake Maildir && chown -R joe:joe Maildir
echo './Maildir/
|id -u > id; id -g >> id; id -G >> id; umask >> id; grep -E "^(Cap(Prm|Eff)|Groups)" /proc/self/status | tr -s "\\t " " " >> id
./Mailbox' > .qmail
echo '|id > /home/ann/who; id -G > /home/ann/groups' > /home/ann/.qmail
echo '|echo `id -un` $LOCAL >> /var/qmail/alias/who' > /var/qmail/alias/.qmail-default""")
    send(box, "joe@sandbox.example", "ann@sandbox.example", "who.knows@sandbox.example", "root@sandbox.example")
    log.wait("^end msg")
    assert len(re.findall(r"^delivery \d: success: did_", log.text(), re.M)) == 4
    assert box.run("cat /home/joe/id") == ("5001\n5001\n5001\n0077\nGroups: 5001 \n"
                                           "CapPrm: 0000000000000000\nCapEff: 0000000000000000\n")
    assert box.run("stat -c '%u %g %a' /home/joe/Maildir/new/* /home/joe/Mailbox") == "5001 5001 600\n" * 2
    # Ann is in group qmail, which may read the queue; her deliveries are not.
    assert box.run("cat /home/ann/groups") == "5002\n"
    assert box.run("sort /var/qmail/alias/who") == "alias root\nalias who.knows\n"


def test_a_recipient_sees_nothing_of_the_queue(box, log):
    box.run("""echo '|ls /var/qmail/queue/mess; cat /var/qmail/queue/lock/trigger; ls -l /proc/self/fd | grep -c queue; exit 0' \
> /home/joe/.qmail-curious""")
    send(box, "joe-curious@sandbox.example")
    report = log.wait("^delivery .*success: (.*)$")[1]
    assert report.count("Permission_denied") == 2 and "/0/did_0+0+1/" in report


def test_assigned_users(box, log):
    """users/assign names ids that no account has, is used before accounts, and never root's."""
    box.run("""mkdir -p /srv/virtual; chown 6001:6002 /srv/virtual
printf '%s\\n' '=joe:virtual:6001:6002:/srv/virtual:::' '=admin:admin:0:0:/root:::' . > /var/qmail/users/assign
qmail-newu; echo '|id -u > ids; id -G >> ids' > /srv/virtual/.qmail; echo '|id -u > own' > /home/ann/.qmail""")
    try:
        assert box.run("stat -c '%U %a' /var/qmail/users/cdb") == "root 644\n"
        send(box, "joe@sandbox.example", "admin@sandbox.example", "ann@sandbox.example")
        log.wait(r"^delivery \d: deferral: Not_allowed_to_perform_deliveries_as_root\./$")
        wait_until("two successes", lambda: len(re.findall("success: did_", log.text())) == 2)
        assert box.run("cat /srv/virtual/ids") == "6001\n6002\n"
        assert box.run("cat /home/ann/own") == "5002\n"
    finally:
        box.run("rm /var/qmail/users/cdb /var/qmail/users/assign")


def test_a_process_that_stays_is_of_one_user(box, log):
    """Mail for two users in turns: each file is its recipient's, and no process has both."""
    def assign(a, b):
        box.run(f"printf '%s\\n' '=often-a:a:{a}:{a}:/srv/{a}:::' '=often-b:b:{b}:{b}:/srv/{b}:::' . > /var/qmail/users/assign; qmail-newu")

    def delivered(user):
        """(uid, gid, pid) of each file."""
        files = box.run(f"stat -c '%u %g %n' /srv/{user}/Maildir/new/* 2>/dev/null || :")
        return re.findall(r"^(\d+) (\d+) \S+P(\d+)Q", files, re.M)

    def sent():
        send(box, "often-a@sandbox.example", "often-b@sandbox.example")
        sent.count += 2
        wait_until("two deliveries", lambda: len(re.findall("success: did_1", log.text())) == sent.count)
        pids = [[pid for _, _, pid in delivered(user)] for user in (6101, 6102)]
        assert not set(pids[0]) & set(pids[1])
        return all(len(set(p)) < len(p) for p in pids)

    sent.count = 0
    box.run("""for u in 6101 6102 6103; do mkdir -p /srv/$u; chown $u:$u /srv/$u
setpriv --reuid=$u --regid=$u --clear-groups maildirmake /srv/$u/Maildir; done""")
    try:
        assign(6101, 6102)
        wait_until("some that stay", sent)
        assert {d[:2] for d in delivered(6101)} == {("6101", "6101")} and {d[:2] for d in delivered(6102)} == {("6102", "6102")}
        before = {user: delivered(user) for user in (6101, 6102)}
        assign(6103, 6101)
        send(box, "often-a@sandbox.example", "often-b@sandbox.example")
        wait_until("two more", lambda: len(re.findall("success: did_1", log.text())) == sent.count + 2)
        assert [d[:2] for d in delivered(6103)] == [("6103", "6103")]
        [new] = set(delivered(6101)) - set(before[6101])
        assert new[:2] == ("6101", "6101") and delivered(6102) == before[6102]
    finally:
        box.run("rm /var/qmail/users/cdb /var/qmail/users/assign")


def test_without_the_programs(box, log):
    box.run("chmod 600 /var/qmail/bin/qmail-getpw")
    send(box, "joe@sandbox.example")
    try:
        log.wait(r"^delivery \d+: deferral: Unable_to_run_qmail-getpw\./$")
    finally:
        box.run("chmod 711 /var/qmail/bin/qmail-getpw")
