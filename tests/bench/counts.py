"""What a mail system asks of the kernel for a message: forks, execs, syncs, renames and unlinks, counted with strace."""
import re
import signal
import subprocess
import tempfile

CALLS = {"forks": ("fork", "vfork", "clone", "clone3"), "execs": ("execve",), "fsyncs": ("fsync", "fdatasync"),
         "renames": ("rename", "renameat", "renameat2", "link", "linkat"), "unlinks": ("unlink", "unlinkat")}
STRACE = ["strace", "-f", "-q", "-e", "trace=" + ",".join(c for group in CALLS.values() for c in group), "-e", "signal=none"]


def counted(text):
    """How many of each succeeded, from strace's lines."""
    calls = {}
    # NAME(...) = RESULT, or <... NAME resumed>...) = RESULT
    for name, result in re.findall(r"^\d+ +(?:<\.\.\. )?(\w+).*\) += +(-?\w+)", text, re.M):
        if not result.startswith("-"):
            calls[name] = calls.get(name, 0) + 1
    return {what: sum(calls.get(c, 0) for c in names) for what, names in CALLS.items()}


class Trace:
    """Watches all processes of a mail system, and those they start. Used as a context; then .counts(messages)."""

    def __init__(self, mta):
        self.file = tempfile.NamedTemporaryFile(prefix="bench-trace.")
        pids = [word for pid in mta.pids() for word in ("-p", str(pid))]
        self.process = subprocess.Popen([*STRACE, "-o", self.file.name, *pids], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def __enter__(self):
        for pid in self.process.args[self.process.args.index("-o") + 3::2]:
            while True:
                with open(f"/proc/{pid}/status") as f:
                    if re.search(rf"^TracerPid:\s*{self.process.pid}$", f.read(), re.M):
                        break
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()
        with open(self.file.name) as f:
            self.text = f.read()

    def counts(self, messages):
        return {what: round(number / messages, 2) for what, number in counted(self.text).items()}
