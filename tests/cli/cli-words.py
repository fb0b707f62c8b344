#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One vocabulary: what is asked by has one word in filters, -o json, /metrics, /check, /health, stats, status, doctor,
verify, repair and the manual pages, as vocabulary.h has it; and no output has a word that nobody knows.

usage: cli-words.py RINGSIDE VOCABULARY.h SCHEMA MAN_SOURCE
"""
import contextlib
import fcntl
import functools
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import Stream, fill, full_stream

vocabulary, schema_path, man = others
in_a_folder()
LABELS = {"cluster"}  # of the stream's own making
FILTERS_OWN = {"--since", "--until", "--self-tests"}
# Words that an output has for itself; all others are those of vocabulary.h or members of -o json, and mean the same.
OWN = {name: set(words.split()) for name, words in {
    "/metrics": "counts le mode object ring version",
    "/check": "attached cursor fullest_ratio map_memory_bytes maps object objects program_memory_bytes programs "
        "self_tests stats whole",
    "/health": "alive attached counters_interval_seconds lag_seconds last_counters_age_seconds last_record_age_seconds lost_more "
        "status system_cpu_seconds user_cpu_seconds",
    "stats": "all_hosts bpf_objects bucket_nano bucket_start by_memory by_run_time bytes_per_event bytes_read "
        "delivered events events_without_time first_time fullest_ratio inputs kinds last_time lost_unknown "
        "map_memory_bytes maps object per_bucket program_memory_bytes programs record_bytes records_missing self_tests_left_out "
        "streamer syscalls tcp_queues top unknown victims",
    "verify": "copy damaged_hosts doubts events findings from hosts in_progress input inputs kinds last_seq losses lost_more lost_unknown problems repaired sort streams "
        "uncovered uncovered_bytes uncovered_records verdict",
    "doctor": "attached machine memory needs_syscall_tax reasons state system tiers version works",
    "repair": "header_made input lost_records lost_unknown output readable_records saved_records verdict",
}.items()}
OWN["status"] = OWN["/health"] | {"file", "file_bytes", "since"}


def read_ideas():
    with open(vocabulary, encoding="utf-8") as f:
        lists = dict(re.findall(r"#define VOCABULARY_(\w+)\(ROW\)(.*)", f.read().replace("\\\n", " ")))
    renamed = re.findall(r'ROW\(\w+, (\w+), "\w+"\)', lists["MEMBERS"])
    return re.findall(r'ROW\("([\w-]*)", "([\w.]*)", "(\w*)"\)', lists["IDEAS"]), set(renamed)


def members_of(schema):
    """All names there are in a schema."""
    names = set(schema.get("properties", {}))
    for inner in [*schema.get("$defs", {}).values(), *(one["then"] for one in schema.get("allOf", []))]:
        names |= members_of(inner)
    return names


ideas, renamed = read_ideas()
with open(schema_path, encoding="utf-8") as schema_file:
    members = members_of(json.load(schema_file))
labels = {label for _, _, label in ideas if label}
PROBES = ["seccomp_denial", "oom_kill", "signal_kill", "tcp_queue", "bpf_object"]
kinds = {kind.name for kind in pb.Record.DESCRIPTOR.oneofs[0].fields} | {*PROBES}
old = renamed - members  # a field's name that JSON has another word for


def real(message):
    """All fields of it, with values that there are."""
    fill(message)
    for field, value in [("syscall_name", "keyctl"), ("syscall_number", 250), ("error_name", "EPERM"),
                         ("error_number", 1), ("arch_name", "x86_64"), ("signal_name", "SIGKILL"), ("signal", 9),
                         ("action", pb.SECCOMP_RET_ERRNO)]:
        if field in message.DESCRIPTOR.fields_by_name:
            setattr(message, field, value)
    for field in message.DESCRIPTOR.fields:
        if field.message_type is pb.Container.DESCRIPTOR:
            container = getattr(message, field.name)
            container.systemd_unit, container.systemd_user_unit = "nginx.service", "x.service"
            container.systemd_slice, container.id = "k.slice", "4f0c1e2d3b4a" + 52 * "0"
    return message


class Whole(Stream):
    """Of now, with all there can be in what rows are made of."""

    def __init__(self):
        super().__init__(b"\x01", boot="boot_id", boottime=None)

    def header(self):
        header = fill(pb.Header())
        header.ClearField("excerpt")  # status knows no more of one
        header.magic, header.format_version, header.identity_version = "RINGSIDE", 2, 2
        header.stream_id, header.boot_id, header.first_seq = self.id * 16, self.boot, 1
        header.counters_interval_nano, header.file_index = 10**12, 0
        for kind in PROBES[1:]:
            fill(header.probes.add())
        for probe, kind in zip(header.probes, PROBES):
            probe.kind, probe.tier = kind, pb.TIER_FENTRY
        return self.record(header=header)

    def counters(self):
        counters = real(pb.Counters())
        del counters.rows[:], counters.probes[:]
        counters.part, counters.parts, counters.full = 1, 1, True
        for kind in PROBES:
            counters.probes.append(fill(pb.ProbeSums()))
            counters.probes[-1].kind = kind
            for i in range(8):  # more than serve shall have room for
                row = real(counters.rows.add())
                row.kind = kind
                row.container.cgroup_id, row.syscall_number, row.bpf_object.id = 7 + i // 4, 250 + i, 7 + i
                row.container.cgroup_path, row.container.id = f"/cgroup_path{i // 4}", f"{4 + i // 4}" * 64
                row.syscall_name = ["keyctl", "bpf"][i % 2]
                row.bpf_object.ClearField(["map", "program"][i % 2])
                row.others = i % 4 == 3
                row.self_test = row.bpf_object.unloaded = False
                for other in {"tcp_queue", "bpf_object"} - {kind}:
                    row.ClearField(other)
        return self.record(counters=counters)


def event_of(kind):
    """The JSON of one that has all there is, and of its stream."""
    stream = Whole()
    body = real(getattr(pb.Record(), kind))
    data = stream.header() + stream.record(**{kind: body}) + stream.footer()
    line, = check(run("cat", "-o", "json", data=data), 0).splitlines()
    return data, json.loads(line)


def at(event, path):
    for part in path.split("."):
        event = event.get(part) if isinstance(event, dict) else None
    return event


def filters_have_these_words():
    text = check(run("cat", "--help"), 0).decode()
    given = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", text[text.index("\nFilters"):], re.MULTILINE))
    wanted = {"--" + option for option, _, _ in ideas if option} | FILTERS_OWN
    assert given == wanted, given ^ wanted
    for option, path, label in ideas:  # the same word, where it is not a list's or a container's
        words = {option.replace("-", "_") or label or path, label or option.replace("-", "_") or path}
        assert len(words) == 1, (option, label)
        last = path.rpartition(".")[2]
        assert last in words or path in ("labels", "container.name", "container.id"), (option, path)


def what_json_has_is_what_filters_take():
    of = {kind: event_of(kind) for kind in PROBES[:3]}
    for option, path, _ in ideas:
        if not option:
            continue
        found = [(data, at(event, path)) for data, event in of.values() if at(event, path) is not None]
        assert found, f"no event has {path}"
        for data, value in found:
            value = "cluster=eu1" if path == "labels" else str(value)
            for word, lines in (value, 1), ("!" + value, 0):
                out = check(run("cat", "-o", "json", f"--{option}={word}", data=data), 0, None)
                assert len(out.splitlines()) == lines, (option, word, out)


def words_of(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner)


def listens(path):
    """The name is there a moment before anybody listens."""
    with socket.socket(socket.AF_UNIX) as end:
        return end.connect_ex(path) == 0


@contextlib.contextmanager
def served(path):
    server = subprocess.Popen([ringside, "serve", "--per-container", "--series", "3", "--listen", "unix:sock", path])
    try:
        until = time.monotonic() + 10
        while not listens("sock") and time.monotonic() < until:
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0


def ask(page):
    connection = http.client.HTTPConnection("x", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("sock")
    connection.request("GET", page)
    return connection.getresponse().read().decode()


def ask_all(path, wanted):
    """/metrics, once they have what is wanted, and the other pages."""
    with open(path, "r+b") as f:
        fcntl.flock(f, fcntl.LOCK_EX)  # as the streamer locks it
        with served(path):
            until = time.monotonic() + 10
            while wanted not in ask("/metrics") and time.monotonic() < until:
                time.sleep(0.05)
            return ask("/metrics"), json.loads(ask("/check")), json.loads(ask("/health")), \
                json.loads(check(run("status", "-o", "json", path), 4))


def doctor_of(header):
    os.mkdir("bin")
    shutil.copy(ringside, "bin/ringside")
    save("header.pb", header)
    with open("bin/ringside-streamer", "w", encoding="utf-8") as script:
        script.write("#!/bin/sh\ncat header.pb\n")
    os.chmod("bin/ringside-streamer", 0o755)
    out = subprocess.run(["bin/ringside", "doctor", "--no-measure", "-o", "json"], capture_output=True, timeout=60,
                         check=False)
    return json.loads(out.stdout)


@functools.cache
def of_rows():
    """Of each output with rows: the words and values in it."""
    stream = Whole()
    header = stream.header()
    events = b"".join(stream.record(**{kind: real(getattr(pb.Record(), kind))})
                      for kind in PROBES[:3])
    save("whole.pb", header, events, stream.counters())
    metrics, sums, health, status = ask_all("whole.pb", "ringside_bpf_map")
    save("cut.pb", header, events[:-5])
    checked = [json.loads(line) for line in check(run("verify", "-o", "json", "cut.pb"), 3, None).splitlines()]
    return {
        "/metrics": re.findall(r'[{,](\w+)="((?:[^"\\]|\\.)*)"', metrics),
        "/check": list(words_of(sums)), "/health": list(words_of(health)),
        "status": list(words_of({name: value for name, value in status.items() if name != "latest"})),
        "stats": list(words_of(json.loads(check(run("stats", "-o", "json", "whole.pb"), 0, None)))),
        "verify": list(words_of(checked)), "doctor": list(words_of(doctor_of(header))),
        "repair": list(words_of(json.loads(check(run("repair", "-o", "json", "cut.pb", "-w", "out.pb"), 0, None)))),
    }


def paths_of(value, path=""):
    """What is in it, by all names down to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}", inner
            yield from paths_of(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths_of(inner, path)


def rows_have_these_words():
    for output, words in of_rows().items():
        names = {name for name, _ in words} - kinds - LABELS
        own = OWN[output]
        assert not names & old, f"{output}: JSON has other words for {sorted(names & old)}"
        mine = names - labels - members
        assert mine == own, \
            f"{output}: not in vocabulary.h: {sorted(mine - own)}; not there, or not its own: {sorted(own - mine)}"


def the_same_word_means_the_same():
    """What a row has of something asked for is what JSON has of it."""
    rows = of_rows()
    with open("whole.pb", "ab") as live:
        fcntl.flock(live, fcntl.LOCK_EX)  # as its Header says
        lines = check(run("cat", "--all", "-o", "json", "whole.pb"), 0).splitlines()
    there = list(paths_of([json.loads(line) for line in lines]))
    for _, path, label in ideas:
        ends = {"." + path, "." + label}  # of who holds a BPF object: not in a process of its own
        known = {str(value) for name, value in there if any(name.endswith(end) for end in ends)} | {*PROBES, "None"}
        for output in "/metrics", "/check", "stats":
            told = {str(value) for name, value in rows[output] if label and name == label and value != ""}
            assert told <= known, f"{output}: {label} is {sorted(told - known)}, {path} is none of these"


def manual_pages_have_these_words():
    pages = {}
    for name in os.listdir(man):
        with open(os.path.join(man, name), encoding="utf-8") as page:
            pages[name] = page.read().replace("\\_", "_")
    told = set(re.findall(r"[*_]_?(\w+?)_?[*_=](?!\w)", pages["ringside.1.scd"]))
    for output, own in OWN.items():
        assert own <= told, f"ringside(1) has not, of {output}: {sorted(own - told)}"
    for option, _, _ in ideas:
        assert not option or f"--{option}*" in pages["ringside.1.scd"], option
    for name, text in pages.items():
        if not name.startswith("ringside-format"):  # which is about the records' own names
            spelt = {word for word in re.findall(r"\*(\w+)\*", text) if word in old}
            assert not spelt, f"{name}: JSON has other words for {sorted(spelt)}"


run_tests(filters_have_these_words, what_json_has_is_what_filters_take, rows_have_these_words,
          the_same_word_means_the_same, manual_pages_have_these_words)
