"""Starts 200 children at once: half in sessions of their own, none of which mind TERM. All stay for a minute."""
import os
import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for i in range(200):
    if os.fork() == 0:
        if i % 2:
            os.setsid()
        break
time.sleep(60)
