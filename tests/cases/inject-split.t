mkdir -p root/control
export QMAILHOME=$PWD/root
echo me.example.org >root/control/me
echo dd.test >root/control/defaultdomain
echo dh >root/control/defaulthost
echo pd.test >root/control/plusdomain
export USER=joe
inject() { printf "$1" | qmail-inject -n | sed '1,/^Cc:/d'; echo "-"; }
inject 'A: b\nnot a field\nC: d\n'
inject ' not a continuation\nC: d\n'
inject 'A: b\n: no name\n'
inject 'A\001: control\n'
inject 'A\344: 8 bits\n'
inject 'A b: blank inside\n'
inject 'A \t: blanks before the colon'
inject 'A: b\n\n'
inject 'A: b\n\nbody without an end'
inject 'A: \344\000 b\n\n\000\377\r\n.\n'
inject '\n\n'
<result>
A: b

not a field
C: d
-

 not a continuation
C: d
-
A: b

: no name
-

A^A: control
-

AM-d: 8 bits
-

A b: blank inside
-
A 	: blanks before the colon
-
A: b

-
A: b

body without an end
-
A: M-d^@ b

^@M-^?^M
.
-


-
