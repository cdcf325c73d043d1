"""Local deliveries of a running instance: users/assign, dot-qmail files and what their lines do."""
import os
import re
import subprocess

import pytest
from instance import wait_until

MESSAGE = "Subject: hello\n\nFrom the body\n"


def send(instance, *recipients, sender="sender@remote.example", message=MESSAGE):
    assert instance.queue(message, sender, *recipients) == 0


def ends(instance, count=1):
    instance.log.wait("^end msg", count)
    instance.wait_empty()


def body(message):
    """A message without its first lines, which name times and processes."""
    return re.sub(rb"^Received: (.*\n)([ \t].*\n)*", b"", message, flags=re.M)


def assign(instance, text):
    """users/assign in the words of an administrator, made a users/cdb by qmail-newu."""
    text = text.replace("UID:GID", f"{instance.uid}:{instance.gid}").replace("ROOT", str(instance.home))
    instance.put("users/assign", text + ".\n")
    instance.run("qmail-newu", check=True)


@pytest.fixture
def joe(running):
    """A running instance in which joe's mail is what home/.qmail says, and joe5's what .qmail-default says."""
    assign(running, "=joe:joe:UID:GID:ROOT/home:::\n+joe:joe:UID:GID:ROOT/home:-::\n")
    return running


def home(instance, name, **dot_qmail):
    instance.make_dir(name)
    instance.make_maildir(f"{name}/Maildir")
    for extension, text in dot_qmail.items():
        instance.dot_qmail(extension.replace("_", "-").strip("-"), text, name)


def test_maildir_and_its_trace_lines(running):
    send(running, "Joe@trial.example", sender='quo ted@remote.example')
    ends(running)
    [message] = running.messages()
    assert body(message) == (b'Return-Path: <"quo ted"@remote.example>\nDelivered-To: Joe@trial.example\n'
                             + MESSAGE.encode())
    assert re.search(r"^delivery 1: success: did_1\+0\+0/$", running.log.text(), re.M)


def test_users_assign(instance):
    """An exact name, the longest prefix, the rest of a local part as extension, alias for all the rest."""
    home(instance, "joe", ext="./ext/", default="./default/", )
    home(instance, "list", l_default="./posts/")
    for box in ("joe/ext", "joe/default", "list/posts"):
        instance.make_maildir(box)
    instance.dot_qmail("postmaster", "./Maildir/\n", "alias")
    assign(instance, """=joe:joe:UID:GID:ROOT/joe:::
+joe-:joe:UID:GID:ROOT/joe:-::
+joe-list-:list:UID:GID:ROOT/list:-:l-:
+:alias:UID:GID:ROOT/alias:-::
""")
    instance.start()
    send(instance, "JOE@trial.example", "joe-ext@trial.example", "joe-other.Thing@trial.example",
         "joe-list-42@trial.example", "postmaster@trial.example", "nobody@trial.example",
         sender="#@[]")  # whose failures are not bounced, to postmaster for one
    wait_until("six reports", lambda: len(re.findall("^delivery", instance.log.text(), re.M)) >= 6)
    to = {box: [re.search(rb"Delivered-To: (.*)\n", m)[1].decode() for m in instance.messages(box)]
          for box in ("joe/Maildir", "joe/ext", "joe/default", "list/posts", "alias/Maildir")}
    assert to == {"joe/Maildir": ["JOE@trial.example"], "joe/ext": ["joe-ext@trial.example"],
                  "joe/default": ["joe-other.Thing@trial.example"], "list/posts": ["joe-list-42@trial.example"],
                  "alias/Maildir": ["postmaster@trial.example"]}
    instance.log.wait(r"^delivery \d+: failure: Sorry,_no_mailbox_here_by_that_name\._\(#5\.1\.1\)/$")


def test_virtualdomain(instance):
    instance.control("virtualdomains", "virtual.example:vuser\n")
    home(instance, "vuser", info="./Maildir/", default="|echo \"$LOCAL $HOST $EXT $DEFAULT\" > seen\n")
    assign(instance, "+vuser-:vuser:UID:GID:ROOT/vuser:-::\n")
    instance.start()
    send(instance, "info@virtual.example", "Some.One@virtual.example")
    ends(instance)
    assert b"\nDelivered-To: vuser-info@virtual.example\n" in instance.messages("vuser/Maildir")[0]
    assert (instance.home / "vuser/seen").read_text() == \
        "vuser-Some.One virtual.example Some.One Some.One\n"


def test_every_kind_of_line(running):
    running.make_maildir("home/box")
    running.dot_qmail("", """# comment
./box/
./Mailbox
|cat > body; echo "$SENDER $RECIPIENT $EXT" > seen; echo said
&forwarded@trial.example
""")
    running.dot_qmail("x", "./never\n")
    assign(running, """=joe:joe:UID:GID:ROOT/home:::
=forwarded:joe:UID:GID:ROOT/alias:::
""")
    running.make_dir("empty")
    send(running, "joe@trial.example")
    ends(running, 2)
    trace = b"Return-Path: <sender@remote.example>\nDelivered-To: joe@trial.example\n"
    assert body(running.messages("home/box")[0]) == trace + MESSAGE.encode()
    mbox = (running.home / "home/Mailbox").read_bytes()
    assert re.match(rb"From sender@remote\.example [A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \d{4}\n", mbox)
    assert mbox.split(b"\n", 1)[1].startswith(trace) and mbox.endswith(b"\nSubject: hello\n\n>From the body\n\n")
    assert body((running.home / "home/body").read_bytes()) == MESSAGE.encode()
    assert (running.home / "home/seen").read_text() == "sender@remote.example joe@trial.example \n"
    [forwarded] = running.messages("alias/Maildir")
    assert [line for line in forwarded.split(b"\n\n")[0].split(b"\n") if not line.startswith((b"Received", b"  by"))] \
        == [b"Return-Path: <sender@remote.example>", b"Delivered-To: forwarded@trial.example",
            b"Delivered-To: joe@trial.example", b"Subject: hello"]
    found = re.search(r"^delivery 1: success: said/did_2\+1\+1/qp_(\d+)/$", running.log.text(), re.M)
    assert found and f" qp {found[1]} " in running.log.text()


def test_a_list_with_an_owner(running):
    running.dot_qmail("list", "member@trial.example\n")
    running.dot_qmail("list-owner", "./Maildir/\n")
    running.dot_qmail("member", "./Maildir/\n")
    assign(running, "+:joe:UID:GID:ROOT/home:-::\n")
    send(running, "list@trial.example")
    ends(running, 2)
    assert running.messages()[0].startswith(b"Return-Path: <list-owner@trial.example>\n")


def test_a_loop_ends(running):
    running.dot_qmail("a", "b@trial.example\n")
    running.dot_qmail("b", "a@trial.example\n")
    assign(running, "+:joe:UID:GID:ROOT/home:-::\n")
    send(running, "a@trial.example", sender="#@[]")
    running.log.wait(r"^delivery \d+: failure: "
                     r"This_message_is_looping:_it_already_has_my_Delivered-To_line\._\(#5\.4\.6\)/$")


@pytest.mark.parametrize("code, letter", [(0, "success"), (1, "deferral"), (99, "success"), (100, "failure"),
                                          (111, "deferral"), (112, "failure")])
def test_exit_codes_of_programs(joe, code, letter):
    joe.dot_qmail("", f"|echo text; exit {code}\n./Mailbox\n")
    send(joe, "joe@trial.example")
    joe.log.wait(rf"^delivery 1: {letter}: text/")
    assert (joe.home / "home/Mailbox").exists() == (code == 0)


def test_long_output_is_cut(joe):
    joe.dot_qmail("", "|head -c 5000 /dev/zero | tr '\\0' x; exit 111\n")
    send(joe, "joe@trial.example")
    found = joe.log.wait(r"^delivery 1: deferral: (x+)/(.*)$")
    assert len(found[1]) == 2966 and found[2] == "Error_report_too_long,_sorry./"


def test_what_may_not_be_trusted(joe):
    joe.dot_qmail("", "./Mailbox\n", mode=0o646)
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery 1: deferral: Uh-oh:_\.qmail_file_is_writable\._\(#4\.7\.0\)/$")
    joe.dot_qmail("", "./Mailbox\n")
    (joe.home / "home").chmod(0o757)
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery 2: deferral: Uh-oh:_home_directory_is_writable\._\(#4\.7\.0\)/$")
    (joe.home / "home").chmod(0o1755)
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery 3: deferral: "
                     r"Home_directory_is_sticky:_user_is_editing_his_\.qmail_file\._\(#4\.2\.1\)/$")


def test_unreadable_dot_qmail(joe):
    joe.dot_qmail("", "./Mailbox\n", mode=0)
    send(joe, "joe@trial.example")
    joe.log.wait(r"^delivery 1: deferral: Unable_to_open_\.qmail:_access_denied\._\(#4\.3\.0\)/$")


def test_users_cdb_in_disorder(running):
    running.put("users/cdb", b"no cdb at all")
    send(running, "joe@trial.example")
    running.log.wait(r"^delivery 1: deferral: Trouble_reading_users/cdb_in_qmail-lspawn\./$")


def test_other_users_need_root(running):
    """A trial instance can deliver to nobody else, and says so; the mail waits."""
    text = f"=root:root:0:0:/root:::\n=other:other:{running.uid + 1}:{running.gid}:/nowhere:::\n.\n"
    running.put("users/assign", text)
    running.run("qmail-newu", check=True)
    send(running, "root@trial.example", "other@trial.example")
    running.log.wait(r"^delivery \d: deferral: Not_allowed_to_perform_deliveries_as_root\./$")
    running.log.wait(r"^delivery \d: deferral: Unable_to_deliver_as_another_user:")


def test_a_program_sees_the_body_alone_and_may_seek(joe):
    """Small and large bodies; no descriptor of ours leaks to it."""
    joe.dot_qmail("", "|wc -c > size; ls /proc/self/fd | tr '\\n' ' ' > fds\n|wc -c >> size\n")
    for size in (10, 1_000_000):
        joe.log.forget()
        send(joe, "joe@trial.example", message="x" * (size - 1) + "\n")
        ends(joe)
        lines = [int(n) for n in (joe.home / "home/size").read_text().split()]
        assert lines[0] == lines[1] and size < lines[0] < size + 300
        # 3 is the folder that ls reads.
        assert (joe.home / "home/fds").read_text() == "0 1 2 3 "


def test_many_deliveries_into_one_maildir(joe):
    joe.dot_qmail("default", "./Maildir/\n./Maildir/\n")
    send(joe, *[f"joe{n}@trial.example" for n in range(50)])
    ends(joe)
    messages = joe.messages()
    assert len(messages) == 100 and len({re.search(rb"Delivered-To: (.*)", m)[1] for m in messages}) == 50
    assert os.listdir(joe.home / "home/Maildir/tmp") == []


def test_many_deliveries_into_one_mbox(joe):
    joe.dot_qmail("default", "./Mailbox\n")
    send(joe, *[f"joe{n}@trial.example" for n in range(30)])
    ends(joe)
    mbox = (joe.home / "home/Mailbox").read_bytes()
    messages = re.split(rb"^From .*\n", mbox, flags=re.M)[1:]
    assert len(messages) == 30
    assert all(m.endswith(b"\nSubject: hello\n\n>From the body\n\n") for m in messages)


def test_empty_local_part_is_trash(running):
    send(running, "@trial.example")
    ends(running)
    assert re.search("^delivery 1: success: /?$", running.log.text(), re.M)
    assert running.messages() == []


def getpw(instance, script):
    """Puts a script in the place of qmail-getpw, and joe alone into users/cdb."""
    assign(instance, "=joe:joe:UID:GID:ROOT/home:::\n")
    record = f"printf 'user\\000{instance.uid}\\000{instance.gid}\\000{instance.home}/alias\\000-\\000%s\\000' \"$1\"\n"
    instance.put("bin/qmail-getpw", "#!/bin/sh\n" + script + record, 0o755)


def test_whoever_users_cdb_does_not_cover_is_asked_of_getpw(running):
    running.dot_qmail("who:is-it", "./Maildir/\n", "alias")
    getpw(running, "")
    send(running, "Who.Is-It@trial.example", "joe@trial.example")
    ends(running)
    assert b"\nDelivered-To: Who.Is-It@trial.example\n" in running.messages("alias/Maildir")[0]
    assert b"\nDelivered-To: joe@trial.example\n" in running.messages()[0]


def test_a_slow_getpw_holds_up_nobody_else(running):
    fifo = running.home / "fifo"
    os.mkfifo(fifo)
    fifo.chmod(0o644)
    running.dot_qmail("slow", "./Maildir/\n", "alias")
    getpw(running, f"cat {fifo}\n")
    send(running, "slow@trial.example")
    running.log.wait("^starting delivery 1: ")
    send(running, "joe@trial.example")
    running.log.wait("^delivery 2: success: ")
    assert "delivery 1: success" not in running.log.text()
    fifo.write_text("")
    running.log.wait("^delivery 1: success: ")


@pytest.mark.parametrize("script, report", [
    ("exit 115", "deferral: NFS_failure_in_qmail-local."),
    ("exit 116", "deferral: Unable_to_find_alias_user!"),
    ("exit 118", "deferral: Temporary_failure_in_qmail-lspawn."),
    ("echo garbage; exit 0", "deferral: Unable_to_run_qmail-getpw."),
    ("head -c 100000 /dev/zero; exit 0", "deferral: Unable_to_run_qmail-getpw."),
    ("kill -9 $$", "deferral: Unable_to_run_qmail-getpw."),
    (r"printf 'root\0000\0000\0/root\0\0\0'; exit 0", "deferral: Not_allowed_to_perform_deliveries_as_root."),
    (r"printf 'who\0001\0001\0/\0\0\0'; exit 0", "deferral: Unable_to_deliver_as_another_user:"),
])
def test_what_getpw_may_answer(running, script, report):
    getpw(running, script + "\n")
    send(running, "who@trial.example")
    running.log.wait("^delivery 1: " + re.escape(report))
