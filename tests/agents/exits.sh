# Ends by itself with the code that it was given.
exit "$1"
