# Writes installed.h: the names of what `make setup` installs, as found in the
# tree. Arguments: the built programs, then "--", then the boot scripts.
list() { # macro: the names on descriptor 0, as an array's initializer
  printf '#define %s {' "$1"
  while read -r name; do printf '"%s", ' "$name"; done
  printf '}\n'
}
echo '// Made from the names in the tree.'
echo '#pragma once'
printf '%s\n' "$@" | sed '/^--$/,$d' | list INSTALLED_PROGRAMS
printf '%s\n' "$@" | sed '1,/^--$/d' | list INSTALLED_BOOT
find doc/man -name '*.[1-9]' | sort | list INSTALLED_PAGES
find README.md CHANGELOG.md LICENSE doc -maxdepth 1 -type f | sort | list INSTALLED_DOCUMENTS
find control.sample -type f | sort | list INSTALLED_SAMPLES
