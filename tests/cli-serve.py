#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""serve and status: what they refuse, text files, pipes, exit statuses. Needs no streamer.

usage: cli-serve.py RINGSIDE DIR_OF_PB2
"""
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ringside, pb2_dir = map(os.path.abspath, sys.argv[1:3])
sys.path.insert(0, pb2_dir)
import ringside_pb2 as pb  # noqa: E402

os.chdir(tempfile.mkdtemp(prefix="ringside-cli-serve-"))


def frame(record):
    data, size = record.SerializeToString(), bytearray()
    n = len(data)
    while n > 0x7F:
        size.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(size) + bytes([n]) + data


class Stream:
    def __init__(self, number):
        self.id, self.seq = bytes([number] * 16), 0

    def record(self, **body):
        self.seq += 1
        return frame(pb.Record(seq=self.seq, time_unix_nano=time.time_ns(),
                               boottime_nano=time.clock_gettime_ns(time.CLOCK_BOOTTIME), **body))

    def header(self):
        header = pb.Header(magic="RINGSIDE", format_version=1, stream_id=self.id, boot_id="b", host_name="h",
                           counters_interval_nano=10**9)
        header.probes.add(kind="oom_kill", tier=pb.TIER_FENTRY)
        return self.record(header=header)

    def counters(self, kills, dropped=0):
        counters = pb.Counters(part=1, parts=1, full=True)
        counters.probes.add(kind="oom_kill").cpus.add(cpu=0, seen=kills, dropped=dropped)
        counters.rows.add(kind="oom_kill", container=pb.Container(cgroup_path="/a\n\"b\\", cgroup_id=1),
                          count=kills, scope=pb.OOM_SCOPE_MEMCG)
        return self.record(counters=counters)

    def footer(self):
        return self.record(footer=pb.Footer(reason="SIGTERM"))


def write(path, *parts):
    with open(path, "wb") as f:
        f.write(b"".join(parts))


def run(*args, data=b""):
    return subprocess.run([ringside, *args], input=data, capture_output=True, timeout=20, check=False)


def status(*args):
    done = run("status", *args)
    return done.returncode, done.stdout.decode()


def what_is_wrong_is_said():
    for args, said in [((), b"--listen ADDR, --textfile FILE"), (("--listen", "x:y:z", "a.pb"), b"cannot listen on x:y:z"),
                       (("--listen", "unix:", "a.pb"), b"cannot listen on unix:"),
                       (("--series", "0", "a.pb"), b"--series takes"), (("-l", "1", "a", "b"), b"one file")]:
        done = run("serve", *args)
        assert done.returncode == 2 and said in done.stderr, (args, done)
    done = run("serve", "--textfile", "t.prom", "missing.pb")
    assert done.returncode == 1 and b"missing.pb: No such file" in done.stderr, done
    write("file", b"x")
    done = run("serve", "--listen", "unix:file", "a.pb")
    assert done.returncode == 1 and os.path.exists("file"), done


def a_pipe_becomes_a_text_file():
    one, two = Stream(1), Stream(2)
    done = run("serve", "--textfile", "t.prom", "-",
               data=one.header() + one.counters(5) + one.footer() + two.header() + two.counters(2))
    assert done.returncode == 0, done
    with open("t.prom", encoding="utf-8") as f:
        text = f.read()
    assert '\nringside_events_seen_total{kind="oom_kill"} 7\n' in text, text
    assert '\nringside_oom_kills_total{cgroup="/a\\n\\"b\\\\",scope="MEMCG"} 7\n' in text, text
    assert os.listdir(".") .count("t.prom") == 1 and not [f for f in os.listdir(".") if f.startswith("t.prom.")]


def status_is_for_probes():
    os.mkdir("rec")
    stream = Stream(3)
    assert status("rec")[0] == 1
    write("rec/a.pb", stream.header(), stream.counters(0))
    assert status("rec") == (0, status("rec")[1]) and "recording, nothing lost" in status("rec")[1]
    other = Stream(4)
    write("rec/b.pb", other.header(), other.counters(9, 2))
    with open("rec/b.pb", "rb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)  # as the streamer does; the other one nobody writes
        done = status("-o", "json", "rec")
        assert done[0] == 4 and json.loads(done[1])["lost"] == 2, done
    stream = Stream(5)
    write("rec/c.pb", stream.header(), stream.counters(1), stream.footer())
    assert status("-q", "rec/c.pb") == (1, "")
    assert status("-o", "xml", "rec")[0] == 2


def ask(path, method="GET"):
    connection = http.client.HTTPConnection("x", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("sock")
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def what_is_asked_wrongly_is_refused():
    stream = Stream(6)
    write("d.pb", stream.header(), stream.counters(3))
    server = subprocess.Popen([ringside, "serve", "--listen", "unix:sock", "d.pb"])
    try:
        until = time.monotonic() + 10
        while not os.path.exists("sock") and time.monotonic() < until:
            time.sleep(0.05)
        while "oom_kills_total" not in ask("/metrics")[1] and time.monotonic() < until:
            time.sleep(0.05)
        assert ask("/health")[0] == 200
        assert ask("/nothing")[0] == 404
        assert ask("/metrics", "POST")[0] == 405
        assert ask("/metrics", "HEAD")[0] == 200
        assert ask("/check?since=x")[0] == 400
        assert ask("/events?kind=nonsense")[0] == 400 and "is not a kind" in ask("/events?kind=nonsense")[1]
        assert ask("/events?colour=red")[0] == 400
        check = json.loads(ask("/check")[1])
        assert check["whole"] and check["oom_kill"]["stats"][0]["count"] == 3, check
        assert json.loads(ask("/check?since=" + check["cursor"])[1])["oom_kill"]["stats"] == []
        assert oct(os.stat("sock").st_mode & 0o777) == "0o660"
        assert run("serve", "--listen", "unix:sock", "d.pb").returncode == 1  # somebody answers there
        assert re.match("ringside ", ask("/")[1])
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    assert not os.path.exists("sock")


for test in [what_is_wrong_is_said, a_pipe_becomes_a_text_file, status_is_for_probes,
             what_is_asked_wrongly_is_refused]:
    start = time.monotonic()
    test()
    print(f"{test.__name__}: {time.monotonic() - start:.2f} s")
shutil.rmtree(os.getcwd())
