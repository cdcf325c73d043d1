"""The tables about attacks and sizes, from what battery.py and battery_sizes.py wrote into figures/."""
import json

GOOD = ("as it must be", "not asked")


def lines_of(found):
    """As JSON, each entry of a list on a line."""
    parts = []
    for key, value in found.items():
        if isinstance(value, list):
            text = "[\n" + ",\n".join("  " + json.dumps(v) for v in value) + "\n ]"
        else:
            text = json.dumps(value)
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def row(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def numbers(n):
    return f"{n:,}"


def attacks(found):
    servers = [s["server"] for s in found["servers"]]
    lines = [row("attack", "points", *servers), row("---", *["---:"] * (len(servers) + 1))]
    groups = {}
    for probe in found["probes"]:
        groups.setdefault(probe["group"], []).append(probe)
    for group, probes in groups.items():
        lines.append(row(group, len(probes), *(sum(p[s][0] not in GOOD for p in probes) for s in servers)))
    for check in dict.fromkeys(s["check"] for s in found["smuggling"]):
        of = {s["server"]: s for s in found["smuggling"] if s["check"] == check}
        points = next(iter(of.values()))["points"]
        lines.append(row(f"{check}: every string", numbers(points), *(numbers(of[s]["wrong"]) if s in of else "-"
                                                                      for s in servers)))
    lines.append(row("mail that left for others", "-", *(len(s["left the machine"]) for s in found["servers"])))
    lines.append(row("peak of the server's memory, kB", "-", *(numbers(s["memory at most, kB"])
                                                               for s in found["servers"])))
    return lines


def sizes(found):
    lines = [row("what", "size", "result", "most memory of each program, kB"), row(*["---"] * 4)]
    for f in found:
        unit, size = next((unit, f[unit]) for unit in ("bytes", "recipients", "points") if unit in f)
        size = ", ".join(numbers(n) for n in size) if isinstance(size, list) else numbers(size)
        if "seconds in all" in f:
            f = {**f, "result": f"{f['result']}, {f['seconds in all']} s"}
        memory = ", ".join(f"{program} {kilobytes}" for program, kilobytes in sorted(f.get("memory, kB", {}).items()))
        lines.append(row(f["check"], f"{size} {unit}", f["result"], memory or "-"))
    return lines


def table(found):
    return "\n".join(attacks(found) if "probes" in found else sizes(found["checks"])) + "\n"
