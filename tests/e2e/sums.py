#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the sums of a storm close? Counted by Python's protobuf, not by our reader.

usage: sums.py STREAM TRUTH [--lost yes|no] [--limited yes|no] [--verify RINGSIDE]

TRUTH holds what trigger-storm printed. Prints one "ok" or "not ok" line for each sum. With
--lost and --limited it is known beforehand whether there have to be any; with --verify,
`ringside verify` has to come to the same end.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import read_records

KIND = "seccomp_denial"


class Count:
    def __init__(self, path, pids):
        self.delivered = self.others = self.dropped = self.limited = 0
        self.header, self.footer = None, None
        for record in read_records(path.read_bytes()):
            self.take(record, pids)

    def take(self, record, pids):
        body = record.WhichOneof("body")
        if body == "header":
            self.header = record.header
        elif body == KIND and record.seccomp_denial.process.pid in pids:
            self.delivered += 1
        elif body == KIND:
            self.others += 1
        elif body == "lost" and record.lost.kind == KIND:
            self.dropped += record.lost.count
        elif body == "limited" and record.limited.kind == KIND:
            self.limited += record.limited.count
        elif body == "footer":
            self.footer = record.footer


def kernel_sums(footer):
    probe = next(p for p in footer.probes if p.kind == KIND)
    names = ("seen", "submitted", "limited", "dropped", "in_flight", "written")
    return probe, {n: sum(getattr(c, n) for c in probe.cpus) for n in names}


def judge(args, truth, count):
    probe, kernel = kernel_sums(count.footer)
    known = count.delivered + count.dropped + count.limited
    missed = probe.missed_runs
    exact = probe.HasField("missed_runs") and not missed
    say = f"{truth['triggered']} triggered; {count.delivered} delivered + {count.limited} limited" \
          f" + {count.dropped} lost = {known}; {missed} runs missed; {count.others} of others"
    # Others' denials can be among what was lost or limited, so these make a lower bound.
    closes = known == truth["triggered"] if exact and not count.others else \
        known <= truth["triggered"] + count.others and known + missed >= truth["triggered"]
    yield closes, f"the sums close: {say}"
    yield kernel["seen"] == kernel["submitted"] + kernel["limited"] + kernel["dropped"], \
        f"the kernel's own sums close: {kernel}"
    yield kernel["in_flight"] == 0, "nothing is in flight at the end"
    yield kernel["submitted"] == count.delivered + count.others, "all that was submitted arrived"
    yield kernel["dropped"] == count.dropped, "Lost records add up to dropped"
    yield kernel["limited"] == count.limited, "Limited records add up to limited"
    for name, want in (("lost", args.lost), ("limited", args.limited)):
        found = count.dropped if name == "lost" else count.limited
        yield want in (None, "yes" if found else "no"), f"{found} {name}"


def verified(args, count):
    """`ringside verify` says the same: 4 with losses, else 0, and names what it may have missed."""
    run = subprocess.run([args.verify, "verify", args.stream], capture_output=True, text=True,
                         check=False)
    want = 4 if count.dropped else 0
    missed = kernel_sums(count.footer)[0].missed_runs
    named = not missed or f"{missed:,}" in run.stdout or str(missed) in run.stdout
    return run.returncode == want and named, f"verify exits with {run.returncode}: {run.stdout.strip()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stream", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--lost", choices=["yes", "no"])
    parser.add_argument("--limited", choices=["yes", "no"])
    parser.add_argument("--verify", metavar="RINGSIDE")
    args = parser.parse_args()
    truth = json.loads(args.truth.read_text(encoding="utf-8"))
    count = Count(args.stream, set(truth["pids"]))
    failed = 0
    checks = list(judge(args, truth, count))
    if args.verify:
        checks.append(verified(args, count))
    for good, what in checks:
        print("ok - " + what if good else "not ok - " + what)
        failed += not good
    return 1 if failed else 0


sys.exit(main())
