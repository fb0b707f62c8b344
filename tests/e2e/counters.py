#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do counters say what trigger-storm did, to the last denial, whoever reads them?

usage: counters.py storm|loop STREAM TRUTH      a recording, read by Python's protobuf
       counters.py metrics|check ANSWERS TRUTH  what ask.py got of `ringside serve` of it

TRUTH holds what trigger-storm printed, a line for each cgroup: of "storm", with --pin. Only rows of
its cgroups are looked at: others may make denials on this machine, too. Prints one "ok" or
"not ok" line for each thing looked at.
"""
import collections
import errno
import json
import re
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import read_records
from sums import KIND, kernel_sums, read_file

GROWING = 3  # sets that have to have been seen while the counts grew


def read_truth(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rows_of(storms):
    """What there has to be, by cgroup, call and errno."""
    return {(storm["cgroup"], row["nr"], row["error_number"]): row["count"]
            for storm in storms for row in storm["rows"]}


def rows_of_loops(storms):
    """The same where each task went on in a new cgroup: its calls take the pairs in turn."""
    expected = collections.Counter()
    for storm in storms:
        pairs = [(row["nr"], row["error_number"]) for row in storm["rows"]]
        for pid in storm["pids"]:
            for i in range(storm["count"]):
                path = f"{storm['cgroup']}/{pid}-{i // storm['per_cgroup']}"
                expected[path, *pairs[i % len(pairs)]] += 1
    return dict(expected)


class Growth:
    """Values by key, as they come one reading after the other."""

    def __init__(self, expected):
        self.expected, self.now, self.wrong = expected, {}, []
        self.totals = []

    def take(self, values):
        for key, value in values.items():
            before = self.now.get(key, 0)
            if value < before:
                self.wrong.append(f"{key} fell from {before} to {value}")
            if value > self.expected.get(key, 0):
                self.wrong.append(f"{key} is {value}, above {self.expected.get(key, 0)}")
        self.now.update(values)
        self.totals.append(sum(self.now.values()))

    def checks(self, what):
        total = sum(self.expected.values())
        between = {t for t in self.totals if 0 < t < total}
        yield not self.wrong, "; ".join(self.wrong[:3]) or \
            f"in {len(self.totals)} {what} no value fell, and none was above the truth"
        yield len(between) >= GROWING, f"{len(between)} different ones of them while they grew"
        yield same(self.now, self.expected, "the last values")


def same(got, expected, what):
    wrong = [f"{key}: {got.get(key)}, not {expected.get(key)}"
             for key in sorted({*got, *expected}) if got.get(key) != expected.get(key)]
    return not wrong, f"{what} are {sum(got.values())} in {len(got)} rows, exactly" if not wrong else \
        f"{what} are {sum(got.values())}, not {sum(expected.values())}; " \
        f"{len(wrong)} rows are wrong: {'; '.join(wrong[:3])}"


class Stream:
    """The rows below some cgroups, set by set, and the events."""

    def __init__(self, path, cgroups, may_leave=False):
        self.cgroups, self.paths, self.may_leave = tuple(cgroups), {}, may_leave
        self.sets = []  # of each: is it full; (count, limited) by path, call and errno; the sums
        self.delivered, self.limited = collections.Counter(), collections.Counter()
        self.footer = None
        for record in read_records(read_file(path)):
            self.take(record)

    def path(self, container):
        if container.cgroup_path:
            self.paths[container.cgroup_id] = container.cgroup_path
        return self.paths.get(container.cgroup_id)

    def is_ours(self, container):
        return self.path(container) in self.cgroups or (self.path(container) or "").startswith(
            tuple(cgroup + "/" for cgroup in self.cgroups))

    def key(self, of):
        return self.path(of.container), of.syscall_number, of.error_number

    def take(self, record):
        body = record.WhichOneof("body")
        if body == KIND and self.is_ours(record.seccomp_denial.container):
            self.delivered[self.key(record.seccomp_denial)] += 1
        elif body == "limited" and record.limited.kind == KIND and self.is_ours(record.limited.container):
            self.limited[self.key(record.limited)] += record.limited.count
        elif body == "counters":
            self.take_set(record.counters)
        elif body == "footer":
            self.footer = record.footer

    def take_set(self, counters):
        if counters.part == 1:
            self.sets.append((counters.full, {}, counters.probes))
        rows = self.sets[-1][1]
        for row in counters.rows:
            if row.kind != KIND or not self.is_ours(row.container):
                continue
            key = self.key(row)
            if key in rows or row.action != pb.SECCOMP_RET_ERRNO:
                raise ValueError(f"a row twice, or none of ours: {row}")
            rows[key] = (row.count, row.limited)

    def last_full(self):
        return next(rows for full, rows, _ in reversed(self.sets) if full)

    def growth(self, expected):
        growth = Growth(expected)
        for full, rows, _ in self.sets:
            if full and not self.may_leave and growth.now.keys() - rows.keys():
                growth.wrong.append("a full set is without a row that there was")
            growth.take({key: count for key, (count, _) in rows.items()})
        return growth


def all_triggered(expected, storms):
    triggered = sum(storm["triggered"] for storm in storms)
    return sum(expected.values()) == triggered, f"{triggered} denials were triggered"


def nothing_missed(stream):
    probe, _ = kernel_sums(stream.footer)
    return probe.overflow == 0 and not probe.missed_runs, \
        f"{probe.overflow} without a row, {probe.missed_runs} runs missed"


def judge_sums(stream, expected, cpus):
    """count = delivered + limited + lost, and of each CPU what its tasks did."""
    probe, kernel = kernel_sums(stream.footer)
    last = stream.last_full()
    away = {key: count - stream.delivered[key] - stream.limited[key] for key, (count, _) in last.items()}
    lost = sum(away.values())
    # Which rows lost what is not told, only of which CPU.
    yield min(away.values(), default=-1) >= 0 and lost <= kernel["dropped"], \
        f"{sum(stream.delivered.values())} delivered + {sum(stream.limited.values())} limited + {lost} of " \
        f"{kernel['dropped']} lost are the {sum(expected.values())} of the rows"
    wrong = [key for key, (_, limited) in last.items() if limited != stream.limited[key]]
    yield not wrong, f"{len(wrong)} rows were limited otherwise than their Limited records say"
    seen = {cpu.cpu: cpu.seen for cpu in probe.cpus}
    yield len(seen) > 1 and all(seen.get(cpu, 0) >= count for cpu, count in cpus.items()), \
        f"by CPU {seen} were seen; pinned there: {dict(cpus)}"
    yield nothing_missed(stream)


def sums_never_fall(stream):
    before, wrong = {}, []
    for _, _, probes in stream.sets:
        now = {cpu.cpu: cpu.seen for probe in probes if probe.kind == KIND for cpu in probe.cpus}
        wrong += [f"CPU {cpu}: {before[cpu]}, then {now.get(cpu)}" for cpu in before
                  if now.get(cpu, 0) < before[cpu]]
        before = now
    return not wrong, "; ".join(wrong[:3]) or "no sum of a CPU fell"


def judge_storm(path, storms):
    expected = rows_of(storms)
    stream = Stream(path, {storm["cgroup"] for storm in storms})
    cpus = collections.Counter()
    for storm in storms:
        for cpu in storm["cpus"]:
            cpus[cpu] += storm["count"]
    yield all_triggered(expected, storms)
    yield from stream.growth(expected).checks("sets")
    yield same({key: count for key, (count, _) in stream.last_full().items()}, expected, "the rows of the last full set")
    yield from judge_sums(stream, expected, cpus)
    yield sums_never_fall(stream)


def judge_arrival(stream, storm):
    """A value comes with the next set: rows that leave are written once more, which would hide it."""
    expected, now, begin = rows_of_loops([storm]), {}, None
    for i, (_, rows, _) in enumerate(stream.sets):
        now.update({key: count for key, (count, _) in rows.items() if key in expected})
        begin = i if begin is None and now else begin
        if now == expected:
            break
    sets = i - begin + 1 if begin is not None else 0
    return now == expected and 0 < sets <= storm["seconds"] + 3, \
        f"all rows of {storm['cgroup']}, which took {storm['seconds']:.1f} s, came in {sets} sets"


def judge_loop(path, storms):
    expected = rows_of_loops(storms)
    stream = Stream(path, {storm["cgroup"] for storm in storms}, may_leave=True)
    growth = stream.growth(expected)
    yield not growth.wrong, "; ".join(growth.wrong[:3]) or "no value fell, and none was above the truth"
    yield same(growth.now, expected, f"the last values of {len({key[0] for key in expected})} cgroups")
    yield all_triggered(expected, storms)
    for storm in storms:
        yield judge_arrival(stream, storm)
    yield nothing_missed(stream)
    yield not stream.last_full(), f"{len(stream.last_full())} of their rows are left in the table"


def scrapes(text):
    line = re.compile(r"ringside_seccomp_denials_total\{(.*)\} (\d+)")
    for answer in text.split("# EOF\n")[:-1]:
        rows = {}
        for labels, value in line.findall(answer):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            if "cgroup" in labels:
                rows[labels["cgroup"], labels["syscall"], labels["errno"]] = int(value)
        yield rows


def checked(text):
    for answer in map(json.loads, text.splitlines()):
        yield {(row["cgroup"], row["syscall"], row["errno"]): row["count"]
               for row in answer.get(KIND, {}).get("stats", []) if "cgroup" in row}


def judge_answers(read, path, storms):
    """Each answer of /check has only what changed, so this also says that its cursors leave out
    nothing."""
    expected = {(storm["cgroup"], row["syscall"], errno.errorcode[row["error_number"]]): row["count"]
                for storm in storms for row in storm["rows"]}
    growth, answers = Growth(expected), list(read(path.read_text(encoding="utf-8")))
    cgroups = {storm["cgroup"] for storm in storms}
    for rows in answers:
        growth.take({key: value for key, value in rows.items() if key[0] in cgroups})
    yield from growth.checks("answers")
    if read is checked:
        fresh = sum(len(rows) for rows in answers[1:])
        yield any(not rows for rows in answers[1:]) and fresh >= len(expected), \
            f"{fresh} rows in {len(answers)} answers, of those that changed"


def main():
    what, path, truth = sys.argv[1], Path(sys.argv[2]), read_truth(Path(sys.argv[3]))
    if what in ("storm", "loop"):
        checks = list((judge_storm if what == "storm" else judge_loop)(path, truth))
    else:
        checks = list(judge_answers({"metrics": scrapes, "check": checked}[what], path, truth))
    for good, text in checks:
        print("ok - " + text if good else "not ok - " + text)
    return 0 if all(good for good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
