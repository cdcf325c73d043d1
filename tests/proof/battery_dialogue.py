"""Fires the probes at a server, one after the other, and says what came of each."""
import threading
import time

from battery_probes import HELLO, MAIL, RCPT, all_probes
from battery_servers import QUEUED, SILENCE, Gone, Talk, peak


class Outcome:
    def __init__(self):
        self.code, self.text, self.replies, self.gone = 0, b"", [], ""

    def note(self, reply):
        self.code, self.text = reply
        self.replies.append(reply)

    @property
    def accepted(self):
        """221 is no acceptance: a server may say so when it ends the connection."""
        return not self.gone and 200 <= self.code < 400 and self.code != 221


def step(talk, what, outcome):
    count, data = what if isinstance(what, tuple) else (1, what)
    talk.send(data)
    for _ in range(count):
        outcome.note(talk.reply())


def pour(talk, probe):
    talk.send(probe.start)
    for _ in range(probe.size // len(probe.fill) + 1):
        talk.send(probe.fill)
    talk.send(probe.tail)


def offered(text, extension):
    return any(line[4:].split()[:1] == [extension] for line in text.split(b"\r\n"))


def connect(server, probe):
    if not probe.early:
        return Talk(server.port)
    with server.held():
        talk = Talk(server.port)
        talk.send(probe.steps[0])
        talk.wait_until_there()
    return talk


def speak(talk, probe, outcome):
    """All of the probe. False: the server offers what would be refused else."""
    if probe.early:
        first = talk.reply()
        outcome.note(first)
        outcome.replies += talk.finish()[0]
        outcome.gone = "closed" if not any(QUEUED.match(text) for _, text in outcome.replies) else ""
        if len(outcome.replies) > 1 and first[0] == 220:
            outcome.code, outcome.text = outcome.replies[1]
            outcome.gone = "" if outcome.code < 400 else "closed"
        return True
    greeting = talk.reply()
    if greeting[0] != 220:
        raise Gone(f"greeting {greeting}")
    for what in probe.steps if probe.size or probe.expect != "single" else probe.steps[:-1]:
        step(talk, what, outcome)
        if probe.expect == "ours" and outcome.code >= 400:
            return True  # the recipient is refused: there is nothing to send
        if what == HELLO and probe.unless and offered(outcome.text, probe.unless):
            return False
    if probe.size:
        pour(talk, probe)
        outcome.note(talk.reply())
    elif probe.expect == "single":
        talk.send(probe.steps[-1])
        outcome.replies, outcome.gone = talk.finish()
        outcome.code, outcome.text = outcome.replies[0] if outcome.replies else (0, b"")
    return True


def lives_on(talk, outcome):
    """After a probe that has not ended the connection the session works, reply by reply."""
    if outcome.code == 354:
        talk.ask(b"\r\n.\r\n")
    code, text = talk.ask(b"NOOP\r\n")
    if code == 421:
        return True
    talk.send(b"QUIT\r\n")
    rest, _ = talk.finish()
    return code == 250 and b"354" not in text and len(rest) == 1 and rest[0][0] == 221


def verdict(server, probe, outcome):
    if probe.expect == "single":
        return "accepted wrongly" if len(outcome.replies) > 2 or any(code == 354 for code,
                                                                     _ in outcome.replies) else "as it must be"
    if probe.expect == "refuse" and outcome.accepted:
        return "accepted wrongly"
    if probe.expect == "accept" and not outcome.accepted:
        return "refused wrongly"
    if probe.ours_refuses and server.ours and outcome.accepted:
        return "accepted wrongly"
    return "as it must be"


def fire(server, probe):
    """The row of one probe: verdict, decisive reply, peak of the server's memory in kB."""
    talk, outcome, memory, result = connect(server, probe), Outcome(), 0, None
    try:
        if not speak(talk, probe, outcome):
            result = "not asked"
    except Gone as gone:
        outcome.gone = str(gone)
    if not outcome.gone:
        memory = max((peak(pid) for pid in server.servers()), default=0)
    result = result or verdict(server, probe, outcome)
    try:
        if not outcome.gone and not probe.early and not lives_on(talk, outcome):
            result = "out of step"
    except Gone as gone:
        if outcome.accepted or str(gone) != "closed":  # a refusal may end the connection
            result = f"out of step: {gone}"
    if outcome.gone == "no reply" or outcome.gone.startswith("greeting"):
        result = "hangs"
    if talk.malformed:
        result = "malformed reply"
    talk.close()
    last = outcome.text.split(b"\r\n")[-2].decode("latin-1") if outcome.text.endswith(b"\r\n") else ""
    return {"group": probe.group, "probe": probe.name, "rfc": probe.rfc, "expect": probe.expect, "result": result,
            "reply": last or outcome.gone, "memory": memory}


def plain_session(server):
    """The memory that a session with one small message takes."""
    talk = Talk(server.port)
    talk.reply()
    for line in (HELLO, MAIL, RCPT, b"DATA\r\n", b"Subject: x\r\n\r\nx\r\n.\r\n"):
        talk.ask(line)
    memory = max(peak(pid) for pid in server.servers())
    talk.ask(b"QUIT\r\n")
    talk.close()
    return memory


def silent_ends(server, name, said, results):
    """A client that says no more must be left, soon after SILENCE and not before."""
    talk = Talk(server.port, SILENCE * 4)
    begin = time.monotonic()
    if said:
        talk.reply()
    for line in said:
        talk.send(line)
        if line.endswith(b"\n"):
            talk.reply()
    _, gone = talk.all()
    took = time.monotonic() - begin
    talk.close()
    good = gone == "closed" and took > SILENCE - 1
    results.append({"group": "slow", "probe": name, "rfc": "5321 4.5.3.2", "expect": "refuse",
                    "result": "as it must be" if good else f"hangs: {gone} after {took:.0f} s", "reply": gone,
                    "memory": 0})


def drips(server, name, chunk, results):
    """One that is merely slow is served."""
    talk = Talk(server.port, SILENCE * 4)
    talk.reply()
    code = 0
    for line in (HELLO, MAIL, RCPT, b"DATA\r\n", b"Subject: x\r\n\r\nslow\r\n..\r\n.\r\n", b"QUIT\r\n"):
        for i in range(0, len(line), chunk):
            talk.send(line[i:i + chunk])
            time.sleep(0.02)
        code = talk.reply()[0]
    talk.close()
    results.append({"group": "slow", "probe": name, "rfc": "5321 4.5.3.2", "expect": "accept",
                    "result": "as it must be" if code == 221 else "refused wrongly", "reply": str(code), "memory": 0})


def slow_clients(server):
    results, threads = [], []
    for name, said in {"silent from the start": [], "silent in a command": [b"EHL"], "silent behind EHLO": [HELLO],
                       "silent behind MAIL": [HELLO, MAIL], "silent behind DATA": [HELLO, MAIL, RCPT, b"DATA\r\n"],
                       "silent behind CR of a command": [b"EHLO x\r"]}.items():
        threads.append(threading.Thread(target=silent_ends, args=(server, name, said, results)))
    for chunk in (1, 2, 7):
        threads.append(threading.Thread(target=drips, args=(server, f"{chunk} bytes at a time", chunk, results)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def run_probes(server, scale, progress=lambda text: None):
    rows = []
    plain = plain_session(server) if server.ours else 0
    for n, probe in enumerate(all_probes(scale)):
        progress(f"{server.name}: probe {n} ({probe.group})")
        rows.append(fire(server, probe))
    rows += slow_clients(server)
    server.settle()
    left = server.sink.recipients()
    for row in rows:
        row["server"] = server.name
    peaks = [row["memory"] for row in rows if row["memory"]]
    return rows, {"server": server.name, "version": server.version(), "probes": len(rows), "left the machine": left,
                  "memory of a plain session, kB": plain, "memory at most, kB": max(peaks)}
