"""What starts it all: the scripts of boot/, the units for systemd, the services for runit and daemontools."""
import os
import re

import pytest

from instance import wait_until
from machine import HOME, Machine
from paths import TOP
from test_walks import smtp_in

UNITS = sorted(TOP.glob("boot/systemd/*.service"))
SERVICES = sorted(TOP.glob("boot/run/*/run"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

# script: what qmail-start gets, by the manual of qmail.
SCRIPTS = {
    "home": "./Mailbox", "rc": "./Mailbox", "proc": "|preline procmail",
    "binm1": '|preline -f /usr/libexec/mail.local -r "${SENDER:-MAILER-DAEMON}" -d "$USER"',
    "binm2": '|preline -f /bin/mail -r "${SENDER:-MAILER-DAEMON}" -d "$USER"',
    "binm3": '|preline -f /bin/mail -f "${SENDER:-MAILER-DAEMON}" -d "$USER"'}


@pytest.fixture(scope="module")
def machine():
    made = Machine()
    made.configure()
    yield made
    made.close()


@as_root
@pytest.mark.parametrize("script", [*SCRIPTS, *(f"{s}+df" for s in SCRIPTS if s != "rc")])
def test_what_a_script_starts(machine, script):
    """With a stand-in for qmail-start, found first on PATH: no environment but PATH and TZ, and these arguments."""
    machine.run("mkdir -p /tmp/first")
    machine.put("tmp/first/qmail-start", "#!/bin/sh\nfor a; do printf '%s|' \"$a\"; done; echo; env | sort | sed '/^_=/d; /^PWD=/d'\n", 0o755)
    machine.run(f"mv {HOME}/bin/qmail-start /tmp/real; cp /tmp/first/qmail-start {HOME}/bin/")
    try:
        said = machine.run(f"{HOME}/boot/{script}", env={"TZ": "Asia/Tokyo", "PATH": "/usr/bin:/bin"})
        without = machine.run(f"unset TZ; {HOME}/boot/{script}", env={"PATH": "/usr/bin:/bin"})
    finally:
        machine.run(f"mv /tmp/real {HOME}/bin/qmail-start")
    kind, forward = script.removesuffix("+df"), "|dot-forward .forward\n" if script.endswith("+df") else ""
    want = f"{forward}{SCRIPTS[kind]}|splogger|qmail|\nPATH={HOME}/bin:/usr/bin:/bin\n"
    assert said == want + "TZ=Asia/Tokyo\n" and without == want


@as_root
def test_systemd_takes_the_units(machine):
    assert re.match(r"systemd \d+ ", machine.run("systemd-analyze --version"))
    for unit in UNITS:
        machine.run(f"cp {HOME}/boot/systemd/{unit.name} /etc/systemd/system/")
    machine.run("cd /etc/systemd/system && echo 'Bad=1' > /tmp/bad.service")
    said = machine.run(f"systemd-analyze verify --man=no {' '.join('/etc/systemd/system/' + u.name for u in UNITS)}")
    assert not [line for line in said.splitlines() if "qmail" in line], said
    # It would have seen one that is not right.
    machine.run("sed 's|qmail-start|qmail-stop|; s|^KillMode|KillMood|' /etc/systemd/system/qmail-send.service > /etc/systemd/system/odd.service")
    said = machine.run("systemd-analyze verify --man=no /etc/systemd/system/odd.service || :")
    assert "KillMood" in said and "qmail-stop" in said


# What systemd.exec(5) says implies NoNewPrivileges, by itself or without CAP_SYS_ADMIN.
IMPLIES = set("""NoNewPrivileges User DynamicUser SystemCallFilter SystemCallArchitectures SystemCallLog RestrictAddressFamilies
RestrictFileSystems RestrictNamespaces PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock
ProtectHostname MemoryDenyWriteExecute RestrictRealtime RestrictSUIDSGID LockPersonality SecureBits""".split())


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_units_let_set_uid_programs_be(unit):
    """But qmail-queued, whose processes are of one user all the time."""
    settings = re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.M)
    if unit.stem == "qmail-queued":
        assert {("User", "qmailq"), ("Group", "qmail"), ("NoNewPrivileges", "yes"), ("CapabilityBoundingSet", ""),
                ("SystemCallFilter", "@system-service seccomp"), ("ReadWritePaths", "/var/qmail/queue /var/qmail/run")} <= set(settings)
        return
    assert settings and not {name for name, _ in settings} & IMPLIES
    start = dict(settings)["ExecStart"]
    assert unit.stem in start or unit.stem == "qmail-send" and "qmail-start" in start
    if dict(settings).get("ProtectSystem") == "strict":
        assert dict(settings)["ReadWritePaths"] == "/var/qmail/queue"


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_units_start_again_without_an_end(unit):
    """By default systemd gives up after five times in ten seconds."""
    unit_part, _, service_part = unit.read_text().partition("[Service]")
    assert "\nStartLimitIntervalSec=0\n" in unit_part
    assert "\nRestart=always\n" in service_part and "\nRestartSec=1\n" in service_part


def test_every_unit_is_a_service_too():
    assert {u.stem for u in UNITS} == {s.parent.name for s in SERVICES}
    for s in SERVICES:
        unit = next(u for u in UNITS if u.stem == s.parent.name)
        # The same command with the same arguments, in the words of a shell and of systemd.
        command = re.search(r"^ExecStart=(?:\S+/)?(?:sh -c 'exec )?(.*?)'?$", unit.read_text(), re.M)[1].replace("$$(", "$(")
        assert command.split() == s.read_text().replace("\\\n", " ").rpartition('"TZ=$TZ"}')[2].split()


@pytest.fixture(params=["runit", "daemontools"])
def supervised(request):
    """A machine on which qmail-send and qmail-smtpd are services; (machine, the supervisor's command for a service)."""
    machine = Machine("mail.machine.example", users=["joe"])
    try:
        machine.configure()
        machine.run(f"cp -r {HOME}/boot/run/qmail-send {HOME}/boot/run/qmail-smtpd {HOME}/boot/run/qmail-queued /tmp; "
                    f"cd /tmp && printf '127.:allow,RELAYCLIENT=\"\"\\n:allow\\n' | tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp")
        machine.run("cd; maildirmake Maildir", user="joe", env={"HOME": "/home/joe"})
        machine.run("mkdir /tmp/service; ln -s /tmp/qmail-send /tmp/qmail-smtpd /tmp/qmail-queued /tmp/service")
        runit = request.param == "runit"
        if not runit:
            machine.run("rm /usr/bin/svlogd /usr/bin/chpst")
        keeper = machine.spawn(f"cd /tmp/service && exec {'runsvdir' if runit else 'svscan'} /tmp/service", stdin=-3, stdout=-3, stderr=-3)

        def control(action, service):
            letters = {"hup": "-h", "alarm": "-a", "down": "-d", "up": "-u"}
            machine.run(f"sv {action} /tmp/service/{service}" if runit else f"svc {letters[action]} /tmp/service/{service}")
        yield machine, control
        keeper.kill()
        keeper.wait()
    finally:
        machine.close()


@as_root
def test_supervised(supervised):
    """The services start, log, take mail by SMTP and deliver it, hear signals, and go down."""
    machine, control = supervised

    def log(service):
        try:
            return machine.path(f"var/log/{service}/current").read_text()
        except FileNotFoundError:
            return ""

    def logged(service, pattern, count=1):
        wait_until(f"{pattern} of {service}", lambda: len(re.findall(pattern, log(service))) >= count)

    logged("qmail-send", r"status: local 0/10 remote 0/20\n")
    logged("qmail-smtpd", r"tcpserver: status: 0/100\n")
    machine.wait_listening(25)
    wait_until("qmail-queued", lambda: machine.path(f"{HOME}/run/qmail-queued").is_socket())
    assert {p[0] for p in machine.processes("qmail-queued")} == {machine.id("qmailq")}
    for name in ("svlogd", "multilog"):
        assert {p[0] for p in machine.processes(name)} <= {machine.id("qmaill")}
    assert {p[0] for p in machine.processes("tcpserver")} == {machine.id("qmaild")}
    with smtp_in(machine, "127.0.0.1") as smtp:
        smtp.sendmail("a@b.example", ["joe@mail.machine.example"], "Subject: by a service\n\n")
    logged("qmail-send", "end msg")
    (message,) = machine.path("home/joe/Maildir/new").iterdir()
    assert "Subject: by a service\n" in message.read_text() and "invoked from network" in message.read_text()

    machine.put("home/joe/.qmail", "|exit 111\n")
    machine.run("echo to: joe | qmail-inject")
    logged("qmail-send", "deferral")
    machine.put("home/joe/.qmail", "./Maildir/\n")
    machine.put(f"{HOME}/control/concurrencylocal", "3\n")
    control("hup", "qmail-send")
    control("alarm", "qmail-send")
    logged("qmail-send", "end msg", 2)
    assert "status: local 1/3 remote 0/20" in log("qmail-send")

    # Ended and started again.
    control("down", "qmail-send")
    logged("qmail-send", "status: exiting")
    wait_until("the end of all parts", lambda: not any(machine.processes(p) for p in ("qmail-send", "qmail-lspawn", "qmail-clean")))
    control("up", "qmail-send")
    logged("qmail-send", r"status: local 0/3 remote 0/20\n", 2 if "status: local 0/3" in log("qmail-send") else 1)
    control("down", "qmail-queued")
    wait_until("the end of qmail-queued", lambda: not machine.processes("qmail-queued"))
    assert not machine.path(f"{HOME}/run/qmail-queued").exists()
    control("down", "qmail-smtpd")
    wait_until("the end of tcpserver", lambda: not machine.processes("tcpserver"))
    control("down", "qmail-send")
    wait_until("the end of all parts", lambda: not any(machine.processes(p) for p in ("qmail-send", "qmail-lspawn", "qmail-clean")))


@as_root
def test_who_may_gain_no_privileges_hears_of_it(machine):
    """What INSTALL.md says of NoNewPrivileges: no mail, and a text that says where the trouble is."""
    said = machine.run("cd / && echo to: joe | setpriv --no-new-privs qmail-inject", user="joe", code=111)
    assert said in ("qmail-inject: fatal: qq trouble in home directory (#4.3.0)\n",
                    "qmail-inject: fatal: qq trouble creating files in queue (#4.3.0)\n")
    assert machine.run("cd / && echo to: joe | qmail-inject", user="joe") == ""
