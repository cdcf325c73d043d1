// Random mutations of address lists through the parser: the same ones at each
// run. What was read must be written in a way that reads the same again.
#include <string.h>

#include "check.h"
#include "lib/time.h"
#include "mail/field.h"
#include "mail/rewrite.h"

// Under a sanitizer, which is slow, the time ends it first.
static constexpr size_t rounds = 200000;
static constexpr int64_t milliseconds = 1800;

// xorshift64: no more is needed, and it is the same everywhere.
static uint64_t state = 0x9e3779b97f4a7c15;
static size_t random_below(size_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<size_t>(state >> 11) % n;
}

static constexpr Str seeds[] = {
    "joe, \"B C\" <bob@host+>, grp: a@x, b@y.z;, Foo Bar <@r1,@r2:x@h> (comment)",
    "(c (d) \\) e) a.b@c, q\\,r . s @ t., <>, #@[], x@[1.2.3.4]",
    "a: b; , c: \"d\\\"e\"@f (g);, <h@i+> j@k l",
    "recipient list not shown: ;",
    "\"a\r\n b\"@c,\n\td@e\n",
};
// Longer strings are there to meet limits of nesting and of tokens.
static constexpr Str pieces[] = {"(",      ")",    "\"", "[",  "]",   "\\",     "<",    ">",    "@", ",",
                                 ";",      ":",    ".",  " ",  "\n",  "\r\n ",  "\0"sv, "\xff", "+", "a",
                                 "((((((", "\x7f", "[]", "<>", ": ;", "@a,@b:", ",,,",  "\\\\"};

static size_t mutate(char* text, size_t n, size_t room) {
  for (size_t changes = 1 + random_below(4); changes-- > 0;) {
    size_t at = random_below(n + 1);
    Str piece = pieces[random_below(std::size(pieces))];
    switch (random_below(4)) {
      case 0:  // cut out
        if (at < n) {
          size_t gone = 1 + random_below(n - at < 8 ? n - at : 8);
          memmove(text + at, text + at + gone, n - at - gone);
          n -= gone;
        }
        break;
      case 1:  // overwrite
        if (at + piece.size() <= n) memcpy(text + at, piece.data(), piece.size());
        break;
      default:  // insert
        if (n + piece.size() > room) break;
        memmove(text + at + piece.size(), text + at, n - at);
        memcpy(text + at, piece.data(), piece.size());
        n += piece.size();
    }
  }
  return n;
}

struct Reading {
  bool list = false;
  Buf written, plain;  // plain: each address with a NUL behind it
};

static Reading read_text(Str text, Groups groups, const AddressRules* rules) {
  Reading r;
  auto tokens = Tokens::scan(text);
  if (!tokens) return r;
  auto list = parse_address_list(tokens->all(), groups);
  if (!list) return r;
  r.list = true;
  TokenWriter writer(r.written, 3, 40);
  size_t at = 0;
  std::vector<Token> address;
  for (const auto& place : list->addresses) {
    auto found = list->address(place);
    address.assign(found.begin(), found.end());
    if (rules) rules->complete(address);
    append_plain(r.plain, address);
    r.plain.push('\0');
    writer.put(std::span(list->tokens).subspan(at, place.start - at));
    writer.put(address);
    at = place.start + place.count;
  }
  writer.put(std::span(list->tokens).subspan(at));
  writer.finish();
  return r;
}

int main() {
  AddressRules rules = AddressRules::make("dh", "dd.test", "pd.test").take();
  Deadline end = Deadline::in_milliseconds(milliseconds);
  size_t lists = 0, done = 0;
  for (; done < rounds && failures < 5; ++done) {
    if (done % 256 == 255 && end.passed()) break;
    // Of exactly its size on the heap, so that a sanitizer sees a read behind it.
    Str seed = seeds[random_below(std::size(seeds))];
    char scratch[256];
    memcpy(scratch, seed.data(), seed.size());
    size_t n = mutate(scratch, seed.size(), sizeof scratch);
    auto exact = std::vector<char>(scratch, scratch + n);
    Str text(exact.data(), n);

    name_length(text);
    field_of(text);
    read_text(text, Groups::separators, nullptr);
    read_text(text, Groups::named, &rules);
    Reading first = read_text(text, Groups::named, nullptr);
    if (!first.list) continue;
    ++lists;
    Reading again = read_text(first.written, Groups::named, nullptr);
    CHECK(again.list);
    CHECK_EQ(again.written, first.written);
    CHECK_EQ(again.plain, first.plain);
  }
  CHECK(lists > done / 20);  // not all of them may be nonsense
  return failures != 0;
}
