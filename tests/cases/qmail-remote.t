mkdir control
export QMAILHOME="$PWD"
remote() { qmail-remote "$@" < message; echo " exit $?"; }
printf 'Subject: x\n\n' > message
echo me.test > control/me
echo usage; remote; remote host.test; remote host.test sender@x
echo no root; QMAILHOME=$PWD/none remote host.test s@x r@host.test
echo no controls; mv control gone; remote host.test s@x r@host.test; mv gone control
echo no name; rm control/me; remote host.test s@x r@host.test
echo me.test > control/helohost
echo routes that are none
for route in ':[127.0.0.1' ':127.0.0.1:0' ':127.0.0.1:65536'; do
  echo "$route" > control/smtproutes; remote host.test s@x r@host.test
done
echo a route that cannot be read; rm control/smtproutes; mkdir control/smtproutes; remote host.test s@x r@host.test
rmdir control/smtproutes
echo the same of qmtproutes
echo ':[127.0.0.1' > control/qmtproutes; remote host.test s@x r@host.test
rm control/qmtproutes; mkdir control/qmtproutes; remote host.test s@x r@host.test
rmdir control/qmtproutes
echo by QMTP
mkfifo port
tcpserver -1 -H -R -l x 127.0.0.1 0 sh -c 'head -c 48 >&2; printf 2:Ky,4:Dno!,' > port 2> sent & trap "kill $!" EXIT
read -r number < port
echo "host.test:[127.0.0.1]:$number" > control/qmtproutes
remote host.test s@x r@host.test t@x; cat sent; echo
rm control/qmtproutes
echo this machine; remote 127.0.0.1 s@x r@127.0.0.1
echo a name that cannot be; remote "$(printf '%0100d' 0).test" s@x r@x
echo a name server of a link
for zone in lo 1 none; do
  DNSCACHEIP="fe80::1%$zone" strace -e trace=connect -o calls qmail-remote host.test s@x r@host.test < message; echo
  grep -m1 -o 'sin6_scope_id=[^}]*' calls
done
<result>
usage
DI (qmail-remote) was invoked improperly. (#5.3.5)
^@ exit 0
DI (qmail-remote) was invoked improperly. (#5.3.5)
^@ exit 0
DI (qmail-remote) was invoked improperly. (#5.3.5)
^@ exit 0
no root
ZUnable to switch to home directory. (#4.3.0)
^@ exit 0
no controls
ZUnable to read control files. (#4.3.0)
^@ exit 0
no name
ZUnable to read control files. (#4.3.0)
^@ exit 0
routes that are none
ZUnable to read control files. (#4.3.0)
^@ exit 0
ZUnable to read control files. (#4.3.0)
^@ exit 0
ZUnable to read control files. (#4.3.0)
^@ exit 0
a route that cannot be read
ZUnable to read control files. (#4.3.0)
^@ exit 0
the same of qmtproutes
ZUnable to read control files. (#4.3.0)
^@ exit 0
ZUnable to read control files. (#4.3.0)
^@ exit 0
by QMTP
r^@h127.0.0.1 does not like recipient.
Remote host said: no!
^@K127.0.0.1 accepted message.
Remote host said: y
^@ exit 0
13:
Subject: x

,3:s@x,21:11:r@host.test,3:t@x,,
this machine
DSorry. Although I'm listed as a best-preference MX or A for that host,
it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)
^@ exit 0
a name that cannot be
DSorry, I couldn't find any host named 0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000.test. (#5.1.2)
^@ exit 0
a name server of a link
ZSorry, I couldn't find any host by that name. (#4.1.2)
^@
sin6_scope_id=if_nametoindex("lo")
ZSorry, I couldn't find any host by that name. (#4.1.2)
^@
sin6_scope_id=if_nametoindex("lo")
ZSorry, I couldn't find any host by that name. (#4.1.2)
^@
sin6_scope_id=0
