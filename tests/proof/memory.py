"""Each allocation of each program fails once: it is put off, and nothing is lost.

Run in the copies of the programs that have a malloc to be moved (tests/crash/seams.cc).
"""
import itertools

import errors
import instances
import test_crash as crash
from instance import Instance
from invariants import Verdict
from seams import Seams

UNDER_WAY = [(crash.Local, "qmail-send"), (crash.Large, "qmail-lspawn"), (crash.Local, "qmail-local"),
             (crash.Remote, "qmail-send"), (crash.Remote, "qmail-rspawn"),  # which is qmail-remote, too
             (crash.Bounce, "qmail-send"), (crash.Bounce, "qmail-bounce"), (crash.Bounce, "qmail-queue")]
STARTING = ["qmail-start", "qmail-send", "qmail-lspawn", "qmail-rspawn", "qmail-clean"]


def sweep_alone(kind, verdict):
    instance = Instance(controls={"locals": Instance.host, "rcpthosts": Instance.host})
    try:
        seams, work = Seams(instance), kind(instance)
        for n in itertools.count(1):
            where = f"{verdict.check}, at {n}"
            seams.fail_allocation(work.program, n)
            done = work.do([], verdict, where)
            if seams.allocations() < n:
                verdict.calls = max(verdict.calls, n - 1)
                if not done:
                    verdict.violation(f"{where}: undisturbed, but not done")
                break
            verdict.points += 1
        work.close()
    finally:
        instance.close()


def sweep_instance(kind, program, verdict):
    """For crash.Start from the start on, otherwise when all has started."""
    instance = Instance(controls={"locals": Instance.host})
    work = kind(instance)
    try:
        seams = Seams(instance)
        for n in itertools.count(1):
            mark, where = f"memory.{n}", f"{verdict.check}, at {n}"
            if kind is crash.Start:
                seams.fail_allocation("", 0)
                accepted = work.do(mark)
                seams.fail_allocation(program, n)
                instance.start(wait=False)
            else:
                instance.start()
                seams.fail_allocation(program, n)
                accepted = work.do(mark)
            met = crash.await_either(lambda: seams.allocations() >= n, lambda: instances.over(work, mark))
            seams.fail_allocation("", 0)
            instances.conclude(work, verdict, where, mark, accepted, instance.send.pid, kind is crash.Start)
            if not met:
                verdict.calls = max(verdict.calls, n - 1)
                break
            verdict.points += 1
    finally:
        work.close()
        instance.close()


def alone(kind):
    return errors.name_of(kind).replace("errors", "memory"), lambda verdict: sweep_alone(kind, verdict)


def under_way(kind, program):
    return instances.title(kind, program, "memory"), lambda verdict: sweep_instance(kind, program, verdict)


SWEEPS = [*(alone(kind) for kind in errors.KINDS), *(under_way(kind, program) for kind, program in UNDER_WAY),
          *(under_way(crash.Start, program) for program in STARTING)]

QUICK = [name for name, _ in SWEEPS[:len(errors.KINDS)]] + [
    instances.title(kind, program, "memory") for kind, program in [
        (crash.Local, "qmail-send"), (crash.Large, "qmail-lspawn"), (crash.Remote, "qmail-rspawn"), (crash.Start, "qmail-clean")]]


def check(title, sweep, progress=lambda text: None):
    """points: allocations that failed; calls: allocations of the undisturbed run."""
    verdict = Verdict(title)
    sweep(verdict)
    progress(f"{title}: {verdict.points} points")
    return verdict
