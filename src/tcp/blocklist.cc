#include "tcp/blocklist.h"

std::optional<DnsQuestion> question_about(const Ip& ip, const Blocklist& list) {
  Buf text;
  DnsName::append_reversed(text, ip);
  text.append(list.base);
  auto name = DnsName::parse(text);
  if (!name || list.base.empty()) return {};
  return DnsQuestion{*name, list.kind == Blocklist::Kind::blocks ? DnsType::txt : DnsType::a};
}

Judgement ask_lists(std::span<const DnsQuestion> questions, const Resolver& resolver, Deadline limit,
                    WhenUnknown when_unknown) {
  Lookups lookups(resolver, limit);
  for (const DnsQuestion& question : questions) lookups.ask(question);
  Judgement j;
  for (size_t i = 0; i < questions.size(); ++i) {
    bool blocks = questions[i].type == DnsType::txt;
    std::vector<DnsRecord> records;
    DnsOutcome outcome = lookups.wait(i, records);
    if (outcome == DnsOutcome::temporary) {
      j.certain = false;
      if (blocks && when_unknown == WhenUnknown::defer) {
        j.kind = Judgement::Kind::deferred;
        return j;
      }
      if (!blocks && when_unknown == WhenUnknown::let_in) return j;  // perhaps it would have let it in
      continue;
    }
    for (const DnsRecord& r : records) j.text.append(r.data);
    if (!blocks && outcome == DnsOutcome::found) return j;
    if (!j.text.empty()) {
      j.kind = Judgement::Kind::blocked;
      return j;
    }
  }
  return j;
}
