#include "queue/stopped_queue.h"

#include "lib/die.h"
#include "mail/queue_files.h"

StoppedQueue enter_stopped_queue() {
  must(enter_root(), {"chdir to ", Str(instance_root())});
  Roles roles = must(read_roles(), {"read users/roles; run make setup"});
  const char* which_control = "";
  auto routed = Router::read(must(Control::open(instance_root()), {"open control"}), which_control);
  if (!routed.ok()) die_unable(temporary, {"read control/", Str(which_control)}, routed.error());
  must(change_dir("queue"), {"chdir to queue"});
  must(check_queue_format(), {"use queue/format; run qmail-mkqueue"});
  Fd mutex = must(open_write("lock/sendmutex"), {"open lock/sendmutex"});
  if (!lock_exclusive(mutex.get(), Lock::try_now).ok()) die(temporary, {"qmail-send is running here: end it first"});
  return {.roles = roles, .router = routed.take(), .mutex = std::move(mutex)};
}
