check() { env -i PATH="$PATH" "$@" tcprulescheck rules.cdb; echo $?; }
printf '1.2.3.4:deny,LATE="1"\n1.2.:allow,A="1",B=\047\047\n1.2.0.0/16:deny\n10.0.0.0/8:deny\n10.1.0.0/16:allow\n[2001:db8::/32]:deny\n[2001:db8::1]:allow,SIX="6"\n=.example.org:deny\njoe@=a.example.org:allow\nann@9.9.9.9:allow,X="a:b"\n' |
  tcprules rules.cdb rules.tmp
check TCPREMOTEIP=1.2.3.4
check TCPREMOTEIP=1.2.3.5
check TCPREMOTEIP=10.1.255.255
check TCPREMOTEIP=10.2.0.0
check TCPREMOTEIP=2001:DB8::0001
check TCPREMOTEIP=2001:db8::2
check TCPREMOTEIP=8.8.8.8 TCPREMOTEHOST=a.example.org
check TCPREMOTEIP=8.8.8.8 TCPREMOTEHOST=a.example.org TCPREMOTEINFO=joe
check TCPREMOTEIP=9.9.9.9 TCPREMOTEINFO=ann
check TCPREMOTEIP=9.9.9.9
check
printf '0.0.0.0:allow,Z="0"\n' | tcprules rules.cdb rules.tmp; check
echo -- trouble
tcprulescheck; echo $?
tcprulescheck none; echo $?
echo not a database > bad; tcprulescheck bad; echo $?
head -c 2048 /dev/zero > bad; tcprulescheck bad; echo $?
head -c 2060 rules.cdb > bad; tcprulescheck bad; echo $?
tcprulescheck rules.cdb > /dev/full; echo $?
<result>
rule 1.2.3.4:
deny connection
0
rule 1.2.:
set environment variable A=1
set environment variable B=
allow connection
0
rule 10.1.0.0/16:
allow connection
0
rule 10.0.0.0/8:
deny connection
0
rule [2001:db8::1]:
set environment variable SIX=6
allow connection
0
rule [2001:db8::/32]:
deny connection
0
rule =.example.org:
deny connection
0
rule joe@=a.example.org:
allow connection
0
rule ann@9.9.9.9:
set environment variable X=a:b
allow connection
0
default:
allow connection
0
default:
allow connection
0
rule 0.0.0.0:
set environment variable Z=0
allow connection
0
-- trouble
tcprulescheck: usage: tcprulescheck rules.cdb
100
tcprulescheck: fatal: unable to read none: file does not exist
111
tcprulescheck: fatal: unable to read bad: protocol error
111
tcprulescheck: fatal: unable to read bad: protocol error
111
tcprulescheck: fatal: unable to read bad: protocol error
111
tcprulescheck: fatal: unable to write output: out of disk space
111
