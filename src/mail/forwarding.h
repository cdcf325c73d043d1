// Sending a message on, to other addresses.
#pragma once
#include <span>

#include "mail/queue_client.h"

// Queues one message: first_line (a Delivered-To), then what the descriptor holds
// from its position on. An Err: there is no process to be had now. Else as
// QueueClient::close: empty when it is in the queue. SIGPIPE must be ignored.
Result<Str> forward_message(QueueClient&, int message, Str first_line, Str sender, std::span<const Str> recipients);

// The message on descriptor 0 from its beginning again: what runs next shares the
// descriptor.
Result<> rewind_message();
