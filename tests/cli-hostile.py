#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a file costs its reader depends on its size, whatever is in it: each kind of hostile.py
takes at most a few times what a clean recording of the same size does, for every command.

usage: cli-hostile.py RINGSIDE COMPRESS-RECORDING DIR_OF_PB2
"""
import os
import random
import resource
import subprocess
import sys
import tempfile

ringside, compress, pb2_dir = map(os.path.abspath, sys.argv[1:4])
sys.path[:0] = [pb2_dir, os.path.dirname(os.path.abspath(__file__))]
import hostile  # noqa: E402
import ringside_pb2 as pb  # noqa: E402

SIZE = 700_000
TIMES = 5  # of what a clean file takes
SLACK = 0.35  # seconds: what a reader may try in vain, and how exactly a machine measures
MEMORY = 400 << 20  # a sanitizer's included
COMMANDS = [["verify"], ["cat"], ["tail"], ["stats"], ["cat", "--since", "2020-01-01"],
            ["replay", "--speed", "max"], ["repair"]]

os.chdir(tempfile.mkdtemp(prefix="ringside-hostile-"))
rng = random.Random(1)


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


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
        data = record.SerializeToString()
        out += varint(len(data)) + data
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


def main():
    small, clean = recording(1200), recording(35000)
    clean = recording(int(35000 * SIZE / len(clean)))
    failed = 0
    with open("clean.pb.zst", "wb") as f:
        f.write(clean)
    usual = {" ".join(c): max(cost(c, "clean.pb.zst")[0] for _ in range(2)) for c in COMMANDS}
    for kind in hostile.KINDS:
        with open("hostile.pb.zst", "wb") as f:
            f.write(hostile.make(kind, SIZE, small))
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
    return failed > 0


sys.exit(main())
