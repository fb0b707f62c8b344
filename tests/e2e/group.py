#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is each victim of a large group kill told once, or said to be lost?

usage: group.py STREAM TRUTH
"""
import json
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import read_records

KIND = "oom_kill"


def judge(truth, records):
    kills = [r.oom_kill for r in records if r.WhichOneof("body") == KIND and
             r.oom_kill.victim.comm == truth["comm"]]
    lost = sum(r.lost.count for r in records if r.HasField("lost") and r.lost.kind == KIND and
               r.lost.reason in (pb.Lost.RING_FULL, pb.Lost.SINK))
    victims = {kill.victim.pid for kill in kills}
    yield len(victims) == len(kills), f"{len(kills)} told, each once: {len(victims)} processes"
    yield kills and len(kills) + lost >= truth["killed"] >= len(kills), \
        f"{truth['killed']} killed: {len(kills)} told, {lost} said to be lost"
    yield len({kill.kill_id for kill in kills}) == 1 and all(kill.oom_group for kill in kills), \
        f"all of one kill, of a group: {sorted({kill.kill_id for kill in kills})[:4]}"
    numbers = [kill.victim_number for kill in kills]
    yield numbers == sorted(set(numbers)), "their numbers rise"


def main():
    records = list(read_records(Path(sys.argv[1]).read_bytes()))
    truth = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    checks = list(judge(truth, records))
    for good, what in checks:
        print("ok - " + what if good else "not ok - " + what)
    return 0 if all(good for good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
