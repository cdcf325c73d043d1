// Options of a command line: single letters, joined or apart, ended by "--" or
// by the first argument that is none.
#pragma once
#include "lib/str.h"

class Options {
 public:
  // letters as for getopt: a letter followed by ':' takes a value, joined to it
  // or as the next argument.
  Options(int argc, char** argv, Str letters) : argc_(argc), argv_(argv), letters_(letters) {}

  // The next option's letter; 0 when there is none left; '?' after having said
  // "program: illegal option -- x" or "program: option requires an argument -- x".
  char next();
  const char* value() const { return value_; }  // of the option just returned
  char** rest() const { return argv_ + at_; }   // the arguments behind the options
  int rest_count() const { return argc_ - at_; }

 private:
  int argc_;
  char** argv_;
  Str letters_;
  int at_ = 1;
  const char* in_ = nullptr;  // inside a group of joined letters
  const char* value_ = nullptr;
};
