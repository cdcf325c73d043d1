# Read in by the cases of QMTP and QMQP: an instance without a queue, whose
# qmail-queue keeps what it is given in the files message.N and envelope.N.
. "$TESTS/cases/smtpd.sh"
# Each argument, with printf's escapes, as a netstring.
ns() { for text; do printf "$text" > text; printf '%d:' "$(wc -c < text)"; cat text; printf ,; done; rm -f text; }
# The same of standard input.
wrap() { (f=$(mktemp ./whole.XXXXXX) && cat > "$f" && printf "%d:" "$(wc -c < "$f")" && cat "$f" && printf , && rm "$f"); }
# The answers of a server, one a line, and its exit code. Times and numbers are left out.
answers() {
  "$@" > answer
  code=$?
  sed 's/[0-9]*:Kok [0-9]* qp [0-9]*,/LEN:Kok TIME qp PID,/g; s/,\([0-9L]\)/,\n\1/g' answer
  [ ! -s answer ] || echo
  echo "exit $code"
  rm answer
}
