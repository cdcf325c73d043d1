"""A destination that does not answer leaves room for the others."""
import shlex

import pytest

# In the place of qmail-remote: notes its host, and for dead.example waits until the file go is there.
REMOTE = """#!/bin/sh
cat > /dev/null
echo "$*" >> {home}/tried
case $1 in dead.example) while [ ! -e {home}/go ]; do sleep 0.02; done ;; esac
shift 2
for r; do printf 'r\\0'; done
printf 'K%s accepted message.\\n\\0' "$1"
"""


def with_slow_host(instance):
    path = instance.home / "bin/qmail-remote"
    path.unlink(missing_ok=True)
    instance.put("bin/qmail-remote", REMOTE.format(home=shlex.quote(str(instance.home))), 0o755)
    instance.control("concurrencyremote", "5")


def test_a_dead_host_does_not_take_every_slot(instance):
    with_slow_host(instance)
    instance.start()
    for n in range(12):
        assert instance.queue("Subject: x\n\n", "a@b.example", f"u{n}@dead.example") == 0
    instance.log.wait(r"^status: local 0/10 remote 4/5$")
    assert instance.queue("Subject: x\n\n", "a@b.example", "u@Living.example") == 0
    instance.log.wait(r"success: u@Living\.example_accepted")
    assert len(instance.log.find(r"^starting delivery .* to remote u\d+@dead")) == 4

    # Nothing was said of those held back; now they go on, each once.
    instance.put("go", "")
    instance.wait_empty()
    started = instance.log.find(r"^starting delivery .* to remote (u\d+@dead.example)$")
    assert sorted(m[1] for m in started) == sorted(f"u{n}@dead.example" for n in range(12))
    assert not instance.log.find("deferral|failure")


def test_a_list_goes_on_behind_a_held_recipient(instance):
    with_slow_host(instance)
    instance.start()
    for n in range(5):
        assert instance.queue("Subject: x\n\n", "a@b.example", f"u{n}@dead.example") == 0
    instance.log.wait(r"^status: local 0/10 remote 4/5$")
    assert instance.queue("Subject: x\n\n", "a@b.example", "x@one.example", "y@dead.example", "z@two.example") == 0
    instance.log.wait(r"success: x@one\.example")
    instance.log.wait(r"success: z@two\.example")  # while y still waits
    assert not instance.log.find("to remote y@dead")
    instance.put("go", "")
    instance.wait_empty()
    assert len(instance.log.find(r"to remote (x@one|y@dead|z@two)\.example$")) == 3


def test_a_list_tries_the_others_first(instance):
    """Of many at full and at free hosts each is tried once in a pass, whatever the order."""
    with_slow_host(instance)
    path = instance.home / "bin/qmail-remote"
    path.write_text(path.read_text().replace("K%s accepted message.", "Z%s is busy."))
    instance.start()
    for n in range(5):
        assert instance.queue("Subject: x\n\n", "a@b.example", f"u{n}@dead.example") == 0
    instance.log.wait(r"^status: local 0/10 remote 4/5$")
    hosts = ["dead", "h1", "h2", "dead", "h1", "dead", "h3"]
    recipients = [f"r{n}@{host}.example" for n, host in enumerate(hosts)]
    assert instance.queue("Subject: x\n\n", "a@b.example", *recipients) == 0
    instance.log.wait(r"deferral: r6@h3")
    tried = [m[1] for m in instance.log.find(r"^starting delivery .* to remote (r.*)$")]
    assert tried == [r for r in recipients if "dead" not in r]
    instance.put("go", "")
    instance.log.wait(r"to remote r5@dead")
    instance.log.wait(r"^status: local 0/10 remote 0/5$")
    tried = [m[1] for m in instance.log.find(r"^starting delivery .* to remote (r.*)$")]
    assert sorted(tried) == sorted(recipients)


def test_stopping_does_not_wait_for_what_is_held(instance):
    with_slow_host(instance)
    instance.start()
    for n in range(8):
        assert instance.queue("Subject: x\n\n", "a@b.example", f"u{n}@dead.example") == 0
    instance.log.wait(r"^status: local 0/10 remote 4/5$")
    instance.put("go", "")
    assert instance.stop() == 0
    first = len(instance.log.find(r"^delivery \d+: success"))
    instance.start()
    instance.wait_empty()
    assert first + len(instance.log.find(r"^delivery \d+: success")) == 8


@pytest.mark.parametrize("count, released", [(1, [0]), (3, [0, 2])])
def test_a_release_of_what_is_held_back(instance, count, released):
    """An order makes messages due that wait for their host: they wait on, none is forgotten, each goes once."""
    with_slow_host(instance)
    instance.start()
    for n in range(4):
        assert instance.queue("Subject: x\n\n", "a@b.example", f"u{n}@dead.example") == 0
    instance.log.wait(r"^status: local 0/10 remote 4/5$")
    for n in range(count):
        assert instance.queue("Subject: x\n\n", f"held{n}@b.example", "v@dead.example", "w@dead.example") == 0
        instance.log.wait(rf"from <held{n}@b\.example>")
    for n in released:
        for order in ("hold", "release"):
            done = instance.run("qmail-qctl", order, "--sender", f"held{n}@*", "--recipient", "w@*")
            assert done.returncode == 0 and done.stdout
        assert instance.queue("Subject: x\n\n", "a@b.example", "u@living.example") == 0
        instance.log.wait(r"^delivery \d+: success: u@living", 1 + released.index(n))  # after a pass of what was released
    instance.put("go", "")
    instance.wait_empty()
    started = instance.log.find(r"^starting delivery .* to remote ([vw]@dead.example)$")
    assert sorted(m[1] for m in started) == ["v@dead.example"] * count + ["w@dead.example"] * count
