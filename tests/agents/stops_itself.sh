# Stops itself, or with `group` everything in its group.
if [ "$1" = group ]; then kill -STOP 0; else kill -STOP $$; fi
sleep 60
