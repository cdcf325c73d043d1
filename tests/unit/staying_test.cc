// Descriptors that are watched, and workers between two tasks (lib/staying.h).
#include "lib/staying.h"

#include <poll.h>
#include <sys/socket.h>

#include "check.h"
#include "lib/io.h"
#include "lib/pass.h"

static void test_watch() {
  Watch watch;
  CHECK(watch.open().ok());
  CHECK(watch.ready().empty());
  int a = 0, b = 0;
  Pipe one = make_pipe().take(), two = make_pipe().take();
  WatchedFd first, second;
  CHECK(first.watch(std::move(one.read), watch, &a).ok());
  CHECK(second.watch(std::move(two.read), watch, &b).ok());
  CHECK(watch.ready().empty());
  CHECK(write_all(two.write.get(), "x").ok());
  auto ready = watch.ready();
  CHECK(ready.size() == 1 && ready[0] == &b);
  one.write.close();  // the end counts too
  CHECK(watch.ready().size() == 2);
  // A copy in another process, or here, does not keep it ready.
  Fd copy(dup(second.get()));
  second.close();
  ready = watch.ready();
  CHECK(ready.size() == 1 && ready[0] == &a);
  first.close();
  CHECK(watch.ready().empty());

  Fd file = open_read("/proc/self/exe").take();
  WatchedFd none;
  CHECK(none.watch(std::move(file), watch, &a).error().code == EPERM && !none.is_open());
}

static constexpr StayLimits limits = {
    .idle_milliseconds = 2000, .life_milliseconds = 60000, .most_tasks = 100, .most_idle = 100};

static Owned<Worker> worker(Str kind, unsigned tasks = 1) {
  Owned<Worker> w(new Worker);
  w->kind.set(kind);
  w->tasks = tasks;
  w->life = Deadline::in(60);
  return w;
}

static void test_idle() {
  IdleWorkers idle(limits);
  CHECK(idle.milliseconds() == -1);
  CHECK(!idle.take("a"));
  idle.put(worker("a"));
  idle.put(worker("b"));
  auto last = worker("a");
  const Worker* latest = last.get();
  idle.put(std::move(last));
  CHECK(idle.milliseconds() > 0 && idle.milliseconds() <= 2000);
  CHECK(!idle.take("") && !idle.take("ab"));
  CHECK(idle.take("a").get() == latest);
  CHECK(idle.take("a").get() && !idle.take("a"));
  idle.end(idle.take("b").get());  // of none that is there
  CHECK(idle.milliseconds() == -1);

  idle.put(worker("a", 99));
  CHECK(idle.take("a").get());
  idle.put(worker("a", 100));
  CHECK(!idle.take("a"));
  auto old = worker("a");
  old->life = Deadline::in(0);
  idle.put(std::move(old));
  CHECK(!idle.take("a"));

  // Nobody waits beyond his life; whose time is over first need not be the first to come.
  idle.put(worker("young"));
  old = worker("old");
  old->life = Deadline::in_milliseconds(20);
  idle.put(std::move(old));
  CHECK(idle.milliseconds() <= 20);
  poll(nullptr, 0, 30);
  idle.end_some();
  CHECK(idle.size() == 1 && !idle.take("old") && idle.take("young").get());

  auto dead = worker("dead");
  dead->pid = 77;
  idle.put(std::move(dead));
  idle.end(pid_t{76});
  idle.end(pid_t{77});
  CHECK(!idle.take("dead"));

  idle.put(worker("first"));
  for (int n = 0; n < 99; ++n) idle.put(worker("a"));
  auto first = idle.take("first");
  CHECK(first.get());
  idle.put(std::move(first));
  idle.put(worker("a"));  // in the place of the one whose time is over first
  CHECK(idle.take("first").get());
  for (int n = 0; n < 99; ++n) CHECK(idle.take("a").get());
  CHECK(!idle.take("a"));
}

// Words and descriptor, up to the longest words, by whichever offer.
static void tasks_arrive(Worker& w, int child, int body) {
  char space[longest_next_task];
  Fd got;
  CHECK(hand_over(w, "s@x\0r@y\0"sv, body));
  CHECK(w.tasks == 2);
  CHECK(receive_descriptors(child, {&got, 1}, space).take() == 8 && got.is_open());
  CHECK(Str(space, 8) == "s@x\0r@y\0"sv);

  Buf longest;
  while (longest.size() < longest_next_task) longest.push('x');
  CHECK(hand_over(w, longest, body));
  CHECK(receive_descriptors(child, {&got, 1}, space).take() == longest_next_task);
  longest.push('x');
  CHECK(!hand_over(w, longest, body));
}

static void test_hand_over() {
  Watch sockets;
  CHECK(sockets.open().ok());
  Worker w;
  CHECK(!offer_to_stay(w, limits, sockets, "/nothing/there").ok());
  auto offered = offer_to_stay(w, limits, sockets, "/proc/self/exe");
  CHECK(offered.ok());
  Fd child = offered.take();
  char space[longest_next_task];
  CHECK(recv(child.get(), space, sizeof space, 0) > 2);

  CHECK(sockets.ready().empty());
  CHECK(send(child.get(), "", 1, 0) == 1);
  CHECK(sockets.ready().size() == 1 && sockets.ready()[0] == &w);
  CHECK(has_reported(w));
  CHECK(!has_reported(w));

  Fd body = make_memory_file("body").take(), got;
  tasks_arrive(w, child.get(), body.get());

  CHECK(send(child.get(), "x", 1, 0) == 1);
  CHECK(!has_reported(w));
  child.close();
  CHECK(!has_reported(w));
  CHECK(!hand_over(w, "s@x\0r@y\0"sv, body.get()));
}

static void test_reporting() {
  Worker w;
  auto self = stat_of("/proc/self/exe").take();
  auto offered = offer_to_stay(w, limits, self);
  CHECK(offered.ok());
  Fd child = offered.take();
  char space[longest_next_task];
  CHECK(recv(child.get(), space, sizeof space, 0) == static_cast<ssize_t>(w.offer.size()));
  CHECK(Str(space, w.offer.size()) == w.offer.view());
  Buf identity;
  identity.set(Num(self.st_dev), ":"sv, Num(self.st_ino), ":"sv);
  CHECK(w.offer.view().starts_with(identity) && w.offer.size() > identity.size() + 10);
  Worker other;
  CHECK(offer_to_stay(other, limits, self).ok() && other.offer.view() != w.offer.view());

  // Nothing can be sent to the spawner.
  CHECK(send(child.get(), "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
  Fd body = make_memory_file("body").take(), got;
  int fds[] = {body.get()};
  CHECK(send_descriptors(child.get(), fds).error().code == EPIPE);

  Buf said;
  CHECK(!has_reported(w, said));
  said.set("done\n"sv, slice(w.offer, 0, w.offer.size() - 1));
  CHECK(!has_reported(w, said));
  said.set("done\n"sv, w.offer.view(), "\n"sv);
  CHECK(!has_reported(w, said));
  said.set("done\n"sv, w.offer.view());
  CHECK(has_reported(w, said) && said.view() == "done\n");
  said.set(w.offer.view());
  CHECK(has_reported(w, said) && said.empty());

  tasks_arrive(w, child.get(), body.get());

  // One that reads nothing keeps nobody waiting.
  int taken = 0;
  while (taken < 100000 && hand_over(w, "s@x\0r@y\0"sv, body.get())) ++taken;
  CHECK(taken > 0 && taken < 100000);
  child.close();
  CHECK(!hand_over(w, "s@x\0r@y\0"sv, body.get()));
  w.socket.close();
  said.set(w.offer.view());
  CHECK(!has_reported(w, said));
}

static void test_recent() {
  static RecentKinds recent;
  CHECK(!recent.came_lately("a", limits));
  CHECK(recent.came_lately("a", limits));
  CHECK(!recent.came_lately("b", limits));
  CHECK(recent.came_lately("a", limits) && recent.came_lately("b", limits));
  // Not for ever, but with many others some are forgotten.
  for (uint64_t n = 0; n < 100000; ++n) CHECK(!recent.came_lately(Num(n), limits));
  CHECK(!recent.came_lately("a", limits));
}

static void test_state() {
  Buf one, same, none;
  append_state(one, stat_of("/proc/self/exe"));
  append_state(same, stat_of("/proc/self/exe"));
  append_state(none, stat_of("/nothing/there"));
  CHECK(one.view() == same.view() && one.size() == 32 && none.view() == "-");
}

// Not when the last copy of our end is closed, which a forked process may hold for long.
static void test_end() {
  Watch sockets;
  CHECK(sockets.open().ok());
  auto self = stat_of("/proc/self/exe").take();
  for (bool reports : {false, true}) {
    auto w = worker("a");
    Fd child =
        (reports ? offer_to_stay(*w, limits, self) : offer_to_stay(*w, limits, sockets, "/proc/self/exe")).take();
    char space[100];
    CHECK(recv(child.get(), space, sizeof space, MSG_DONTWAIT) > 2);
    Fd copy(dup(w->socket.get()));
    CHECK(recv(child.get(), space, sizeof space, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    w = {};
    CHECK(recv(child.get(), space, sizeof space, MSG_DONTWAIT) == 0);
  }
}

int main() {
  test_watch();
  test_end();
  test_idle();
  test_hand_over();
  test_reporting();
  test_recent();
  test_state();
  return failures != 0;
}
