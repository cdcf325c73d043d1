// A look at a message, for people who want to know what has come.
#pragma once
#include "lib/buf.h"
#include "lib/err.h"

struct Glance {
  Buf sender, recipient;  // the values of Return-Path and Delivered-To, the first of each
  Buf from;               // the whole From field
  Buf text;               // the subject, then the body
};

// Reads from the descriptor's position as much as it needs: text has at most
// longest_text bytes.
Result<Glance> glance_at(int message, size_t longest_text);

// For terminals: ASCII text as it is, instead for every other byte.
void append_printable(Buf& out, Str, char instead);
