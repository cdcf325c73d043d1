// qreceipt deliveryaddress -- tell the sender of a message that it has arrived,
// when it asks for that. In a dot-qmail file: |qreceipt me@my.host
// The message is on descriptor 0. When a Notice-Requested-Upon-Delivery-To field
// of it names deliveryaddress, a notice goes to $SENDER, from nobody. Exits 0, also
// when there is nothing to tell; 100 or 111 when the notice cannot be sent.
#include <signal.h>

#include "lib/die.h"
#include "lib/env.h"
#include "mail/address.h"
#include "mail/field.h"
#include "mail/queue_client.h"
#include "mail/rfc822.h"

const char program[] = "qreceipt";

static constexpr size_t largest_header = 64 << 20;  // as in qmail-inject
static char space[8192];

// Is the address among those of the field, byte for byte?
static bool names(Str field, Str address) {
  auto tokens = Tokens::scan(body_of(field));
  if (!tokens) return false;
  auto list = parse_address_list(tokens->all());
  if (!list) return false;
  Buf plain;
  for (const auto& place : list->addresses) {
    plain.clear();
    append_plain(plain, list->address(place));
    if (plain.view() == address) return true;
  }
  return false;
}

struct NoticeRequest {
  bool found = false;
  Buf message_id;  // the body of that field
};

static NoticeRequest read_request(Str address) {
  Reader in(0, space);
  HeaderReader header(in, largest_header);
  NoticeRequest r;
  Buf field;
  while (must(header.next(field), {"read message"})) {
    Field kind = field_of(field);
    if (kind == Field::notice_requested && names(field, address)) r.found = true;
    if (kind == Field::message_id) r.message_id.set(body_of(field));
  }
  return r;
}

int main(int argc, char** argv) {
  if (argc != 2) die_usage("qreceipt deliveryaddress");
  auto sender = env("SENDER");
  if (!sender) die(permanent, {"SENDER not set"});
  Str address = argv[1];
  NoticeRequest request = read_request(address);
  if (!request.found || sender->empty() || *sender == "#@[]") return 0;

  Buf to, arrived_at;
  append_quoted(to, *sender);
  make_one_line(to);

  signal(SIGPIPE, SIG_IGN);
  QueueClient queue{};
  must(queue.open(), {"fork"});
  for (Str s : {"From: DELIVERY NOTICE SYSTEM <"sv, to.view(), ">\nTo: <"sv, to.view(),
                ">\nSubject: success notice\n\n"
                "Hi! This is the qreceipt program. Your message was delivered to the\n"
                "following address: "sv,
                address, ". Thanks for asking.\n"sv})
    queue.put(s);
  if (!request.message_id.empty()) {
    queue.put("Your Message-ID:");
    queue.put(request.message_id);
  }
  queue.from("");
  queue.to(*sender);
  Str failure = queue.close();
  if (!failure.empty()) die(failure[0] == 'D' ? permanent : temporary, {slice(failure, 1)});
}
