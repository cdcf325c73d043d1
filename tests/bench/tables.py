"""Tables of doc/performance.md from the figures in results/*.json.

In the page, a line <!-- figures: NAME --> and one <!-- end --> enclose what is
made from results/NAME.json. `tests/bench/tables` writes them anew.
"""
import json
import pathlib
import re

COUNTS = ("forks", "execs", "fsyncs", "renames", "unlinks")
TESTS = pathlib.Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "doc/performance.md"
RESULTS = TESTS / "bench/results"


def number(x):
    """Three digits or more: 0.42, 4.2, 42, 4,200."""
    if x is None:
        return "-"
    return x if isinstance(x, str) else f"{x:,.0f}" if abs(x) >= 20 or x == int(x) else f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def main_head():
    cells = ["workload", "unit", "qmail++", "least to most", "Postfix", "least to most", "ratio", "CPU ms", "Postfix's", "ratio",
             "calls", "Postfix's"]
    return line(cells) + "\n|---|---|" + "---:|" * 8 + "---|---|"


def main_row(r):
    def counts(key):
        return " ".join(f"{r[key + '_counts'][c]:g}" for c in COUNTS) if key + "_counts" in r else "-"

    def spread(key):
        return f"{number(r[key + '_least'])} to {number(r[key + '_most'])}" if key in r else "-"

    return line([f"{r['workload']} {r['what']}", r["unit"], number(r["ours"]), spread("ours"), number(r.get("postfix")),
                 spread("postfix"), f"{r['ratio']:.2f}" if "ratio" in r else "-", number(r.get("ours_cpu_ms")),
                 number(r.get("postfix_cpu_ms")), f"{r['cpu_ratio']:.2f}" if "cpu_ratio" in r else "-", counts("ours"),
                 counts("postfix")])


def conditions(rows):
    first, last = rows[0], rows[-1]
    versions = [f"{name} {first[key]}" for name, key in (("qmail++", "ours_version"), ("Postfix", "postfix_version")) if key in first]
    loads = [r["load"] for r in rows]
    return (f"{first['machine']}. {', '.join(versions)}. {first['date']} to {last['date'].split(' ', 1)[1]}; load average (the "
            f"measurement's own included) {min(loads)} to {max(loads)}." + (" Without qmail-queued and tcpserver -k." if first.get("plain") else ""))


def main_table(rows):
    return "\n".join([conditions(rows), "", f"Calls a message: {', '.join(COUNTS)}. {rows[0]['rounds']} rounds of "
                      f"{rows[0]['n']:,} messages (W4 a quarter of it; W5 1,000 recipients; W6 3 rounds).", "", main_head(),
                      *map(main_row, rows)])


def scale_table(rows):
    """Rows of a scale benchmark: what was measured, and any number of named figures."""
    names = list(dict.fromkeys(name for r in rows for name in r["figures"]))
    return "\n".join([conditions(rows), "", line(["", *names]), "|---|" + "---:|" * len(names),
                      *(line([r["what"], *(number(r["figures"].get(n)) for n in names)]) for r in rows)])


def table(rows):
    return scale_table(rows) if "figures" in rows[0] else main_table(rows)


def filled_in(page, results=RESULTS):
    """The page with its tables made anew."""
    def made(m):
        return f"{m[1]}\n{table(json.loads((results / (m[2] + '.json')).read_text()))}\n{m[3]}"

    return re.sub(r"^(<!-- figures: (\w+) -->)\n.*?^(<!-- end -->)$", made, page, flags=re.M | re.S)
