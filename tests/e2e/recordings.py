#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the files of case-record.sh have to say. Read by the zstd program and Python's protobuf.

usage: recordings.py retained FOLDER       the oldest files went, and the rest says how much that was
       recordings.py full FILE LOG         a full disk: whole up to it, and the log counts the rest
       recordings.py killed FOLDER COUNT   COUNT streamers killed in a storm
"""
import re
import subprocess
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import Bad, read_records, read_varint

EVENTS = ("oom_kill", "seccomp_denial")
# 200 ms between flushes; the rest is for the machine, and for /proc/uptime, which has 10 ms. In a
# storm of more tasks than CPUs the streamer may have to wait for its turn.
KILL_LOSES_NANO = 300_000_000
KILL_MAY_LOSE_NANO = 1_000_000_000


def decompress(path):
    """What zstd makes of it, and whether it is content."""
    run = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=False)
    return run.stdout, run.returncode == 0, run.stderr.decode().strip()


def whole_part(data):
    """Up to the last whole record."""
    at = 0
    while at < len(data):
        try:
            size, begin = read_varint(data, at)
        except (Bad, IndexError):
            break
        if begin + size > len(data):
            break
        at = begin + size
    return data[:at]


def check_sums(record, counts):
    """Sums of what is written are right at every Counters: what is there, is all there."""
    for probe in record.counters.probes:
        for cpu in probe.cpus:
            if cpu.written != counts.get((probe.kind, cpu.cpu), 0):
                return f"record {record.seq}: {cpu.written} of {probe.kind} on CPU {cpu.cpu} written, " \
                       f"{counts.get((probe.kind, cpu.cpu), 0)} are there"
    return None


def read_killed(path, uptime):
    """What is wrong with it, or how many ns are missing at its end."""
    data, _, said = decompress(path)
    whole = whole_part(data)
    seq, nano, counts = 0, 0, {}
    for record in read_records(whole):
        body = record.WhichOneof("body")
        if record.seq != seq + 1:
            return f"record {record.seq} after {seq}"
        seq, nano = record.seq, max(nano, record.boottime_nano)
        if body in EVENTS:
            key = (body, record.cpu_sums.cpu)
            counts[key] = counts.get(key, 0) + 1
        elif body == "counters":
            wrong = check_sums(record, counts)
            if wrong:
                return wrong
    if not seq:
        return f"nothing in it: {said}"
    if len(whole) != len(data):
        return f"{len(data) - len(whole)} bytes of half a record"
    # Where events came until the end. The storm needs a moment to begin.
    return uptime - nano if sum(n for (kind, _), n in counts.items() if kind == EVENTS[1]) > 1000 else 0


def killed(folder, count):
    wrong, lost = [], []
    for i in range(1, int(count) + 1):
        uptime = int(float((folder / f"{i}.uptime").read_text()) * 1e9)
        answer = read_killed(folder / f"{i}.pb.zst", uptime)
        if isinstance(answer, str):
            wrong.append(f"{i}: {answer}")
        else:
            lost.append(answer)
    yield not wrong, "; ".join(wrong[:5]) or f"{count} killed recordings can be read, and nothing in them is wrong"
    late = sum(nano > KILL_LOSES_NANO for nano in lost)
    yield late <= len(lost) // 20 and max(lost, default=0) < KILL_MAY_LOSE_NANO, \
        f"{len(lost) - late} of {len(lost)} end within 300 ms of the kill, all within {max(lost, default=0) / 1e6:.0f} ms"


def retained(folder):
    files = sorted(folder.iterdir())
    lost, events, footer = 0, 0, None
    for file in files:
        for record in read_records(decompress(file)[0]):
            body = record.WhichOneof("body")
            events += body in EVENTS
            if body == "lost" and record.lost.reason == pb.Lost.RETENTION:
                lost += record.lost.count
            if body == "footer":
                footer = record.footer
    written = sum(total.written for total in footer.totals)
    yield 1 < len(files) < footer.records, f"{len(files)} files are left"
    yield lost > 0 and events < written and lost + events <= written, \
        f"{written} events were written, {events} are left, {lost} are told to be deleted"


def full(file, log):
    data, content, said = decompress(file)
    records = list(read_records(data))
    events = sum(record.WhichOneof("body") in EVENTS for record in records)
    text = log.read_text(encoding="utf-8")
    told = re.search(r"(\d+) events written, \d+ limited, (\d+) lost", text)
    yield len(whole_part(data)) == len(data) and events > 0, f"{len(records)} whole records, {said or 'and zstd is content'}"
    yield content or "premature" in said.lower() or "unfinished" in said.lower() or "truncated" in said.lower(), \
        f"zstd says: {said or 'nothing'}"
    yield bool(told) and int(told[1]) == events, f"{events} events are there, the log says: {told and told[0]}"
    yield "whole record" in text, "the log says how it ends"


def main():
    mode, path, *rest = sys.argv[1:]
    checks = {"killed": killed, "retained": retained, "full": full}[mode]
    rest = [Path(r) if mode == "full" else r for r in rest]
    for good, what in checks(Path(path), *rest):
        print(f"{'ok' if good else 'not ok'} - {mode}: {what}")


main()
