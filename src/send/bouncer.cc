#include "send/bouncer.h"

#include "lib/child.h"
#include "mail/instance.h"

static constexpr size_t at_once = 10;

bool Bouncer::has_room(size_t on_their_way) const { return running_.size() + on_their_way < at_once; }

Result<> Bouncer::start(Job& job, const Settings& settings) {
  Pipe answer = TRY(make_pipe());
  Buf file, sender, id;
  file.set(Str(instance_root()), "/bin/qmail-bounce"sv);
  sender.set(job.sender());
  id.append_number(job.id());
  const char* argv[] = {"qmail-bounce",
                        id.c_str(),
                        sender.c_str(),
                        settings.bouncefrom.c_str(),
                        settings.bouncehost.c_str(),
                        settings.doublebounceto.c_str(),
                        settings.doublebouncehost.c_str(),
                        nullptr};
  FdMove fds[] = {{job.message().fd(), 0}, {answer.write.get(), 1}, {job.state_fd(), 3}};
  pid_t pid = TRY(spawn({.file = file.c_str(), .argv = argv, .fds = fds}));
  running_.push_back({pid, &job, std::move(answer.read)});
  return {};
}

// It is far shorter than a pipe holds, so that it can be read when all is over.
static std::optional<uint64_t> read_answer(int fd) {
  char space[32];
  ssize_t n = read(fd, space, sizeof space);
  if (n <= 0) return {};
  return scan_u64(Str(space, static_cast<size_t>(n)));
}

std::optional<Bouncer::Outcome> Bouncer::child_ended(pid_t pid, int status) {
  for (size_t i = 0; i < running_.size(); ++i) {
    if (running_[i].pid != pid) continue;
    Outcome outcome = {running_[i].job, {}};
    if (exit_code(status) == 0) outcome.qp = read_answer(running_[i].answer.get()).value_or(0);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    return outcome;
  }
  return {};
}
