#!/bin/sh
# qail [ ARG ... ] -- move new mail from $MAILDIR to $MAIL, then run Mail with the
# arguments. Exits as Mail does, or as maildir2mbox when that fails.
"${QMAILHOME:-@QMAIL@}/bin/maildir2mbox" && exec Mail "$@"
