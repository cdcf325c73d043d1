// What a delivery reads: the body of a message alone, checked, in a file that no
// name leads to (doc/internals.md).
#pragma once
#include "mail/message.h"

// A checked copy in memory, sealed: whoever gets a descriptor of it cannot
// change it. EBADMSG: the body is damaged. Other errors may pass: no space, no
// such thing in this kernel.
Result<Fd> copy_body_to_memory(const Message&);

// The same in a file without a name in the directory dir. It can be changed by
// its owner's processes, so that no two deliveries should share it.
Result<Fd> copy_body_to_file(const Message&, const char* dir);

// The file behind fd, opened anew, read-only: with an offset of its own.
Result<Fd> reopen_read_only(int fd);
