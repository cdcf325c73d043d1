// Which hashes of crypt(5) are good enough to keep passwords as.
#pragma once
#include "lib/str.h"

// What is wrong with a text as such a hash; empty: nothing. Good are whole hashes
// of yescrypt, gost-yescrypt, scrypt, bcrypt, SHA-512 and SHA-256.
Str objection_to_hash(Str);
