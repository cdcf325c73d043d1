"""Much mail at once while everything about it changes: each recipient is tried as often as its plan says, and ends once.

A recipient's address begins with its plan, a letter for each try: z deferral, then k success or d failure. It is
welcome at any try beyond that, which there should not be.
"""
import random
import re
import signal

import pytest
from instance import wait_until
from sending import remote

TRY = r"""
try() { # local part: the letter of this try, in $letter
  file=$QMAILHOME/plan/$1 rest=$1
  if [ -e $file ]; then while read -r line; do rest=${rest#?}; done < $file; fi
  echo x >> $file
  letter=${rest%"${rest#?}"}
}
"""
REMOTE = TRY + r"""
case $host in slow.example) sleep 0.02 ;; esac
for r; do
  try ${r%@*}
  case $letter in z) printf 'slater\0' ;; d) printf 'hno\0' ;; *) printf 'r\0' ;; esac
done
printf 'Kdone\0'
"""
LOCAL = "#!/bin/sh\n" + TRY + r"""
try ${LOCAL#v-}
case $letter in z) echo later; exit 111 ;; d) echo no; exit 100 ;; esac
"""
HOSTS = ("trial.example", "one.example", "two.example", "slow.example")


class Churn:
    def __init__(self, instance, seed):
        self.instance, self.random = instance, random.Random(seed)
        self.recipients = []
        self.messages = 0
        instance.make_dir("plan")
        remote(instance, REMOTE)
        instance.put("deliver", LOCAL, 0o755)
        instance.dot_qmail("default", f"|{instance.home}/deliver\n")
        instance.dot_qmail("bounces", "./Maildir/\n")
        instance.start()

    def send(self):
        recipients = []
        for _ in range(self.random.choice((1, 2, 5, 30))):
            plan = "z" * self.random.choice((0, 0, 0, 1, 1, 2)) + self.random.choice("kkkkkkkd")
            recipients.append(f"{plan}{len(self.recipients) + len(recipients)}@{self.random.choice(HOSTS)}")
        self.recipients += recipients
        self.messages += 1
        assert self.instance.queue("Subject: x\n\n", "bounces@trial.example", *recipients) == 0

    def reroute(self):
        some = self.random.sample(HOSTS[1:], 2)
        self.instance.control("locals", "\n".join([HOSTS[0], *some[:self.random.randrange(2)]]))
        self.instance.control("virtualdomains", f"{some[1]}:v\n" if self.random.randrange(2) else "")
        self.instance.signal(signal.SIGHUP)

    def limit(self, local=None, remote=None):
        self.instance.control("concurrencylocal", str(self.random.randrange(8) if local is None else local))
        self.instance.control("concurrencyremote", str(self.random.randrange(8) if remote is None else remote))
        self.instance.signal(signal.SIGHUP)

    def restart(self):
        assert self.instance.stop() == 0
        self.instance.start()

    def crash(self):
        self.instance.crash()
        self.instance.start()

    def finish(self):
        self.instance.control("locals", HOSTS[0])
        self.limit(10, 20)
        for _ in range(200):
            self.instance.signal(signal.SIGALRM)
            try:
                return wait_until("an empty queue", lambda: not self.instance.queued(), 0.3)
            except AssertionError:
                pass
        self.instance.wait_empty()

    def tries(self):
        """How often each was tried, and how often its plan says."""
        for address in self.recipients:
            name = address.partition("@")[0]
            path = self.instance.home / "plan" / name
            yield address, path.read_text().count("x") if path.exists() else 0, re.search("[kd]", name).end()


def bounced(instance):
    text = b"".join(m.partition(b"--- Below")[0] for m in instance.messages())
    return sorted(a.decode().removeprefix("v-") for a in re.findall(rb"^<(\w+@[\w.]+)>:$", text, re.M))


@pytest.mark.parametrize("seed", range(3))
def test_each_recipient_ends_once(instance, seed):
    churn = Churn(instance, seed)
    for _ in range(60):
        churn.send()
        churn.random.choice((churn.send, churn.send, churn.reroute, churn.limit, churn.restart,
                             lambda: instance.signal(signal.SIGALRM)))()
    churn.finish()
    assert [(a, n, want) for a, n, want in churn.tries() if n != want] == []
    assert bounced(instance) == sorted(a for a in churn.recipients if "d" in a.partition("@")[0])
    assert instance.stop() == 0
    log = instance.log.text()
    assert "warning" not in log and "alert" not in log
    wait_until("no state", lambda: not list((instance.home / "queue/state").glob("*/*")))


def test_killed_again_and_again(instance):
    """Then what was under way may be tried once more for each kill; nothing is left out."""
    churn = Churn(instance, 7)
    for n in range(50):
        churn.send()
        churn.random.choice((churn.send, churn.send, churn.reroute, lambda: instance.signal(signal.SIGALRM)))()
        if n % 5 == 4:
            churn.crash()
    churn.finish()
    assert [(a, n, want) for a, n, want in churn.tries() if n < want] == []
    failed = {a for a in churn.recipients if "d" in a.partition("@")[0]}
    assert failed <= set(bounced(instance)) | {a for a, n, want in churn.tries() if n > want}
