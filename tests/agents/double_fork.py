"""Makes a daemon as the book says (fork, setsid, fork) and ends well."""
import os
import time

if os.fork():
    os.wait()
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
time.sleep(60)
