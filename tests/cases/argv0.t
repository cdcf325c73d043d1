argv0 sh zero -c 'tr "\0" "|" < /proc/$$/cmdline; echo'
argv0 sh -zero -c 'tr "\0" "|" < /proc/$$/cmdline; echo' '' "x y"
printf '#!/bin/sh\necho "$0" "$@"; exit 7\n' > script; chmod +x script
argv0 ./script zero a b; echo $?
echo -- trouble
argv0; echo $?
argv0 sh; echo $?
argv0 none zero; echo $?
argv0 . zero; echo $?
<result>
zero|-c|tr "\0" "|" < /proc/$$/cmdline; echo|
-zero|-c|tr "\0" "|" < /proc/$$/cmdline; echo||x y|
./script a b
7
-- trouble
argv0: usage: argv0 realname program [ arg ... ]
100
argv0: usage: argv0 realname program [ arg ... ]
100
argv0: fatal: unable to run none: file does not exist
111
argv0: fatal: unable to run .: access denied
111
