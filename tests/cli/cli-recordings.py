#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reading recordings with the program itself: compressed, damaged, by time, by folder, from the end, with two CPUs.

usage: cli-recordings.py RINGSIDE COMPRESS-RECORDING
"""
import json
import os
import re
import shutil
import shutil
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, ringside, run, run_tests, save
from recorded import Recorded, closed, in_run, lines, packed, rng
from stream import START, frame

in_a_folder()


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
    told = r"ringside \w+: strange/\w+.pb: skipped: [^\n]* \(and 2 more\)\n"
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
        assert any(hidden in json.dumps(json.loads(x), ensure_ascii=False) for x in out.splitlines()), out


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
    # where the Header is not in what is damaged, a repair saves no more than is read
    broken = bytearray(zst)
    broken[len(zst) * 7 // 8] ^= 8
    save("broken.pb.zst", broken)
    told = ".*: damaged: the .*zstd frame at byte [1-9][0-9]* [^`]*; reading goes on [^`]*\n"
    seen = check(run("cat", "-o", "json", "--kind", "seccomp", "broken.pb.zst"), 1, told)
    check(run("repair", "broken.pb.zst", "-w", "mended.pb.zst"), 0)
    saved = check(run("cat", "-o", "json", "--kind", "seccomp", "mended.pb.zst"), 0, None)
    assert [x for x in lines(saved) if '"seccomp_denial"' in x] == [x for x in lines(seen) if '"seccomp_denial"' in x] != []
    # but of a cut one it makes a whole one
    save("cut.pb.zst", zst[:-1000])
    check(run("cat", "cut.pb.zst"), 1, ".*: cut inside .*`ringside repair` makes a whole .*\n")


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


def a_download_that_was_cut_in_its_only_frame_is_told():
    zst, plain = packed(closed(Recorded(b"d"), 3)), closed(Recorded(b"d"), 3)
    for name, data in ("short.pb.zst", zst[:40]), ("short.pb", plain[:20]):
        told = f"{name}: cut short at byte {len(data)}, before its first record is whole.*: nothing of it can be read or " \
               "repaired; copy or download it again\n"
        save(name, data)
        for command in "cat", "tail", "stats":
            check(run(command, name), 1, f"ringside {command}: {told}")
        out = check(run("verify", name), 3).decode()
        assert out.startswith(f"{name}: cut ") and "repair` saves" not in out and "not a Ringside" not in out, out
        check(run("repair", name, "-w", "mended.pb"), 1, f"ringside repair: {name}: no record in it could be saved\n")
    # the same of the only frame with a byte that is another one
    flipped = bytearray(zst)
    flipped[len(zst) // 2] ^= 0x10
    save("flipped.pb.zst", flipped)
    check(run("cat", "flipped.pb.zst"), 1, "ringside cat: flipped.pb.zst: damaged: .* \\(nothing of it can be "
          "read or repaired; copy or download it again\\)\n")
    check(run("repair", "flipped.pb.zst", "-w", "mended.pb"), 1, "ringside repair: flipped.pb.zst: no record in it could be saved\n")
    # where another frame follows it, that is saved
    save("flipped.pb.zst", flipped, zst)
    assert b"repair` makes a whole recording of the rest)" in run("cat", "flipped.pb.zst").stderr
    check(run("repair", "flipped.pb.zst", "-w", "mended.pb"), 0, None)
    # what can be decoded is read, and the rest is named
    big = packed(closed(Recorded(b"e"), 8000, 200))
    save("short.pb.zst", big[:len(big) - 100])
    assert b"keyctl" in check(run("cat", "short.pb.zst"), 1, "ringside cat: short.pb.zst: cut inside the zstd frame at byte .*\n")


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


def a_folder_of_folders_is_those_in_it():
    """One level: a host's each. Those that are deeper are told of; one that cannot be read fails."""
    parts = {}
    for host in "a", "b.pb":
        stream = Recorded(host[:1].encode(), host[:1] * 32, boottime=5)
        os.makedirs(f"rec/{host}/old")
        parts[host] = closed(stream, 4)
        save(f"rec/{host}/x.pb", parts[host])
        save(f"rec/{host}/old/y.pb", closed(Recorded(b"o", "boot-o"), 3))
    os.makedirs("rec/notes")
    save("rec/notes/x.txt", b"hello")
    both = parts["a"] + parts["b.pb"]
    deeper = r"ringside \w+: (\./)?rec/(a|b.pb)/old: there are recordings in it \(and in 1 more\) that are not read.*: name it as well\n"
    for path in "rec", "rec/", "./rec":
        check(run("cat", "-o", "pb", path), 1, deeper, stdout=both)
    check(run("replay", "--speed", "max", "rec"), 1, deeper, stdout=both)
    check(run("stats", "rec"), 1, deeper)
    assert len(lines(check(run("tail", "-n", "8", "rec"), 1, deeper + ".*of 2 hosts: .*\n"))) == 8
    for quiet in (), ("-q",), ("-v",):
        out = check(run("verify", *quiet, "rec"), 1, deeper).decode()
        assert not quiet or quiet == ("-v",) or not out, out
        assert quiet or out.splitlines()[-1] == "in all 2 files, 14 records: not all could be read", out
    found, *_, whole = [json.loads(x) for x in lines(check(run("verify", "-o", "json", "rec"), 1, deeper))]
    assert whole["verdict"] == "foreign" and whole["exit_status"] == 1 and whole["inputs"] == 2, whole
    assert found["input"] in ("rec/a/old", "rec/b.pb/old") and found["verdict"] == "foreign" and found["exit_status"] == 1, found
    assert found["message"].startswith("there are recordings in it"), found
    for host in "a", "b.pb":
        shutil.rmtree(f"rec/{host}/old")
    assert json.loads(check(run("stats", "-o", "json", "rec"), 0))["events"] == 8
    out = lines(check(run("verify", "rec"), 0, None))
    assert [x.split(":")[0] for x in out[:2]] == ["rec/a/x.pb", "rec/b.pb/x.pb"] and out[2].startswith("in all 2 files"), out
    assert lines(check(run("tail", "-n", "8", "rec"), 0, None)) == lines(check(run("cat", "rec"), 0, None))
    assert len(lines(check(run("cat", "-b", "rec"), 0, None))) == 8
    done = subprocess.run([ringside, "cat", "-o", "pb"], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env={**os.environ, "RINGSIDE_DIR": "rec"})
    check(done, 0, stdout=both)
    # what lies beside them hides nothing
    own = closed(Recorded(b"o", "o" * 32, boottime=9), 2)
    save("rec/own.pb", own)
    assert json.loads(check(run("stats", "-o", "json", "rec"), 0))["events"] == 10
    os.chmod(".", 0o755)
    os.chmod("rec/b.pb", 0)
    for command in ("verify",), ("cat",), ("stats",), ("cat", "-o", "json", "--since", "2000-01-01"), ("tail",), ("replay", "-o", "text"):
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ringside, *command, "rec"],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 1 and done.stderr.count(b"rec/b.pb: Permission denied") == 1 and b": complete" not in \
            done.stdout.split(b"\n")[-2], done
    os.chmod("rec/b.pb", 0o755)


def what_lies_deeper_is_not_called_complete():
    """However deep; and where there is too much to look at, that is told. By all commands that read what was named."""
    os.makedirs("deep/a/b/c/d/e")
    save("deep/x.pb", closed(Recorded(b"x"), 3))
    check(run("verify", "deep"), 0)
    save("deep/a/b/c/d/e/y.pb", closed(Recorded(b"y"), 3))
    deeper = "ringside {}: {}: there are recordings in it that are not read, as it is hidden or two folders below or deeper: " \
        "name it as well\n"
    reading = "verify", "cat", "stats", "tail", "replay"

    def is_told(path, named="deep", *more):
        for command in reading:
            check(run(command, named, *more), 1, deeper.format(command, path) + r"(ringside \w+: two streamers .*\n)?")

    def is_not_told(*named):
        for command in reading:
            if command != "tail" or len(named) == 1:
                check(run(command, *named), 0, r"(ringside \w+: two streamers .*\n)?")

    is_told("deep/a/b/c/d/e")
    for command in reading:
        check(run(command, "deep/a"), 1, f"ringside {command}: deep/a: no recordings are in this folder; but in folders in it "
              "are: name one of these, as in deep/a/b/c/d/e\n")
    is_not_told("deep", "deep/a/b/c/d/e")  # as it says
    is_not_told("deep/a/b/c/d/e", "deep")
    is_not_told("deep/x.pb", "deep/a/b/c/d/e")
    # what nobody may look into may hold some
    os.chmod(".", 0o755)
    os.chmod("deep/a/b", 0)
    os.symlink("a/b/c", "deep/inner")  # read as such a folder is, and so nobody knows
    os.symlink("../a/b/c/d/e/y.pb", "deep/a/link.pb")
    for command in reading:
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ringside, command, "deep"],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 1, done
        told = sorted(x.split(": ", 1)[1] for x in done.stderr.decode().splitlines() if "two streamers" not in x)
        assert len(told) == 3 and told[0] == "deep/a/b: whether recordings are in it is not known: Permission denied" and \
            told[1].startswith("deep/a/link.pb: Permission denied") and told[2].startswith("deep/inner: Permission denied"), told
    os.chmod("deep/a/b", 0o755)
    for link in "deep/inner", "deep/a/link.pb", "deep/a/b/c/d/e/y.pb":
        os.remove(link)
    is_not_told("deep")
    # each ext file system has one, which root alone may look into
    for folder in "deep/lost+found", "deep/a/lost+found":
        os.mkdir(folder, 0o700)
    for command in reading:
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ringside, command, "deep"],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 0 and b"lost+found" not in done.stderr, done
    # links: to where they come from, up, to each other, to nowhere, to a file; then to more
    os.makedirs("other/.in/x.pb")
    save("other/.in/x.pb/z.pb", closed(Recorded(b"z"), 3))
    for link, to in ("deep/a/b/c/above", "../../.."), ("deep/a/up", "../.."), ("deep/a/root", "/"), ("deep/a/self", "self"), \
            ("deep/a/nowhere", "nothing/x"), ("deep/a/file", "../x.pb"), ("deep/a/b/back", ".."), ("deep/loop", "a"):
        os.symlink(to, link)
    is_not_told("deep")
    os.remove("deep/loop")
    for link in "deep/a/o", "deep/a/b/c/o", "deep/o", "deep/.o", "deep/a/line\nfeed":
        os.symlink(os.path.abspath("other"), link)
        is_told(link.replace("\n", r"\\x0a") + "/.in/x.pb")
        is_not_told("deep", "other/.in/x.pb")
        os.remove(link)
    shutil.rmtree("other")
    # hidden, or called as a recording is
    for folder in "deep/.old", "deep/a/.old", "deep/a/x.pb", "deep/.old/.b/c.pb":
        os.makedirs(folder, exist_ok=True)
        is_not_told("deep")
        save(folder + "/y.pb", closed(Recorded(b"y"), 3))
        is_told(folder)
        os.remove(folder + "/y.pb")
    os.mkdir("deep/host.pb")
    is_not_told("deep")
    save("deep/host.pb/y.pb", closed(Recorded(b"y"), 3))
    is_not_told("deep")
    assert json.loads(check(run("stats", "-o", "json", "deep"), 0, None))["events"] == 6
    shutil.rmtree("deep/host.pb")
    for n in range(20001):
        os.mknod(f"deep/a/b/{n}")
    for command in reading:
        check(run(command, "deep"), 1, f"ringside {command}: deep: there is so much in it that not all was looked at .*\n")
    shutil.rmtree("deep/a/b")
    is_not_told("deep")
    for n in range(2001):  # as many hosts as there may be
        os.mkdir(f"deep/{n}")
    check(run("verify", "deep"), 0)
    for n in range(2001):
        os.mkdir(f"deep/a/{n}")
    check(run("verify", "deep"), 1, "ringside verify: deep: there is so much in it that not all was looked at .*\n")


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
                            "(.*of 2 hosts: .*\n)?" if name == "last" else "")
                assert lines(out) == (all_lines[-n:] if n else []), f"{name} {options} {n}"
            out = check(run("tail", "-n", "all", "--all", "-o", "json", *options, name), 0)
            assert lines(out) == all_lines, f"{name} {options}"
    ten = lines(check(run("tail", "last.pb.zst"), 0))
    assert len(ten) == 10 and all(" DENY " in line or " OOM " in line for line in ten), ten
    part = check(run("tail", "-n", "3", "-o", "pb", "last.pb.zst"), 0)
    assert lines(check(run("cat", data=part), 0)) == ten[-3:]
    assert len(lines(check(run("cat", "--all", "-o", "json", data=part), 0))) == 5  # and Header and Footer
    check(run("tail", "-n", "x", "last.pb"), 2, ".*x is not a number of records.*\n")
    check(run("tail", "-"), 2, ".*`ringside cat` reads pipes.*\n")
    check(run("tail", "missing.pb"), 1, "ringside tail: missing.pb: No such file.*\n")


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
    a_download_that_was_cut_in_its_only_frame_is_told,
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
    a_folder_of_folders_is_those_in_it,
    what_lies_deeper_is_not_called_complete,
    the_last_records_are_the_end_of_all_records,
    what_goes_on_with_events_that_repair_leaves_out_is_completed,
    a_large_folder_is_read_with_two_cpus_in_the_same_order,
    what_cannot_be_read_is_told_in_its_place_with_two_cpus,
)
