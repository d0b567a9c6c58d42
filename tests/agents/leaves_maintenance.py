"""Ends well and leaves what looks like git tidying up in the background, for 1.5 s."""
import os

if os.fork() == 0:
    os.setsid()
    os.execv("/bin/sleep", ["git gc", "1.5"])
