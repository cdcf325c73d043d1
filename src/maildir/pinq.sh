#!/bin/sh
# pinq [ ARG ... ] -- move new mail from $MAILDIR to $MAIL, then run pine with the
# arguments. Exits as pine does, or as maildir2mbox when that fails.
"${QMAILHOME:-@QMAIL@}/bin/maildir2mbox" && exec pine "$@"
