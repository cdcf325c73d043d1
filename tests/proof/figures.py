"""Figures of runs as they stand in doc/reliability.md: made from the files in figures/, and compared with them by a test.

In the page a table stands between `<!-- figures NAME -->` and `<!-- end -->`.
"""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "doc/reliability.md"
COLUMNS = ["check", "points", "calls", "lost", "half", "duplicates", "other violations"]


def table(rows):
    runs = sorted({(r["command"], r["commit"], r["date"], r["machine"]) for r in rows})
    lines = [f"`{command}`, at commit {commit}, {date}, {machine}:" for command, commit, date, machine in runs]
    lines += ["", "| " + " | ".join(COLUMNS) + " |", "|---" + "|---:" * (len(COLUMNS) - 1) + "|"]
    lines += ["| " + " | ".join(f"{r[c]:,}" if isinstance(r[c], int) else r[c] for c in COLUMNS) + " |" for r in rows]
    total = {c: sum(r[c] for r in rows) for c in COLUMNS[1:] if c != "calls"}
    lines.append("| all | " + " | ".join(f"{total[c]:,}" if c in total else "" for c in COLUMNS[1:]) + " |")
    return "\n".join(lines) + "\n"


def page_as_it_should_be(text):
    def fill(match):
        rows = json.loads((HERE / "figures" / f"{match[1]}.json").read_text())
        return f"<!-- figures {match[1]} -->\n{table(rows)}<!-- end -->"

    return re.sub(r"<!-- figures (\S+) -->\n.*?<!-- end -->", fill, text, flags=re.S)


def named(text):
    return re.findall(r"<!-- figures (\S+) -->", text)
