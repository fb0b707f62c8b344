#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a hostile container has taken from quiet ones: nothing. Counted by Python's protobuf.

usage: hostile.py RINGSIDE ID

Of hostile.pb; what the quiet ones did is in quiet.did and late.did, as trigger-storm printed it, what
the container ID did in hostile.did, and the one OOM kill in hostile.truth. Prints one "ok" or "not ok"
line for each thing looked at.
"""
import collections
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from judge import read_records
from sums import KIND, kernel_sums, read_file

class Stream:
    def __init__(self, path):
        self.events = collections.Counter()   # by container id, cgroup path, call and errno
        self.names = collections.defaultdict(set)
        self.limited = collections.Counter()  # by container id
        self.rows, self.left, self.kills = {}, {}, []
        for record in read_records(read_file(path)):
            self.take(record)

    def take(self, record):
        body = record.WhichOneof("body")
        if body == KIND:
            event = record.seccomp_denial
            of = event.container
            self.events[of.id, of.cgroup_path, event.syscall_number, event.error_number] += 1
            self.names[of.id].add((of.cgroup_path, of.runtime, of.pod_uid, of.systemd_unit,
                                   event.process.executable_path))
        elif body == "limited" and record.limited.kind == KIND:
            self.limited[record.limited.container.id] += record.limited.count
        elif body == "oom_kill":
            self.kills.append(record.oom_kill)
        elif body == "counters":
            if record.counters.full and record.counters.part == 1:
                self.left = {}
            for row in record.counters.rows:
                if row.kind != KIND:
                    continue
                of = row.container
                key = (of.hierarchy_id, of.cgroup_id, row.arch, row.syscall_number, row.action,
                       row.error_number, row.others)
                # its cgroup may have been forgotten since
                name = (of.id, of.cgroup_path) if of.cgroup_path or key not in self.rows else \
                    self.rows[key][:2]
                self.rows[key] = (*name, row.count)
                if record.counters.full:
                    self.left[key] = self.rows[key]
        elif body == "footer":
            self.footer = record.footer


def ask(ringside, path, awaited):
    """What `ringside serve` says of the recording, when it has read it."""
    server = subprocess.Popen([ringside, "serve", "--per-container", "--listen", "unix:serve.sock", "hostile.pb"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            time.sleep(0.1)
            try:
                connection = http.client.HTTPConnection("localhost", timeout=30)
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.connect("serve.sock")
                connection.request("GET", path)
                text = connection.getresponse().read().decode()
                if awaited in text:
                    return text
            except OSError:
                continue
    finally:
        server.terminate()
        server.wait()
        Path("serve.sock").unlink(missing_ok=True)
    return ""


def quiet_checks(name, stream, metrics, stats):
    did = json.loads(Path(name + ".did").read_text(encoding="utf-8"))
    path = did["cgroup"]
    cid = path.rsplit("/", 1)[1]
    truth = {(row["nr"], row["error_number"]): row["count"] for row in did["rows"]}
    got = {key[2:]: n for key, n in stream.events.items() if key[0] == cid}
    yield got == truth and stream.limited[cid] == 0, \
        f"{sum(got.values())} of its {did['triggered']} denials, {stream.limited[cid]} held back"
    names = stream.names[cid]
    exes = {one[-1] for one in names}
    yield {one[:-1] for one in names} == {(path, "docker", "", "")} and len(exes) == 1 and \
        exes.pop().endswith("/testdata/trigger-storm"), \
        f"all are of {path}, by one program" if len(names) == 1 else f"names: {sorted(names)[:3]}"
    rows = {(key[3], key[5]): count for key, (of, _, count) in stream.rows.items() if of == cid}
    others = sum(key[6] for key, (of, _, _) in stream.rows.items() if of == cid)
    yield rows == truth and not others, \
        f"{len(rows)} of its {len(truth)} rows, with {sum(rows.values())}, {others} of others"
    lines = [line for line in metrics.splitlines()
             if line.startswith("ringside_seccomp_denials_total{") and f'container_id="{cid}"' in line]
    served = sorted(int(line.rsplit(" ", 1)[1]) for line in lines)
    yield served == sorted(truth.values()) and "others=" not in "".join(lines), \
        f"{len(served)} of its {len(truth)} series, with {sum(served)}"
    told = [one for one in stats["containers"]["top"] if one["where"].startswith("docker:" + cid[:12])]
    yield len(told) == 1 and told[0]["delivered"] >= did["triggered"] and not told[0]["limited"], \
        f"stats tells of {told}"


def checks(stream, ringside, hostile):
    probe, kernel = kernel_sums(stream.footer)
    metrics = ask(ringside, "/metrics",
                  f'ringside_events_seen_total{{kind="{KIND}"}} {kernel["seen"]}\n')
    run = subprocess.run([ringside, "stats", "-o", "json", "hostile.pb"], capture_output=True,
                         text=True, check=True)
    for name in ("quiet", "late"):
        for good, what in quiet_checks(name, stream, metrics, json.loads(run.stdout)):
            yield good, f"{name}: {what}"
    rows = sum(count for _, _, count in stream.rows.values())
    yield rows + probe.overflow == kernel["seen"] and kernel["dropped"] == 0, \
        f"{rows} in rows and {probe.overflow} without are the {kernel['seen']} seen; " \
        f"{kernel['dropped']} dropped"
    did = [json.loads(line) for line in Path("hostile.did").read_text().splitlines()]
    known = sum(n for key, n in stream.events.items() if key[0] == hostile) + stream.limited[hostile]
    yield known == sum(one["triggered"] for one in did), \
        f"of the hostile one's {sum(one['triggered'] for one in did)} denials {known} are its own"
    its = {key: value for key, value in stream.rows.items() if value[0] == hostile}
    others = sum(key[6] for key in its)
    yield others and len(its) - others, f"it had {len(its) - others} rows, and {others} of others"
    nameless = {value for value in stream.rows.values() if not value[1]}
    yield not nameless, f"{len(nameless)} rows of nobody"
    left = sum(value[0] == hostile for value in stream.left.values())
    yield left == 0, f"{left} of its rows are left at the end"
    series = re.findall(r'^ringside_seccomp_denials_total\{.*container_id="' + hostile, metrics, re.M)
    yield 0 < len(series) < 2000, f"it has {len(series)} series"
    truth = [json.loads(line) for line in Path("hostile.truth").read_text().splitlines()]
    pids = [victim["pid"] for line in truth for victim in line["expect"]]
    yield [kill.victim.pid for kill in stream.kills] == pids, f"{len(stream.kills)} OOM kills"


def main():
    ringside, hostile = sys.argv[1:]
    failed = 0
    for good, what in checks(Stream(Path("hostile.pb")), ringside, hostile):
        print("ok - " + what if good else "not ok - " + what)
        failed += not good
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
