"""Runs a command on a terminal of its own and passes its output on. SIGUSR1 presses Ctrl-C in it, SIGUSR2 closes it."""
import os
import pty
import signal
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGUSR1, lambda *_: os.write(terminal, b"\x03"))
signal.signal(signal.SIGUSR2, lambda *_: os.close(terminal))
try:
    while data := os.read(terminal, 65536):
        os.write(1, data)
except OSError:
    pass  # The command has ended, or the terminal is closed.
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
