# Does not end on the polite signals, and neither does its child.
trap '' TERM HUP INT
sh -c 'while :; do sleep 1; done' &
while :; do sleep 1; done
