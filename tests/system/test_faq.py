"""The commands of doc/FAQ.md, one after the other, and what they are for."""
import os
import re
import textwrap

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import TOP
from test_software import LMTP

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
FAQ = (TOP / "doc/FAQ.md").read_text()


def blocks():
    """(question, commands) of every block that is indented by four spaces."""
    for part in re.sub(r"```.*?```", "", FAQ, flags=re.S).split("\n### ")[1:]:
        question = part.partition("\n")[0]
        for block in re.findall(r"(?:^    .*\n)+", part, re.M):
            yield question, textwrap.dedent(block)


def test_the_commands():
    machine = Machine("mail.example.org")
    try:
        machine.configure()
        machine.start(f"{HOME}/boot/home")
        said = {}
        for question, commands in blocks():
            said[question] = said.get(question, "") + machine.run(f"set -e\ncd /var/qmail\n{commands}")
            assert machine.processes("qmail-send"), question
        check(machine, said)
    finally:
        machine.close()


def send(machine, recipient, sender="mike"):
    """A message, delivered to its end, and all that it became; what the log says of it."""
    machine.log.forget()
    machine.run(f"printf 'To: {recipient}\\nSubject: for {recipient}\\n\\n' | qmail-inject", user=sender)
    machine.log.wait("end msg")
    wait_until("an empty queue", lambda: not list(machine.path(f"{HOME}/queue/mess").glob("*/*")))
    return machine.log.text()


def check(machine, said):
    """What the answers promise."""
    assert "qmail home directory: /var/qmail.\n" in said["What is in force?"] and "instcheck" not in said["What is in force?"]
    assert "messages in queue: 0\n" in said["What waits?"]
    assert said["What would happen to mail for joe?"].startswith("mbox ./Mailbox\n")
    assert "Sorry, no mailbox here by that name. (#5.1.1)" in said["What would happen to mail for joe?"]
    assert "allow connection" in said["Who may relay?"] and "RELAYCLIENT" in said["Who may relay?"]
    assert said["A filter for viruses or spam?"] == "qmail-inject: fatal: no viruses, please (#5.7.1)\n"
    replies = said["How do I try SMTP by hand?"]
    assert [r[:3] for r in replies.splitlines() if r[3] == " "] == ["220", "250", "250", "250", "221"]

    log = send(machine, "info@virtual.example")
    assert "to local joe-v-info@virtual.example\n" in log and "to local mike@mail.example.org\n" in log
    assert "to local joe@other.example\n" in send(machine, "joe@other.example")
    assert "status: local 1/10 remote 0/50\n" in machine.log.text()
    log = send(machine, "sales@mail.example.org")
    assert "to local joe@mail.example.org\n" in log
    log = send(machine, "office@mail.example.org")
    assert "to local joe@mail.example.org\n" in log and "to local mike@mail.example.org\n" in log
    assert "success: did_1+0+0/" in send(machine, "ann@mail.example.org")
    assert list(machine.path("home/mike/hosted/ann/Maildir/new").iterdir())
    assert "from <joe-list-owner-@mail.example.org-@[]>" in send(machine, "joe-list@mail.example.org")
    machine.log.forget()
    machine.run("printf 'To: joe\\nX-Spam: yes\\n\\n' | qmail-inject", user="mike")
    machine.log.wait(r"failure: No_more_of_this\./")


def test_the_lmtp_client_is_the_tested_one():
    assert FAQ.partition("```python\n")[2].partition("```")[0] == LMTP
