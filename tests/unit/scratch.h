// A folder of the test's own as the working directory, and files in it.
#pragma once
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

class Scratch {
 public:
  Scratch() { CHECK(mkdtemp(name_) && chdir(name_) == 0); }
  Scratch(const Scratch&) = delete;
  ~Scratch() {
    Buf command;
    command.add("rm -rf "sv, Str(name_));
    CHECK(chdir("/") == 0 && system(command.c_str()) == 0);
  }

 private:
  char name_[32] = "/tmp/unit.XXXXXX";
};

inline void put_file(const char* name, Str content) {
  unlink(name);  // some file systems make truncating slow
  int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
  CHECK(fd != -1 && write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  close(fd);
}

// A sequence that looks random and is the same in every run.
class Sequence {
 public:
  explicit Sequence(uint64_t seed) : at_(seed) {}
  uint64_t next() {  // splitmix64
    uint64_t z = at_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint64_t below(uint64_t n) { return next() % n; }

 private:
  uint64_t at_;
};
