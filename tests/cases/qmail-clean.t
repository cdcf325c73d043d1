mkdir -p lock tmp bad mess; for s in $(seq 0 22); do mkdir mess/$s; done; touch lock/cleanmutex
# 46 is in subdirectory 0, 47 in 1, 48 in 2; 49 does not exist.
touch mess/0/46 mess/1/47 mess/2/48 bad/48; touch tmp/1 tmp/notanid; touch -d '37 hours ago' tmp/2 tmp/3
flock tmp/3 sh -c 'printf "done/46\0done/46\0sync/47\0bad/48\0done/49\0done/../46\0done/\0done/046\0other/1\0%0200d\0bad/49" 0 | qmail-clean' | tr '\0' ' '; echo
find mess bad tmp -type f | sort
echo -- without bad/
mv bad away; touch mess/1/47; printf 'bad/47\0bad/48\0' | qmail-clean | tr '\0' ' '; echo; find mess -type f
<result>
+0 +46 +46 +47 +48 +49 x0 x0 x0 x0 x0 
bad/48
bad/48.1
tmp/1
tmp/3
tmp/notanid
-- without bad/
+0 !47 +48 
mess/1/47
