#!/bin/sh
# date@ [ HOST ]: shows the time there, says its daytime service (RFC 867).
bin=${QMAILHOME:-@QMAIL@}/bin
"$bin/tcpclient" -RHl0 -- "${1-0}" 13 sh -c 'exec cat <&6' </dev/null | "$bin/delcr" | cat -v
