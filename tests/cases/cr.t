bytes() { od -An -c | tr -s ' ' | sed 's/^ //'; }
echo -- addcr
printf 'a\nb\r\nc\rd\n\ne' | addcr | bytes
printf '' | addcr | wc -c
addcr < .; echo $?
echo a | addcr > /dev/full; echo $?
echo -- delcr
printf 'a\nb\r\nc\r\r\nd\re\n\r' | delcr | bytes
(printf 'a\r'; sleep 0.1; printf '\nb\r'; sleep 0.1; printf 'c\r\r'; sleep 0.1; printf '\n\r') | delcr | bytes
delcr < .; echo $?
echo a | delcr > /dev/full; echo $?
echo -- fixcrio
printf 'a\nb\r\nc\rd\n\n\r\ne' | fixcrio cat | bytes
(printf 'a\r'; sleep 0.1; printf '\nb'; sleep 0.1; printf '\n'; sleep 0.1; printf '\n\rc\n') | fixcrio sh -c 'cat > in; printf "x\ny\r\nz"; exit 3' | bytes
bytes < in
fixcrio sh -c 'exit 3' < /dev/null; echo $?
fixcrio; echo $?
fixcrio ./none < /dev/null; echo $?
echo -- much in both directions at once, and nobody reads
head -c 3000000 /dev/zero | fixcrio sh -c 'head -c 3000000 /dev/zero; cat | wc -c >&2' | wc -c
echo x | fixcrio sh -c 'exec <&-; sleep 0.1; echo out' | bytes
fixcrio sh -c 'trap "" PIPE; while echo y 2> /dev/null; do :; done; echo told >&2' < /dev/null > /dev/full
<result>
-- addcr
a \r \n b \r \r \n c \r d \r \n \r \n e
0
addcr: fatal: unable to read input: is a directory
111
addcr: fatal: unable to write output: out of disk space
111
-- delcr
a \n b \n c \r \n d \r e \n \r
a \n b \r c \r \n \r
delcr: fatal: unable to read input: is a directory
111
delcr: fatal: unable to write output: out of disk space
111
-- fixcrio
a \r \n b \r \n c \r d \r \n \r \n \r \n e
x \r \n y \r \n z
a \r \n b \r \n \r \n \r c \r \n
3
fixcrio: usage: fixcrio program [ arg ... ]
100
fixcrio: fatal: unable to run ./none: file does not exist
111
-- much in both directions at once, and nobody reads
3000000
3000000
o u t \r \n
told
