#!/usr/bin/python3
"""Attacks on SMTP: the probes and every end of data, against qmail++ and Debian's Postfix and Exim. Needs root for these.

battery.py [--ci] [--json FILE] [--only probes|in|out] [--peers]
--ci: small. --peers: Postfix too, as it is and with smtpd_forbid_bare_newline, and Exim (apt-get
downloads it).
"""
import argparse
import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from battery_dialogue import run_probes  # noqa: E402
from battery_exim import Exim  # noqa: E402
from battery_figures import lines_of  # noqa: E402
from battery_servers import Ours, Postfix  # noqa: E402
from battery_smuggling import run_inbound, run_outbound  # noqa: E402
from figures import circumstances  # noqa: E402

NORMALIZE = {"name": "Postfix, normalize", "smtpd_forbid_bare_newline": "normalize"}


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:70}")


def side_by_side(rows):
    """One row for each probe, with what came of it at each server."""
    probes = {}
    for row in rows:
        probe = probes.setdefault((row["group"], row["probe"]), {k: row[k] for k in ("group", "probe", "rfc",
                "expect")})
        probe[row["server"]] = [row["result"], row["reply"][:100]]
    return list(probes.values())


def summary(rows, about):
    bad = [r for r in rows if r["result"] not in ("as it must be", "not asked")]
    return {**about, "not asked": sum(r["result"] == "not asked" for r in rows),
            "accepted wrongly": sum(r["result"] == "accepted wrongly" for r in bad),
            "other faults": sum(r["result"] != "accepted wrongly" for r in bad)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--only", choices=("probes", "in", "out"))
    parser.add_argument("--peers", action="store_true")
    a = parser.parse_args()
    longest, scale = (3, 1000000) if a.ci else (5, 100000000)
    makers = [Ours]
    if a.peers:
        makers += [Postfix, lambda deliver: Postfix(deliver, **NORMALIZE), Exim]
    found = {**circumstances(), "servers": [], "smuggling": [], "probes": []}
    failed = False
    for make in makers:
        begin = time.monotonic()
        if a.only in (None, "probes"):
            server = make(deliver=True)
            try:
                rows, about = run_probes(server, scale, progress)
            finally:
                server.close()
            found["probes"] += rows
            found["servers"].append(summary(rows, about))
            print(json.dumps(found["servers"][-1]), flush=True)
            for row in rows:
                if row["result"] not in ("as it must be", "not asked"):
                    print(f"  {row['server']}: {row['group']}: {row['probe']}: {row['result']} ({row['reply']})")
                    failed |= server.ours
            failed |= server.ours and bool(about["left the machine"])
        if a.only in (None, "in"):
            server = make(deliver=False)
            try:
                points, wrong = run_inbound(server, longest, progress)
            finally:
                server.close()
            found["smuggling"].append({"check": "end of data", "server": server.name, "points": points,
                                       "wrong": len(wrong), "which": wrong[:20]})
            print(f"{server.name}: {points} ends of data, {len(wrong)} wrong", *wrong[:5], flush=True)
            failed |= server.ours and bool(wrong)
        if a.only in (None, "out") and make is Ours:
            server = make(deliver=False)
            try:
                points, wrong = run_outbound(server.instance, longest, progress)
            finally:
                server.close()
            found["smuggling"].append({"check": "body sent", "server": "qmail++", "points": points,
                                       "wrong": len(wrong), "which": wrong[:20]})
            print(f"qmail-remote: {points} bodies, {len(wrong)} wrong", *wrong[:5], flush=True)
            failed |= bool(wrong)
        print(f"({time.monotonic() - begin:.0f} s)", file=sys.stderr)
    if a.json:
        found["probes"] = side_by_side(found["probes"])
        pathlib.Path(a.json).write_text(lines_of(found))
    return failed


if __name__ == "__main__":
    sys.exit(main())
