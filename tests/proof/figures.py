"""Figures of runs as they stand in doc/reliability.md: made from the files in figures/, and compared with them by a test.

In the page a table stands between `<!-- figures NAME -->` and `<!-- end -->`.
"""
import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import subprocess
import sys

import battery_figures

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "doc/reliability.md"
ABOUT = ["command", "commit", "date", "machine"]  # the same of all rows of a run
SUMS = {"points", "lost", "half", "duplicates", "other violations", "executions", "crashes", "hangs", "not mountable", "damaged by recovery", "torn ends"}


def machine():
    model = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return f"{os.cpu_count()} CPUs {model[0] if model else platform.machine()}, Linux {platform.release()}"


def commit():
    def git(*argv):
        return subprocess.run(["git", "-C", HERE, *argv], stdout=subprocess.PIPE, check=True).stdout.decode().strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "../../src", "../..")
    return git("rev-parse", "--short=12", "HEAD") + (" and changes" if changed else "")


def circumstances():
    """What figures are worth nothing without: how this process was started, and where."""
    name = pathlib.Path(sys.argv[0]).name
    return {"command": shlex.join([f"tests/proof/{name}", *sys.argv[1:]]), "commit": commit(),
            "date": datetime.date.today().isoformat(), "machine": machine()}


def line_about(run):
    return "`{command}`, at commit {commit}, {date}, {machine}:".format(**run)


def cell(value):
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(rows):
    """Columns are what the rows have beyond what is said above the table."""
    if isinstance(rows, dict):
        return f"{line_about(rows)}\n\n{battery_figures.table(rows)}"
    runs = sorted({tuple(r[key] for key in ABOUT) for r in rows})
    keys = {key: None for r in sorted(rows, key=len, reverse=True) for key in r}
    columns = [key for key in keys if key not in ABOUT and (key != "calls" or any(r[key] for r in rows))]
    lines = [line_about(dict(zip(ABOUT, run))) for run in runs]
    lines += ["", "| " + " | ".join(columns) + " |", "|---" + "|---:" * (len(columns) - 1) + "|"]
    lines += ["| " + " | ".join(cell(r.get(c, "")) for c in columns) + " |" for r in rows]
    if len(rows) > 1 and SUMS & set(columns):
        lines.append("| all | " + " | ".join(cell(sum(r.get(c, 0) for r in rows)) if c in SUMS else "" for c in columns[1:]) + " |")
    return "\n".join(lines) + "\n"


def page_as_it_should_be(text):
    def fill(match):
        rows = json.loads((HERE / "figures" / f"{match[1]}.json").read_text())
        return f"<!-- figures {match[1]} -->\n{table(rows)}<!-- end -->"

    return re.sub(r"<!-- figures (\S+) -->\n.*?<!-- end -->", fill, text, flags=re.S)


def named(text):
    return re.findall(r"<!-- figures (\S+) -->", text)
