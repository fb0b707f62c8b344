#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `ringside status` and /health of `ringside serve` say while a streamer writes, is stopped, is killed and
has no room: the same, at once, and true. As nobody, who is in the folder's group and no more.

usage: status.py BUILD

Works in the current folder; prints "ok - …" and "not ok - …" lines.
"""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

BUILD = Path(sys.argv[1])
NOBODY, GROUP = 65534, 4711
INTERVAL = 1
started = []


def check(ok, what):
    print(f"{'ok' if ok else 'not ok'} - {what}", flush=True)


def start(*command, **kwargs):
    process = subprocess.Popen([str(word) for word in command], **kwargs)
    started.append(process)
    return process


def wait_for(what, ready, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if ready():
            return
        time.sleep(0.05)
    raise SystemExit(f"waited in vain for {what}")


def hand_over(where):
    """To the group, as a streamer does whose machine has it."""
    for path in [where, *where.glob("*")] if where.is_dir() else [where]:
        os.chown(path, -1, GROUP)


def streamer(where, *options, shell=False):
    def latest():
        """The newest stream's id, None where there is none."""
        done = subprocess.run([str(BUILD / "consumer/ringside"), "status", "-o", "json", str(where)],
                              capture_output=True, timeout=30, check=False)
        return json.loads(done.stdout or "{}").get("stream_id")
    before = latest()
    command = [BUILD / "streamer/ringside-streamer", "--allow-syscall-tax", "--rate", "0", "--ring-size", "32M",
               "--counters-interval", INTERVAL, "--user", "root", *options]
    log = open("streamer.log", "ab")
    if shell:
        process = start(*command, stdout=open(where, "wb"), stderr=log)
    else:
        process = start(*command, "-w", f"{where}/" if not where.suffix else where, stderr=log)
    wait_for(f"records in {where}", lambda: latest() not in (None, before))
    time.sleep(0.3)
    hand_over(where)
    return process


def storm(count):
    subprocess.run([str(BUILD / "testdata/trigger-storm"), "--count", str(count)], stdout=subprocess.DEVNULL, check=True)


def status(where, *options):
    began = time.monotonic()
    done = subprocess.run([str(BUILD / "consumer/ringside"), "status", *options, str(where)], capture_output=True,
                          user=NOBODY, group=GROUP, extra_groups=[], timeout=30, check=False)
    assert time.monotonic() - began < 10
    return done.returncode, done.stdout.decode()


class Server:
    """Of /health, over what is recorded."""
    def __init__(self, where):
        self.path = f"{where}.sock".replace("/", "-")
        self.process = start(BUILD / "consumer/ringside", "serve", "--listen", f"unix:{self.path}", where,
                             user=0, group=GROUP, extra_groups=[], stderr=open("serve.log", "ab"))
        wait_for("the server", lambda: os.path.exists(self.path))
        wait_for("what it reads", lambda: "stream_id" in self.health()[1])

    def health(self):
        connection = http.client.HTTPConnection("x", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def both_say(where, server, word, code, seconds):
    """That it is @word, within @seconds, and nothing else afterwards; returns status's object."""
    until = time.monotonic() + seconds
    while True:
        rc, said = status(where, "-o", "json")
        http_status, health = server.health()
        said = json.loads(said)
        if (said["status"] == health["status"] == word and rc == code) or time.monotonic() > until:
            break
        time.sleep(0.1)
    check(said["status"] == health["status"] == word and rc == code and http_status == (200 if code in (0, 4) else 503),
          f"{where}: within {seconds} s status says {said['status']} with {rc}, /health {health['status']} with "
          f"{http_status}: {word}")
    check(said.get("lost") == health.get("lost") or word == "unwritable",
          f"{where}: and of losses {said.get('lost')} and {health.get('lost')}")
    return said


@contextlib.contextmanager
def disk(kind):
    """A small one, of that file system."""
    Path("disk").mkdir()
    if kind == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "ringside-test", "disk"], check=True)
    else:
        with open("disk.img", "wb") as f:
            f.truncate(8 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", "disk.img"], check=True)
        subprocess.run(["mount", "-o", "loop", "disk.img", "disk"], check=True)
    os.chmod("disk", 0o755)
    try:
        yield Path("disk")
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()
        subprocess.run(["umount", "disk"], check=False)
        Path("disk").rmdir()


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as f:
        while True:
            f.write(bytes(65536))
    with contextlib.suppress(OSError), open(str(path) + "-2", "wb", buffering=0) as f:
        while True:
            f.write(bytes(512))


def unfill(path):
    os.unlink(path)
    os.unlink(str(path) + "-2")


def a_full_disk_is_seen(kind, level):
    """And what is lost on it, exactly; also of a streamer that is stopped meanwhile."""
    with disk(kind) as here:
        where = here / "rec"
        one = streamer(where, "-C", "512K", "--max-use", "8M", f"-z{level}")
        server = Server(where)
        both_say(where, server, "whole", 0, 3)
        fill(here / "filler")
        storm(20000)
        both_say(where, server, "unwritable", 1, 3)
        for _ in range(40):  # what is left of the last block takes some more
            time.sleep(1.2)
            hand_over(where)
            if status(where, "-q")[0] == 1:
                break
            storm(300)
        text = status(where)[1]
        for _ in range(5):  # it tries once a second, and counts in between
            totals = Path("streamer.log").stat().st_size
            one.send_signal(signal.SIGUSR1)
            wait_for("totals", lambda: Path("streamer.log").stat().st_size > totals)
            line = Path("streamer.log").read_text().strip().splitlines()[-1]
            lost = int(re.search(r", ([\d,]+) lost", line).group(1).replace(",", ""))
            time.sleep(1.2)
            said = json.loads(status(where, "-o", "json")[1])
            if said.get("lost") == lost:
                break
        if "stream_id" in said:
            check(said["lost"] == lost and lost > 1000, f"{kind} -z{level}: status says {said['lost']} are lost, the streamer {lost}")
        check(text.startswith("not recording: No space left on device for "), f"{kind} -z{level}: {text.splitlines()[0]}")
        one.send_signal(signal.SIGSTOP)
        time.sleep(6)
        text = status(where)[1]
        check("is stopped, or hangs" in text.splitlines()[0], f"{kind} -z{level}: stopped: {text.splitlines()[0]}")
        one.send_signal(signal.SIGCONT)
        time.sleep(2)
        unfill(here / "filler")
        both_say(where, server, "losses", 4, 5)
        fill(here / "filler")
        storm(20000)
        both_say(where, server, "unwritable", 1, 3)
        one.kill()
        one.wait()
        both_say(where, server, "gone", 1, 4)
        server.end()


def a_dead_writer_is_seen(where, **kwargs):
    where = Path(where)
    one = streamer(where, **kwargs)
    server = Server(where)
    both_say(where, server, "whole", 0, 3)
    storm(1000)
    time.sleep(0.5)
    seen = [probe["seen"] for probe in json.loads(status(where, "-o", "json")[1])["probes"]]
    check(max(seen) >= 1000, f"{where}: what was seen since the latest Counters is in it: {max(seen)}")
    lines = status(where)[1].splitlines()
    check("  latest:" in lines and len(lines) - lines.index("  latest:") == 4, f"{where}: the last three events stand there")
    check(any(line.startswith("  file ") and where.name in line for line in lines), f"{where}: and the file")
    one.send_signal(signal.SIGSTOP)
    both_say(where, server, "stale", 1, 3 * INTERVAL + 8)
    one.send_signal(signal.SIGCONT)
    both_say(where, server, "whole", 0, 5)
    one.kill()
    one.wait()
    killed = time.monotonic()
    rc, text = status(where)
    check(rc == 1 and "the streamer is gone, without closing its stream" in text and time.monotonic() - killed < 2,
          f"{where}: killed: {text.splitlines()[0]}")
    both_say(where, server, "gone", 1, 3)
    server.end()
    if where.is_dir():
        other = streamer(where, **kwargs)
        hand_over(where)
        check(status(where)[0] == 0, f"{where}: another one is seen behind the dead")
        other.send_signal(signal.SIGTERM)
        other.wait(20)
        check("the latest stream was closed" in status(where)[1], f"{where}: and that it ended")


def metrics(server):
    connection = http.client.HTTPConnection("x", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(server.path)
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()


def a_file_that_is_moved_is_followed(name):
    """As logrotate does it, by `serve` and by `tail -f`: nothing is lost, and nothing there twice."""
    where, cgroup, count = Path(name), "moved-" + name.replace(".", "-"), 2000
    one = streamer(where)
    server = Server(where)
    with open("tailed", "wb") as out:
        tail = start(BUILD / "consumer/ringside", "tail", "-f", "-n", "all", "-o", "json", "--cgroup", f"*{cgroup}", where,
                     stdout=out, stderr=open("tail.log", "ab"))
    time.sleep(0.5)
    for n in range(1, 5):
        subprocess.run([str(BUILD / "testdata/trigger-storm"), "--cgroup", cgroup, "--count", str(count)],
                       stdout=subprocess.DEVNULL, check=True)
        before = where.stat().st_ino
        where.rename(f"{name}.{n}")
        one.send_signal(signal.SIGHUP)
        wait_for("another file", lambda: where.exists() and where.stat().st_size and where.stat().st_ino != before)
    subprocess.run([str(BUILD / "testdata/trigger-storm"), "--cgroup", cgroup, "--count", str(count)],
                   stdout=subprocess.DEVNULL, check=True)
    total = 5 * count
    line = re.compile(rf'ringside_seccomp_denials_total\{{[^}}]*cgroup="[^"]*{cgroup}"[^}}]*\}} (\d+)')
    kinds = re.compile(r'ringside_events_seen_total\{kind="seccomp_denial"\} (\d+)')
    if not line.search(metrics(server)):  # where rows have no cgroups
        line = kinds
    with contextlib.suppress(SystemExit):
        wait_for("the sums", lambda: sum(map(int, line.findall(metrics(server)))) >= total, 10)
    time.sleep(2.2)
    got = sum(map(int, line.findall(metrics(server))))
    check(got == total or (line is kinds and got >= total), f"{name}: moved away four times, serve counts {got} of {total}")
    one.send_signal(signal.SIGTERM)
    one.wait(20)
    check(tail.wait(20) == 0, f"{name}: tail ends with the stream")
    seqs = [event["seq"] for event in map(json.loads, Path("tailed").read_text().splitlines())
            if event["kind"] == "seccomp_denial"]
    check(len(seqs) == len(set(seqs)) == total, f"{name}: tail printed {len(seqs)}, {len(set(seqs))} different ones, of {total}")
    check("is gone" not in Path("tail.log").read_text(), f"{name}: and did not take it for dead")
    server.end()


def what_was_killed_is_appended_to(name):
    where, events = Path(name), None

    def read():
        done = subprocess.run([str(BUILD / "consumer/ringside"), "cat", "-o", "json", "--kind", "seccomp", name],
                              capture_output=True, timeout=60, check=False)
        return done.returncode, sum(b'"kind":"seccomp_denial"' in line for line in done.stdout.splitlines())

    for n in range(3):
        if n:
            Path("streamer.log").write_text("")
        one = streamer(where, *(["--append"] if n else []))
        if n:
            said = [line for line in Path("streamer.log").read_text().splitlines() if "was not closed, as after kill -9: " in line]
            code, now = read()
            check(now >= events and (said or not name.endswith(".zst")),
                  f"{name}: appended to after kill -9: {said or 'it was whole'}; {events} events before, {now} after")
        # Long enough to be killed in the middle of writing; what it brings is read again and again.
        load = start(BUILD / "testdata/trigger-storm", "--count", "100000000", stdout=subprocess.DEVNULL)
        time.sleep(0.1)
        one.kill()
        one.wait()
        load.kill()
        load.wait()
        events = read()[1]
    one = streamer(where, "--append")
    storm(100)
    time.sleep(0.5)
    one.send_signal(signal.SIGTERM)
    check(one.wait(20) == 0, f"{name}: and closed at last")
    code, now = read()
    check(code == 0 and now >= events + 100, f"{name}: all of it is read, with {code}: {now} events")


def who_may_join_is_told():
    """Not in the group: which one it is, and how to get into it; in it since, but not at the login."""
    closed = "it is for the group ringside: join it (`sudo usermod -aG ringside $USER`, then log in again), or use sudo"
    late = "you are in the group ringside, but were not when you logged in: do so again, or run `newgrp ringside`"
    others = [line for line in Path("/etc/group").read_text().splitlines() if not line.startswith("ringside:")]
    for member, why in ("", closed), ("nobody", late):
        Path("group").write_text("\n".join([*others, f"ringside:x:{GROUP}:{member}", ""]))
        for command in "cat", "status", "tail":
            done = subprocess.run(["unshare", "-m", "sh", "-c", "mount --bind group /etc/group; exec setpriv --reuid "
                                   '65534 --regid 65534 --clear-groups "$@"', "sh", BUILD / "consumer/ringside",
                                   command, "dead"], capture_output=True, timeout=30, check=False)
            check(done.returncode == 1 and done.stderr.decode() == f"ringside {command}: dead: Permission denied: {why}\n",
                  f"{command} as {member or 'somebody else'}: {done.stderr.decode()!r}")


os.chmod(".", 0o755)
a_dead_writer_is_seen("dead")
os.chmod("dead", 0o750)
who_may_join_is_told()
a_full_disk_is_seen("ext4", 0)
if "all" in sys.argv:  # two minutes more than all tests together may take
    a_dead_writer_is_seen("dead.pb.zst")
    a_dead_writer_is_seen("stdout.pb", shell=True)
    a_file_that_is_moved_is_followed("moved.pb")
    a_file_that_is_moved_is_followed("moved.pb.zst")
    what_was_killed_is_appended_to("killed.pb")
    what_was_killed_is_appended_to("killed.pb.zst")
    a_full_disk_is_seen("tmpfs", 3)
