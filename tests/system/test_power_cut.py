"""The promises of qmail-queue and qmail-local, from the order of their system calls: what was accepted survives a power cut, nothing half is seen."""
import pytest

import poweroff
from paths import BIN, BUILD

PARTS = {"small": b"Subject: hello\n\nbody\n", "large": b"Subject: hello\n\n" + b"a line of the body\n" * 20000}


def tracer_of(instance, program):
    """A program that runs this one, and where it logs its calls."""
    log = instance.put("trace", "")
    return log, instance.put(
        "tracer", f"#!/bin/sh\nexec strace -f -y -s 200 -o {log} -e trace={poweroff.TRACED} {program} \"$@\"\n", 0o755)


def trace_of(instance, program, message):
    log, tracer = tracer_of(instance, program)
    assert instance.queue(message, "sender@trial.example", "one@trial.example", "two@trial.example", program=tracer) == 0
    return log.read_text()


@pytest.mark.parametrize("message", PARTS)
def test_accepted_mail_survives(instance, message):
    trace = trace_of(instance, BIN / "qmail-queue", PARTS[message])
    assert poweroff.faults(trace, f"{instance.home}/queue/mess") == set()


@pytest.mark.parametrize("broken, fault", [("no-file-sync", {"half", "lost"}), ("no-name-sync", {"lost"}),
                                           ("rename-before-sync", {"half"})])
def test_a_broken_order_is_seen(instance, broken, fault):
    trace = trace_of(instance, BUILD / "broken" / broken / "qmail-queue", PARTS["small"])
    assert poweroff.faults(trace, f"{instance.home}/queue/mess") == fault


def test_delivered_mail_survives(instance):
    log, tracer = tracer_of(instance, BIN / "qmail-local")
    home = instance.home / "home"
    message = instance.put("message", PARTS["small"])
    instance.run("sh", "-c", 'exec "$@" < $0', message, tracer, "tester", home, "tester", "", "", "trial.example", "s@x",
                 "./Maildir/", check=True)
    assert len(instance.messages()) == 1
    assert poweroff.faults(log.read_text(), f"{home}/Maildir/new") == set()


def test_the_model_itself():
    """Small orders by hand: name, data and syncs."""
    make, move, remove = ("name", "/d/a", 1), ("name", "/d/b", 1), ("name", "/d/a", None)
    data, sync, names = ("data", 1, 10), ("sync", 1), ("sync names", "/d")

    def left(*events):
        return {frozenset((path, size) for path, (_, size) in s.items()) for s in poweroff.after_power_cut(events)}

    nothing = frozenset()
    assert left(make, data) == {nothing, frozenset({("/d/a", 0)})}
    assert left(make, data, sync) == {nothing, frozenset({("/d/a", 10)})}
    assert left(make, data, sync, names) == {frozenset({("/d/a", 10)})}
    assert left(make, data, sync, names, move, remove) == {
        nothing, frozenset({("/d/a", 10)}), frozenset({("/d/b", 10)}), frozenset({("/d/a", 10), ("/d/b", 10)})}
    assert left(make, data, sync, move, remove, names) == {frozenset({("/d/b", 10)})}
