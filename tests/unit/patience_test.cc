#include "smtp/patience.h"

#include "check.h"

static void each_wait_has_its_limit() {
  Patience p(10);
  for (int i = 0; i < 3; ++i) {
    CHECK(p.milliseconds() == 10000);
    p.waited(10000);
  }
  CHECK(p.milliseconds() == 0);
  p.waited(1);
  CHECK(p.milliseconds() == 0);
}

static void the_last_one_has_what_is_left() {
  Patience p(10);
  p.waited(29999);
  CHECK(p.milliseconds() == 1);
}

static void bytes_give_time_but_no_store_of_it() {
  Patience p(10);
  p.waited(30000);
  p.received(99);
  CHECK(p.milliseconds() == 990);
  p.received(1);
  CHECK(p.milliseconds() == 1000);
  p.received(1000000);
  p.waited(30000);
  CHECK(p.milliseconds() == 0);
}

static void a_message_gives_all_of_it_and_the_end_none() {
  Patience p(10);
  p.waited(30000);
  p.renew();
  p.waited(20000);
  CHECK(p.milliseconds() == 10000);
  p.end();
  CHECK(p.milliseconds() == 0);
}

int main() {
  each_wait_has_its_limit();
  the_last_one_has_what_is_left();
  bytes_give_time_but_no_store_of_it();
  a_message_gives_all_of_it_and_the_end_none();
  return failures != 0;
}
