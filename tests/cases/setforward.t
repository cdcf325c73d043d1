try() { printf "$1" | setforward db tmp; echo $?; }
show() { printforward < db; echo $?; }
cat > table <<'END'
root@yp.to: god@heaven.af.mil, staff@af.mil;
# this is a comment: with ; and , in it
Sos@heaven.af.mil: ?owner-sos@heaven.af.mil;
sos@heaven.af.mil:
  /etc/lists/sos.bin, ./rel,, |dew monitor,
  !a\ \"b\,c\" \#d \\ \;\:, &x@y, -odd, (odd ;
a\ b@: x@y; @h: a@
b # in
c;
only: ?o; empty: ; : none;
END
setforward db tmp < table; echo $?; show; stat -c %a db; ls
echo -- what printforward prints is the same again
printforward < db > printed; cp db first; setforward db tmp < printed; cmp db first && echo same
echo -- nothing
try ''; show
echo -- what is refused, and the old one stays
try 'old: one;'
for bad in 'a: b' 'a: b;\n\nc: d,' 'a' ':' 'a: b: c;' '\n\na, b: c;' 'a;' ';' 'a\0b: c;' 'a: b\0;'; do try "$bad"; done
printf 'a: b;\nc: %0801d;' 0 | setforward db tmp; echo $?
printf 'a: &%0800d;' 0 | setforward db tmp; echo $?
show; ls
echo -- NUL in a comment, a backslash at the end
try '#\0\na: b;\\'; show
echo -- trouble
setforward; echo $?
setforward db; echo $?
setforward db tmp more < table; echo $?
setforward db none/tmp < table; echo $?
setforward none/db tmp < table; echo $?
setforward db tmp < .; echo $?
ln -s /dev/full full; setforward db full < table; echo $?; ls
printforward x < db; echo $?
printforward < .; echo $?
printforward < /dev/null; echo $?
(head -c 2056 db; head -c 100 /dev/zero) | printforward; echo $?
printforward < db > /dev/full; echo $?
tcprules other tmp < /dev/null; printforward < other; echo $?
echo :allow | tcprules other tmp; printforward < other; echo $?
<result>
0
root@yp.to:
, &god@heaven.af.mil
, &staff@af.mil
;
sos@heaven.af.mil: ?owner-sos@heaven.af.mil;
sos@heaven.af.mil:
, /etc/lists/sos.bin
, ./rel
, |dewmonitor
, !a\ "b\,c"\#d\\\;\:
, &x@y
, &-odd
, &(odd
;
a\ b@:
, &x@y
;
@h:
, &a@bc
;
only: ?o;
:
, &none
;
0
644
db
table
-- what printforward prints is the same again
same
-- nothing
0
0
-- what is refused, and the old one stays
0
setforward: fatal: line 1: final instruction must end with semicolon
100
setforward: fatal: line 3: final instruction must end with semicolon
100
setforward: fatal: line 1: final instruction must end with semicolon
100
setforward: fatal: line 1: final instruction must end with semicolon
100
setforward: fatal: line 1: double colons are not permitted
100
setforward: fatal: line 3: commas are not permitted before colons
100
setforward: fatal: line 1: commas are not permitted before colons
100
setforward: fatal: line 1: commas are not permitted before colons
100
setforward: fatal: line 1: NUL bytes are not permitted
100
setforward: fatal: line 1: NUL bytes are not permitted
100
setforward: fatal: line 2: addresses over 800 bytes are not permitted
100
setforward: fatal: line 1: addresses over 800 bytes are not permitted
100
old:
, &one
;
0
db
first
printed
table
-- NUL in a comment, a backslash at the end
0
a:
, &b
;
0
-- trouble
setforward: usage: setforward data.cdb data.tmp
100
setforward: usage: setforward data.cdb data.tmp
100
setforward: usage: setforward data.cdb data.tmp
100
setforward: fatal: unable to create none/tmp: file does not exist
111
setforward: fatal: unable to move tmp to none/db: file does not exist
111
setforward: fatal: unable to read input: is a directory
111
setforward: fatal: unable to write to full: out of disk space
111
db
first
printed
table
printforward: usage: printforward
100
printforward: fatal: unable to read input: is a directory
111
printforward: fatal: bad database format
100
printforward: fatal: bad database format
100
printforward: fatal: unable to write output: out of disk space
111
0
printforward: fatal: bad database format
100
