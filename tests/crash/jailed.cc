// jailed table -- the jails of all programs, as lines of a Markdown table
// jailed possible -- 1 or 0 for each: does the kernel know calls, files, ports?
// jailed PROGRAM FILE PORT ... -- what can be done from inside of one?
//
// Enters the jail of PROGRAM in the working directory, with the PORTs behind the
// first one as those it may connect to, and tries what an intruder would: with
// FILE, which it may read as its uid, with the first PORT, and without either. A
// line for each attempt: its name and `ok` or the error.
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "lib/buf.h"
#include "lib/die.h"
#include "lib/sys.h"
#include "mail/jails.h"

const char program[] = "jailed";

static void print_rights(uint64_t rights) {
  static constexpr struct {
    uint64_t right;
    const char* word;
  } words[] = {{may::read, "read"},     {may::list, "list"},     {may::write & 2, "write"},         {may::make, "make"},
               {may::remove, "remove"}, {may::rename, "rename"}, {may::make_socket, "make sockets"}};
  const char* between = "";
  for (const auto& w : words)
    if (rights & w.right) {
      printf("%s%s", between, w.word);
      between = " ";
    }
}

static void print_limit(const char* before, uint64_t limit, uint64_t unit, const char* behind) {
  if (limit != Limits::unlimited) printf("%s%llu%s", before, static_cast<unsigned long long>(limit / unit), behind);
}

static void print_row(const Jail& j) {
  std::vector<Str> calls;  // each once
  for (const AllowedCall& c : j.calls)
    if (std::find(calls.begin(), calls.end(), c.name) == calls.end()) calls.push_back(c.name);
  printf("| %.*s | %zu:", static_cast<int>(j.program.size()), j.program.data(), calls.size());
  for (Str c : calls) printf(" %s", c.data());
  printf(" | ");
  if (!j.held)
    printf("as owners and modes say");
  else if (!(j.held & may::read))
    printf("reads as owners and modes say; ");
  const char* between = "";
  for (const AllowedPath& p : j.paths) {
    printf("%s%s: ", between, p.name);
    print_rights(p.rights);
    between = "; ";
  }
  if (j.held && j.paths.empty()) printf("none");
  static constexpr const char* ports[] = {"no", "those of DNS and of the route", "yes"};
  printf(" | %s |", ports[static_cast<int>(j.ports)]);
  print_limit(" ", j.limits.memory, 1u << 20, " MB");
  print_limit(", ", j.limits.processes, 1, " processes");
  print_limit(", files of ", j.limits.file_size, 1, " bytes");
  printf(" |\n");
}

static const char* name_of(int error) {
  switch (error) {
    case ENOSYS: return "ENOSYS";
    case EACCES: return "EACCES";
    case EPERM: return "EPERM";
    default: return "let in";  // it failed by its own arguments
  }
}

// Raw, so that an error is the kernel's and of this call.
static void attempt(const char* name, long number, long a = 0, long b = 0, long c = 0, long d = 0) {
  long r = syscall(number, a, b, c, d, 0, 0);
  char line[100];
  int n = snprintf(line, sizeof line, "%s %s\n", name, r >= 0 ? "ok" : name_of(errno));
  if (write(1, line, static_cast<size_t>(n)) == -1) _exit(1);
}

static long address_of(const void* p) { return reinterpret_cast<long>(p); }

static void try_all(const char* file, uint16_t port, int unconnected, int unbound) {
  Buf fresh;
  fresh.set(Str(file), ".new");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  char zeros[256] = {};
  attempt("read", SYS_openat, AT_FDCWD, address_of(file), O_RDONLY);
  attempt("write", SYS_openat, AT_FDCWD, address_of(file), O_WRONLY);
  attempt("create", SYS_openat, AT_FDCWD, address_of(fresh.c_str()), O_WRONLY | O_CREAT, 0600);
  attempt("execute", SYS_execveat, -1, address_of("/nowhere"), 0, 0);
  attempt("exec", SYS_execve, address_of("/nowhere"), 0, 0);
  attempt("socket", SYS_socket, AF_INET, SOCK_STREAM, 0);
  attempt("packet socket", SYS_socket, AF_PACKET, SOCK_RAW, 0);
  attempt("connect", SYS_connect, unconnected, address_of(&to), sizeof to);
  to.sin_port = 0;
  attempt("bind", SYS_bind, unbound, address_of(&to), sizeof to);
  attempt("listen", SYS_listen, unbound, 1);
  attempt("ptrace", SYS_ptrace, 16, getppid());  // PTRACE_ATTACH
  attempt("read memory", SYS_process_vm_readv, getppid(), 0, 0, 0);
  attempt("kill", SYS_kill, getppid(), 0);
  attempt("kill by thread", SYS_tkill, getppid(), 0);
  attempt("mount", SYS_mount, address_of("x"), address_of("/"), address_of("tmpfs"), 0);
  attempt("unshare", SYS_unshare, 0x10000000);  // CLONE_NEWUSER
  attempt("io_uring", 425, 1, address_of(zeros));
  attempt("bpf", SYS_bpf, 0, address_of(zeros), sizeof zeros);
  attempt("keys", SYS_keyctl, 0, -3, 0);
  attempt("personality", SYS_personality, 0xffffffff);
  attempt("setuid", SYS_setuid, getuid());
  attempt("chmod", SYS_fchmodat, AT_FDCWD, address_of(file), 0600);
  attempt("symlink", SYS_symlinkat, address_of("x"), AT_FDCWD, address_of(fresh.c_str()));
  attempt("mkdir", SYS_mkdirat, AT_FDCWD, address_of(fresh.c_str()), 0700);
  attempt("chroot", SYS_chroot, address_of("/"));
#ifdef SYS_unlink
  attempt("remove", SYS_unlink, address_of(file));
#else
  attempt("remove", SYS_unlinkat, AT_FDCWD, address_of(file), 0);
#endif
  attempt("clone", SYS_clone, 0x00010000, 0, 0, 0);  // CLONE_THREAD alone: EINVAL when it is let in
}

int main(int argc, char** argv) {
  if (argc == 2 && Str(argv[1]) == "table") {
    for (const Jail* j : all_jails()) print_row(*j);
    return 0;
  }
  if (argc == 2 && Str(argv[1]) == "possible") {
    InForce all = possible_jails();
    printf("%d %d %d\n", all.calls, all.files, all.ports);
    return 0;
  }
  if (argc < 4) die_usage("jailed table | possible | program file port ...");
  const Jail* jail = nullptr;
  for (const Jail* j : all_jails())
    if (j->program == argv[1]) jail = j;
  if (!jail) die(permanent, {"no jail of ", Str(argv[1])});
  std::vector<uint16_t> ports;
  for (int i = 4; i < argc; ++i) ports.push_back(static_cast<uint16_t>(atoi(argv[i])));
  int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
      unbound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  InForce done = enter_jail(*jail, ports);
  auto figure = [](bool b) { return b ? "1"sv : "0"sv; };
  say(1, {"calls ", figure(done.calls), "\nfiles ", figure(done.files), "\nports ", figure(done.ports), "\n"});
  try_all(argv[2], static_cast<uint16_t>(atoi(argv[3])), unconnected, unbound);
  _exit(0);
}
