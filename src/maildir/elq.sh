#!/bin/sh
# elq [ ARG ... ] -- move new mail from $MAILDIR to $MAIL, then run elm with the
# arguments. Exits as elm does, or as maildir2mbox when that fails.
"${QMAILHOME:-@QMAIL@}/bin/maildir2mbox" && exec elm "$@"
