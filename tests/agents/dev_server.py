"""Starts a web server that shows the current folder, says where, and ends well."""
import http.server
import os

server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.close(writing)
    server.serve_forever()
os.close(writing)
os.read(reading, 1)  # The other end is closed when the server is in a session of its own.
print(f"port {server.server_port}", flush=True)
