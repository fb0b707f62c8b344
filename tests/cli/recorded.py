# SPDX-License-Identifier: Apache-2.0
"""Recordings for the scripts that read them, made here; COMPRESS-RECORDING, their second argument, packs them."""
import random
import subprocess

import ringside_pb2 as pb
from program import others
from stream import Stream, frame, frames

compress, = others
rng = random.Random(3)


class Recorded(Stream):
    """One with denials, a time after each other."""

    def denial(self, padding=0, after=0.001):
        self.boottime += after
        call = rng.choice(["keyctl", "clone3", "ptrace"])
        path = rng.randbytes(padding).hex()
        return self.record(seccomp_denial=pb.SeccompDenial(
            process=pb.Process(pid=77, comm="nginx", executable_path=path), syscall_name=call,
            action=pb.SECCOMP_RET_ERRNO, error_name="EPERM"))


def in_run(data, first):
    """The event, which begins a run of one CPU's events, or goes on with it."""
    record, = (pb.Record.FromString(part) for part in frames(data))
    if first:
        record.cpu_sums.seen, record.cpu_sums.limited, record.cpu_sums.dropped = record.seq, 0, 0
    else:
        record.ClearField("boottime_nano")
        record.cpu_sums.between = 0
    record.cpu_sums.cpu = 0
    return frame(record)


def packed(data, *args):
    return subprocess.run([compress, *args], input=data, capture_output=True, check=True).stdout


def lines(out):
    return out.decode().splitlines()


def closed(stream, n, padding=0):
    return (stream.header() + b"".join(stream.denial(padding) for _ in range(n)) +
            stream.counters() + stream.footer())
