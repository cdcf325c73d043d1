"""Disks made of files, for power cuts: file systems, loop devices, mounts, and a record of what was written in which order.

Needs root, and a mount namespace of its own (in_own_world()): what is mounted
and started there ends with it, also when the whole run is killed.
"""
import ctypes
import dataclasses
import fcntl
import os
import pathlib
import struct
import subprocess
import sys
import time

from paths import BUILD

DISKLOG = BUILD / "tests/disklog"
MB = 1 << 20
LOOP_CONFIGURE, LOOP_CTL_GET_FREE, AUTOCLEAR = 0x4C0A, 0x4C82, 4
BLKFLSBUF, BTRFS_FORGET = 0x1261, 0x50009405
MNT_DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of file system: its name, the least useful size, the command that makes it, its name for mount(2)."""

    name: str
    size: int
    command: tuple
    type: str


# Blocks as in a file system of more than 512 MB.
EXT4 = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0")
KINDS = {kind.name: kind for kind in (
    Kind("ext4", 64 * MB, EXT4, "ext4"),
    Kind("ext4 with fast_commit", 64 * MB, (*EXT4, "-O", "fast_commit"), "ext4"),
    Kind("xfs", 300 * MB, ("mkfs.xfs", "-q", "-f"), "xfs"),
    Kind("btrfs", 128 * MB, ("mkfs.btrfs", "-q", "-f"), "btrfs"))}


class CannotMount(Exception):
    def __init__(self, kind, error):
        super().__init__(f"{kind.name}: {os.strerror(error)}")
        self.kind = kind


def in_own_world(script, *arguments):
    """The command that runs a script with mounts and processes of its own, none of which outlives it."""
    return ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL",
            "/usr/bin/python3", script, *arguments]


def mount(device, where, kind):
    if kind.type == "btrfs":  # it remembers devices of the same file system by their names
        with open("/dev/btrfs-control", "rb") as control:
            fcntl.ioctl(control, BTRFS_FORGET, bytearray(4096))
    if libc.mount(str(device).encode(), str(where).encode(), kind.type.encode(), 0, None) != 0:
        raise CannotMount(kind, ctypes.get_errno())


def unmount(where):
    for pause in range(200):
        if libc.umount2(str(where).encode(), 0) == 0:
            return
        time.sleep(0.002 * (pause + 1))  # a killed process may still be ending
    raise AssertionError(f"cannot unmount {where}: {os.strerror(ctypes.get_errno())}")


class Loop:
    """A loop device over a file; ends with the process that has it, if nothing else ends it."""

    def __init__(self, path):
        while True:
            with open("/dev/loop-control", "rb") as control:
                number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
            self.device = pathlib.Path(f"/dev/loop{number}")
            self.fd = os.open(self.device, os.O_RDWR | os.O_CLOEXEC)
            backing = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:  # struct loop_config: descriptor, block size, struct loop_info64 with its flags, reserved
                info = struct.pack("<5Q4I", 0, 0, 0, 0, 0, 0, 0, 0, AUTOCLEAR).ljust(232, b"\0")
                fcntl.ioctl(self.fd, LOOP_CONFIGURE, struct.pack("<II", backing, 512) + info + bytes(64))
                return
            except OSError as error:
                os.close(self.fd)
                if error.errno != 16:  # EBUSY: somebody else was quicker
                    raise
            finally:
                os.close(backing)

    def forget(self):
        """The file was changed behind the device's back."""
        fcntl.ioctl(self.fd, BLKFLSBUF, 0)

    def close(self):
        os.close(self.fd)


def make_image(kind, path):
    fresh = path.with_name("fresh")
    with open(fresh, "wb") as f:
        f.truncate(kind.size)
    subprocess.run([*kind.command, fresh], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    copy_image(fresh, path)  # a journal full of zeros takes no room
    fresh.unlink()


def copy_image(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


@dataclasses.dataclass(frozen=True)
class Disk:
    """image: the file; where: its place in the tree."""

    kind: Kind
    image: pathlib.Path
    where: pathlib.Path


class Mounted:
    """Disks in their places; the later ones may lie within the earlier."""

    def __init__(self, disks, files=None):
        self.done = []
        try:
            for disk, file in zip(disks, files or [d.image for d in disks]):
                self.mount(disk, file)
        except CannotMount:
            self.close()
            raise

    def mount(self, disk, file):
        loop = Loop(file)
        try:
            mount(loop.device, disk.where, disk.kind)
        finally:
            loop.close()  # it lives as long as it is mounted
        self.done.append(disk.where)

    def close(self):
        while self.done:
            unmount(self.done.pop())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@dataclasses.dataclass(frozen=True)
class Entry:
    """disk: its number, or None for a mark. data: None for a flush."""

    disk: int | None
    place: int
    data: bytes | None


class Recording:
    """Mounts copies of the disks and records what is written below them, together with marks."""

    def __init__(self, disks, folder):
        self.disks, self.folder, self.log = disks, folder, folder / "log"
        self.copies = [folder / f"recorded.{n}" for n in range(len(disks))]
        for disk, copy in zip(disks, self.copies):
            copy_image(disk.image, copy)
        marks = folder / "marks"
        marks.write_bytes(bytes(4096))
        self.place = folder / "disks"
        self.place.mkdir(exist_ok=True)
        self.process = subprocess.Popen([DISKLOG, self.place, self.log, *self.copies, marks], stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError("disklog does not work")
        self.marks = os.open(self.place / str(len(disks)), os.O_WRONLY | os.O_CLOEXEC)
        self.mounted = Mounted(disks, [self.place / str(n) for n in range(len(disks))])

    def mark(self, text):
        """From this point of the record on, text is true."""
        os.pwrite(self.marks, text.encode(), 0)

    def close(self):
        """The entries, in their order."""
        self.mounted.close()
        os.close(self.marks)
        self.process.stdout.close()
        for _ in range(500):  # the loop devices let go a moment later
            if libc.umount2(str(self.place).encode(), 0) == 0:
                break
            time.sleep(0.01)
        else:
            raise AssertionError("cannot unmount the recorder")
        assert self.process.wait() == 0
        entries = []
        with open(self.log, "rb") as f:
            while head := f.read(16):
                disk, length, place = struct.unpack("<IIQ", head)
                data = None if length == 0xFFFFFFFF else f.read(length)
                if disk < len(self.disks):
                    entries.append(Entry(disk, place, data))
                elif data is not None:
                    entries.append(Entry(None, 0, data))
        return entries


class World:
    """A folder of one's own in memory, which nobody outside sees and which ends with the mount namespace."""

    folder = pathlib.Path("/dev/shm")

    def __enter__(self):
        if os.getpid() != 1:  # as in_own_world() makes it; else this would cover what others have there
            sys.exit("needs mounts of its own: see in_own_world()")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.folder], check=True)
        return self.folder

    def __exit__(self, error, *_):
        if error:  # what is mounted in it still; the world ends soon
            libc.umount2(str(self.folder).encode(), MNT_DETACH)
        else:
            unmount(self.folder)
