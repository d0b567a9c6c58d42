# Sends a signal to its own group, where its launcher is too.
sleep 60 &
kill "-$1" 0
sleep 60
