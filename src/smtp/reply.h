// What qmail-smtpd says: the code, the enhanced code (RFC 3463), qmail's own text.
#pragma once
#include "lib/buf.h"

namespace reply {
inline constexpr Str ok = "250 2.0.0 ok";
inline constexpr Str sender_ok = "250 2.1.0 ok";
inline constexpr Str recipient_ok = "250 2.1.5 ok";
inline constexpr Str flushed = "250 2.0.0 flushed";
inline constexpr Str help = "214 2.0.0 qmail++: HELO EHLO MAIL RCPT DATA RSET NOOP HELP VRFY QUIT";
inline constexpr Str vrfy = "252 2.0.0 send some mail, i'll try my best";
inline constexpr Str go_ahead = "354 go ahead";

inline constexpr Str unimplemented = "502 5.5.1 unimplemented (#5.5.1)";
inline constexpr Str line_too_long = "500 5.5.2 line too long (#5.5.2)";
inline constexpr Str forbidden_byte = "500 5.5.2 NUL or bare CR in a command (#5.5.2)";
inline constexpr Str bare_lf_command = "500 5.5.2 See https://cr.yp.to/docs/smtplf.html.";
inline constexpr Str mail_syntax = "501 5.1.7 syntax: MAIL FROM:<address> (#5.1.7)";
inline constexpr Str rcpt_syntax = "501 5.1.3 syntax: RCPT TO:<address> (#5.1.3)";
inline constexpr Str parameter_syntax = "501 5.5.4 syntax error in parameters (#5.5.4)";
inline constexpr Str unknown_parameter = "555 5.5.4 parameter not implemented (#5.5.4)";
inline constexpr Str address_too_long = "555 5.5.4 syntax error (#5.5.4)";
inline constexpr Str mail_first = "503 5.5.1 MAIL first (#5.5.1)";
inline constexpr Str rcpt_first = "503 5.5.1 RCPT first (#5.5.1)";
inline constexpr Str bad_sender = "553 5.7.1 sorry, your envelope sender is in my badmailfrom list (#5.7.1)";
inline constexpr Str no_relay = "553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)";
inline constexpr Str too_many_recipients = "452 4.5.3 too many recipients (#4.5.3)";

inline constexpr Str no_queue = "451 4.3.0 qqt failure (#4.3.0)";
inline constexpr Str too_many_hops = "554 5.4.6 too many hops, this message is looping (#5.4.6)";
inline constexpr Str too_large = "552 5.3.4 sorry, that message size exceeds my databytes limit (#5.3.4)";
inline constexpr Str forbidden_byte_in_data = "554 5.6.0 NUL or bare CR in the message (#5.6.0)";

// After these the connection ends.
inline constexpr Str bare_lf = "451 4.5.2 See https://cr.yp.to/docs/smtplf.html.";
inline constexpr Str early = "554 5.5.0 you must wait for my reply (#5.5.0)";
inline constexpr Str timeout = "451 4.4.2 timeout (#4.4.2)";
inline constexpr Str out_of_memory = "421 4.3.0 out of memory (#4.3.0)";
inline constexpr Str no_controls = "421 4.3.0 unable to read controls (#4.3.0)";
inline constexpr Str no_own_ip = "421 4.3.0 unable to figure out my IP addresses (#4.3.0)";
inline constexpr Str too_many_errors = "421 4.7.0 too many errors (#4.7.0)";
inline constexpr Str too_many_commands = "421 4.7.0 too many commands (#4.7.0)";

// The reply to a message that qmail-queue did not take, from the client's text
// for it: "Dtext (#5.1.3)" becomes "554 5.1.3 text (#5.1.3)", Z likewise 451.
void append_queue_reply(Buf&, Str text);
}  // namespace reply
