#include "pop/hash_kind.h"

static constexpr bool is_hash_letter(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}
static constexpr bool all_hash_letters(Str s) {
  for (char c : s)
    if (!is_hash_letter(c)) return false;
  return true;
}

namespace {
struct Kind {
  Str prefix;
  Str objection;  // empty: a good one, of this form:
  size_t parts;   // behind the prefix, separated by '$', the hash included
  size_t length;  // of the hash, the last part
};
}  // namespace

static constexpr Str md5 = "an MD5 hash is too weak";
static constexpr Str des = "a DES hash is too weak";
static constexpr Str plain = "this is no hash of a kind known here";

static constexpr Kind kinds[] = {
    {"$y$", {}, 3, 43},  // parameters, salt, hash
    {"$gy$", {}, 3, 43},
    {"$7$", {}, 2, 43},  // parameters and salt, hash
    {"$6$", {}, 2, 86},  // salt, hash; rounds=N may stand in front
    {"$5$", {}, 2, 43},
    {"$2b$", {}, 2, 53},  // cost, salt and hash
    {"$2y$", {}, 2, 53},
    {"$2a$", {}, 2, 53},
    {"$2x$", "a bcrypt hash of the broken kind 2x is too weak", 0, 0},
    {"$1$", md5, 0, 0},
    {"$apr1$", md5, 0, 0},
    {"$md5", md5, 0, 0},
    {"$3$", "an NT hash is too weak", 0, 0},
    {"$sha1", "a SHA-1 hash is too weak", 0, 0},
    {"_", des, 0, 0},
};

static bool has_form(const Kind& kind, Str rest) {
  if ((kind.prefix == "$6$" || kind.prefix == "$5$") && rest.starts_with("rounds=")) {
    rest = slice(rest, 7);
    if (!scan_u64(take_until(rest, '$'), 999999999)) return false;
  }
  for (size_t part = 1; part < kind.parts; ++part) {
    if (rest.find('$') == Str::npos) return false;
    if (Str text = take_until(rest, '$'); text.empty() || !all_hash_letters(text)) return false;
  }
  return rest.size() == kind.length && all_hash_letters(rest);
}

Str objection_to_hash(Str hash) {
  if (hash.empty()) return "there is no hash";
  if (hash[0] == '!' || hash[0] == '*') return "the account is locked: leave the line out";
  for (const Kind& kind : kinds) {
    if (!hash.starts_with(kind.prefix)) continue;
    if (!kind.objection.empty()) return kind.objection;
    return has_form(kind, slice(hash, kind.prefix.size())) ? Str() : "this is no whole hash"sv;
  }
  return hash.size() == 13 && all_hash_letters(hash) ? des : plain;
}
