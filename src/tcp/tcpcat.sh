#!/bin/sh
# tcpcat [ HOST [ PORT ] ]: prints what comes from there, the quote of the day (RFC
# 865) unless PORT says otherwise. Exits as tcpclient does.
bin=${QMAILHOME:-@QMAIL@}/bin
exec "$bin/tcpclient" -RHl0 -- "${1-0}" "${2-17}" sh -c 'exec cat <&6'
