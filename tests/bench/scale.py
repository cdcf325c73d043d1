"""What the benchmarks of scale share: their options, the place, and their figures as rows for doc/performance.md."""
import argparse
import json
import pathlib

import load
import place
from mta import free_port, systems


def options(text):
    p = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--json", metavar="FILE", help="the figures as a list of objects")
    p.add_argument("--place", default="/var/tmp", help="where the file with the ext4 is made")
    p.add_argument("--no-peer", action="store_true", help="without Postfix")
    p.add_argument("--rounds", type=int, default=5)
    return p


def main(name, a, measure):
    """measure(mtas, message, a) yields (what, {name of a figure: figure})."""
    rows = []
    with place.own_ext4(a.place) as folder:
        message = folder / "message"
        load.write_message(message)
        mtas = systems(folder, free_port(), not a.no_peer)
        versions = {f"{m.key}_version": m.version() for m in mtas}
        for what, figures in measure(mtas, message, a):
            print(what, figures, flush=True)
            rows.append({"workload": name, "what": what, "figures": figures, **versions, **place.conditions()})
    if a.json:
        pathlib.Path(a.json).write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
