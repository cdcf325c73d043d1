"""The programs of ucspi-tcp beside Debian's: the same input, the same bytes."""
import os
import pathlib
import random
import re
import subprocess

import pytest

from instance import SECONDS
from paths import BIN

THEIRS = pathlib.Path("/usr/bin")  # not by PATH, where ours come first
BOTH = (THEIRS, BIN)


def run(folder, name, *arguments, input=b"", env=None, cwd=None):
    """Exit code, standard output and what was said."""
    p = subprocess.run([folder / name, *arguments], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=SECONDS, cwd=cwd, env={"PATH": "/usr/bin:/bin", **(env or {})})
    return p.returncode, p.stdout, p.stderr


def same(name, *arguments, mask=None, **named):
    """What Debian's program does, and so does ours."""
    theirs, ours = (run(folder, name, *arguments, **named) for folder in BOTH)
    if mask:
        theirs, ours = ((code, out, mask(said)) for code, out, said in (theirs, ours))
    assert ours == theirs, arguments
    return theirs


# Rules


def number(chance):
    return str(chance.choice([0, 1, 2, 9, 10, 37, 99, 100, 127, 200, 254, 255, chance.randrange(256)]))


def address(chance):
    """An address as rules have it. With "/" and brackets it would mean something else to ours."""
    kind = chance.randrange(8)
    if kind < 3:
        ip = ".".join(number(chance) for _ in range(4))
        return ip if kind else ip.rsplit(".", chance.randrange(1, 4))[0] + "."
    if kind == 3:
        low, high = chance.choice([("37", "39"), ("0", "3"), ("250", "255"), ("254", "300"), ("7", "7"), ("", "2"),
                                   ("08", "11")])
        parts = [number(chance), number(chance), number(chance), f"{low}-{high}"]
        cut = chance.randrange(1, 5)
        if cut < 4:
            parts = parts[:cut - 1] + [f"{low}-{high}", ""]
        return ".".join(parts)
    if kind == 4:
        return "=" + chance.choice(["", ".example.org", "a.example.org", ".org", "A.b", "x-y.example"])
    if kind == 5:
        return chance.choice(["joe", "ann", "", "1-2"]) + "@" + chance.choice(["1.2.3.4", "=a.example.org", "10.0.0.1"])
    return chance.choice(["", "1.2.3.4", " 1.2.3.4", "10.", "a b", "\u00e9", "1.2.3.4\t"])


def instructions(chance):
    text = chance.choice(["allow", "deny"])
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 5])):
        quote = chance.choice(['"', '"', "'", "/", "x", "=", ",", ":"])
        value = "".join(chance.choice('ab "\'/x=,:@\u00e9\t%') for _ in range(chance.randrange(6))).replace(quote, "")
        name = chance.choice(["RELAYCLIENT", "A", "", "b-c", "TCPREMOTEIP", "a b"])
        text += f",{name}={quote}{value}{quote}"
    return text


def rules(chance):
    lines = []
    for _ in range(chance.randrange(12)):
        kind = chance.randrange(10)
        if kind == 0:
            lines.append(chance.choice(["", "# no: rule", "#", "\t", "  "]))
        else:
            lines.append(f"{address(chance)}:{instructions(chance)}{chance.choice(['', '', ' ', chr(9), ' ' + chr(9)])}")
    return ("\n".join(lines) + chance.choice(["", "\n"])).encode()


CLIENT_IPS = ["1.2.3.4", "1.2.3.37", "10.0.0.1", "10.2.255.254", "127.0.0.1", "255.255.255.255", "0.0.0.0", "", "x", "1.2",
              "1.2.3.4.5"]
CLIENT_HOSTS = [None, "", "a.example.org", "b.a.example.org", "org", "A.b", ".", "x..org", "example.org"]
CLIENT_INFOS = [None, "", "joe", "ann", "1-2", "joe@x"]


def client(chance):
    ip = chance.choice([*CLIENT_IPS, None, ".".join(number(chance) for _ in range(4))])
    values = {"TCPREMOTEIP": ip, "TCPREMOTEHOST": chance.choice(CLIENT_HOSTS), "TCPREMOTEINFO": chance.choice(CLIENT_INFOS)}
    return {name: value for name, value in values.items() if value is not None}


def compiled(folder, where, text):
    where.mkdir(exist_ok=True)
    code, out, said = run(folder, "tcprules", "rules.cdb", "rules.tmp", input=text, cwd=where)
    cdb = where / "rules.cdb"
    return code, out, said, cdb.read_bytes() if cdb.exists() else None


@pytest.mark.parametrize("seed", range(40))
def test_rules(tmp_path, seed):
    chance = random.Random(seed)
    for n in range(5):
        text = rules(chance)
        theirs, ours = (compiled(folder, tmp_path / f"{folder.parent.name}{n}", text) for folder in BOTH)
        assert ours[0] == theirs[0] == 0, (text, ours)
        assert ours[3] == theirs[3], text
        for _ in range(5):
            same("tcprulescheck", tmp_path / f"{BIN.parent.name}{n}/rules.cdb", env=client(chance))


BAD_RULES = [b"1.2.3.4:alow", b":", b"x:", b":allow,", b":allow,A", b":allow,A=", b':allow,A="', b':allow,A="b', b':allow,A="b"c',
             b':allow A="b"', b":allow,=", b":denyx", b":deny,A=bcd", b"a:Allow", b"::allow", b"2001:db8::1:allow", b':allow,A="b",']


@pytest.mark.parametrize("line", BAD_RULES)
def test_bad_rules(tmp_path, line):
    """Both refuse the same lines and leave the old rules; ours says more (doc/differences.md)."""
    for folder in BOTH:
        where = tmp_path / folder.parent.name
        old = compiled(folder, where, b":deny\n")[3]
        code, out, said, now = compiled(folder, where, b"1.2.3.4:allow\n" + line + b"\n:allow\n")
        assert (code, out, now) == (100, b"", old)
        assert b"unable to parse this line: " + line in said
        assert said.startswith(b"tcprules: fatal: ")


def test_lines_without_colon(tmp_path):
    text = b"1.2.3.4\nallow\n1.2.3.5:deny"
    theirs, ours = (compiled(folder, tmp_path / folder.parent.name, text) for folder in BOTH)
    assert ours[::3] == theirs[::3] and ours[0] == 0
    assert ours[2].count(b"warning") == 2  # theirs says nothing


@pytest.mark.parametrize("arguments", [(), ("a",), ("a", "b/c"), (".", "tmp")])
def test_trouble_of_tcprules(tmp_path, arguments):
    same("tcprules", *arguments, input=b":allow\n", cwd=tmp_path)


@pytest.mark.parametrize("arguments", [(), ("none",), ("none/rules.cdb",)])
def test_trouble_of_tcprulescheck(tmp_path, arguments):
    same("tcprulescheck", *arguments, cwd=tmp_path)


def test_damaged_rules(tmp_path):
    """Of a cdb that is cut short ours answers as theirs does, or says that it is damaged where theirs did not look."""
    whole = compiled(BIN, tmp_path, b"1.2.3.4:deny\n" + b"".join(b'10.0.0.%d:allow,X="%d"\n' % (n, n) for n in range(50)))[3]
    for size in (0, 1, 2047, 2048, 2049, 2100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.cdb").write_bytes(whole[:size])
        for ip in ("1.2.3.4", "10.0.0.1", "10.0.0.49", "9.9.9.9"):
            theirs, ours = (run(folder, "tcprulescheck", "cut.cdb", cwd=tmp_path, env={"TCPREMOTEIP": ip})
                            for folder in BOTH)
            damaged = (111, b"", b"tcprulescheck: fatal: unable to read cut.cdb: protocol error\n")
            assert ours == damaged or ours == theirs
            assert theirs[0] == 0 or ours == damaged


# Filters


def noise(chance):
    return bytes(chance.choice(b"\r\n\r\nab\0\xff") for _ in range(chance.randrange(chance.choice([5, 50, 20000]))))


@pytest.mark.parametrize("name", ["addcr", "delcr"])
def test_filters(name):
    chance = random.Random(name)
    for _ in range(60):
        same(name, input=noise(chance))
    assert same(name, "--", "ignored", input=b"a\r\nb\n")[0] == 0


def test_fixcrio():
    chance = random.Random(3)
    for _ in range(30):
        data = noise(chance)
        code, out, _ = same("fixcrio", "cat", input=data)
        assert code == 0
        assert out == re.sub(rb"(?<!\r)\n", b"\r\n", data)
    for arguments in ((), ("./none",), ("sh", "-c", "exit 3"), ("sh", "-c", "kill -9 $$")):
        same("fixcrio", *arguments)


def test_argv0(tmp_path):
    show = "tr '\\0' '|' < /proc/$$/cmdline"
    for arguments in (("sh", "zero", "-c", show), ("sh", "", "-c", show, "a b"), ("sh",), (), ("./none", "x"), ("--", "x"),
                      ("sh", "x", "-c", "exit 5"), (".", "x")):
        same("argv0", *arguments, cwd=tmp_path)


# recordio


def sides(said):
    """The lines of each direction without the number of the process; how they mix is chance."""
    lines = [re.sub(rb"^\d+ ", b"", line) for line in said.split(b"\n")]
    return [[line for line in lines if line.startswith(mark)] for mark in (b"<", b">")]


def recorded(folder, *command, input):
    """As run, and waits for the log's end, which may come after the program's."""
    there, log = os.pipe()
    with subprocess.Popen([folder / "recordio", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as p:
        os.close(log)
        out, _ = p.communicate(input, SECONDS)
        with open(there, "rb") as f:
            return p.returncode, out, sides(f.read())


def test_recordio():
    chance = random.Random(4)
    data = [noise(chance) for _ in range(15)] + [b"", b"\n", b"a", b"x" * 256, b"x" * 256 + b"\n", b"x" * 255 + b"\ny"]
    for bytes_ in data:
        # From a pipe that already holds all, or nearly: pieces are cut in the same places.
        theirs, ours = (recorded(folder, "cat", input=bytes_[:2000]) for folder in BOTH)
        assert ours[:2] == theirs[:2] == (0, bytes_[:2000])
        for mine, other in zip(ours[2], theirs[2]):
            assert joined(mine) == joined(other)
    # A program that does not read its input: theirs may die of that, and lose what the program says.
    code, out, said = recorded(BIN, "sh", "-c", "exec <&-; echo said; exit 3", input=b"one\n")
    assert (code, out, said[1]) == (3, b"said\n", [b"> said ", b"> [EOF]"])
    assert recorded(THEIRS, "sh", "-c", "exit 3", input=b"one\n")[0] == 3
    assert same("recordio")[0] == 100
    assert recorded(BIN, "./none", input=b"")[0] == recorded(THEIRS, "./none", input=b"")[0] == 111


def joined(lines):
    """Pieces of a line put together again: where pipes cut them is chance."""
    text = b"\n".join(lines) + b"\n"
    return re.sub(rb"\+\n[<>] (?!\[EOF\])", b"", text)
