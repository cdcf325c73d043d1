#!/bin/sh
# who@ [ HOST ]: shows who is logged in there, says its systat service (RFC 866).
bin=${QMAILHOME:-@QMAIL@}/bin
"$bin/tcpclient" -RHl0 -- "${1-0}" 11 sh -c 'exec cat <&6' </dev/null | "$bin/delcr" | cat -v
