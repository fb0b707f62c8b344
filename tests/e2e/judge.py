#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what the triggers say they did with what a recorded stream says happened.

    PYTHONPATH=BUILD/proto judge.py [--tier TIER] [--cases LIST] --stream FILE TRUTH...

TRUTH: lines of JSON as trigger-seccomp and trigger-oom print them. FILE: a stream, "-" for
stdin. Reads it with Python's protobuf and a framing of its own, none of ringside's code: what
it says about the format is a second opinion. Exit code 0 only if every case passed.
"""
import argparse
import collections
import json
import sys

from google.protobuf.message import DecodeError

import ringside_pb2 as pb

PAGE = 4096
# Of a limit and of touched memory: batches charged ahead per CPU, and what the runner notes late.
SLACK_BYTES = 4 << 20

SECCOMP_CASES = [f"c{n:02}" for n in range(1, 20)] + [f"n{n:02}" for n in range(1, 39)]
OOM_CASES = [f"o{n:02}" for n in range(1, 19)]
MACHINE_CASES = ["g01", "g02"]

# Cases whose filters are too long for the programs for old kernels to run, or whose caller's stack
# the tracepoint tier's cannot read: there the action may be inferred, and then it is not known
# whether the kernel logged it.
MAY_INFER = {"n22", "n23", "n38"}

# What a tier cannot see, by case, and words of the blind spot in the Header that has to say so.
# "absent": no event may come. "optional": none or the right one. "extra": one for no denial.
TIER_BLIND = {
    "tracepoint": {
        # LOG is not a denial: registers and signals show nothing
        "c14": ("absent", "SECCOMP_RET_LOG"),
        # a tracer overwrote the number, which is all that was to be seen
        "c11": ("optional", "tracer replaced its number"),
        "n12": ("optional", "tracer replaced its number"),
        # where the result is what the filter would have given
        "n21": ("extra", "PTRACE_SYSEMU"),
    },
}


class Bad(Exception):
    """The stream cannot be read."""


def read_varint(data, at):
    """Returns the value and the offset behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Bad(f"cut off in a length at byte {at}")
        value |= (data[at] & 0x7f) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
    raise Bad(f"no length at byte {at}")


class Runs:
    """Puts back what events leave out that those before them tell (FORMAT.md, Runs of events)."""

    def __init__(self):
        self.offset, self.seq, self.sums = None, 0, {}

    def complete(self, record):
        event, first = record.HasField("cpu_sums"), record.HasField("boottime_nano")
        if not event or first or record.seq != self.seq + 1:
            self.offset, self.sums = None, {}
        self.seq = record.seq
        if not event:
            return record
        if first:
            self.offset = record.time_unix_nano - record.boottime_nano
        elif self.offset is None:
            raise Bad(f"record {record.seq} has no boottime_nano, and is in no run")
        else:
            record.boottime_nano = record.time_unix_nano - self.offset
        self.complete_sums(record, first)
        return record

    def complete_sums(self, record, first):
        now, key = record.cpu_sums, (record.WhichOneof("body"), record.cpu_sums.cpu)
        before = self.sums.get(key)
        if not first and now.HasField("between"):  # messages of older builds have no such field
            if not now.HasField("seen"):
                if before is None:
                    raise Bad(f"record {record.seq} has `between`, but there is nothing before it")
                now.limited = now.limited if now.HasField("limited") else before.limited
                now.dropped = now.dropped if now.HasField("dropped") else before.dropped
                grown = now.limited - before.limited + now.dropped - before.dropped
                now.seen = (before.seen + 1 + now.between + grown) % 2**64
            now.ClearField("between")
        self.sums[key] = now


def read_records(data):
    runs = Runs()
    at = 0
    while at < len(data):
        size, begin = read_varint(data, at)
        at = begin + size
        if at > len(data):
            raise Bad(f"cut off in a record of {size} bytes at byte {begin}")
        try:
            record = pb.Record.FromString(data[begin:at])
        except DecodeError as e:
            raise Bad(f"no Record at byte {begin}: {e}") from e
        yield runs.complete(record)


class Check:
    """Collects what is wrong with one case."""

    def __init__(self):
        self.wrong = []
        self.unseen = None  # the blind spot that excuses it

    def that(self, ok, text):
        if not ok:
            self.wrong.append(text)
        return ok

    def same(self, message, field, want):
        """The field is there and has this value."""
        if not message.HasField(field):
            return self.that(False, f"{field} is absent, not {want}")
        seen = getattr(message, field)
        return self.that(seen == want, f"{field} is {seen}, not {want}")

    def known(self, message, field, want):
        """The field has this value, if it is there."""
        return not message.HasField(field) or self.same(message, field, want)

    def absent(self, message, field):
        return self.that(not message.HasField(field),
                         f"{field} is {getattr(message, field)}, not absent")

    def between(self, message, field, low, high):
        if not message.HasField(field):
            return self.that(False, f"{field} is absent")
        seen = getattr(message, field)
        return self.that(low <= seen <= high, f"{field} is {seen}, not in {low}..{high}")


def check_process(check, process, want):
    check.same(process, "pid", want["pid"])
    if "tid" in want:
        check.same(process, "tid", want["tid"])
    for field in ("uid", "gid"):
        if field in want:
            check.same(process, field, want[field])
    check.same(process, "comm", want["comm"])
    if want.get("leader_comm"):
        check.same(process, "leader_comm", want["leader_comm"])


def check_number(check, event, want):
    if not want["nr_lost"]:
        check.same(event, "syscall_number", want["nr"])
    elif check.known(event, "syscall_number", want["nr"]) and \
            not event.HasField("syscall_number"):
        check.absent(event, "syscall_name")
        return
    if "syscall" not in want:
        return
    if want["syscall"] is None:
        check.absent(event, "syscall_name")
    else:
        check.same(event, "syscall_name", want["syscall"])


def check_args(check, event, want):
    args = list(event.args)
    if want["nr_lost"] and want["arch_name"] == "aarch64" and want["error_number"]:
        # Of a call that a tracer skips, the kernel takes the result, which is in the first
        # argument's register, for the argument as well.
        if args and args[0] == 2**64 - want["error_number"]:
            args[0] = want["args"][0]
    check.that(args == want["args"],
               f"args are {[hex(a) for a in event.args]}, not {[hex(a) for a in want['args']]}")


def check_denial(check, truth, event, want, tier):
    check_process(check, event.process, want)
    check_number(check, event, want)
    check.same(event, "arch", want["arch"])
    check.same(event, "arch_name", want["arch_name"])
    check.same(event, "action", pb.SeccompAction.Value("SECCOMP_RET_" + want["action"]))
    if want["error_number"] is None:
        check.absent(event, "error_number")
    elif want["error_number"] == 0:  # ERRNO(0): a denial the caller takes for success
        check.known(event, "error_number", 0)
    else:
        check.same(event, "error_number", want["error_number"])
    if want["ret_data"] is not None:
        check.known(event, "ret_data", want["ret_data"])
    check_args(check, event, want)
    check.same(event, "instruction_pointer", want["instruction_pointer"])
    if want["filters"] is not None:
        check.known(event, "filters", want["filters"])
    if event.action_inferred:
        check.that(truth["case"] in MAY_INFER, "action_inferred")
    if want["logged"] is not None:
        # The tracepoint tier has no way to know.
        guess = tier == "tracepoint" or event.action_inferred
        (check.known if guess else check.same)(event, "logged", want["logged"])
    check.that(event.strict_mode == want["strict"], f"strict_mode is {event.strict_mode}")
    paths = [truth["cgroup"]] if truth["cgroup"] else truth["cgroups"]
    path = event.container.cgroup_path
    check.that(path in paths, f"cgroup_path is {path!r}, not one of {paths}")


def denial_distance(event, want):
    """How far an event is from an expectation, to pair them up before checking."""
    return ((event.process.tid != want["tid"]) * 4 +
            (list(event.args) != want["args"]) * 2 +
            (event.syscall_number != want["nr"]))


def nearest(events, want, distance):
    best, least = None, None
    for event in events:
        far = distance(event, want)
        if not far:
            return event
        if best is None or far < least:
            best, least = event, far
    return best


def pair(events, wants, distance):
    """Pairs each expectation with the nearest event; returns the pairs, and both rests."""
    events, pairs, missing = list(events), [], []
    for want in wants:
        if not events:
            missing.append(want)
            continue
        best = nearest(events, want, distance)
        events.remove(best)
        pairs.append((best, want))
    return pairs, missing, events


def declared(check, probe, words):
    """The blind spot that @probe declares with these words."""
    spots = [spot for spot in probe.blind_spots if words in spot]
    check.that(spots, f"no blind spot of the Header says {words!r}")
    return spots[0] if spots else None


def judge_seccomp(truth, records, probe):
    check = Check()
    events = [r.seccomp_denial for r in records]
    tier = tier_of(probe)
    blind, words = TIER_BLIND.get(tier, {}).get(truth["case"], (None, None))
    wants = truth["expect"]
    if blind == "absent" or (blind == "optional" and not events):
        check.unseen = declared(check, probe, words)
        wants = []
    elif blind == "extra" and len(events) == 1:
        check.unseen = declared(check, probe, words)
        return check, 0, 1
    pairs, missing, more = pair(events, wants, denial_distance)
    for event, want in pairs:
        check_denial(check, truth, event, want, tier)
    for want in missing:
        check.that(False, f"no event for {want['action']} of call {want['nr']}")
    for event in more:
        name = pb.SeccompAction.Name(event.action)
        check.that(False, f"one event too many: {name} of call {event.syscall_number}")
    return check, len(wants), len(events)


def touched_bytes(truth, want):
    """Processes that share their memory have all of it, whoever touched it."""
    if truth["shares_memory"]:
        return max(other["touched_bytes"] for other in truth["expect"])
    return want["touched_bytes"]


def check_sizes(check, truth, kill, want):
    fields = {"anon": "anon_rss_bytes", "shmem": "shmem_rss_bytes"}
    touched, memory = touched_bytes(truth, want), want["memory"]
    for name, field in fields.items():
        if name == memory:
            # Linux before 6.2 keeps up to 64 pages of each thread to itself.
            spare = max(64 * PAGE, touched // 8)
            if kill.rss_approximate:
                spare = SLACK_BYTES
            check.between(kill, field, max(0, touched - spare), touched + SLACK_BYTES)
        elif touched:
            check.between(kill, field, 0, SLACK_BYTES)
    rss = kill.anon_rss_bytes + kill.file_rss_bytes + kill.shmem_rss_bytes
    check.that(kill.file_rss_bytes % PAGE == 0 and rss % PAGE == 0, "rss is not whole pages")
    check.between(kill, "peak_rss_bytes", rss, rss + SLACK_BYTES)
    check.that(kill.total_vm_bytes >= rss > 0, f"total_vm {kill.total_vm_bytes}, rss {rss}")
    check.between(kill, "page_table_bytes", PAGE, SLACK_BYTES)


def check_limit(check, truth, kill):
    check.same(kill, "scope", pb.OomScope.Value("OOM_SCOPE_" + truth["scope"]))
    check.that(not kill.limit_inferred, f"limit_inferred is {kill.limit_inferred}")
    if "limit_bytes" not in truth:
        check.absent(kill, "limit_bytes")
        return
    limit = truth["limit_bytes"]
    check.same(kill, "limit_bytes", limit)
    check.between(kill, "usage_bytes", limit - SLACK_BYTES, limit + 64 * PAGE)
    check.same(kill.limit_owner, "cgroup_path", truth["owner"])


def check_control(check, truth, kill):
    """What only the kernel's oom_control knows."""
    low, high = (-1, -1) if truth["scope"] == "SYSRQ" else (0, 10)
    check.between(kill, "order", low, high)
    if truth["scope"] == "MEMCG":
        check.same(kill, "domain_bytes", truth["limit_bytes"])
    if truth["scope"] != "SYSRQ":
        check.between(kill, "gfp_mask", 1, 2**32 - 1)


def check_cgroup(check, container, path):
    """Of a path with more elements than records carry, its ends."""
    seen = container.cgroup_path
    if path.count("/") <= 16:
        check.same(container, "cgroup_path", path)
    else:
        check.that(seen.endswith(path[-8:]), f"cgroup_path is {seen}, not the end of {path}")


def check_kill(check, truth, kill, want):
    check_process(check, kill.victim, want)
    check.same(kill.victim, "vpid", want["vpid"])
    check.same(kill, "oom_score_adj", want["oom_score_adj"])
    for field in ("container_init", "pid_namespace_init"):
        check.that(getattr(kill, field) == want[field], f"{field} is {getattr(kill, field)}")
    if truth["cgroup"] is not None:
        check_cgroup(check, kill.victim_container, truth["cgroup"])
    if truth["trigger_pid"] is not None:
        check.same(kill.trigger, "pid", truth["trigger_pid"])
        check.same(kill.trigger, "comm", truth["trigger_comm"])
        check_cgroup(check, kill.trigger_container, truth["trigger_cgroup"])
    check.that(not kill.already_exiting, "already_exiting")
    if truth["oom_group"]:
        check.known(kill, "oom_group", True)
    else:
        check.that(not kill.oom_group, "oom_group")
    check_sizes(check, truth, kill, want)
    check_limit(check, truth, kill)
    check_control(check, truth, kill)


def check_joined(check, truth, kills):
    """The events of one kill belong together."""
    check.that(len({k.kill_id for k in kills}) == 1 and kills[0].kill_id > 0,
               f"kill_id: {[k.kill_id for k in kills]}")
    numbers = [k.victim_number for k in kills]
    check.that(numbers == list(range(1, len(kills) + 1)), f"victim_number: {numbers}")
    shares = sum(k.shares_memory for k in kills)
    check.that(shares == truth["shares_memory"],
               f"{shares} victims with shares_memory, not {truth['shares_memory']}")
    points = sum(k.HasField("badness_points") for k in kills)
    check.that(points == 1, f"{points} victims with badness_points, not 1")


def judge_oom(truth, records, _):
    check = Check()
    kills = [r.oom_kill for r in records]
    pairs, missing, more = pair(kills, truth["expect"],
                                lambda kill, want: kill.victim.pid != want["pid"])
    for kill, want in pairs:
        check_kill(check, truth, kill, want)
    for want in missing:
        check.that(False, f"no event for {want['comm']} ({want['pid']})")
    for kill in more:
        check.that(False, f"one event too many: {kill.victim.comm} ({kill.victim.pid})")
    if kills:
        check_joined(check, truth, kills)
    return check, len(truth["expect"]), len(kills)


def judge_storm(truth, records):
    """As many kills as there were, each with the same owner by the kernel's own word."""
    check = Check()
    kills = [r.oom_kill for r in records
             if r.WhichOneof("body") == "oom_kill" and r.oom_kill.victim.comm == truth["comm"]]
    check.that(len(kills) == truth["killed"], f"{len(kills)} kills, not {truth['killed']}")
    for kill in kills:
        check.same(kill, "scope", pb.OOM_SCOPE_MEMCG)
        check.same(kill, "limit_bytes", truth["limit_bytes"])
        check.same(kill.limit_owner, "cgroup_path", truth["owner"])
        check.that(not kill.limit_inferred, "limit_inferred")
    return check, truth["killed"], len(kills)


def process_of(record):
    if record.WhichOneof("body") == "oom_kill":
        return record.oom_kill.victim
    return record.seccomp_denial.process


def belongs(truth, record, others):
    """By pid, or by comm in case the pid itself is wrong, unless the pid is one of @others:
    another run of the case. A pid with another case's comm was reused."""
    process = process_of(record)
    names = {process.comm.split("-")[0], process.leader_comm.split("-")[0]}
    if process.pid in truth["pids"]:
        return truth["comm"] in names or not names & ALL_CASES
    return truth["comm"] in names and process.pid not in others


ALL_CASES = set(SECCOMP_CASES + OOM_CASES + MACHINE_CASES)


def check_stream(records, tier):
    """What any stream has to be, whatever happened."""
    check = Check()
    if not check.that(records and records[0].WhichOneof("body") == "header",
                      "does not start with a Header"):
        return check
    check.same(records[0].header, "magic", "RINGSIDE")
    for i, record in enumerate(records):
        if record.seq != i + records[0].seq:
            check.that(False, f"seq {record.seq} after {records[i - 1].seq}")
            break
    check.that(records[-1].WhichOneof("body") == "footer", "does not end with a Footer")
    for lost in (r.lost for r in records if r.WhichOneof("body") == "lost"):
        check.that(False, f"{lost.count} lost: {pb.Lost.Reason.Name(lost.reason)}")
    kills = collections.defaultdict(list)
    for record in records:
        if record.WhichOneof("body") == "oom_kill":
            kills[record.oom_kill.kill_id].append(record.oom_kill.victim_number)
    for kill_id, numbers in kills.items():
        check.that(len(set(numbers)) == len(numbers),
                   f"kill {kill_id} has victims {numbers}")
    if tier:
        for kind, seen in tiers_of(records).items():
            check.that(seen == tier, f"{kind} has tier {seen}, not {tier}")
    return check


def probes_of(records):
    if not records or records[0].WhichOneof("body") != "header":
        return {}
    return {p.kind: p for p in records[0].header.probes if p.HasField("tier")}


def tier_of(probe):
    return pb.Tier.Name(probe.tier).removeprefix("TIER_").lower()


def tiers_of(records):
    return {kind: tier_of(probe) for kind, probe in probes_of(records).items()}


JUDGES = {"seccomp_denial": judge_seccomp, "oom_kill": judge_oom}


def judge_case(truth, runs, records, probes):
    """Of all @runs of a case. Returns the check and how many events were expected and seen."""
    kind = truth["kind"]
    others = {pid for run in runs if run is not truth for pid in run.get("pids", [])}
    mine = [r for r in records if r.WhichOneof("body") == kind and belongs(truth, r, others)]
    if kind not in probes:
        check = Check()
        check.that(False, f"the stream has no probe {kind}")
        return check, len(truth["expect"]), len(mine)
    return JUDGES[kind](truth, mine, probes[kind])


def row(name, expected, seen, check):
    verdict = "FAILED" if check.wrong else \
        f"cannot see: {check.unseen}" if check.unseen else "ok"
    print(f"{name:8} | {expected:>8} | {seen:>4} | {verdict}")
    for text in check.wrong:
        print(f"         |   {text}")
    return not check.wrong


def judge(truths, records, cases, tier=None):
    """Prints the table. Returns the numbers of cases passed and failed."""
    results = collections.Counter()
    probes = probes_of(records)
    print("tiers: " + ", ".join(f"{k} {t}" for k, t in sorted(tiers_of(records).items())))
    print("case     | expected | seen | ok")
    results[row("stream", "", len(records), check_stream(records, tier))] += 1
    by_name = collections.defaultdict(list)
    for truth in truths:
        if truth["kind"] == "oom_storm":
            check, expected, seen = judge_storm(truth, records)
            results[row("storm", expected, seen, check)] += 1
        else:
            by_name[truth["case"]].append(truth)
    for name in cases + sorted(set(by_name) - set(cases)):
        check = Check()
        if not check.that(name in ALL_CASES, "no such case") or \
                not check.that(by_name[name], "nothing is known of this case"):
            results[row(name, "", "", check)] += 1
        for truth in by_name[name] if name in ALL_CASES else []:
            if truth.get("unsupported"):
                print(f"{name:8} |          |      | skipped: {truth['observed']}")
                continue
            check, expected, seen = judge_case(truth, by_name[name], records, probes)
            results[row(name, expected, seen, check)] += 1
    print(f"{results[True]} passed, {results[False]} failed")
    return results[True], results[False]


def read_truths(names):
    truths = []
    for name in names:
        with open(name, encoding="utf-8") as f:
            for line in f:
                # Guests print their truth between other lines of their console.
                if line.lstrip().startswith('{"kind":'):
                    truths.append(json.loads(line))
    return [t for t in truths if t["kind"] in JUDGES or t["kind"] == "oom_storm"]


def select_cases(text, truths):
    """The cases that have to be there: all of each kind that was tried, unless named."""
    if text:
        return text.split(",")
    kinds = {t["kind"] for t in truths}
    machine = any(t.get("case") in MACHINE_CASES for t in truths)
    return ((SECCOMP_CASES if "seccomp_denial" in kinds else []) +
            (OOM_CASES if any(t.get("case") in OOM_CASES for t in truths) else []) +
            (MACHINE_CASES if machine else []))


def main():
    parser = argparse.ArgumentParser(description="Compares a recorded stream with the truth.")
    parser.add_argument("--stream", required=True, help='recorded stream, "-" for stdin')
    parser.add_argument("--tier", choices=["fentry", "kprobe", "tracepoint"],
                        help="the tier all probes must have (default: what the Header says)")
    parser.add_argument("--cases", help="c01,c02,... instead of all")
    parser.add_argument("truth", nargs="+", help="lines the triggers printed")
    args = parser.parse_args()
    truths = read_truths(args.truth)
    if not truths:
        sys.exit("judge: there is no truth to compare with")
    try:
        with open(0 if args.stream == "-" else args.stream, "rb") as f:
            records = list(read_records(f.read()))
    except Bad as e:
        sys.exit(f"judge: {args.stream}: {e}")
    _, failed = judge(truths, records, select_cases(args.cases, truths), args.tier)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
