"""What programs make of what they inherit, and of programs put in the place of ours."""
import shlex
import signal

import pytest

IGNORING = ("/usr/bin/python3", "-c", "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
            "os.execvp(sys.argv[1], sys.argv[1:])")
MESSAGE = "To: joe@trial.example\nSubject: x\n\nhello\n"


def replace(instance, name, script):
    (instance.home / "bin" / name).unlink(missing_ok=True)
    return instance.put(f"bin/{name}", "#!/bin/sh\n" + script, 0o755)


def test_mail_flows_where_sigchld_is_ignored(instance):
    replace(instance, "qmail-remote", "cat > /dev/null\nprintf 'r\\0Kaccepted\\n\\0'\n")
    instance.start(prefix=IGNORING)
    sent = instance.run(*IGNORING, "qmail-inject", input=MESSAGE.replace("To:", "To: far@away.example,"))
    assert (sent.returncode, sent.stderr) == (0, b"")
    instance.log.wait("^delivery .*: success: accepted")
    instance.wait_messages()
    instance.wait_empty()


@pytest.mark.parametrize("code, said", [(0, b""), (82, b"Dgo away")])
def test_a_filter_may_leave_something_running(instance, code, said):
    text = said.decode()
    path = replace(instance, "filter", f"cat > /dev/null; cat <&1 > /dev/null; printf '{text}' >&6\n"
                                       f"sleep 1000 > /dev/null 2>&1 &\nexit {code}\n")
    sent = instance.run("qmail-inject", input=MESSAGE, env={"QMAILQUEUE": str(path)}, seconds=20)
    assert sent.returncode == (100 if code else 0)
    assert said[1:] in sent.stderr


def test_a_filter_that_reads_nothing_has_not_taken_the_message(instance):
    path = replace(instance, "filter", "exit 0\n")
    sent = instance.run("qmail-inject", input=MESSAGE + "long line\n" * 50000, env={"QMAILQUEUE": str(path)})
    assert sent.returncode == 111 and b"qq read error" in sent.stderr


def test_another_control_directory_counts_after_hup(instance):
    instance.start()
    instance.log.wait("^status: local 0/10 remote 0/20$")
    home = shlex.quote(str(instance.home))
    instance.run("sh", "-c", f"cd {home} && cp -r control new && echo 3 > new/concurrencylocal &&"
                             "mv control old && mv new control", check=True)
    instance.signal(signal.SIGHUP)
    assert instance.queue("Subject: x\n\n", "a@b.example", "joe@trial.example") == 0
    instance.log.wait("^status: local 1/3 remote 0/20$")
