# Ends well; what it leaves behind writes to the log for ever and does not mind being asked to end.
(
  trap '' TERM
  while :; do
    echo "still here"
    sleep 0.05
  done
) &
echo "done"
