"""People who come from sendmail: /etc/aliases and .forward files as they are, local-host-names, access, virtusertable.

Mail comes in by swaks, through tcpserver and qmail-smtpd, on a machine installed by make setup.
"""
import os
import re
import subprocess

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import BUILD

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

ALIASES = """# See aliases(5).
mailer-daemon:\tpostmaster
postmaster:\troot
root:\tmei

Project: takagi, iida,
\tsupport@example.jp
project2: /dev/null
project3: "| /usr/local/bin/procmail -x"
support@example.jp: \\mei
staff: :include:/etc/mail/staff, mei
owner-staff: kazu
info@virtual.example: mei
@virtual.example: iida
"""
STAFF = "# the staff\nTakagi Taro <takagi>, iida\nnobody-here@example.jp\n"
FORWARDS = {
    "takagi": "kazu@example.jp\n",
    "iida": '\\iida, "|/usr/local/bin/note iida"\n',
    "wrong": "mei\n/home/wrong/archive\n",
}


@pytest.fixture(scope="module")
def machine():
    m = Machine("mail.example.jp", users=["takagi", "iida", "kazu", "mei", "wrong", "plain"])
    try:
        # /etc/mail/local-host-names becomes locals and rcpthosts; virtusertable's domain a virtual one.
        hosts = "example.jp\nmail.example.jp"
        m.configure(locals=hosts, rcpthosts=hosts + "\nvirtual.example", defaulthost="example.jp",
                    virtualdomains="virtual.example:alias", badmailfrom="@spam.example")
        # /etc/mail/access: 192.168.0 RELAY, localhost RELAY, 10.9 REJECT.
        m.put("etc/tcp.smtp", '192.168.0.:allow,RELAYCLIENT=""\n127.:allow,RELAYCLIENT=""\n10.9.:deny\n:allow\n')
        m.run("tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp < /etc/tcp.smtp; mkdir -p /etc/mail")
        m.put("etc/aliases", ALIASES)
        m.put("etc/mail/staff", STAFF)
        m.put("usr/local/bin/procmail", '#!/bin/sh\n(echo "$@"; cat) > /tmp/project3.new; mv /tmp/project3.new /tmp/project3\n', 0o755)
        m.put("usr/local/bin/note", "#!/bin/sh\n(echo \"for $1\"; cat) > ~/note.new; mv ~/note.new ~/note\n", 0o755)
        m.run("newaliases && newinclude /etc/mail/staff")
        m.run(f"echo '|fastforward -d /etc/aliases.cdb' > {HOME}/alias/.qmail-default; ln -sf {HOME}/bin/sendmail /usr/sbin/sendmail")
        for user, text in FORWARDS.items():
            m.put(f"home/{user}/.forward", text)
        m.start(f"{HOME}/boot/home+df")
        m.door("-x", "/etc/tcp.smtp.cdb", "-R")
        yield m
    finally:
        m.close()


def send(m, to, *more, sender="someone@elsewhere.example", subject="hello"):
    """A message by SMTP; what swaks said."""
    m.log.forget()
    text = m.run(f"swaks --server 127.0.0.1 --from '{sender}' --to '{to}' --h-Subject '{subject}' --body 'the body' "
                 f"--suppress-data {' '.join(more)} || :")
    return text


def box(m, user):
    path = m.path(f"home/{user}/Mailbox")
    return path.read_text() if path.exists() else ""


def wait_box(m, user, pattern):
    """Waits until a message in the user's Mailbox matches, and returns it."""
    def found():
        return [t for t in re.split(r"(?m)^(?=From )", box(m, user)) if re.search(pattern, t, re.M)]
    try:
        return wait_until(f"{pattern} in {user}'s Mailbox", found)[0]
    except AssertionError as e:
        raise AssertionError(f"{e}; the log:\n{m.log.text()}") from None


@ROOT_ONLY
def test_an_alias_for_several(machine):
    send(machine, "project@example.jp", subject="to the project")
    mei = wait_box(machine, "mei", "^Subject: to the project$")
    assert "Delivered-To: project@example.jp\n" in mei and mei.startswith("From someone@elsewhere.example ")
    # takagi's .forward sends it on; iida's keeps it and runs a command.
    kazu = wait_box(machine, "kazu", "^Subject: to the project$")
    assert re.findall(r"^Delivered-To: (.*)$", kazu, re.M) == ["kazu@example.jp", "takagi@example.jp", "project@example.jp"]
    wait_box(machine, "iida", "^Subject: to the project$")
    note = machine.path("home/iida/note").read_text()
    assert re.match(r"for iida\nFrom someone@elsewhere\.example .*\nReturn-Path: <someone@elsewhere\.example>\n"
                    r"Delivered-To: iida@example\.jp\n"
                    r"Received: \(qmail .*\nDelivered-To: project@example\.jp\nReceived: ", note)
    assert not box(machine, "takagi")


@ROOT_ONLY
def test_aliases_of_the_system(machine):
    for to in ("postmaster", "MAILER-DAEMON", "root@mail.example.jp"):
        send(machine, to if "@" in to else f"{to}@example.jp", subject=f"for {to}")
        wait_box(machine, "mei", f"^Subject: for {to}$")


@ROOT_ONLY
def test_mail_that_is_thrown_away(machine):
    send(machine, "project2@example.jp")
    machine.log.wait(r"delivery \d+: success: did_0\+0\+1/")
    machine.log.wait("end msg")


@ROOT_ONLY
def test_an_alias_that_is_a_command(machine):
    send(machine, "project3@example.jp", subject="piped")
    wait_until("the command", machine.path("tmp/project3").exists)
    text = machine.path("tmp/project3").read_text()
    assert text.startswith("-x\nFrom someone@elsewhere.example ") and "Subject: piped\n" in text


@ROOT_ONLY
def test_a_list_and_its_owner(machine):
    send(machine, "staff@example.jp", subject="to the staff")
    for user in ("iida", "mei", "kazu"):
        assert "Return-Path: <owner-staff@example.jp>\n" in wait_box(machine, user, "^Subject: to the staff$")
    # The address that is not there: its bounce goes to the list's owner.
    bounce = wait_box(machine, "kazu", "^Return-Path: <>$")
    assert "<nobody-here@example.jp>:\nSorry, no mailbox here by that name. (#5.1.1)\n" in bounce


@ROOT_ONLY
def test_a_virtual_domain(machine):
    send(machine, "info@virtual.example", subject="virtual")
    wait_box(machine, "mei", "^Subject: virtual$")
    send(machine, "anybody@virtual.example", subject="catch all")
    wait_box(machine, "iida", "^Subject: catch all$")


@ROOT_ONLY
def test_nobody(machine):
    send(machine, "nobody-at-all@example.jp", sender="plain@example.jp", subject="lost")
    bounce = wait_box(machine, "plain", "^<nobody-at-all@example.jp>:$")
    assert "Sorry, no mailbox here by that name. (#5.1.1)\n" in bounce


@ROOT_ONLY
def test_a_forward_file_that_is_wrong(machine):
    """Nothing of it is done; the message waits, and once the file is mended it arrives."""
    send(machine, "wrong@example.jp", subject="waits")
    machine.log.wait(r"deferral: dot-forward:_fatal:_\.forward_line_2:_file_delivery_/home/wrong/archive_not_supported/")
    assert "Subject: waits" not in box(machine, "mei")
    machine.put("home/wrong/.forward", "mei\n")
    machine.run("kill -ALRM $(ps -e | awk '$4 == \"qmail-send\" { print $1 }')")
    wait_box(machine, "mei", "^Subject: waits$")


@ROOT_ONLY
def test_users_without_a_file_and_with_a_qmail_file(machine):
    send(machine, "plain@example.jp", subject="plain")
    assert "Delivered-To: plain@example.jp\n" in wait_box(machine, "plain", "^Subject: plain$")
    machine.put("home/plain/.qmail", "|dot-forward .forward .forward.more\n&mei\n")
    machine.put("home/plain/.forward.more", "kazu\n")
    send(machine, "plain@example.jp", subject="by qmail file")
    wait_box(machine, "kazu", "^Subject: by qmail file$")
    machine.log.wait("end msg", 2)
    assert "Subject: by qmail file" not in box(machine, "mei")
    machine.run("rm /home/plain/.qmail /home/plain/.forward.more")


@ROOT_ONLY
def test_a_loop(machine):
    """Two that forward to each other: it ends, with a bounce."""
    machine.put("home/takagi/.forward", "wrong@example.jp\n")
    machine.put("home/wrong/.forward", "takagi@example.jp\n")
    send(machine, "takagi@example.jp", sender="plain@example.jp", subject="round")
    bounce = wait_box(machine, "plain", r"^This message is looping: it already has my Delivered-To line\. \(#5\.4\.6\)$")
    assert "<takagi@example.jp>:" in bounce
    machine.put("home/takagi/.forward", FORWARDS["takagi"])


@ROOT_ONLY
def test_access(machine):
    assert "250 2.1.5 ok" in send(machine, "friend@elsewhere.example", "--quit-after", "RCPT")  # localhost RELAY
    assert re.search(r"^<\*\* 5\d\d .*badmailfrom", send(machine, "mei@example.jp", sender="a@spam.example"), re.M)
    machine.run("ip addr add 10.9.0.1/32 dev lo; ip addr add 10.8.0.1/32 dev lo")
    assert "Connection refused" not in (text := send(machine, "mei@example.jp", "--local-interface", "10.9.0.1"))
    assert "220 " not in text
    text = send(machine, "friend@elsewhere.example", "--local-interface", "10.8.0.1")
    assert re.search(r"^<\*\* 553 .*\(#5\.7\.1\)", text, re.M)


@ROOT_ONLY
def test_what_scripts_call(machine):
    """sendmail's own commands."""
    machine.run("printf 'To: project\\nSubject: by sendmail -t\\n\\n' | /usr/sbin/sendmail -t -oi", user="plain")
    wait_box(machine, "kazu", "^Subject: by sendmail -t$")
    machine.log.wait("end msg", 3)
    assert machine.run("/usr/sbin/sendmail -bp") == ""
    assert machine.run("/usr/sbin/sendmail -q") == ""


@ROOT_ONLY
def test_aliases_that_cannot_be_used(machine):
    """The old ones go on."""
    machine.put("etc/aliases", ALIASES + "archive: /var/mail/archive\n")
    said = machine.run("newaliases", code=111)
    line = ALIASES.count("\n") + 1
    assert said == f"newaliases: fatal: /etc/aliases line {line}: file delivery /var/mail/archive not supported\n"
    assert not machine.path("etc/aliases.tmp").exists()
    said = machine.run("RECIPIENT=support@example.jp SENDER= fastforward -n /etc/aliases.cdb")
    assert said == "from <>\nto <mei@example.jp>\n"
    machine.put("etc/aliases", ALIASES)
    machine.run("newaliases")


DEFAULTS = {
    "home": "./Mailbox",
    "proc": "|preline procmail",
    "binm1": '|preline -f /usr/libexec/mail.local -r "${SENDER:-MAILER-DAEMON}" -d "$USER"',
    "binm2": '|preline -f /bin/mail -r "${SENDER:-MAILER-DAEMON}" -d "$USER"',
    "binm3": '|preline -f /bin/mail -f "${SENDER:-MAILER-DAEMON}" -d "$USER"',
}


@pytest.mark.parametrize("script", [name + df for name in DEFAULTS for df in ("", "+df")])
def test_default_delivery_of_boot_scripts(script, tmp_path):
    fake = tmp_path / "qmail-start"
    fake.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    fake.chmod(0o755)
    text = re.sub(r'PATH="[^"]*/bin:', f'PATH="{tmp_path}:', (BUILD / "boot" / script).read_text())
    assert str(tmp_path) in text
    said = subprocess.run(["/bin/sh", "-c", text], stdout=subprocess.PIPE, check=True).stdout.decode()
    name = script.removesuffix("+df")
    first = "|dot-forward .forward\n" if script.endswith("+df") else ""
    assert said == f"{first}{DEFAULTS[name]}|splogger|qmail|"


def test_procmail_as_the_default_delivery(instance):
    """boot/proc+df, with Debian's procmail."""
    (instance.home / "home/.procmailrc").write_text(f"DEFAULT={instance.home}/home/Maildir/\n")
    instance.start(default="|dot-forward .forward\n|preline procmail ./.procmailrc")
    instance.queue("Subject: sorted\n\nbody\n", "s@x.example", "tester@trial.example")
    [message] = instance.wait_messages()
    assert message.startswith(b"Return-Path: <s@x.example>\nDelivered-To: tester@trial.example\n")
    instance.log.wait("^end msg")
    # With a .forward procmail sees nothing.
    instance.log.forget()
    instance.put("home/.forward", "tester-other@trial.example\n")
    instance.dot_qmail("other", "./Maildir/\n")
    instance.queue("Subject: forwarded\n\nbody\n", "s@x.example", "tester@trial.example")
    instance.log.wait(r"^delivery 2: success: dot-forward:_info:_qp_\d+/did_0\+0\+1/$")
    [_, message] = instance.wait_messages(2)
    assert b"Delivered-To: tester-other@trial.example\n" in message
