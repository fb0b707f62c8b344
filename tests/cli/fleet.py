# SPDX-License-Identifier: Apache-2.0
"""Hosts that record, each into a folder of its own, and the program that forwards them all. PYTHONPATH names the
folder of ringside_pb2."""
import json
import os
import signal
import subprocess
import threading
import time

import ringside_pb2 as pb
from stream import Stream, frames

OOM = {"kind": "oom_kill", "tier": pb.TIER_FENTRY, "hooks": ["fentry/oom_kill_process"]}


class Host(Stream):
    """A streamer of this minute with one probe; what it writes adds up. expected: {id: record's bytes}."""

    def __init__(self, number, name, interval=1.0, version="1.0.0", probes=(OOM,), **more):
        super().__init__(b"", boot="boot-" + name, **{"boottime": None, **more})
        self.id = number.to_bytes(16, "big")
        self.name_, self.interval = name, interval
        self.expected, self.kills, self.file = {}, 0, None
        self.opening = {"counters_interval_nano": int(interval * 1e9), "streamer_version": version,
                        "probes": [pb.Probe(**p) for p in probes]}

    def begin(self):
        os.mkdir(self.name_)
        self.file = open(f"{self.name_}/s.pb", "wb", buffering=0)
        self.write(self.record(header=pb.Header(
            magic="RINGSIDE", format_version=2, stream_id=self.id, boot_id=self.boot, first_seq=1,
            host_name=self.name_, **self.opening)))
        return self

    def write(self, data):
        seq = self.seq - sum(1 for _ in frames(data)) + 1
        for n, body in enumerate(frames(data), seq):
            self.expected[f"{self.id.hex()}:{n}"] = body
        self.file.write(data)

    def event(self, comm="java"):
        self.kills += 1
        self.write(self.record(
            oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm=comm), kill_id=self.kills),
            cpu_sums=pb.CpuSums(cpu=0, seen=self.kills, limited=0, dropped=0)))

    def sums(self, dropped=0, missed=0):
        sums = pb.ProbeSums(kind="oom_kill", missed_runs=missed)
        if self.kills or dropped:
            sums.cpus.add(cpu=0, seen=self.kills + dropped, submitted=self.kills, limited=0, dropped=dropped,
                          in_flight=0, written=self.kills, carried_seen=self.kills, carried_limited=0,
                          carried_dropped=0)
        return sums

    def heartbeat(self, **sums):
        self.write(self.counters(full=True, probes=[self.sums(**sums)]))

    def end(self):
        self.write(self.record(footer=pb.Footer(reason="SIGTERM", records=self.seq + 1, probes=[self.sums()])))
        self.file.close()


class Beating(threading.Thread):
    """Heartbeats of all hosts, evenly over the interval, until it is told that it is enough."""

    def __init__(self, hosts, events_of=lambda number, beat: 0):
        super().__init__(daemon=True)
        self.hosts, self.events_of = hosts, events_of
        self.silent, self.enough, self.late = set(), threading.Event(), 0.0
        self.last = {}

    def run(self):
        interval, beat = self.hosts[0].interval, 0
        begin = time.monotonic()
        while True:
            for number, host in enumerate(self.hosts):
                due = begin + (beat + number / len(self.hosts)) * interval
                if self.enough.wait(max(0, due - time.monotonic())):
                    return
                self.late = max(self.late, time.monotonic() - due)
                if number in self.silent:
                    continue
                for _ in range(self.events_of(number, beat)):
                    host.event()
                host.heartbeat()
                self.last[number] = time.time()
            beat += 1

    def stop(self):
        self.enough.set()
        self.join()


class Forwarders:
    """Processes of many-hosts, each for a part of the hosts."""

    def __init__(self, program, url, hosts, processes=1):
        names = [host.name_ for host in hosts]
        self.children = [subprocess.Popen([program, url, *names[i::processes]], stdout=subprocess.PIPE)
                         for i in range(processes)]

    def memory(self):
        """Anonymous memory of all, in KiB."""
        total = 0
        for child in self.children:
            with open(f"/proc/{child.pid}/status", encoding="utf-8") as f:
                total += next(int(line.split()[1]) for line in f if line.startswith("RssAnon"))
        return total

    def stop(self):
        """What each says at its end."""
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        said = [child.communicate(timeout=60)[0].decode().strip() for child in self.children]
        assert not any(child.returncode for child in self.children), said
        return said

    def kill(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()


def states(ringside, url):
    """{host: object of `ringside status -o json`}, and its exit status."""
    done = subprocess.run([ringside, "status", "-o", "json", url], stdout=subprocess.PIPE, timeout=60, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row.get("host", row["token"]): row for row in rows}, done.returncode
