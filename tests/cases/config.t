# A host whose name no name server knows, as there is none.
QMAILHOME=$PWD/root DNSCACHEIP=127.0.0.1:1; export QMAILHOME DNSCACHEIP
config x; echo $?
config 2> error; echo $?; sed "s|$PWD|HERE|" error
mkdir -p root/control; echo kept > root/control/me
config > out; echo $?; sed "s/ $(uname -n)\./ HOST./" out; head root/control/*
<result>
config: usage: config
100
111
config: fatal: unable to chdir to HERE/root: file does not exist
hard error
100
Your hostname is HOST.
Sorry, I couldn't find your host's canonical name in DNS.
You will have to set up control/me yourself.
kept
