#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each number that counts something is printed for people as 5,980, and with a noun that fits it; what programs read
has plain numbers. All commands are run over recordings in which everything counts 1, or 5980.

usage: cli-counts.py RINGSIDE
"""
import re

import ringside_pb2 as pb
from program import in_a_folder, run, run_tests, save
from stream import Stream

in_a_folder()
MANY = 5980
KINDS = "oom,seccomp,signal,lost,limited,counters,header,footer,clock"
# "1 events", but not "CPU 1 is" or "part 1 of"
SINGULAR = re.compile(r"(?<![\w.,:/-])1 (?:more )?(?:readable |zstd |BPF |OOM |seccomp |runs? of )?(?!is\b|has\b|was\b)[a-zA-Z]*[a-rt-z]s\b")
PLAIN = re.compile(r"(?<![\d.,:/-])(?:5980|5981|5979)(?![\d.,:/-])")


def made(n, name, damaged=False):
    """A recording in which there are @n of everything that is counted. Its numbers of records begin far from
    them, and so do places in it."""
    stream = Stream(b"n")
    stream.seq = 10**6
    process = pb.Process(pid=7, comm="nginx")
    container = pb.Container(cgroup_path="/app", cgroup_id=9)
    denial = pb.SeccompDenial(process=process, container=container, syscall_name="keyctl", syscall_number=250,
                              action=pb.SECCOMP_RET_ERRNO, error_name="EPERM", error_number=1)
    parts = [stream.header(probes=[pb.Probe(kind=kind, tier=pb.TIER_FENTRY) for kind in ("oom_kill", "seccomp_denial")],
                           counters_interval_nano=10**10, possible_cpus=n)]
    for i in range(n):
        stream.boottime += 0.001
        kill = pb.OomKill(victim=process, victim_container=container, kill_id=1, victim_number=i + 1)
        parts += [stream.record(seccomp_denial=denial), stream.record(oom_kill=kill)]
    parts.append(stream.record(signal_kill=pb.SignalKill(target=process, signal=9, processes=n, remaining=n)))
    for reason in pb.Lost.Reason.values():
        parts.append(stream.record(lost=pb.Lost(reason=reason, kind="seccomp_denial", count=n)))
    parts.append(stream.record(limited=pb.Limited(kind="seccomp_denial", container=container, syscall_name="keyctl",
                                                  action=pb.SECCOMP_RET_ERRNO, error_name="EPERM", count=n)))
    counters = pb.Counters(part=1, parts=1, full=True)
    for kind in "oom_kill", "seccomp_denial":
        sums = counters.probes.add(kind=kind, missed_runs=n, lost_in_sink=n)
        sums.cpus.add(cpu=0, seen=4 * n, submitted=n, limited=n, dropped=n, in_flight=n, written=n)
    counters.rows.add(kind="seccomp_denial", container=container, count=n, syscall_name="keyctl",
                      action=pb.SECCOMP_RET_ERRNO)
    for i in range(n if n == 1 else 20):
        counters.rows.add(kind="bpf_object", container=container).bpf_object.CopyFrom(
            pb.BpfObject(id=i + 1, name="m", type_name="hash", map=pb.BpfMap(entries=n, max_entries=n)))
    counters.cost.refused_calls.add(number=1, name="write", count=n)
    parts.append(stream.record(counters=counters))
    totals = [pb.KindTotal(kind=kind, written=n, limited=n, lost=n) for kind in ("oom_kill", "seccomp_denial")]
    parts.append(stream.record(footer=pb.Footer(reason="SIGTERM", records=n, totals=totals)))
    if damaged:
        parts[2:2] = [b"\xff" * n]
        del parts[-5:-3]
    return save(name, *parts)


def text_of(*args):
    result = run(*args, env={"TZ": "UTC"})
    return (result.stdout + result.stderr).decode()


def commands(name):
    yield ["cat", "-v", "--kind", KINDS, name]
    yield ["tail", "-v", "-n", "all", "--kind", KINDS, name]
    yield ["stats", name]
    yield ["verify", "-v", name]
    yield ["verify", name, name]
    yield ["status", name]
    yield ["repair", name, "-w", name + ".repaired"]


made(1, "one.pb")
made(MANY, "many.pb")
made(1, "one-damaged.pb", True)
made(MANY, "many-damaged.pb", True)


def one_is_singular():
    for name in "one.pb", "one-damaged.pb":
        for command in commands(name):
            text = text_of(*command)
            assert not SINGULAR.search(text), f"{command}: {SINGULAR.search(text)[0]!r} in\n{text[:3000]}"


def thousands_have_commas():
    for name in "many.pb", "many-damaged.pb":
        for command in commands(name):
            text = text_of(*command)
            assert not PLAIN.search(text), f"{command}: {text[max(0, PLAIN.search(text).start() - 300):][:600]}"


def programs_read_plain_numbers():
    for command in ["cat", "-o", "json"], ["stats", "-o", "json"], ["status", "-o", "json"]:
        text = run(*command, "many.pb").stdout.decode()
        assert f":{MANY}" in text and ":5,980" not in text, command


def labels_stand_apart():
    """A blank is between the longest word of a table's first column and the next."""
    text = text_of("verify", "-v", "many.pb")
    assert re.search(r"^  checksums +\d", text, re.M) and not re.search(r"^  [a-z]+\d", text, re.M), text


run_tests(one_is_singular, thousands_have_commas, programs_read_plain_numbers, labels_stand_apart)
