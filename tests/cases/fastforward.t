mkdir -p root/control; QMAILHOME=$PWD/root QMAILQUEUE=$PWD/queue; export QMAILHOME QMAILQUEUE
cat > queue <<'END'
#!/bin/sh
cat > message; tr '\0' '|' <&1 > envelope; echo $$ > pid; exit $(cat code)
END
chmod 755 queue; echo 0 > root/code
export SENDER=s@x 'DTLINE=Delivered-To: me@h
' 'RPLINE=Return-Path: <s@x>
' 'UFLINE=From s@x Sat Nov 21 02:33:17 2026
'
printf 'A: b\n\nbody\n' > m
cat > table <<'END'
everybody@yp.to: programmers@yp.to, testers@yp.to;
programmers@yp.to: joe@yp.to, bob@yp.to;
testers@yp.to: joe@yp.to, fred@yp.to;
Sos@heaven: a@b, c@d;
sos@heaven: ?owner-sos@heaven;
both@heaven: sos@heaven, e@f;
user@: any@host, sos@heaven;
@host: rest@host;
all@h: ./list, x@y;
missing@h: |echo\ run, ./none;
secret@h: ./secret;
bad@h: ./bad;
fifo@h: ./fifo;
run@h: |cat, !cat, z@z;
fail@h: |exit\ 3, z@z;
never@h: |exit\ 77, |echo\ no;
crash@h: |kill\ -9\ $$;
self@h: |echo\ once, self@h, Self@H, w@w;
selfown@h: selfown@h, w@w; selfown@h: ?o@h;
void@h: |true;
END
setforward db tmp < table || echo cannot
printf '&l@l\0./more\0&sos@heaven\0&x@y\0' > list; printf '&m@m\0./list\0' > more
printf '&q@q\0' > secret; chmod 640 secret; printf '&q@q\0q' > bad; mkfifo fifo; chmod 644 fifo
say() { RECIPIENT=$1 fastforward -n db; echo $?; }
go() { rm -f root/message root/envelope; fastforward $OPTIONS db < m > out 2>&1; code=$?
  sed "s/ qp $(cat root/pid 2>/dev/null)$/ qp PID/" out; echo $code; cat root/envelope 2>/dev/null && echo; }
export RECIPIENT
echo -- targets
for r in everybody@yp.to EVERYBODY@YP.TO sos@heaven both@heaven user@any user@host else@host all@h self@h selfown@h void@h; do echo - $r; say $r; done
echo -- nobody
for r in nobody@any user heaven@ '' @; do say "$r"; done
echo -- what cannot be read: nothing is run
for RECIPIENT in missing@h secret@h bad@h fifo@h; do go; done
echo -- done
for RECIPIENT in sos@heaven run@h fail@h never@h crash@h void@h; do go; done
RECIPIENT=sos@heaven; go; cat root/message
SENDER= go; SENDER='#@[]' go
echo -- passing on
OPTIONS=-p; go; RECIPIENT=no@where; go; OPTIONS=-pP; go; OPTIONS=
echo -- another address
OPTIONS=-d; DEFAULT=user EXT=no HOST=host go; EXT=else HOST=host go; go; EXT=x go; OPTIONS=-dD; RECIPIENT=user@host go
OPTIONS=; (unset RECIPIENT; go); (unset SENDER; RECIPIENT=user@host go); (unset SENDER; say user@host)
echo -- the queue
RECIPIENT=user@host; echo 53 > root/code; go | head -2; echo 31 > root/code; go | head -2
echo -- the database
fastforward none; echo $?
fastforward m; echo $?
head -c 4096 /dev/zero > zero; fastforward zero; echo $?
fastforward; echo $?; fastforward db more; echo $?; fastforward -z db; echo $?
<result>
-- targets
- everybody@yp.to
from <s@x>
to <bob@yp.to>
to <joe@yp.to>
to <fred@yp.to>
0
- EVERYBODY@YP.TO
from <s@x>
to <bob@yp.to>
to <joe@yp.to>
to <fred@yp.to>
0
- sos@heaven
from <owner-sos@heaven>
to <a@b>
to <c@d>
0
- both@heaven
from <s@x>
to <sos@heaven>
to <e@f>
0
- user@any
from <s@x>
to <any@host>
to <sos@heaven>
0
- user@host
from <s@x>
to <rest@host>
0
- else@host
from <s@x>
to <rest@host>
0
- all@h
from <s@x>
to <l@l>
to <m@m>
to <sos@heaven>
to <x@y>
0
- self@h
run |echo once
from <s@x>
to <w@w>
0
- selfown@h
from <o@h>
to <selfown@h>
to <w@w>
0
- void@h
run |true
no forwarding
0
-- nobody
Sorry, no mailbox here by that name. (#5.1.1)
100
Sorry, no mailbox here by that name. (#5.1.1)
100
Sorry, no mailbox here by that name. (#5.1.1)
100
Sorry, no mailbox here by that name. (#5.1.1)
100
Sorry, no mailbox here by that name. (#5.1.1)
100
-- what cannot be read: nothing is run
fastforward: fatal: unable to read ./none: file does not exist
111
fastforward: fatal: ./secret is not world-readable
111
fastforward: fatal: ./bad is no binary mailing list
111
fastforward: fatal: ./fifo is no regular file
111
-- done
fastforward: qp PID
0
Fowner-sos@heaven|Ta@b|Tc@d||
A: b

body
From s@x Sat Nov 21 02:33:17 2026
Return-Path: <s@x>
Delivered-To: me@h
A: b

body
fastforward: qp PID
0
Fs@x|Tz@z||
111
100
fastforward: fatal: child crashed in |kill -9 $$
111
0
fastforward: qp PID
0
Fowner-sos@heaven|Ta@b|Tc@d||
Delivered-To: me@h
A: b

body
fastforward: qp PID
0
F|Ta@b|Tc@d||
fastforward: qp PID
0
F#@[]|Ta@b|Tc@d||
-- passing on
fastforward: qp PID
99
Fowner-sos@heaven|Ta@b|Tc@d||
0
Sorry, no mailbox here by that name. (#5.1.1)
100
-- another address
fastforward: qp PID
0
Fs@x|Trest@host||
fastforward: qp PID
0
Fs@x|Trest@host||
fastforward: fatal: $DEFAULT or $EXT must be set
100
fastforward: fatal: $HOST must be set
100
fastforward: qp PID
0
Fs@x|Trest@host||
fastforward: fatal: $RECIPIENT must be set
100
fastforward: fatal: $SENDER must be set
100
from <original envelope sender>
to <rest@host>
0
-- the queue
fastforward: fatal: qq write error or disk full (#4.3.0)
111
fastforward: fatal: mail server permanently rejected message (#5.3.0)
100
-- the database
fastforward: fatal: unable to read none: file does not exist
111
fastforward: fatal: unable to read m: protocol error
111
fastforward: fatal: unable to read zero: protocol error
111
fastforward: usage: fastforward [ -nNpPdD ] data.cdb
100
fastforward: usage: fastforward [ -nNpPdD ] data.cdb
100
fastforward: illegal option -- z
fastforward: usage: fastforward [ -nNpPdD ] data.cdb
100
