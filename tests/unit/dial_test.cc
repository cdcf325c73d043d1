#include <vector>

#include "check.h"
#include "lib/dial.h"

static constexpr int64_t head_start = 500;  // milliseconds

struct Listener {
  Fd fd;
  Endpoint at;
};

static Listener listener(Ip::Family family, int backlog) {
  Listener l;
  l.at.ip = Ip::loopback(family);
  l.fd = must(owned(socket(family == Ip::Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)), {"socket"});
  SocketAddress a = to_system(l.at);
  must(check(bind(l.fd.get(), reinterpret_cast<sockaddr*>(&a.storage), a.size)), {"bind"});
  l.at = must(local_end(l.fd.get()), {"name"});
  if (backlog >= 0) must(check(listen(l.fd.get(), backlog)), {"listen"});
  return l;
}

// Takes no connection any more, but does not refuse one either.
static std::vector<Fd> fill(const Endpoint& to) {
  std::vector<Fd> all;
  while (all.size() < 10) {
    auto fd = connect_tcp(to, Deadline::in_milliseconds(100));
    if (!fd.ok()) {
      CHECK(fd.error().code == ETIMEDOUT);
      return all;
    }
    all.push_back(fd.take());
  }
  CHECK(false);
  return all;
}

// Which one answered, and after how many head starts; or the error.
static Buf first(std::initializer_list<Endpoint> list) {
  std::vector<Dialled> to;
  for (const Endpoint& e : list) to.push_back({e});
  Deadline whole = Deadline::in(60);
  auto c = dial(to, {.first_seconds = 1, .second_seconds = 0, .head_start_milliseconds = head_start}, nullptr);
  int64_t took = 60000 - whole.milliseconds();
  Buf out;
  if (!c) {
    for (const Dialled& d : to) out.add(error_text(d.why), ", "sv);
    return out;
  }
  out.set(Num(c->number), " after "sv, Num(static_cast<uint64_t>(took / head_start)));
  CHECK((fcntl(c->fd.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK(remote_end(c->fd.get()).take().port == to[c->number].to.port);
  return out;
}

int main() {
  Listener good = listener(Ip::Family::v4, 50), good6 = listener(Ip::Family::v6, 50);
  Listener refusing = listener(Ip::Family::v4, -1), silent = listener(Ip::Family::v4, 0);
  auto held = fill(silent.at);

  CHECK_EQ(first({good.at}), "0 after 0");
  CHECK_EQ(first({good6.at}), "0 after 0");
  CHECK_EQ(first({good.at, good6.at}), "0 after 0");
  CHECK_EQ(first({refusing.at, refusing.at, good6.at, good.at}), "2 after 0");
  CHECK_EQ(first({silent.at, good.at}), "1 after 1");
  CHECK_EQ(first({silent.at, refusing.at, good.at}), "2 after 1");
  CHECK_EQ(first({}), "");
  CHECK_EQ(first({refusing.at}), "connection refused, ");
  CHECK_EQ(first({refusing.at, refusing.at}), "connection refused, connection refused, ");
  CHECK_EQ(first({silent.at, refusing.at}), "timed out, connection refused, ");
  CHECK_EQ(first({refusing.at, silent.at}), "connection refused, timed out, ");
  return failures != 0;
}
