"""Prints as many tool calls of 100 kB each as the first argument says, ten at a time, then the closing record."""
import sys
import time

PADDING = "x" * 100_000
CALL = '{"type":"assistant","message":{"id":"m%d","role":"assistant","model":"m","content":[{"type":"tool_use",'
REST = '"id":"t%d","name":"Bash","input":{"command":"%s"}}]}}\n'
for i in range(int(sys.argv[1])):
    sys.stdout.write(CALL % i + REST % (i, PADDING))
    if i % 10 == 9:
        sys.stdout.flush()
        time.sleep(0.02)
print('{"type":"result","subtype":"success","is_error":false,"result":"Done.","usage":{"input_tokens":1}}')
