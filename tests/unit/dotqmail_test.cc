#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "local/dotqmail.h"
#include "local/environment.h"
#include "local/trace.h"

static void parse(Str line, Instruction::Kind kind, Str text) {
  Instruction i = parse_instruction(line);
  CHECK(i.kind == kind);
  CHECK_EQ(i.text, text);
}

static void lines() {
  using Kind = Instruction::Kind;
  parse("", Kind::nothing, "");
  parse(" \t ", Kind::nothing, "");
  parse("\0|hidden"sv, Kind::nothing, "");
  parse("# x", Kind::comment, "# x");
  parse("./Mailbox", Kind::mbox, "./Mailbox");
  parse("./Mailbox \t", Kind::mbox, "./Mailbox");
  parse("/var/mail/me", Kind::mbox, "/var/mail/me");
  parse("./Maildir/", Kind::maildir, "./Maildir/");
  parse("/", Kind::maildir, "/");
  parse(".", Kind::mbox, ".");
  parse("| a b ", Kind::command, " a b");
  parse("|a\0b"sv, Kind::command, "a");
  parse("|", Kind::command, "");
  parse("&me@x", Kind::forward, "me@x");
  parse("& me@x", Kind::forward, " me@x");
  parse("&", Kind::forward, "");
  parse("me@x ", Kind::forward, "me@x");
  parse(" ./x", Kind::forward, " ./x");
  parse("+list", Kind::list, "+list");
  parse("+list ", Kind::list, "+list");
  parse("+List", Kind::comment, "+List");
  parse("+", Kind::comment, "+");
}

static void make(const char* fn, mode_t mode) {
  umask(0);
  CHECK(open_exclusive(fn, mode).ok());
}

static DotQmail find(Str dash, Str ext) {
  Buf trying;
  auto r = find_dot_qmail(dash, ext, trying);
  CHECK(r.ok());
  return r.ok() ? r.take() : DotQmail();
}

static void expect(Str dash, Str ext, Str name, Str default_ext) {
  DotQmail d = find(dash, ext);
  CHECK_EQ(d.name, name);
  if (d.default_from)
    CHECK_EQ(slice(ext, *d.default_from), default_ext);
  else
    CHECK_EQ("none", default_ext);
}

static void search() {
  using Found = DotQmail::Found;
  CHECK(find("", "").found == Found::missing);
  CHECK(find("-", "a").found == Found::missing);
  CHECK_EQ(find("-", "A.b").name, ".qmail-a:b");
  make(".qmail", 0644);
  make(".qmail-a", 0744);
  make(".qmail-a-default", 0600);
  make(".qmail-a-b-default", 0600);
  make(".qmail-dir:x", 0602);
  make_dir(".qmail-folder", 0755).take();
  expect("", "", ".qmail", "none");
  expect("-", "a", ".qmail-a", "none");
  CHECK(find("-", "a").forward_only);
  CHECK(!find("", "").forward_only);
  expect("-", "A", ".qmail-a", "none");
  expect("-", "a-B-C", ".qmail-a-b-default", "C");
  expect("-", "a-b-c-d", ".qmail-a-b-default", "c-d");
  expect("-", "a-b-", ".qmail-a-b-default", "");
  expect("-", "a-b", ".qmail-a-default", "b");
  expect("-", "a-Default", ".qmail-a-default", "Default");
  CHECK(find("-", "a-Default").found == Found::exact);
  CHECK(find("-", "a-b").found == Found::catch_all);
  CHECK(find("-", "dir.X").found == Found::writable);
  CHECK(find("-", "folder").found == Found::missing);  // no regular file
  CHECK(find("-", "x").found == Found::missing);
  make(".qmail-default", 0600);
  expect("-", "x-y", ".qmail-default", "x-y");
  expect("-", "", ".qmail-default", "");
  make(".qmail-adefault", 0600);
  expect("-", "ab", ".qmail-default", "ab");  // cut at hyphens alone
  expect("-", "..", ".qmail-default", "..");
  expect("-", "default", ".qmail-default", "default");
  Buf name;
  set_dot_qmail_name(name, "-", "../../etc/x");
  CHECK_EQ(name, ".qmail-::/::/etc/x");

  // A name that no file can have is a missing file.
  Buf trying;
  Buf ext;
  for (int i = 0; i < 300; ++i) ext.push('a');
  CHECK(find_dot_qmail("-", ext, trying).take().found == Found::catch_all);
}

static Buf sender_for(const char* ext, const char* sender) {
  Buf out, trying;
  CHECK(set_new_sender(out, {"u", "/", "list-loc", "-", ext, "dom", sender}, trying).ok());
  return out;
}

static void new_sender() {
  make(".qmail-plain-owner", 0600);
  make(".qmail-verp-owner", 0600);
  make(".qmail-verp-owner-default", 0600);
  make(".qmail-only-owner-default", 0600);
  CHECK_EQ(sender_for("none", "s@x"), "s@x");
  CHECK_EQ(sender_for("Plain", "s@x"), "list-loc-owner@dom");
  CHECK_EQ(sender_for("verp", "s@x"), "list-loc-owner-@dom-@[]");
  CHECK_EQ(sender_for("only", "s@x"), "s@x");
  CHECK_EQ(sender_for("verp", ""), "");
  CHECK_EQ(sender_for("verp", "#@[]"), "#@[]");
}

static void parts() {
  CHECK_EQ(ext_behind("a-b-c-d-e", 1), "b-c-d-e");
  CHECK_EQ(ext_behind("a-b-c-d-e", 3), "d-e");
  CHECK_EQ(ext_behind("a", 1), "");
  CHECK_EQ(ext_behind("a-", 1), "");
  CHECK_EQ(ext_behind("", 3), "");
  CHECK_EQ(host_without("a.b.c.d", 1), "a.b.c");
  CHECK_EQ(host_without("a.b.c.d", 3), "a");
  CHECK_EQ(host_without("a.b", 3), "a");
  CHECK_EQ(host_without("a", 1), "a");
  CHECK_EQ(host_without("", 1), "");
}

static void trace() {
  TraceLines t;
  set_trace_lines(t, "u@d", "s@x", 1795228571);
  CHECK_EQ(t.delivered_to, "Delivered-To: u@d\n");
  CHECK_EQ(t.return_path, "Return-Path: <s@x>\n");
  CHECK_EQ(t.from, "From s@x Sat Nov 21 02:36:11 2026\n");
  set_trace_lines(t, "u\nX: y@d", "s\nX: y@x", 0);
  CHECK_EQ(t.delivered_to, "Delivered-To: u_X: y@d\n");
  CHECK_EQ(t.return_path, "Return-Path: <\"s\\_X: y\"@x>\n");
  CHECK_EQ(t.from, "From s-X:-y@x Thu Jan 01 00:00:00 1970\n");
  set_trace_lines(t, "u\rX: y@d", "s\rX: y@x", 0);
  CHECK_EQ(t.delivered_to, "Delivered-To: u_X: y@d\n");
  CHECK_EQ(t.return_path, "Return-Path: <\"s\\_X: y\"@x>\n");
  CHECK_EQ(t.from, "From s-X:-y@x Thu Jan 01 00:00:00 1970\n");
  set_trace_lines(t, "u@d", "", 951782400);
  CHECK_EQ(t.return_path, "Return-Path: <>\n");
  CHECK_EQ(t.from, "From MAILER-DAEMON Tue Feb 29 00:00:00 2000\n");
  set_trace_lines(t, "u@d", "#@[]", 0);
  CHECK_EQ(t.return_path, "Return-Path: <#@[]>\n");
}

static bool has(Str message, Str line) {
  remove("message");
  Fd fd = open_exclusive("message", 0600).take();
  if (write(fd.get(), message.data(), message.size()) == -1) return false;
  lseek(fd.get(), 0, SEEK_SET);
  return header_has(fd.get(), line).take();
}

static void loops() {
  Str line = "Delivered-To: u@d\n";
  CHECK(has("Delivered-To: u@d\n\nbody\n", line));
  CHECK(has("A: b\nDelivered-To: u@d", line));
  CHECK(!has("A: b\n\nDelivered-To: u@d\n", line));
  CHECK(!has("delivered-to: u@d\n\n", line));
  CHECK(!has("Delivered-To: u@d \n\n", line));
  CHECK(!has("Delivered-To: u@dd\n\n", line));
  CHECK(!has(" Delivered-To: u@d\n\n", line));
  CHECK(!has("", line));
  CHECK(!has("\nDelivered-To: u@d\n", line));
  CHECK(!has("Delivered-To: u@", line));
}

int main() {
  char dir[] = "/tmp/dotqmail.XXXXXX";
  if (!mkdtemp(dir) || chdir(dir) == -1) return 111;
  lines();
  search();
  new_sender();
  parts();
  trace();
  loops();
  Buf clean;
  clean.set("rm -rf "sv, Str(dir));
  return failures != 0 || system(clean.c_str()) != 0;
}
