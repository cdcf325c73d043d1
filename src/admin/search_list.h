// How a host name without a domain is completed (resolv.conf(5)).
#pragma once
#include <vector>

#include "lib/buf.h"

// The domains of the last "search" or "domain" line of a text in the form of
// resolv.conf, in their order.
std::vector<Buf> search_list(Str resolv_conf);

// The same of this machine; empty when there is no such file.
std::vector<Buf> system_search_list();

// The full names that name can mean: itself when there is a dot in it, else with
// each domain; at last itself.
std::vector<Buf> candidates(Str name, const std::vector<Buf>& domains);
