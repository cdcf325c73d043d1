"""POP3 for accounts of the system and for users without: walk 4, checkpassword, Dovecot on the same Maildirs."""
import imaplib
import os
import poplib
import re

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import BUILD
from test_walks import smtp_in

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

NAME = "mail.machine.example"
SECRETS = {"joe": "joe's secret word", "mike": "pass:with:colons"}
MESSAGE = b"From: a@b.example\r\nSubject: for pop\r\n\r\n.dot\r\n..\r\n\r\nlast\r\n"

# Keeps what crypt is asked to work with.
SHIM = r"""
#define _GNU_SOURCE
#include <crypt.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
char *crypt(const char *phrase, const char *setting) {
  char *(*real)(const char *, const char *) = (char *(*)(const char *, const char *))dlsym(RTLD_NEXT, "crypt");
  FILE *log = fopen(getenv("CRYPT_LOG"), "a");
  fprintf(log, "%s\n", setting);
  fclose(log);
  return real(phrase, setting);
}
"""

DOVECOT = """
protocols = imap pop3
listen = 127.0.0.1
base_dir = /run/dovecot
log_path = /tmp/dovecot.log
ssl = no
disable_plaintext_auth = no
passdb {
  driver = shadow
}
userdb {
  driver = passwd
}
mail_location = maildir:~/Maildir
pop3_uidl_format = %f
service imap-login {
  inet_listener imap {
    port = 143
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = 1110
  }
  inet_listener pop3s {
    port = 0
  }
}
"""


@pytest.fixture(scope="module")
def machine():
    made = Machine(NAME)
    made.configure()
    for user, secret in SECRETS.items():
        made.run("chpasswd", input=f"{user}:{secret}\n")
    yield made
    made.close()


@pytest.fixture(scope="module")
def walk(machine):
    """Walk 4: Maildirs, ./Maildir/ as the default delivery, tcpserver on pop3."""
    for user in SECRETS:
        machine.run("maildirmake ~/Maildir", user=user, env={"HOME": f"/home/{user}"})
    machine.run(f"sed 's,./Mailbox,./Maildir/,' {HOME}/boot/rc >{HOME}/rc && chmod 755 {HOME}/rc && grep -q Maildir {HOME}/rc")
    machine.start(f"{HOME}/rc")
    machine.door("-H", "-R", "-l", NAME)
    machine.spawn(f"exec tcpserver -H -R -l {NAME} 0 pop3 qmail-popup {NAME} checkpassword qmail-pop3d Maildir",
                  stdin=-3, stdout=-3, stderr=-3)
    machine.wait_listening(110)
    machine.put("tmp/dovecot.conf", DOVECOT)
    machine.spawn("exec dovecot -F -c /tmp/dovecot.conf", stdin=-3, stdout=-3, stderr=-3)
    machine.wait_listening(143)
    machine.wait_listening(1110)
    return machine


def pop_client(machine, user, secret=None, port=110):
    class Client(poplib.POP3):
        def _create_socket(self, timeout):
            return machine.connect("127.0.0.1", port)

    pop = Client("127.0.0.1", port)
    pop.user(user)
    pop.pass_(secret or SECRETS[user])
    return pop


def imap_client(machine, user):
    class Client(imaplib.IMAP4):
        def _create_socket(self, timeout):
            return machine.connect("127.0.0.1", 143)

    imap = Client()
    imap.login(user, SECRETS[user])
    return imap


def mail(machine, user, count=1):
    """Mail by SMTP, until it can be fetched."""
    machine.log.forget()
    for _ in range(count):
        with smtp_in(machine, "127.0.0.1") as smtp:
            smtp.sendmail("a@b.example", f"{user}@{NAME}", MESSAGE)
    machine.log.wait("end msg", count)
    newest = max(p.stat().st_mtime for p in machine.path(f"home/{user}/Maildir/new").iterdir())
    wait_until("the next second", lambda: int(machine.run("date +%s")) > newest)


def maildir(machine, user):
    return sorted(p.name for folder in ("new", "cur") for p in machine.path(f"home/{user}/Maildir/{folder}").iterdir())


def test_users_fetch_their_mail(walk):
    mail(walk, "joe", 2)
    pop = pop_client(walk, "joe")
    assert pop.stat()[0] == 2
    (process,) = walk.processes("qmail-pop3d")
    assert process == (walk.id("joe"), walk.gid("joe"), [walk.gid("joe")])
    for n in (1, 2):
        got = b"".join(line + b"\r\n" for line in pop.retr(n)[1])
        assert got.startswith(b"Return-Path: <a@b.example>\r\nDelivered-To: joe@mail.machine.example\r\n")
        assert got.endswith(b"\r\n" + MESSAGE + b"\r\n")
        pop.dele(n)
    pop.quit()
    assert maildir(walk, "joe") == []
    # mike has his own.
    pop = pop_client(walk, "mike")
    assert pop.stat()[0] == 0
    pop.quit()


def test_fetchmail_as_a_user(walk):
    mail(walk, "mike")
    assert "This is fetchmail release 6." in walk.run("fetchmail --version", user="mike", env={"HOME": "/home/mike"})
    walk.run(f"umask 077; echo \"set invisible poll 127.0.0.1 protocol pop3 user mike password '{SECRETS['mike']}' sslproto '' "
             "no rewrite mda 'cat >~/fetched'\" >~/.fetchmailrc && fetchmail --nosyslog", user="mike", env={"HOME": "/home/mike"})
    assert walk.path("home/mike/fetched").read_bytes().endswith(b".dot\n..\n\nlast\n\n")
    assert maildir(walk, "mike") == []


@pytest.mark.parametrize("login", [("joe", "wrong"), ("nobody", "x"), ("unknown", "x")])
def test_others_do_not(walk, login):
    with pytest.raises(poplib.error_proto, match="authorization failed"):
        pop_client(walk, *login)


def test_dovecot_reads_the_same_maildir(walk):
    assert re.match(r"2\.\d", walk.run("dovecot --version"))
    mail(walk, "joe", 3)
    ours = pop_client(walk, "joe")
    uids = ours.uidl()[1]
    assert len(uids) == 3
    first = ours.retr(1)[1]
    assert all(p.parent.name == "new" for p in walk.path("home/joe/Maildir").glob("new/*"))

    # An IMAP client looks at it meanwhile: all move to cur, one gets flags.
    imap = imap_client(walk, "joe")
    assert imap.select()[1] == [b"3"]
    assert imap.store("2", "+FLAGS", r"(\Seen \Flagged)")[0] == "OK"
    _, ((_, whole), _) = imap.fetch("1", "(RFC822)")
    assert whole + b"\r\n" == b"".join(line + b"\r\n" for line in first)
    assert not list(walk.path("home/joe/Maildir/new").iterdir())
    assert any(name.endswith(":2,FS") for name in maildir(walk, "joe"))

    # Our session goes on, and deletes the one with flags.
    assert ours.retr(2)[1] and ours.retr(3)[1]
    ours.dele(2)
    ours.quit()
    assert len(maildir(walk, "joe")) == 2
    imap.noop()
    assert imap.select()[1] == [b"2"]
    imap.logout()

    # Dovecot's POP3 server knows the rest by the same unique names.
    other = pop_client(walk, "joe", port=1110)
    assert [uid.split()[1] for uid in other.uidl()[1]] == [uid.split()[1] for uid in (uids[0], uids[2])]
    other.dele(1)
    other.quit()
    last = pop_client(walk, "joe")
    assert [uid.split()[1] for uid in last.uidl()[1]] == [uids[2].split()[1]]
    last.dele(1)
    last.quit()
    assert maildir(walk, "joe") == []


# checkpassword


def check(machine, login, secret, *, user=None, program="true", before=""):
    """The exit code of checkpassword, and what program and it printed."""
    said = machine.run(f"printf '%s\\0' \"$LOGIN\" \"$SECRET\" stamp | {{ {before} sh -c 'exec 3<&0 </dev/null; "
                       f"exec checkpassword {program}'; echo exit $?; }}", user=user, env={"LOGIN": login, "SECRET": secret})
    text, _, code = said.rpartition("exit ")
    return int(code), text


def test_a_user_as_after_a_login(machine):
    machine.run("groupadd -f mates; usermod -aG mates joe")
    code, text = check(machine, "joe", SECRETS["joe"],
                       program='sh -c "id -u; id -g; id -G; pwd; echo \\$USER \\$HOME \\$SHELL; test -e /proc/self/fd/3; echo \\$?"')
    uid, gid, mates = machine.id("joe"), machine.gid("joe"), machine.gid("mates")
    assert (code, text) == (0, f"{uid}\n{gid}\n{gid} {mates}\n/home/joe\njoe /home/joe /bin/sh\n1\n")


@pytest.fixture
def account(machine):
    """A further account, whose secret is `it`."""
    machine.run("useradd -m -s /bin/sh tom && echo tom:it | chpasswd")
    assert check(machine, "tom", "it") == (0, "")
    yield "tom"
    machine.run("userdel -r tom 2>/dev/null")


@pytest.mark.parametrize("change, secret", [
    ("usermod -L tom", "it"), ("usermod -p '*' tom", "it"), ("usermod -p '!' tom", "it"), ("usermod -p x tom", "x"), ("passwd -q -d tom", ""),
    ("chage -E 1 tom", "it"), ("chage -E 0 tom", "it"), ("chage -d 0 tom", "it"), ("chage -d 2001-01-01 -M 30 tom", "it"),
    ("true", "It"), ("true", ""), ("true", "it "), ("true", "i"),
])
def test_refused(machine, account, change, secret):
    machine.run(change)
    assert check(machine, account, secret) == (1, "")


def test_a_home_that_is_missing(machine, account):
    machine.run("rm -rf /home/tom")
    assert check(machine, account, "it") == (
        111, "checkpassword: fatal: unable to enter /home/tom and run true: file does not exist\n")


@pytest.mark.parametrize("kind", ["SHA256", "SHA512", "YESCRYPT", "MD5", "DES"])
def test_every_kind_of_hash_in_shadow(machine, account, kind):
    machine.run(f"echo tom:another | chpasswd -c {kind}")
    assert check(machine, account, "another") == (0, "")
    assert check(machine, account, "it") == (1, "")


def test_without_root(machine):
    """Without a right to the hash it cannot tell; with it, for oneself alone."""
    for login in ("joe", "mike", "unknown"):
        code, text = check(machine, login, SECRETS.get(login, "x"), user="joe")
        assert (code, text) == (111, "checkpassword: fatal: unable to look up the password: access denied\n")
    reader = f"setpriv --reuid=joe --regid={machine.gid('joe')} --groups={machine.gid('shadow')}"
    assert check(machine, "joe", SECRETS["joe"], before=reader, program="id -un") == (0, "joe\n")
    assert check(machine, "joe", "wrong", before=reader) == (1, "")
    assert check(machine, "mike", SECRETS["mike"], before=reader) == (
        111, "checkpassword: fatal: unable to become mike: permission denied\n")


@pytest.mark.parametrize("program", ["checkpassword", "checkpassword-cdb"])
def test_each_answer_costs_one_hash(machine, account, program):
    """Whoever asks, for whomever: crypt works once, with a setting of the same kind and cost."""
    machine.put("tmp/shim.c", SHIM)
    machine.run("cc -shared -fPIC -o /tmp/shim.so /tmp/shim.c -ldl; touch /tmp/crypted; chmod 666 /tmp/crypted")
    run = "checkpassword"
    if program == "checkpassword-cdb":
        machine.run("grep -E '^(joe|tom):' /etc/shadow | while IFS=: read -r user hash rest; do echo $user:$hash:1000:1000:/tmp; done |"
                    " checkpassword-mkcdb /tmp/users.cdb /tmp/users.tmp")
        run += "-cdb /tmp/users.cdb"
    machine.run("usermod -L mike")
    shadow = machine.path("etc/shadow").read_text()
    own = {user: re.search(rf"^{user}:!?(\S+?):", shadow, re.M)[1] for user in ("joe", "mike", "tom")}
    asan = "ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 " if BUILD.name == "sanitize" else ""
    try:
        for login, secret, code in [("joe", SECRETS["joe"], 0), ("joe", "wrong", 1), ("tom", "it", 0), ("tom", "wrong", 1),
                                    ("mike", SECRETS["mike"], 1), ("nosuchuser", "x", 1), ("daemon", "x", 1), ("", "", 1)]:
            machine.put("tmp/crypted", "", 0o666)
            got = machine.run(f"printf '%s\\0' \"$LOGIN\" \"$SECRET\" stamp | {{ exec 3<&0 </dev/null; {asan}LD_PRELOAD=/tmp/shim.so "
                              f"CRYPT_LOG=/tmp/crypted {run} true; echo $?; }}", env={"LOGIN": login, "SECRET": secret})
            settings = machine.path("tmp/crypted").read_text().splitlines()
            assert got == f"{code}\n" and len(settings) == 1, (login, settings)
            assert settings[0].split("$")[:3] == own["joe"].split("$")[:3] and settings[0].startswith("$y$")
            if login in own and not (login == "mike" and program == "checkpassword-cdb"):
                assert settings == [own[login]]
    finally:
        machine.run("usermod -U mike")


# Users without accounts


def test_virtual_users(walk):
    walk.run("useradd -r -m -d /home/vmail vmail && mkdir -p /home/vmail/a.test && chown vmail /home/vmail/a.test")
    uid, gid = walk.id("vmail"), walk.gid("vmail")
    walk.run("maildirmake /home/vmail/a.test/Maildir", user="vmail")
    walk.put("home/vmail/a.test/Maildir/new/1.host", "Subject: virtual\n\nhello\n")
    walk.run("chown -R vmail: /home/vmail; touch -d @1000 /home/vmail/a.test/Maildir/new/1.host")
    hashed = walk.run("openssl passwd -6 -stdin", input="virtual secret\n").strip()
    walk.put("etc/pop.users", f"joe@a.test:{hashed}:{uid}:{gid}:/home/vmail/a.test\n")
    walk.run("checkpassword-mkcdb /etc/pop.cdb /etc/pop.tmp < /etc/pop.users && chown vmail /etc/pop.cdb")
    walk.spawn(f"exec tcpserver -H -R -l {NAME} -u vmail 0 2110 qmail-popup {NAME} checkpassword-cdb /etc/pop.cdb qmail-pop3d Maildir",
               stdin=-3, stdout=-3, stderr=-3)
    walk.wait_listening(2110)
    with pytest.raises(poplib.error_proto, match="authorization failed"):
        pop_client(walk, "joe@a.test", "other secret", 2110)
    with pytest.raises(poplib.error_proto, match="authorization failed"):
        pop_client(walk, "joe", SECRETS["joe"], 2110)
    pop = pop_client(walk, "joe@a.test", "virtual secret", 2110)
    assert pop.retr(1)[1] == [b"Subject: virtual", b"", b"hello", b""]
    assert (uid, gid, [gid]) in walk.processes("qmail-pop3d")
    pop.dele(1)
    pop.quit()
    assert not list(walk.path("home/vmail/a.test/Maildir/new").iterdir())
