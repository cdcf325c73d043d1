// What qmail-qctl asks of qmail-send (doc/internals.md): a request and an answer
// at a time, each ended by NUL.
#pragma once
#include <vector>

#include "mail/state.h"

struct ControlRequest {
  enum class Verb : uint8_t {
    due,    // when are these messages tried next?
    retry,  // try a message now
    hold,   // orders for the recipients of a message
    release,
    expire,
    remove,
  };
  Verb verb = Verb::due;
  std::vector<uint64_t> ids;         // of due any number, of others one
  std::vector<uint32_t> recipients;  // none: all that are not settled
  uint64_t connection = 0;           // where the answer goes
  uint32_t uid = 0;                  // who asks
};

inline constexpr size_t longest_control_request = 65536;

// VERB ID..., for orders VERB ID NUMBER..., all in decimal with single spaces
// between. Nothing: it is no request.
std::optional<ControlRequest> parse_control_request(Str);

Str name_of(ControlRequest::Verb);

// The record that an order is written down as. Not for due and retry.
StateRecord::Kind record_of(ControlRequest::Verb);
