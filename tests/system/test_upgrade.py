"""doc/UPGRADE.md: from another qmail's /var/qmail with mail waiting to this one, and back, by its commands."""
import os
import re

import pytest

from instance import wait_until
from machine import HOME, Machine
from oldqueue import OldQueue
from paths import TOP

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

HOST = "mail.machine.example"
# What the other qmail's installation left: users, control files, programs, a queue with its owners.
BEFORE = f"""
set -e
groupadd -r qmail; groupadd -r nofiles
useradd -r -M -g nofiles -d {HOME}/alias alias
for u in qmaild qmaill qmailp; do useradd -r -M -g nofiles -d {HOME} $u; done
for u in qmailq qmailr qmails; do useradd -r -M -g qmail -d {HOME} $u; done
mkdir -p {HOME}/bin {HOME}/control {HOME}/alias {HOME}/queue
echo old > {HOME}/bin/qmail-send; chmod 711 {HOME}/bin/qmail-send
for c in me locals rcpthosts; do echo {HOST} > {HOME}/control/$c; done
echo virtual.example:joe-v > {HOME}/control/virtualdomains
cd {TOP}/tests/system && python3 - <<'END'
from oldqueue import OldQueue
q = OldQueue('{HOME}/queue').make()
first = b'Received: (qmail 7 invoked from network); 1 Oct 2026 00:00:00 -0000\\n'
q.add(first + b'Subject: one\\n\\nold\\n', 's@x', local=['Djoe@{HOST}', 'Tmike@{HOST}', 'Tjoe-v-info@virtual.example'])
q.add(first + b'Subject: two\\n\\nwaits\\n', 'mike@{HOST}', remote=['Tr@192.0.2.1.example', 'Dgone@x.example'],
      bounce=b'<gone@x.example>:\\nno such user\\n\\n', age=86400)
q.add_new(b'Subject: three\\n\\nnew\\n', 's@x', 'joe@{HOST}')
END
cd {HOME}/queue
chown -R qmailq:qmail .; chown -R qmails:qmail info local remote bounce lock/trigger lock/sendmutex
chown qmailr lock/tcpto; chmod -R u=rwX,g=rX,o= .; chmod -R go= info local remote bounce pid intd
"""


@pytest.fixture(scope="module")
def machine():
    made = Machine(before=BEFORE)
    yield made
    made.close()


def mailbox(machine, user):
    path = machine.path(f"/home/{user}/Mailbox")
    return path.read_text() if path.exists() else ""


def owners(machine, command):
    """What find prints of owners and modes, each once."""
    return sorted(set(machine.run(command).splitlines()))


def test_there_and_back(machine):
    assert machine.run(f"{HOME}/bin/instcheck") == ""
    said = machine.run(f"{HOME}/bin/qmail-qimport {HOME}/queue.old && {HOME}/bin/qmail-qlint")
    assert said == ("imported 3, imported before 0, already finished 0, never accepted 0, not imported 0\n"
                    "3 messages, 3 sound\n")
    assert owners(machine, f"find {HOME}/queue/mess {HOME}/queue/state -type f -printf '%u:%g %m\\n'") == [
        "qmailq:qmail 644", "qmails:qmail 600"]
    assert owners(machine, f"find {HOME}/queue/import -maxdepth 0 -printf '%u %m\\n'") == ["root 700"]
    listed = machine.run("qmail-qread")
    assert "\tlocal\tjoe-v-info@virtual.example\n" in listed and "  done\tlocal\tjoe@" in listed
    assert re.search(r"<mike@.*>  bouncing\n  done\tremote|<mike@.*>  bouncing\n\tremote", listed)

    machine.path("/home/joe/.qmail-v-info").write_text("./Mailbox\n")
    machine.run("chown joe /home/joe/.qmail-v-info")
    machine.start()
    wait_until("the mail", lambda: "Subject: one" in mailbox(machine, "mike")
               and mailbox(machine, "joe").count("Subject:") == 2)
    assert sorted(re.findall("Subject: .*", mailbox(machine, "joe"))) == ["Subject: one", "Subject: three"]
    machine.log.wait("deferral")
    wait_until("one message left", lambda: machine.run("qmail-qstat").startswith("messages in queue: 1\n"))
    machine.run("kill $(pidof qmail-send)")
    machine.log.wait("status: exiting")

    # Trouble that only root sees and mends.
    machine.run(f"chown root {HOME}/queue/mess/*/* && chgrp nofiles {HOME}/queue/lock && chown qmailq {HOME}/queue/state/*/*")
    said = machine.run(f"{HOME}/bin/qmail-qlint", code=1)
    assert f"owner 0 instead of {machine.id('qmailq')}\n" in said
    assert f"queue/lock: group {machine.gid('nofiles')} instead of {machine.gid('qmail')}\n" in said
    assert said.endswith("1 messages, 0 sound, 3 troubles\n")
    assert machine.run(f"{HOME}/bin/qmail-qlint --repair").endswith("1 messages, 1 sound, 3 troubles, 3 mended\n")
    assert machine.run(f"{HOME}/bin/qmail-qlint") == "1 messages, 1 sound\n"

    # And back.
    said = machine.run(f"{HOME}/bin/qmail-qexport -r {HOME}/queue.back")
    assert said == "exported 1, exported before 0, already finished 0, not exported 0\n"
    assert machine.run("qmail-qstat").startswith("messages in queue: 0\n")
    back = f"{HOME}/queue.back"
    assert owners(machine, f"find {back} -type f -not -path '*/export/*' -printf '%P %u:%g %m\\n' | sed 's/[0-9]*\\/[0-9]* /N /; s/bounce.[0-9]* /bounce\\/N /'") == [
        "bounce/N qmails:qmail 600", "info/N qmails:qmail 600", "lock/sendmutex qmails:qmail 600",
        "lock/tcpto qmailr:qmail 644", "mess/N qmailq:qmail 644", "remote/N qmails:qmail 600"]
    directories = owners(machine, f"find {back} -type d -printf '%P %u:%g %m\\n' | sed 's/[0-9][0-9]* /N /'")
    assert directories == [
        " qmailq:qmail 750", "bounce qmails:qmail 700", "export root:qmail 700", "info qmails:qmail 700",
        "info/N qmails:qmail 700", "intd qmailq:qmail 700", "local qmails:qmail 700", "local/N qmails:qmail 700",
        "lock qmailq:qmail 750", "mess qmailq:qmail 750", "mess/N qmailq:qmail 750", "pid qmailq:qmail 700",
        "remote qmails:qmail 700", "remote/N qmails:qmail 700", "todo qmailq:qmail 750"]
    (message,) = OldQueue(machine.path(back)).read().values()
    assert message["remote"] == ["Tr@192.0.2.1.example", "Dgone@x.example"]
    assert message["bounce"] == b"<gone@x.example>:\nno such user\n\n" and message["body"].endswith(b"waits\n")
