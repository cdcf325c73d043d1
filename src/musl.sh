# musl.sh COMPILER -- print what a g++ that was made for glibc needs to compile
# against musl: its own C++ headers, musl's in place of glibc's, and an answer to
# the one question that its configuration asks of glibc. Prints nothing where
# musl's own compiler wrapper is not installed.
compiler=$1
command -v musl-gcc >/dev/null || exit 0
musl=/usr/include/$($compiler -dumpmachine | sed 's/-gnu.*/-musl/')
[ -e "$musl/stdio.h" ] || musl=/usr/local/musl/include
[ -e "$musl/stdio.h" ] || exit 0
printf "%s" "-nostdinc '-D__GLIBC_PREREQ(a,b)=0'"
$compiler -E -x c++ -v /dev/null 2>&1 >/dev/null |
  sed -n '/^#include </,/^End of search/s/^ \(.*\/c++\/.*\)/\1/p' |
  while read -r dir; do printf " -isystem %s" "$dir"; done
printf " -isystem %s -isystem %s\n" "$musl" "$($compiler -print-file-name=include)"
