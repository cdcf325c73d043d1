"""The probes: what an attacker says to an SMTP server, what the standards say of it, and what must come of it.

A probe is a dialogue of which the last reply decides:

  refuse  it must not be accepted; the end of the connection will do
  accept  it must be: 2xx
  ours    accepted or not, the mail must stay here: nothing of it may reach the sink
  single  after the end of data that is none, no second transaction may be seen
  free    the standards leave it open; but the server must go on as if nothing had been

Of every probe: each command gets one reply, each reply is well formed, and
after it a session works as before. `ours_refuses` is what qmail-smtpd(8)
promises where the standards promise less: held against qmail++ alone.
"""
import dataclasses

from battery_servers import HERE, LIMIT, MOST, RELAY

HELLO = b"EHLO client.example\r\n"
MAIL = b"MAIL FROM:<>\r\n"
RCPT = b"RCPT TO:<user@%s>\r\n" % HERE.encode()
SECOND = (b"MAIL FROM:<second@%s>\r\nRCPT TO:<second@%s>\r\nDATA\r\nSubject: second\r\n\r\nsecond\r\n.\r\nQUIT\r\n"
          % (HERE.encode(), HERE.encode()))


@dataclasses.dataclass
class Probe:
    group: str
    name: str
    rfc: str
    expect: str
    steps: list  # bytes, each answered once; a (count, bytes) is one write of so many commands
    unless: bytes = b""  # not asked of a server that offers this extension
    ours_refuses: bool = False
    start: bytes = b""  # sent behind the steps, then fill up to size bytes, then tail: together they get one reply
    fill: bytes = b""
    size: int = 0
    tail: bytes = b""
    early: bool = False  # all of it in one write, before the greeting


def shown(data):
    if len(data) >= 60:
        return f"{shown(data[:40])}... ({len(data)} bytes)"
    return data.decode("latin-1").encode("unicode_escape").decode()


def address_probes():
    here = HERE.encode()
    refused = [
        # what RFC 5321 section 4.1.2 has no derivation for and no server has a use for
        (b"user@" + here, "without brackets"), (b"<user@" + here, "never closed"), (b"user@" + here + b">",
                "never opened"),
        (b"", "nothing"), (b" ", "a blank"), (b"<", "an opening bracket"), (b">", "a closing bracket"),
        (b"<<user@%s>>" % here, "two brackets"), (b"<user@%s>>" % here, "closed twice"),
        (b"<user@%s><x@%s>" % (here, here), "two addresses"), (b"<user@%s>,<x@%s>" % (here, here), "a list"),
        (b"<user@%s> <x@%s>" % (here, here), "two addresses with a blank"), (b"<user@%s>x" % here,
                "a letter behind it"),
        (b"<user@%s>SIZE=1" % here, "a parameter without its blank"), (b'<"user@%s>' % here, "a quote never closed"),
        (b'<us"er@%s>' % here, "a quote in the middle never closed"), (b"<user@%s\\>" % here, "the bracket escaped"),
        (b'<"user\\"@%s>' % here, "the quote escaped"), (b"<@%s>" % here, "a route without its address"),
        (b"<@a.example,@b.example>", "a route of two without its address"), (b"User <user@%s>" % here,
                "a display name"),
        (b'"User" <user@%s>' % here, "a quoted display name"), (b"(x)<user@%s>" % here, "a comment before it"),
        (b"<user@%s>(x)" % here, "a comment behind it"), (b"group: user@%s;" % here, "a group"),
        (b"[user@%s]" % here, "square brackets"), (b"<user\tx@%s>" % here, "a tab"), (b"<user\x08@%s>" % here,
                "a backspace"),
        (b"<user\x1b[2J@%s>" % here, "an escape sequence"), (b"<user\x7f@%s>" % here, "a delete"),
        (b"<user@%s\x01>" % here, "a control byte in the host"), (b'<"us\x07er"@%s>' % here, "a bell, quoted"),
        (b"<us\\\x07er@%s>" % here, "a bell, escaped"), (b"<user\x00@%s>" % here, "a NUL"),
        (b"<user@%s\x00.evil.example>" % here, "a NUL that cuts the host"), (b'<"us\x00er"@%s>' % here,
                "a NUL, quoted"),
        (b"<us\\\x00er@%s>" % here, "a NUL, escaped"), (b"\x00<user@%s>" % here, "a NUL before it"),
        (b"<user@%s>\x00" % here, "a NUL behind it"), (b"<us\rer@%s>" % here, "a CR"), (b'<"us\rer"@%s>' % here,
                "a CR, quoted"),
        (b"<us\\\rer@%s>" % here, "a CR, escaped"), (b"<user@%s\r>" % here, "a CR in the host"),
        (b"<user@%s%s>" % (b"x." * 600, here), "1,200 bytes of host"),
        (b"<%suser@%s>" % (b"@x.example," * 400 + b"@y:", here), "a route of 4,400 bytes"),
    ]
    free = [
        (b"<>x", "a letter behind nothing"), (b"<user@>", "no host"), (b"<@>", "nothing but @"), (b"<user@@%s>" % here,
                "two @"),
        (b"<a@b@%s>" % here, "an @ in the local part"), (b"<a b@%s>" % here, "a blank"), (b"< user@%s >" % here,
                "blanks inside"),
        (b"<.user@%s>" % here, "a dot first"), (b"<user.@%s>" % here, "a dot last"), (b"<us..er@%s>" % here,
                "two dots"),
        (b"<a,b@%s>" % here, "a comma"), (b"<a;b@%s>" % here, "a semicolon"), (b"<a(x)@%s>" % here, "a comment inside"),
        (b"<a[b]@%s>" % here, "square brackets inside"), (b"<a:b@%s>" % here, "a colon"), (b"<a<b@%s>" % here,
                "a bracket inside"),
        (b"<us\xe9r@%s>" % here, "Latin-1"), (b"<us\xc3\xa9r@%s>" % here, "UTF-8"), (b"<user@caf\xc3\xa9.example>",
                "UTF-8 host"),
        (b"<user@[127.0.0.1>", "a literal never closed"), (b"<user@[300.1.1.1]>", "no address in a literal"),
        (b"<user@[]>", "an empty literal"), (b"<user@[IPv6:::1]>", "a v6 literal"), (b"<user@[x:y]>",
                "a literal of no kind"),
        (b"<user@-x.example>", "a host that begins with -"), (b"<user@x_y.example>", "an underscore"),
        (b"<user@.example>", "a host that begins with a dot"), (b"<user@a..example>", "an empty label"),
        (b"<user@%s.>" % (b"x" * 64 + b".example"), "a label of 64"), (b"<%s@%s>" % (b"x" * 65, here),
                "65 before the @"),
        (b'<""@%s>' % here, "an empty quoted string"), (b'<"a@b"@%s>' % here, "an @, quoted"), (b'<"<>"@%s>' % here,
                "brackets, quoted"),
        (b"<|/bin/id>", "a command"), (b"</etc/passwd>", "a file"), (b"<:include:/etc/passwd>", "a list in a file"),
        (b"<../../etc/passwd@%s>" % here, "a path"), (b"<$(id)@%s>" % here, "a command for a shell"),
        (b"<`id`@%s>" % here, "another"),
        (b"<-froot@%s>" % here, "an option"), (b"<%s@%s>" % (b"%n%s" * 10, here), "a format"),
    ]
    for verb, before in (("MAIL FROM", [HELLO]), ("RCPT TO", [HELLO, MAIL])):
        for path, name in refused:
            yield Probe("addresses", f"{verb}: {name}: {shown(path)}", "5321 4.1.2", "refuse",
                        before + [verb.encode() + b":" + path + b"\r\n"])
        for path, name in free:
            yield Probe("addresses", f"{verb}: {name}: {shown(path)}", "5321 4.1.2, 7.9", "free",
                        before + [verb.encode() + b":" + path + b"\r\n"])
    for argument in (b"", b" FROM", b" <a@b.example>", b" TO:<a@b.example>", b" FROM<a@b.example>",
                     b"FROM:<a@b.example>", b" FROM :<a@b.example>"):
        yield Probe("addresses", f"MAIL{shown(argument)}", "5321 4.1.1.2", "refuse", [HELLO,
                b"MAIL" + argument + b"\r\n"])
    for argument in (b"", b" TO", b" <a@%s>" % here, b" FROM:<a@%s>" % here, b" TO<a@%s>" % here, b" TO:<>",
                     b" TO :<a@%s>" % here):
        yield Probe("addresses", f"RCPT{shown(argument)}", "5321 4.1.1.3", "refuse", [HELLO, MAIL,
                b"RCPT" + argument + b"\r\n"])
    for verb, before in (("MAIL FROM", [HELLO]), ("RCPT TO", [HELLO, MAIL])):
        yield Probe("addresses", f"{verb}: 1,000 letters before the @", "5321 4.5.3.1.1", "free",
                    before + [verb.encode() + b":<%s@%s>\r\n" % (b"x" * 1000, here)], ours_refuses=True)
    for path in (b"<>", b"<user@client.example>", b'<"us er"@client.example>', b"<" + b"x" * 64 + b"@client.example>"):
        yield Probe("addresses", f"MAIL FROM:{shown(path)}", "5321 4.1.2, 4.5.3.1", "accept", [HELLO,
                b"MAIL FROM:" + path + b"\r\n"])
    for path in (b"<postmaster>", b"<Postmaster@%s>" % here, b"<user@%s>" % here.upper()):
        yield Probe("addresses", f"RCPT TO:{shown(path)}", "5321 4.5.1, 2.3.5", "accept", [HELLO, MAIL,
                b"RCPT TO:" + path + b"\r\n"])


def parameter_probes():
    for p in (b"X=1", b"X", b"=", b"=1", b"SIZE", b"SIZE=", b"SIZE=-1", b"SIZE=+1", b"SIZE=0x10", b"SIZE=1e3",
              b"SIZE=1.5", b"SIZE=1,000",
              b"SIZE=12a", b"SIZE=a12", b"SIZE==1", b"SIZE=1=2", b"SIZE=" + b"1" * 21, b"SIZE=" + b"0" * 400 + b"1",
              b"BODY", b"BODY=", b"BODY=9BIT",
              b"BODY=8BITMIMEX", b"BODY=BINARYMIME", b"FOO=BAR SIZE=1", b"SIZE=1 FOO=BAR", b"SIZE=\xff", b"SIZE=1\t2"):
        yield Probe("parameters", f"MAIL, {shown(p)}", "5321 4.1.1.11, 1870 4, 6152 2", "refuse",
                    [HELLO, b"MAIL FROM:<a@client.example> " + p + b"\r\n"], unless=b"BINARYMIME"
                    if b"BINARY" in p else b"")
    for p in (b"SIZE=1 SIZE=1", b"SIZE=1 SIZE=99999999999", b"BODY=7BIT BODY=8BITMIME"):
        yield Probe("parameters", f"MAIL, {shown(p)}", "5321 4.1.2 (none twice: 1869 6)", "free",
                    [HELLO, b"MAIL FROM:<a@client.example> " + p + b"\r\n"], ours_refuses=True)
    for p, extension in ((b"SMTPUTF8", b"SMTPUTF8"), (b"RET=HDRS", b"DSN"), (b"ENVID=x", b"DSN"), (b"BY=10;R",
            b"DELIVERBY"),
                         (b"REQUIRETLS", b"REQUIRETLS"), (b"MT-PRIORITY=9", b"MT-PRIORITY"), (b"HOLDFOR=10",
                                 b"FUTURERELEASE")):
        yield Probe("parameters", f"MAIL, {shown(p)}, not offered", "5321 4.1.1.11", "refuse",
                    [HELLO, b"MAIL FROM:<a@client.example> " + p + b"\r\n"], unless=extension)
    for p, extension in ((b"X=1", b""), (b"X", b""), (b"NOTIFY=NEVER", b"DSN"), (b"ORCPT=rfc822;a@b", b"DSN"),
                         (b"SIZE=1", b""), (b"BODY=8BITMIME", b""),
                         (b"RRVS=2014-04-03T23:01:00Z", b"RRVS"), (b"=", b"")):
        yield Probe("parameters", f"RCPT, {shown(p)}", "5321 4.1.1.11", "refuse", [HELLO, MAIL,
                RCPT[:-2] + b" " + p + b"\r\n"], unless=extension)
    for n in (LIMIT + 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1, 2**32, 2**32 + 1, 2**32 + 100, 2**63 - 1, 2**63,
              2**64 - 1, 2**64, 2**64 + 1, 10**20 - 1):
        yield Probe("size", f"SIZE={n}", "1870 6.1", "refuse", [HELLO, b"MAIL FROM:<a@client.example> SIZE=%d\r\n" % n])
    for n in (0, 1, LIMIT, b"0" * 13 + b"1234567"):
        n = n if isinstance(n, bytes) else b"%d" % n
        yield Probe("size", f"SIZE={n.decode()}", "1870 6.1", "accept", [HELLO,
                b"MAIL FROM:<a@client.example> SIZE=%s\r\n" % n])
    yield Probe("parameters", "MAIL, AUTH=<>, not offered", "4954 5", "free", [HELLO,
            b"MAIL FROM:<a@client.example> AUTH=<>\r\n"], ours_refuses=True)
    for p in (b"BODY=7BIT", b"body=8bitmime", b"SIZE=10 BODY=8BITMIME"):
        yield Probe("parameters", f"MAIL, {shown(p)}", "6152 2, 5321 2.4", "accept", [HELLO,
                b"MAIL FROM:<a@client.example> " + p + b"\r\n"])
    yield Probe("size", "a body one byte above the limit", "1870 6.3", "refuse", [HELLO, MAIL, RCPT, b"DATA\r\n"],
                fill=b"x" * 998 + b"\r\n", size=LIMIT + 100000, tail=b"\r\n.\r\n")
    yield Probe("size", "declared as 1, and sent far above the limit", "1870 6.3", "refuse", [HELLO,
            b"MAIL FROM:<> SIZE=1\r\n", RCPT, b"DATA\r\n"],
                fill=b"x" * 998 + b"\r\n", size=LIMIT + 100000, tail=b"\r\n.\r\n")


def order_probes():
    good = b"Subject: x\r\n\r\nx\r\n.\r\n"
    for name, steps in {
            "RCPT first": [HELLO, RCPT], "DATA first": [HELLO, b"DATA\r\n"], "DATA behind MAIL": [HELLO, MAIL,
                    b"DATA\r\n"],
            "RCPT behind a refused MAIL": [HELLO, b"MAIL FROM:<a@b.example> X=1\r\n", RCPT],
            "DATA behind a refused RCPT": [HELLO, MAIL, b"RCPT TO:<a@%s>\r\n" % RELAY.encode(), b"DATA\r\n"],
            "RCPT behind RSET": [HELLO, MAIL, b"RSET\r\n", RCPT], "DATA behind RSET": [HELLO, MAIL, RCPT, b"RSET\r\n",
                    b"DATA\r\n"],
            "RCPT behind a second EHLO": [HELLO, MAIL, HELLO, RCPT], "DATA behind a second EHLO": [HELLO, MAIL, RCPT,
                    HELLO, b"DATA\r\n"],
            "DATA behind HELO": [HELLO, MAIL, RCPT, b"HELO x.example\r\n", b"DATA\r\n"],
            "DATA again": [HELLO, MAIL, RCPT, b"DATA\r\n", good, b"DATA\r\n"], "RCPT behind a message": [HELLO, MAIL,
                    RCPT, b"DATA\r\n", good, RCPT],
    }.items():
        yield Probe("order", name, "5321 4.1.4, 3.3", "refuse", steps)
    yield Probe("order", "RCPT after a MAIL that was too large", "1870 6.1", "refuse", [HELLO,
            b"MAIL FROM:<> SIZE=99999999999\r\n", RCPT])
    yield Probe("order", "a message, then another", "5321 3.3", "accept", [HELLO, MAIL, RCPT, b"DATA\r\n", good, MAIL,
            RCPT, b"DATA\r\n", good])
    yield Probe("order", "MAIL twice", "5321 4.1.4", "free", [HELLO, MAIL, MAIL])
    yield Probe("order", "MAIL without a greeting", "5321 4.1.4", "free", [MAIL])
    yield Probe("order", "DATA with an argument", "5321 4.1.1.4", "free", [HELLO, MAIL, RCPT, b"DATA x\r\n"])
    # commands before the replies that must be waited for
    whole = HELLO + MAIL + RCPT + b"DATA\r\n" + good + b"QUIT\r\n"
    yield Probe("early", "a whole session before the greeting", "5321 4.3.1, 2920 3.1", "free", [whole], early=True,
                ours_refuses=True)
    yield Probe("early", "EHLO before the greeting", "5321 4.3.1", "free", [HELLO], early=True, ours_refuses=True)
    yield Probe("early", "HTTP", "5321 4.3.1", "refuse",
                [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n" + whole], early=True)
    yield Probe("early", "TLS", "5321 4.3.1", "refuse",
                [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n" + whole], early=True)
    yield Probe("early", "the message before 354", "2920 3.1", "free", [HELLO, MAIL, RCPT, (2, b"DATA\r\n" + good)],
                ours_refuses=True)
    yield Probe("early", "message and next transaction before 354", "2920 3.1", "free",
                [HELLO, MAIL, RCPT, (5, b"DATA\r\n" + good + MAIL + RCPT + b"DATA\r\n")], ours_refuses=True)
    yield Probe("early", "one byte of it before 354", "2920 3.1", "free", [HELLO, MAIL, RCPT, (1, b"DATA\r\nS")],
                ours_refuses=True)
    yield Probe("early", "the message behind a DATA that is refused", "2920 3.1", "refuse", [HELLO, MAIL, (5,
            b"DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n")])
    yield Probe("early", "commands in groups", "2920 3.1", "accept", [HELLO, (3, MAIL + RCPT + RCPT)], unless=b"")


def verb_probes():
    for verb in (b"VRFY user", b"EXPN users", b" NOOP"):
        yield Probe("verbs", shown(verb), "5321 3.5.3, 7.3", "free", [HELLO, verb + b"\r\n"])
    for verb in (b"TURN", b"SEND FROM:<a@b>", b"SOML FROM:<a@b>", b"SAML FROM:<a@b>", b"DEBUG", b"WIZ", b"KILL",
                 b"SHELL", b"MAILX FROM:<a@b.example>",
                 b"MAI FROM:<a@b.example>", b"MAIL\tFROM:<a@b.example>", b"\x00MAIL FROM:<a@b.example>",
                 b"MAIL\x00 FROM:<a@b.example>", b"DATA\x00",
                 b"\xff\xf4\xff\xfdMAIL FROM:<a@b.example>", b"BDAT 5 LAST", b"STARTTLS", b"AUTH PLAIN AGEAYg==",
                 b"AUTH LOGIN", b"XCLIENT ADDR=127.0.0.1",
                 b"XFORWARD ADDR=127.0.0.1", b"XEXCH50 1 2", b"BURL x LAST", b"ATRN", b"", b" ", b"\t", b"\r",
                 b"GET / HTTP/1.0",
                 b"CONNECT %s:25 HTTP/1.0" % RELAY.encode(), b"." , b"()", b"\x80\x80\x80\x80", b"%s%n%s%n",
                 b"'; DROP TABLE mail; --"):
        extension = verb.split()[0] if verb.split() else b""
        yield Probe("verbs", shown(verb) or "an empty line", "5321 4.2.4", "refuse", [HELLO, verb + b"\r\n"],
                    unless={b"BDAT": b"CHUNKING"}.get(extension, extension if extension.isalnum() else b""))
    yield Probe("verbs", "ETRN", "1985 5", "refuse", [HELLO, b"ETRN %s\r\n" % RELAY.encode()], unless=b"ETRN")
    for verb in (b"noop", b"NOOP x y z", b"rSeT"):
        yield Probe("verbs", shown(verb), "5321 2.4, 4.1.1.9", "accept", [HELLO, verb + b"\r\n"])
    for name in (b"EHLO", b"HELO", b"EHLO " + b"x" * 400, b"EHLO a b c", b"EHLO ;id", b"EHLO <x>\x08",
                 b"HELO (x) (y@z)", b"EHLO [127.0.0.1]", b"EHLO \xe9"):
        yield Probe("verbs", shown(name), "5321 4.1.1.1", "free", [name + b"\r\n"])


def byte_probes():
    """NULs, bare CR, bare LF, 8 bits in commands and in the message."""
    for name, line in {"EHLO": b"EHLO client\x00.example\r\n", "NOOP": b"NOOP \x00\r\n",
                       "MAIL": b"MAIL FROM:<> \x00\r\n", "verb": b"NO\x00OP\r\n"}.items():
        yield Probe("bytes", f"NUL in {name}", "5321 4.1.2, 2.4", "free" if name in ("EHLO", "NOOP") else "refuse",
                    [HELLO, line], ours_refuses=True)
    for line in (b"NOOP\n", b"MAIL FROM:<a@b.example>\n", b"RSET\nMAIL FROM:<a@b.example>\r\n",
                 b"NOOP\rMAIL FROM:<a@b.example>\r\n",
                 b"NOOP\r\r\n", b"NOOP x\nRSET\r\n", b"MAIL FROM:<a@b.example>\r\r\n"):
        yield Probe("bytes", f"command {shown(line)}", "5321 2.3.8", "free", [HELLO, (1, line)], ours_refuses=True)
    for name, text in {"NUL in the header": b"Subject: a\x00b\r\n\r\nx\r\n",
                       "NUL in the body": b"Subject: x\r\n\r\na\x00b\r\n",
                       "NUL alone": b"\x00", "NUL at the start of a line": b"a\r\n\x00b\r\n",
                       "CR in the header": b"Subject: a\rb\r\n\r\nx\r\n",
                       "CR in the body": b"Subject: x\r\n\r\na\rb\r\n",
                       "LF in the header": b"Subject: a\nb\r\n\r\nx\r\n",
                       "LF in the body": b"Subject: x\r\n\r\na\nb\r\n", "CR before CRLF": b"Subject: x\r\n\r\na\r\r\n",
                       "CR at the end": b"x\r\n\r"}.items():
        yield Probe("bytes", name, "5321 2.3.8, 5322 2.3", "free", [HELLO, MAIL, RCPT, b"DATA\r\n",
                                                                    text + b"\r\n.\r\n"], ours_refuses=True)
    for name, text in {"all other bytes": bytes(b for b in range(1, 256) if b not in b"\r\n") + b"\r\n",
                       "8 bits in the header": b"Subject: \xe9\xff\r\n\r\nx\r\n",
                       "no header": b"\r\nx\r\n", "nothing": b"", "dots": b"...\r\n..\r\n.x\r\n..\r\n",
                       "a header that is none": b"x\r\n: y\r\n y\r\n\r\n",
                       "a line of 1,000": b"x" * 998 + b"\r\n"}.items():
        yield Probe("bytes", name, "5321 4.5.2, 4.5.3.1.6, 6152 3", "accept", [HELLO, MAIL, RCPT, b"DATA\r\n",
                text + b".\r\n"])


def length_probes(scale):
    """Lines and headers without end. scale: bytes of them."""
    for verb in (b"NOOP ", b"MAIL FROM:<", b"MAIL FROM:<@", b'MAIL FROM:<"', b"MAIL FROM:<a@b.example> ", b"", b"\x00",
                 b"EHLO ", b"EHLO \r", b"X\r\r"):
        for fill in (b"x",) if verb else (b"x", b" ", b"\x00", b"\r", b"\xff"):
            yield Probe("lengths", f"a command without end: {shown(verb)}, then {shown(fill)}", "5321 4.5.3.1.4",
                        "free",
                        [HELLO], start=verb, fill=fill * 100000, size=scale, tail=b"\r\n", ours_refuses=True)
    for length in (513, 1024, 2048, 4095, 4096, 4097, 8192, 32767, 32768, 65536):
        yield Probe("lengths", f"NOOP of {length} bytes", "5321 4.5.3.1.4", "free", [HELLO,
                b"NOOP " + b"x" * (length - 7) + b"\r\n"])
    yield Probe("lengths", "NOOP of 512 bytes", "5321 4.5.3.1.4", "accept", [HELLO, b"NOOP " + b"x" * 505 + b"\r\n"])
    for name, start, fill in (("a body line without end", b"Subject: x\r\n\r\n", b"x"), ("a header line without end",
            b"Subject: ", b"x"),
                              ("a field name without end", b"", b"x"), ("a header without end", b"", b"X-Field: y\r\n"),
                              ("a folded field without end", b"To: a\r\n", b"\tb@c.example,\r\n"),
                              ("comments without end", b"To: ", b"("),
                              ("empty lines without end", b"", b"\r\n"), ("dots without end", b"", b"."),
                              ("lines of two dots without end", b"", b"..\r\n"),
                              ("MIME parts in one another", b"",
                               b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"),
                              ("Received fields without end", b"", b"Received: x\r\n"), ("Delivered-To without end",
                                      b"", b"Delivered-To: x\r\n")):
        piece = fill * (100000 // len(fill))
        yield Probe("lengths", name, "1870 6.3, 5321 4.5.3.1.7", "refuse", [HELLO, MAIL, RCPT, b"DATA\r\n"],
                    start=start, fill=piece,
                    size=max(scale, 3 * LIMIT), tail=b"\r\n.\r\n")
    yield Probe("counts", "a loop: 100 Received fields", "5321 6.3", "refuse", [HELLO, MAIL, RCPT, b"DATA\r\n",
            b"Received: x\r\n" * 100 + b"\r\nx\r\n.\r\n"])
    yield Probe("counts", "100 recipients", "5321 4.5.3.1.8", "accept", [HELLO, MAIL, (100, RCPT * 100)])
    yield Probe("counts", f"recipient {MOST + 1}", "5321 4.5.3.1.10", "refuse", [HELLO, MAIL, (MOST + 1,
            RCPT * (MOST + 1))])
    yield Probe("counts", "a thousand commands that do nothing", "5321 7.8", "free", [HELLO, (900, b"NOOP\r\n" * 900)])
    yield Probe("counts", "a thousand refused recipients", "5321 7.8", "refuse", [HELLO, MAIL, (1000,
            b"RCPT TO:<a@%s>\r\n" % RELAY.encode() * 1000)])
    yield Probe("counts", "a thousand unknown commands", "5321 7.8", "refuse", [HELLO, (1000, b"XYZZY\r\n" * 1000)])


def relay_probes():
    here, out = HERE.encode(), RELAY.encode()
    foreign = [b"user@" + out, b"user@" + out.upper(), b"user@" + out + b".", b"user@." + out,
               b"user@" + here + b"." + out, b"user@x" + here,
               b"user@" + here[:-1], b"user@" + here[1:], b"user@x." + here, b"user@." + here, b"user@" + here + b"..",
               b"user@" + here + b".x",
               b"user@" + here + b"@" + out, b'"user@' + here + b'"@' + out, b"user%" + here + b"@" + out,
               b"@" + here + b":user@" + out,
               b"@" + here + b",@" + here + b":user@" + out, b"user@[127.0.0.1]@" + out, b'"user"@' + out,
               b'""@' + out, b"us\\er@" + out,
               b"user@" + out + b"#" + here, b"user@" + out + b"/" + here, b"user@" + out + b"%00" + here,
               b"user@" + out + b"?" + here,
               b"user@" + out + b";" + here, b"user@" + out + b"," + b"user", b"user@" + out + b" " + here,
               b"user@[192.0.2.7]", b"user@192.0.2.7",
               b"user@[IPv6:2001:db8::7]", b"user@[2001:db8::7]", b"user@#3221225991", b"user@[3221225991]",
               b"user@[0x7f.1]", b"user@localhost." + out,
               b"user@*", b"user@*." + here, b"user@" + here + b"\\", b"user@\xe9" + here,
               b"user@" + b"x." * 100 + here]
    local = [b"user%" + out + b"@" + here, b'"user%' + out + b'"@' + here, b"user%" + out + b"%" + here + b"@" + here,
             b'"user@' + out + b'"@' + here,
             b"user\\@" + out + b"@" + here, b"user@" + out + b"@" + here, b"@" + out + b":user@" + here,
             b"@" + out + b",@" + here + b":user@" + here,
             out + b"!user@" + here, b'"' + out + b'!user"@' + here, here + b"!" + out + b"!user@" + here,
             out + b"!user", b"user%" + out, b'"user@' + out + b'"',
             b"user@" + out + b"%" + here + b"@" + here, b"user@" + here + b".", b"user@[127.0.0.1]",
             b"user%" + out + b"@[127.0.0.1]", b"user%" + out + b"@localhost",
             b"user@localhost", b'"' + out + b':user"@' + here, out + b":user@" + here, b"smtp:" + out + b"@" + here,
             b"relay=" + out + b"@" + here, b"user+" + out + b"@" + here,
             b'"@' + out + b':user"@' + here, b"@" + here + b":@" + out + b":user@" + here,
             b"<user@" + out + b"@" + here, b"user%" + out + b"." + b"@" + here,
             b"user%[127.0.0.1]@" + here, b"mailto:user@" + out + b"@" + here, b"owner-@" + here,
             b"VERP-user=" + out + b"@" + here, b"-user=" + out + b"-@[]"]
    for forms, expect, rfc in ((foreign, "refuse", "5321 3.6.2, 2505 2.1"), (local, "ours",
            "5321 3.6.2, appendix C, F.2; 2505 2.1")):
        for form in forms:
            sent = [HELLO, MAIL, b"RCPT TO:<" + form + b">\r\n"]
            if expect == "ours":
                sent += [b"DATA\r\n", b"Subject: relay\r\n\r\nx\r\n.\r\n"]
            yield Probe("relay", shown(form), rfc, expect, sent)
    for sender in (b"user@" + here, b"postmaster@" + here, b"user@[127.0.0.1]", b"root@localhost", b"user@" + out):
        yield Probe("relay", f"sender {shown(sender)}", "2505 2.1, 5321 3.6.2", "refuse",
                    [HELLO, b"MAIL FROM:<" + sender + b">\r\n", b"RCPT TO:<user@" + out + b">\r\n"])
    yield Probe("relay", "a recipient that is let in, then one that is not", "5321 3.6.2", "refuse", [HELLO, MAIL,
            RCPT, b"RCPT TO:<user@" + out + b">\r\n"])


BEFORE = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\0\n", b"\0\r\n", b"\r\n\0", b"")
AFTER = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\0\n", b"\0\r\n", b"\r\n\0", b" \r\n")


def smuggling_probes():
    for before in BEFORE:
        for after in AFTER:
            end = before + b"." + after
            if before[-2:] == after[:2] == b"\r\n" and b"\0" not in before:
                continue  # this is the end
            if before == b"\0\r\n" and after.startswith(b"\r\n"):
                continue
            yield Probe("smuggling", f"end {shown(end)}", "5321 2.3.8, 4.1.1.4", "single", [HELLO, MAIL, RCPT,
                    b"DATA\r\n", b"Subject: x\r\n\r\nx" + end + SECOND])
    for end in (b"\xc2\xa0.\r\n", b"\r\n.\x0b\r\n", b"\x85.\x85", b"\xe2\x80\xa8.\xe2\x80\xa8", b"\x0c.\x0c",
                b"\r\n\xff.\r\n", b"\r\n=2E\r\n", b"\r\n..\r\n",
                b"\x8d\x8a.\x8d\x8a", b"\\r\\n.\\r\\n", b"\r\n.\r", b"\x1e.\x1e"):
        yield Probe("smuggling", f"end {shown(end)}", "5321 2.3.8, 4.1.1.4", "single", [HELLO, MAIL, RCPT, b"DATA\r\n",
                b"Subject: x\r\n\r\nx" + end + SECOND])


def all_probes(scale):
    for make in (smuggling_probes, order_probes, address_probes, parameter_probes, verb_probes, byte_probes,
                 lambda: length_probes(scale), relay_probes):
        yield from make()
