#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the files of case-record.sh have to say. Read by the zstd program and Python's protobuf.

usage: recordings.py retained FOLDER       the oldest files went, and the rest says how much that was
       recordings.py full FILE LOG         a full disk: whole up to it, and the log counts the rest
       recordings.py killed FOLDER COUNT RINGSIDE
                                           COUNT streamers killed in a storm; what RINGSIDE makes
                                           of the files
       recordings.py cut COPY FILE TRUTH CODE
                                           cut short in a storm: what neither the copy nor the file has
                                           is a gap between them, or counted; CODE is verify's
       recordings.py followed FOLDER LINES what follow.py has seen of them
"""
import json
import multiprocessing
import re
import subprocess
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import Bad, read_records, read_varint
from sums import read_file

EVENTS = ("oom_kill", "seccomp_denial")
ZSTD_MAGIC = bytes.fromhex("28b52ffd")
# What a crash may cost (FORMAT.md), besides the time in which the machine did not let it run.
KILL_LOSES_NANO = 300_000_000
# The same for a follower.
LINE_AFTER_NANO = 300_000_000


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


def read_killed(data, said, moment):
    """What is wrong with it, or how many ns are missing at its end; and how many events it has."""
    whole = whole_part(data)
    seq, nano, counts = 0, 0, {}
    for record in read_records(whole):
        body = record.WhichOneof("body")
        if record.seq != seq + 1:
            return f"record {record.seq} after {seq}", 0
        seq, nano = record.seq, max(nano, record.boottime_nano)
        if body in EVENTS:
            key = (body, record.cpu_sums.cpu)
            counts[key] = counts.get(key, 0) + 1
        elif body == "counters":
            wrong = check_sums(record, counts)
            if wrong:
                return wrong, 0
    if not seq:
        return f"nothing in it: {said}", 0
    if len(whole) != len(data):
        return f"{len(data) - len(whole)} bytes of half a record", 0
    events = sum(counts.values())
    # Where events came until the end. The storm needs a moment to begin.
    return moment - nano if events > 1000 else 0, events


def salvage(path, data, events, ringside):
    """What `ringside` makes of the file, in which is @data: None, or what is wrong with that."""
    def run(*words):
        return subprocess.run([ringside, *words], capture_output=True, check=False)

    repaired = path.with_suffix(".repaired")
    read = run("cat", "-o", "pb", path)
    if read.stdout != data:
        return f"cat gives {len(read.stdout)} bytes, zstd -dc {len(data)}"
    verified = run("verify", path)
    # What is missing is the end: a frame's, between two of its blocks or within one.
    if verified.returncode != 3 or not re.search(rb"without a Footer|cut inside", verified.stdout):
        return f"verify exits with {verified.returncode}: {verified.stdout} {verified.stderr}"
    mended = run("repair", path, "-w", repaired)
    verified = run("verify", repaired)
    if mended.returncode or verified.returncode != 4:
        return f"repair exits with {mended.returncode}, verify then with {verified.returncode}: " \
               f"{verified.stdout} {verified.stderr}"
    saved = decompress(repaired)[0] if repaired.read_bytes()[:4] == ZSTD_MAGIC else repaired.read_bytes()
    repaired.unlink()
    # What begins with all of it has these events, and is not read twice.
    known, rest = (events, saved[len(data):]) if saved.startswith(data) else (0, saved)
    kept = known + sum(record.WhichOneof("body") in EVENTS for record in read_records(rest))
    return None if kept == events else f"of {events} events repair keeps {kept}"


def judge_killed(folder, i, ringside):
    """When it was killed, what read_killed() says, and what salvage()."""
    path, moment = folder / f"{i}.pb.zst", json.loads((folder / f"{i}.moment").read_text())
    data, _, said = decompress(path)
    answer, events = read_killed(data, said, moment["boottime_nano"])
    return moment, answer, salvage(path, data, events, ringside)


def killed(folder, count, ringside):
    wrong, mended, late, lost = [], [], [], [0]
    with multiprocessing.Pool() as pool:  # one for each CPU
        numbers = range(1, int(count) + 1)
        judged = pool.starmap(judge_killed, [(folder, i, ringside) for i in numbers], chunksize=1)
    for i, (moment, answer, salvaged) in zip(numbers, judged):
        if salvaged:
            mended.append(f"{i}: {salvaged}")
        if isinstance(answer, str):
            wrong.append(f"{i}: {answer}")
            continue
        lost.append(answer)
        if answer > KILL_LOSES_NANO + moment["waited_nano"]:
            late.append(f"{i}: {answer / 1e6:.0f} ms are missing, of which the streamer waited "
                        f"{moment['waited_nano'] / 1e6:.0f} for a CPU")
    yield not wrong, "; ".join(wrong[:5]) or f"{count} killed recordings can be read, and nothing in them is wrong"
    yield not mended, "; ".join(mended[:5]) or f"cat, verify, repair and verify again come to the right end, {count} times"
    lost.sort()
    yield not late, "; ".join(late[:5]) or \
        f"half end within {lost[len(lost) // 2] / 1e6:.0f} ms of the kill, all within {lost[-1] / 1e6:.0f} ms"


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


def followed(folder, lines):
    who, *seen, last = map(json.loads, Path(lines).read_text().splitlines())
    files = sorted(folder.iterdir())
    there = [r.seq for file in files for r in read_records(decompress(file)[0]) if r.WhichOneof("body") in EVENTS]
    seqs = [line["seq"] for line in seen]
    lonely = [line["late_nano"] for line in seen if line["lonely"]]
    late = max(lonely, default=0)
    yield who["uid"] != "0" and int(who["caps"], 16) == 0, f"user {who['uid']}, capabilities {who['caps']}"
    yield len(there) > 40000 and len(files) > 3 and seqs == there, \
        f"{len(seqs)} lines, {len(there)} events in {len(files)} files"
    yield len(lonely) >= 10 and late <= LINE_AFTER_NANO + last["waited_nano"], \
        f"{len(lonely)} single events are there after {late / 1e6:.0f} ms at most"


def cut(copy, file, truth, code):
    # the copy may end within a record
    before = list(read_records(whole_part(read_file(copy, True))))
    after = list(read_records(read_file(file)))
    header, footer = after[0].header, after[-1].footer
    gap = header.first_seq - before[-1].seq - 1
    there = [r for r in before + after if r.WhichOneof("body") == "seccomp_denial"]
    lost = sum(r.lost.count for r in before + after if r.WhichOneof("body") == "lost" and r.lost.kind == "seccomp_denial")
    total = next(t for t in footer.totals if t.kind == "seccomp_denial")
    triggered = sum(json.loads(line)["triggered"] for line in Path(truth).read_text().splitlines())
    say = f"{triggered} triggered; {total.written} written, {lost} lost; {len(there)} are there, {gap} records between"
    yield header.file_index == 1 and after[0].seq == header.first_seq and gap >= 0, \
        f"the file begins anew with file {header.file_index}, {gap} records behind the copy"
    yield [r.seq for r in after] == list(range(after[0].seq, after[-1].seq + 1)), "no number is missing in it"
    # others' denials are in the sums too; what is in the gap need not be an event
    yield total.written + total.lost >= triggered and 0 <= total.written - len(there) <= gap and \
        total.lost - lost <= gap, say
    want = {3} if gap else {4} if lost else {0}
    yield int(code) in want, f"verify of both exits with {code}"


def full(file, log):
    data, content, said = decompress(file)
    records = list(read_records(data))
    events = sum(record.WhichOneof("body") in EVENTS for record in records)
    text = log.read_text(encoding="utf-8")
    told = re.search(r"([\d,]+) events? written, [\d,]+ limited, ([\d,]+) lost", text)
    yield len(whole_part(data)) == len(data) and events > 0, f"{len(records)} whole records, {said or 'and zstd is content'}"
    yield content or "premature" in said.lower() or "unfinished" in said.lower() or "truncated" in said.lower(), \
        f"zstd says: {said or 'nothing'}"
    yield bool(told) and int(told[1].replace(",", "")) == events, f"{events} events are there, the log says: {told and told[0]}"
    yield "whole record" in text, "the log says how it ends"


def main():
    mode, path, *rest = sys.argv[1:]
    checks = {"killed": killed, "retained": retained, "full": full, "followed": followed, "cut": cut}[mode]
    rest = [Path(r) if mode in {"full", "cut"} and not r.isdigit() else r for r in rest]
    for good, what in checks(Path(path), *rest):
        print(f"{'ok' if good else 'not ok'} - {mode}: {what}")


if __name__ == "__main__":
    main()
