# SPDX-License-Identifier: Apache-2.0
"""Real servers, and a reader of theirs that is not ours: the protocol of NATS over a socket."""
import json
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections import Counter

PROGRAM = os.environ.get("NATS_SERVER")  # another one than that of this machine's release
if not PROGRAM:
    import daemons
    PROGRAM = daemons.program("nats-server")


def free_ports(n):
    """Loopback ports that are free now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Server:
    """nats-server, its store in a folder of its own."""

    def __init__(self, name="n1", more=(), ports=None):
        self.name, self.more = name, list(more)
        self.port, self.http = ports or free_ports(2)
        self.child = None

    def start(self):
        command = [PROGRAM, "-n", self.name, "-a", "127.0.0.1", "-p", str(self.port), "-m", str(self.http),
                   "-js", "-sd", os.path.abspath("store-" + self.name), *self.more]
        with open("log-" + self.name, "ab") as log:
            self.child = subprocess.Popen(command, stdout=log, stderr=log)
        return self

    def wait(self, seconds=20):
        end = time.monotonic() + seconds
        while True:
            try:
                if self.get("healthz")["status"] == "ok":
                    return self
            except (OSError, ValueError):
                pass
            assert time.monotonic() < end, f"{self.name} is not ready: " + open("log-" + self.name).read()[-2000:]
            time.sleep(0.05)

    def get(self, what):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/{what}", timeout=5) as answer:
            return json.load(answer)

    def stop(self, sig=signal.SIGKILL):
        if self.child:
            self.child.send_signal(sig)
            self.child.wait(30)
            self.child = None


def url(server, stream="R"):
    return f"nats://127.0.0.1:{server.port}/{stream}"


def with_a_server(test):
    """A decorator: the test gets one that is its own."""
    def wrapped():
        server = Server(test.__name__).start().wait()
        try:
            test(server)
        finally:
            server.stop()
    wrapped.__name__ = test.__name__
    return wrapped


def cluster_of_three():
    """They are starting."""
    routes = free_ports(3)
    return [Server(f"n{i}", ["-cluster", f"nats://127.0.0.1:{routes[i]}", "-cluster_name", "c", "-routes",
                             ",".join(f"nats://127.0.0.1:{p}" for p in routes)]).start() for i in range(3)]


def messages_in(server, stream):
    """How many; 0: it is not there, or the server does not answer."""
    try:
        return Client(server.port).request(f"$JS.API.STREAM.INFO.{stream}")["state"]["messages"]
    except (OSError, AssertionError, KeyError, TypeError):
        return 0


def wait_for_messages(servers, stream, expected, seconds=120):
    """By whichever of them knows."""
    end = time.monotonic() + seconds
    while True:
        found = max(messages_in(server, stream) for server in servers)
        if found >= expected:
            return
        assert time.monotonic() < end, f"{found} of {expected} messages came"
        time.sleep(0.5)


class Wire(threading.Thread):
    """A server's port, behind which what it sends is counted. @most: of each connection no more than that comes, and it
    stays open: as a firewall does it that has forgotten of it. @good: connections of which anything comes; of those
    behind them nothing does."""

    def __init__(self, port, most=None, good=None):
        super().__init__(daemon=True)
        self.to, self.most, self.good, self.bytes, self.connections = port, most, good, 0, 0
        self.dead = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            self.connections += 1
            if self.good is not None and self.connections > self.good:
                self.dead.append(client)
                continue
            server = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.copy, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.copy, args=(server, client, True), daemon=True).start()

    def copy(self, a, b, comes):
        size = 0
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                self.bytes += len(data) if comes else 0
                size += len(data) if comes else 0
                if self.most is None or size <= self.most:
                    b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Client:
    """context: of TLS. sign: what signs the server's nonce."""

    def __init__(self, port, timeout=20, context=None, sign=None, **connect):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        info = b""  # a byte at a time: what follows may be TLS
        while not info.endswith(b"\n"):
            byte = self.socket.recv(1)
            assert byte, "the server closed the connection"
            info += byte
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        if sign:
            connect["sig"] = sign(json.loads(info.split(b" ", 1)[1])["nonce"])
        self.file = self.socket.makefile("rb")
        # never another one's, which is gone, and whose consumer the server may still serve
        self.inbox = "_INBOX." + secrets.token_hex(11)
        self.send("CONNECT " + json.dumps({"verbose": False, "headers": True, "no_responders": True, **connect}))
        self.errors, self.early = [], []

    def send(self, line, body=None):
        self.socket.sendall(line.encode() + b"\r\n" + (b"" if body is None else body + b"\r\n"))

    def next(self):
        """Subject, headers, body of the next message."""
        while True:
            words = self.file.readline().decode().split()
            assert words, "the server closed the connection"
            if words[0] == "PING":
                self.send("PONG")
            elif words[0] == "-ERR":
                self.errors.append(" ".join(words))
                return None
            elif words[0] in ("MSG", "HMSG"):
                head = int(words[-2]) if words[0] == "HMSG" else 0
                data = self.file.read(int(words[-1]) + 2)[:-2]
                lines = data[:head].decode().split("\r\n")[1:]
                headers = dict(line.split(": ", 1) for line in lines if line)
                return words[1], headers, data[head:]

    def request(self, subject, **body):
        data = json.dumps(body).encode()
        self.send(f"SUB {self.inbox}.r 1")
        self.send(f"PUB {subject} {self.inbox}.r {len(data)}", data)
        message = self.next()
        while message and message[0] != f"{self.inbox}.r":  # of a consumer that is just made
            self.early.append(message)
            message = self.next()
        self.send("UNSUB 1")
        return message and json.loads(message[2])

    def messages(self, stream):
        """All that are in @stream, in its order."""
        left = self.request(f"$JS.API.STREAM.INFO.{stream}")["state"]["messages"]
        self.send(f"SUB {self.inbox}.d 2")
        answer = self.request(f"$JS.API.CONSUMER.CREATE.{stream}", stream_name=stream, config={
            "deliver_subject": self.inbox + ".d", "deliver_policy": "all", "ack_policy": "none",
            "replay_policy": "instant"})
        assert "error" not in answer, answer
        yield from self.early
        for _ in range(left - len(self.early)):
            yield self.next()


def expect_once(port, stream, expected, **connect):
    """In @stream is each of @expected, {id: record's bytes}, exactly once, and nothing else."""
    found = {}
    times = Counter()
    for _, headers, body in Client(port, **connect).messages(stream):
        name = headers["Nats-Msg-Id"]
        times[name] += 1
        found[name] = body
    doubles = {name: n for name, n in times.items() if n > 1}
    missing = [name for name in expected if name not in found]
    more = [name for name in found if name not in expected]
    assert not doubles and not missing and not more, \
        f"{len(doubles)} doubles, {len(missing)} missing {missing[:5]}, {len(more)} more {more[:5]}"
    assert found == expected
