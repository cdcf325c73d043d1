#include "local/maildir.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "lib/sys.h"
#include "local/local_report.h"
#include "scratch.h"

static Buf name(int64_t microseconds, uint64_t pid, uint64_t count, Str host) {
  Buf out;
  set_maildir_name(out, microseconds, pid, count, host);
  return out;
}

static Buf report(std::optional<int> code, Str said) {
  auto parts = local_report(code, said);
  Buf out;
  out.add(parts[0], parts[1], parts[2]);
  return out;
}

static void make_maildir(const char* name) {
  Buf path;
  for (Str folder : {"", "/tmp", "/new"}) {
    path.set(Str(name), folder);
    CHECK(mkdir(path.c_str(), 0700) == 0);
  }
}

static size_t files_in(const char* name) {
  size_t n = 0;
  DIR* dir = opendir(name);
  while (dirent* entry = readdir(dir)) n += entry->d_name[0] != '.';
  closedir(dir);
  return n;
}

// The second delivery of a process that is still at work when its time is over.
static void test_time_limit() {
  Scratch scratch;
  make_maildir("with-a-long-name");
  make_maildir("b");
  Pipe message = make_pipe().take();
  pid_t pid = fork();
  if (pid == 0) {
    TraceLines trace;
    Fd empty = open_read("/dev/null").take();
    dup2(empty.get(), 2);
    message.write.close();
    if (!deliver_to_maildir("./with-a-long-name/", empty.get(), trace).empty()) _exit(1);
    deliver_to_maildir("./b/", message.read.get(), trace);
    _exit(2);
  }
  CHECK(write(message.write.get(), "x", 1) == 1);
  int left = 1;
  for (int n = 0; n < 10000 && left; ++n) {
    poll(nullptr, 0, 1);
    CHECK(ioctl(message.read.get(), FIONREAD, &left) == 0);
  }
  CHECK(files_in("b/tmp") == 1 && files_in("with-a-long-name/new") == 1);
  kill(pid, SIGALRM);
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 111);
  CHECK(files_in("b/tmp") == 0 && files_in("b/new") == 0);
}

int main() {
  test_time_limit();
  CHECK_EQ(name(1795228571000042, 17, 1, "host.example"), "1795228571.M42P17Q1.host.example");
  CHECK_EQ(name(1999999, 4294967295, 12, "a/b:c"), "1.M999999P4294967295Q12.a\\057b\\072c");
  CHECK_EQ(name(0, 0, 0, ""), "0.M0P0Q0.");

  CHECK_EQ(report({}, "x"), "Zqmail-local crashed.\n");
  CHECK_EQ(report(0, "did 1+0+0\n"), "Kdid 1+0+0\n");
  CHECK_EQ(report(0, ""), "K");
  for (int code : {111, 71, 74, 75}) CHECK_EQ(report(code, "why\n"), "Zwhy\n");
  for (int code : {100, 1, 99, 70, 110, 114, 125, 127, 255}) CHECK_EQ(report(code, "why\n"), "Dwhy\n");
  struct {
    int code;
    Str text;
  } fixed[] = {{112, "ZInternal qmail-lspawn bug.\n"},
               {113, "ZNot allowed to perform deliveries as root.\n"},
               {115, "ZNFS failure in qmail-local.\n"},
               {116, "ZUnable to find alias user!\n"},
               {117, "ZTrouble reading users/cdb in qmail-lspawn.\n"},
               {118, "ZTemporary failure in qmail-lspawn.\n"},
               {119, "ZOut of memory in qmail-lspawn.\n"},
               {120, "ZUnable to run qmail-local.\n"},
               {121, "ZUnable to run qmail-getpw.\n"},
               {126, "DUnable to run qmail-local.\n"}};
  for (auto f : fixed) CHECK_EQ(report(f.code, "not said\n"), f.text);
  CHECK_EQ(report(100, "seen\0unseen"sv), "Dseen");

  Buf text, want;
  while (text.size() < 3000) text.push('x');
  CHECK(report(0, text).size() == 3001);
  want.add("Z"sv, slice(text, 0, 2966), "\nError report too long, sorry.\n"sv);
  text.push('x');
  CHECK_EQ(report(111, text), want);
  return failures != 0;
}
