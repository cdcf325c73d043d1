"""A machine of one's own, as far as files, processes, network and host name go. Needs root.

Everything is there as on the real machine, but whatever is written stays in
memory and is gone at the end, as are all processes; the network has nothing
but a loopback and what link() adds.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from instance import SECONDS
from paths import BUILD, TOP

SETUP = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 sandbox "$T"
mkdir "$T/upper" "$T/work" "$T/root"
mount -t overlay sandbox -o "lowerdir=/,upperdir=$T/upper,workdir=$T/work" "$T/root"
mount --rbind /sys "$T/root/sys"
mount -t tmpfs -o mode=755 sandbox "$T/root/dev"
for d in null zero full random urandom tty; do touch "$T/root/dev/$d" && mount --bind "/dev/$d" "$T/root/dev/$d"; done
ln -s /proc/self/fd "$T/root/dev/fd"
mkdir -m 1777 "$T/root/dev/shm"
mount -t proc proc "$T/root/proc"
mount -t tmpfs -o mode=755 sandbox "$T/root/run"
mount -t tmpfs -o mode=1777 sandbox "$T/root/tmp"
# The tree and the build, wherever they are: /tmp and file systems of their own are not in the overlay.
n=0
for d in $SHOWN; do
  n=$((n + 1))
  mkdir -p "$T/upper$n" "$T/work$n" "$T/root$d"
  mount -t overlay sandbox -o "lowerdir=$d,upperdir=$T/upper$n,workdir=$T/work$n" "$T/root$d"
done
hostname "$NAME"
ip link set lo up
cd "$T/root"
pivot_root . mnt
umount -l /mnt
echo ready
exec sleep infinity
"""


class Sandbox:
    def __init__(self, name="sandbox.example"):
        self.name = name
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="sandbox."))
        self.keeper = subprocess.Popen(
            ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "sh", "-c", SETUP],
            env={"T": str(self.place), "NAME": name, "SHOWN": f"{TOP} {BUILD}", "PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, start_new_session=True)
        assert self.keeper.stdout.readline() == b"ready\n", "no sandbox: are we root?"
        children = f"/proc/{self.keeper.pid}/task/{self.keeper.pid}/children"
        self.first = pathlib.Path(children).read_text().split()[0]  # its process 1, by the number it has outside
        self.enter = ["nsenter", "--target", self.first, "--mount", "--net", "--uts", "--ipc", "--pid", "--root", "--wd"]

    def close(self):
        self.keeper.kill()
        self.keeper.wait()
        self.keeper.stdout.close()
        shutil.rmtree(self.place)

    def path(self, name):
        """A file of the sandbox, as it is named from outside."""
        return pathlib.Path(f"/proc/{self.first}/root/{name}")

    def put(self, name, text, mode=0o644):
        self.path(name).write_text(text)
        self.path(name).chmod(mode)

    def spawn(self, command, user=None, env=None, **named):
        """Starts a shell command as root or as user, as after a login."""
        login = ["setpriv", f"--reuid={user}", f"--regid={self.group_of(user)}", "--init-groups"] if user else []
        environment = {"PATH": "/var/qmail/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       "LC_ALL": "C", "TZ": "UTC", "USER": user or "root", "LOGNAME": user or "root", **(env or {})}
        return subprocess.Popen([*self.enter, *login, "sh", "-c", command], env=environment, **named)

    def run(self, command, user=None, input="", code=0, **named):
        """Runs a shell command to its end, which must be exit `code`, and returns what it printed, stderr too."""
        p = self.spawn(command, user, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **named)
        try:
            out, _ = p.communicate(input.encode(), timeout=5 * SECONDS)
        finally:
            p.kill()
        text = out.decode(errors="replace")
        assert p.returncode == code, f"{command}: exit {p.returncode}: {text}"
        return text

    def group_of(self, user):
        for line in self.path("etc/passwd").read_text().splitlines():
            name, _, _, gid, *_ = line.split(":")
            if name == user:
                return gid
        raise AssertionError(f"no user {user}")

    def connect(self, address, port):
        """A socket in this sandbox's network, connected."""
        reader, writer = socket.socketpair()
        code = (f"import socket, sys; s = socket.create_connection(('{address}', {port}), {SECONDS}); "
                "socket.socket(fileno=0).sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, s.fileno().to_bytes(4, 'little'))])")
        with writer:
            subprocess.run(["nsenter", "--target", self.first, "--net", "/usr/bin/python3", "-c", code], stdin=writer, check=True)
        with reader:
            _, fds, _, _ = socket.recv_fds(reader, 1, 1)
        connection = socket.socket(fileno=fds[0])
        connection.settimeout(SECONDS)
        return connection

    def link(self, other, mine, its):
        """A wire to another sandbox; mine and its are addresses with their width (192.0.2.1/24)."""
        here, there = f"to{other.first}", f"to{self.first}"
        net = ["nsenter", "--target", self.first, "--net"]
        subprocess.run([*net, "ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", other.first],
                       check=True)
        for box, name, address in ((self, here, mine), (other, there, its)):
            box.run(f"ip address add {address} dev {name} && ip link set {name} up")
