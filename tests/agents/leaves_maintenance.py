"""Ends well and leaves what looks like git tidying up in the background, for 1.5 s."""
import os

reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.execv("/bin/sleep", ["git gc", "1.5"])
os.close(writing)
os.read(reading, 1)  # The other end is closed when the process is what it is to be.
