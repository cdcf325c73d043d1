// The names of files in the queue directory, relative to it, and its format.
#pragma once
#include <vector>

#include "conf.h"
#include "lib/buf.h"
#include "lib/err.h"

inline uint64_t split_of(uint64_t id) { return id % CONF_SPLIT; }
void set_message_name(Buf&, uint64_t id);  // mess/S/ID
void set_state_name(Buf&, uint64_t id);    // state/S/ID

// The socket of a running qmail-send, for qmail-qctl (doc/internals.md).
inline constexpr const char control_socket_name[] = "control/socket";

// An ID from a file's name: digits without a leading zero, nothing else.
std::optional<uint64_t> scan_id(Str);

// Appends the IDs that have a file in mess/SPLIT, or in state/SPLIT, in any order.
// Files that do not belong there are passed over.
Result<> list_messages(uint64_t split, std::vector<uint64_t>& ids);
Result<> list_states(uint64_t split, std::vector<uint64_t>& ids);

// Is the working directory a queue of this version and split? EPROTO: of another.
Result<> check_queue_format();
Str queue_format();  // what queue/format holds
