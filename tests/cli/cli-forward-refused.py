# SPDX-License-Identifier: Apache-2.0
"""What a receiver refuses is in the file of the refused before the cursor passes it, without a wait of the disk for each
record. strace sees it, and makes a slow disk.

usage: cli-forward-refused.py RINGSIDE_FORWARD SOURCE
"""
import json
import os
import re
import subprocess
import time

import otlp_receiver
from otlp_receiver import Receiver
from program import facts, in_a_folder, others, ringside as forward, run_tests, save
from stream import Stream

EVENTS = 1500
# LeakSanitizer is a tracer itself.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def refuse(_):
    return 400, {}, b"never"


def start(receiver, name, *strace, more=()):
    """-D: strace is beside, and what is started is ours to end."""
    return subprocess.Popen(["strace", "-D", "-f", "-y", *strace, forward, "--to", "otlp+" + receiver.url, "--cursor", name,
                             "--set", "in-flight=1", "--set", "body=64K", *more, "events.pb"],
                            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)


def refused(name):
    """The seqs in it: each once."""
    with open(name + ".refused", encoding="utf-8") as f:
        seqs = [int(json.loads(line)["id"].split(":")[1]) for line in f]
    assert len(seqs) == len(set(seqs)), "refused twice"
    return seqs


def test_a_request_waits_for_the_disk_once():
    with Receiver(service, refuse) as receiver:
        child = start(receiver, "once", "-o", "once.trace", "-e", "trace=write,writev,fdatasync,rename,renameat,renameat2")
        said = child.communicate(timeout=120)[1]
        assert child.returncode == 1 and f"{EVENTS:,} refused" in said, said
        requests = len(receiver.requests)
    assert len(refused("once")) == EVENTS and 3 < requests < EVENTS / 20, requests
    syncs, moves, unsynced = 0, 0, 0
    with open("once.trace", encoding="utf-8") as f:
        for line in f:
            if re.search(r"write\w*\(\d+<[^>]*/once.refused>", line):
                unsynced += 1
            elif re.search(r"fdatasync\(\d+<[^>]*/once.refused>", line):
                syncs, unsynced = syncs + 1, 0
            elif re.search(r'rename\w*\(.*"once(.2)?"', line):
                moves += 1
                assert not unsynced, "the cursor passes what is not on the disk: " + line
    assert syncs == requests and moves, (syncs, requests, moves)


def test_it_ends_in_the_middle_of_a_request():
    """On a disk that takes 10 ms for each record; what it leaves is refused after the next start, and nothing twice."""
    with Receiver(service, refuse) as receiver:
        child = start(receiver, "slow", "-o", "/dev/null", "-P", os.path.abspath("slow.refused"), "-e", "trace=write",
                      "-e", "inject=write:delay_enter=10ms", more=("--set", "body=1M", "--memory", "16M"))
        end = time.monotonic() + 60
        while not os.path.exists("slow.refused") or not os.path.getsize("slow.refused"):
            assert time.monotonic() < end and child.poll() is None, "nothing is refused"
            time.sleep(0.01)
        child.terminate()
        begun = time.monotonic()
        said = child.communicate(timeout=60)[1]
        assert time.monotonic() - begun < 5, f"{time.monotonic() - begun:.1f} s: {said}"
        first = refused("slow")
        assert 0 < len(first) < EVENTS and "it ends before all that was refused is put aside" in said, said
        assert facts("slow.status")["refused"] == len(first), facts("slow.status")
        said = subprocess.run([forward, "--to", "otlp+" + receiver.url, "--cursor", "slow", "events.pb"],
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False).stderr
    assert sorted(refused("slow")) == list(range(2, EVENTS + 2)), said


def test_a_kill_loses_nothing():
    """Each time it is further; what is in the file may be there twice then, and nothing is left out."""
    with Receiver(service, refuse) as receiver:
        command = [forward, "--to", "otlp+" + receiver.url, "--cursor", "killed", "--set", "body=4K", "events.pb"]
        for n in range(6):
            child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            before, end = len(receiver.requests), time.monotonic() + 30
            while len(receiver.requests) < before + 3 + n and child.poll() is None:
                assert time.monotonic() < end
                time.sleep(0.002)
            child.kill()
            child.wait()
        subprocess.run(command, stderr=subprocess.DEVNULL, timeout=60, check=False)
    with open("killed.refused", encoding="utf-8") as f:
        seqs = {int(json.loads(line)["id"].split(":")[1]) for line in f}
    assert seqs == set(range(2, EVENTS + 2)), sorted(set(range(2, EVENTS + 2)) - seqs)


in_a_folder()
service = otlp_receiver.classes(*others)
stream = Stream(b"r", boottime=1)
save("events.pb", stream.header(), b"".join(stream.kill() for _ in range(EVENTS)), stream.footer())
run_tests(test_a_request_waits_for_the_disk_once, test_it_ends_in_the_middle_of_a_request, test_a_kill_loses_nothing)
