#!/bin/sh
# finger@ [ HOST [ USER ] ]: shows what HOST says of USER, or of all (RFC 1288).
bin=${QMAILHOME:-@QMAIL@}/bin
printf '%s\r\n' "$2" | "$bin/tcpclient" -RHl0 -- "${1-0}" 79 sh -c 'cat >&7; exec cat <&6' | "$bin/delcr" | cat -v
