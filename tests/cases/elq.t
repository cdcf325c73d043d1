# elq, pinq and qail alike: maildir2mbox, then a program that reads an mbox.
mkdir -p root/bin Maildir/new Maildir/cur Maildir/tmp tools; QMAILHOME=$PWD/root; export QMAILHOME
ln -s "$(command -v maildir2mbox)" root/bin/
for reader in elm pine Mail; do printf '#!/bin/sh\necho %s $# "$@"; cat "$MAIL"; exit 3\n' $reader > tools/$reader; chmod 755 tools/$reader; done
PATH=$PWD/tools:$PATH
export MAIL=$PWD/mbox MAILTMP=$PWD/mbox.new MAILDIR=$PWD/Maildir
for wrapper in elq pinq qail; do
  printf 'Subject: %s\n' $wrapper > Maildir/new/1; touch -d '2026-01-02 03:04:05' Maildir/new/1
  $wrapper -f 'a b'; echo $?
done
MAILDIR=none elq; echo $?
<result>
elm 2 -f a b
From XXX Fri Jan 02 03:04:05 2026
Subject: elq

3
pine 2 -f a b
From XXX Fri Jan 02 03:04:05 2026
Subject: elq

From XXX Fri Jan 02 03:04:05 2026
Subject: pinq

3
Mail 2 -f a b
From XXX Fri Jan 02 03:04:05 2026
Subject: elq

From XXX Fri Jan 02 03:04:05 2026
Subject: pinq

From XXX Fri Jan 02 03:04:05 2026
Subject: qail

3
maildir2mbox: fatal: unable to chdir to $MAILDIR: file does not exist
111
