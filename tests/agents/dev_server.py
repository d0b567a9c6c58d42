"""Starts a web server that shows the current folder, says where, and ends well."""
import http.server
import os

server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(f"port {server.server_port}", flush=True)
if os.fork() == 0:
    os.setsid()
    server.serve_forever()
