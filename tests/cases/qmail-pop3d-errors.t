. "$TESTS/cases/pop3d.sh"
message new/1 1 'a\n'
message new/2 2 'b\n'
echo --- commands
pop CAPA '' 'USER joe' 'STAT x' 'noop x' 'STATx' ' STAT' 'RETR' 'RETR x' 'RETR -1' 'RETR 0' 'RETR 3' 'RETR 00001x' 'RETR   2' \
  'LIST 0' 'UIDL 18446744073709551617' 'DELE 99999999999999999999' 'DELE' 'TOP' 'TOP 0 1' 'TOP 1 99999999999999999999'
echo --- lines that are none: NUL, CR, too long, LF alone ends one
pop 'ST\000AT' 'NO\rOP' STAT
give
(printf 'STAT '; head -c 5000 /dev/zero | tr '\0' x; printf '\r\nSTAT\nNOOP\r\n') | as_user qmail-pop3d box
echo --- a message that is gone, and one that cannot be removed
give
(printf 'UIDL\r\n'; sleep 0.3; rm box/new/1; printf 'RETR 1\r\nLIST 1\r\nTOP 1 0\r\nDELE 1\r\nDELE 2\r\nQUIT\r\n') | as_user qmail-pop3d box; echo "exit $?"
files
echo --- no directory
as_user qmail-pop3d < /dev/null; echo "exit $?"
as_user qmail-pop3d nowhere < /dev/null; echo "exit $?"
mkdir empty; as_user qmail-pop3d empty < /dev/null; echo "exit $?"
as_user qmail-pop3d /dev/null < /dev/null; echo "exit $?"
echo --- root
root=; [ "$(id -u)" = 0 ] || root='unshare --user --map-root-user'
$root qmail-pop3d box < /dev/null; echo "exit $?"
<result>
--- commands
+OK ^M
-ERR unimplemented^M
-ERR unimplemented^M
-ERR unimplemented^M
+OK 2 4^M
+OK ^M
-ERR unimplemented^M
-ERR unimplemented^M
-ERR syntax error^M
-ERR syntax error^M
-ERR syntax error^M
-ERR messages are counted from 1^M
-ERR not that many messages^M
+OK ^M
a^M
^M
.^M
+OK ^M
b^M
^M
.^M
-ERR messages are counted from 1^M
-ERR not that many messages^M
-ERR not that many messages^M
-ERR syntax error^M
-ERR syntax error^M
-ERR messages are counted from 1^M
+OK ^M
a^M
^M
.^M
exit 0
--- lines that are none: NUL, CR, too long, LF alone ends one
+OK ^M
-ERR syntax error^M
-ERR syntax error^M
+OK 2 4^M
exit 0
+OK ^M
-ERR syntax error^M
+OK 2 4^M
+OK ^M
--- a message that is gone, and one that cannot be removed
+OK ^M
+OK ^M
1 1^M
2 2^M
.^M
-ERR unable to open that message^M
+OK 1 2^M
-ERR unable to open that message^M
+OK ^M
+OK ^M
-ERR unable to unlink all deleted messages^M
+OK ^M
exit 0
--- no directory
-ERR this user has no $HOME/Maildir^M
exit 0
-ERR this user has no $HOME/Maildir^M
exit 0
-ERR unable to scan $HOME/Maildir^M
exit 0
-ERR this user has no $HOME/Maildir^M
exit 0
--- root
qmail-pop3d invoked as uid 0, terminating
exit 1
