maildirmake; echo $?
maildirmake box; echo $?
find box -printf '%P %m\n' | sort
maildirmake box; echo $?
<result>
maildirmake: usage: maildirmake name
100
0
 700
cur 700
new 700
tmp 700
maildirmake: fatal: unable to mkdir box: file already exists
111
