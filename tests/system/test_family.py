"""What qmail 1.03, netqmail and notqmail have, by their manuals: programs, pages, control files. None may be missing."""
import os
import re
import subprocess

import pytest

from paths import BIN, TOP

# Every command of bin/; newest and oldest have different ones.
PROGRAMS = """
qmail-queue qmail-lspawn qmail-start qmail-newu qmail-newmrh qmail-getpw qmail-local qmail-remote qmail-rspawn qmail-clean
qmail-send splogger qmail-pw2u qmail-popup qmail-inject predate datemail mailsubj qmail-showctl qmail-qread qmail-qstat
qmail-tcpto qmail-tcpok qmail-pop3d qmail-qmqpc qmail-qmqpd qmail-qmtpd qmail-smtpd sendmail tcp-env qreceipt qbiff forward
preline condredirect bouncesaying except maildirmake maildir2mbox
qsmhook maildirwatch qail elq pinq
config config-fast instcheck
""".split()
# Of the packages that every qmail has beside it.
COMPANIONS = """
tcpserver tcprules tcprulescheck tcpclient rblsmtpd recordio fixcrio mconnect mconnect-io argv0 addcr delcr tcpcat who@ date@
finger@ http@ checkpassword dot-forward fastforward setforward printforward newaliases setmaillist printmaillist newinclude
""".split()
# Names that are not commands, so that only the pages have them.
PAGES = """
addresses.5 dot-qmail.5 envelopes.5 maildir.5 mbox.5 qmail-control.5 qmail-header.5 qmail-log.5 qmail-users.5 tcp-environ.5
forgeries.7 qmail.7 qmail-limits.7 qmail-command.8
""".split()
USERS_COMMANDS = """
bouncesaying condredirect except forward maildir2mbox maildirmake maildirwatch mailsubj preline qbiff qreceipt tcp-env
""".split()


def test_no_command_is_missing():
    assert not [p for p in PROGRAMS + COMPANIONS if not os.access(BIN / p, os.X_OK)]


def test_what_is_left_to_service_managers_is_said():
    """Part of daemontools, and in many scripts around qmail."""
    said = (TOP / "doc/INSTALL.md").read_text()
    for name in "setuidgid envuidgid envdir softlimit setlock multilog tai64n tai64nlocal".split():
        assert f"`{name}" in said and not (BIN / name).exists()


def test_no_page_is_missing():
    there = {p.name for p in (TOP / "doc/man").iterdir()}
    assert not set(PAGES) - there
    assert not {f"{p}.1" for p in USERS_COMMANDS} - there
    assert not {f"{p}.8" for p in PROGRAMS if p.startswith("qmail-") or p == "splogger"} - there


def test_installed_are_all_that_are_built():
    """The names that make setup installs come from the build."""
    made = (BIN.parent / "include/installed.h").read_text()
    names = set(re.findall(r'"([^"]+)"', re.search("INSTALLED_PROGRAMS (.*)", made)[1]))
    assert not set(PROGRAMS + COMPANIONS) - names


# control file: what qmail-showctl says without it (me is here), a line for it, and what qmail-showctl says of that.
ME = "here.example"
CONTROLS = {
    "badmailfrom": ("Any MAIL FROM is allowed.", "@x.example", "@x.example not accepted in MAIL FROM."),
    "bouncefrom": ("Bounce user name is MAILER-DAEMON.", "b", "Bounce user name is b."),
    "bouncehost": (f"Bounce host name is {ME}.", "b", "Bounce host name is b."),
    "concurrencylocal": ("Local concurrency is 10.", "7", "Local concurrency is 7."),
    "concurrencyremote": ("Remote concurrency is 20.", "7", "Remote concurrency is 7."),
    "databytes": ("SMTP DATA limit is 0 bytes.", "7", "SMTP DATA limit is 7 bytes."),
    "defaultdomain": (f"Default domain name is {ME}.", "d", "Default domain name is d."),
    "defaulthost": (f"Default host name is {ME}.", "d", "Default host name is d."),
    "doublebouncehost": (f"2B recipient host: {ME}.", "d", "2B recipient host: d."),
    "doublebounceto": ("2B recipient user: postmaster.", "d", "2B recipient user: d."),
    "envnoathost": (f"Presumed domain name is {ME}.", "d", "Presumed domain name is d."),
    "helohost": (f"SMTP client HELO host name is {ME}.", "h", "SMTP client HELO host name is h."),
    "idhost": (f"Message-ID host name is {ME}.", "i", "Message-ID host name is i."),
    "localiphost": (f"Local IP address becomes {ME}.", "l", "Local IP address becomes l."),
    "locals": ("Messages for me are delivered locally.", "l", "Messages for l are delivered locally."),
    "morercpthosts": ("No rcpthosts; morercpthosts is irrelevant.", "m", "No rcpthosts; doesn't matter that morercpthosts has m."),
    "percenthack": ("The percent hack is not allowed.", "p", "The percent hack is allowed for user%host@p."),
    "plusdomain": (f"Plus domain name is {ME}.", "p", "Plus domain name is p."),
    "qmqpservers": ("No QMQP servers.", "192.0.2.1", "QMQP server: 192.0.2.1."),
    "queuelifetime": ("Message lifetime in the queue is 604800 seconds.", "7", "Message lifetime in the queue is 7 seconds."),
    # On purpose not qmail's "any recipient": see doc/differences.md.
    "rcpthosts": ("SMTP clients may send messages to locals and virtualdomains only.", "r",
                  "SMTP clients may send messages to recipients at r."),
    "smtpgreeting": (f"SMTP greeting: 220 {ME}.", "s t", "SMTP greeting: 220 s t."),
    "smtproutes": ("No artificial SMTP routes.", ":r", "SMTP route: :r"),
    "timeoutconnect": ("SMTP client connection timeout is 60 seconds.", "7", "SMTP client connection timeout is 7 seconds."),
    "timeoutremote": ("SMTP client data timeout is 1200 seconds.", "7", "SMTP client data timeout is 7 seconds."),
    "timeoutsmtpd": ("SMTP server data timeout is 1200 seconds.", "7", "SMTP server data timeout is 7 seconds."),
    "virtualdomains": ("No virtual domains.", "v:w", "Virtual domain: v:w")}
FILES = sorted([*CONTROLS, "me"])


@pytest.mark.parametrize("name", CONTROLS)
def test_control_file_in_qmails_words(instance, name):
    absent, line, present = CONTROLS[name]
    instance.control("me", ME)

    def shown():
        text = instance.run("qmail-showctl", check=True).stdout.decode()
        return re.search(rf"^{name}: (.*?)\n(?:\n|\Z)", text, re.M | re.S)[1]
    assert shown() == f"(Default.) {absent}"
    instance.control(name, line)
    assert shown().strip() == present


def test_me_in_qmails_words(instance):
    def shown():
        return instance.run("qmail-showctl", check=True).stdout.decode()
    instance.control("me", ME)
    assert f"\nme: My name is {ME}.\n" in shown()
    instance.control("me", None)
    assert "\nme: (Default.) My name is undefined! Uh-oh.\n" in shown()


@pytest.mark.parametrize("name", FILES)
def test_control_file_is_described(name):
    page = (TOP / "doc/man/qmail-control.5").read_text()
    assert re.search(rf"^\.Ss.*\b{name}\b", page, re.M) and f"\n.It {name} Ta " in page
    assert (TOP / "control.sample" / name).read_text()


def opened(instance, *argv, input=b"", env=None, wait=None):
    """The control files that a program and its children open."""
    trace = instance.home / "trace"
    p = instance.spawn("strace", "-f", "-qq", "-e", "trace=openat,open", "-o", trace, *argv, env=env, stdin=subprocess.PIPE,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if wait:
        wait(p)
    p.communicate(input, timeout=60)
    instance.children.remove(p)
    names = re.findall(r'open(?:at)?\([^"]*"([^"]*)"', trace.read_text())
    return {n.removeprefix("control/").removeprefix(f"{instance.home}/control/") for n in names}


SENDS = "bouncefrom bouncehost concurrencylocal concurrencyremote doublebouncehost doublebounceto envnoathost locals me percenthack " \
        "queuelifetime virtualdomains"


@pytest.mark.parametrize("argv, files", [
    (["qmail-smtpd"], "badmailfrom databytes localiphost me morercpthosts.cdb rcpthosts smtpgreeting timeoutsmtpd"),
    (["qmail-qmtpd"], "databytes morercpthosts.cdb rcpthosts"),
    (["qmail-inject", "-n", "joe"], "defaultdomain defaulthost idhost me plusdomain"),
    (["qmail-remote", "h.example", "s@x", "r@h.example"], "helohost me smtproutes timeoutconnect timeoutremote"),
    (["qmail-qmqpc"], "qmqpservers"),
    (["qmail-newmrh"], "morercpthosts"),
    (["dot-forward", "-n", "there"], "defaultdomain defaulthost me plusdomain"),
    (["newinclude", "there"], "defaultdomain defaulthost me plusdomain"),
], ids=lambda a: a[0] if isinstance(a, list) else None)
def test_control_files_are_honoured(instance, argv, files):
    instance.control("rcpthosts", "x")
    instance.control("morercpthosts", "y")
    instance.run("qmail-newmrh", check=True)
    instance.control("smtproutes", ":[127.0.0.1]:1")
    instance.put("there", "joe\n")
    qmtp = b"3:\na\n,3:s@x,6:3:r@z,,"
    assert not set(files.split()) - opened(instance, *argv, input=qmtp)


def test_control_files_are_honoured_by_qmail_send(instance):
    """And by the program that writes its bounces."""
    instance.dot_qmail("default", "|echo no; exit 100\n")
    for sender in ("#@[]", "", "tester@trial.example"):
        assert instance.queue("Subject: x\n\n", sender, "joe@trial.example") == 0
    instance.control("doublebounceto", "tester")
    trace = instance.home / "trace"
    instance.start(prefix=("strace", "-f", "-qq", "-e", "trace=openat,open", "-o", str(trace)))
    instance.log.wait("triple bounce")
    instance.wait_empty()
    names = set(re.findall(r'open(?:at)?\([^"]*"([^"]*)"', trace.read_text()))
    assert not set(SENDS.split()) - {n.removeprefix("control/") for n in names}
