"""A plain HTTP service on loopback that tells what arrived: headers, size and digest of a body.

It reads a body piece by piece and notes when the first piece came, so that a caller can tell a
proxy that passes on from one that collects. `Upgrade: websocket` gets a handshake and an echo.
"""

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.echo()
        elif self.path.startswith("/large"):
            self.large(int(self.path.rpartition("=")[2]))
        else:
            self.answer({})

    def do_PUT(self):
        seen, size = hashlib.sha256(), 0
        for piece in self.pieces():
            if size == 0:
                print("first piece", self.path, flush=True)
            seen.update(piece)
            size += len(piece)
        self.answer({"size": size, "sha256": seen.hexdigest()})

    def pieces(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 65536))
            if not piece:
                return
            left -= len(piece)
            yield piece

    def answer(self, more):
        said = json.dumps(
            {
                "path": self.path,
                "peer": f"{self.client_address[0]}:{self.client_address[1]}",
                "headers": {name.lower(): value for name, value in self.headers.items()},
                **more,
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def large(self, size):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        block = bytes(65536)
        while size:
            part = min(size, len(block))
            self.wfile.write(block[:part])
            size -= part

    def echo(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        head = self.rfile.read(2)
        mask = self.rfile.read(4)
        text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.rfile.read(head[1] & 127)))
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.close_connection = True

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", 15000), Backend).serve_forever()
