// The end of a password check: the environment of a program that begins a
// user's session.
#pragma once
#include "lib/buf.h"
#include "lib/err.h"

// Sets USER, HOME and SHELL, changes to the home, and runs the program in place
// of this one; returns only on error. The identity is taken on before.
Err enter_session(const Buf& user, const Buf& home, const Buf& shell, const char* const* argv);
