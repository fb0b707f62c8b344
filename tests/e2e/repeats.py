#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Of each kind of denial as many as trigger-repeats made? Counted by Python's protobuf.

usage: repeats.py STREAM TRUTH

Delivered and limited ones are taken together. Runs that the kernel missed may be lacking. Prints one "ok"
or "not ok" line for each kind.
"""
import json
import sys
from collections import Counter
from pathlib import Path

import ringside_pb2 as pb
from judge import read_records


def kind_of(denial, truth):
    action = pb.SeccompAction.Name(denial.action).removeprefix("SECCOMP_RET_")
    return (denial.syscall_number, action, denial.error_number,
            denial.container.cgroup_path == truth["cgroup"])


def main():
    stream, truth = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    known, delivered, limited, missed = Counter(), 0, 0, 0
    for record in read_records(stream.read_bytes()):
        if record.HasField("seccomp_denial") and record.seccomp_denial.process.pid in truth["pids"]:
            known[kind_of(record.seccomp_denial, truth)] += 1
            delivered += 1
        elif record.HasField("limited") and record.limited.kind == "seccomp_denial":
            held = record.limited
            known[kind_of(held, truth)] += held.count
            limited += held.count
        elif record.HasField("footer"):
            missed = next(p.missed_runs for p in record.footer.probes if p.kind == "seccomp_denial")
    good = limited > 10 * delivered > 0
    print(f"{'ok' if good else 'not ok'} - {delivered} delivered, {limited} limited")
    for kind in truth["counts"]:
        found = known[kind["nr"], kind["action"], kind["error"], kind["moved"]]
        good = kind["count"] - missed <= found <= kind["count"]
        where = " in another cgroup" if kind["moved"] else ""
        print(f"{'ok' if good else 'not ok'} - call {kind['nr']}, {kind['action']}, error {kind['error']}{where}:"
              f" {kind['count']} made, {found} known; {missed} runs missed")
    print(f"{'ok' if sum(known.values()) <= truth['triggered'] else 'not ok'} - and none besides")


if __name__ == "__main__":
    main()
