// The lines that say how a message got here: what a delivery puts in front of it.
#pragma once
#include "lib/buf.h"
#include "lib/err.h"

struct TraceLines {
  Buf delivered_to;  // DTLINE: "Delivered-To: local@domain" LF
  Buf return_path;   // RPLINE: "Return-Path: <sender>" LF
  Buf from;          // UFLINE: "From sender date" LF
};

// Each is one line, whatever bytes the addresses hold.
void set_trace_lines(TraceLines&, Str recipient, Str sender, int64_t now);

// Reads a message's header: does it already have this line, byte for byte? From
// the descriptor's position on; no memory grows with the message.
Result<bool> header_has(int message, Str line);
