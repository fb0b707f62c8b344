#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tests/forward/many-hosts.py BUILD [HOSTS [HISTORY]]

Some two to five minutes: 1,000 hosts (HOSTS), each with a recording, a forwarder and a cursor of its own, in four processes,
into a cluster of three servers with three copies of each record. Three of them fall silent, one is stopped in order:
`ringside status` has to name these and no other, within three intervals. At last all is there once, `ringside verify`
says so host by host, and the bytes are counted that one host's records, all of them, and the state of all hosts are
on their way to the reader."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter

source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.path.abspath(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
history = int(sys.argv[3]) if len(sys.argv) > 3 else 0  # heartbeats of each before it begins
sys.path[:0] = [os.path.join(source, "tests/cli"), os.path.join(build, "proto")]

from fleet import Beating, Forwarders, Host, states  # noqa: E402
from nats import Wire, cluster_of_three, expect_once, wait_for_messages  # noqa: E402

INTERVAL = 10
PROCESSES = 4
SILENT = {count // 10, count // 2, count - 7}
STOPPED = count // 3
ringside = build + "/consumer/ringside"
begin = time.monotonic()


def say(text):
    print(f"{time.monotonic() - begin:6.1f} s  {text}", flush=True)


class Measured(Wire):
    def measure(self, *command):
        """Seconds, bytes, what it printed; it has to end well."""
        before, start = self.bytes, time.monotonic()
        done = subprocess.run([ringside, *command], stdout=subprocess.PIPE, check=False)
        return time.monotonic() - start, self.bytes - before, done


def watch_states(hosts, beating, url):
    """Until the three are silent. How long after their latest record each was called so."""
    now = time.time()
    found, last, slowest = {}, {number: beating.last[number] for number in SILENT}, 0
    while len(found) < len(SILENT):
        rows, _ = states(ringside, url)
        slowest = max(slowest, time.time() - now)
        now = time.time()
        silent = {name for name, row in rows.items() if row["state"] == "silent"}
        right = {hosts[number].name_: number for number in SILENT}
        assert silent <= set(right), f"called silent, and are not: {silent - set(right)}"
        for name in silent:
            found.setdefault(name, now - last[right[name]])
        assert now - max(last.values()) < 3 * INTERVAL + 10, rows
        time.sleep(0.2)
    others = Counter(row["state"] for name, row in rows.items() if name not in silent)
    assert others == {"well": count - 4, "stopped": 1}, others
    say(f"the longest time between two answers was {slowest:.1f} s")
    return found


def main():
    os.chdir(tempfile.mkdtemp(prefix="ringside-many-hosts-"))
    servers = cluster_of_three()
    forwarders = None
    try:
        for server in servers:
            server.wait()
        time.sleep(3)
        names = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        url = f"nats://{names}/RINGSIDE"
        hosts = [Host(number + 1, f"node-{number}.example", INTERVAL).begin() for number in range(count)]
        for host in hosts:
            for _ in range(history):
                host.heartbeat()
        beating = Beating(hosts, lambda number, beat: 1 + (number % 10 == 0) * 20)
        beating.start()
        before = sum(len(host.expected) for host in hosts)
        say(f"{count:,} hosts record, {PROCESSES} processes forward")
        forwarders = Forwarders(build + "/tests/many-hosts", url, hosts, PROCESSES)
        wait_for_messages(servers, "RINGSIDE", before)
        say(f"{before:,} records that were there are in the stream")
        while not all(number in beating.last for number in range(count)):
            time.sleep(0.5)
        end = time.monotonic() + 120
        while Counter(row["state"] for row in states(ringside, url)[0].values()) != {"well": count}:
            assert time.monotonic() < end, Counter(row["state"] for row in states(ringside, url)[0].values())
            time.sleep(1)
        say(f"all are well; a heartbeat was made {beating.late:.1f} s late at worst")
        time.sleep(INTERVAL)  # the first records had to wait until the stream was made
        beating.silent |= SILENT | {STOPPED}
        time.sleep(0.5)  # the one that is being written just now
        hosts[STOPPED].end()
        found = watch_states(hosts, beating, url)
        for name, seconds in sorted(found.items()):
            say(f"{name} is called silent {seconds:.1f} s after its latest record: {seconds / INTERVAL:.2f} intervals")
        print(subprocess.run([ringside, "status", url], stdout=subprocess.PIPE, check=False).stdout.decode()[:600])
        say(f"the forwarders take {forwarders.memory() / 1024:.0f} MiB (RssAnon), "
            f"{forwarders.memory() / count:.0f} KiB a host")

        wire = Measured(servers[0].port)
        near = f"nats://127.0.0.1:{wire.port}/RINGSIDE"
        for _ in range(3):
            took, size, done = wire.measure("status", near)
            say(f"status: {took:.2f} s, {size:,} bytes; {done.stdout.decode().splitlines()[0]}")
        beating.stop()
        for number, host in enumerate(hosts):
            if number != STOPPED:
                host.end()
        expected = {name: body for host in hosts for name, body in host.expected.items()}
        wait_for_messages(servers, "RINGSIDE", len(expected))
        for text in forwarders.stop():
            say(text)
        expect_once(servers[0].port, "RINGSIDE", expected)
        say(f"{len(expected):,} records of {count:,} hosts, each once")

        took, size, done = wire.measure("verify", near)
        lines = done.stdout.decode().splitlines()
        say(f"verify: {took:.1f} s, {1000 * took / count:.1f} ms a host; {lines[-1]}")
        assert done.returncode == 0 and len(lines) == count + 1, lines[-1]
        assert all(": complete" in line for line in lines)
        took, whole, done = wire.measure("cat", "-o", "pb", near)
        say(f"all of it: {took:.2f} s, {whole:,} bytes on the wire")
        took, size, done = wire.measure("cat", "-o", "json", "--host", hosts[count // 2].name_, near)
        say(f"one host: {took:.2f} s, {size:,} bytes on the wire: {100 * size / whole:.3f} %; "
            f"{len(done.stdout.splitlines())} lines")
        assert size < whole * 2 / count + 8000  # its share, and what a connection says
        took, size, done = wire.measure("status", "-q", near)
        say(f"status when all are stopped: {took:.2f} s, {size:,} bytes: {100 * size / whole:.1f} %; {done.returncode}")
        assert done.returncode == 0
    except BaseException:
        print("left in", os.getcwd())
        raise
    finally:
        if forwarders:
            forwarders.kill()
        for server in servers:
            server.stop(signal.SIGKILL)
    folder = os.getcwd()
    os.chdir("/")
    shutil.rmtree(folder)


main()
