// How qmail-qctl shows messages, as lines or as JSON.
#pragma once
#include "lib/io.h"
#include "queue/due_times.h"
#include "queue/queue_entry.h"

class Listing {
 public:
  // live: a qmail-send runs. Then a message it does not know has just come.
  Listing(Writer& out, const Choice& choice, const Router& router, bool live)
      : out_(out), choice_(choice), router_(router), live_(live) {}

  Result<> begin();
  Result<> show(QueueEntry&, const Due*);  // if the choice has it; Due: null when unknown
  Result<> end();

 private:
  struct Counts {
    uint64_t waiting = 0, held = 0, done = 0, failed = 0, removed = 0;
    std::optional<int64_t> next;
    bool chosen = false;
  };
  Result<Counts> count(const QueueEntry&, const Due*);
  std::optional<int64_t> next_try(const QueueEntry&, const RecipientView&, const Due*) const;
  void append_text(Buf&, const QueueEntry&, const Counts&) const;
  void append_json(Buf&, const QueueEntry&, const Counts&) const;
  Result<> show_recipient(QueueEntry&, const RecipientView&, const Due*);

  Writer& out_;
  const Choice& choice_;
  const Router& router_;
  bool live_;
  bool first_ = true;            // message
  bool first_recipient_ = true;  // of the message
  // The reason read last, which often is that of the next recipient too.
  uint64_t deferral_at_ = 0, failure_at_ = 0;
  Buf reason_;
};

// ,"name":"bytes", and where those are not UTF-8 ,"name_hex":"6279..." too.
void append_json_member(Buf&, Str name, Str bytes);
