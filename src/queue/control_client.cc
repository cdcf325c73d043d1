#include "queue/control_client.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/io.h"
#include "mail/queue_files.h"

static constexpr int patience = 60;  // seconds
static constexpr size_t longest_answer = 16u << 20;

Result<bool> ControlClient::open() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, control_socket_name, sizeof control_socket_name);
  Fd fd = TRY(owned(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == -1) {
    if (errno == ENOENT || errno == ECONNREFUSED) return false;
    return Err::last();
  }
  fd_ = std::move(fd);
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
