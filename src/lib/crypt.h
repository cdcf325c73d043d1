// Hashes of passwords, crypt(3). A program that includes this header is linked
// with libcrypt, and dynamically, as that has no archive for every libc: the
// Makefile looks for the include in the file of main. Only checkpassword and
// checkpassword-cdb do.
#pragma once
#include <crypt.h>
