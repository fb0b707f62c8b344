#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tests/forward/nats-proof.py BUILD [EVENTS]

Some seven minutes: 200,000 events (EVENTS) of two hosts into a cluster of three servers, while servers and forwarders
are killed, a streamer restarts and all of the cluster is away for longer than the window for duplicates. A reader of
its own then looks whether each record is in the stream once. At last the servers' stores are put back to a copy of a
minute before, and everything has to come again."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.path.abspath(sys.argv[1])
events = int(sys.argv[2]) if len(sys.argv) > 2 else 200000
sys.path[:0] = [os.path.join(source, "tests/cli"), os.path.join(build, "proto")]

from nats import cluster_of_three, expect_once, messages_in, wait_for_messages  # noqa: E402
from stream import Stream, frames  # noqa: E402

OUTAGE = 135  # s; the window for duplicates is 120
STREAM = "RINGSIDE"
begin = time.monotonic()


def say(text):
    print(f"{time.monotonic() - begin:6.1f} s  {text}", flush=True)


def caught_up(server):
    """A follower of 2.9.10 that comes back stays behind now and then, for as long as it runs: it is ended and started
    again, as whoever runs a cluster does when its health check fails."""
    for _ in range(4):
        try:
            return server.wait(40)
        except AssertionError:
            say(f"{server.name} does not catch up within 40 s: it is started again")
            server.stop(signal.SIGTERM)
            server.start()
    return server.wait(40)


class Host:
    """A streamer, into a folder, and its forwarder, which is started again whenever it is killed."""

    def __init__(self, name, letter, servers):
        self.name_, self.servers, self.letter = name, servers, letter
        self.folder = name
        os.mkdir(name)
        self.streams, self.expected, self.file = 0, {}, None
        self.restart_streamer()
        self.killed = 0
        self.child = None
        self.forward()

    def write(self, data):
        seq = self.seq
        for body in frames(data):
            self.expected[f"{(self.id * 16).hex()}:{seq}"] = body
            seq += 1
        self.seq = seq
        self.file.write(data)
        self.file.flush()

    def restart_streamer(self):
        if self.file:
            self.write(self.stream.footer())
            self.file.close()
        self.id = bytes([self.letter + self.streams])
        self.stream = Stream(self.id, boot="boot-" + self.name_, boottime=None)
        self.seq = 1
        self.file = open(f"{self.folder}/{self.streams}.pb", "wb")
        self.streams += 1
        self.write(self.stream.header(self.name_))

    def forward(self):
        urls = ",".join(f"127.0.0.1:{s.port}" for s in self.servers)
        self.child = subprocess.Popen(
            [build + "/consumer/ringside-forward", "--to", f"nats://{urls}/{STREAM}", "-f", "--cursor",
             f"cursor-{self.name_}", "--set", "resend=3m", self.folder],
            stderr=open(f"forward-{self.name_}.log", "ab"))

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        self.killed += 1
        self.forward()

    def emit(self, n, seconds):
        """n events over so many seconds."""
        end = time.monotonic() + seconds
        while n:
            left = max(end - time.monotonic(), 0)
            some = min(n, max(1, int(n * 0.05 / left)) if left > 0.05 else n)
            self.write(b"".join(self.stream.kill(f"c{i}") for i in range(some)))
            n -= some
            if n:
                time.sleep(0.05)


def leader(servers):
    for server in servers:
        try:
            for account in server.get("jsz?streams=1")["account_details"]:
                for stream in account.get("stream_detail", []):
                    name = stream["cluster"].get("leader")
                    return next(s for s in servers if s.name == name)
        except (OSError, KeyError, StopIteration):
            pass
    return servers[0]


def emit_all(hosts, n, seconds):
    threads = [threading.Thread(target=h.emit, args=(n, seconds)) for h in hosts]
    for thread in threads:
        thread.start()
    return threads


def wait_for_all(servers, hosts, seconds):
    wait_for_messages(servers, STREAM, sum(len(h.expected) for h in hosts), seconds)
    time.sleep(2)
    return {k: v for h in hosts for k, v in h.expected.items()}


def main():
    os.chdir(tempfile.mkdtemp(prefix="ringside-nats-proof-"))
    servers = cluster_of_three()
    for server in servers:
        server.wait()
    hosts = []
    try:
        time.sleep(3)
        hosts += [Host("plain", 1, servers), Host("other.host", 101, servers)]
        part = events // 2 // 5
        threads = emit_all(hosts, part, 12)
        time.sleep(4)
        first = leader(servers)
        say(f"kill -9 of the leader, {first.name}, and of a forwarder")
        first.stop()
        hosts[0].kill()
        time.sleep(5)
        caught_up(first.start())
        for thread in threads:
            thread.join()
        threads = emit_all(hosts, part, 8)
        time.sleep(2)
        second = next(s for s in servers if s is not leader(servers))
        say(f"kill -9 of a follower, {second.name}, and of both forwarders")
        second.stop()
        for host in hosts:
            host.kill()
        time.sleep(3)
        caught_up(second.start())
        for thread in threads:
            thread.join()
        say("the streamers restart")
        for host in hosts:
            host.restart_streamer()
        threads = emit_all(hosts, part, 12)
        time.sleep(2)
        say("kill -9 of two servers, and of a forwarder")
        for server in servers[:2]:
            server.stop()
        hosts[1].kill()
        time.sleep(5)
        for server in servers[:2]:
            caught_up(server.start())
        for thread in threads:
            thread.join()
        threads = emit_all(hosts, part, 10)
        time.sleep(1 + random.random())
        say(f"kill -9 of all servers; they are away for {OUTAGE} s")
        for server in servers:
            server.stop()
        for thread in threads:
            thread.join()
        time.sleep(OUTAGE / 2)
        say("kill -9 of a forwarder meanwhile")
        hosts[0].kill()
        time.sleep(OUTAGE / 2 - 10)
        for server in servers:
            server.start()
        for server in servers:
            caught_up(server)
        threads = emit_all(hosts, part, 5)
        for thread in threads:
            thread.join()
        start = time.monotonic()
        expected = wait_for_all(servers, hosts, 120)
        say(f"all there {time.monotonic() - start:.1f} s after the last event; forwarders killed "
            f"{sum(h.killed for h in hosts)} times")
        expect_once(servers[0].port, STREAM, expected)
        say(f"{len(expected)} records, each once")
        out = subprocess.run([build + "/consumer/ringside", "verify",
                              f"nats://127.0.0.1:{servers[1].port}/{STREAM}"], stdout=subprocess.PIPE, check=False)
        say(f"verify: {out.returncode} {out.stdout.decode().strip()}")
        assert out.returncode == 0, out
        for host in hosts:
            memory = next(line for line in open(f"/proc/{host.child.pid}/status") if line.startswith("RssAnon"))
            say(f"{host.name_}: {memory.strip()}")

        for server in servers:
            server.stop(signal.SIGTERM)
        for server in servers:
            shutil.copytree("store-" + server.name, "copy-" + server.name)
        for server in servers:
            server.start()
        for server in servers:
            caught_up(server)
        say("a copy of the stores was made")
        for thread in emit_all(hosts, 5000, 50):
            thread.join()
        wait_for_all(servers, hosts, 60)
        time.sleep(5)
        for server in servers:
            server.stop()
        for server in servers:
            shutil.rmtree("store-" + server.name)
            os.rename("copy-" + server.name, "store-" + server.name)
        for server in servers:
            server.start()
        for server in servers:
            caught_up(server)
        say(f"the stores are put back: {max(messages_in(s, STREAM) for s in servers)} messages")
        start = time.monotonic()
        expected = wait_for_all(servers, hosts, 120)
        expect_once(servers[2].port, STREAM, expected)
        say(f"{len(expected)} records, each once again, after {time.monotonic() - start:.1f} s")
    except BaseException:
        for host in hosts:
            print(open(f"forward-{host.name_}.log").read()[-3000:])
        print("left in", os.getcwd())
        raise
    finally:
        for host in hosts:
            host.child.kill()
            host.child.wait()
        for server in servers:
            server.stop()
    folder = os.getcwd()
    os.chdir("/")
    shutil.rmtree(folder)


main()
