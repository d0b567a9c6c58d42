"""Leaves a process in a session of its own with an empty environment, named by the first argument, and ends well.

Its cgroup is the only thing by which it can still be found.
"""
import os
import sys

reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", [sys.argv[1], "60"], {})
    os._exit(0)
os.close(writing)
os.read(reading, 1)  # The other ends are closed when the process is what it is to be.
