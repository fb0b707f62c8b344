# SPDX-License-Identifier: Apache-2.0
"""usage: forward.py BUILD TESTS

Memory and wake-ups of ringside-forward, with a real nats-server; prints "ok - ..." lines."""
import glob
import os
import signal
import subprocess
import sys
import time

build, tests = sys.argv[1:]
sys.path.insert(0, os.path.join(tests, "cli"))

from nats import Server  # noqa: E402

RECORDS = 100_002
MEMORY_KB = 16 * 1024
WAKE_UPS = 10  # in ten seconds


def report(good, text):
    print(f"{'' if good else 'not '}ok - forward to NATS: {text}", flush=True)


def fact(path, name):
    with open(path, encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))


def forward(server, cursor, *args):
    command = [build + "/consumer/ringside-forward", "--to", f"nats://127.0.0.1:{server.port}/R", "--cursor", cursor]
    return subprocess.Popen([*command, *args], stderr=subprocess.PIPE)


def busy(server):
    child = forward(server, "cursor", "backlog.pb.zst")
    highest, begin, stood_still = 0, time.monotonic(), False
    while child.poll() is None:
        try:
            highest = max(highest, fact(f"/proc/{child.pid}/status", "RssAnon"))
        except (OSError, StopIteration):  # it has just ended
            pass
        if not stood_still and time.monotonic() > begin + 1:
            stood_still = True
            server.child.send_signal(signal.SIGSTOP)
            time.sleep(2)
            server.child.send_signal(signal.SIGCONT)
        time.sleep(0.005)
    took = time.monotonic() - begin
    said = child.communicate()[1].decode()
    report(child.returncode == 0 and f" {RECORDS:,} acknowledged, " in said, f"{RECORDS:,} records in {took:.1f} s")
    report(0 < highest < MEMORY_KB, f"RssAnon at most {highest:,} kB, below {MEMORY_KB:,} kB")


def switches(pid):
    return sum(fact(path, "voluntary_ctxt_switches") for path in glob.glob(f"/proc/{pid}/task/*/status"))


def idle(server):
    os.mkdir("followed")
    subprocess.run([build + "/tests/bench/make-recording", "1", "10"], stdout=open("followed/a.pb.zst", "wb"), check=True)
    child = forward(server, "cursor-idle", "-f", "followed")
    time.sleep(5)
    counts = []
    while not counts or (min(counts) > WAKE_UPS and len(counts) < 3):
        before = switches(child.pid)
        time.sleep(10)
        counts.append(switches(child.pid) - before)
    report(min(counts) <= WAKE_UPS, f"idle, it wakes up {min(counts)} times in 10 s, at most {WAKE_UPS} (of {counts})")
    child.terminate()
    report(child.wait(20) == 0, "it ends when it is told")


with_server = Server("n").start().wait()
try:
    busy(with_server)
    idle(with_server)
finally:
    with_server.stop()
