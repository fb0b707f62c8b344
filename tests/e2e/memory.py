#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: memory.py RINGSIDE FILE...

Does each command come to its end with each file when it is given 16 MB, and to the same end as
without a limit? RLIMIT_DATA counts what a process can write and nobody else sees: heap, mmap, not
the program itself (getrlimit(2), since Linux 4.7). What it has mapped counts, used or not, so this
asks for more than the resident size would. And with so little that it cannot do, does it fail?
"""
import hashlib
import os
import resource
import subprocess
import sys

LIMIT = 16_000_000
TOO_LITTLE = [2_500_000, 5_000_000, 7_000_000, 8_000_000]
REPAIRED = "repaired.pb.zst"
COMMANDS = {
    "cat": ["cat", "-o", "json", "{}"],
    "cat --until": ["cat", "--until", "2025-11-22 03:10", "{}"],
    "tail": ["tail", "-n", "1000", "{}"],
    "replay": ["replay", "--speed", "max", "{}"],
    "verify": ["verify", "{}"],
    "stats": ["stats", "{}"],
    "repair": ["repair", "{}", "-w", REPAIRED],
}


def limit(size):
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def end_of(command, preexec):
    """Exit status, and what it wrote."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=preexec) as child:
        written = hashlib.sha256()
        while block := child.stdout.read(1 << 20):
            written.update(block)
    if os.path.exists(REPAIRED):
        with open(REPAIRED, "rb") as f:
            written.update(f.read())
        os.unlink(REPAIRED)
    return child.returncode, written.hexdigest()


def main():
    ringside, *files = sys.argv[1:]
    for name, words in COMMANDS.items():
        different = []
        for file in files:
            if name == "repair" and os.path.isdir(file):
                continue
            command = [ringside, *(word.format(file) for word in words)]
            ends = [end_of(command, preexec) for preexec in (None, limit(LIMIT))]
            for size in TOO_LITTLE:
                end = end_of(command, limit(size))
                if end != ends[0] and end[0] != 1:
                    different.append(f"{file}: {ends[0]}, with {size} bytes {end}")
            if ends[0] != ends[1] or ends[0][0] not in (0, 1, 3):
                different.append(f"{file}: {ends[0]}, with the limit {ends[1]}")
        print(f"{'not ok' if different else 'ok'} - {name}: {'; '.join(different) or 'takes less than 16 MB'}")


main()
