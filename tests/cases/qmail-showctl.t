QMAILHOME=$PWD/root; export QMAILHOME
show() { qmail-showctl "$@" | sed "s|$PWD|HERE|; /^jails: /d"; }
part() { qmail-showctl | sed -n "/^$1: /,/^\$/p"; }  # file (an expression)
qmail-showctl x; echo $?
show
mkdir root; show
mkdir root/users; id=10; for role in alias qmaild qmaill root qmailp qmailq qmailr qmails qmail nofiles; do echo $role:$role:$id; id=$((id+1)); done > root/users/roles
show
mkdir root/control; show
mkdir root/bin; : > root/bin/qmail-queue; show | grep queueing; chmod 4711 root/bin/qmail-queue; show | grep queueing
echo -- everything set
cd root/control
for name in bouncefrom bouncehost defaultdomain defaulthost doublebouncehost doublebounceto envnoathost helohost idhost localiphost me plusdomain smtpgreeting; do printf "$name.set  \nsecond line\n" > $name; done
for name in concurrencylocal concurrencyremote databytes maxcommands maxerrors maxrcpt queuelifetime timeoutconnect timeoutremote timeoutsmtpd; do printf '00123x\n' > $name; done
for name in badmailfrom locals percenthack qmqpservers qmtproutes rcpthosts morercpthosts smtproutes virtualdomains; do printf "one.$name\t \n\n# no\ntwo:$name" > $name; done
touch morercpthosts.cdb strange .hidden
cd ../..
qmail-showctl > out; echo $? >> out; sed "s|$PWD|HERE|; /^jails: /d" out
echo -- me is the default of many
cd root/control; rm -f *host default* plusdomain smtpgreeting; echo my.name > me; cd ../..
qmail-showctl | grep my.name
echo -- no number, no entries
echo many > root/control/databytes; : > root/control/locals; part databytes; part locals
echo -- morercpthosts
cd root/control
touch -d 2020-01-01T00:00:01 morercpthosts.cdb; part morercpthosts.cdb
touch -d 2020-01-01T00:00:01 morercpthosts; part morercpthosts.cdb
rm morercpthosts.cdb; part morercpthosts.cdb
rm rcpthosts; part rcpthosts; part morercpthosts
touch morercpthosts.cdb; rm morercpthosts; part morercpthosts; part morercpthosts.cdb
rm morercpthosts.cdb; echo x > rcpthosts; part 'morercpthosts.*'
echo -- a file that cannot be read
rm locals; mkdir locals; qmail-showctl > ../out; echo $?; tail -n 2 ../out
<result>
qmail-showctl: usage: qmail-showctl
100
qmail home directory: HERE/root.
user-ext delimiter: -.
paternalism (in decimal): 2.
silent concurrency limit: 2000.
subdirectory split: 23.
Oops! Unable to chdir to HERE/root.
qmail home directory: HERE/root.
user-ext delimiter: -.
paternalism (in decimal): 2.
silent concurrency limit: 2000.
subdirectory split: 23.
Oops! Unable to read users/roles; run make setup.
qmail home directory: HERE/root.
user-ext delimiter: -.
paternalism (in decimal): 2.
silent concurrency limit: 2000.
subdirectory split: 23.
user ids: 10, 11, 12, 13, 14, 15, 16, 17.
group ids: 19, 18.
queueing: qmail-queued does not run, qmail-queue is missing.
Oops! Unable to chdir to control.
qmail home directory: HERE/root.
user-ext delimiter: -.
paternalism (in decimal): 2.
silent concurrency limit: 2000.
subdirectory split: 23.
user ids: 10, 11, 12, 13, 14, 15, 16, 17.
group ids: 19, 18.
queueing: qmail-queued does not run, qmail-queue is missing.

badmailfrom: (Default.) Any MAIL FROM is allowed.

bouncefrom: (Default.) Bounce user name is MAILER-DAEMON.

bouncehost: (Default.) Bounce host name is bouncehost.

concurrencylocal: (Default.) Local concurrency is 10.

concurrencyremote: (Default.) Remote concurrency is 20.

databytes: (Default.) SMTP DATA limit is 0 bytes.

defaultdomain: (Default.) Default domain name is defaultdomain.

defaulthost: (Default.) Default host name is defaulthost.

doublebouncehost: (Default.) 2B recipient host: doublebouncehost.

doublebounceto: (Default.) 2B recipient user: postmaster.

envnoathost: (Default.) Presumed domain name is envnoathost.

helohost: (Default.) SMTP client HELO host name is helohost.

idhost: (Default.) Message-ID host name is idhost.

localiphost: (Default.) Local IP address becomes localiphost.

locals: (Default.) Messages for me are delivered locally.

maxcommands: (Default.) SMTP session limit is 1000 commands.

maxerrors: (Default.) SMTP session limit is 20 errors.

maxrcpt: (Default.) SMTP message limit is 10000 recipients.

me: (Default.) My name is undefined! Uh-oh.

percenthack: (Default.) The percent hack is not allowed.

plusdomain: (Default.) Plus domain name is plusdomain.

qmqpservers: (Default.) No QMQP servers.

qmtproutes: (Default.) No artificial QMTP routes.

queuelifetime: (Default.) Message lifetime in the queue is 604800 seconds.

rcpthosts: (Default.) SMTP clients may send messages to locals and virtualdomains only.

morercpthosts: (Default.) No rcpthosts; morercpthosts is irrelevant.

morercpthosts.cdb: (Default.) No effect.

smtpgreeting: (Default.) SMTP greeting: 220 smtpgreeting.

smtproutes: (Default.) No artificial SMTP routes.

timeoutconnect: (Default.) SMTP client connection timeout is 60 seconds.

timeoutremote: (Default.) SMTP client data timeout is 1200 seconds.

timeoutsmtpd: (Default.) SMTP server data timeout is 1200 seconds.

virtualdomains: (Default.) No virtual domains.
queueing: qmail-queued does not run, qmail-queue is not set-uid.
queueing: qmail-queued does not run, qmail-queue is set-uid.
-- everything set
qmail home directory: HERE/root.
user-ext delimiter: -.
paternalism (in decimal): 2.
silent concurrency limit: 2000.
subdirectory split: 23.
user ids: 10, 11, 12, 13, 14, 15, 16, 17.
group ids: 19, 18.
queueing: qmail-queued does not run, qmail-queue is set-uid.

badmailfrom: 
one.badmailfrom not accepted in MAIL FROM.
two:badmailfrom not accepted in MAIL FROM.

bouncefrom: Bounce user name is bouncefrom.set.

bouncehost: Bounce host name is bouncehost.set.

concurrencylocal: Local concurrency is 123.

concurrencyremote: Remote concurrency is 123.

databytes: SMTP DATA limit is 123 bytes.

defaultdomain: Default domain name is defaultdomain.set.

defaulthost: Default host name is defaulthost.set.

doublebouncehost: 2B recipient host: doublebouncehost.set.

doublebounceto: 2B recipient user: doublebounceto.set.

envnoathost: Presumed domain name is envnoathost.set.

helohost: SMTP client HELO host name is helohost.set.

idhost: Message-ID host name is idhost.set.

localiphost: Local IP address becomes localiphost.set.

locals: 
Messages for one.locals are delivered locally.
Messages for two:locals are delivered locally.

maxcommands: SMTP session limit is 123 commands.

maxerrors: SMTP session limit is 123 errors.

maxrcpt: SMTP message limit is 123 recipients.

me: My name is me.set.

percenthack: 
The percent hack is allowed for user%host@one.percenthack.
The percent hack is allowed for user%host@two:percenthack.

plusdomain: Plus domain name is plusdomain.set.

qmqpservers: 
QMQP server: one.qmqpservers.
QMQP server: two:qmqpservers.

qmtproutes: 
QMTP route: one.qmtproutes
QMTP route: two:qmtproutes

queuelifetime: Message lifetime in the queue is 123 seconds.

rcpthosts: 
SMTP clients may send messages to recipients at one.rcpthosts.
SMTP clients may send messages to recipients at two:rcpthosts.

morercpthosts: 
SMTP clients may send messages to recipients at one.morercpthosts.
SMTP clients may send messages to recipients at two:morercpthosts.

morercpthosts.cdb: Modified recently enough; hopefully up to date.

smtpgreeting: SMTP greeting: 220 smtpgreeting.set.

smtproutes: 
SMTP route: one.smtproutes
SMTP route: two:smtproutes

timeoutconnect: SMTP client connection timeout is 123 seconds.

timeoutremote: SMTP client data timeout is 123 seconds.

timeoutsmtpd: SMTP server data timeout is 123 seconds.

virtualdomains: 
Virtual domain: one.virtualdomains
Virtual domain: two:virtualdomains

.hidden: I have no idea what this file does.

strange: I have no idea what this file does.
0
-- me is the default of many
bouncehost: (Default.) Bounce host name is my.name.
defaultdomain: (Default.) Default domain name is my.name.
defaulthost: (Default.) Default host name is my.name.
doublebouncehost: (Default.) 2B recipient host: my.name.
envnoathost: (Default.) Presumed domain name is my.name.
helohost: (Default.) SMTP client HELO host name is my.name.
idhost: (Default.) Message-ID host name is my.name.
localiphost: (Default.) Local IP address becomes my.name.
me: My name is my.name.
plusdomain: (Default.) Plus domain name is my.name.
smtpgreeting: (Default.) SMTP greeting: 220 my.name.
-- no number, no entries
databytes: SMTP DATA limit is 0 bytes.

locals: 

-- morercpthosts
morercpthosts.cdb: Oops! morercpthosts.cdb is older than morercpthosts.

morercpthosts.cdb: Modified recently enough; hopefully up to date.

morercpthosts.cdb: Oops! morercpthosts exists but morercpthosts.cdb doesn't.

rcpthosts: (Default.) SMTP clients may send messages to locals and virtualdomains only.

morercpthosts: 
No rcpthosts; doesn't matter that morercpthosts has one.morercpthosts.
No rcpthosts; doesn't matter that morercpthosts has two:morercpthosts.

morercpthosts: (Default.) No rcpthosts; morercpthosts is irrelevant.

morercpthosts.cdb: Oops! morercpthosts.cdb exists but morercpthosts doesn't.

morercpthosts: (Default.) No effect.

morercpthosts.cdb: (Default.) No effect.

-- a file that cannot be read
111

locals: Oops! Trouble reading this file.
