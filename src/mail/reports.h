// What a spawner's child delivers, and the reports of that (mail/spawner.h).
#pragma once
#include "mail/spawner_command.h"

// What one child does. Each recipient has an @.
struct Delivery {
  Buf sender;
  std::vector<SpawnCommand::To> to;  // at least one, all of one host (ASCII case ignored)
};

// Where Spawner::report puts its verdicts.
class Reports {
 public:
  explicit Reports(Buf& out) : out_(out) {}
  // Text begins with K, Z or D and ends at its first NUL.
  void put(uint32_t number, std::initializer_list<Str> text);
  void put_all(const Delivery&, std::initializer_list<Str> text);

 private:
  Buf& out_;
};
