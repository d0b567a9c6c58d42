"""Prints 4 MB without a newline, then the closing record of a good round, and stays."""
import sys
import time

for _ in range(4):
    sys.stdout.write("x" * 1_000_000)
sys.stdout.write('\n{"type":"result","subtype":"success","is_error":false,"result":"Done."}\n')
sys.stdout.flush()
time.sleep(60)
