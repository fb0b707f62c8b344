#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: otlp-decoder.py SOURCE [SAVE]

For benchmarks: a receiver of OTLP that does with a request what all have to, and no more: takes it out of gzip,
and out of protobuf (C++, as protoc's classes of Python are). Prints its port, of 127.0.0.1. SAVE: the second body
that comes, as it was posted, goes there."""
import os
import socketserver
import sys
import zlib

sys.path.insert(0, os.path.join(sys.argv[1], "tests/cli"))
import otlp_receiver  # noqa: E402 pylint: disable=wrong-import-position

service = otlp_receiver.classes(sys.argv[1])
bodies = 0


def save(body):
    global bodies  # pylint: disable=global-statement
    bodies += 1
    if bodies == 2 and len(sys.argv) > 2:
        with open(sys.argv[2] + ".part", "wb") as file:
            file.write(body)
        os.rename(sys.argv[2] + ".part", sys.argv[2])


class Handler(socketserver.StreamRequestHandler):
    rbufsize = 1 << 20
    disable_nagle_algorithm = True

    def handle(self):
        while True:
            size, packed = 0, False
            while (line := self.rfile.readline().strip().lower()):
                name, _, value = line.partition(b":")
                size = int(value) if name == b"content-length" else size
                packed |= name == b"content-encoding" and value.strip() == b"gzip"
            if not size:
                return
            body = self.rfile.read(size)
            save(body)
            service.ExportLogsServiceRequest.FromString(zlib.decompress(body, 31) if packed else body)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
