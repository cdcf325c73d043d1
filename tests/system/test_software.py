"""Debian's software on both ends of an installation: what delivers mail for dot-qmail files, and what sends by sendmail.

For each: its version, its exit as the log shows it, and the bytes that arrive.
"""
import email
import os
import re

import pytest

from instance import wait_until
from machine import HOME, Machine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
JOE = "joe@mail.machine.example"
MESSAGE = (f"Date: 21 Nov 2026 10:00:00 -0000\nMessage-ID: <1@x>\nFrom: mike@mail.machine.example\nTo: {JOE}\n"
           "Subject: hello world\n\nFrom the body\n>From the body\n.\n..\nna\u00efve \xff\nlast line\n")
LMTP = """#!/usr/bin/python3
import os, smtplib, sys
try:
    with smtplib.LMTP("/run/dovecot/lmtp") as server:
        server.ehlo()
        code, said = server.mail(os.environ["SENDER"])
        if code == 250: code, said = server.rcpt(os.environ["USER"])
        if code == 250: code, said = server.data(sys.stdin.buffer.read().replace(b"\\n", b"\\r\\n"))
except OSError as error:
    code, said = 400, str(error).encode()
print(said.decode())
sys.exit(0 if code == 250 else 100 if code >= 500 else 111)
"""


@pytest.fixture(scope="module")
def machine():
    made = Machine()
    made.configure()
    made.run(f"ln -sf {HOME}/bin/sendmail /usr/sbin/sendmail; ln -sf {HOME}/bin/sendmail /usr/lib/sendmail")
    for user in ("joe", "mike"):
        made.run("cd && chmod 755 . && maildirmake Maildir && echo ./Maildir/ >.qmail", user=user, env={"HOME": f"/home/{user}"})
    made.start()
    yield made
    made.close()


def version(machine, command, pattern):
    """What a program says when asked for its version: pattern's first group. What it needs must be asked of it."""
    said = machine.run(f"{command} 2>&1 </dev/null || :")
    found = re.search(pattern, said)
    assert found and re.match(r"v?\d+[.\d]+", found[1]), f"{command} said {said!r}"
    return found[1]


def deliver(machine, lines, **files):
    """Mail for joe by these lines of dot-qmail; returns what the log says of the delivery."""
    home = "/home/joe/"
    machine.put(f"{home}.qmail", lines + "\n")
    for name, text in files.items():
        machine.put(home + "." + name, text)
        machine.run(f"chown joe {home}.{name}")
    machine.run(f"cd {home} && rm -rf got Maildir && maildirmake Maildir", user="joe")
    machine.log.forget()
    machine.run("qmail-inject", user="mike", input=MESSAGE)
    report = machine.log.wait(r"\d delivery \d+: (.*)$")[1]
    if report.startswith("deferral:"):  # not to come again in the middle of what follows
        machine.put(f"{home}.qmail", "# thrown away\n")
        machine.run("pkill -ALRM -x qmail-send")
    machine.log.wait("end msg")
    return report


def as_sent(stored):
    """A stored message without the Received line of its way."""
    return re.sub(r"^Received: \(qmail \d+ invoked by uid \d+\); .*\n", "", stored, flags=re.M)


def one_file(machine, folder):
    (found,) = machine.path(folder).iterdir()
    return found.read_text(errors="surrogateescape")


TRACE = f"Return-Path: <mike@mail.machine.example>\nDelivered-To: {JOE}\n"
FROM = r"From mike@mail\.machine\.example \w{3} \w{3} [ \d]\d [\d:]{8} 2\d{3}\n"


def test_procmail(machine):
    found = version(machine, "procmail -v", r"procmail (v\S+)")
    rules = "MAILDIR=$HOME\nUMASK=077\n:0\n* ^Subject: hello\ngot\n"
    assert deliver(machine, "|preline procmail", procmailrc=rules) == "success: did_0+0+1/", found
    box = machine.path("home/joe/got").read_text()
    assert re.match(FROM, box)
    # procmail writes an mbox: it quotes what looks like the start of a message.
    assert as_sent(box.split("\n", 1)[1]) == TRACE + MESSAGE.replace("\nFrom ", "\n>From ") + "\n", found
    assert deliver(machine, "|preline procmail\n./Maildir/",
                   procmailrc="EXITCODE=77\n:0\n/dev/null\n") == "failure: ", found
    assert not list(machine.path("home/joe/Maildir/new").iterdir())
    assert deliver(machine, "|preline procmail", procmailrc="EXITCODE=75\n:0\n/dev/null\n").startswith("deferral:"), found


def test_maildrop(machine):
    found = version(machine, "maildrop -v", r"maildrop (\S+)")
    rules = 'if (/^Subject: hello/)\n{\n  to "Maildir"\n}\n'
    assert deliver(machine, "|preline -f maildrop", mailfilter=rules) == "success: did_0+0+1/", found
    assert as_sent(one_file(machine, "home/joe/Maildir/new")) == TRACE + MESSAGE, found
    refuse = 'echo "Not today"\nEXITCODE=77\nexit\n'
    assert deliver(machine, "|preline -f maildrop", mailfilter=refuse) == "failure: Not_today/", found
    assert deliver(machine, "|preline -f maildrop", mailfilter="EXITCODE=75\nexit\n").startswith("deferral:"), found


def dovecot_settings(machine):
    machine.put("etc/dovecot/dovecot.conf", "mail_location = maildir:~/Maildir\nssl = no\nprotocols = lmtp\nlog_path = /tmp/dovecot.log\n"
                "postmaster_address = postmaster@mail.machine.example\nuserdb {\n driver = passwd\n}\npassdb {\n driver = static\n"
                " args = nopassword=y\n}\nservice lmtp {\n unix_listener lmtp {\n  mode = 0666\n }\n}\n")
    machine.run("touch /tmp/dovecot.log; chmod 666 /tmp/dovecot.log")


def test_dovecot_lda(machine):
    found = version(machine, "dovecot --version", r"^(\S+) \(")
    dovecot_settings(machine)
    line = '|preline -f /usr/lib/dovecot/dovecot-lda -f "$SENDER" -a "$RECIPIENT"'
    assert deliver(machine, line) == "success: did_0+0+1/", found
    stored = as_sent(one_file(machine, "home/joe/Maildir/new"))
    assert stored == TRACE + MESSAGE, found
    assert deliver(machine, "|/usr/lib/dovecot/dovecot-lda -d nobody-like-that").startswith("deferral:"), found


def test_dovecot_by_lmtp(machine):
    found = version(machine, "dovecot --version", r"^(\S+) \(")
    dovecot_settings(machine)
    machine.put("tmp/lmtp", LMTP, 0o755)
    assert deliver(machine, "|/tmp/lmtp").startswith("deferral:"), found  # nobody is there yet
    machine.run("mkdir -p /run/dovecot")
    server = machine.spawn("exec dovecot -F", stdin=-3, stdout=-3, stderr=-3)
    try:
        wait_until("dovecot", lambda: machine.path("run/dovecot/lmtp").exists())
        assert re.fullmatch(r"success: 2\.0\.0_<joe>_\S+_Saved/did_0\+0\+1/", deliver(machine, "|/tmp/lmtp")), found
        stored = as_sent(one_file(machine, "home/joe/Maildir/new"))
        trace, rest = stored.split("\nDate: ", 1)
        assert "Return-Path: <mike@mail.machine.example>" in trace and "with LMTP" in trace, found
        assert "Date: " + rest == MESSAGE, found
        refused = deliver(machine, "|USER=nobody-like-that /tmp/lmtp")
        assert re.match(r"failure: 5\.1\.1_<nobody-like-that>_User_doesn't_exist", refused), (found, refused)
    finally:
        server.terminate()
        server.wait()


def test_maildir_filter(machine):
    """A program made for dot-qmail files: its exit codes are those of qmail-command(8)."""
    found = version(machine, "maildir-filter -V", r",v (\S+) 2004")
    matches = "|maildir-filter -r 'Subject: hello' -d ./Maildir\n|echo not reached >got"
    assert re.fullmatch(r"success: .*we_got_a_match.*/did_0\+0\+1/", deliver(machine, matches)), found  # it exits 99
    assert as_sent(one_file(machine, "home/joe/Maildir/new")) == MESSAGE, found
    assert not machine.path("home/joe/got").exists(), found
    assert re.match("failure: .*bouncing/", deliver(machine, "|maildir-filter -b -r 'Subject: hello'")), found  # 100
    assert deliver(machine, "|maildir-filter -b -r 'Subject: other'\n./Maildir/") == "success: did_1+0+1/", found  # 0
    assert as_sent(one_file(machine, "home/joe/Maildir/new")) == TRACE + MESSAGE, found


# What reads a bounce, as mailing-list managers do, and prints address and code of each failure.
PARSERS = {
    "Sisimai": """use Sisimai; use Sisimai::Mail; my $r = Sisimai->make($ARGV[0]);
        print join(" ", Sisimai->version, map { ($_->recipient->address, $_->deliverystatus, $_->smtpagent) } @$r);""",
    "Mail::DeliveryStatus::BounceParser": """use Mail::DeliveryStatus::BounceParser; local $/; open F, $ARGV[0];
        my $b = Mail::DeliveryStatus::BounceParser->new(<F>);
        print join(" ", $Mail::DeliveryStatus::BounceParser::VERSION, $b->is_bounce, $b->addresses, map { $_->get("std_reason") } $b->reports);"""}


@pytest.mark.parametrize("parser", PARSERS)
def test_bounces_are_understood(machine, parser):
    machine.run("rm -f /home/mike/Maildir/new/*")
    assert deliver(machine, "|echo 'Sorry, no mailbox here by that name. (#5.1.1)'; exit 100").startswith("failure: Sorry,")
    folder = machine.path("home/mike/Maildir/new")
    wait_until("a bounce", lambda: list(folder.iterdir()))
    bounce = f"/home/mike/Maildir/new/{next(folder.iterdir()).name}"
    machine.put("tmp/parse.pl", PARSERS[parser])
    found, *words = machine.run(f"perl /tmp/parse.pl {bounce} 2>/dev/null").split()
    assert re.match(r"\d+\.\d+", found)
    assert words == ([JOE, "5.1.1", "qmail"] if parser == "Sisimai" else ["1", JOE, "user_unknown"]), found


def wait_for_mail(machine, before=0):
    folder = machine.path("home/joe/Maildir/new")
    wait_until("a message", lambda: len(list(folder.iterdir())) > before)
    machine.log.wait("end msg")
    return one_file(machine, "home/joe/Maildir/new")


@pytest.fixture
def inbox(machine):
    """joe's empty maildir."""
    machine.put("home/joe/.qmail", "./Maildir/\n")
    machine.run("cd /home/joe && rm -rf Maildir && maildirmake Maildir", user="joe")
    machine.log.forget()
    return machine


def header_and_body(stored):
    fields = re.sub(r"\n[ \t]+", " ", stored.partition("\n\n")[0]).split("\n")
    assert fields[:2] == ["Return-Path: <mike@mail.machine.example>", f"Delivered-To: {JOE}"]
    # Some write lines that begin with From or are a dot in another form, for the sake of other mail systems.
    return (dict(f.split(": ", 1) for f in fields if ": " in f),
            email.message_from_string(stored).get_payload(decode=True).decode())


BODY = "From the body\n>From the body\n.\n..\nlast line\n"


def send(machine, command, body=BODY, code=0, **env):
    return machine.run(f"cd /home/mike && {command}", user="mike", input=body, code=code,
                       env={"HOME": "/home/mike", "MAILRC": "/dev/null", **env})


def test_mutt(inbox):
    found = version(inbox, "mutt -v", r"Mutt (\S+)")
    send(inbox, f"mutt -n -F /dev/null -s 'by mutt' -b hidden@mail.machine.example -- {JOE}")
    fields, body = header_and_body(wait_for_mail(inbox))
    assert (fields["Subject"], fields["To"], body) == ("by mutt", JOE, BODY), found
    assert "Bcc" not in fields and "hidden" not in str(fields), found
    assert re.match(r"mike( <|@)", fields["From"]), found


def test_mutt_hears_of_failure(inbox):
    """A queue that takes nothing: mutt says so and exits with 1."""
    found = version(inbox, "mutt -v", r"Mutt (\S+)")
    said = send(inbox, f"mutt -n -F /dev/null -s x -- {JOE}", code=1, QMAILQUEUE="/bin/false")
    assert "qq temporary problem" in said, (found, said)


def test_s_nail(inbox):
    found = version(inbox, "s-nail -V", r"s-nail (v\S+?),")
    send(inbox, f"s-nail -n -s 'by s-nail' -S mta={HOME}/bin/sendmail {JOE}")
    fields, body = header_and_body(wait_for_mail(inbox))
    assert (fields["Subject"], fields["To"], body) == ("by s-nail", JOE, BODY), found


def test_s_nail_hears_of_failure(inbox):
    found = version(inbox, "s-nail -V", r"s-nail (v\S+?),")
    said = send(inbox, f"s-nail -n -s x -S sendwait -S mta={HOME}/bin/sendmail {JOE}", code=4, QMAILQUEUE="/bin/false")
    assert "qq temporary problem" in said, (found, said)


def test_bsd_mailx(inbox):
    inbox.put("tmp/box", "From x Sat Nov 21 10:00:00 2026\nSubject: x\n\n\n", 0o644)
    found = version(inbox, "bsd-mailx -f /tmp/box", r"Mail version (\S+)")
    send(inbox, f"bsd-mailx -s 'by mailx' -c copy@mail.machine.example {JOE}", BODY.replace("\n.\n", "\n"))
    fields, body = header_and_body(wait_for_mail(inbox))
    assert (fields["Subject"], fields["To"], fields["Cc"]) == ("by mailx", JOE, "copy@mail.machine.example"), found
    assert body == BODY.replace("\n.\n", "\n"), found
    # It does not wait for sendmail, so that only its own arguments can fail.
    assert "usage" in send(inbox, "bsd-mailx -Q", code=1), found


def test_git_send_email(inbox):
    found = version(inbox, "git --version", r"git version (\S+)")
    patch = ("From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
             "From: mike <mike@mail.machine.example>\nDate: Sat, 21 Nov 2026 10:00:00 +0000\nSubject: [PATCH] mend it\n\nWhy.\n"
             "---\n file | 1 +\n\n-- \n2.39\n\n")
    inbox.put("home/mike/fix.patch", patch)
    options = f"--quiet --no-validate --suppress-cc=all --confirm=never --to={JOE} --envelope-sender=mike@mail.machine.example fix.patch"
    send(inbox, f"git -c user.name=mike -c user.email=mike@mail.machine.example send-email {options}")
    fields, body = header_and_body(wait_for_mail(inbox))
    assert (fields["Subject"], fields["To"], body) == ("[PATCH] mend it", JOE, patch.partition("\n\n")[2]), found
    assert fields["X-Mailer"] == f"git-send-email {found}"
    said = send(inbox, f"git -c user.name=mike -c user.email=mike@mail.machine.example send-email {options}", code=111,
                QMAILQUEUE="/bin/false")
    assert "qq temporary problem" in said, (found, said)


def test_tools_find_qmail_send_and_signal_it(inbox):
    """By name, as scripts do: pgrep, pidof, ps -C; HUP, ALRM, TERM."""
    found = version(inbox, "pgrep --version", r"procps-ng (\S+)")
    pid = inbox.run("pgrep -x qmail-send").strip()
    assert inbox.run("pidof qmail-send").strip() == inbox.run("ps -C qmail-send -o pid=").strip() == pid, found
    assert inbox.run(f"ps -o args= -p {pid}") == "qmail-send\n" and inbox.run("pgrep -xc qmail-send") == "1\n", found
    for name in ("qmail-lspawn", "qmail-rspawn", "qmail-clean"):
        assert inbox.run(f"pgrep -P {pid} -x {name}").strip().isdigit(), found

    inbox.put(f"{HOME}/control/concurrencylocal", "3\n")
    inbox.run("pkill -HUP -x qmail-send")
    inbox.put("home/joe/.qmail", "|exit 111\n")
    inbox.run("qmail-inject", user="mike", input=MESSAGE)
    inbox.log.wait("delivery .* deferral")
    inbox.log.wait("status: local 0/3 ")
    inbox.put("home/joe/.qmail", "./Maildir/\n")
    inbox.run("kill -ALRM $(pidof qmail-send)")
    wait_for_mail(inbox)
    inbox.log.forget()
    inbox.run("pkill -TERM -x qmail-send")
    inbox.log.wait("status: exiting$")
    wait_until("the end of all parts", lambda: not any(inbox.processes(p) for p in ("qmail-send", "qmail-lspawn", "qmail-clean")))
    inbox.run(f"rm {HOME}/control/concurrencylocal")
    inbox.start()
