// Control files: how every one of them is read (doc/man/qmail-control.5).
#pragma once
#include <vector>

#include "lib/buf.h"
#include "lib/cdb.h"
#include "lib/sys.h"

// The entries of a file with one entry per line: blanks at the ends of lines
// dropped, empty lines and lines that begin with # left out. Owns its text.
class Lines {
 public:
  explicit Lines(Buf text);
  const std::vector<Str>& entries() const { return entries_; }

 private:
  Buf text_;
  std::vector<Str> entries_;
};

// Entries found by key, ASCII case ignored; of entries with the same key the
// first one counts. Owns its text.
class Table {
 public:
  enum class Form {
    keys,   // the whole line is the key
    pairs,  // key:value, split at the first colon; a line without one is a key
  };
  struct Match {
    Str key, value;  // as they stand in the file
  };
  Table(Lines, Form);
  std::optional<Match> find(Str key) const;

  // The host itself, then each suffix of it that begins with a dot, longest
  // first; then, for pairs, the empty key.
  std::optional<Match> find_host(Str host) const;
  const std::vector<Str>& lines() const { return lines_.entries(); }

 private:
  Lines lines_;
  Form form_;
  std::vector<Match> sorted_;
};

// The directory control/ of an instance, held open: reads are independent of
// the working directory. A missing file is no error; anything else that keeps a
// file from being read is.
class Control {
 public:
  static Result<Control> open(const char* root);

  // The first line without the blanks at its end. False: there is no such file.
  Result<bool> line(const char* name, Buf& out) const;

  // The first line of name, else of me, else otherwise.
  Result<> line_or_me(const char* name, Buf& out, Str otherwise) const;

  // The digits the first line begins with; without any, or when they do not
  // fit, value keeps what it held: the default.
  Result<> number(const char* name, uint64_t& value) const;

  Result<std::optional<Lines>> lines(const char* name) const;
  Result<std::optional<Table>> table(const char* name, Table::Form) const;
  Result<std::optional<Cdb>> database(const char* name) const;  // name.cdb is given whole

 private:
  explicit Control(Fd dir) : dir_(std::move(dir)) {}
  Result<bool> read(const char* name, Buf& out, size_t max) const;
  Fd dir_;
};
