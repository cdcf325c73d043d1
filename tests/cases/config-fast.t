QMAILHOME=$PWD/root; export QMAILHOME
config-fast; echo $?
config-fast a b; echo $?
config-fast a.example 2>&1 | sed "s|$PWD|HERE|"; echo $?
mkdir -p root/control
config-fast 'a b'; echo $?
config-fast 'a/../b'; echo $?
config-fast ''; echo $?
config-fast --help; echo $?
ls root/control
config-fast indy2.nix.co.jj; echo $?
echo -- once more, with another name
printf 'localhost' > root/control/locals
config-fast x.y.example.org; echo $?
cd root/control; ls; stat -c %a * | uniq; head *
cd ../..
echo -- a file that cannot be written
rm root/control/plusdomain; mkdir root/control/plusdomain; config-fast a.example > /dev/null; echo $?; cat root/control/me
<result>
config-fast: usage: config-fast name
100
config-fast: usage: config-fast name
100
config-fast: fatal: unable to chdir to HERE/root: file does not exist
0
config-fast: fatal: a b is no host name
100
config-fast: fatal: a/../b is no host name
100
config-fast: fatal:  is no host name
100
config-fast: fatal: --help is no host name
100
Your fully qualified host name is indy2.nix.co.jj.
Putting indy2.nix.co.jj into control/me...
Putting nix.co.jj into control/defaultdomain...
Putting co.jj into control/plusdomain...
Putting indy2.nix.co.jj into control/locals...
Putting indy2.nix.co.jj into control/rcpthosts...
Now qmail will refuse to accept SMTP messages except to indy2.nix.co.jj.
Make sure to change rcpthosts if you add hosts to locals or virtualdomains!
0
-- once more, with another name
Your fully qualified host name is x.y.example.org.
Putting x.y.example.org into control/me...
Putting y.example.org into control/defaultdomain...
Putting example.org into control/plusdomain...
Putting x.y.example.org into control/locals...
Putting x.y.example.org into control/rcpthosts...
Now qmail will refuse to accept SMTP messages except to x.y.example.org.
Make sure to change rcpthosts if you add hosts to locals or virtualdomains!
0
defaultdomain
locals
me
plusdomain
rcpthosts
644
==> defaultdomain <==
y.example.org

==> locals <==
localhost
x.y.example.org

==> me <==
x.y.example.org

==> plusdomain <==
example.org

==> rcpthosts <==
indy2.nix.co.jj
x.y.example.org
-- a file that cannot be written
config-fast: fatal: unable to write control/plusdomain: is a directory
111
a.example
