#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the rows of BPF objects say what the kernel said of the same programs and maps?

usage: bpf.py --runs COUNT [--no-tool] STREAM TRUTH

TRUTH holds what trigger-bpf printed of those it made; {before,after}.{programs,maps} beside it hold what bpftool
said of all. Prints one "ok" or "not ok" line for each thing looked at.
"""
import argparse
import json
import sys
from pathlib import Path

from judge import read_records

KIND = "bpf_object"
PROGRAM_FIELDS = ("tag", "instructions", "jited_bytes", "verified_instructions")
MAP_FIELDS = ("key_bytes", "value_bytes", "max_entries", "flags", "entries")
ALWAYS_FULL = (2, 6, 3, 4, 8, 12)  # arrays of all sorts have no number of entries
UNCOUNTED = (7, 14, 15, 16, 18, 20, 30)  # nor have these; see BpfMap
COUNTED_ALWAYS = (11, 22, 23, 27, 31)
LAZY = 1  # BPF_F_NO_PREALLOC
NAME = 15  # of an object, without its function's


def sets_of(records):
    """The objects of each set of Counters."""
    for record in records:
        if not record.HasField("counters"):
            continue
        rows = {("program" if row.bpf_object.HasField("program") else "map", row.bpf_object.id): row
                for row in record.counters.rows if row.kind == KIND}
        if record.counters.part > 1:
            last[0].update(rows)
            continue
        last = (rows, record.counters.full)
        yield last


def states_of(sets):
    """Everything there was, as it was said last."""
    now = {}
    for rows, full in sets:
        now = dict(rows) if full else {**now, **rows}
        now = {key: row for key, row in now.items() if not row.bpf_object.unloaded}
        yield now


def told_gone(sets):
    """Of those that others unloaded meanwhile nothing is known."""
    return {key for rows, _ in sets for key, row in rows.items() if row.bpf_object.unloaded}


def release(text):
    major, minor = text.split(".")[:2]
    return int(major), int("".join(c for c in minor if c.isdigit()))


def value(message, name):
    return getattr(message, name) if message.HasField(name) else None


def differences(truth, row, kernel):
    """What the row says otherwise than the descriptor's fdinfo."""
    got = row.bpf_object
    part = got.program if truth["object"] == "program" else got.map
    want = {"type": truth["type"], "name": truth["name"] or None}
    seen = {"type": got.type, "name": value(got, "name")}
    # fdinfo has told what a map takes since 6.4, and a rough figure before
    if kernel >= (6, 4) or truth["object"] == "program":
        want["memory_bytes"], seen["memory_bytes"] = truth["memory_bytes"], value(got, "memory_bytes")
    for name in PROGRAM_FIELDS if truth["object"] == "program" else MAP_FIELDS:
        want[name], seen[name] = truth[name] if truth[name] != -1 else None, value(part, name)
    if truth["object"] == "map" and not is_counted(truth, kernel):
        want["entries"] = None
    if truth["object"] == "map" and truth["type"] == 18 and seen["memory_bytes" if kernel >= (6, 4) else "type"] is None:
        want["memory_bytes"] = None  # sockhash: absent
    return [f"{name} {seen[name]}, not {want[name]}" for name in want if seen[name] != want[name]]


def is_counted(truth, kernel):
    if truth["type"] in ALWAYS_FULL + UNCOUNTED:
        return False
    return truth["type"] in COUNTED_ALWAYS or truth["flags"] & LAZY or kernel >= (6, 6)


def holders(states, key):
    """In how many processes they are, at least: bpftool holds each object for the moment in which it looks at it, which
    may be the streamer's, too."""
    counts = [state[key].bpf_object.holder.processes for state in states if key in state]
    return min(counts) if max(counts, default=3) <= 2 else None


def judge_known(truths, states, state, kernel):
    for truth in truths:
        row = state.get((truth["object"], truth["id"]))
        wrong = differences(truth, row, kernel) if row is not None else ["there is no row"]
        holder = row.bpf_object.holder if row is not None else None
        if row is not None and (holder.pid, holder.comm) != (truth["pid"], truth["comm"]):
            wrong.append(f"holder {holder.pid} {holder.comm}")
        if row is not None and holders(states, (truth["object"], truth["id"])) != 1:
            wrong.append(f"holder.processes {holder.processes}")
        if row is not None and row.container.cgroup_path != truth["cgroup"]:
            wrong.append(f"cgroup {row.container.cgroup_path}")
        if row is not None and row.bpf_object.own:
            wrong.append("it is not the streamer's")
        yield not wrong, f"{truth['object']} {truth['name'] or '(no name)'}: {'; '.join(wrong) or 'as it was made'}"


def tool_objects(folder, when):
    """bpftool's, in our words."""
    for p in json.loads((folder / f"{when}.programs").read_text(encoding="utf-8")):
        yield ("program", p["id"]), {
            "type_name": p["type"], "name": p.get("name"), "uid": p["uid"], "memory_bytes": p["bytes_memlock"],
            "tag": p["tag"], "instructions": p["bytes_xlated"] // 8, "jited_bytes": p.get("bytes_jited")}
    for m in json.loads((folder / f"{when}.maps").read_text(encoding="utf-8")):
        yield ("map", m["id"]), {
            "type_name": m["type"], "name": m.get("name"), "flags": m["flags"], "key_bytes": m["bytes_key"],
            "value_bytes": m["bytes_value"], "max_entries": m["max_entries"], "memory_bytes": m["bytes_memlock"]}


def tool_differences(want, row, kernel):
    got = row.bpf_object
    part = got.program if got.HasField("program") else got.map
    for name, wanted in want.items():
        holds = got if name in ("type_name", "name", "uid", "memory_bytes") else part
        seen = value(holds, name)
        if name == "name":
            seen, wanted = (seen or "")[:NAME], (wanted or "")[:NAME]
        if name == "memory_bytes" and (seen is None or (kernel < (6, 4) and not got.HasField("program"))):
            continue  # absent; or bpftool's is the rough figure
        if seen != wanted:
            yield f"{name} {seen}, not {wanted}"


def judge_tool(folder, state, kernel):
    before, after = (dict(tool_objects(folder, when)) for when in ("before", "after"))
    both = {key: after[key] for key in before if after.get(key) == before[key]}
    wrong = [f"{key}: " + "; ".join(tool_differences(want, state[key], kernel)) if key in state else f"{key}: no row"
             for key, want in both.items()
             if key not in state or any(tool_differences(want, state[key], kernel))]
    yield len(both) > 30 and not wrong, f"{len(both)} objects as bpftool says: {'; '.join(wrong[:5]) or 'all'}"
    gone = [key for key in state if key not in before and key not in after]
    yield len(gone) < 30, f"{len(state)} rows, of which bpftool does not know {len(gone)}"


def judge_runs(folder, state):
    """They go on: no fewer than before, and of those that do not run the same."""
    before, after = ({p["id"]: (p.get("run_cnt", 0), p.get("run_time_ns", 0))
                      for p in json.loads((folder / f"{when}.programs").read_text(encoding="utf-8"))}
                     for when in ("before", "after"))
    seen = {key[1]: (row.bpf_object.program.runs, row.bpf_object.program.run_time_nano)
            for key, row in state.items() if key[0] == "program" and key[1] in before and key[1] in after}
    wrong = [i for i, runs in seen.items() if runs < before[i] or (before[i] == after[i] and runs[0] > after[i][0] + 9)]
    ran = sum(1 for runs in before.values() if runs[0])
    yield ran > 1 and not wrong, f"of {len(seen)} programs {ran} have run, as often as bpftool says: {wrong or 'all'}"


def judge_own(records, state, kernel):
    own = [row for row in state.values() if row.bpf_object.own]
    names = {row.bpf_object.name for row in own}
    yield {"rs_oom_signal", "rs_bulk", "rs_bpf_holders"} <= names and all(n.startswith("rs_") for n in names), \
        f"{len(own)} objects are the streamer's own"
    costs = [r.counters.cost for r in records if r.HasField("counters") and r.counters.part == 1]
    cpu = [c.user_cpu_nano + c.system_cpu_nano for c in costs]
    yield all(a <= b for a, b in zip(cpu, cpu[1:])) and cpu[0] > 0, f"its CPU time: {cpu[0]} to {cpu[-1]} ns"
    maps = sum(row.bpf_object.memory_bytes for row in own if row.bpf_object.HasField("map"))
    said = costs[-1].map_bytes
    yield costs[-1].anonymous_bytes > 1 << 20 and (said == maps or kernel < (6, 4)), \
        f"it takes {costs[-1].anonymous_bytes} bytes, its maps {said} by fdinfo, {maps} by their rows"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int)
    parser.add_argument("--no-tool", action="store_true", help="there is no bpftool on that machine")
    parser.add_argument("stream", type=Path)
    parser.add_argument("truth", type=Path)
    args = parser.parse_args()
    records = list(read_records(args.stream.read_bytes()))
    truths = [json.loads(line) for line in args.truth.read_text(encoding="utf-8").splitlines()]
    kernel = release(records[0].header.kernel_release)
    sets = list(sets_of(records))
    states = list(states_of(sets))
    program = ("program", truths[0]["id"])
    state = [s for s in states if program in s][-1]
    probe = next(p for p in records[0].header.probes if p.kind == KIND)
    checks = [("ITERATOR" in str(probe) and probe.blind_spots and probe.cost, f"the header has {KIND} by {', '.join(probe.hooks)}"),
              (not any(p.kind == KIND for r in records if r.HasField("counters") for p in r.counters.probes),
               "a probe without events has no sums of them"),
              (len(truths) > 25 or kernel < (5, 16), f"{len(truths)} objects were made"),
              (told_gone(sets) >= {(t["object"], t["id"]) for t in truths}, "when they were unloaded that is said of each"),
              (program not in states[-1] and sets[-1][1] and states[-1], "the last set is full, and does not have them"),
              (min(len(rows) for rows, full in sets if not full) < len(state) / 2, "what did not change is not said again")]
    checks += judge_known(truths, states, state, kernel)
    counted = state[program].bpf_object.program
    if kernel < (5, 19):
        checks.append((not counted.HasField("runs") and not counted.HasField("recursion_misses"), "runs are absent"))
    else:
        checks.append((counted.runs == args.runs and counted.run_time_nano > 0, f"{counted.runs} runs in {counted.run_time_nano} ns"))
    if not args.no_tool:
        checks += judge_tool(args.truth.parent, state, kernel)
    if not args.no_tool and kernel >= (5, 19):
        checks += judge_runs(args.truth.parent, state)
    checks += judge_own(records, states[-1], kernel)
    for good, what in checks:
        print("ok - " + what if good else "not ok - " + what)
    return 0 if all(good for good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
