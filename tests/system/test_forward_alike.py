"""dot-forward, fastforward and what makes their files, beside Debian's: on real files and on random ones.

What differs on purpose (doc/differences.md) is in the cases, not here.
"""
import os
import random

import pytest

from both import Both
from paths import TESTS

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

CORPUS = TESTS / "fuzz/corpus"
MESSAGE = "Subject: hello\n\nbody\n"
USER = {"USER": "joe", "HOST": "h.test", "NEWSENDER": "new@sender.test", "DTLINE": "Delivered-To: joe@h.test\n",
        "RPLINE": "Return-Path: <s@x>\n", "UFLINE": "From s@x Sat Nov 21 02:33:17 2026\n"}


@pytest.fixture(scope="module")
def both():
    b = Both()
    yield b
    b.close()


def corpus(kind):
    """Texts of the files of a kind, without those that are read otherwise on purpose."""
    return [p.read_bytes().decode("latin-1")
            for p in sorted((CORPUS / kind).iterdir()) if not p.name.startswith("ours-")]


def words(r, choices, least, most):
    return [r.choice(choices) for _ in range(r.randint(least, most))]


ADDRESSES = ["joe", "Fred", "mei@h", "mei@a.b.test", "x@y+", "+", "a+b", "\\kazu", '"two words"@h', '"q"', "a.b", "a . b @ c",
             "Full Name <mei@h.test>", "<mei@h>", '"Mei, M." <mei@a.b>', "mei (Mei, the (old) one)", "(c) mei@h", "root@[1.2.3.4]",
             "a_b-c=d", "#x", "&y", "user%host@relay", "a!b!c", "8bit\xe9@h"]


def random_aliases(r):
    names = ["root", "Post.Master", "list", "owner-list", "user@host.test", "@host.test", '"quoted name"', "x_y", "owner-x@h.t",
             "owner-list@host.test", "Sales-List", "(comment) info", "*"]
    things = ADDRESSES * 2 + ['"|prog arg, x"', "|prog", '"|a \\"b\\" c"', ":include:/a/b.c", ":include:rel", ':include:"a b"',
                              ": include : ./x", '"|"', "a b c"]
    text = ""
    for _ in range(r.randint(0, 12)):
        kind = r.random()
        if kind < 0.1:
            text += r.choice(["# comment: x\n", "#\n continued: y\n", "\n", " \n", "#c\n\n\n\td: e\n"])
            continue
        between = lambda: r.choice([", ", ",", ",\n\t", " ,\n\n  ", ",\t"])  # noqa: E731
        text += r.choice(names) + r.choice([":", ": ", " : ", ":\n  ", "\t:\t"])
        for i, thing in enumerate(words(r, things, 1, 6)):
            text += (between() if i else "") + thing
        text += r.choice(["\n", "\n", " \n", ",\n", "\n\n", ";\n"])
    if r.random() < 0.2:
        text += r.choice(["x: /a/file\n", "x: <>\n", 'x: ""\n', 'x: "unclosed\n', "x:\n", ": x\n", "x: :include:\n", "x: a)b\n",
                          "x: y, /file\n", f"x: {'long' * 200}\n", "x: :include:, y\n"])
    return text


def made_of(result, name="/etc/aliases.cdb"):
    return result.files.get(name)


ALIASES = dict(watch=["/etc/aliases", "/etc/aliases.cdb", "/etc/aliases.tmp"])


def test_newaliases(both):
    r = random.Random(1)
    texts = [t if t.endswith("\n") or not t else t + "\n" for t in corpus("forward.aliases")]
    texts += [random_aliases(r) for _ in range(250)]
    plain = len(texts)
    for n in range(785, 793):
        texts += [f"x: {'l' * n}\n", f"{'l' * n}: x\n", f"x: \"|{'l' * (n + 20)}\"\n"]
    ours = both.compare([("newaliases", [], dict(files={"/etc/aliases": t}, **ALIASES)) for t in texts])
    assert len([o for o in ours if o.code == 0 and made_of(o)]) > 150
    assert len([o for o in ours if o.code != 0]) > 30
    # What was made is printed alike, and setforward makes the same of that.
    made = [made_of(o) for o in ours[:plain] if o.code == 0]
    printed = both.compare([("printforward", [], dict(input=m)) for m in made])
    again = both.compare([("setforward", ["c", "c.tmp"], dict(input=p.out)) for p in printed])
    assert [made_of(a, "/tmp/case/c") for a in again] == made


def test_newaliases_without_files(both):
    both.compare([("newaliases", [], ALIASES)])
    both.box.run("rm -f /etc/aliases; mkdir /etc/aliases")
    both.compare([("newaliases", [], {})])
    both.box.run("rmdir /etc/aliases")


def random_instructions(r):
    if r.random() < 0.5:  # anything
        return "".join(words(r, list("abAB@::;;,,##\\ \n\t&?|!./-") + ["a@b", "c: d;", "#\0\n", "\r", "\xff", "e: ?f, g;\n"], 0, 40))
    text = ""
    for _ in range(r.randint(0, 40)):
        commands = words(r, ["a@b", "&C@d", "?own@h", "/f", "./g", "|prog a", "!prog\\ b", "", "x\\,y", "-b", "\\#", "\"q\""], 0, 5)
        text += r.choice(["a@b", "A\\ b", "@h", "u@", "Long.name@h.test", ""]) + r.choice([":", " : "]) + ", ".join(commands) + ";"
        text += r.choice(["", "\n", " # comment ; , :\n"])
    return text


def test_setforward(both):
    r = random.Random(2)
    texts = corpus("instructions") + [random_instructions(r) for _ in range(400)]
    texts += [f"a: {p}{'l' * n}{c};" for n in (799, 800, 801) for p in ("", "&", "?", "/", "|") for c in ("", ",x", "\\,")]
    texts += [f"{'t' * 900}: x;", "a:b; \\", "a:b; #", "a:b; # \\\n c", "".join(f"u{i}@h: v{i}@x, w;\n" for i in range(3000))]
    ours = both.compare([("setforward", ["c", "c.tmp"], dict(input=t, files={"c": "old"})) for t in texts])
    good = [o for o in ours if o.code == 0]
    assert len(good) > 150 and len(ours) - len(good) > 100
    assert all(o.files["/tmp/case/c"] == "old" for o in ours if o.code)
    both.compare([("printforward", [], dict(input=o.files["/tmp/case/c"])) for o in good])


def test_setforward_and_files(both):
    both.compare([("setforward", arguments, dict(input="a: b;")) for arguments in (
        [], ["c"], ["c", "none/c.tmp"], ["none/c", "c.tmp"], ["c", "/dev/full"])])


def random_list(r):
    return "".join(line + r.choice(["\n", "\n", "  \n", "\t\n", "\n\n"]) for line in words(
        r, ["a@b", "&c@d", "./f", "/g h", "# x", " lead", "|p", "?x", ".", "&", "a\rb", "\xe9@h"], 0, 12))


def test_lists(both):
    r = random.Random(3)
    texts = [random_list(r) for _ in range(80)] + ["a", "", "a\0b\n", "\n\n"]
    texts += [f"{p}{'l' * n}\n" for n in (798, 799, 800, 801) for p in ("", "&", "/")]
    ours = both.compare([("setmaillist", ["l.bin", "l.tmp"], dict(input=t, files={"l.bin": "old"})) for t in texts])
    made = [o.files["/tmp/case/l.bin"] for o in ours]
    assert len(set(made)) > 60
    odd = ["&a\0", "a\0", "&a", "&a\0b", "", "&a\nb\0", "./x\0/y\0", "\0", "&\0"] + [f"&{'l' * n}\0" for n in range(895, 905)]
    odd += [f"/{'l' * n}\0" for n in range(895, 905)]
    odd += ["".join(words(r, ["&a", "/b", "./c", "\0", "\0", "\n", "d"], 0, 8)) for _ in range(100)]
    both.compare([("printmaillist", [], dict(input=m)) for m in made + odd])
    both.compare([("setmaillist", a, {}) for a in ([], ["l"], ["l", "none/l.tmp"], ["none/l", "l.tmp"], ["l", "/dev/full"])])


def random_include(r):
    things = ADDRESSES * 2 + [":include:/a/b.c", ":include:rel", ':include:"a b"', "grp: a, b;", "a b", '""']
    text = "".join(", ".join(words(r, things, 0, 4)) + r.choice(["\n", ",\n", " \n"]) for _ in range(r.randint(0, 8)))
    text = text if r.random() > 0.1 else text + r.choice(["/file\n", '"|prog"\n', '"unclosed\n', ":include:\n", "long" * 200 + "\n"])
    return r.choice(["", "# comment, x\n", "\n"]) + text


def test_newinclude(both):
    r = random.Random(4)
    texts = [random_include(r) for _ in range(200)] + [t + "l" * n for t in ("", "a\n") for n in range(786, 792)]
    cases = [("newinclude", ["l"], dict(files={"l": t, "l.bin": "old"})) for t in texts]
    cases += [("newinclude", ["l"], dict(files={"l": texts[0]}, env={
        "QMAILDEFAULTHOST": "eh", "QMAILDEFAULTDOMAIN": "ed.test", "QMAILPLUSDOMAIN": "ep.test"}))]
    ours = both.compare(cases)
    assert len([o for o in ours if o.code == 0]) > 150
    both.compare([("newinclude", a, {}) for a in ([], ["none"])])


def random_forward(r):
    things = ADDRESSES * 2 + ["\\joe", "JOE@H.test", '"|cat"', '"|echo x; exit 0"', "|true", "a b", "grp: a, b;", "(x)", "<>", '""']
    text = "".join(", ".join(words(r, things, 0, 4)) + r.choice(["\n", ",\n", " \n", "\r\n"]) for _ in range(r.randint(0, 5)))
    return r.choice(["", "# comment, x\n", "\n"]) + text


def test_dot_forward(both):
    r = random.Random(5)
    ends = ['"|exit %d"' % code for code in (0, 1, 64, 65, 66, 70, 75, 76, 77, 78, 99, 100, 111, 112, 255)]
    texts = corpus("forward.dot-forward") + [random_forward(r) for _ in range(150)]
    texts += [t for e in ends for t in (e, e + ", bob", f"bob, {e}\nmei\n")] + ['"|kill -9 $$"', '"|cat > got"', '"|cat > got; cat > more", bob']
    wrong = ["a\n/b\nc\n", "a\n'x' ( y\nz\n", '"x\n', "/dev/null/x\n"]
    cases = []
    for t in texts + wrong:
        named = dict(files={"f": t}, env=USER, input=MESSAGE)
        cases += [("dot-forward", ["-n", "f"], named), ("dot-forward", ["f"], named)]
    cases += [("dot-forward", ["f"], dict(files={"f": "bob\n"}, env=USER, input=MESSAGE, queue=code))
              for code in (11, 31, 51, 53, 54, 61, 62, 71, 81, 91, 120)]
    both.compare(cases)


def test_dot_forward_and_files(both):
    files = {"a": "", "b": "# c\n", "c": "bob\n"}
    cases = []
    for arguments in ([], ["x"], ["x", "c"], ["a", "b", "c"], ["c", "a"], ["a"], ["."], ["a", "."], ["/etc/passwd/x"]):
        for options in ([], ["-n"], ["-N"], ["-nN"]):
            cases.append(("dot-forward", [*options, *arguments], dict(files=files, env=USER, input=MESSAGE)))
    cases += [("dot-forward", ["-x", "c"], {}), ("dot-forward", ["--", "c"], dict(files=files, env=USER, input=MESSAGE))]
    cases += [("dot-forward", ["c"], dict(files=files, env={n: v for n, v in USER.items() if n != without}, input=MESSAGE))
              for without in USER]
    both.compare(cases)


def random_database(r):
    """Instructions, and lists that they use. Only targets that no other one names run programs: see doc/differences.md."""
    targets = ["a@h", "b@h", "c@h", "List@h", "own@h", "u@", "@h2", "d@h2", "x@y"]
    entries = ["a@h", "b@h", "c@h", "list@h", "LIST@h", "own@h", "u@", "d@h2", "e@h2", "x@y", "out@z", "./l1", "./l2", "/tmp/case/l1"]
    text = ""
    for target in targets:
        if r.random() < 0.3:
            text += f"{target}: ?owner-{r.choice('abc')}@h;"
        if r.random() < 0.8:
            text += f"{target}: {', '.join(words(r, entries, 0, 4))};"
    for n in (1, 2):
        parts = words(r, entries + ["|echo\\ one", "!cat", "|cat"], 0, 5)
        text += f"p{n}@h: {', '.join(parts)};"
    lists = {name: "".join((e if e[0] in "./" else "&" + e) + "\0" for e in words(r, entries, 0, 4)) for name in ("l1", "l2")}
    return text, lists


SENDING = {"SENDER": "sender@x.test", **USER}


def test_fastforward(both):
    r = random.Random(6)
    databases = [random_database(r) for _ in range(60)]
    made = both.compare([("setforward", ["c", "c.tmp"], dict(input=text)) for text, _ in databases])
    cases = []
    for (_, lists), m in zip(databases, made):
        files = {"c": m.files["/tmp/case/c"], **lists}
        for recipient in words(r, ["a@h", "A@H", "list@h", "own@h", "u@any", "e@h2", "D@h2", "p1@h", "p2@h", "x@y", "no@where"], 4, 4):
            env = {**SENDING, "RECIPIENT": recipient, "SENDER": r.choice(["s@x", "s@x", "", "#@[]", "list-@x-@[]"])}
            named = dict(files=files, env=env, input=MESSAGE)
            cases += [("fastforward", ["-n", "c"], named), ("fastforward", [*r.choice([[], ["-p"], ["-P"], ["-pP"]]), "c"], named)]
    ours = both.compare(cases)
    assert len([o for o in ours if o.queued]) > 50 and len([o for o in ours if o.code == 100]) > 5


def test_fastforward_and_its_surroundings(both):
    [made] = both.compare([("setforward", ["c", "c.tmp"], dict(input=(
        "a@h: b@h, &c@h; dflt@h: d@x; ext@h: e@x; f@h: ./none; g@h: ./unread; h@h: |exit\\ 3, |echo\\ no; i@h: |exit\\ 100;"
        "j@h: |exit\\ 99; k@h: |kill\\ -9\\ $$; l@h: |cat, |cat, !cat, y@z; m@h: ./empty; n@h:; u@: v@w; '\x1b'@h: x\\\n@y;")))])
    files = {"c": made.files["/tmp/case/c"], "unread": "&a@h\0", "empty": "", "zero": "", "short": "abc"}
    modes = {"unread": 0o640}

    def case(*arguments, env=(), without=(), queue=0):
        environment = {n: v for n, v in {**SENDING, "RECIPIENT": "a@h", **dict(env)}.items() if n not in without}
        return "fastforward", list(arguments), dict(files=files, modes=modes, env=environment, input=MESSAGE, queue=queue)

    cases = [case("nofile"), case("short"), case("-n", "c", without=["SENDER"])]
    for name in "abfghijklmnu":
        cases += [case(*o, "c", env={"RECIPIENT": f"{name}@h"}) for o in ([], ["-n"], ["-p"])]
    cases += [case("-n", "c", env={"RECIPIENT": r}) for r in ("", "a", "@h", "u", "u@", "u@x@y", "a@b@h", "'\x1b'@h")]
    place = {"DEFAULT": "dflt", "EXT": "ext", "HOST": "h"}
    cases += [case("-d", "c", env=place, without=w) for w in ([], ["DEFAULT"], ["EXT"], ["DEFAULT", "EXT"], ["HOST"])]
    cases += [case("c", without=[w]) for w in ("RECIPIENT", "DTLINE", "UFLINE", "HOST")]
    cases += [case("c", queue=code) for code in (11, 31, 51, 53, 54, 61, 71, 81, 91, 120)]
    both.compare(cases)
