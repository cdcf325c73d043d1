#include "tcp/children.h"

#include "lib/child.h"
#include "lib/die.h"
#include "lib/io.h"

static StayLimits limits_of(unsigned seconds) {
  int64_t milliseconds = int64_t{seconds} * 1000;
  return {.idle_milliseconds = milliseconds, .life_milliseconds = milliseconds, .most_tasks = 100, .most_idle = 100};
}

Children::Children(uint64_t limit, unsigned keep_seconds, Say say)
    : limit_(limit), keep_(keep_seconds > 0), say_(say), waiting_{.limits = limits_of(keep_seconds)} {}

Result<> Children::open() { return keep_ ? waiting_.sockets.open() : Result<>(); }

void Children::say_status() const {
  if (say_ == Say::status) say(2, {program, ": status: ", Num(serving_.size()), "/", Num(limit_), "\n"});
}

uint64_t Children::of_client(const Ip& client) const {
  uint64_t count = 0;
  for (const Child& child : serving_) count += child.client == client;
  return count;
}

Owned<Worker>& Children::add(const Ip& client) {
  serving_.push_back({client, Owned<Worker>(new Worker)});
  say_status();
  return serving_.back().worker;
}

void Children::make_room() {
  if (serving_.size() + waiting_.idle.size() > limit_) waiting_.idle.end_one();
}

void Children::remove_last() {
  serving_.pop_back();
  say_status();
}

Children::Child* Children::find(const void* worker) {
  for (Child& child : serving_)
    if (child.worker.get() == worker) return &child;
  return nullptr;
}

void Children::end(Child& child, int status) {
  if (say_ == Say::status)
    say(2, {program, ": end ", Num(static_cast<uint64_t>(child.worker->pid)), " status ",
            Num(static_cast<uint64_t>(status)), "\n"});
  if (status == 0 && child.worker->socket.is_open()) waiting_.idle.put(std::move(child.worker));
  std::swap(child, serving_.back());
  serving_.pop_back();
  say_status();
}

void Children::reap() {
  for (;;) {
    auto reaped = ::reap();
    if (!reaped.ok()) return;
    Ended e = reaped.take();
    if (e.pid == 0) return;
    waiting_.idle.end(e.pid);
    for (Child& child : serving_) {
      // One that waited has had its end said; a child that our caller had before it became us does not count.
      if (child.worker->pid != e.pid) continue;
      child.worker->dismiss();
      end(child, e.status);
      break;
    }
  }
}

void Children::attend() {
  for (void* worker : waiting_.sockets.ready()) {
    Child* child = find(worker);
    if (!child)
      waiting_.idle.end(worker);  // it has nothing to say, or has ended
    else if (has_reported(*child->worker))
      end(*child, 0);
    else
      child->worker->dismiss();  // awaited as all are
  }
  waiting_.idle.end_some();
}
