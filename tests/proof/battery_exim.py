"""Debian's Exim, for the battery: its packages as they come, unpacked beside the system, which they would take Postfix from.

Exim wants an account, a configuration in /etc and itself in /usr/sbin: it gets
them in a mount namespace, where these are the system's with its own on top. The
configuration is what Debian's update-exim4.conf makes of its own files and of
those in exim/, which say what is different for the battery.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from battery_servers import HERE, LIMIT, MOST, SILENCE, TESTS, Server, Sink, mta, roomy
from instance import wait_until

PACKAGES = ["exim4-daemon-light", "exim4-base", "exim4-config"]
NAME, NUMBER = "Debian-exim", 64999  # an account that is there as long as the namespace
START = r"""
set -e
mount -t overlay exim -o "lowerdir=/etc,upperdir=$P/packages/etc,workdir=$P/work" /etc
mount -t overlay exim -o "lowerdir=$P/packages/usr/sbin:/usr/sbin" /usr/sbin
update-exim4.conf -o /etc/exim4/exim4.conf
exec exim4 -bdf -oP "$P/pid"
"""


class Exim(Server):
    name = "Exim"

    def __init__(self, deliver=False):
        self.sink = Sink() if deliver else None
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="battery.", dir=roomy()))
        self.place.chmod(0o755)
        self.unpack()
        for folder in ("work", "spool", "log", "Maildir"):
            (self.place / folder).mkdir()
            os.chown(self.place / folder, NUMBER, NUMBER)
        self.port = mta.free_port()
        self.configure({"PLACE": self.place, "HERE": HERE, "PORT": self.port, "SINK": self.sink.port if deliver else 1,
                        "LIMIT": LIMIT, "MOST": MOST, "SILENCE": SILENCE, "QUEUE_ONLY": "false" if deliver else "true"})
        with open(self.place / "start.log", "wb") as log:
            self.daemon = subprocess.Popen(["unshare", "--mount", "sh", "-c", START], stdin=subprocess.DEVNULL, stdout=log,
                                           stderr=log, env={"P": str(self.place), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        wait_until("Exim", lambda: mta.answers(self.port) or self.daemon.poll() is not None)
        if self.daemon.poll() is not None:
            raise SystemExit(f"exim4: {(self.place / 'start.log').read_text()}")

    def unpack(self):
        folder = self.place / "debs"
        folder.mkdir()
        subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *PACKAGES], cwd=folder,
                       stdout=subprocess.DEVNULL, check=True)
        for package in folder.iterdir():
            subprocess.run(["dpkg", "-x", package, self.place / "packages"], check=True)
            if package.name.startswith(PACKAGES[0]):
                self.release = package.name.split("_")[1]

    def configure(self, words):
        etc = self.place / "packages/etc"
        for path in (TESTS / "proof/exim").rglob("*"):
            if path.is_file():
                text = re.sub(r"@([A-Z_]+)@", lambda m: str(words[m[1]]), path.read_text())
                (etc / "exim4" / path.relative_to(TESTS / "proof/exim")).write_text(text)
        (etc / "mailname").write_text(f"{HERE}\n")
        for name, line in {"passwd": f"{NAME}:x:{NUMBER}:{NUMBER}::/nonexistent:/usr/sbin/nologin\n",
                           "group": f"{NAME}:x:{NUMBER}:\n"}.items():
            (etc / name).write_text((pathlib.Path("/etc") / name).read_text() + line)

    def version(self):
        return self.release

    def servers(self):
        """The processes of connections; there is but one."""
        return mta.descendants(self.daemon.pid)[1:]

    def settle(self):
        if self.sink:
            wait_until("an empty queue of Exim", lambda: not os.listdir(self.place / "spool/input"))

    def close(self):
        self.daemon.terminate()
        self.daemon.wait()
        if self.sink:
            self.sink.close()
        shutil.rmtree(self.place)
