#include "mail/shared_bodies.h"

// Larger bodies are copied to a file, by the child, so that the loop stays quick;
// so is every body while the copies in memory take more than the second limit.
static constexpr uint64_t largest_in_memory = 65536;
static constexpr uint64_t most_memory = 64u << 20;

bool SharedBodies::takes(const Message& m) const {
  uint64_t size = m.trailer().body_size;
  return size <= largest_in_memory && memory_ <= most_memory - size;
}

static bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Result<SharedBodies::Body*> SharedBodies::use(const Message& m) {
  for (auto& b : bodies_)
    if (same_file(b->of, m.status())) {
      ++b->users;
      return b.get();
    }
  Fd copy = TRY(copy_body_to_memory(m));
  bodies_.push_back(Owned<Body>(new Body{m.status(), m.trailer().body_size, std::move(copy), 1}));
  memory_ += m.trailer().body_size;
  return bodies_.back().get();
}

void SharedBodies::release(Body* body) {
  if (!body || --body->users) return;
  memory_ -= body->size;
  for (auto& b : bodies_)
    if (b.get() == body) {
      std::swap(b, bodies_.back());
      return bodies_.pop_back();
    }
}
