#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the sums of a storm close? Counted by Python's protobuf, not by our reader.

usage: sums.py STREAM... TRUTH [--lost yes|no] [--limited yes|no] [--sink yes|no] [--open]
               [--handed-on] [--unknown] [--verify RINGSIDE]

The files of a stream, in their order, or a folder of them; the zstd program decompresses them.
TRUTH holds what trigger-storm printed, a line for each time it ran. Prints one "ok" or "not ok"
line for each sum. With --unknown TRUTH is not read: how many there were, nobody knows. With --lost,
--limited and --sink it is known beforehand whether there have to be any; with --open, a file whose
successor is there may lack its footer, and its last frame its end; with --handed-on, it may have been closed; with --verify, `ringside verify`
has to come to the same end.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import read_records

ZSTD_MAGIC = bytes.fromhex("28b52ffd")
KIND = "seccomp_denial"


def read_file(path, unfinished=False):
    data = path.read_bytes()
    if data[:4] != ZSTD_MAGIC:
        return data
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=not unfinished).stdout


class Count:
    def __init__(self, paths, pids, unfinished):
        self.delivered = self.others = self.dropped = self.limited = self.sink = self.seq = 0
        self.header, self.footer, self.wrong = None, None, []
        self.footers = []
        for path in paths:
            records = list(read_records(read_file(path, unfinished)))
            self.begin(path, [r.WhichOneof("body") for r in records], records)
            for record in records:
                self.take(record, pids)
            last = records[-1]
            self.footers.append(last.footer.reason if last.HasField("footer") else None)

    def begin(self, path, kinds, records):
        """Each file is whole in itself: Header, Clock, the opening Counters."""
        header = records[0].header
        opening = next((r.counters for r in records if r.HasField("counters")), None)
        index = self.header.file_index + 1 if self.header else 0
        if kinds[:2] != ["header", "clock"] or set(kinds[2:kinds.index("counters")]) - {"lost", "limited"}:
            self.wrong.append(f"{path.name} begins with {kinds[:4]}")
        elif not opening.full or header.file_index != index or header.first_seq != self.seq + 1:
            self.wrong.append(f"{path.name} is file {header.file_index} from {header.first_seq} on")
        elif self.header and header.stream_id != self.header.stream_id:
            self.wrong.append(f"{path.name} is of another stream")

    def take(self, record, pids):
        body = record.WhichOneof("body")
        if record.seq != self.seq + 1:
            self.wrong.append(f"record {record.seq} comes after {self.seq}")
        self.seq = record.seq
        if body == "header":
            self.header = record.header
        elif body == KIND and record.seccomp_denial.process.pid in pids:
            self.delivered += 1
        elif body == KIND:
            self.others += 1
        elif body == "lost" and record.lost.kind == KIND and record.lost.reason == pb.Lost.SINK:
            self.sink += record.lost.count
        elif body == "lost" and record.lost.kind == KIND and record.lost.reason == pb.Lost.RING_FULL:
            self.dropped += record.lost.count
        elif body == "limited" and record.limited.kind == KIND:
            self.limited += record.limited.count
        elif body == "footer":
            self.footer = record.footer
            self.check(record.footer.probes, "the footer")
        elif body == "counters" and record.counters.probes:
            self.check(record.counters.probes, f"record {record.seq}")

    def check(self, probes, where):
        """What a reader that counts along knows, the record says too."""
        probe = next(p for p in probes if p.kind == KIND)
        said = (sum(c.written for c in probe.cpus), probe.lost_in_sink,
                sum(c.dropped for c in probe.cpus))
        if said != (self.delivered + self.others, self.sink, self.dropped):
            self.wrong.append(f"{where} says {said} written, lost in the output and dropped; "
                              f"counted {self.delivered + self.others, self.sink, self.dropped}")


def kernel_sums(footer):
    probe = next(p for p in footer.probes if p.kind == KIND)
    names = ("seen", "submitted", "limited", "dropped", "in_flight", "written")
    return probe, {n: sum(getattr(c, n) for c in probe.cpus) for n in names}


def judge_files(args, count):
    yield not count.wrong, "; ".join(count.wrong[:3]) or "each file is whole, and each set of sums right"
    rest = {"rotated"} | ({None} if args.open else set()) | ({"SIGTERM"} if args.handed_on else set())
    good = set(count.footers[:-1]) <= rest and count.footers[-1] not in {"rotated", None}
    yield good, f"the files end with: {', '.join(map(str, count.footers))}"


def judge(args, truth, count):
    probe, kernel = kernel_sums(count.footer)
    known = count.delivered + count.dropped + count.limited + count.sink
    missed = probe.missed_runs
    exact = probe.HasField("missed_runs") and not missed
    say = f"{truth['triggered']} triggered; {count.delivered} delivered + {count.limited} limited" \
          f" + {count.dropped} lost + {count.sink} not written = {known}; {missed} runs missed;" \
          f" {count.others} of others"
    # Others' denials can be among what was lost or limited, so these make a lower bound.
    closes = known == truth["triggered"] if exact and not count.others else \
        known <= truth["triggered"] + count.others and known + missed >= truth["triggered"]
    # Whose the events were that were not written, nobody can tell.
    if count.sink:
        closes = truth["triggered"] <= known + count.others == kernel["seen"]
    if not args.unknown:
        yield closes, f"the sums close: {say}"
    # A tier that misses denials has to have said so before: doctor shows what the Header says.
    spots = next((p.blind_spots for p in count.header.probes if p.kind == KIND), [])
    if probe.missed_runs:
        yield any("missed_runs" in spot for spot in spots), \
            f"runs can be missed, and the blind spots tell: {'; '.join(spots)}"
    yield kernel["seen"] == kernel["submitted"] + kernel["limited"] + kernel["dropped"], \
        f"the kernel's own sums close: {kernel}"
    yield kernel["in_flight"] == 0, "nothing is in flight at the end"
    yield kernel["submitted"] == count.delivered + count.others + count.sink, \
        "all that was submitted arrived, or is known not to have been written"
    yield kernel["dropped"] == count.dropped, "Lost records add up to dropped"
    yield kernel["limited"] == count.limited, "Limited records add up to limited"
    for name, want in (("lost", args.lost), ("limited", args.limited), ("sink", args.sink)):
        found = {"lost": count.dropped, "limited": count.limited, "sink": count.sink}[name]
        yield want in (None, "yes" if found else "no"), f"{found} {name}"


def verified(args, count):
    """`ringside verify` says the same: 4 with losses, else 0, and names what it may have missed."""
    run = subprocess.run([args.verify, "verify", *args.stream], capture_output=True, text=True,
                         check=False)
    want = 4 if count.dropped + count.sink else 0
    missed = kernel_sums(count.footer)[0].missed_runs
    named = not missed or f"{missed:,}" in run.stdout or str(missed) in run.stdout
    return run.returncode == want and named, f"verify exits with {run.returncode}: {run.stdout.strip()}"


def read_truth(path):
    runs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {"triggered": sum(run["triggered"] for run in runs),
            "pids": {pid for run in runs for pid in run["pids"]}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stream", type=Path, nargs="+")
    parser.add_argument("truth", type=Path)
    parser.add_argument("--lost", choices=["yes", "no"])
    parser.add_argument("--limited", choices=["yes", "no"])
    parser.add_argument("--sink", choices=["yes", "no"])
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--handed-on", action="store_true")
    parser.add_argument("--unknown", action="store_true")
    parser.add_argument("--verify", metavar="RINGSIDE")
    args = parser.parse_args()
    truth = {"triggered": 0, "pids": ()} if args.unknown else read_truth(args.truth)
    paths = [file for path in args.stream
             for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    count = Count(paths, truth["pids"], args.open)
    failed = 0
    checks = [*judge_files(args, count), *judge(args, truth, count)]
    if args.verify:
        checks.append(verified(args, count))
    for good, what in checks:
        print("ok - " + what if good else "not ok - " + what)
        failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
