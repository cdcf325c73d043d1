"""A whole instance with mail under way, one of whose programs is killed, or whose N-th system call fails.

The kinds of work are those of test_crash.py. What is left must come to rest by
itself, or after the new start that a supervisor would make.
"""
import itertools

import test_crash as crash
from errors import HOWS, Tracer
from instance import Instance
from invariants import Verdict

KILLS = ["one", "all"]
ERRORS = [how for how in HOWS if how != "short"]  # "short" counts other calls than these
# What each program meets; the others fail alone in errors.py, which is quicker.
FAILING = [(crash.Local, "qmail-send"), (crash.Bounce, "qmail-send"), (crash.LocalAgain, "qmail-lspawn"),
           (crash.Large, "qmail-lspawn"), (crash.RemoteAgain, "qmail-rspawn"), (crash.Local, "qmail-clean"),
           (crash.Again, "qmail-queue"), (crash.Again, "qmail-smtpd"), (crash.Door, "tcpserver")]
SLOWLY_FAILING = [(crash.LocalAgain, "qmail-local"), (crash.RemoteAgain, "qmail-remote"), (crash.Bounce, "qmail-bounce"),
                  (crash.Bounce, "qmail-queue"), (crash.Bounce, "qmail-clean"), (crash.Deferral, "qmail-send"),
                  (crash.Deferral, "qmail-lspawn"), (crash.Deferral, "qmail-local")]
KILLED = [(kind, program) for kind in (crash.Local, crash.LocalAgain, crash.Large, crash.Deferral, crash.Remote, crash.RemoteAgain,
                                       crash.Bounce, crash.Door, crash.Again, crash.Inject) for program in kind.programs]


def ended(instance):
    return instance.send.poll() is not None


def come_to_rest(instance, send, restart):
    try:
        if restart or not crash.drain(instance, send, instance.send):
            crash.restart_and_drain(instance)
        return True
    except AssertionError:
        return False


def over(work, mark):
    """The work is done, or nobody is left to do it."""
    return ended(work.instance) or (work.arrived(mark) and not work.instance.queued())


def conclude(work, verdict, where, mark, accepted, send, restart, last_words=lambda: None):
    """What must have come of one piece of work, disturbed or not; returns what last_words() says of the way there."""
    instance = work.instance
    if not come_to_rest(instance, send, restart):
        verdict.violation(f"{where}: it does not come to rest: {instance.log.text()[-600:]}")
    words = last_words()
    instance.crash()
    for path in instance.home.glob("queue/mess/*/*"):
        path.unlink()
    work.judge(verdict, where, mark, accepted, refused_may_be_there=False)
    return words


def sweep(kind, program, how, verdict, begin=1):
    """All points of one way to fail (HOWS, or KILLS), added to verdict. how: or a function of the point's number."""
    instance = Instance(controls={"locals": Instance.host})
    work = kind(instance)
    try:
        for n in itertools.count(begin):
            way = how(n) if callable(how) else how
            mark = f"{way}.{n}"
            where = f"{verdict.check}, {way} at {n}"
            if kind is crash.Start:  # the message waits already
                accepted = work.do(mark)
                tracer, send = Tracer(instance, way, program, n), None
                instance.start(prefix=tracer.prefix, wait=False)
            else:
                tracer = Tracer(instance, way, program, f"+{n}")
                instance.start(prefix=tracer.prefix)
                send = crash.first_child(instance.send)
                crash.begin_counting(instance.send)
                accepted = work.do(mark)
            met = crash.await_either(tracer.happened, lambda: over(work, mark))
            syncs = conclude(work, verdict, where, mark, accepted, send, not send or (met and way == "all"), tracer.syncs)
            verdict.judge_syncs(where, False, [] if program in ("qmail-clean", "-") else syncs)
            if not met:
                verdict.calls = max(verdict.calls, n - 1)
                break
            verdict.points += 1
    finally:
        work.close()
        instance.close()


def sweep_accepting(kind, program, how, verdict):
    """The same for what takes mail for an instance that goes on undisturbed."""
    instance = Instance(controls={"locals": Instance.host})
    work = kind(instance)
    try:
        instance.start()
        for n in itertools.count(1):
            way = how(n) if callable(how) else how
            mark = f"{way}.{n}"
            where = f"{verdict.check}, {way} at {n}"
            tracer = Tracer(instance, way, program, f"+{n}")
            door = instance.spawn(*tracer.prefix, *work.command(), env={"RELAYCLIENT": ""}, stdin=-1, stdout=-1, stderr=-3)
            port = work.ready(door)
            crash.begin_counting(door)
            accepted = work.use(mark, port, door)
            door.kill()
            door.wait()
            instance.children.remove(door)
            if not crash.drain(instance, instance.send.pid, instance.send):
                verdict.violation(f"{where}: qmail-send ended")
                break
            work.judge(verdict, where, mark, accepted)
            if not tracer.happened():
                verdict.calls = max(verdict.calls, n - 1)
                if not accepted:
                    verdict.violation(f"{where}: undisturbed, but not accepted")
                break
            verdict.points += 1
    finally:
        work.close()
        instance.close()


def title(kind, program, what):
    return f"{what} in {program} ({kind.__name__.lower()})"


def sweep_of(kind):
    return sweep_accepting if issubclass(kind, crash.Door) else sweep


def check_errors(kind, program, progress=lambda text: None, hows=HOWS):
    verdict = Verdict(title(kind, program, "errors"))
    for how in hows:
        sweep_of(kind)(kind, program, how, verdict)
        progress(f"{verdict.check}: {verdict.points} points")
    return verdict


def check_kills(kind, program, progress=lambda text: None):
    verdict = Verdict(title(kind, program, "kills"))
    for how in KILLS:
        sweep_of(kind)(kind, program, how, verdict)
        progress(f"{verdict.check}: {verdict.points} points")
    return verdict


def each_error_in_turn(n):
    """Every point once, each with the next error: what CI has time for."""
    return ERRORS[n % len(ERRORS)]


EACH_IN_TURN = [each_error_in_turn, "short"]
