#include "pop/password.h"

#include "check.h"

// In crypt's place: a setting is KIND$SALT, a hash KIND$SALT$PASSWORD. Keeps
// what it was asked to work out.
static Buf asked;
static int failure;
static char* fake_crypt(const char* password, const char* setting) {
  static char result[128];
  Str text = setting;
  size_t salt = text.find('$');
  if (failure || salt == Str::npos || text[0] != 'K') {
    errno = failure ? failure : EINVAL;
    result[0] = '*';
    result[1] = 0;
    return result;
  }
  size_t end = text.find('$', salt + 1);
  Buf hash;
  hash.set(slice(text, 0, end), "$"sv, Str(password));
  asked.add(slice(text, 0, end), " "sv);
  *(result + hash.view().copy(result, sizeof result - 1)) = 0;
  return result;
}

// "yes", "no" or "?", and the settings that crypt worked with.
static Str verdict(Str password, Str stored) {
  Buf p, s, fallback;
  p.set(password);
  s.set(stored);
  fallback.set("Kf$dummy$nothing"sv);
  asked.clear();
  auto r = password_matches(p, s, fallback, fake_crypt);
  static Buf out;
  out.set(!r.ok() ? "?"sv : r.take() ? "yes"sv : "no"sv, ": "sv, asked.view());
  return out;
}

// Whoever asks about whatever: crypt works once.
static void test_work() {
  CHECK_EQ(verdict("pw", "Kx$salt$pw"), "yes: Kx$salt ");
  CHECK_EQ(verdict("pX", "Kx$salt$pw"), "no: Kx$salt ");
  CHECK_EQ(verdict("", "Kx$salt$pw"), "no: Kx$salt ");
  CHECK_EQ(verdict("pw", ""), "no: Kf$dummy ");
  CHECK_EQ(verdict("", ""), "no: Kf$dummy ");
  CHECK_EQ(verdict("nothing", ""), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "*"), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "!"), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "!!"), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "!*"), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "x"), "no: Kf$dummy ");
  CHECK_EQ(verdict("x", "x"), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "!Kx$salt$pw"), "no: Kx$salt ");
  CHECK_EQ(verdict("pw", "!!Kx$salt$pw"), "no: Kx$salt ");
  CHECK_EQ(verdict("pw", "*Kx$salt$pw"), "no: Kf$dummy ");
  CHECK_EQ(verdict("pw", "Kx$salt$p"), "no: Kx$salt ");
  CHECK_EQ(verdict("pw", "Kx$salt$pww"), "no: Kx$salt ");
}

static void test_trouble() {
  failure = ENOMEM;
  CHECK_EQ(verdict("pw", "Kx$salt$pw"), "?: ");
  CHECK_EQ(verdict("pw", ""), "?: ");
  failure = ERANGE;  // the password is too long for it
  CHECK_EQ(verdict("pw", "Kx$salt$pw"), "no: ");
  CHECK_EQ(verdict("pw", ""), "no: ");
  failure = 0;
}

static void test_ageing() {
  constexpr int64_t today = 20000, never = -1;
  CHECK(!has_expired({19000, 99999, never}, today));
  CHECK(!has_expired({never, never, never}, today));
  CHECK(!has_expired({19000, never, today + 1}, today));
  CHECK(has_expired({19000, never, today}, today));
  CHECK(has_expired({19000, never, 0}, today));
  CHECK(has_expired({0, 99999, never}, today));
  CHECK(!has_expired({today - 90, 90, never}, today));
  CHECK(has_expired({today - 91, 90, never}, today));
  CHECK(has_expired({today - 1, 0, never}, today));
  CHECK(!has_expired({today + 5, 0, never}, today));  // a clock that was wrong
}

int main() {
  test_work();
  test_trouble();
  test_ageing();
  return failures != 0;
}
