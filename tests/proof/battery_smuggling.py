"""Every string of CR, LF, dot, NUL and a letter: as the end of the data for qmail-smtpd, and sent by qmail-remote."""
import concurrent.futures
import itertools
import re
import subprocess
import tempfile
import threading

from battery_probes import HELLO, MAIL, RCPT, SECOND
from battery_servers import QUEUED, Talk
from servers import Listener

ALPHABET = b"\r\n.\0a"


def strings(longest):
    for length in range(longest + 1):
        for letters in itertools.product(ALPHABET, repeat=length):
            yield bytes(letters)


# In

CONTEXTS = {"in a line": b"text", "at the start of a line": b"text\r\n", "at the start of the data": b""}


def decode(stream):
    """What RFC 5321 says of the stream behind 354: the lines before the end (section 4.1.1.4: CRLF . CRLF, the
    first CRLF being perhaps that of DATA), and what stands behind it."""
    lines, rest = [], stream
    while True:
        line, _, rest = rest.partition(b"\r\n")
        if line == b".":
            return lines, rest
        lines.append(line[1:] if line[:1] == b"." else line)


def inbound(server, data):
    """The transactions that the server saw behind 354, and the messages it says it has taken."""
    talk = Talk(server.port)
    talk.reply()
    for line in (HELLO, MAIL, RCPT, b"DATA\r\n"):
        code, _ = talk.ask(line)
    assert code == 354
    talk.send(data + SECOND)
    replies, _ = talk.finish()
    talk.close()
    taken = sum(bool(QUEUED.match(text)) for _, text in replies)
    return replies, taken


def judge_inbound(replies, taken, data, strict):
    lines, rest = decode(data + SECOND)
    ends = rest.startswith(b"MAIL") and rest == SECOND  # the standard end stands before the second transaction
    clean = not any(c in line for line in lines for c in b"\r\n\0")
    seen = len(replies) > 2 or any(code == 354 for code, _ in replies)
    if seen and b"MAIL" not in rest:
        return "second transaction seen"
    if taken > 1 + (b"MAIL" in rest):
        return "message out of nothing"
    if strict and taken and not clean:
        return "taken with NUL, CR or LF"
    if strict and clean and not taken and not (ends and not replies):
        return "refused wrongly"
    return ""


def run_inbound(server, longest, progress=lambda text: None, workers=4):
    """Points, wrong ones with what was wrong. Of ours the messages in the queue are compared byte for byte, too."""
    wrong, expected = [], []

    def one(job):
        name, data = job
        replies, taken = inbound(server, data)
        return name, data, judge_inbound(replies, taken, data, server.ours), taken

    jobs = [(name, before + s) for name, before in CONTEXTS.items() for s in strings(longest)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for n, (name, data, fault, taken) in enumerate(pool.map(one, jobs)):
            if n % 100 == 0:
                progress(f"{server.name}: end of data {n} of {len(jobs)}")
            if fault:
                wrong.append({"server": server.name, "where": name, "bytes": data.hex(), "fault": fault})
            elif taken:
                expected.append(b"".join(line + b"\n" for line in decode(data + SECOND)[0]))
    if server.ours:
        # two fields of two and one lines were put before what was sent
        stored = sorted(raw.split(b"\n", 3)[3].rpartition(b"F\0T")[0] for raw in server.bodies())
        if stored != sorted(expected):
            wrong.append({"server": server.name,
                          "fault": f"{len(stored)} messages in the queue, not the {len(expected)} that were sent"})
    return len(jobs), wrong


# Out

class StrictServer(Listener):
    """Takes mail, offers PIPELINING and keeps the bytes of every session, unseen, by recipient."""

    def __init__(self):
        self.sessions = {}
        super().__init__()

    def serve(self, connection):
        connection.settimeout(60)
        session = {"data": b"", "behind": b"", "ended": False}
        with connection:
            connection.sendall(b"220 strict ESMTP\r\n")
            rest, ended = b"", False
            while not ended:
                while b"\r\n" not in rest:
                    more = connection.recv(65536)
                    if not more:
                        return
                    rest += more
                line, _, rest = rest.partition(b"\r\n")
                verb = line[:4].upper()
                if verb == b"RCPT":
                    self.sessions[line[9:-1].split(b"@")[0]] = session
                if verb == b"DATA":
                    connection.sendall(b"354 go\r\n")
                    while not (rest.startswith(b".\r\n") or b"\r\n.\r\n" in rest):
                        more = connection.recv(65536)
                        if not more:
                            session["data"] = rest
                            return
                        rest += more
                    at = 0 if rest.startswith(b".\r\n") else rest.index(b"\r\n.\r\n") + 2
                    session["data"], session["behind"], session["ended"] = rest[:at], rest[at + 3:], True
                    connection.sendall(b"250 taken\r\n")
                    while more := connection.recv(65536):
                        session["behind"] += more
                    return
                connection.sendall(b"250-strict\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 ok\r\n")


def normal(body):
    """The lines of a body: LF, CRLF and CR alone end one (qmail-remote(8))."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", body)


def judge_outbound(body, report, session):
    wire = session["data"]
    if re.search(rb"\r(?!\n)|(?<!\r)\n", wire):
        return "bare CR or LF on the wire"
    if not normal(body).endswith(b"\r\n") and body:
        return "the end was sent" if session["ended"] or b"\0D" not in b"\0" + report else ""
    if not session["ended"] or b"K127.0.0.1" not in report:
        return "not sent"
    if session["behind"] != b"QUIT\r\n":
        return "something behind the end"
    got = b"".join(line[line[:1] == b".":] + b"\r\n" for line in wire.split(b"\r\n")[:-1])
    return "" if got == normal(body) else "other bytes arrive"


def run_outbound(instance, longest, progress=lambda text: None, workers=4):
    """Each string as a whole message, and before a line that would be a command. Points, and the wrong ones."""
    server, wrong = StrictServer(), []
    instance.control("smtproutes", f":127.0.0.1:{server.port}")

    def one(job):
        number, body = job
        with tempfile.TemporaryFile() as f:
            f.write(body)
            f.seek(0)
            p = subprocess.run([instance.home / "bin/qmail-remote", "out.example", "", f"{number}@out.example"],
                               stdin=f,
                               stdout=subprocess.PIPE, env=instance.env, timeout=60)
        return body, p.stdout, server.sessions.get(b"%d" % number)

    jobs = [body for s in strings(longest) for body in (s, b"x" + s + b"MAIL FROM:<second@out.example>\n")]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for n, (body, report, session) in enumerate(pool.map(one, enumerate(jobs))):
            if n % 100 == 0:
                progress(f"qmail-remote: body {n} of {len(jobs)}")
            # what the server keeps of a connection may come a moment later than the client's end
            fault = "no session" if session is None else judge_when_over(body, report, session)
            if fault:
                wrong.append({"server": "qmail-remote", "bytes": body.hex(), "fault": fault})
    server.close()
    return len(jobs), wrong


def judge_when_over(body, report, session):
    for _ in range(100):
        fault = judge_outbound(body, report, session)
        if not fault:
            return ""
        threading.Event().wait(0.02)
    return fault


