#!/bin/sh
# datemail [ ARG ... ] -- sendmail, with a Date field of local time in front of the
# message on descriptor 0. The arguments and exit codes are sendmail's.
bin=${QMAILHOME:-@QMAIL@}/bin
exec "$bin/predate" "$bin/sendmail" "$@"
