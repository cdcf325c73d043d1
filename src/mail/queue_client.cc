#include "mail/queue_client.h"

#include <stdlib.h>

#include "lib/child.h"
#include "mail/instance.h"
#include "mail/jails.h"

// Exit codes that stand for what went wrong before the program could run.
static constexpr int wrong_root = 61, cannot_exec = 120;
static constexpr int custom_text = 82;  // the program's own words are on one of the descriptors below

// Where programs in qmail-queue's place look for the descriptor of their words:
// notqmail's is 6, the patches' 4, and some have it named to them in $ERROR_FD.
static constexpr int words_fds[] = {4, 6};
static constexpr const char* words_variable = "ERROR_FD";

// The number that the administrator or a caller has set; one is set if there is none.
static int chosen_words_fd() {
  setenv(words_variable, "6", 0);
  const char* text = getenv(words_variable);
  auto number = scan_u64(text ? text : "", 31);
  return number && *number > 1 ? static_cast<int>(*number) : words_fds[0];
}

static Str replacement_named() {
  const char* named = getenv("QMAILQUEUE");
  return named ? named : "";
}

// A set-uid qmail-queue serves conf-qmail and ignores $QMAILHOME: a caller that
// means another root must not have its mail put into that one.
static bool serves_another_root(const char* file) {
  if (!root_is_elsewhere()) return false;
  auto st = stat_of(file);
  return st.ok() && (st.take().st_mode & S_ISUID);
}

bool queues_from_a_jail() {
  Buf file, lock;
  file.set(Str(instance_root()), "/bin/qmail-queue"sv);
  lock.set(Str(instance_root()), "/run/lock"sv);
  auto st = stat_of(file.c_str());
  if (!replacement_named().empty() || !st.ok() || st.take().st_mode & S_ISUID) return false;
  // One that may not be read is ours where qmail-queued has been: it takes no other.
  if (access(file.c_str(), R_OK) == -1) return stat_of(lock.c_str()).ok();
  return is_made_for(jails::queue, file.c_str());
}

Result<> QueueClient::open(QueueService* service) {
  service_ = !replacement_named().empty() ? nullptr : service ? service : &own_;
  Pipe message = TRY(make_pipe()), envelope = TRY(make_pipe());
  if (service_ && service_->hand(message.read.get(), envelope.read.get()))
    runs_ = true;
  else
    TRY(start(message, envelope));
  message_ = std::move(message.write);
  envelope_ = std::move(envelope.write);
  out_.set_fd(message_.get());
  return {};
}

// Runs the program. When it cannot be run, why is in exit_.
Result<> QueueClient::start(const Pipe& message, const Pipe& envelope) {
  Pipe error = TRY(make_pipe());
  Str replacement = replacement_named();
  Buf file;
  if (!replacement.empty())
    file.set(replacement.find('/') == Str::npos ? "./"sv : ""sv, replacement);  // never searched on PATH
  else
    file.set(Str(instance_root()), "/bin/qmail-queue");
  if (replacement.empty() && serves_another_root(file.c_str())) {
    exit_ = wrong_root;
    return {};
  }

  int words = chosen_words_fd();
  const char* argv[4] = {file.c_str()};
  FdMove fds[6] = {{message.read.get(), 0},
                   {envelope.read.get(), 1},
                   {error.write.get(), words_fds[0]},
                   {error.write.get(), words_fds[1]},
                   {error.write.get(), words}};
  size_t descriptors = 5;
  // Nobody reads before the program has ended: who says too much must not wait.
  TRY(set_nonblocking(error.write.get()));
  QueueService::Offer offer;
  if (service_ && (!service_->may_stay() || words == QueueService::offer_fd)) service_ = nullptr;
  if (service_) {
    auto made = service_->make_offer(file.c_str());
    if (made.ok()) {
      offer = made.take();
      argv[1] = "stay";
      argv[2] = offer.file_id.c_str();
      fds[descriptors++] = {offer.socket.get(), QueueService::offer_fd};
    } else {
      service_ = nullptr;
    }
  }
  auto child = spawn({.file = argv[0], .argv = argv, .fds = {fds, descriptors}, .dir = instance_root()});
  if (!child.ok()) {
    if (child.error().code == EAGAIN || child.error().code == ENOMEM) return child.error();
    exit_ = cannot_exec;
    return {};
  }
  pid_ = child.take();
  runs_ = true;
  if (service_) service_->begin(pid_);
  error_ = std::move(error.read);
  return set_nonblocking(error_.get());
}

void QueueClient::put(Str s) {
  if (!failed_ && runs_ && !out_.put(s).ok()) failed_ = true;
}

void QueueClient::write_record(char kind, Str address) {
  put(Str(&kind, 1));
  put(address);
  put("\0"sv);
}

void QueueClient::from(Str sender) {
  if (!failed_ && runs_ && !out_.flush().ok()) failed_ = true;
  message_.close();  // the program reads to the end of it before the envelope
  out_.set_fd(envelope_.get());
  write_record('F', sender);
}

void QueueClient::to(Str recipient) { write_record('T', recipient); }

static Str text_of_exit(int code) {
  switch (code) {
    case 11:
    case 115: return "Denvelope address too long for qq (#5.1.3)";
    case 31: return "Dmail server permanently rejected message (#5.3.0)";
    case 51: return "Zqq out of memory (#4.3.0)";
    case 52: return "Zqq timeout (#4.3.0)";
    case 53: return "Zqq write error or disk full (#4.3.0)";
    case 54: return "Zqq read error (#4.3.0)";
    case 55: return "Zqq unable to read configuration (#4.3.0)";
    case 56: return "Zqq trouble making network connection (#4.3.0)";
    case 61: return "Zqq trouble in home directory (#4.3.0)";
    case 62:
    case 63:
    case 64:
    case 65:
    case 66: return "Zqq trouble creating files in queue (#4.3.0)";
    case 71: return "Zmail server temporarily rejected message (#4.3.0)";
    case 72: return "Zconnection to mail server timed out (#4.4.1)";
    case 73: return "Zconnection to mail server rejected (#4.4.1)";
    case 74: return "Zcommunication with mail server failed (#4.4.2)";
    case 81:
    case 91: return "Zqq internal bug (#4.3.0)";
    case 120: return "Zunable to exec qq (#4.3.0)";
    default: return code >= 11 && code <= 40 ? "Dqq permanent problem (#5.3.0)" : "Zqq temporary problem (#4.3.0)";
  }
}

Result<std::optional<int>> QueueClient::outcome() {
  if (!service_) return exit_code(TRY(wait_for(pid_)));
  auto ended = service_->outcome();
  pid_ = service_->pid();
  return ended;
}

Str QueueClient::close() {
  if (!runs_) return text_of_exit(exit_);
  if (!failed_) put("\0"sv);
  if (!failed_ && !out_.flush().ok()) failed_ = true;
  message_.close();
  envelope_.close();

  auto ended = outcome();
  if (!ended.ok()) return "Zqq waitpid surprise (#4.3.0)";
  auto code = ended.take();

  // Its own words are short: they are all in the pipe now. Their end may never
  // come, as something that the program left running may hold the other side.
  char words[255];
  ssize_t n = error_.is_open() ? read(error_.get(), words, sizeof words) : 0;
  error_.close();
  if (!code) return "Zqq crashed (#4.3.0)";
  if (*code == 0 && failed_) return text_of_exit(54);
  if (*code == 0) return {};
  if (*code == custom_text && n > 2 && (words[0] == 'D' || words[0] == 'Z')) {
    text_.set(Str(words, static_cast<size_t>(n)));
    return text_;
  }
  return text_of_exit(*code);
}
