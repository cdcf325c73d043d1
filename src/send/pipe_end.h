// The ends of pipes to the other programs, without waiting.
#pragma once
#include "lib/buf.h"

// Writes the beginning of pending, as much as the pipe takes, and drops that from
// it. False: the other end is gone, and pending empty.
bool write_pending(int fd, Buf& pending);

// Appends what is there, at most 16 KB. False: the other end is gone.
bool read_received(int fd, Buf& received);
