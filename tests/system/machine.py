"""An installation as administrators make it, in a sandbox: `make setup`, users of its own, syslog."""
import os
import pathlib
import re
import socket
import threading

from instance import Log, wait_until
from paths import SANITIZED, TOP
from sandbox import Sandbox

HOME = "/var/qmail"


class Syslog:
    """Takes what the programs of a sandbox send to syslog; a Log of the lines without their priority and stamp."""

    def __init__(self, sandbox):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        here = os.open(sandbox.path("dev"), os.O_RDONLY)  # its name is too long for an address
        try:
            self.socket.bind(f"/proc/self/fd/{here}/log")
        finally:
            os.close(here)
        sandbox.path("dev/log").chmod(0o666)
        self.raw = []
        path = sandbox.place / "syslog"
        path.touch()
        self.log = Log(path)
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        with open(self.log.path, "ab", buffering=0) as f:
            while True:
                try:
                    datagram = self.socket.recv(9000)
                except OSError:  # closed
                    return
                self.raw.append(datagram)
                f.write(re.sub(rb"^<\d+>.{15} ", b"", datagram.rstrip(b"\n\0")) + b"\n")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Machine(Sandbox):
    """log: what went to syslog. Not started yet; start() runs boot/rc or what is given."""

    def __init__(self, name="mail.machine.example", users=("joe", "mike"), before=""):
        """before: shell commands to run before `make setup`."""
        super().__init__(name)
        self.put("etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {name}\n")
        self.put("etc/resolv.conf", "nameserver 127.0.0.1\n")
        if self.path(HOME).exists():
            self.run(f"rm -rf {HOME}")
        self.run(before)
        sanitize = "SANITIZE=1" if SANITIZED else ""
        self.run(f"make -s -C {TOP} {sanitize} setup")
        for user in users:
            self.run(f"useradd -m -s /bin/sh {user}")
        self.syslog = Syslog(self)
        self.log = self.syslog.log

    def close(self):
        self.syslog.close()
        super().close()

    def id(self, user):
        return int(self.run(f"id -u {user}"))

    def gid(self, group):
        return int(self.run(f"getent group {group}").split(":")[2])

    def configure(self, **controls):
        """config-fast, then further control files."""
        self.run(f"{HOME}/bin/config-fast {self.name}")
        for name, text in controls.items():
            self.put(f"{HOME}/control/{name}", text + "\n")

    def start(self, command=f"{HOME}/boot/rc", env=None):
        """Starts mail, and waits until it runs."""
        self.log.forget()
        started = self.spawn(f"cd / && exec {command}", env=env, stdin=-3, stdout=-3, stderr=-3)
        self.log.wait("status: local 0")
        return started

    def door(self, *options, port=25, host="0", command="qmail-smtpd"):
        """tcpserver as qmaild, answering when this returns."""
        identity = f"-u {self.id('qmaild')} -g {self.gid('nofiles')}"
        self.spawn(f"exec tcpserver {identity} {' '.join(options)} {host} {port} {command}", stdin=-3, stdout=-3, stderr=-3)
        self.wait_listening(port)

    def wait_listening(self, port):
        table = pathlib.Path(f"/proc/{self.first}/net/tcp")
        wait_until(f"port {port}", lambda: re.search(rf":{port:04X} \S+ 0A ", table.read_text()))

    def processes(self, name):
        """(uid, gid, groups) of each process of this name."""
        found = []
        for place in self.path("proc").glob("[0-9]*"):
            try:
                status = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines() if ":\t" in line)
            except OSError:
                continue
            if status["Name"] == name[:15] and not status["State"].startswith("Z"):
                found.append((int(status["Uid"].split()[1]), int(status["Gid"].split()[1]),
                              [int(g) for g in status["Groups"].split()]))
        return found
