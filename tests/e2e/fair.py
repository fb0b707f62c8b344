#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Did a noisy container take anything from a quiet one? Counted by Python's protobuf.

usage: fair.py [--verify RINGSIDE] NAME

Of NAME.pb, a compressed recording; what happened is in NAME.noisy and NAME.quiet, as
trigger-storm printed it, and NAME.truth, as trigger-oom did.
"""
import argparse
import collections
import json
import subprocess
import sys
from pathlib import Path

from judge import read_records
from sums import KIND, kernel_sums, read_file

ROWS, CONTAINER_RATE = 8192, 1000


class Stream:
    def __init__(self, path, noisy, quiet):
        self.noisy, self.quiet = noisy, quiet
        self.events = collections.Counter()   # by side
        self.limited = collections.Counter()
        self.keys, self.kills, self.rows = set(), set(), {}
        self.sides = {}  # of cgroups whose name came once
        for record in read_records(read_file(path)):
            self.take(record)

    def side(self, container):
        path = container.cgroup_path
        if not path:
            return self.sides.get(container.cgroup_id)
        for side in (self.noisy, self.quiet):
            if path == side or path.startswith(side + "/"):
                self.sides[container.cgroup_id] = side
                return side
        return None

    def take(self, record):
        body = record.WhichOneof("body")
        if body == KIND:
            event = record.seccomp_denial
            side = self.side(event.container)
            self.events[side] += 1
            if side == self.quiet:
                self.keys.add((event.syscall_number, event.error_number))
        elif body == "oom_kill":
            self.kills.add(record.oom_kill.victim.pid)
        elif body == "limited" and record.limited.kind == KIND:
            self.limited["overflow" if record.limited.overflow else
                         self.side(record.limited.container)] += record.limited.count
        elif body == "counters":
            if record.counters.full and record.counters.part == 1:
                self.left = 0
            if record.counters.full:
                self.left += sum(row.kind == KIND for row in record.counters.rows)
            for row in record.counters.rows:
                if row.kind != KIND:
                    continue
                key = (row.container.cgroup_id, row.syscall_number, row.error_number, row.action)
                self.rows[key] = (self.side(row.container), row.count)
        elif body == "footer":
            self.footer = record.footer


def judge(name, stream, noisy, quiet, victims):
    probe, kernel = kernel_sums(stream.footer)
    got = stream.events[stream.quiet]
    yield got == quiet["triggered"] == len(stream.keys), \
        f"{got} of {quiet['triggered']} denials of the quiet container, {len(stream.keys)} different"
    yield stream.limited[stream.quiet] == 0, f"{stream.limited[stream.quiet]} of them held back"
    yield victims <= stream.kills, f"{len(victims & stream.kills)} of {len(victims)} OOM kills"
    yield kernel["dropped"] == 0, f"{kernel['dropped']} dropped"
    known = stream.events[stream.noisy] + stream.limited[stream.noisy] + stream.limited["overflow"]
    missed = probe.missed_runs
    # Without a row it may be somebody else's.
    others = stream.events[None] + stream.limited[None]
    yield known == noisy["triggered"] or (others and known > noisy["triggered"]) or (missed and known + missed >= noisy["triggered"] > known), \
        f"of {noisy['triggered']} denials of the noisy one {stream.events[stream.noisy]} arrived, " \
        f"{stream.limited[stream.noisy]} were held back by key and {stream.limited['overflow']} " \
        f"without; {missed} runs missed"
    rows = sum(count for side, count in stream.rows.values() if side == stream.noisy)
    yield rows + probe.overflow + missed >= noisy["triggered"] >= rows, \
        f"its rows add up to {rows}; {probe.overflow} have none"
    # A first event for each row there is, and what four containers may.
    most = ROWS + 4 * CONTAINER_RATE * (noisy["seconds"] + 2)
    yield stream.events[stream.noisy] <= most < noisy["triggered"], \
        f"a flood is held back: at most {most:.0f} in {noisy['seconds']:.1f} s"
    if name == "loop":
        yield stream.left < 100 < len(stream.rows), f"{stream.left} of {len(stream.rows)} rows are left at the end"
    if name == "one":
        yield stream.limited["overflow"] == 0 and (missed or rows == noisy["triggered"]), \
            "nothing is without a row"


def read_line(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verify", metavar="RINGSIDE")
    parser.add_argument("name")
    args = parser.parse_args()
    noisy, quiet = read_line(args.name + ".noisy"), read_line(args.name + ".quiet")
    truth = [json.loads(line) for line in Path(args.name + ".truth").read_text().splitlines()]
    victims = {victim["pid"] for line in truth for victim in line["expect"]}
    stream = Stream(Path(args.name + ".pb"), noisy["cgroup"], quiet["cgroup"])
    checks = [*judge(args.name, stream, noisy, quiet, victims)]
    checks.append((len(victims) == len(truth), f"{len(victims)} processes were to be killed"))
    if args.verify:
        run = subprocess.run([args.verify, "verify", args.name + ".pb"], capture_output=True,
                             text=True, check=False)
        checks.append((run.returncode == 0, f"verify exits with {run.returncode}: {run.stdout.strip()}"))
    for good, what in checks:
        print("ok - " + what if good else "not ok - " + what)
    return 0 if all(good for good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
