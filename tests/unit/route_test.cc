#include "mail/route.h"

#include "check.h"
#include "scratch.h"

using Reason = Route::Reason;

static Router router() {
  Control control = Control::open(".").take();
  const char* which = "";
  auto r = Router::read(control, which);
  CHECK(r.ok());
  return r.take();
}

static Buf name_of(Route::Reason reason) {
  static constexpr Str names[] = {"locals", "virtualdomains", "exception", "no_rule"};
  Buf b;
  b.set(names[static_cast<size_t>(reason)]);
  return b;
}

// "channel address reason line": all that a Route says.
static Buf routed(const Router& by, Str recipient) {
  Route r;
  r.address.set("left from before"sv);
  r.line.set("left"sv);
  r.prepended = 9;
  by.route(recipient, r);
  Buf out;
  out.add(r.channel == Channel::local ? "local "sv : "remote "sv, r.address.view(), " "sv, name_of(r.reason).view(),
          " "sv, r.line.view());
  if (r.prepended) out.add(" plain "sv, r.plain());
  return out;
}

static void without_locals_me_is_local() {
  put_file("control/me", "Mail.Example.org\nignored\n");
  Router r = router();
  CHECK_EQ(routed(r, "joe@mail.example.ORG"), "local joe@mail.example.ORG locals Mail.Example.org");
  CHECK_EQ(routed(r, "Joe"), "local Joe@Mail.Example.org locals Mail.Example.org");
  CHECK_EQ(routed(r, ""), "local @Mail.Example.org locals Mail.Example.org");
  CHECK_EQ(routed(r, "joe@ignored"), "remote joe@ignored no_rule ");
  CHECK_EQ(routed(r, "joe@sub.mail.example.org"), "remote joe@sub.mail.example.org no_rule ");
  CHECK_EQ(routed(r, "joe@example.org"), "remote joe@example.org no_rule ");
}

static void locals_are_exact() {
  put_file("control/locals", "# comment\nA.test\nb.test  \n\n");
  put_file("control/envnoathost", "b.TEST \n");
  Router r = router();
  CHECK_EQ(routed(r, "joe@a.test"), "local joe@a.test locals A.test");
  CHECK_EQ(routed(r, "joe@B.test"), "local joe@B.test locals b.test");
  CHECK_EQ(routed(r, "joe"), "local joe@b.TEST locals b.test");
  CHECK_EQ(routed(r, "a@b@a.test"), "local a@b@a.test locals A.test");  // the last @ counts
  for (Str a : {"joe@a.test@x", "joe@mail.example.org", "joe@", "joe@.a.test", "joe@a.test.", "joe@a.tes", "@",
                "joe@# comment", "joe%b.test@x"}) {
    Buf want;
    want.set("remote "sv, a, " no_rule "sv);
    CHECK_EQ(routed(r, a), want);
  }
  put_file("control/envnoathost", "elsewhere.test");
  CHECK_EQ(routed(router(), "joe"), "remote joe@elsewhere.test no_rule ");
  put_file("control/locals", "");  // there, and empty: nothing is local
  CHECK_EQ(routed(router(), "joe@mail.example.org"), "remote joe@mail.example.org no_rule ");
}

static void the_most_special_entry_counts() {
  put_file("control/locals", "a.test\n");
  put_file("control/virtualdomains",
           "# comment\n"
           ".Sub.test:suffix\n"
           "Virt.test:joe\n"
           "Whole@Virt.test:Bob\n"
           "except@virt.test:\n"
           "tom@elsewhere.test:tom\n"
           "tom@A.test:never\n"
           "a.test:never\n"
           ".not.deep.sub.test:\n"
           "deep.sub.test:deep\n"
           "nocolon.test\n"
           "colons.test:x:y\n");
  Router r = router();
  CHECK_EQ(routed(r, "u@virt.test"), "local joe-u@virt.test virtualdomains Virt.test:joe plain u@virt.test");
  CHECK_EQ(routed(r, "U@VIRT.test"), "local joe-U@VIRT.test virtualdomains Virt.test:joe plain U@VIRT.test");
  CHECK_EQ(routed(r, "whole@virt.test"),
           "local Bob-whole@virt.test virtualdomains Whole@Virt.test:Bob plain whole@virt.test");
  CHECK_EQ(routed(r, "Except@Virt.Test"), "remote Except@Virt.Test exception except@virt.test:");
  CHECK_EQ(routed(r, "tom@elsewhere.test"),
           "local tom-tom@elsewhere.test virtualdomains tom@elsewhere.test:tom plain tom@elsewhere.test");
  CHECK_EQ(routed(r, "x@elsewhere.test"), "remote x@elsewhere.test no_rule ");
  CHECK_EQ(routed(r, "tom@a.test"), "local tom@a.test locals a.test");  // locals come first
  CHECK_EQ(routed(r, "u@sub.test"), "remote u@sub.test no_rule ");
  CHECK_EQ(routed(r, "u@x.sub.test"), "local suffix-u@x.sub.test virtualdomains .Sub.test:suffix plain u@x.sub.test");
  CHECK_EQ(routed(r, "u@y.x.sub.test"),
           "local suffix-u@y.x.sub.test virtualdomains .Sub.test:suffix plain u@y.x.sub.test");
  CHECK_EQ(routed(r, "u@deep.sub.test"),
           "local deep-u@deep.sub.test virtualdomains deep.sub.test:deep plain u@deep.sub.test");
  CHECK_EQ(routed(r, "u@z.deep.sub.test"),
           "local suffix-u@z.deep.sub.test virtualdomains .Sub.test:suffix plain u@z.deep.sub.test");
  CHECK_EQ(routed(r, "u@z.not.deep.sub.test"), "remote u@z.not.deep.sub.test exception .not.deep.sub.test:");
  CHECK_EQ(routed(r, "u@.sub.test"), "local suffix-u@.sub.test virtualdomains .Sub.test:suffix plain u@.sub.test");
  CHECK_EQ(routed(r, "u@nocolon.test"), "remote u@nocolon.test exception nocolon.test:");
  CHECK_EQ(routed(r, "u@colons.test"), "local x:y-u@colons.test virtualdomains colons.test:x:y plain u@colons.test");
  CHECK_EQ(routed(r, "u@other.test"), "remote u@other.test no_rule ");
  CHECK_EQ(routed(r, "joe"), "remote joe@elsewhere.test no_rule ");  // envnoathost is still that
}

static void the_empty_key_is_for_all_the_rest() {
  put_file("control/virtualdomains", "virt.test:joe\n.exempt.test:\n:all\n");
  Router r = router();
  CHECK_EQ(routed(r, "u@virt.test"), "local joe-u@virt.test virtualdomains virt.test:joe plain u@virt.test");
  CHECK_EQ(routed(r, "u@x.exempt.test"), "remote u@x.exempt.test exception .exempt.test:");
  CHECK_EQ(routed(r, "u@any.where"), "local all-u@any.where virtualdomains :all plain u@any.where");
  CHECK_EQ(routed(r, "u@"), "local all-u@ virtualdomains :all plain u@");
  CHECK_EQ(routed(r, "u@a.test"), "local u@a.test locals a.test");
  put_file("control/virtualdomains", "virt.test:joe\n:\n");
  CHECK_EQ(routed(router(), "u@any.where"), "remote u@any.where exception :");
}

static void percents_are_undone_where_allowed() {
  put_file("control/locals", "a.test\n");
  put_file("control/virtualdomains", "virt.test:joe\n");
  put_file("control/percenthack", "Hack.test\na.test\n");
  put_file("control/envnoathost", "hack.test");
  Router r = router();
  CHECK_EQ(routed(r, "u%x.test@hack.test"), "remote u@x.test no_rule ");
  CHECK_EQ(routed(r, "u%x.test@HACK.TEST"), "remote u@x.test no_rule ");
  CHECK_EQ(routed(r, "u%a.test@hack.test"), "local u@a.test locals a.test");
  CHECK_EQ(routed(r, "u%virt.test@hack.test"), "local joe-u@virt.test virtualdomains virt.test:joe plain u@virt.test");
  CHECK_EQ(routed(r, "u%x.test%hack.test%a.test@hack.test"), "remote u@x.test no_rule ");  // a chain
  CHECK_EQ(routed(r, "u%x.test%b.test@hack.test"), "remote u%x.test@b.test no_rule ");     // it ends at b.test
  CHECK_EQ(routed(r, "u@hack.test"), "remote u@hack.test no_rule ");
  CHECK_EQ(routed(r, "u%x.test@b.test"), "remote u%x.test@b.test no_rule ");
  CHECK_EQ(routed(r, "u%x.test"), "remote u@x.test no_rule ");  // envnoathost allows it
  CHECK_EQ(routed(r, "%@hack.test"), "remote @ no_rule ");
  CHECK_EQ(routed(r, "u%@hack.test"), "remote u@ no_rule ");
}

static void a_bad_file_is_named() {
  for (const char* name : {"percenthack", "virtualdomains", "locals", "envnoathost"}) {
    Buf path;
    path.set("control/"sv, Str(name));
    unlink(path.c_str());
    CHECK(mkdir(path.c_str(), 0755) == 0);
    const char* which = "";
    Control control = Control::open(".").take();
    auto r = Router::read(control, which);
    CHECK(!r.ok() && r.error().code == EISDIR);
    CHECK_EQ(which, name);
    CHECK(rmdir(path.c_str()) == 0);
  }
  Control control = Control::open(".").take();
  const char* which = "";
  CHECK(Router::read(control, which).ok());
  unlink("control/me");  // neither locals nor me: nothing would be local
  CHECK(!Router::read(control, which).ok());
  CHECK_EQ(which, "locals");
}

int main() {
  Scratch scratch;
  CHECK(mkdir("control", 0755) == 0);
  without_locals_me_is_local();
  locals_are_exact();
  the_most_special_entry_counts();
  the_empty_key_is_for_all_the_rest();
  percents_are_undone_where_allowed();
  a_bad_file_is_named();
  return failures != 0;
}
