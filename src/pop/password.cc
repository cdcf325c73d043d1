#include "pop/password.h"

bool is_unlocked(Str stored) { return !stored.empty() && stored[0] != '!' && stored[0] != '*'; }

// Takes as long wherever the first difference is.
static bool same_secret(Str a, Str b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

// Empty: crypt could not.
static Result<Str> hash_of(const Buf& password, const char* setting, Crypt crypt) {
  errno = 0;
  const char* hash = crypt(password.c_str(), setting);
  if (hash && *hash && *hash != '*') return Str(hash);
  if (errno == ENOMEM) return Err{ENOMEM};
  return Str();
}

Result<bool> password_matches(const Buf& password, const Buf& stored, const Buf& fallback, Crypt crypt) {
  bool unlocked = is_unlocked(stored);
  const char* setting = stored.c_str();
  while (*setting == '!') ++setting;
  Str hash;
  if (is_unlocked(setting)) hash = TRY(hash_of(password, setting, crypt));
  // Nothing has been worked out so far if that was no hash of a kind that crypt knows.
  if (hash.empty()) {
    unlocked = false;
    hash = TRY(hash_of(password, fallback.c_str(), crypt));
  }
  bool same = same_secret(hash, setting);
  return same && unlocked;
}

bool has_expired(const Ageing& a, int64_t today) {
  if (a.expires >= 0 && today >= a.expires) return true;
  if (a.last_change == 0) return true;  // to be changed at the next login
  return a.last_change > 0 && a.max >= 0 && today - a.last_change > a.max;
}
