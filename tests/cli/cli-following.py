#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What comes with the time: recordings that are followed while they are written, and replayed at their own pace.

usage: cli-following.py RINGSIDE COMPRESS-RECORDING
"""
import contextlib
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

from program import check, in_a_folder, ringside, run, run_tests, save
from recorded import Recorded, closed, compress, in_run, lines, packed
from stream import START, frame, frames, varint

LATEST = 0.3  # seconds from an event to its line
in_a_folder()


class Tail:
    """tail -f -o json, and when its lines came."""

    def __init__(self, *args):
        self.process = subprocess.Popen([ringside, "tail", "-f", "--all", "-o", "json", *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.rest = b""

    def next(self, timeout):
        end = time.monotonic() + timeout
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def waited(self):
        """Seconds that both sides were runnable, but not running: proc(5), schedstat."""
        total = 0
        for pid in [self.process.pid, os.getpid()]:
            with open(f"/proc/{pid}/schedstat") as f:
                total += int(f.read().split()[1])
        return total / 1e9

    def seqs(self, n):
        """The next n: all within the time one has, on a machine that has a CPU for it."""
        got = []
        for _ in range(n):
            begin, waited = time.monotonic(), self.waited()
            got.append(self.next(10))
            assert got[-1], f"{[g and g['seq'] for g in got]}: {self.process.poll()}"
            late = time.monotonic() - begin - (self.waited() - waited)
            assert late < LATEST, f"{late:.3f} s for {got[-1]}"
        return [g["seq"] for g in got]

    def silent(self):
        more = self.next(0.15)
        assert more is None, more

    def end(self, status=None, stderr=""):
        if status is None:
            self.process.terminate()
        code = self.process.wait(10)
        assert status is None or code == status, code
        text = self.process.stderr.read().decode()
        assert re.fullmatch(stderr, text), text
        self.process.stdout.close()
        self.process.stderr.close()


class Live:
    """A file being written, plain or by a compressing process."""

    def __init__(self, name, compressed):
        self.file = open(name, "wb", buffering=0)
        self.process = None
        self.to = self.file
        if compressed:
            self.process = subprocess.Popen([compress], stdin=subprocess.PIPE, stdout=self.file,
                                            bufsize=0)
            self.to = self.process.stdin

    def write(self, data):
        self.to.write(data)

    def close(self):
        if self.process:
            self.process.stdin.close()
            assert self.process.wait(10) == 0
        self.file.close()


def a_file_is_followed_until_its_stream_is_closed():
    for compressed in [False, True]:
        stream = Recorded(b"l")
        live = Live("live.pb", compressed)
        live.write(stream.header() + stream.denial() + stream.denial())
        time.sleep(0.2)
        tail = Tail("-n", "1", "live.pb")
        assert tail.next(5)["seq"] == 3
        tail.silent()
        for _ in range(5):
            live.write(stream.denial())
            assert tail.seqs(1) == [stream.seq]
        half = stream.denial()
        live.write(half[:9])
        tail.silent()
        live.write(half[9:] + stream.denial())
        assert tail.seqs(2) == [9, 10]
        live.write(stream.footer())
        assert tail.seqs(1) == [11]
        live.close()
        tail.end(0)


def a_stream_is_followed_across_its_files():
    for compressed in [False, True]:
        os.makedirs("rotate", exist_ok=True)
        stream = Recorded(b"r")
        live = Live("rotate/events.pb", compressed)
        live.write(stream.header() + stream.denial())
        time.sleep(0.2)
        os.rename("rotate/events.pb", "rotate/events.000000.pb")
        tail = Tail("rotate/events.pb")  # as -w had it
        assert [tail.next(5)["seq"], tail.next(5)["seq"]] == [1, 2]
        live.write(stream.denial() + stream.footer("rotated"))
        live.close()
        assert tail.seqs(2) == [3, 4]
        save("rotate/other.pb", closed(Recorded(b"o"), 3))
        live = Live("rotate/events.000001.pb", compressed)
        time.sleep(0.1)
        live.write(stream.header() + stream.denial())
        assert tail.seqs(2) == [5, 6]
        # as logrotate does it: the old file gets another name, and then a Footer
        os.rename("rotate/events.000001.pb", "rotate/old.pb")
        live.write(stream.denial() + stream.footer("rotated"))
        new = Live("rotate/events.000001.pb", compressed)
        live.close()
        new.write(stream.header())
        os.remove("rotate/old.pb")
        assert tail.seqs(3) == [7, 8, 9]
        new.write(stream.footer())
        new.close()
        assert tail.seqs(1) == [10]
        tail.end(0)
        shutil.rmtree("rotate")


def a_folder_is_followed_through_all_its_files():
    for compressed in [False, True]:
        os.makedirs("many")
        old = Recorded(b"p", boottime=5)
        save("many/0.pb", closed(old, 3))
        stream = Recorded(b"q", boottime=10)
        tail = Tail("-n", "2", "many")
        assert [tail.next(5)["seq"], tail.next(5)["seq"]] == [5, 6]
        for number in range(1, 4):
            live = Live(f"many/{number}.pb", compressed)
            want = stream.seq
            live.write(stream.header() + stream.denial())
            assert tail.seqs(2) == [want + 1, want + 2]
            if number > 1:
                os.remove(f"many/{number - 1}.pb")
            live.write(stream.denial())
            assert tail.seqs(1) == [want + 3]
            live.write(stream.footer("rotated"))
            live.close()
            assert tail.seqs(1) == [want + 4]
        time.sleep(0.1)
        held = [os.readlink(f"/proc/{tail.process.pid}/fd/{fd}")
                for fd in os.listdir(f"/proc/{tail.process.pid}/fd")]
        assert not any("deleted" in name for name in held), held
        both = [Live("many/x.pb", compressed), Live("many/y.pb", compressed)]
        streams = [Recorded(b"x", boot="boot-x"), Recorded(b"y", boot="boot-y")]
        for live, one in zip(both, streams):
            live.write(one.header())
            assert tail.seqs(1) == [1]
        for live, one in zip(both, streams):
            live.write(one.denial())
            assert tail.seqs(1) == [2]
            live.close()
        tail.silent()
        tail.end(stderr="ringside tail: many: nobody is writing a recording in it: waiting for one\n")
        shutil.rmtree("many")


def wait_for(name, n):
    """Until so many records are in the file."""
    end = time.monotonic() + 10
    while True:
        with open(name, "rb") as f:
            records = list(frames(f.read()))
        if len(records) >= n:
            return
        assert time.monotonic() < end, records
        time.sleep(0.01)


def streams_that_grow_side_by_side_are_taken_apart():
    """Their events, each of which goes on with a run of its own stream, come by turns."""
    os.makedirs("side")
    save("side/0.pb", closed(Recorded(b"p", boottime=5), 1))
    both = []
    with open("out.pb", "wb") as out:
        tail = subprocess.Popen([ringside, "tail", "-f", "-o", "pb", "-n", "0", "side"], stdout=out)
    for name, step in ("x", START), ("y", START + 1000):
        both.append((Live(f"side/{name}.pb", False), Recorded(name.encode(), boot=name, boottime=100, step=step)))

    time.sleep(0.2)
    for i in range(12):
        live, stream = both[i % 2]
        if i < 2:
            live.write(stream.header())
        else:
            live.write(in_run(stream.denial(), i < 4))
        wait_for("out.pb", i + 2 if i < 2 else 2 * i + 1)  # a Header before each
    tail.terminate()
    tail.wait(10)
    shown = check(run("cat", "-o", "protojson", "out.pb"), 0)
    events = [event for event in map(json.loads, lines(shown)) if event.get("cpuSums")][-10:]
    assert len(events) == 10
    for i, event in enumerate(events):
        assert abs(int(event["boottimeNano"]) - 100 * 10**9 - (i // 2 + 1) * 10**6) < 1000, (i, event)
        assert event["cpuSums"]["seen"] == str(i // 2 + 2), (i, event)
    shutil.rmtree("side")


def a_file_that_is_cut_back_gives_each_record_once():
    stream = Recorded(b"c")
    data = stream.header() + stream.denial() + stream.denial()
    last = stream.denial()
    save("back.pb", data + last)
    with open("back.pb", "r+b", buffering=0) as f:
        tail = Tail("-n", "1", "back.pb")
        assert tail.next(5)["seq"] == 4
        f.truncate(len(data))
        time.sleep(0.1)
        f.seek(0, 2)
        f.write(last + stream.denial())
        assert tail.seqs(1) == [5]
        f.truncate(0)
        f.seek(0)
        new = Recorded(b"d", boot="boot-2")
        f.write(new.header() + new.denial())
        assert tail.seqs(2) == [1, 2]
        f.write(new.footer())
        assert tail.seqs(1) == [3]
    tail.end(0)


def a_follower_whose_reader_left_ends():
    save("left.pb", Recorded(b"c").header())
    tail = Tail("left.pb")
    assert tail.next(5)["seq"] == 1
    tail.process.stdout.close()
    assert tail.process.wait(10) == 0
    tail.process.stderr.close()


def replay_gives_the_same_bytes():
    stream = Recorded(b"a")
    plain = closed(stream, 2000, 400)
    newer = stream.record() + frame(b"\x9a\x06\x01\x00\x78" + varint(stream.seq + 1))
    save("replay.pb.zst", packed(plain + newer))
    check(run("replay", "--speed", "max", "replay.pb.zst"), 0, stdout=plain + newer)
    check(run("replay", "--speed", "max", "-", data=plain + newer), 0, stdout=plain + newer)
    text = check(run("cat", data=plain), 0)
    check(run("replay", "--speed", "max", "-o", "text", data=plain), 0, stdout=text)
    check(run("replay", "--speed", "0", "replay.pb.zst"), 2, ".*0 is not a speed.*\n")
    check(run("replay", "--speed", "fast", "replay.pb.zst"), 2, ".*fast is not a speed.*\n")


def replay_keeps_the_spacing():
    one, two = Recorded(b"1", "b1"), Recorded(b"2", "b2")
    data = one.header() + one.denial(after=0.6) + one.denial(after=-0.2) + one.denial(after=0.8)
    data += two.header() + two.denial(after=0.4)
    for speed, want in [("1", [0, 0.6, 0.6, 1.2, 2.2, 2.6]), ("4x", [0, 0.15, 0.15, 0.3, 1.3, 1.4])]:
        with open("pace.pb", "wb") as f:
            f.write(data)
        replay = subprocess.Popen([ringside, "replay", "--speed", speed, "pace.pb"],
                                  stdout=subprocess.PIPE)
        cat = subprocess.Popen([ringside, "cat", "--all", "-o", "json"], stdin=replay.stdout,
                               stdout=subprocess.PIPE)
        replay.stdout.close()
        times = [time.monotonic() for _ in iter(cat.stdout.readline, b"")]
        assert replay.wait(5) == 0 and cat.wait(5) == 0
        cat.stdout.close()
        got = [t - times[0] for t in times]
        assert len(got) == len(want), got
        assert all(abs(g - w) < 0.4 for g, w in zip(got, want)), (got, want)
    save("pace.pb", one.header() + one.denial() + one.denial(after=60))
    replay = subprocess.Popen([ringside, "replay", "pace.pb"], stdout=subprocess.PIPE)
    replay.stdout.read(1)
    replay.stdout.close()
    assert replay.wait(10) == 0


def a_long_read_shows_how_far_it_is():
    one = Recorded(b"p")
    save("slow.pb.zst", packed(one.header() + b"".join(one.denial(2000, 0.25) for _ in range(6))))
    for out, shown in [(subprocess.DEVNULL, True), (subprocess.PIPE, False)]:
        ours, theirs = pty.openpty()
        subprocess.run([ringside, "replay", "slow.pb.zst"], stdout=out, stderr=theirs, check=True)
        os.close(theirs)
        told = b""
        with contextlib.suppress(OSError):  # nobody is left, and all is read: some of it may have come later
            while some := os.read(ours, 1 << 16):
                told += some
        os.close(ours)
        assert (b"slow.pb.zst" in told and b" %" in told) == shown, told
        assert not told or told.endswith(b"\r\x1b[K"), told  # it is taken back


run_tests(
    a_file_is_followed_until_its_stream_is_closed,
    a_stream_is_followed_across_its_files,
    a_folder_is_followed_through_all_its_files,
    streams_that_grow_side_by_side_are_taken_apart,
    a_file_that_is_cut_back_gives_each_record_once,
    a_follower_whose_reader_left_ends,
    replay_gives_the_same_bytes,
    replay_keeps_the_spacing,
    a_long_read_shows_how_far_it_is,
)
