#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a file costs its reader depends on its size, whatever is in it: each kind of hostile.py
takes at most a few times what a clean recording of the same size does, for every command.

usage: cli-hostile.py RINGSIDE COMPRESS-RECORDING
"""
import os
import random
import resource
import subprocess

import hostile
import ringside_pb2 as pb
from program import in_a_folder, others, ringside, run_tests, save
from stream import frame

compress, = others

SIZE = 700_000
TIMES = 5  # of what a clean file takes
SLACK = 0.5  # seconds: what a reader may try in vain, and how exactly a machine measures
MEMORY = 400 << 20  # a sanitizer's included
COMMANDS = [["verify"], ["cat"], ["tail"], ["stats"], ["cat", "--since", "2020-01-01"],
            ["replay", "--speed", "max"], ["repair"]]

in_a_folder()
rng = random.Random(1)


def recording(records):
    out = bytearray()
    for seq in range(1, records + 1):
        record = pb.Record(seq=seq, boottime_nano=seq * 1000, time_unix_nano=10**18 + seq * 1000)
        if seq == 1:
            record.header.magic = "RINGSIDE"
            record.header.format_version = 1
            record.header.first_seq = 1
        else:
            record.seccomp_denial.process.pid = rng.randrange(1 << 22)
            record.seccomp_denial.process.comm = rng.randbytes(6).hex()
        out += frame(record)
    return subprocess.run([compress], input=bytes(out), capture_output=True, check=True).stdout


def cost(command, name):
    """Seconds of CPU, the exit status, and what was said."""
    args = [ringside, *command, name]
    if command == ["repair"]:
        if os.path.exists("out.pb.zst"):
            os.unlink("out.pb.zst")
        args += ["-w", "out.pb.zst"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=100)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            result.returncode, result.stderr.decode())


def no_kind_costs_much_more_than_a_clean_recording():
    small, clean = recording(1200), recording(35000)
    clean = recording(int(35000 * SIZE / len(clean)))
    failed = 0
    save("clean.pb.zst", clean)
    usual = {" ".join(c): max(cost(c, "clean.pb.zst")[0] for _ in range(2)) for c in COMMANDS}
    # Of a clean file tail reads the end alone. One whose end does not hold its last lines it has to
    # read whole, as cat does.
    usual["tail"] = max(usual["tail"], usual["cat"])
    for kind in hostile.KINDS:
        save("hostile.pb.zst", hostile.make(kind, SIZE, small))
        for command in COMMANDS:
            name = " ".join(command)
            seconds, status, said = cost(command, "hostile.pb.zst")
            ok = seconds <= TIMES * usual[name] + SLACK and status in (0, 1, 3, 4)
            failed += not ok
            if not ok:
                print(f"not ok - {name}, {kind}: {seconds:.2f} s, a clean file {usual[name]:.2f} s;"
                      f" exit {status}: {said[:300]}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    if peak > MEMORY:
        failed += 1
        print(f"not ok - memory: {peak >> 20} MiB")
    print(f"{len(hostile.KINDS)} kinds, {len(COMMANDS)} commands: {failed} failed;"
          f" a clean file of {len(clean)} bytes: {usual}; {peak >> 20} MiB at most")
    assert not failed


run_tests(no_kind_costs_much_more_than_a_clean_recording)
