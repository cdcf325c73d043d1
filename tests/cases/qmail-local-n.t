# What -n says, of every kind of line; and the checks before the first line.
umask 022; mkdir home; h=$PWD/home
try() { qmail-local -n joe "$h" "joe$1$2" "$1" "$2" example.org sender@x "${3-./Mailbox}" 2>&1; echo "= $?"; }
echo -- usage
qmail-local; echo "= $?"
qmail-local a b c d e f g; echo "= $?"
qmail-local joe home joe '' '' example.org s@x ./Mailbox; echo "= $?"
qmail-local -x joe "$h" joe '' '' example.org s@x ./Mailbox; echo "= $?"
echo -- default deliveries
try '' ''
try '' '' ./Maildir/
try '' '' '|dot-forward .forward
./Mailbox'
try '' '' ''
try - ext
echo -- lines
printf '%s\n' '# comment' './box  ' /tmp/box ./dir/ '' '|cmd a | b	' '&to@x' 'other@x' '& spaced@x' '&' +unknown > home/.qmail
try '' ''
printf './a\0hidden\n|b\0hidden\n./no newline' > home/.qmail; try '' ''
printf '\n./a\n' > home/.qmail; try '' ''
printf ' \t\n./a\n' > home/.qmail; try '' ''
printf '# none\n' > home/.qmail; try '' ''
: > home/.qmail; try '' ''
printf '|%05000d x\n' 0 > home/.qmail; try '' '' | tr -s 0
echo -- search
for f in -a-b-c -a-b-default -a-default -default -dots:in:it; do echo ".file$f" > "home/.qmail$f"; done
try - a-b-c; try - A-B-C; try - a-b-x; try - a-b-; try - a-b; try - a; try - ''; try - dots.in.it; try - ../x
mkdir home/.qmail-folder; try - folder
rm home/.qmail-default; try - ''
echo -- forward only
echo to@x > home/.qmail; chmod 744 home/.qmail; try '' ''
printf 'to@x\n./box\n' > home/.qmail; try '' ''
printf '|x\n' > home/.qmail; try '' ''
: > home/.qmail; try '' ''
chmod 644 home/.qmail
printf '+list\nto@x\n./box\n' > home/.qmail; try '' ''
printf './box\n+list\n|x\n' > home/.qmail; try '' ''
echo -- trust
chmod 646 home/.qmail; try '' ''
chmod 664 home/.qmail; printf './box\n' > home/.qmail; try '' ''
chmod 757 home; try '' ''
chmod 1755 home; try '' ''; qmail-local joe "$h" joe '' '' example.org s@x ./Mailbox < home/.qmail; echo "= $?"
rm -r home; try '' '' 2>&1 | sed "s|$h|HOME|"
<result>
-- usage
qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty
= 100
qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty
= 100
qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty
= 100
qmail-local: illegal option -- x
qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty
= 100
-- default deliveries
mbox ./Mailbox
did 1+0+0
= 0
maildir ./Maildir/
did 1+0+0
= 0
program dot-forward .forward
mbox ./Mailbox
did 1+0+1
= 0
Uh-oh: first line of .qmail file is blank. (#4.2.1)
= 111
Sorry, no mailbox here by that name. (#5.1.1)
= 100
-- lines
mbox ./box
mbox /tmp/box
maildir ./dir/
program cmd a | b
forward to@x
forward other@x
forward  spaced@x
forward 
did 3+4+1
= 0
mbox ./a
program b
mbox ./no newline
did 2+0+1
= 0
Uh-oh: first line of .qmail file is blank. (#4.2.1)
= 111
Uh-oh: first line of .qmail file is blank. (#4.2.1)
= 111
did 0+0+0
= 0
mbox ./Mailbox
did 1+0+0
= 0
program 0 x
did 0+0+1
= 0
-- search
mbox .file-a-b-c
did 1+0+0
= 0
mbox .file-a-b-c
did 1+0+0
= 0
mbox .file-a-b-default
did 1+0+0
= 0
mbox .file-a-b-default
did 1+0+0
= 0
mbox .file-a-default
did 1+0+0
= 0
mbox .file-default
did 1+0+0
= 0
mbox .file-default
did 1+0+0
= 0
mbox .file-dots:in:it
did 1+0+0
= 0
mbox .file-default
did 1+0+0
= 0
mbox .file-default
did 1+0+0
= 0
Sorry, no mailbox here by that name. (#5.1.1)
= 100
-- forward only
forward to@x
did 0+1+0
= 0
forward to@x
Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)
= 111
Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)
= 111
mbox ./Mailbox
did 1+0+0
= 0
forward to@x
Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)
= 111
mbox ./box
Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)
= 111
-- trust
Uh-oh: .qmail file is writable. (#4.7.0)
= 111
mbox ./box
did 1+0+0
= 0
Uh-oh: home directory is writable. (#4.7.0)
= 111
Warning: home directory is sticky.
mbox ./box
did 1+0+0
= 0
Home directory is sticky: user is editing his .qmail file. (#4.2.1)
= 111
Unable to switch to HOME: file does not exist. (#4.3.0)
= 111
