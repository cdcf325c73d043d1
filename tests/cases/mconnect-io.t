printf 'in\nand\r\n' > in; printf 'net1\r\nnet2' > net
echo -- until the connection ends, whatever is still to be said
mconnect-io < in 6< net 7> sent; echo "|$?"
echo -- until the connection ends, though there is nothing more to say
mkfifo pipe; (while [ ! -s sent2 ]; do sleep 0.02; done; cat net; echo .) > pipe &
mconnect-io < in 6< pipe 7> sent2; echo $?; od -An -c sent2
echo -- nobody there
mconnect-io < in 6<&- 7>&-; echo $?
<result>
-- until the connection ends, whatever is still to be said
net1^M
net2|0
-- until the connection ends, though there is nothing more to say
net1^M
net2.
0
   i   n  \r  \n   a   n   d  \r  \r  \n
-- nobody there
0
