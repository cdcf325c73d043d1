# Read in by the cases of qmail-pop3d: a Maildir box with messages of fixed
# times, which belongs to somebody who is not root.
chmod 711 .
as_user() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
give() {
  [ "$(id -u)" != 0 ] || chown -hR 65534:65534 box
}
message() { # file, seconds since 1970, text with printf's escapes
  printf "$3" > "box/$1"
  touch -d "@$2" "box/$1"
}
# A session: each argument is a line, with printf's escapes.
pop() {
  give
  for line; do printf "$line\r\n"; done | as_user qmail-pop3d box
  echo "exit $?"
}
files() {
  (cd box && find new cur tmp -type f | sort)
}
maildirmake box
