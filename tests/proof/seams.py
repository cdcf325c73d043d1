"""Copies of the programs whose clock and memory a test moves (tests/crash/seams.cc)."""
import mmap
import struct

from paths import BUILD

FORMAT = "=qQQ40s"


class Seams:
    """Has an instance run those copies, where there are any, from its next start on."""

    def __init__(self, instance):
        # Where qmail-send's jail lets qmail-bounce open it.
        path = instance.put("queue/lock/seams", bytes(struct.calcsize(FORMAT)), 0o666)
        instance.env["QMAIL_SEAMS"] = str(path)
        for program in (BUILD / "seams").iterdir():
            link = instance.home / "bin" / program.name
            link.unlink()
            link.symlink_to(program)
        with open(path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), 0)

    def move_clock(self, seconds):
        """The time of day is so many seconds ahead."""
        struct.pack_into("=q", self.memory, 0, seconds)

    def fail_allocation(self, program, n):
        """The n-th allocation from now on in the processes of that name; 0: none."""
        struct.pack_into("=Q", self.memory, 8, 0)
        struct.pack_into("=QQ40s", self.memory, 8, n, 0, program.encode())

    def allocations(self):
        """So many since."""
        return struct.unpack_from("=Q", self.memory, 16)[0]
