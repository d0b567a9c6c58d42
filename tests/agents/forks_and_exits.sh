# Ends well and leaves a child behind in its own group.
sleep 60 >/dev/null 2>&1 &
exit 0
