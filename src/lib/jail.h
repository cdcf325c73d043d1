// Giving up, for good and for all children, what a program does not need: system
// calls (seccomp(2)), files and TCP ports (landlock(7)), memory and processes
// (setrlimit(2)). By plain system calls with structures of our own, for the
// kernel's headers are not there for every C library.
//
// A call that is not in the table fails with ENOSYS, as on a kernel without it:
// a C library that tries a newer call goes on with the older one, and a program
// takes the way of every other error, which ends in "try again later".
// doc/decisions.md says why it is not killed.
#pragma once
#include <sys/syscall.h>

#include <array>
#include <bit>
#include <utility>

#include "lib/err.h"
#include "lib/str.h"

// A system call that stays. With a first argument: only where it is that, or the
// number of this process.
struct AllowedCall {
  enum : int64_t { any = -1, itself = -2 };
  const char* name;
  uint32_t number;
  int64_t first_argument = any;
};
#define CALL(name) \
  AllowedCall { #name, SYS_##name }
#define CALL_WITH(name, argument) \
  AllowedCall { #name "(" #argument ")", SYS_##name, argument }
#define CALL_OF_ITSELF(name) \
  AllowedCall { #name "(itself)", SYS_##name, AllowedCall::itself }

template <size_t... N>
constexpr auto joined(const std::array<AllowedCall, N>&... parts) {
  std::array<AllowedCall, (N + ...)> all{};
  size_t n = 0;
  auto add = [&](const auto& part) {
    for (const AllowedCall& c : part) all[n++] = c;
  };
  (add(parts), ...);
  return all;
}

// The program that the kernel runs at each call: an instruction is a struct
// sock_filter of linux/filter.h. The kernel tries it for every number there is
// when it is installed, so it is short: a binary search among the places where
// allowed and denied numbers meet.
struct CallFilter {
  struct Instruction {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t value;
  };
  static constexpr size_t most = 128;
  Instruction code[most]{};
  uint16_t size = 0;
  uint16_t own_number_at = 0;  // the instruction that compares with this process's number; 0: none

  consteval explicit CallFilter(std::span<const AllowedCall> calls) {
    uint32_t numbers[most]{}, edges[2 * most]{};
    size_t count = 0, edge_count = 0;
    for (const AllowedCall& c : calls)
      if (c.first_argument == AllowedCall::any) numbers[count++] = c.number;
    std::span<uint32_t> sorted(numbers, count);
    for (size_t i = 1; i < count; ++i)
      for (size_t j = i; j && sorted[j] < sorted[j - 1]; --j) std::swap(sorted[j], sorted[j - 1]);
    for (uint32_t n : sorted) {
      if (edge_count && edges[edge_count - 1] == n + 1) continue;  // named twice
      if (edge_count && edges[edge_count - 1] == n)
        edges[edge_count - 1] = n + 1;
      else {
        edges[edge_count++] = n;
        edges[edge_count++] = n + 1;
      }
    }
    // Numbers mean other calls to programs of another architecture (32 bit on 64
    // bit); none of ours is one.
    put({load, 0, 0, offset_of_architecture});
    put({jump_if_equal, 1, 0, architecture});
    put({give_back, 0, 0, kill_process});
    put({load, 0, 0, 0});
    for (const AllowedCall& c : calls)
      if (c.first_argument != AllowedCall::any) {
        put({jump_if_equal, 0, 4, c.number});
        put({load, 0, 0, offset_of_first_argument});
        if (c.first_argument == AllowedCall::itself) own_number_at = size;
        put({jump_if_equal, 0, 1, static_cast<uint32_t>(c.first_argument)});
        put({give_back, 0, 0, allow});
        put({give_back, 0, 0, deny});
      }
    size_t first = size;
    search({edges, edge_count}, false);
    // Answers stand once, at the end.
    uint16_t yes = size, no = size + 1;
    put({give_back, 0, 0, allow});
    put({give_back, 0, 0, deny});
    for (size_t i = first; i < yes; ++i) {
      auto distance = [&](uint8_t to) {
        return static_cast<uint8_t>((to == is_allowed ? yes : to == is_denied ? no : i + 1 + to) - i - 1);
      };
      code[i].if_true = distance(code[i].if_true);
      code[i].if_false = distance(code[i].if_false);
    }
  }

  static constexpr uint32_t architecture =
#if defined __x86_64__
      0xc000003e;
#elif defined __aarch64__
      0xc00000b7;
#else
      0;  // jails are off
#endif

 private:
  enum : uint16_t { load = 0x20, jump_if_equal = 0x15, jump_if_at_least = 0x35, give_back = 0x06 };
  enum : uint32_t {
    offset_of_architecture = 4,
    // The low half of the first of the arguments, which are ints where we look.
    offset_of_first_argument = std::endian::native == std::endian::little ? 16 : 20,
    allow = 0x7fff0000,
    deny = 0x00050000 | ENOSYS,
    kill_process = 0x80000000,
  };

  consteval void put(Instruction i) { code[size++] = i; }

  // Below the first edge the answer is below, from there on the opposite, and so on.
  enum : uint8_t { is_allowed = 255, is_denied = 254 };
  consteval void search(std::span<const uint32_t> edges, bool below) {
    size_t middle = edges.size() / 2, here = size;
    put({jump_if_at_least, 0, 0, edges[middle]});
    auto lower = edges.first(middle), upper = edges.subspan(middle + 1);
    bool at_middle = middle % 2 ? below : !below;
    code[here].if_false = lower.empty() ? answer(below) : 0;
    if (!lower.empty()) search(lower, below);
    code[here].if_true = upper.empty() ? answer(at_middle) : static_cast<uint8_t>(size - here - 1);
    if (!upper.empty()) search(upper, at_middle);
  }
  static consteval uint8_t answer(bool allowed) { return allowed ? is_allowed : is_denied; }
};

// What may be done beneath a directory, or with a file, by Landlock's rights.
namespace may {
enum : uint64_t {
  execute = 1u << 0,
  write = 1u << 1 | 1u << 14,  // and truncate
  read = 1u << 2,
  list = 1u << 3,
  remove = 1u << 5,
  make = 1u << 8,  // files
  make_socket = 1u << 9,
  rename = 1u << 13,  // from one directory to another
};
}
struct AllowedPath {
  const char* name;  // from the working directory at the time of entering; one that is missing is left out
  uint64_t rights;
};

struct Limits {
  static constexpr uint64_t unlimited = UINT64_MAX;
  uint64_t memory = unlimited;     // bytes of data, shared and mapped files apart
  uint64_t processes = unlimited;  // of this uid, so 0 or none
  uint64_t file_size = unlimited;
};

struct Jail {
  Str program;
  Str mark{};  // in the program's file, for those who run it in a jail of theirs
  std::span<const AllowedCall> calls;
  const CallFilter& filter;
  Limits limits{};
  // The rights upon files that are taken away but where a path gives them: 0
  // leaves files to owners and modes.
  uint64_t held = 0;
  std::span<const AllowedPath> paths{};
  // Who may connect where by TCP; binding is for nobody. With neither files held
  // nor ports named, this is left to the calls.
  enum class Ports : uint8_t { none, named, any } ports = Ports::none;
};

// Lowers limits, soft and hard, of this process and its children.
void limit_resources(const Limits&);

// What of a jail the kernel can do, or did.
struct InForce {
  bool calls = false, files = false, ports = false;
};

// never: no program that is run from here on gains rights by a set-id bit.
// as_before needs CAP_SYS_ADMIN.
enum class SetIdPrograms : uint8_t { powerless, as_before };

// Takes away what the jail does not name. It does not fail: what the kernel
// cannot do is left out, and all of it is in a build with sanitizers, whose run
// time makes calls of its own.
InForce enter_jail(const Jail&, std::span<const uint16_t> ports = {}, SetIdPrograms = SetIdPrograms::powerless);

InForce possible_jails();  // of this kernel, in this build

// Is this the program that the jail was made for? Another one in its place (a
// wrapper, say) does not bear the mark, and may need anything.
bool is_made_for(const Jail&, const char* file);

// Of root's rights keeps these capabilities (capabilities(7)) and gives up the
// others, which come back for no program but one that is run as root.
void keep_capabilities(std::span<const int>);

// Others of the same uid can neither look into this process nor trace it, and it
// leaves no core. The next exec undoes it.
void hide_memory();
