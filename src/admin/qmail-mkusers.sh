#!/bin/sh
# qmail-mkusers -- make the users and groups of the installation that the system
# does not have yet. Says which; touches no others. 0 all are there, 111 not.
root=@QMAIL@
set -- @USERS@ @GROUPS@
alias=$1 qmaild=$2 qmaill=$3 owner=$4 qmailp=$5 qmailq=$6 qmailr=$7 qmails=$8 qmail=$9
shift 9
nofiles=$1

fail() {
  echo "qmail-mkusers: fatal: $*" >&2
  exit 111
}
has_group() { grep -q "^$1:" /etc/group || getent group "$1" >/dev/null 2>&1; }
add_group() { # name
  ! has_group "$1" || return 0
  echo "qmail-mkusers: adding group $1"
  if command -v groupadd >/dev/null; then
    groupadd -r "$1"
  else
    addgroup -S "$1"
  fi || fail "unable to add group $1"
}
add_user() { # name group home
  ! id -u "$1" >/dev/null 2>&1 || return 0
  echo "qmail-mkusers: adding user $1"
  shell=/usr/sbin/nologin
  [ -x $shell ] || shell=/sbin/nologin
  if command -v useradd >/dev/null; then
    useradd -r -M -g "$2" -d "$3" -s $shell "$1"
  else
    adduser -S -D -H -G "$2" -h "$3" -s $shell "$1"
  fi || fail "unable to add user $1"
}

PATH=$PATH:/usr/sbin:/sbin
id -u "$owner" >/dev/null 2>&1 || fail "there is no user $owner"
add_group "$qmail"
add_group "$nofiles"
add_user "$alias" "$nofiles" "$root/alias"
for name in "$qmaild" "$qmaill" "$qmailp"; do add_user "$name" "$nofiles" "$root"; done
for name in "$qmailq" "$qmailr" "$qmails"; do add_user "$name" "$qmail" "$root"; done
