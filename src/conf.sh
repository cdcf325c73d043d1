# Writes conf.h: the conf-* files of this directory as C++ constants. A value
# that cannot work stops the build here, with the file's name.
fail() { echo "conf-$1: $2" >&2; exit 1; }
value() { head -n 1 "conf-$1"; }
number() {
  v=$(value "$1")
  case $v in '' | *[!0-9]*) fail "$1" "not a number" ;; esac
  [ "$v" -ge "$2" ] && [ "$v" -le "$3" ] || fail "$1" "must be from $2 to $3"
  echo "$v"
}
names() { # file count: the first lines as a list of strings
  [ "$(sed '/^$/,$d' "conf-$1" | wc -l)" -eq "$2" ] || fail "$1" "must begin with $2 names"
  sed '/^$/,$d; s/.*/"&",/' "conf-$1" | tr '\n' ' '
}

qmail=$(value qmail)
case $qmail in *[!A-Za-z0-9/._+-]*) fail qmail "only letters, digits and / . _ + - can be in it" ;; /*) ;; *) fail qmail "must begin with /" ;; esac
break=$(value break)
case $break in [!A-Za-z0-9\\\'@%]) ;; *) fail break "must be one character that is no letter, digit, \\, ', @ or %" ;; esac
patrn=$(value patrn)
case $patrn in *[!0-7]*) fail patrn "must be octal" ;; esac
split=$(number split 1 9999) || exit
spawn=$(number spawn 1 65535) || exit
users=$(names users 8) || exit
groups=$(names groups 2) || exit

cat <<END
// Made from conf-*.
#pragma once
#define CONF_QMAIL "$qmail"
#define CONF_SPLIT $split
#define CONF_SPAWN $spawn
#define CONF_BREAK '$break'
#define CONF_PATRN 0$patrn
#define CONF_USERS {$users}
#define CONF_GROUPS {$groups}
END
