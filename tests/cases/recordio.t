# The program may end before its log does, and the order of the two directions is chance.
show() { until grep -q '> \[EOF\]' log; do sleep 0.02; done; sed "s/^[0-9]* /PID /" log | sort -s -k2,2; }
printf 'in\npart' | recordio cat 2> log | tr '\n' '|'; echo; show
printf 'a\000b\tc\r\n\n\nd' | recordio cat 2> log | od -An -c; show
echo -- pieces of 256 bytes
head -c 600 /dev/zero | tr '\0' x | recordio cat 2> log | wc -c; show | awk '{ print $2, length($0) }'
echo -- which process
recordio sh -c 'echo $$' < /dev/null 2> log > pid; show > /dev/null; grep -c "^$(cat pid) > $(cat pid) $" log
recordio sh -c 'exit 3' < /dev/null 2> log; echo $?
echo -- a program that does not read on
(echo x; sleep 0.1; echo y) | recordio sh -c 'exec <&-; sleep 0.3; echo out' 2> log; show | grep '>'
echo -- a log that cannot be written
echo in | recordio cat 2> /dev/full; echo in | recordio cat 2>&-; recordio echo out 0<&- 2> log; show
echo -- trouble
recordio; echo $?
recordio ./none < /dev/null 2> log; echo $?; grep fatal log
<result>
in|part
PID < in 
PID < part+
PID < [EOF]
PID > in 
PID > part+
PID > [EOF]
   a  \0   b  \t   c  \r  \n  \n  \n   d
PID < a^@b	c^M 
PID <  
PID <  
PID < d+
PID < [EOF]
PID > a^@b	c^M 
PID >  
PID >  
PID > d+
PID > [EOF]
-- pieces of 256 bytes
600
< 263
< 263
< 95
< 11
> 263
> 263
> 95
> 11
-- which process
1
3
-- a program that does not read on
out
PID > out 
PID > [EOF]
-- a log that cannot be written
in
in
out
PID < [EOF]
PID > out 
PID > [EOF]
-- trouble
recordio: usage: recordio program [ arg ... ]
100
111
recordio: fatal: unable to run ./none: file does not exist
