#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follows a folder with `ringside tail -f` as an ordinary user.

usage: follow.py RINGSIDE FOLDER UID GID STREAMER_PID

Prints JSON lines: {"uid": …, "groups": …, "caps": …} of the follower, then for each event that it
printed {"seq": …, "late_nano": …, "lonely": …}: from the event to its line, lonely as long as
there is no file "lonely". At the end {"waited_nano": …}: how long both the streamer and the
follower were kept from running while events were lonely. Ends when the streamer has.
"""
import json
import os
import selectors
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

EVENTS = ("oom_kill", "seccomp_denial")
QUIET_SECONDS = 2  # nothing more comes then


def waited(pid):
    """Time spent runnable, but not running: Documentation/scheduler/sched-stats.rst."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])


def nanos(text):
    """RFC 3339 with nine digits; datetime takes six."""
    whole = datetime.fromisoformat(text[:19] + "+00:00")
    return int(whole.timestamp()) * 1_000_000_000 + int(text[20:29])


def say(**what):
    print(json.dumps(what), flush=True)


def main():
    ringside, folder, uid, gid, streamer = sys.argv[1:]
    tail = subprocess.Popen([ringside, "tail", "-n", "0", "-f", "-o", "json", folder],
                            stdout=subprocess.PIPE, user=int(uid), group=int(gid), extra_groups=[])
    time.sleep(0.5)
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{tail.pid}/status").read_text().splitlines()
                  if ":\t" in line)
    say(uid=status["Uid"].split()[1], groups=status["Groups"].split(), caps=status["CapEff"])
    pids, delayed, rest, quiet = (streamer, tail.pid), None, b"", None
    since = sum(map(waited, pids))
    os.set_blocking(tail.stdout.fileno(), False)
    selector = selectors.DefaultSelector()
    selector.register(tail.stdout, selectors.EVENT_READ)
    while quiet is None or time.monotonic() < quiet:
        ready = selector.select(0.2)
        now, lonely = time.time_ns(), not Path("lonely").exists()
        if delayed is None and not lonely:
            delayed = sum(map(waited, pids)) - since
        data = os.read(tail.stdout.fileno(), 1 << 20) if ready else b""
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            event = json.loads(line)
            if event["kind"] in EVENTS:
                say(seq=event["seq"], late_nano=now - nanos(event["time"]), lonely=lonely)
        if data or Path(f"/proc/{streamer}").exists():
            quiet = time.monotonic() + QUIET_SECONDS
    tail.kill()
    say(waited_nano=delayed)


main()
