#include "lib/jail.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/sys.h"

#if defined __SANITIZE_ADDRESS__
static constexpr bool possible_here = false;
#else
static constexpr bool possible_here = CallFilter::architecture != 0;
#endif

// linux/landlock.h and linux/seccomp.h, as far as they are used.
namespace {
enum : long { create_ruleset = 444, add_rule = 445, restrict_self = 446 };
struct RulesetAttribute {
  uint64_t files, network;
};
struct [[gnu::packed]] PathBeneath {
  uint64_t rights;
  int32_t parent;
};
struct NetPort {
  uint64_t rights, port;
};
struct FilterProgram {
  uint16_t size;
  const CallFilter::Instruction* code;
};
enum : unsigned { path_beneath = 1, net_port = 2 };
enum : uint64_t { bind_tcp = 1, connect_tcp = 2 };
enum : unsigned { set_mode_filter = 1, get_action_available = 2, flag_log = 1u << 1, flag_spec_allow = 1u << 2 };
}  // namespace

static int landlock_abi() {
  constexpr unsigned version = 1;
  return static_cast<int>(syscall(create_ruleset, nullptr, size_t{0}, version));
}

// The first rules could not let a file be renamed into another directory: it
// would have been denied to everybody.
static constexpr int first_abi_of_use = 2, abi_of_truncate = 3, abi_of_network = 4, abi_of_devices = 5;

// What Landlock of this version knows of rights on files.
static uint64_t known_rights(int abi) {
  return abi < abi_of_truncate ? (1u << 14) - 1 : abi < abi_of_devices ? (1u << 15) - 1 : (1u << 16) - 1;
}

static Result<> add_paths(int ruleset, const Jail& jail, uint64_t handled) {
  for (const AllowedPath& p : jail.paths) {
    auto opened = owned(open(p.name, O_PATH | O_CLOEXEC));
    if (!opened.ok() && opened.error().code == ENOENT) continue;
    Fd fd = TRY(std::move(opened));
    // A file has no rights of directories, and the kernel wants none named.
    constexpr uint64_t of_files = may::execute | may::write | may::read | 1u << 15;
    struct stat st = TRY(stat_of(fd.get()));
    uint64_t rights = p.rights & handled & (S_ISDIR(st.st_mode) ? ~uint64_t{0} : of_files);
    PathBeneath rule = {rights, fd.get()};
    if (rights) TRY(check(static_cast<int>(syscall(add_rule, ruleset, path_beneath, &rule, 0))));
  }
  return {};
}

static Result<> restrict_files_and_ports(const Jail& jail, std::span<const uint16_t> ports, int abi) {
  uint64_t network = abi < abi_of_network             ? uint64_t{0}
                     : jail.ports == Jail::Ports::any ? bind_tcp
                                                      : bind_tcp | connect_tcp;
  RulesetAttribute attribute = {jail.held & known_rights(abi), network};
  if (!attribute.files && !attribute.network) return {};
  size_t size = abi < abi_of_network ? sizeof attribute.files : sizeof attribute;
  Fd ruleset = TRY(owned(static_cast<int>(syscall(create_ruleset, &attribute, size, 0))));
  TRY(add_paths(ruleset.get(), jail, attribute.files));
  for (uint16_t port : ports) {
    NetPort rule = {connect_tcp, port};
    if (network & connect_tcp) TRY(check(static_cast<int>(syscall(add_rule, ruleset.get(), net_port, &rule, 0))));
  }
  return check(static_cast<int>(syscall(restrict_self, ruleset.get(), 0)));
}

// What is denied is written to the kernel's log, and what runs under the filter
// is not slowed down against attacks upon code that others bring along, for
// there is none; older kernels know neither.
static bool install(const CallFilter& filter) {
  CallFilter::Instruction with_own_number[CallFilter::most];
  FilterProgram code = {filter.size, filter.code};
  if (filter.own_number_at) {
    memcpy(with_own_number, filter.code, filter.size * sizeof *filter.code);
    with_own_number[filter.own_number_at].value = static_cast<uint32_t>(getpid());
    code.code = with_own_number;
  }
  for (unsigned flags : {flag_log | flag_spec_allow, 0u})
    if (syscall(SYS_seccomp, set_mode_filter, flags, &code) == 0) return true;
  return false;
}

void limit_resources(const Limits& limits) {
  if (!possible_here) return;
  auto lower = [](auto resource, uint64_t to) {
    rlimit now;
    if (to == Limits::unlimited || getrlimit(resource, &now) == -1) return;
    if (now.rlim_max > to) now.rlim_max = to;
    if (now.rlim_cur > to) now.rlim_cur = to;
    setrlimit(resource, &now);
  };
  lower(RLIMIT_DATA, limits.memory);
  lower(RLIMIT_NPROC, limits.processes);
  lower(RLIMIT_FSIZE, limits.file_size);
}

InForce enter_jail(const Jail& jail, std::span<const uint16_t> ports, SetIdPrograms set_id) {
  limit_resources(jail.limits);
  if (!possible_here) return {};
  if (set_id == SetIdPrograms::powerless && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) return {};
  InForce done;
  int abi = jail.held || jail.ports == Jail::Ports::named ? landlock_abi() : 0;
  if (abi >= first_abi_of_use) {
    done.files = restrict_files_and_ports(jail, ports, abi).ok();
    done.ports = done.files && abi >= abi_of_network;
  }
  done.calls = install(jail.filter);
  return done;
}

InForce possible_jails() {
  if (!possible_here) return {};
  constexpr uint32_t errno_action = 0x00050000;
  int abi = landlock_abi();
  return {syscall(SYS_seccomp, get_action_available, 0, &errno_action) == 0, abi >= first_abi_of_use,
          abi >= abi_of_network};
}

bool is_made_for(const Jail& jail, const char* file) {
  auto opened = open_read(file);
  if (!opened.ok()) return false;
  Fd fd = opened.take();
  auto st = stat_of(fd.get());
  if (!st.ok()) return false;
  auto size = static_cast<size_t>(st.take().st_size);
  if (size == 0) return false;
  void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (mapped == MAP_FAILED) return false;
  bool found = Str(static_cast<const char*>(mapped), size).find(jail.mark) != Str::npos;
  munmap(mapped, size);
  return found;
}

// linux/capability.h, version 3: two halves of 32 each.
void keep_capabilities(std::span<const int> kept) {
  struct {
    uint32_t version = 0x20080522;
    int32_t pid = 0;
  } header;
  struct {
    uint32_t effective, permitted, inheritable;
  } halves[2] = {};
  if (syscall(SYS_capget, &header, halves) == -1) return;
  uint32_t wanted[2] = {};
  for (int c : kept) wanted[c / 32] |= 1u << c % 32;
  for (int i = 0; i < 2; ++i) {
    halves[i].permitted &= wanted[i];
    halves[i].effective = halves[i].permitted;
    halves[i].inheritable = 0;
  }
  syscall(SYS_capset, &header, halves);
}

void hide_memory() { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
