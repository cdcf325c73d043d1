#!/bin/sh
# mconnect [ HOST [ PORT ] ]: a person's connection to a mail server, or to another
# server that speaks in lines. Exits as tcpclient does.
bin=${QMAILHOME:-@QMAIL@}/bin
exec "$bin/tcpclient" -RHl0 -- "${1-0}" "${2-25}" "$bin/mconnect-io"
