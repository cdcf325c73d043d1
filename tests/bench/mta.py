"""The mail systems that are measured: ours in a trial instance, and Debian's Postfix with a configuration of its own."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "system"))
from instance import Instance, wait_until  # noqa: E402

DOMAIN = "bench.example"
REMOTE = "remote.example"
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            return s.recv(100).startswith(b"220")
    except OSError:
        return False


def cpu_of(pids):
    """CPU seconds of processes and of the children that they waited for."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += sum(int(f) for f in fields[11:15])
    return total / TICK


def pss_of(pids):
    """Proportional share of memory in kB."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss: +(\d+)", text, re.M)[1])
    return total


def descendants(pid):
    found = [pid]
    for p in found:
        try:
            found += map(int, pathlib.Path(f"/proc/{p}/task/{p}/children").read_text().split())
        except OSError:
            pass
    return found


class Ours:
    name = "qmail++"

    def __init__(self, place, sink_port):
        self.place, self.sink_port = place, sink_port

    def version(self):
        done = subprocess.run(["git", "-C", TESTS, "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True)
        return done.stdout.strip() or "-"

    def start(self, deliver):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.instance = i = Instance(directory=self.place, controls={
            "locals": DOMAIN, "rcpthosts": DOMAIN, "concurrencylocal": "50", "concurrencyremote": "50",
            "smtproutes": f"{REMOTE}:[127.0.0.1]:{self.sink_port}"})
        self.maildir = i.home / "home/Maildir/new"
        if deliver:
            i.start()
        self.port = i.door()
        self.sendmail = [i.home / "bin/sendmail"]
        self.env = i.env
        self.identity = i.identity

    def pids(self):
        return [pid for p in self.instance.children for pid in descendants(p.pid)]

    def stop(self):
        self.instance.close()


class Postfix:
    name = "Postfix"

    def __init__(self, place, sink_port):
        self.place, self.sink_port = place, sink_port

    @staticmethod
    def is_there():
        return shutil.which("postfix", path="/usr/sbin") is not None

    def version(self):
        return subprocess.run(["/usr/sbin/postconf", "-dh", "mail_version"], stdout=subprocess.PIPE,
                              text=True).stdout.strip()

    def start(self, deliver, further=None):
        """further: settings in place of those below."""
        shutil.rmtree(self.place, ignore_errors=True)
        for folder in ("etc", "spool", "data", "boxes/Maildir"):
            (self.place / folder).mkdir(parents=True)
        shutil.chown(self.place / "data", "postfix")
        for folder in ("boxes", "boxes/Maildir"):
            shutil.chown(self.place / folder, "nobody", "nogroup")
        self.port = free_port()
        settings = {
            "compatibility_level": "3.6", "queue_directory": self.place / "spool", "data_directory": self.place / "data",
            "myhostname": f"mx.{DOMAIN}", "mydestination": "", "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4",
            "virtual_mailbox_domains": DOMAIN, "virtual_mailbox_base": self.place / "boxes",
            "virtual_mailbox_maps": "static:Maildir/", "virtual_uid_maps": "static:65534",
            "virtual_gid_maps": "static:65534", "mynetworks": "127.0.0.0/8", "smtp_host_lookup": "native",
            "transport_maps": f"inline:{{{REMOTE}=smtp:[127.0.0.1]:{self.sink_port}}}", "disable_dns_lookups": "yes",
            "default_destination_concurrency_limit": "50", "initial_destination_concurrency": "50",
            "default_process_limit": "100", "smtpd_client_connection_count_limit": "0",
            "smtpd_recipient_restrictions": "permit_mynetworks,reject",
            "smtpd_client_restrictions": "" if deliver else "check_client_access static:HOLD",
            "maillog_file": self.place / "log", "maillog_file_prefixes": self.place,
            "alias_maps": "", "alias_database": "", **(further or {})}
        (self.place / "etc/main.cf").write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        services = []
        for line in pathlib.Path("/usr/share/postfix/master.cf.dist").read_text().splitlines():
            if line.startswith("smtp      inet"):
                line = f"127.0.0.1:{self.port} inet n - n - 200 smtpd"
            services.append(re.sub(r"^(\S+ +\S+ +\S+ +\S+ +)y ", r"\1n ", line))
        services.append("postlog   unix-dgram n  -       n       -       1       postlogd")
        (self.place / "etc/master.cf").write_text("\n".join(services) + "\n")
        self.maildir = self.place / "boxes/Maildir/new"
        self.control("start")
        wait_until("Postfix", lambda: answers(self.port))
        self.master = int((self.place / "spool/pid/master.pid").read_text())
        self.sendmail = ["/usr/sbin/sendmail", "-C", self.place / "etc"]
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(self.place / "etc")}
        self.identity = {}

    def control(self, verb):
        done = subprocess.run(["/usr/sbin/postfix", "-c", self.place / "etc", verb], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        if done.returncode:
            raise SystemExit(f"postfix {verb}: {done.stdout}")

    def pids(self):
        return descendants(self.master)

    def stop(self):
        self.control("abort")
        wait_until("the end of Postfix", lambda: not os.path.exists(f"/proc/{self.master}"))
