#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the events of signal_kill say what trigger-kill did, and nothing else of its processes?

usage: kill.py STREAM TRUTH [TEXT]

Prints one "ok" or "not ok" line for each scene, and one for what TEXT, the stream's lines, say of them. Where the stream has OOM kills and seccomp's denials as well, none
of theirs may be told twice; where not, theirs have to be here.
"""
import json
import sys
from pathlib import Path

import ringside_pb2 as pb
from judge import read_records

KIND = "signal_kill"
SENDER, TARGET = "kill-sender", "kill-target"
SIGNALS = {7: "SIGBUS", 9: "SIGKILL", 11: "SIGSEGV", 25: "SIGXFSZ"}


def cause_of(event):
    return pb.KillCause.Name(event.cause).removeprefix("KILL_CAUSE_")


def is_of(event, truth):
    """Whether it is about the processes of that line."""
    if truth["target"]:
        return event.target.pid == truth["target"]
    return event.sender.pid == truth["sender"] and cause_of(event) == truth["cause"] and event.HasField("processes")


def faults(event, truth):
    """What is wrong with it."""
    unseen = truth["cause"] == "UNSEEN"
    want = {
        "cause": (cause_of(event), "UNSPECIFIED" if unseen else truth["cause"]),
        "signal": (event.signal, truth["signal"]),
        "signal_name": (event.signal_name, SIGNALS[truth["signal"]]),
        "exit_status": (event.exit_status, 128 + truth["signal"]),
        "core_dumped": (event.core_dumped, truth["core"]),
        "cgroup": (event.target_container.cgroup_path, truth["cgroup"]),
        "init": (event.pid_namespace_init, truth["init"]),
        "has sender": (event.HasField("sender"), truth["sender"] != 0),
        "sender": (event.sender.pid, truth["sender"]),
        "target comm": (event.target.comm in (TARGET, "kill-thread"), True),
        "sent": (event.HasField("sent_boottime_nano"), not unseen),
    }
    if truth["sender"]:
        want["sender comm"] = (event.sender.comm in (SENDER, TARGET), True)
        want["sender cgroup"] = (event.sender_container.HasField("cgroup_path"), True)
        want["sender parent"] = (bool(event.sender_parent_comm), True)
    return [f"{name} is {got}, not {wanted}" for name, (got, wanted) in want.items() if got != wanted]


class Unseen(Exception):
    """Fewer than there should be."""


def judge_several(truth, found, looks):
    """Of many at once: one event, or a few where the sender was interrupted between two, as it often is
    where the machine is emulated; those but one may say that some remain."""
    told = sum(event.processes for event in found)
    wrong = [fault for event in found for fault in faults(event, truth)]
    lingers = truth["scene"].endswith("-lingers") and looks
    if told < truth["processes"] and not wrong:
        raise Unseen(f"{told} processes, not {truth['processes']}")
    if told != truth["processes"]:
        wrong.append(f"{told} processes, not {truth['processes']}")
    if len(found) > max(3, truth["processes"] // 100):
        wrong.append(f"{len(found)} events")
    if lingers and [event.remaining for event in found] != [1, 0]:
        wrong.append(f"remaining {[event.remaining for event in found]}")
    if not lingers and all(event.remaining for event in found):
        wrong.append("some are said to remain")
    return wrong


def judge(truth, events, looks):
    found = [event for event in events if is_of(event, truth)]
    if truth["events"] and truth["processes"]:
        return judge_several(truth, found, looks)
    if not found and truth["events"]:
        raise Unseen("no event")
    if len(found) != truth["events"]:
        return [f"{len(found)} events, not {truth['events']}"]
    return [fault for event in found for fault in faults(event, truth)]


def how(truth):
    """The words of a line for it."""
    by = f"[{truth['sender']}]"
    return {
        "UNSPECIFIED": " killed, by whom is not known: ",
        "SENT": " killed itself: " if truth["sender"] == truth["target"] else f" killed by kill-sender{by}",
        "CGROUP": f" killed with its cgroup by kill-sender{by}",
        "PID_NAMESPACE": f" ended with its pid namespace: its pid 1 ended (kill-target{by}",
        "PARENT": f" killed when its parent ended (kill-target{by}",
        "TRACER": f" killed when its tracer ended (kill-target{by}",
        "KERNEL": {"SIGKILL": " killed by the kernel: ", "SIGXFSZ": " ended: its limit of a file's size was reached; "}.get(
            SIGNALS[truth["signal"]], f" crashed: {SIGNALS[truth['signal']]} ("),
    }[truth["cause"]]


def unsaid(truth, event, lines):
    """The words for @event that no line has."""
    words = [f"{TARGET}[{event.target.pid}]{how(truth)}", SIGNALS[truth["signal"]], f", exit code {128 + truth['signal']}"]
    if event.HasField("processes"):
        words.append(f"; {event.processes:,} process")
    if event.remaining:
        words.append(f", {event.remaining:,} ha")
    if truth["init"]:
        words.append("; its pid namespace dies (pid 1)")
    if truth["core"]:
        words.append(", core dumped")
    return [] if any(all(word in line for word in words) for line in lines) else [words]


def judge_text(truths, events, text):
    """Of all that was seen. What others take part in is theirs to judge."""
    lines = text.splitlines()
    said = [unsaid(truth, event, lines) for truth in truths for event in events if is_of(event, truth)]
    missing = [words for words in said if words]
    return len(said) > 10 and not missing, f"{len(said)} lines say it in words: {missing or 'all'}"


def declares(records, words, kind=KIND):
    """Whether a blind spot says so."""
    return any(words in spot for record in records for probe in record.header.probes
               if probe.kind == kind for spot in probe.blind_spots)


def misses(records):
    """Whether runs were missed that the tier declares it may miss."""
    return declares(records, "preemptibly") and any(sums.missed_runs for record in records for sums in record.counters.probes
                            if sums.kind == KIND)


def verdict(truth, events, may_miss, looks):
    try:
        wrong = judge(truth, events, looks)
    except Unseen as unseen:
        if may_miss:
            return True, f"{unseen}: missed_runs says so"
        wrong = [str(unseen)]
    return not wrong, "; ".join(wrong)


def judge_others(records, events):
    """OOM kills and seccomp's."""
    probes = {probe.kind for record in records if record.HasField("header") for probe in record.header.probes
              if probe.HasField("tier")}
    causes = [cause_of(event) for event in events]
    counts = {cause: causes.count(cause) for cause in ("OOM", "SECCOMP")}
    if "oom_kill" not in probes:
        return counts["OOM"] > 10 and counts["SECCOMP"] > 2, f"theirs are told: {counts}"
    victims = {record.oom_kill.victim.pid for record in records if record.HasField("oom_kill")}
    twice = [event.target.pid for event in events if event.target.pid in victims]
    return len(victims) > 10 and not twice and not any(counts.values()), \
        f"none of {len(victims)} OOM kills is told twice: {twice} {counts}"


def judge_spots(records):
    """What is told here is no blind spot of the others."""
    return not declares(records, "by user space", "oom_kill"), "kills by user space are not said to go unseen"


def main():
    records = list(read_records(Path(sys.argv[1]).read_bytes()))
    events = [record.signal_kill for record in records if record.HasField("signal_kill")]
    may_miss = misses(records)
    looks = not declares(records, "this kernel gives no iterator")
    truths = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines()]
    for truth in truths:
        good, text = verdict(truth, events, may_miss, looks)
        print(f"{'ok' if good else 'not ok'} - {truth['scene']}: {truth.get('cause') or 'nothing'}{text and ': ' + text}")
    if len(sys.argv) < 4:
        return
    for good, text in (judge_text(truths, events, Path(sys.argv[3]).read_text()), judge_others(records, events), judge_spots(records)):
        print(f"{'ok' if good else 'not ok'} - {text}")


main()
