"""50 lines of processes that fork and exit for ever; `stays` or `exits` says what their ancestor does.

Whatever becomes of the test, they are over after 30 s, and there are never more than 400 of them: root becomes another
user, of whom nothing else runs, with a limit of his own.
"""
import os
import resource
import sys
import time

END = time.time() + 30


def fork():
    while time.time() < END:
        try:
            return os.fork()
        except OSError:  # The limit, which zombies count against too.
            time.sleep(0.05)
    os._exit(0)


if os.geteuid() == 0:
    resource.setrlimit(resource.RLIMIT_NPROC, (400, 400))
    os.setuid(60_000 + os.getpid() % 5000)
for _ in range(50):
    if fork() == 0:
        while True:
            time.sleep(0.02)
            if fork():
                os._exit(0)
print("all started", flush=True)
if sys.argv[1] == "stays":
    time.sleep(60)
