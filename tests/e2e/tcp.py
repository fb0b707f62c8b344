#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the rows of TCP queues say what the kernel said of the same sockets?

usage: tcp.py --tier TIER [--no-look] STREAM TRUTH [SS]

TRUTH holds what trigger-tcp printed, two lines for each scene, SS what `ss -tnmO` did meanwhile, where there is ss. Prints one
"ok" or "not ok" line for each thing looked at.
"""
import argparse
import json
import re
import sys
from pathlib import Path

from judge import read_records

KIND = "tcp_queue"
FULL = 95  # % of the buffer, at least, that a reader who stopped has in its queue
LARGE = 8 << 20


def sets_of(records):
    """The rows of each set of Counters, by cgroup, with the boottime of the set."""
    for record in records:
        if not record.HasField("counters"):
            continue
        rows = {row.container.cgroup_path: row for row in record.counters.rows if row.kind == KIND}
        if record.counters.part > 1:
            last[1].update(rows)
            continue
        last = (record.boottime_nano, rows, record.counters.full)
        yield last


def is_consistent(fill):
    return fill.samples == sum(fill.by_fill) and (not fill.samples or len(fill.by_fill) == 8)


def between(value, name, begin, end):
    return min(begin[name], end[name]) <= value <= max(begin[name], end[name])


def judge_queue(which, fill, begin, end):
    good = between(fill.max_bytes, f"{which}_bytes", begin, end)
    good = good and between(fill.max_buffer_bytes, f"{which}_buffer", begin, end)
    return good, f"{begin['scene']}: {which} queue {fill.max_bytes} of {fill.max_buffer_bytes}; the kernel says " \
        f"{begin[which + '_bytes']} to {end[which + '_bytes']} of {begin[which + '_buffer']}"


def judge_scene(truth, end, sets):
    """The queues had come to rest when the trigger said what they hold."""
    name = truth["scene"]
    after = [rows.get(truth["cgroup"]) for at, rows, _ in sets if at > truth["boottime_nano"]]
    rows = [row for row in after if row is not None]
    yield None not in after[:2] and len(rows) > 1, f"{name}: each set since has a row of {truth['cgroup']}"
    if len(rows) < 2:
        return
    last = rows[-1]
    both = (last.tcp_queue.receive, last.tcp_queue.send)
    yield all(map(is_consistent, both)) and last.count == sum(f.samples for f in both), \
        f"{name}: {last.count} samples, in all classes together"
    if name == "keeps-up":
        yield sum(last.tcp_queue.receive.by_fill[2:]) == 0 and last.tcp_queue.receive.samples > 100, \
            f"{name}: never above 10 %: {list(last.tcp_queue.receive.by_fill)}"
        return
    # The first interval began while the queues were being filled.
    yield judge_queue("receive", rows[1].tcp_queue.receive, truth, end)
    yield judge_queue("send", rows[1].tcp_queue.send, truth, end)
    fill = rows[0].tcp_queue.receive
    if name == "large":
        yield fill.max_bytes > LARGE, f"{name}: {fill.max_bytes} bytes"
    else:
        yield fill.max_bytes * 100 >= FULL * fill.max_buffer_bytes, \
            f"{name}: {fill.max_bytes} of {fill.max_buffer_bytes} bytes is full"


def judge_ss(truth, end, lines):
    """Recv-Q, rb of skmem and the address: of the line of the reader's socket."""
    port = re.compile(rf"^\S+ +(\d+) +\d+ +\S+:{truth['port']} .*skmem:\(r\d+,rb(\d+),")
    found = [(int(m[1]), int(m[2])) for m in map(port.match, lines) if m]
    good = any(between(queue, "receive_bytes", truth, end) and between(buffer, "receive_buffer", truth, end)
               for queue, buffer in found)
    return good, f"{truth['scene']}: ss says {found} too"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tier")
    parser.add_argument("--no-look", action="store_true", help="a kernel without iterators over files")
    parser.add_argument("stream", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("ss", type=Path, nargs="?")
    args = parser.parse_args()
    records = list(read_records(args.stream.read_bytes()))
    lines = [json.loads(line) for line in args.truth.read_text(encoding="utf-8").splitlines()]
    begins = {line["scene"]: line for line in reversed(lines)}
    ends = {line["scene"]: line for line in lines}
    truths = list(begins.values())
    sets = list(sets_of(records))
    probe = next(p for p in records[0].header.probes if p.kind == KIND)
    checks = [(args.tier.upper() in str(probe) and probe.hooks and probe.blind_spots and probe.cost,
               f"the header has {KIND} by {', '.join(probe.hooks)}"),
              (any("iterator" in spot for spot in probe.blind_spots) == args.no_look,
               "that no others are looked at is said" if args.no_look else "all sockets are looked at"),
              (not any(p.kind == KIND for r in records if r.HasField("counters") for p in r.counters.probes),
               "a probe without events has no sums of them"),
              (all(t["cgroup"] in sets[-1][1] for t in truths) and sets[-1][2],
               "the last set is full, and names the cgroups that are gone")]
    for truth in truths:
        end = ends[truth["scene"]]
        checks += judge_scene(truth, end, sets)
        if args.ss and args.ss.exists() and truth["scene"] not in ("keeps-up", "never"):
            checks.append(judge_ss(truth, end, args.ss.read_text(encoding="utf-8").splitlines()))
    for good, what in checks:
        print("ok - " + what if good else "not ok - " + what)
    return 0 if all(good for good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
