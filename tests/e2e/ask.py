#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: ask.py SOCKET metrics|check

Asks `ringside serve` again and again until SIGTERM, and prints each answer, /metrics with a line
"# EOF" behind it. Of /check, only what has changed since the cursor of the answer before.
"""
import http.client
import json
import signal
import socket
import sys
import time

PAUSE = 0.05


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, url):
        self.request("GET", url)
        answer = self.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            sys.exit(f"{url}: {answer.status} {text}")
        return text


def main():
    socket_path, what = sys.argv[1:]
    server, url, ended = Connection(socket_path), "/" + what, []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    while not ended:
        text = server.ask(url)
        print(text, end="" if what == "check" else "# EOF\n", flush=True)
        if what == "check":
            url = f"/check?since={json.loads(text)['cursor']}"
        time.sleep(PAUSE)


main()
