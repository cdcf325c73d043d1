#!/bin/sh
# mailsubj SUBJECT RECIPIENT ... -- send what is on descriptor 0, with a subject.
# Exits as qmail-inject does; 100 usage.
bin=${QMAILHOME:-@QMAIL@}/bin
if [ $# -lt 2 ]; then
  echo 'mailsubj: usage: mailsubj subject recipient ...' >&2
  exit 100
fi
# One line, whatever the arguments hold: they must not add fields.
line() { printf '%s' "$1" | tr '\n\r' '  '; }
subject=$(line "$1")
shift
{
  printf 'Subject: %s\nTo: %s\n\n' "$subject" "$(line "$*")"
  cat
} | "$bin/qmail-inject"
