"""The attacks of tests/proof/battery.py, in their small size, on qmail++ alone."""
import sys

import pytest

from paths import SANITIZED, TESTS

sys.path.insert(0, str(TESTS / "proof"))
from battery_dialogue import run_probes  # noqa: E402
from battery_servers import Ours  # noqa: E402
from battery_sizes import checks  # noqa: E402
from battery_smuggling import decode, judge_inbound, judge_outbound, run_inbound, run_outbound  # noqa: E402


@pytest.fixture
def server():
    made = []

    def make(**named):
        made.append(Ours(**named))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_every_probe_gets_its_answer_and_nothing_is_relayed(server):
    rows, about = run_probes(server(deliver=True), 1000000)
    assert [r for r in rows if r["result"] != "as it must be"] == []
    assert about["probes"] >= 500 and about["left the machine"] == []
    plain = about["memory of a plain session, kB"]
    for row in rows:  # recipients are kept until the message has been sent: a thousand of them are allowed for
        assert row["memory"] <= plain + 64 + 32 * (row["group"] == "counts") or SANITIZED, row


def test_no_end_of_data_but_the_standard_one(server):
    points, wrong = run_inbound(server(), 3)
    assert points == 3 * (1 + 5 + 25 + 125) and wrong == []


def test_nothing_that_is_sent_ends_a_message_early(server):
    points, wrong = run_outbound(server().instance, 3)
    assert points == 2 * (1 + 5 + 25 + 125) and wrong == []


@pytest.mark.parametrize("name", ["netstrings", "crafted", "remote", "line", "header", "body", "edges", "5000 recipients", "inject",
                                  "qmtp", "maildir"])
def test_size(name):
    """70 MB, 5,000 recipients; lengths in fields as in the full run. Memory is a small part of what goes through."""
    found = checks(70000000, 5000)[name]()
    for program, kilobytes in found.get("memory, kB", {}).items():
        assert kilobytes < 2000 or SANITIZED, program


def test_the_judges_see_what_is_wrong():
    ok, go = (250, b"250 ok\r\n"), (354, b"354 go ahead\r\n")
    queued = (250, b"250 ok 1 qp 2\r\n")
    assert decode(b"x\r\n.\r\nMAIL") == ([b"x"], b"MAIL")
    assert decode(b"a\n.\n\r\n..\r\n.\r\n") == ([b"a\n.\n", b"."], b"")
    assert judge_inbound([queued, ok, ok, go], 1, b"text\n.\n", True) == "second transaction seen"
    assert judge_inbound([queued, (221, b"")], 1, b"text\0", True) == "taken with NUL, CR or LF"
    assert judge_inbound([(451, b"")], 0, b"text", True) == "refused wrongly"
    session = {"data": b"x\r\n", "behind": b"QUIT\r\n", "ended": True}
    assert judge_outbound(b"x\n", b"r\0K127.0.0.1", session) == ""
    assert judge_outbound(b"x\n", b"r\0K127.0.0.1", {**session, "data": b"x\n\r\n"}) == "bare CR or LF on the wire"
    behind = {**session, "behind": b"MAIL\r\nQUIT\r\n"}
    assert judge_outbound(b"x\n", b"r\0K127.0.0.1", behind) == "something behind the end"
    assert judge_outbound(b"x\n.\n", b"r\0K127.0.0.1", session) == "other bytes arrive"
    assert judge_outbound(b"x", b"r\0D", session) == "the end was sent"
