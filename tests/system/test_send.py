"""qmail-send: what it logs, whom it tries when, and what it does on signals."""
import math
import re
import signal
import time

import pytest
from instance import SECONDS, wait_until
from sending import DEFERRED, DELIVERED, MESSAGE, WAIT, attempts, fails, local, message, plain, remote, reread, state, trailer


def send(instance, *recipients, sender="s@remote.example", text=MESSAGE):
    assert instance.queue(text, sender, *recipients) == 0


def ended(instance, count=1):
    instance.log.wait("^end msg", count)
    instance.wait_empty()
    instance.log.wait("^status: local 0/.* remote 0/")
    return plain(instance.log.text())


def test_the_lines_of_a_success(instance):
    local(instance, ok="cat > body; printf 'fine: 50%%\\nand\\ttab'")
    instance.start()
    send(instance, "ok@trial.example", sender="a b%\x80@remote.example")
    log = ended(instance)
    size = (instance.home / "home/body").stat().st_size
    assert size > len(MESSAGE) + len("Received: (qmail  invoked by uid ); 21 Nov 2026 00:00:00 -0000\n")
    assert log == f"""\
status: local 0/10 remote 0/20
new msg M1
info msg M1: bytes {size} from <a_b___@remote.example> qp QP uid UID
starting delivery 1: msg M1 to local ok@trial.example
status: local 1/10 remote 0/20
delivery 1: success: fine:_50_/and_tabdid_0+0+1/
status: local 0/10 remote 0/20
end msg M1
"""


def test_the_lines_of_failure_and_deferral(instance):
    """One recipient at a time, so that the order of the lines is known."""
    local(instance, no=fails(r"no such\nuser"), later=fails("later", 111))
    remote(instance, DELIVERED)
    instance.control("concurrencylocal", "1")
    instance.start()
    send(instance, "no@trial.example", "later@Trial.Example", sender="")
    instance.log.wait("^delivery 2.*\n^status")
    send(instance, "Joe.User@elsewhere.example", sender="#@[]")
    instance.log.wait("^end msg")
    assert re.sub(r" bytes \d+ ", " bytes B ", plain(instance.log.text())) == """\
status: local 0/1 remote 0/20
new msg M1
info msg M1: bytes B from <> qp QP uid UID
starting delivery 1: msg M1 to local no@trial.example
status: local 1/1 remote 0/20
delivery 1: failure: no_such/user
status: local 0/1 remote 0/20
starting delivery 2: msg M1 to local later@Trial.Example
status: local 1/1 remote 0/20
delivery 2: deferral: later
status: local 0/1 remote 0/20
new msg M2
info msg M2: bytes B from <#@[]> qp QP uid UID
starting delivery 3: msg M2 to remote Joe.User@elsewhere.example
status: local 0/1 remote 1/20
delivery 3: success: done
status: local 0/1 remote 0/20
end msg M2
"""


def test_no_recipients(running):
    send(running)
    lines = ended(running).split("\n")
    assert [line.split(":")[0] for line in lines] == ["status", "new msg M1", "info msg M1", "end msg M1", ""]


def test_the_next_try(instance):
    """After 100 seconds on the local, after 400 on the remote channel, the sooner of both for the message."""
    local(instance, later=fails("later", 111))
    remote(instance, DEFERRED)
    instance.start()
    for recipients, seconds in ((["later@trial.example"], 100), (["a@far.example"], 400),
                                (["a@far.example", "later@trial.example"], 100)):
        send(instance, *recipients)
        instance.log.wait("^delivery.*: deferral", len(recipients))
        path = message(instance)
        arrival, _ = trailer(path)
        wait_until("the time noted", lambda: state(path).stat().st_mtime > time.time() + 50)
        root = math.isqrt(int(state(path).stat().st_mtime) - arrival)
        assert root ** 2 == state(path).stat().st_mtime - arrival
        assert seconds ** 0.5 <= root <= seconds ** 0.5 + math.isqrt(int(time.time()) - arrival)
        assert instance.stop() == 0
        path.unlink()
        instance.start()


def test_alarm_makes_all_due(instance):
    local(instance, later="echo x >> ../tried; test -e ../go || { echo later; exit 111; }")
    remote(instance, "echo $host >> tried; if [ -e go ]; then " + DELIVERED + "; else " + DEFERRED + "; fi")
    instance.start()
    send(instance, "later@trial.example", "a@far.example")
    send(instance, "a@further.example")
    instance.log.wait("^delivery.*deferral: later", 3)
    instance.signal(signal.SIGALRM)
    instance.log.wait("^delivery.*deferral: later", 6)
    instance.put("go", "")
    instance.signal(signal.SIGALRM)
    ended(instance, 2)
    assert sorted(attempts(instance)) == ["far.example"] * 3 + ["further.example"] * 3 + ["x"] * 3


def test_a_channel_goes_on_while_the_other_is_slow(instance):
    """A recipient deferred here is tried again although a delivery elsewhere still runs."""
    local(instance, later="test -e ../here || { echo later; exit 111; }")
    remote(instance, WAIT.format(file="go") + DELIVERED)
    instance.start()
    send(instance, "later@trial.example", "a@slow.example")
    instance.log.wait("^delivery 1|2: deferral: later")
    instance.put("here", "")
    instance.signal(signal.SIGALRM)
    instance.log.wait("^delivery 3: success: did_0[+]0[+]1/")
    assert len(instance.log.find("^delivery")) == 2
    instance.put("go", "")
    ended(instance)


def test_concurrency_0_holds(instance):
    local(instance, ok="true")
    remote(instance, DELIVERED)
    instance.control("concurrencylocal", "0")
    instance.start()
    instance.log.wait("^status: local 0/0 remote 0/20$")
    for _ in range(5):
        send(instance, "ok@trial.example")
    instance.log.wait("^info msg", 5)
    send(instance, "ok@trial.example", "a@far.example")
    instance.log.wait("^delivery 1: success: done")
    instance.signal(signal.SIGALRM)
    send(instance, "b@far.example")
    instance.log.wait("^delivery 2: success: done")
    assert not instance.log.find("to local")
    instance.control("concurrencylocal", "2")
    instance.signal(signal.SIGHUP)
    log = ended(instance, 7)
    assert "local 2/2" in log and "local 3/" not in log
    assert len(instance.log.find("to local ok@trial.example$")) == 6


def test_concurrency_bounds_what_runs(instance):
    local(instance, ok=WAIT.format(file="../go") + "true")
    instance.control("concurrencylocal", "3")
    instance.start()
    for _ in range(5):
        send(instance, "ok@trial.example", "ok@trial.example")
    instance.log.wait("^status: local 3/3")
    instance.log.wait("^info msg", 5)
    instance.control("concurrencylocal", "1")  # lowered: nothing starts until below
    instance.signal(signal.SIGHUP)
    send(instance)  # has ended only after the signal was seen
    instance.log.wait("^end msg")
    instance.put("go", "")
    log = ended(instance, 6)
    assert "local 4/" not in log and len(instance.log.find("^delivery .*success")) == 10
    assert "status: local 2/1 remote 0/20\n" in log and "local 3/1 remote 0/20\n" not in log


def test_hangup_reroutes_what_waits(instance):
    remote(instance, "echo $1 >> tried;" + DEFERRED)
    instance.start()
    instance.control("locals", "trial.example\n")
    send(instance, "u@far.example")
    send(instance, "v@virt.example")
    instance.log.wait("^delivery .*deferral", 2)
    instance.control("locals", "trial.example\nfar.example\n")
    instance.control("virtualdomains", "virt.example:joe")
    instance.signal(signal.SIGHUP)
    instance.signal(signal.SIGALRM)
    ended(instance, 2)
    assert instance.log.find("to local u@far.example$") and instance.log.find("to local joe-v@virt.example$")
    assert sorted(attempts(instance)) == ["u@far.example", "v@virt.example"]
    assert sorted(m.split(b"\n")[1] for m in instance.messages()) == [b"Delivered-To: joe-v@virt.example",
                                                                       b"Delivered-To: u@far.example"]


def test_hangup_reroutes_away_from_here(instance):
    local(instance, later=fails("later", 111))
    remote(instance, "echo $1 >> tried;" + DELIVERED)
    instance.control("locals", "trial.example\nfar.example")
    instance.start()
    send(instance, "later@far.example")
    instance.log.wait("^delivery 1: deferral: later")
    instance.control("locals", "trial.example")
    instance.signal(signal.SIGHUP)
    instance.signal(signal.SIGALRM)
    ended(instance)
    assert attempts(instance) == ["later@far.example"]


@pytest.mark.parametrize("name", ["locals", "virtualdomains", "percenthack", "envnoathost", "concurrencylocal",
                                  "concurrencyremote", "queuelifetime", "bouncefrom", "bouncehost", "doublebounceto",
                                  "doublebouncehost"])
def test_a_bad_control_file_keeps_the_old_values(instance, name):
    instance.control("locals", "trial.example\nhere.example")
    instance.start()
    instance.control(name, None)
    (instance.home / "control" / name).mkdir()
    instance.control("locals" if name != "locals" else "virtualdomains", "other.example")
    instance.signal(signal.SIGHUP)
    instance.log.wait(f"^alert: unable to reread control/{name}: is a directory$")
    send(instance, "u@here.example")
    ended(instance)
    assert instance.messages()


@pytest.mark.parametrize("name", ["concurrencylocal", "concurrencyremote", "queuelifetime"])
@pytest.mark.parametrize("text", ["", "twenty", "2O", "-1", "99999999999999999999"])
def test_a_number_that_is_none_keeps_the_old_values(instance, name, text):
    instance.control("concurrencylocal", "7")
    instance.start()
    instance.control("concurrencylocal", "8")
    instance.control(name, text)
    instance.signal(signal.SIGHUP)
    instance.log.wait(f"^alert: unable to reread control/{name}: invalid argument$")
    send(instance, f"tester@{instance.host}")
    instance.log.wait("^status: local 0/7 remote 0/20$", 2)
    instance.control(name, None)
    instance.signal(signal.SIGHUP)
    send(instance, f"tester@{instance.host}")
    instance.log.wait(f"^status: local 0/{10 if name == 'concurrencylocal' else 8} remote 0/20$")


def test_hangup_rereads_every_file(instance):
    """One after the other: what it says counts after HUP, and not before."""
    local(instance, fails=fails(), later=fails("later", 111), far=fails("far"))
    instance.start()

    def bounce_of(sender, recipient=f"fails@{instance.host}"):
        instance.log.forget()
        send(instance, recipient, sender=sender)
        number = instance.log.wait(r"^bounce msg (\d+)")[1]
        instance.log.wait(f"^end msg {number}$")
        return instance.log.text(), instance.messages()[-1].decode() if instance.messages() else ""

    def hangup():
        instance.log.forget()
        reread(instance)

    me = f"tester@{instance.host}"
    instance.control("bouncefrom", "ghost")
    instance.control("bouncehost", "here.example")
    bounce_of(me)
    instance.wait_messages(1)
    assert f"From: MAILER-DAEMON@{instance.host}\n" in instance.messages()[0].decode()
    hangup()
    bounce_of(me)
    instance.wait_messages(2)
    newest = [m.decode() for m in instance.messages() if b"ghost@here.example" in m]
    assert len(newest) == 1 and "the qmail-send program at here.example." in newest[0]

    # Double bounces
    instance.control("doublebounceto", "late")
    instance.control("doublebouncehost", "far.example")
    text, _ = bounce_of("")
    instance.log.wait(f"to local postmaster@{instance.host}")
    hangup()
    bounce_of("")
    instance.log.wait("to remote late@far.example")

    # Where recipients go
    for name, value, recipient, before, after in [
            ("locals", f"{instance.host}\nnew.example", "tester@new.example", "remote tester@new.example",
             "local tester@new.example"),
            ("virtualdomains", "v.example:tester", "x@v.example", "remote x@v.example", "local tester-x@v.example"),
            ("percenthack", "hack.example", "tester%new.example@hack.example",
             "remote tester%new.example@hack.example".replace("%", "_"), "local tester@new.example"),
            ("envnoathost", "new.example", "tester", f"local tester@{instance.host}", "local tester@new.example")]:
        instance.control(name, value)
        instance.log.forget()
        send(instance, recipient)
        instance.log.wait(f"^starting .* to {before}$")
        hangup()
        send(instance, recipient)
        instance.log.wait(f"^starting .* to {after}$")

    # Numbers
    instance.control("concurrencylocal", "3")
    instance.control("concurrencyremote", "4")
    instance.control("queuelifetime", "0")
    hangup()
    send(instance, f"later@{instance.host}")
    instance.log.wait("^status: local ./3 remote ./4$")
    instance.log.wait("deferral: later")
    time.sleep(1.1)  # for it to be older than that
    instance.signal(signal.SIGALRM)
    instance.log.wait("failure: later.*too_long")


def test_term_waits_for_what_runs(instance):
    local(instance, ok=WAIT.format(file="../go") + "echo x >> ../tried")
    instance.control("concurrencylocal", "1")
    instance.start()
    send(instance, "ok@trial.example", "ok@trial.example")
    send(instance, "ok@trial.example")
    instance.log.wait("^status: local 1/1 remote 0/20")
    instance.log.wait("^info msg", 2)
    before = {p: p.read_bytes() for p in instance.queued()}
    instance.signal(signal.SIGTERM)
    instance.log.wait("^status: local 1/1 remote 0/20 exitasap$")
    send(instance, "ok@trial.example")
    instance.put("go", "")
    assert instance.send.wait(SECONDS) == 0
    end = plain(instance.log.text()).split("exitasap\n", 1)[1]
    assert end == "delivery 1: success: did_0+0+1/\nstatus: local 0/1 remote 0/20 exitasap\nstatus: exiting\n"
    assert attempts(instance) == ["x"]
    assert {p: p.read_bytes() for p in before} == before and len(instance.queued()) == 3
    instance.wait_end()
    instance.start()
    ended(instance, 3)
    assert attempts(instance) == ["x"] * 4
    assert len(instance.log.find("^new msg")) == 2  # of the first it was said before


def test_term_with_nothing_to_do(running):
    assert running.stop() == 0
    assert running.log.text() == ("status: local 0/10 remote 0/20\nstatus: local 0/10 remote 0/20 exitasap\n"
                                  "status: exiting\n")


def test_queuelifetime(instance):
    local(instance, later=fails(r"later\n", 111))
    instance.start()
    send(instance, "later@trial.example", sender="u@trial.example")
    instance.log.wait("^delivery 1: deferral: later/$")
    arrival, _ = trailer(message(instance))
    instance.control("queuelifetime", "0")
    instance.signal(signal.SIGHUP)
    wait_until("the message to be older than 0 seconds", lambda: time.time() >= arrival + 1)
    instance.signal(signal.SIGALRM)
    instance.log.wait("^delivery 2: failure: later/I'm_not_going_to_try_again;"
                      "_this_message_has_been_in_the_queue_too_long./$")
    [bounce] = instance.wait_messages()
    assert (b"<later@trial.example>:\nlater\nI'm not going to try again; this message has been in the queue too long.\n"
            b"\n--- Below this line") in bounce
    ended(instance, 2)


def test_no_delivery_says_that_the_message_is_damaged(instance):
    """Only what is damaged is never given up; a program that says so is not believed."""
    local(instance, liar=fails(r"Sorry, message is damaged. (#4.3.0)\n", 111))
    instance.control("queuelifetime", "0")
    send(instance, "liar@trial.example", sender="u@trial.example")
    arrival, _ = trailer(message(instance))
    wait_until("the message to be older than 0 seconds", lambda: time.time() >= arrival + 1)
    instance.start()
    [bounce] = instance.wait_messages()
    assert b"\nSorry, message is damaged. (#4.3.0)" in bounce and b"in the queue too long.\n" in bounce
    ended(instance, 2)
    assert not instance.log.find("^alert")


def test_what_is_old_is_tried_once_more(instance):
    """At its first try a message of any age may still arrive."""
    instance.control("queuelifetime", "0")
    send(instance, "u@trial.example")
    arrival, _ = trailer(message(instance))
    wait_until("the message to be older than 0 seconds", lambda: time.time() >= arrival + 1)
    instance.start()
    ended(instance)
    assert len(instance.messages()) == 1


def test_verp(instance):
    local(instance, u1="echo $SENDER >> ../tried", u2="echo $SENDER >> ../tried")
    remote(instance, 'echo "$sender $#" >> tried; ' + DELIVERED)
    instance.start()
    send(instance, "u1@trial.example", "u2@trial.example", "v@far.example", "w@far.example", "x@y@far.example",
         sender="owner-@list.example-@[]")
    ended(instance)
    assert sorted(attempts(instance)) == [
        "owner-u1=trial.example@list.example", "owner-u2=trial.example@list.example",
        "owner-v=far.example@list.example 1", "owner-w=far.example@list.example 1",
        "owner-x@y=far.example@list.example 1"]
    for sender in ("owner-@[]", "@[]", "owner@list.example-@[", "-@[]"):
        send(instance, "u1@trial.example", sender=sender)
        instance.wait_empty()
        assert attempts(instance)[-1] == sender  # of another form


def test_recipients_of_one_host_share_a_transaction(instance):
    remote(instance, r"""echo "$host $sender $*" >> tried
for r; do case $r in no*) printf 'hno\0' ;; later*) printf 'slater\0' ;; *) printf 'r\0' ;; esac; done
printf 'Kdone\0'""")
    instance.start()
    send(instance, "a@far.example", "no@FAR.example", "b@other.example", "c@far.example", "later@far.example",
         sender="")
    instance.log.wait("^delivery .*: (success|failure|deferral)", 5)
    assert sorted(attempts(instance)) == ["far.example  a@far.example no@FAR.example",
                                          "far.example  c@far.example later@far.example", "other.example  b@other.example"]
    log = instance.log.text()
    numbers = {m[2]: m[1] for m in instance.log.find(r"^starting delivery (\d+): msg \d+ to remote (\S+)$")}
    assert sorted(numbers.values()) == ["1", "2", "3", "4", "5"] and numbers["a@far.example"] == "1"
    for name, text in (("a@far.example", "success: done"), ("no@FAR.example", "failure: no"),
                       ("b@other.example", "success: done"), ("c@far.example", "success: done"),
                       ("later@far.example", "deferral: later")):
        assert f"delivery {numbers[name]}: {text}\n" in log
    assert "remote 3/20" in log and "remote 4/20" not in log  # processes are counted
    instance.signal(signal.SIGALRM)
    instance.log.wait("^delivery 6: deferral: later")
    assert attempts(instance)[-1] == "far.example  later@far.example"


def test_a_transaction_has_100_recipients(instance):
    remote(instance, 'echo "$#" >> tried; ' + DELIVERED)
    instance.start()
    send(instance, *(f"u{n}@far.example" for n in range(250)))
    ended(instance)
    assert sorted(attempts(instance)) == ["100", "100", "50"]
    assert {m[1] for m in instance.log.find(r"^delivery (\d+): success: done$")} == {str(n) for n in range(1, 251)}


def test_a_replacement_gets_one_recipient_at_a_time(instance):
    instance.put("mine", """#!/bin/sh\necho "$*" >> $QMAILHOME/tried; printf 'r\\0Kdone\\0'\n""", 0o755)
    instance.start(env={"QMAILREMOTE": str(instance.home / "mine")})
    send(instance, "a@far.example", "b@far.example", "c@far.example")
    ended(instance)
    assert sorted(attempts(instance)) == [f"far.example s@remote.example {u}@far.example" for u in "abc"]


def test_others_go_on_beside_10000_recipients(instance):
    local(instance, ok="true")
    remote(instance, f"if [ $host = h1.example ]; then {WAIT.format(file='go')} fi; {DELIVERED}")
    instance.control("concurrencyremote", "2")
    instance.start()
    send(instance, *(f"u{n}@h{n // 100}.example" for n in range(10000)))
    instance.log.wait("^starting delivery 1:")
    for n in range(5):
        send(instance, "ok@trial.example", f"a@small{n}.example")
    instance.log.wait("^end msg", 5)
    instance.put("go", "")
    assert ended(instance, 6).endswith("end msg M1\n")
    deliveries = instance.log.find(r"^delivery (\d+): success: ")
    assert len({m[1] for m in deliveries}) == len(deliveries) == 10010
    started = instance.log.find(r"^starting delivery \d+: msg \d+ to remote (u\S+)$")
    assert sorted(m[1] for m in started) == sorted(f"u{n}@h{n // 100}.example" for n in range(10000))


def test_the_queue_shows_what_is_done(instance):
    local(instance, ok="true", later=fails("later", 111), no=fails("no"))
    remote(instance, DEFERRED)
    instance.start()
    send(instance, "x@far.example", "ok@trial.example", "later@trial.example")
    instance.log.wait("^delivery", 3)

    def listing():
        return re.sub(r"^\S.* GMT  #\d+  \d+", "DATE  #ID  SIZE", instance.run("qmail-qread").stdout.decode(), flags=re.M)
    assert listing() == ("DATE  #ID  SIZE  <s@remote.example> \n  done\tlocal\tok@trial.example\n"
                         "\tlocal\tlater@trial.example\n\tremote\tx@far.example\n")
    assert instance.run("qmail-qstat").stdout == (b"messages in queue: 1\n"
                                                  b"messages in queue but not yet preprocessed: 0\n")
    message(instance).unlink()
    send(instance, "no@trial.example", "later@trial.example", sender="")
    instance.log.wait("^delivery", 5)
    assert listing() == ("DATE  #ID  SIZE  <>  bouncing\n  done\tlocal\tno@trial.example\n"
                         "\tlocal\tlater@trial.example\n")
