#include "mail/jails.h"

#include <sys/socket.h>

// fstat(2) is another call with either C library.
#if defined __GLIBC__ && !__GLIBC_PREREQ(2, 39)
static constexpr uint32_t fstat_number = SYS_newfstatat;
#else
static constexpr uint32_t fstat_number = SYS_fstat;
#endif

// Where the old calls are gone, the C library makes those with "at".
#ifdef SYS_unlink
static constexpr uint32_t unlink_number = SYS_unlink;
#else
static constexpr uint32_t unlink_number = SYS_unlinkat;
#endif

static constexpr AllowedCall fstat_call = {"fstat", fstat_number};
static constexpr AllowedCall unlink_call = {"unlink", unlink_number};

static constexpr uint64_t all_rights = (1u << 16) - 1;

// Bytes of memory: far above what was measured (doc/reliability.md), far below
// what would hurt a machine.
static constexpr uint64_t small = 16u << 20, medium = 256u << 20, large = 1u << 30;

static constexpr std::array basic = {CALL(read), CALL(write), CALL(close), CALL(exit_group)};
// musl's allocator takes an mprotect that is not there for a success.
static constexpr std::array memory = {CALL(brk), CALL(mmap), CALL(munmap), CALL(mremap), CALL(mprotect)};
// For where the C library finds no vDSO.
static constexpr std::array clock_calls = {CALL(clock_gettime)};
static constexpr std::array opening = {
    CALL(openat),
#ifdef SYS_open
    CALL(open),
#endif
};
static constexpr std::array status = {
    CALL(fstat),
    CALL(newfstatat),
#ifdef SYS_stat
    CALL(stat),
    CALL(lstat),
#endif
};
static constexpr std::array waiting = {
#ifdef SYS_poll
    CALL(poll),
#endif
    CALL(ppoll), CALL(restart_syscall),  // of a poll that SIGSTOP interrupted
};
static constexpr std::array renaming = {
#ifdef SYS_rename
    CALL(rename),
#endif
    CALL(renameat),
};
static constexpr std::array unlinking = {unlink_call};

// It has taken all its memory by then, but for what glibc's allocator asks of brk.
static constexpr std::array clean_calls = {
    CALL(read),       CALL(write), CALL(close),     CALL(openat), fstat_call, CALL(flock),
    CALL(getdents64), unlink_call, CALL(renameat2), CALL(fsync),  CALL(brk),  CALL(exit_group),
};
static constexpr CallFilter clean_filter(clean_calls);
// Messages it cannot read. bad/ may be made while it runs. In tmp/ a file is
// opened to be locked.
static constexpr AllowedPath clean_paths[] = {
    {".", may::list | may::remove | may::make | may::rename},
    {"tmp", may::read},
};
constinit const Jail jails::clean = {.program = "qmail-clean",
                                     .calls = clean_calls,
                                     .filter = clean_filter,
                                     .limits = {.memory = small, .processes = 0, .file_size = 0},
                                     .held = all_rights,
                                     .paths = clean_paths};

// The user's mail, and nothing else of the user's.
static constexpr auto pop3d_calls = joined(basic, memory, clock_calls, opening, status, waiting, renaming, unlinking,
                                           std::array{CALL(getdents64), CALL(fsync), CALL(sendto)});
static constexpr CallFilter pop3d_filter(pop3d_calls);
static constexpr AllowedPath pop3d_paths[] = {
    {"new", may::list | may::read | may::remove | may::rename},
    {"cur", may::list | may::read | may::remove | may::make | may::rename},
    {"tmp", may::list | may::remove},
};
constinit const Jail jails::pop3d = {.program = "qmail-pop3d",
                                     .calls = pop3d_calls,
                                     .filter = pop3d_filter,
                                     .limits = {.memory = large, .processes = 0},
                                     .held = all_rights,
                                     .paths = pop3d_paths};

// Its files are left to owners: qmailq has nothing but the queue, and a Landlock of
// each process's own would cost a fourth of the system calls of a message.
static constexpr std::array limiting_time = {
#ifdef SYS_alarm
    CALL(alarm),
#endif
    CALL(setitimer)};
static constexpr std::array linking = {
#ifdef SYS_link
    CALL(link),
#endif
    CALL(linkat)};
static constexpr auto queue_work =
    joined(basic, memory, clock_calls, opening, status, unlinking, linking, waiting, limiting_time,
           std::array{CALL(flock), CALL(fsync), CALL(renameat2), CALL(chdir), CALL(getpid), CALL(getuid), CALL(sendto),
                      CALL(recvmsg), CALL(getsockopt), CALL(shutdown), CALL(rt_sigaction), CALL(rt_sigprocmask),
                      CALL(rt_sigreturn)});
static constexpr auto queue_calls = joined(queue_work, std::array{CALL_OF_ITSELF(kill)});
static constexpr CallFilter queue_filter(queue_calls);
constinit const Jail jails::queue = {.program = "qmail-queue",
                                     .mark = "qmail++: qmail-queue, which begins in the jail of its caller",
                                     .calls = queue_calls,
                                     .filter = queue_filter,
                                     .limits = {.memory = small, .processes = 0}};

// The network, and what DNS is configured in. The message, the report and
// lock/tcpto are open.
static constexpr std::array network = {
    CALL(socket),  CALL(bind),       CALL(connect),    CALL(sendto),      CALL(recvfrom), CALL(sendmsg),
    CALL(recvmsg), CALL(getsockopt), CALL(setsockopt), CALL(getsockname), CALL(fcntl),    CALL(getrandom),
};
static constexpr auto remote_calls = joined(basic, memory, clock_calls, opening, status, waiting, network,
                                            std::array{CALL(lseek), CALL(pread64), CALL(pwrite64), CALL(getpid)});
static constexpr CallFilter remote_filter(remote_calls);
static constexpr AllowedPath remote_paths[] = {
    {"/etc", may::read}, {"/run", may::read}, {"/etc/resolv.conf", may::read}};
constinit const Jail jails::remote = {.program = "qmail-remote",
                                      .mark = "qmail++: qmail-remote, which begins in the jail of its caller",
                                      .calls = remote_calls,
                                      .filter = remote_filter,
                                      .limits = {.memory = medium, .processes = 0, .file_size = 2u << 20},
                                      .held = all_rights,
                                      .paths = remote_paths,
                                      .ports = Jail::Ports::named};

// What a static program calls before main.
static constexpr std::array starting = {
    CALL(set_tid_address),
    CALL(set_robust_list),
    CALL(prlimit64),
#ifdef SYS_rseq
    CALL(rseq),
#endif
#ifdef SYS_arch_prctl
    CALL(arch_prctl),
    CALL(readlink),
#endif
    CALL(readlinkat),
};
// What a program calls to enter a jail inside of its parent's.
static constexpr std::array jailing = {
    CALL(prctl),
    CALL(seccomp),
    AllowedCall{"landlock_create_ruleset", 444},
    AllowedCall{"landlock_add_rule", 445},
    AllowedCall{"landlock_restrict_self", 446},
};
static constexpr std::array spawning = {
    CALL(clone),          CALL(execve),       CALL(wait4),     CALL(pipe2),  CALL(dup3),   CALL(rt_sigaction),
    CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(chdir),     CALL(getpid), CALL(getuid), CALL(geteuid),
    CALL(getgid),         CALL(getegid),      CALL(setresgid), CALL(gettid),
#ifdef SYS_fork
    CALL(fork),           CALL(vfork),        CALL(dup2),
#endif
#ifdef SYS_pidfd_open
    CALL(pidfd_open),
#endif
};

// Its own calls and those of qmail-remote, which begins in this jail. Of files it
// holds what changes them: qmail-remote reads control/, wherever that leads.
static constexpr std::array checking_access = {
#ifdef SYS_access
    CALL(access),
#endif
    CALL(faccessat)};
// One of the last two, as the C library likes.
static constexpr std::array watching = {
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_pwait),
#ifdef SYS_epoll_wait
    CALL(epoll_wait),
#endif
};
static constexpr auto rspawn_calls = joined(
    remote_calls, starting, jailing, spawning, unlinking, checking_access, watching,
    std::array{CALL(signalfd4), CALL(memfd_create), CALL(fchmod), CALL(shutdown), CALL(socketpair), CALL(madvise)});
static constexpr CallFilter rspawn_filter(rspawn_calls);
static constexpr AllowedPath rspawn_paths[] = {{"queue", may::write | may::make | may::remove},
                                               {"/dev/null", may::write}};
constinit const Jail jails::rspawn = {.program = "qmail-rspawn",
                                      .calls = rspawn_calls,
                                      .filter = rspawn_filter,
                                      .limits = {.memory = uint64_t{4} << 30},
                                      .held = all_rights & ~(may::execute | may::read | may::list),
                                      .paths = rspawn_paths,
                                      .ports = Jail::Ports::any};

// Keeps qmail-queue, which begins in this jail. Files are left to owners, as there.
static constexpr auto queued_calls =
    joined(queue_work, starting, jailing, spawning,
           std::array{CALL(accept4), CALL(socketpair), CALL(sendmsg), CALL(recvfrom), CALL(fcntl)});
static constexpr CallFilter queued_filter(queued_calls);
constinit const Jail jails::queued = {
    .program = "qmail-queued", .calls = queued_calls, .filter = queued_filter, .limits = {.memory = medium}};

// Its own calls, those of qmail-bounce and qmail-compact and of the qmail-queue that
// qmail-bounce runs, which begin in this jail. Of files it holds what changes
// them: control/ is read again at HUP, wherever that leads.
static constexpr auto send_calls = joined(
    queue_work, starting, jailing, spawning, renaming, std::array{CALL_WITH(socket, AF_UNIX)},
    std::array{CALL(pread64), CALL(pwrite64), CALL(ftruncate), CALL(getdents64), CALL(utimensat), CALL(fcntl),
               CALL(ioctl), CALL(accept4), CALL(recvfrom), CALL(connect), CALL(sendmsg), CALL(lseek), CALL(umask)});
static constexpr CallFilter send_filter(send_calls);
static constexpr AllowedPath send_paths[] = {
    {".", may::write | may::make | may::make_socket | may::remove | may::rename}, {"/dev/null", may::write}};
constinit const Jail jails::send = {.program = "qmail-send",
                                    .calls = send_calls,
                                    .filter = send_filter,
                                    .limits = {.memory = uint64_t{8} << 30},
                                    .held = all_rights & ~(may::execute | may::read | may::list),
                                    .paths = send_paths};

// Servers whose messages go to qmail-queued. They open nothing: what they were
// told to read is in memory. Without Landlock an intruder could turn the client's
// connection into one to elsewhere.
static constexpr auto server_calls =
    joined(basic, memory, clock_calls,
           std::array{CALL(poll), CALL(restart_syscall), CALL(pipe2), CALL_WITH(socket, AF_UNIX), CALL(connect),
                      CALL(sendto), CALL(sendmsg), CALL(recvfrom), CALL(fcntl)});
static constexpr CallFilter server_filter(server_calls);
static constexpr auto smtpd_calls = joined(server_calls, std::array{CALL(recvmsg)});  // the next connection
static constexpr CallFilter smtpd_filter(smtpd_calls);
static constexpr Limits server_limits = {.memory = medium, .processes = 0};
constinit const Jail jails::smtpd = {.program = "qmail-smtpd",
                                     .calls = smtpd_calls,
                                     .filter = smtpd_filter,
                                     .limits = server_limits,
                                     .held = all_rights};
constinit const Jail jails::qmtpd = {.program = "qmail-qmtpd",
                                     .calls = server_calls,
                                     .filter = server_filter,
                                     .limits = server_limits,
                                     .held = all_rights};
constinit const Jail jails::qmqpd = {.program = "qmail-qmqpd",
                                     .calls = server_calls,
                                     .filter = server_filter,
                                     .limits = server_limits,
                                     .held = all_rights};

// Of its two processes the one that speaks with strangers.
static constexpr auto popup_calls =
    joined(basic, memory, clock_calls, waiting, std::array{CALL(sendto), CALL(recvfrom), CALL(getpid)});
static constexpr CallFilter popup_filter(popup_calls);
constinit const Jail jails::popup = {.program = "qmail-popup",
                                     .calls = popup_calls,
                                     .filter = popup_filter,
                                     .limits = {.memory = small, .processes = 0, .file_size = 0}};

// No file at all, and of sockets the way to /dev/log.
static constexpr auto splogger_calls = joined(basic, memory, clock_calls,
                                              std::array{
                                                  CALL_WITH(socket, AF_UNIX),
                                                  CALL(connect),
                                                  CALL(sendto),
#ifdef SYS_time
                                                  CALL(time),
#endif
                                              });
static constexpr CallFilter splogger_filter(splogger_calls);
constinit const Jail jails::splogger = {.program = "splogger",
                                        .calls = splogger_calls,
                                        .filter = splogger_filter,
                                        .limits = {.memory = small, .processes = 0, .file_size = 0},
                                        .held = all_rights};

Str missing_jails(InForce possible) {
  if (!possible.calls) return possible.files ? "system calls" : "system calls, files and TCP ports";
  if (!possible.files) return "files and TCP ports";
  return possible.ports ? "" : "TCP ports";
}

static constexpr const Jail* all[] = {&jails::clean,  &jails::pop3d, &jails::popup,  &jails::qmqpd,
                                      &jails::qmtpd,  &jails::queue, &jails::queued, &jails::remote,
                                      &jails::rspawn, &jails::send,  &jails::smtpd,  &jails::splogger};
std::span<const Jail* const> all_jails() { return all; }
