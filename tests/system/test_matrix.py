"""The users of an installation: none can read or change what belongs to another."""
import os
import pathlib

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import SANITIZED

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

USERS = ("alias", "qmaild", "qmaill", "qmailp", "qmailq", "qmailr", "qmails")
GROUP_QMAIL = ("qmailq", "qmails")  # qmailr takes it for qmail-rspawn alone, and gives it up for qmail-remote


@pytest.fixture(scope="module")
def machine():
    made = Machine()
    made.configure(concurrencylocal="0", concurrencyremote="0")
    made.start()
    made.run("echo to: joe | qmail-inject", user="joe")
    made.log.wait("info msg")
    wait_until("the message", lambda: list(made.path(f"{HOME}/queue/mess").glob("*/*")))
    made.run("qmail-qctl hold --all")  # makes a state file
    yield made
    made.close()


TRY = """
import os, sys
for path in sys.argv[1:]:
    done = ""
    try:
        if os.path.isdir(path): os.listdir(path)
        else: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        done += "r"
    except OSError: pass
    try:
        if os.path.isdir(path):
            new = path + "/of-another"
            os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.unlink(new)
        else: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        done += "w"
    except OSError: pass
    print(path, done or "-")
"""


def identity(machine, user):
    """As programs run: qmailr as qmail-remote does, with nofiles alone."""
    group = "qmail" if user in GROUP_QMAIL else "nofiles"
    return f"setpriv --reuid={user} --regid={group} --clear-groups"


def what_it_can(machine, user, paths):
    machine.put("tmp/try", TRY)
    said = machine.run(f"{identity(machine, user)} /usr/bin/python3 /tmp/try {' '.join(paths)}")
    return {line.rsplit(" ", 1)[0]: line.rsplit(" ", 1)[1] for line in said.splitlines()}


def possessions(machine):
    """{path: owner's name} of all below the root that is one of the users', and is not public."""
    names = {machine.id(user): user for user in USERS}
    found = {}
    for top, folders, files in os.walk(machine.path(HOME)):
        for name in [*folders, *files]:
            path = pathlib.Path(top, name)
            if (owner := names.get(path.lstat().st_uid)) and not path.is_symlink():
                found["/" + str(path.relative_to(machine.path("/".lstrip("/"))))] = owner
    return found


# Read by group qmail, which delivers: directories of the queue and messages, and what qmail-send says of itself.
def is_shared(path):
    below = path.removeprefix(f"{HOME}/queue")
    return below == "" or below in ("/README", "/format", "/lock", "/lock/status", "/lock/tcpto", "/mess") or below.startswith("/mess/")


@pytest.mark.parametrize("user", USERS)
def test_no_user_has_what_is_anothers(machine, user):
    owned = possessions(machine)
    assert set(owned.values()) >= {"alias", "qmailq", "qmailr", "qmails"} and len(owned) > 50
    can = what_it_can(machine, user, [path for path, owner in owned.items() if owner != user])
    public = {f"{HOME}/alias", f"{HOME}/bin/qmail-queue", f"{HOME}/run", f"{HOME}/run/lock"}  # to be seen by all
    for path, done in can.items():
        want = "-"
        if user in GROUP_QMAIL and is_shared(path) or path in public and path != f"{HOME}/bin/qmail-queue":
            want = "r"
        # The hints of qmail-queue, and bodies on their way to a delivery, which have no names.
        if user == "qmailq" and path == f"{HOME}/queue/lock/trigger" or user in GROUP_QMAIL and path == f"{HOME}/queue/copy":
            want = "w"
        assert done == want, (user, path, owned[path])


@pytest.mark.parametrize("user", USERS)
def test_no_user_reaches_the_processes_of_another(machine, user):
    names = {machine.id(name): name for name in USERS}
    said = machine.run(f"{identity(machine, user)} /usr/bin/python3 -c '"
                       "import os\n"
                       "for p in os.listdir(\"/proc\"):\n"
                       "  if not p.isdigit() or int(p) == os.getpid(): continue\n"
                       "  uid = os.stat(\"/proc/\" + p).st_uid\n"
                       "  try: os.kill(int(p), 0); print(\"kill\", uid)\n"
                       "  except OSError: pass\n"
                       "  try: open(\"/proc/\" + p + \"/mem\").close(); print(\"mem\", uid)\n"
                       "  except OSError: pass'")
    assert {names[int(line.split()[1])] for line in said.splitlines()} <= {user}


def status(machine, name):
    pid = machine.run(f"pgrep -nx {name[:15]}").strip()
    return dict(line.split(":\t", 1) for line in machine.path(f"proc/{pid}/status").read_text().splitlines() if ":\t" in line)


@pytest.mark.skipif(SANITIZED, reason="jails are off in a build with sanitizers")
def test_who_is_jailed_where_qmail_queue_is_set_uid(machine):
    for name, filter in (("qmail-clean", "2"), ("qmail-rspawn", "2"), ("splogger", "2"), ("qmail-send", "0")):
        now = status(machine, name)
        assert (now["Seccomp"], now["NoNewPrivs"]) == (filter, "1" if filter == "2" else "0"), name


def test_lspawn_keeps_two_rights(machine):
    now = status(machine, "qmail-lspawn")
    setgid, setuid = 6, 7
    assert int(now["CapEff"], 16) == int(now["CapPrm"], 16) == 1 << setgid | 1 << setuid
    assert int(now["CapInh"], 16) == 0
    assert int(now["CapBnd"], 16) & 2  # users' set-uid programs have theirs (CAP_DAC_OVERRIDE)
