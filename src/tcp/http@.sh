#!/bin/sh
# http@ [ HOST [ PAGE [ PORT ] ] ]: prints a page from the web (HTTP/1.0, RFC 1945),
# without its header.
bin=${QMAILHOME:-@QMAIL@}/bin
host=${1-0} port=${3-80}
printf 'GET /%s HTTP/1.0\r\nHost: %s:%s\r\n\r\n' "$2" "$host" "$port" |
  "$bin/tcpclient" -RHl0 -- "$host" "$port" sh -c 'cat >&7; exec cat <&6' |
  LC_ALL=C awk '{ sub(/\r$/, "") } body { print } $0 == "" { body = 1 }'
