#include "mail/jails.h"

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
static constexpr uint64_t small = 16u << 20;

// It has taken all its memory by then, but for what glibc's allocator asks of brk.
static constexpr std::array clean_calls = {
    CALL(read),       CALL(write), CALL(close),     CALL(openat), fstat_call, CALL(flock),
    CALL(getdents64), unlink_call, CALL(renameat2), CALL(fsync),  CALL(brk),  CALL(exit_group),
};
static constexpr CallFilter clean_filter(clean_calls);
// A file is opened to be locked. Its messages it cannot read.
static constexpr AllowedPath clean_paths[] = {
    {"mess", may::list | may::remove | may::rename},
    {"tmp", may::list | may::remove | may::read},
    {"bad", may::list | may::make | may::rename},
};
constexpr Jail jails::clean = {.program = "qmail-clean",
                               .calls = clean_calls,
                               .filter = clean_filter,
                               .limits = {.memory = small, .processes = 0, .file_size = 0},
                               .held = all_rights,
                               .paths = clean_paths};

static constexpr const Jail* all[] = {&jails::clean};
std::span<const Jail* const> all_jails() { return all; }
