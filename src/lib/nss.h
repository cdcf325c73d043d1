// The system's account and service databases, through NSS. A program that
// includes this header is linked dynamically, as NSS modules need: the Makefile
// looks for the include in the file of main. Nothing on a message's path but
// qmail-getpw does.
#pragma once
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
