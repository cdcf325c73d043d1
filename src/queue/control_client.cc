#include "queue/control_client.h"

#include "lib/io.h"
#include "lib/local_socket.h"
#include "mail/queue_files.h"

static constexpr int patience = 60;  // seconds
static constexpr size_t longest_answer = 16u << 20;

Result<bool> ControlClient::open() {
  auto connected = connect_local(control_socket_name, SOCK_STREAM);
  if (!connected.ok()) {
    if (connected.error().code == ENOENT || connected.error().code == ECONNREFUSED) return false;
    return connected.error();
  }
  fd_ = connected.take();
  return true;
}

Result<bool> ControlClient::ask(Str request, Buf& answer) {
  Buf whole;
  whole.add(request, "\0"sv);
  TRY(write_all(fd_.get(), whole, timed_write, &patience));
  answer.clear();
  char space[16384];
  for (;;) {
    ssize_t n = timed_read(fd_.get(), space, sizeof space, &patience);
    if (n == -1 && errno == EINTR) continue;
    if (n == -1) return Err::last();
    if (n == 0) return Err{EPIPE};
    answer.append(Str(space, static_cast<size_t>(n)));
    if (answer.size() > longest_answer) return Err{EPROTO};
    if (space[n - 1] == 0) break;
  }
  bool yes = answer.view()[0] == '+';
  answer.cut(answer.size() - 1);
  if (!answer.empty()) answer.drop_front(1);
  return yes;
}
