"""Where and on what is measured: an ext4 of its own, the machine, and whether it is quiet."""
import contextlib
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time


@contextlib.contextmanager
def own_ext4(folder, gigabytes=8):
    """A journalled ext4 in a file below folder, mounted for this process and its children alone."""
    if os.geteuid() != 0:
        sys.exit("needs root")
    if os.environ.get("QMAIL_BENCH_MOUNTS") != "own":
        os.environ["QMAIL_BENCH_MOUNTS"] = "own"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    place = pathlib.Path(tempfile.mkdtemp(prefix="bench.", dir=folder))
    try:
        image = place.with_suffix(".ext4")
        with open(image, "wb") as f:
            f.truncate(gigabytes << 30)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-i", "8192", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
        subprocess.run(["mount", "-o", "loop,noatime", image, place], check=True)
        image.unlink()
        place.chmod(0o755)
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=False)
        shutil.rmtree(place, ignore_errors=True)


def used_share(seconds):
    """The share of the CPUs that is used during these seconds."""
    def used():
        f = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
        return sum(f) - f[3] - f[4], sum(f)

    before = used()
    time.sleep(seconds)
    after = used()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def wait_quiet(limit=2):
    """Waits a little for nobody else to use the CPUs; says whether that came."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if used_share(0.25) < 0.1:
            return True
    return False


def conditions():
    """What figures depend on, as part of each result."""
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    kb = int(re.search(r"MemTotal: +(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "machine": f"{os.cpu_count()} CPUs ({cpu[1] if cpu else '?'}), {kb >> 20} GB, Linux {os.uname().release}",
            "load": round(os.getloadavg()[0], 1)}
