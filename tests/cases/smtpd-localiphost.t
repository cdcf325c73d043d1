. "$TESTS/cases/smtpd.sh"
ask() {
  smtpd 'MAIL FROM:<s@[127.0.0.1]>' 'RCPT TO:<a@[127.0.0.1]>' 'RCPT TO:<"b b"@[0.0.0.0]>' 'RCPT TO:<c@[192.0.2.77]>' 'RCPT TO:<d@[IPv6:::]>' \
    'RCPT TO:<e@127.0.0.1>' DATA . | sed '1,2d; s/ .*//' | tr '\n' ' '; echo; queued | tail -n 1
}
echo local.test > control/localiphost; ask
rm control/localiphost; echo mx.test >> control/rcpthosts; ask
<result>
250 250 553 250 553 354 250 
Fs@local.test Ta@local.test Tb b@local.test Td@local.test  
250 250 553 250 553 354 250 
Fs@mx.test Ta@mx.test Tb b@mx.test Td@mx.test  
