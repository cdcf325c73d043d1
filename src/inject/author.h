// Who writes: From and the envelope sender of a message that names neither.
#pragma once
#include "mail/rewrite.h"

// The user's name and host as the environment gives them (doc/man/qmail-inject.8).
struct Author {
  Str user, sender_user;
  Str host, sender_host;  // empty: control/defaulthost
  Str name;               // empty: none
};
Author author_from_environment();

enum class NameForm : uint8_t { phrase, comment };  // "Name" <address>, address (Name)

// Appends what stands behind From:. False: user and host make no address.
bool append_from(Buf& out, const AddressRules&, const Author&, NameForm);

// How the sender tells what a bounce is about (doc/man/envelopes.5).
struct Verp {
  bool recipient = false;  // by recipient: -@HOST-@[]
  Str message;             // when not empty, what stands for this message
};

// Appends the envelope sender. False: user and host make no address.
bool append_sender(Buf& out, const AddressRules&, const Author&, const Verp&);
