#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reading recordings with the program itself: compressed, by time, by folder, from the end, while
they are written, and again at their own pace.

usage: cli-recordings.py RINGSIDE COMPRESS-RECORDING
"""
import json
import os
import pty
import random
import re
import select
import shutil
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import START, Stream, frame, frames, varint

compress, = others
LATEST = 0.3  # seconds from an event to its line
rng = random.Random(3)
in_a_folder()


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


def a_compressed_recording_is_read_like_a_plain_one():
    plain = closed(Recorded(b"a"), 300, 3000)
    zst = packed(plain)
    save("a.pb", plain)
    save("a.dat", zst)  # its name says nothing
    check(run("cat", "-o", "pb", "a.dat"), 0, stdout=plain)
    check(run("cat", "-o", "pb", data=zst), 0, stdout=plain)
    more = closed(Recorded(b"m", boot="boot-2"), 300, 3000)
    check(run("cat", "-o", "pb", data=zst + packed(more)), 0, stdout=plain + more)
    check(run("cat", "--all", "-o", "json", "a.dat"), 0, stdout=check(run("cat", "--all", "-o", "json", "a.pb"), 0))
    if shutil.which("zstd"):
        foreign = subprocess.check_output(["zstd", "-19", "--long=23", "-c", "a.pb"],
                                          stderr=subprocess.DEVNULL)
        check(run("cat", "-o", "pb", data=foreign), 0, stdout=plain)
        wide = subprocess.run(["zstd", "--ultra", "-1", "--long=27", "-c"], capture_output=True,
                              input=plain + plain).stdout
        told = ".*: packed with a zstd window of 128 MiB, .*: zstd -dc --long=27 FILE .*\n"
        check(run("cat", data=wide), 1, told)
        save("wide.pb.zst", wide)
        assert re.fullmatch(told, check(run("verify", "wide.pb.zst"), 1).decode())


def behind_a_bad_length_reading_goes_on():
    stream = Recorded(b"b")
    records = ([stream.header()] + [stream.denial(3) for _ in range(200)] +
               [stream.counters(), stream.footer()])
    whole = b"".join(records)
    for bad in [b"\xff" * 5, b"\xff\x7f", b"\5", b"\x7f", b"\0" * 9000]:
        save("b.pb", b"".join(records[:100]) + bad + records[100][1:] + b"".join(records[101:]))
        told = "ringside {}: b.pb: damaged: the bytes from .* are no records; .*`ringside repair`.*\n"
        out = check(run("cat", "--all", "-o", "json", "b.pb"), 1, told.format("cat"))
        assert [json.loads(x)["seq"] for x in lines(out)] == [*range(1, 101), *range(102, 204)]
        assert len(lines(check(run("tail", "-n", "all", "b.pb"), 1, told.format("tail")))) == 199
        out = check(run("stats", "-o", "json", "b.pb"), 1, told.format("stats"))
        assert json.loads(out)["records"] == 202
        check(run("replay", "--speed", "max", "b.pb"), 1, told.format("replay"),
              whole.replace(records[100], b""))
        assert b"`ringside repair`" in check(run("verify", "b.pb"), 3)
    # what a program leaves that writes on where a file was that was cut to nothing
    save("b.pb", bytes(3 << 20) + b"".join(records[5:]))
    out = check(run("cat", "--all", "-o", "json", "b.pb"), 1, "ringside cat: b.pb: damaged: .*\n")
    assert len(lines(out)) == 198
    save("b.pb", b"".join(records[5:]))
    out = check(run("cat", "--all", "-o", "json", "b.pb"), 1, ".*the Header is missing .*repair.*\n")
    assert len(lines(out)) == 198


def no_record_is_taken_out_of_a_string():
    """Whoever names a program or a cgroup can put whole records into that."""
    def forged(seq, **body):
        whole = frame(pb.Record(seq=seq, boottime_nano=0x0101010101010101,
                                time_unix_nano=0x187F010101010101, **body))
        assert b"\0" not in whole and whole.isascii()
        return whole

    stream = Recorded(b"f", boottime=900 * 86400)
    before = [stream.header()] + [stream.denial() for _ in range(20)]
    kill = pb.OomKill(victim=pb.Process(pid=1, comm="java"))
    seqs = range(stream.seq + 2, stream.seq + 100)
    header = forged(1, header=pb.Header(magic="RINGSIDE", stream_id=b"x" * 16, boot_id="b"))
    path = b"".join([forged(seq, oom_kill=kill) for seq in seqs] + [header] +
                    [forged(seq, oom_kill=kill) for seq in range(2, 100)])
    false = stream.record(seccomp_denial=pb.SeccompDenial(
        process=pb.Process(pid=77, executable_path=path.decode()), syscall_name="ptrace"))
    after = [stream.denial() for _ in range(20)] + [stream.counters(), stream.footer()]
    for bad in b"\xff\xff", b"\x7f", b"\1":
        save("f.pb", b"".join(before) + bad + false[2:] + b"".join(after))
        out = check(run("cat", "--all", "-o", "json", "f.pb"), 1, ".*no records.*repair.*\n")
        assert [json.loads(x)["seq"] for x in lines(out)] == [*range(1, 22), *range(23, 45)], out
        assert b"22" in check(run("verify", "f.pb"), 3)
        if os.path.exists("g.pb"):
            os.unlink("g.pb")
        run("repair", "f.pb", "-w", "g.pb")
        out = run("cat", "--all", "-o", "json", "g.pb").stdout
        assert b"oom_kill" not in out and len(lines(out)) >= 42, out


def what_only_has_a_recordings_name_is_skipped_in_a_folder():
    os.mkdir("strange")
    save("strange/a.pb", closed(Recorded(b"a"), 3))
    os.symlink("loop.pb", "strange/loop.pb")
    os.symlink("/nowhere/x", "strange/gone.pb")
    os.mkfifo("strange/pipe.pb")
    os.mkdir("strange/folder.pb")
    told = r"ringside \w+: strange/\w+.pb: skipped: [^\n]* \(and 3 more\)\n"
    for command in ["cat", "tail", "stats", "verify"]:
        assert len(lines(check(run(command, "strange"), 0, told))) >= 1
    check(run("replay", "--speed", "max", "strange"), 0, told)


def a_folder_with_too_many_files_says_what_to_do():
    os.mkdir("crowd")
    with open("crowd/0.pb", "wb") as file:
        file.write(closed(Recorded(b"m"), 1))
    for i in range(1, 50001):
        os.link("crowd/0.pb", f"crowd/{i}.pb")
    check(run("cat", "crowd"), 1,
          "ringside cat: crowd: more than 50,000 recordings .*: name some of its files\n")
    shutil.rmtree("crowd")


def a_folder_whose_last_file_is_gone_is_not_complete():
    os.mkdir("rotated")
    stream = Recorded(b"r")
    for i in range(2):
        save(f"rotated/{i}.pb", stream.header() + stream.denial() + stream.counters() +
             stream.footer("rotated"))
    said = check(run("verify", "rotated"), 4).decode()
    assert re.search(r"1.pb: whole, but its Footer says .*another file .*\(index 2\).* missing", said)
    assert "0.pb: complete" in said
    check(run("verify", "rotated/0.pb", "rotated/1.pb"), 4)
    assert b"goes on in another file (index 2)" in check(run("verify", "rotated/1.pb"), 0)
    save("rotated/2.pb", stream.header() + stream.denial() + stream.counters() + stream.footer())
    check(run("verify", "rotated"), 0)


def a_folder_whose_first_file_is_gone_is_not_complete():
    def part(stream, reason="rotated", lost=None):
        return (stream.header() + (stream.record(lost=lost) if lost else b"") + stream.denial() +
                stream.counters() + stream.footer(reason))

    def deleted(index, **more):
        return pb.Lost(reason=pb.Lost.RETENTION, stream_id=b"hhhh", file_index=index, **more)

    os.mkdir("headless")
    stream = Recorded(b"h")
    save("0.pb", part(stream))
    save("headless/1.pb", part(stream))
    save("headless/2.pb", part(stream, "SIGTERM"))
    said = check(run("verify", "headless"), 4).decode()
    assert re.search(r"1.pb: the 1 file of the stream before it \(index 0\) is missing, and no "
                     r"record says that the streamer deleted it\n", said), said
    check(run("verify", "headless/1.pb", "headless/2.pb"), 4)
    said = check(run("verify", "headless/1.pb"), 0).decode()
    assert "not the first file of its stream (its index is 1)" in said, said
    check(run("verify", "0.pb", "headless"), 0)
    # whoever deletes says so, in a stream of its own or of another one; the last one is enough
    told = b"the streamer deleted"
    for index, by in [(0, b"h"), (0, b"i"), (1, b"i")]:
        shutil.rmtree("headless")
        os.mkdir("headless")
        stream, other = Recorded(b"h"), Recorded(by, boottime=9)
        skipped = [part(stream) for _ in range(index + 1)]
        own = deleted(index, count=1, kind="seccomp_denial") if by == b"h" else None
        save("headless/1.pb", part(stream, "SIGTERM", own))
        if by != b"h":
            save("headless/2.pb", part(other, "SIGTERM", deleted(index, count=0)))
        out = run("verify", "headless").stdout
        assert told not in out, out
        assert skipped
    # of another file, it says nothing about this one
    save("headless/2.pb", part(Recorded(b"i", boottime=9), "SIGTERM", deleted(0, count=0)))
    out = check(run("verify", "headless"), 4)
    assert b"the 2 files of the stream before it (index 0 to 1) are missing" in out, out
    # a streamer of before did not say of which file it speaks
    save("headless/2.pb", part(Recorded(b"i", boottime=9), "SIGTERM", pb.Lost(
        reason=pb.Lost.RETENTION, kind="seccomp_denial", count=1)))
    out = run("verify", "headless").stdout
    assert told not in out, out


def what_is_missing_may_be_a_file_whose_header_cannot_be_read():
    may = b"of 1 file the Header cannot be read: what is said to be missing may be that one\n"
    for hurt in range(3):
        folder = f"hurt{hurt}"
        stream = Recorded(b"u")
        os.mkdir(folder)
        for i in range(3):
            part = bytearray(stream.header() + stream.denial() + stream.counters() +
                             stream.footer("SIGTERM" if i == 2 else "rotated"))
            if i == hurt:
                part[5:20] = b"\xff" * 15
            save(f"{folder}/{i}.pb", part)
        out = check(run("verify", folder), 3)
        assert b"missing" in out and out.count(may) == 1, out
        assert not run("verify", "-q", folder).stdout
        os.unlink(f"{folder}/{hurt}.pb")
        out = run("verify", folder).stdout
        assert b"missing" in out and b"cannot be read" not in out, out
    # where nothing is, it says nothing
    save("hurt0/0.pb", b"no recording")
    save("hurt0/1.pb", closed(Recorded(b"v"), 1))
    os.unlink("hurt0/2.pb")
    out = run("verify", "hurt0").stdout
    assert b"cannot be read" not in out, out


def no_name_of_a_file_reaches_the_terminal_raw():
    odd = "a\x1b]0;x\x07\u202eb\n.pb"
    whole = closed(Recorded(b"n"), 3)
    save(odd, whole[:-5])
    save("plain.pb", whole)
    for args in [["cat", odd], ["tail", odd], ["stats", odd], ["verify", odd], ["verify", odd, odd],
                 ["replay", "--speed", "max", odd], ["repair", odd, "-w", "out" + odd],
                 ["repair", "plain.pb", "-w", odd], ["cat", "no" + odd], ["verify", "no" + odd]]:
        result = run(*args)
        told = result.stderr + (b"" if args[0] in ("replay", "stats") else result.stdout)
        assert rb"a\x1b]0;x\x07\u202eb\x0a.pb" in told, (args, told)
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", told.decode()), (args, told)


def json_hides_no_characters():
    stream = Recorded(b"j")
    record = pb.Record(seq=2, boottime_nano=1, time_unix_nano=1)
    stream.seq = 1
    hidden = "a\u061c\u200b\u202e\u2066\ufeff\U000e0041z\u00e4"
    record.seccomp_denial.process.comm = hidden
    save("j.pb", Recorded(b"j").header() + frame(record))
    for output in ["json", "protojson"]:
        out = check(run("cat", "-o", output, "--kind", "seccomp", "j.pb"), 0).decode()
        assert r"a\u061c\u200b\u202e\u2066\ufeff\udb40\udc41z\u00e4".replace(r"\u00e4", "\u00e4") in out, out
        assert hidden in json.dumps(json.loads(out), ensure_ascii=False), out


def damage_and_cuts_are_told_in_one_line():
    zst = packed(closed(Recorded(b"a"), 3000, 600))
    for cut in [len(zst) - 1, len(zst) // 2]:
        out = check(run("cat", "--all", "-o", "json", data=zst[:cut]), 1, "ringside cat: stdin: cut .*\n")
        assert len(lines(out)) > 1400
    broken = bytearray(zst)
    broken[len(zst) // 2] ^= 8
    broken[len(zst) // 4] ^= 8
    out = check(run("cat", "--all", "-o", "json", data=bytes(broken)), 1,
                "ringside cat: stdin: damaged: the .*zstd frame at byte 0 [^;]*; reading goes on .*\n")
    seqs = [json.loads(line)["seq"] for line in lines(out)]
    assert seqs == sorted(seqs) and 500 < len(seqs) < 3003 and seqs[-1] == 3003
    save("broken.pb.zst", broken)
    told = ".*: damaged: the .*zstd frame at byte 0 .*`ringside repair` makes a whole .*\n"
    check(run("cat", "broken.pb.zst"), 1, told)
    check(run("stats", "broken.pb.zst"), 1, told)


def stepping(n, stream_id=b"s"):
    """A recording of several frames whose clock is set back and forth."""
    stream = Recorded(stream_id, boot=f"boot-{stream_id.decode()}")
    out = stream.header()
    for i in range(n):
        if rng.random() < 0.01:
            stream.step = START + rng.uniform(-300, 300)
        out += stream.denial(rng.choice([10, 5000]), rng.expovariate(2))
        if i % 50 == 0:
            out += stream.kill() + stream.counters()
    return out + stream.footer(), stream.boottime


def by_time_and_kind_the_index_gives_what_a_scan_gives():
    plain, length = stepping(2000)
    later, _ = stepping(300, b"t")
    save("steps.pb", plain + later)
    zst = packed(plain) + packed(later)
    save("steps.pb.zst", zst)
    save("open.pb.zst", packed(plain) + packed(later, "-o"))
    broken = bytearray(zst)  # an index that cannot be read
    broken[zst.index(b"\x5d\x2a\x4d\x18") + 20] ^= 1
    save("broken.pb.zst", broken)
    found = 0
    for _ in range(40):
        since = START + rng.uniform(-300, length + 300)
        options = [f"--since=@{since:.3f}", f"--until=@{since + rng.expovariate(0.01):.3f}"]
        options += rng.choice([[], ["--kind", "oom"], ["--syscall", "keyctl"]])
        done = run("cat", "-o", "pb", *options, "steps.pb")
        want = check(done, 0, r"(ringside cat: 0 of [\d,]+ events match.*\n)?")
        found += len(want) > 2000
        # what is not read is counted all the same
        said = done.stderr and re.escape(done.stderr.decode().split(" match")[0]) + ".*\n"
        for name in ["steps.pb.zst", "open.pb.zst", "broken.pb.zst"]:
            check(run("cat", "-o", "pb", *options, name), 0, said or "", stdout=want)
    assert found > 15


def a_folder_is_read_in_the_order_of_time():
    os.mkdir("folder")
    first = Recorded(b"f", "b1", boottime=1000, step=START)
    a = closed(first, 5)
    first.step -= 500000  # the clock was wrong, and is set
    b = closed(first, 5)
    second = Recorded(b"g", "b1", boottime=2000, step=START - 500000)
    c = closed(second, 5)
    other = Recorded(b"h", "b2", boottime=3, step=START - 10000)
    d = closed(other, 5)
    for name, data in [("4.pb", a), ("3.pb.zst", packed(b)), ("2.pb.zst.1", packed(c)), ("1.pb", d),
                       (".5.pb", a), ("6.txt", b"hello"), ("7.pb", b"")]:
        save("folder/" + name, data)
    check(run("cat", "-o", "pb", "folder"), 0, stdout=a + b + c + d)
    check(run("cat", "-o", "pb", "folder/"), 0, stdout=a + b + c + d)
    check(subprocess.run([ringside, "cat", "-o", "pb"], stdin=subprocess.DEVNULL,
                         capture_output=True, env={**os.environ, "RINGSIDE_DIR": "folder"}),
          0, stdout=a + b + c + d)
    check(run("replay", "--speed", "max", "folder"), 0, stdout=a + b + c + d)
    save("folder/8.pb", b"no recording")
    check(run("cat", "-o", "pb", "folder"), 1, ".*/8.pb: not a Ringside recording.*\n",
          a + b + c + d)
    os.remove("folder/8.pb")


def the_last_records_are_the_end_of_all_records():
    plain, _ = stepping(1500)
    save("last.pb", plain)
    save("last.pb.zst", packed(plain))
    save("last-open.pb.zst", packed(plain, "-o"))
    os.makedirs("last")
    half, _ = stepping(30, b"u")
    save("last/1.pb", half)
    shutil.copy("last.pb.zst", "last/2.pb.zst")
    for name in ["last.pb", "last.pb.zst", "last-open.pb.zst", "last"]:
        for options in [[], ["--kind", "oom"], ["--comm", "java"], ["--syscall", "ptrace"]]:
            all_lines = lines(check(run("cat", "--all", "-o", "json", *options, name), 0))
            for n in [0, 1, 7, 200, 1000000]:
                out = check(run("tail", "-n", str(n), "--all", "-o", "json", *options, name), 0,
                            "(.*of several hosts: .*\n)?" if name == "last" else "")
                assert lines(out) == (all_lines[-n:] if n else []), f"{name} {options} {n}"
            out = check(run("tail", "-n", "all", "--all", "-o", "json", *options, name), 0)
            assert lines(out) == all_lines, f"{name} {options}"
    ten = lines(check(run("tail", "last.pb.zst"), 0))
    assert len(ten) == 10 and all(" DENY " in line or " OOM " in line for line in ten), ten
    part = check(run("tail", "-n", "3", "-o", "pb", "last.pb.zst"), 0)
    assert len(lines(check(run("cat", "--all", "-o", "json", data=part), 0))) == 4  # and a Header
    check(run("tail", "-n", "x", "last.pb"), 2, ".*x is not a number of records.*\n")
    check(run("tail", "-"), 2, ".*`ringside cat` reads pipes.*\n")
    check(run("tail", "missing.pb"), 1, "ringside tail: missing.pb: No such file.*\n")


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
        tail.end()
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


def written_twice():
    """A stream's records 1 to 4, and 1 to 5 as they were written once more from the third on, later."""
    stream = Recorded(b"w")
    before = stream.header() + in_run(stream.denial(), True)
    first = in_run(stream.denial(), False) + in_run(stream.denial(), False)
    stream.seq, stream.boottime, stream.step = 2, 50, START + 1000
    again = in_run(stream.denial(), True) + in_run(stream.denial(), False)
    return before, first, again, in_run(stream.denial(), False)


def what_goes_on_with_events_that_repair_leaves_out_is_completed():
    before, first, again, last = written_twice()
    save("copies.pb.zst", packed(before + first) + packed(before + again + last))
    check(run("repair", "copies.pb.zst", "-w", "out.pb.zst"), 0, None)
    shown = check(run("cat", "-o", "protojson", "out.pb.zst"), 0)
    fifth, = (event for event in map(json.loads, lines(shown)) if event["seq"] == "5")
    assert abs(int(fifth["boottimeNano"]) - 50 * 10**9 - 3 * 10**6) < 1000, fifth
    assert fifth["cpuSums"]["seen"] == "5", fifth


def a_file_that_is_cut_back_gives_each_record_once():
    stream = Recorded(b"c")
    data = stream.header() + stream.denial() + stream.denial()
    last = stream.denial()
    save("back.pb", data + last)
    tail = Tail("-n", "1", "back.pb")
    assert tail.next(5)["seq"] == 4
    with open("back.pb", "r+b", buffering=0) as f:
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
    assert tail.process.wait(1) == 0
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
    replay = subprocess.Popen([ringside, "replay", "pace.pb"], stdout=subprocess.PIPE)
    replay.stdout.read(1)
    replay.stdout.close()
    assert replay.wait(0.4) == 0


def a_long_read_shows_how_far_it_is():
    one = Recorded(b"p")
    save("slow.pb.zst", packed(one.header() + b"".join(one.denial(2000, 0.25) for _ in range(6))))
    for out, shown in [(subprocess.DEVNULL, True), (subprocess.PIPE, False)]:
        ours, theirs = pty.openpty()
        subprocess.run([ringside, "replay", "slow.pb.zst"], stdout=out, stderr=theirs, check=True)
        os.close(theirs)
        try:
            told = os.read(ours, 1 << 16)
        except OSError:  # nobody has written, and nobody is left
            told = b""
        os.close(ours)
        assert (b"slow.pb.zst" in told and b" %" in told) == shown, told
        assert not told or told.endswith(b"\r\x1b[K"), told  # it is taken back


def stats_add_up_what_is_there():
    stream = Recorded(b"s")
    rng.seed(7)
    plain = stream.header() + b"".join(stream.denial(after=1) for _ in range(3000)) + stream.kill()
    plain += stream.record(limited=pb.Limited(
        kind="seccomp_denial", count=2000, syscall_name="bpf", action=pb.SECCOMP_RET_ERRNO,
        error_name="EPERM"))
    plain += stream.record(lost=pb.Lost(kind="oom_kill", reason=pb.Lost.RING_FULL, count=3))
    plain += stream.footer()
    save("stats.pb", plain)
    save("stats.pb.zst", packed(plain))
    out = json.loads(check(run("stats", "-o", "json", "stats.pb"), 0))
    assert (out["inputs"], out["records"], out["events"]) == (1, 3005, 3001), out
    assert out["limited"] == 2000 and out["bytes_read"] == out["record_bytes"] == len(plain), out
    assert out["first_time"] == "2025-11-22T03:04:06.000000000Z", out
    assert out["last_time"] == "2025-11-22T03:54:05.000000000Z", out
    kinds = {k["kind"]: k for k in out["kinds"]}
    assert sum(kinds["seccomp_denial"]["per_bucket"]) == 5000, kinds
    assert kinds["oom_kill"]["lost"] == {"ring_full": 3}, kinds
    assert out["bucket_nano"] == 8 * 10**9, out
    calls = {c["syscall"]: c for c in out["syscalls"]["top"]}
    assert calls["bpf"] == {"host": "host-boot-1", "syscall": "bpf", "action": "ERRNO", "errno": "EPERM",
                            "delivered": 0, "limited": 2000}, calls
    assert sum(c["delivered"] for c in calls.values()) == 3000, calls
    assert out["victims"]["top"] == [{"host": "host-boot-1", "comm": "java", "where": "host", "delivered": 1,
                                      "limited": 0}], out
    small = json.loads(check(run("stats", "-o", "json", data=packed(plain)), 0))
    assert small["bytes_read"] == len(packed(plain)) < len(plain), small["bytes_read"]
    for same in ["records", "record_bytes", "kinds", "containers", "syscalls", "victims"]:
        assert small[same] == out[same], same
    text = check(run("stats", "--utc", "stats.pb.zst"), 0).decode()
    assert "2025-11-22 03:04:06.000 to 2025-11-22 03:54:05.000 UTC (49 min 59 s)" in text, text
    assert re.search(r"^seccomp_denial +[▁-█]{20,} +most ", text, re.M), text
    assert re.search(r"^oom_kill +1 +0 +3  \(ring full 3\)$", text, re.M), text
    oom = json.loads(check(run("stats", "--kind", "oom", "-o", "json", "stats.pb"), 0))
    assert oom["events"] == 1 and "bytes_per_event" not in oom, oom


def own_self_tests_are_left_out_unless_asked_for():
    """By their mark, not by a name: the process and the call are those of others, too."""
    stream = Recorded(b"s")
    call = dict(syscall_name="getppid", action=pb.SECCOMP_RET_ERRNO, error_name="EXDEV")
    denied = pb.SeccompDenial(process=pb.Process(pid=7, comm="ringside-stream"), **call)
    limited = pb.Limited(kind="seccomp_denial", **call)
    plain = stream.header() + stream.record(seccomp_denial=denied)
    plain += stream.record(seccomp_denial=denied, self_test=True)
    for count, own in (30, False), (1200, True):
        limited.count = count
        plain += stream.record(limited=limited, **({"self_test": True} if own else {}))
    plain += stream.footer()
    save("own.pb", plain)
    lines = check(run("cat", "own.pb"), 0).decode().splitlines()
    assert [("getppid → EXDEV" in line, "30 more" in line) for line in lines] == [(True, False), (True, True)], lines
    lines = check(run("cat", "--self-tests", "own.pb"), 0).decode().splitlines()
    assert [line.endswith("getppid → EXDEV (by Ringside, to test itself)") for line in lines] == [
        False, True, False, False], lines
    assert "1,200 more" in lines[3] and lines[3].endswith("(by Ringside, to test itself)"), lines
    for command in ["cat"], ["tail", "-n", "all"]:
        told = [json.loads(line) for line in check(run(*command, "-o", "json", "--kind", "seccomp", "own.pb"),
                                                   0).splitlines()]
        assert [(r["kind"], r.get("self_test")) for r in told if r["kind"] != "header"] == [
            ("seccomp_denial", None), ("limited", None)], told
    assert check(run("cat", "-o", "pb", "own.pb"), 0) == plain
    assert b'"selfTest":true' in check(run("cat", "-o", "protojson", "own.pb"), 0)
    own = json.loads(check(run("stats", "-o", "json", "own.pb"), 0))
    assert (own["events"], own["limited"], own["self_tests_left_out"]) == (1, 30, 1201), own
    text = check(run("stats", "own.pb"), 0).decode()
    assert text.endswith("1,201 denials of Ringside's own self-tests left out: --self-tests shows them\n"), text
    own = json.loads(check(run("stats", "--self-tests", "-o", "json", "own.pb"), 0))
    assert (own["events"], own["limited"], own["self_tests_left_out"]) == (2, 1230, 0), own
    text = check(run("stats", "--self-tests", "own.pb"), 0).decode()
    assert "left out" not in text, text


def stats_say_what_is_not_there():
    empty = check(run("stats", data=Recorded(b"e").header()), 0).decode()
    assert "No events are in it.\n" in empty, empty
    none = check(run("stats", "--kind", "oom", "--comm", "zzz", "stats.pb"), 0).decode()
    assert "No event passes the filters.\n" in none and "ring full 3" in none, none
    nothing = check(run("stats", data=b""), 1, "ringside stats: stdin: empty.*\n").decode()
    assert "No events" in nothing, nothing
    cut = closed(Recorded(b"s"), 10)[:-5]
    out = check(run("stats", "-o", "json", data=cut), 1, "ringside stats: stdin: .*\n")
    assert json.loads(out)["events"] == 10, out
    check(run("stats", "none.pb"), 1, "ringside stats: none.pb: No such file.*\n", b"")
    check(run("stats", "-o", "pb", "a.pb"), 2, "ringside stats: no output pb: text or json.*\n")
    check(run("stats", "--follow", "x"), 2, "ringside stats: .*\n")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([ringside, "stats", "a.pb"], stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1 and b"cannot write" in result.stderr, result


ID = "4f0c1e2d3b4a" + 52 * "0"


def killed(stream, after=1.0, **more):
    stream.boottime += after
    return stream.record(signal_kill=pb.SignalKill(
        target=pb.Process(pid=1234, comm="python3"), target_container=pb.Container(
            id=ID, runtime="docker", cgroup_path=f"/system.slice/docker-{ID}.scope"),
        signal=9, signal_name="SIGKILL", exit_status=137, **more))


def kills_by_signal_are_told_filtered_and_counted():
    stream = Recorded(b"k")
    shim = {"sender": pb.Process(pid=812, comm="containerd-shim"), "cause": pb.KILL_CAUSE_SENT,
            "sender_container": pb.Container(systemd_unit="containerd.service",
                                             cgroup_path="/system.slice/containerd.service")}
    save("kills.pb", stream.header(), stream.denial(), killed(stream, **shim), killed(stream), stream.kill(),
         stream.record(limited=pb.Limited(kind="signal_kill", count=3, signal=9, signal_name="SIGKILL",
                                          kill_cause=pb.KILL_CAUSE_SENT)), stream.footer())
    told = lines(check(run("cat", "--utc", "--kind", "signal", "kills.pb"), 0))
    assert [line.split("Z ")[1] for line in told] == [
        "KILL docker:4f0c1e2d3b4a  python3[1234] stopped by its runtime (containerd-shim[812] of containerd.service): "
        "SIGKILL, exit code 137",
        "KILL docker:4f0c1e2d3b4a  python3[1234] killed, by whom is not known: SIGKILL, exit code 137",
        "KILL host                 SIGKILL (sent by processes)  × 3 more"], told
    first, second = [json.loads(line) for line in
                     lines(check(run("cat", "--all", "-o", "json", "--kind", "signal_kill", "--comm", "python3", "kills.pb"), 0))]
    assert (first["kind"], first["cause"], first["signal_number"], first["signal"], first["exit_status"]) == \
        ("signal_kill", "SENT", 9, "SIGKILL", 137), first
    assert first["sender"]["comm"] == "containerd-shim" and first["process"]["pid"] == 1234 == first["pid"], first
    assert first["sender_container"]["unit"] == "containerd.service", first
    assert "sender" not in second and "cause" not in second, second
    stats = json.loads(check(run("stats", "-o", "json", "kills.pb"), 0))
    kinds = {kind["kind"]: (kind["delivered"], kind["limited"]) for kind in stats["kinds"]}
    assert kinds == {"seccomp_denial": (1, 0), "signal_kill": (2, 3), "oom_kill": (1, 0)}, kinds
    check(run("cat", "--kind", "kill", "kills.pb"), 2, ".*did you mean oom,signal\\?.*\n")


def threads_of(*args, stop=None):
    """The most threads it was seen with. @stop: so many bytes of output are read, then it has to wait."""
    with subprocess.Popen([ringside, *args], stdout=subprocess.PIPE if stop else subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        most = 1
        if stop:
            process.stdout.read(stop)
            time.sleep(0.1)
        while process.poll() is None:
            try:
                most = max(most, len(os.listdir(f"/proc/{process.pid}/task")))
            except OSError:
                break
            if stop:
                process.kill()
                break
    return most


def a_large_folder_is_read_with_two_cpus_in_the_same_order():
    stream = Recorded(b"t")
    os.mkdir("large")
    for name, size in ("a", 900), ("b", 900), ("c", 20), ("d", 900):  # 5 MiB of content, or little
        save(f"large/{name}.pb.zst", packed(closed(stream, size, 3000)))
    save("long.pb.zst", packed(closed(Recorded(b"u"), 4000, 3000)))
    all_cpus = os.sched_getaffinity(0)
    commands = ["cat", "--all", "-o", "json", "large"], ["cat", "-v", "large"], ["stats", "-o", "json", "large"], \
        ["verify", "-v", "large"]
    both = [run(*command) for command in commands]
    os.sched_setaffinity(0, {min(all_cpus)})
    one = [run(*command) for command in commands]
    assert threads_of("cat", "long.pb.zst", stop=8 << 20) == 1
    os.sched_setaffinity(0, all_cpus)
    for a, b in zip(one, both):
        assert (a.returncode, a.stdout, a.stderr) == (b.returncode, b.stdout, b.stderr), a.args
        assert a.stdout, a.args
    if len(all_cpus) > 1:
        # one decodes; text, which goes on from line to line, has one that formats, JSON some
        for output, threads in ("text", [3]), ("json", [4, 5, 6]), ("protojson", [4, 5, 6]), ("pb", [2]):
            stop = 100_000 if output == "text" else 8 << 20
            assert threads_of("cat", "-o", output, "long.pb.zst", stop=stop) in threads, output
        for command in "stats", "verify":  # they write at the end alone
            assert any(threads_of(command, "long.pb.zst") == 2 for _ in range(100)), command


def what_cannot_be_read_is_told_in_its_place_with_two_cpus():
    """What goes to one file comes in one order, also where other threads find the damage."""
    stream = Recorded(b"v")
    broken = bytes([4, pb.Record.SECCOMP_DENIAL_FIELD_NUMBER << 3 | 2, 2, 0xff, 0xff])
    parts = [stream.header()]
    for n in 1200, 3, 500, 900:
        parts += [broken, *(stream.denial(3000) for _ in range(n))]
    parts += [stream.header(), *(stream.denial(3000) for _ in range(900)), broken, stream.counters()]
    save("broken.pb.zst", packed(b"".join(parts)))
    save("cut.pb.zst", packed(b"".join(parts))[:-500])
    all_cpus = os.sched_getaffinity(0)
    outputs = []
    for cpus in {min(all_cpus)}, all_cpus:
        os.sched_setaffinity(0, cpus)
        for args in [], ["-n", "2100"], ["-n", "3510"], ["--kind", "seccomp"], ["--syscall", "mkdir"]:
            for form in "text", "json", "protojson":
                result = subprocess.run([ringside, "cat", "-o", form, *args, "broken.pb.zst", "nowhere", "cut.pb.zst"],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
                outputs.append((result.returncode, result.stdout, args, form))
    os.sched_setaffinity(0, all_cpus)
    half = len(outputs) // 2
    assert b" is not readable" in outputs[0][1] and b"nowhere: No such file" in outputs[0][1]
    assert outputs[3][1].count(b"\n") == 2101
    for one, all_ in zip(outputs[:half], outputs[half:]):
        assert one == all_, one[2:]


run_tests(
    a_compressed_recording_is_read_like_a_plain_one,
    damage_and_cuts_are_told_in_one_line,
    behind_a_bad_length_reading_goes_on,
    no_record_is_taken_out_of_a_string,
    no_name_of_a_file_reaches_the_terminal_raw,
    json_hides_no_characters,
    what_only_has_a_recordings_name_is_skipped_in_a_folder,
    a_folder_with_too_many_files_says_what_to_do,
    a_folder_whose_last_file_is_gone_is_not_complete,
    a_folder_whose_first_file_is_gone_is_not_complete,
    what_is_missing_may_be_a_file_whose_header_cannot_be_read,
    by_time_and_kind_the_index_gives_what_a_scan_gives,
    a_folder_is_read_in_the_order_of_time,
    the_last_records_are_the_end_of_all_records,
    a_file_is_followed_until_its_stream_is_closed,
    a_stream_is_followed_across_its_files,
    a_folder_is_followed_through_all_its_files,
    streams_that_grow_side_by_side_are_taken_apart,
    what_goes_on_with_events_that_repair_leaves_out_is_completed,
    a_file_that_is_cut_back_gives_each_record_once,
    a_follower_whose_reader_left_ends,
    replay_gives_the_same_bytes,
    replay_keeps_the_spacing,
    a_long_read_shows_how_far_it_is,
    stats_add_up_what_is_there,
    own_self_tests_are_left_out_unless_asked_for,
    stats_say_what_is_not_there,
    kills_by_signal_are_told_filtered_and_counted,
    a_large_folder_is_read_with_two_cpus_in_the_same_order,
    what_cannot_be_read_is_told_in_its_place_with_two_cpus,
)
