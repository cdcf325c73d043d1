#include "smtp/intake.h"

void Intake::put(Str piece) {
  size_ += piece.size();
  hops_.feed(piece);
  if (!dropped_ && fault() != Fault::none) {
    dropped_ = true;
    queue_.fail();
  }
  queue_.put(piece);
}

void Intake::forbid() {
  forbidden_ = true;
  queue_.fail();
}

Intake::Fault Intake::fault() const {
  if (hops_.count() >= most_hops) return Fault::too_many_hops;
  if (databytes_ && size_ > databytes_) return Fault::too_large;
  return forbidden_ ? Fault::forbidden_byte : Fault::none;
}
