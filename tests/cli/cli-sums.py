#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sums that never mislead: whose hosts events are, copies of files, streamers beside each other.

usage: cli-sums.py RINGSIDE COMPRESS-RECORDING
"""
import datetime
import fcntl
import json
import os
import re
import shutil
import select
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import Growing, Stream, frame, frames

compress, = others
in_a_folder()
os.environ["TZ"] = "UTC0"


def packed(data, *args):
    return subprocess.run([compress, *args], input=data, capture_output=True, check=True).stdout


def lines(out):
    return out.decode().splitlines()


class Denials(Stream):
    def denial(self, call="keyctl", path="/kubepods/a", after=0.001, **more):
        self.boottime += after
        return self.record(seccomp_denial=pb.SeccompDenial(
            process=pb.Process(pid=77, comm="nginx"), syscall_name=call, error_name="EPERM",
            action=pb.SECCOMP_RET_ERRNO, container=pb.Container(cgroup_path=path), **more))


def hosts(out):
    """What stands between the time and the word of each line."""
    return [re.search(r"\d\d:\d\d:\d\d\.\d+Z? +(.*?) *(?:DENY|OOM) ", x)[1] for x in out]


def whole(stream, n=3, host=None, **more):
    return (stream.header(host, **more) + b"".join(stream.denial() for _ in range(n)) +
            stream.footer())


def verify_says_what_a_copy_is():
    plain = whole(Denials(b"a"), 15)
    bad = bytearray(plain)
    bad[200] ^= 1
    copies = {
        "e-copy.pb": (plain, 0, "complete; the same records as v/e.pb; no checksum .*"),
        "e.pb.zst": (packed(plain), 0, "complete; the same records as v/e.pb"),
        "cut.pb": (plain[:len(plain) // 2], 0,
                   "complete; cut inside a record: .*; [0-9]* of the 17 records of v/e.pb, and no others.*"),
        "early.pb": (whole(Denials(b"a"), 14)[:-30], 0, "complete; .*of the 17 records of v/e.pb.*"),
        "holes.pb": (plain[:200] + b"\xff" * 9 + plain[209:], 3,
                     "damaged: .*; [0-9]* of the 17 records of v/e.pb, and no others; .*`ringside repair`.*"),
    }
    for name, (data, status, told) in copies.items():
        fresh_folder("v", e=plain)
        save("v/" + name, data)
        for paths in ("v",), ("v/e.pb", "v/" + name):
            out = lines(check(run("verify", *paths), status))
            assert re.fullmatch(r"v/e.pb: complete; no checksum covers .*", out[0]), out
            assert re.fullmatch(f"v/{name}: {told}", out[1]), out
            assert out[2] == "in all 1 file and 1 copy, 17 records: " + ("complete" if not status else "damaged")
            assert check(run("verify", "-q", *paths), status, stdout=b"") == b""
    check(run("verify", "v/e.pb", "v/e.pb"), 0)
    assert b"v/e.pb: named twice\n" in check(run("verify", "v/e.pb", "v/e.pb"), 0)
    out = check(run("verify", data=plain + plain), 0).decode()
    assert re.match("stdin: complete; 17 of its records are in it twice; ", out), out
    # of parts that overlap
    stream = Denials(b"p")
    parts = [stream.header() + stream.denial() * 1 + stream.counters() + stream.footer(why)
             for why in ("rotated", "SIGTERM")]
    for name, data in ("0", parts[0]), ("1", parts[1]), ("both", b"".join(parts)):
        save(f"p{name}.pb", data)
    out = lines(check(run("verify", "p0.pb", "p1.pb", "pboth.pb"), 0))
    assert any(re.match("p0.pb: complete; .*4 of the 8 records of pboth.pb, and no others", x) for x in out), out
    assert any(re.match("p1.pb: complete; .*its records are those of pboth.pb", x) for x in out), out
    assert out[-1] == "in all 2 files and 1 copy, 8 records: complete", out


def what_is_replayed_is_as_complete_as_it_was():
    def rotated(stream, times):
        for i, at in enumerate(times):
            stream.boottime = at
            yield (stream.header() + b"".join(stream.denial() for _ in range(5)) + stream.counters(full=True) +
                   stream.footer("rotated" if i + 1 < len(times) else "SIGTERM"))
    files = {f"a{i}": x for i, x in enumerate(rotated(Denials(b"a"), (1, 11, 21)))}
    files |= {f"b{i}": x for i, x in enumerate(rotated(Denials(b"b"), (5, 15, 25)))}
    files |= {f"c{i}": x for i, x in enumerate(rotated(Denials(b"c", boot="boot-2"), (5, 15, 25)))}
    fresh_folder("r", **files, copy=files["a1"])
    save("r/again.pb.zst", packed(files["b2"]))
    assert lines(check(run("verify", "r"), 0))[-1] == "in all 9 files and 2 copies, 72 records: complete"
    out = check(run("replay", "--speed", "max", "r"), 0, None)
    told = check(run("verify", "-v", data=out), 0).decode()
    assert told.startswith("stdin: complete; ") and " 72 in 3 streams, " in told, told
    assert "no streamer was attached" not in told and "in it twice" not in told, told


def denials_of(out):
    """Without the Headers."""
    return [line for line in lines(out) if '"seccompDenial"' in line]


def what_is_derived_stays_right_where_records_are_left_out():
    """In runs of events, also where other threads print them (more than 2 MiB)."""
    for n, padding in (60, 4), (6000, 450):
        stream = Denials(b"a")
        records = [stream.header()]
        for i in range(n):
            record = pb.Record.FromString(next(frames(stream.denial(path="/" + "x" * padding))))
            record.cpu_sums.cpu = 0
            if i % 50:
                record.ClearField("boottime_nano")
                record.cpu_sums.between = 0
            else:
                record.cpu_sums.seen, record.cpu_sums.limited, record.cpu_sums.dropped = i + 1, 0, 0
            records.append(frame(record))
        records.append(stream.footer())
        save("runs.pb", *records)
        wanted = denials_of(check(run("cat", "-o", "protojson", "--kind", "seccomp", "runs.pb"), 0))
        assert len(wanted) == n and '"seen"' in wanted[-1]
        # every record of the middle, as a filter writes them: a pipe, in which no copy is looked for
        at = [f"@{int(json.loads(wanted[i])['timeUnixNano']) / 1e9:.3f}" for i in (n // 3, n // 2)]
        part = check(run("cat", "-o", "pb", "--since", at[0], "--until", at[1], "runs.pb"), 0)
        few = [x for i, x in enumerate(map(frame, frames(part))) if not i or i % 2]
        for some in part, b"".join(few):
            out = check(run("cat", "-o", "protojson", "--kind", "seccomp", "-", "runs.pb", data=some), 0,
                        "ringside cat: runs.pb: [0-9,]* of its [0-9,]* records are in stdin, too: left out\n")
            assert len(denials_of(out)) == n
            if some is part:
                assert sorted(denials_of(out)) == sorted(wanted)
            binary = check(run("cat", "-o", "pb", "-", "runs.pb", data=some), 0, None)
            assert check(run("cat", "-o", "protojson", "--kind", "seccomp", data=binary), 0) == out
            stats = json.loads(check(run("stats", "-o", "json", "-", "runs.pb", data=some), 0, None))
            assert (stats["events"], stats["records"]) == (n, n + 2), stats


def a_copy_that_is_made_while_a_folder_is_followed_brings_nothing():
    stream = Denials(b"f", boottime=None)
    stream.denial = lambda: stream.kill()
    fresh_folder("f", old=whole(Denials(b"o"), 4), e=stream.header() + b"".join(stream.kill() for _ in range(30)))
    with open("f/e.pb", "ab", buffering=0) as live, \
         subprocess.Popen([ringside, "tail", "-f", "-n", "3", "-o", "json", "--kind", "oom", "f"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tail:
        def following(n):
            return [json.loads(tail.stdout.readline())["seq"] for _ in range(n)]
        fcntl.flock(live, fcntl.LOCK_EX)
        assert following(3) == [29, 30, 31]
        shutil.copy("f/e.pb", "f/e-copy.pb")
        save("f/e-packed.pb.zst", packed(open("f/e.pb", "rb").read()))
        time.sleep(0.3)
        live.write(stream.kill())
        assert following(1) == [32]
        shutil.copy("f/e.pb", "f/a-copy.pb")
        live.write(stream.kill() + stream.footer())
        assert following(1) == [33]
        assert not select.select([tail.stdout], [], [], 0.3)[0]
        tail.terminate()
        said = tail.stderr.read().decode()
    assert "f/e-copy.pb: " in said and "f/e-packed.pb.zst: " in said and said.count("left out") == 3, said


def what_is_being_written_is_told_from_its_copies():
    live = Growing(b"g")
    data = live.header() + live.counters(3)
    fresh_folder("g", e=data, zz=data, a=data)
    for name in "zz", "a":  # by name before and behind it
        os.utime(f"g/{name}.pb", (1, 1))
    with open("g/e.pb", "ab", buffering=0) as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.write(live.counters(5))
        out = json.loads(check(run("status", "-o", "json", "g"), 0, None))
        assert out["status"] == "whole" and out["probes"][0]["seen"] == 5, out
        assert check(run("verify", "g"), 0).decode().splitlines()[-1].endswith("3 records: complete")


def beside(stream, times, closed=True, probes=(), host="eu-1", parts=1):
    """Its files: a denial at each of the times, and one kill where it has a probe for that."""
    each = -(-len(times) // parts)
    for i in range(parts):
        stream.boottime = times[i * each]
        out = stream.header(host, probes=[pb.Probe(kind=x, tier=pb.TIER_FENTRY) for x in probes])
        for at in times[i * each:(i + 1) * each]:
            stream.boottime = at
            out += stream.denial(call=f"call{at}", after=0)
        yield out + stream.footer("rotated" if i + 1 < parts else "SIGTERM")


def calls(*args, stderr="", **kwargs):
    out = lines(check(run(*args, "-o", "json", "--kind", "seccomp", **kwargs), 0, stderr))
    return [int(re.search(r"call(\d+)", x)[1]) for x in out]


def of_two_streamers_on_one_machine_one_counts_where_that_is_asked_for():
    """Each denial is in both streams, but for those when only one of them ran."""
    both = "ringside {}: two streamers saw eu-1 at the same time \\(streams 61616161 and 62626262, for 1 min 40 s\\): "
    twice = both + "the events of both count, {} of them twice \\(with --one-stream, cat, tail and stats take one\\)\n"
    once = both + "of two that tell the same, one counts; {} left out\n"
    first, second = [*range(0, 200, 10)], [*range(100, 300, 10)]  # 100 to 190 in both
    for parts in 1, 4:
        a = list(beside(Denials(b"a"), first, parts=parts))
        b = list(beside(Denials(b"b"), second, parts=parts))
        fresh_folder("two", **{f"a{i}": x for i, x in enumerate(a)}, **{f"b{i}": x for i, x in enumerate(b)})
        names = [f"two/{x}{i}.pb" for x in "ab" for i in range(parts)]
        says = ".*" if parts > 1 else twice.format("cat", 10)
        for paths in ["two"], names, names[::-1]:
            if paths is names[::-1]:
                says = "ringside cat: two streamers .* 10 of them twice .*\n"
            out = calls("cat", *paths, stderr="ringside cat: two streamers .* 10 of them twice \\(.*\n")
            assert sorted(out) == sorted(first + second), out
            out = calls("cat", "--one-stream", *paths, stderr="ringside cat: two streamers .* one counts; 10 left out\n")
            assert sorted(out) == [*range(0, 300, 10)], (parts, paths, out)
            told = json.loads(check(run("stats", "--one-stream", "-o", "json", *paths), 0, None))
            assert told["events"] == 30, told
            told = json.loads(check(run("stats", "-o", "json", *paths), 0, ".* 10 of them twice .*\n"))
            assert told["events"] == 40, told
        out = calls("tail", "--one-stream", "-n", "all", "two", stderr=None)
        assert sorted(out) == [*range(0, 300, 10)], (parts, out)
        out = check(run("verify", "two"), 0).decode()
        assert "two streamers saw eu-1 at the same time" in out and "--one-stream" in out, out
    calls("cat", "two/a0.pb", "two/b0.pb", stderr=None)
    save("a.pb", *beside(Denials(b"a"), first))
    save("b.pb", *beside(Denials(b"b"), second))
    calls("cat", "a.pb", "b.pb", stderr=(twice.format("cat", 10)).replace("1 min 40 s", "1 min 3[0-9] s"))
    # another boot, or another kind of events, is something else; and so is one after the other
    save("c.pb", *beside(Denials(b"c", boot="boot-2"), second))
    save("d.pb", *beside(Denials(b"d"), second, probes=["seccomp_denial"]))
    save("e.pb", *beside(Denials(b"e"), first, probes=["oom_kill", "tcp_queue"]))
    save("f.pb", *beside(Denials(b"f"), [200, 300]))
    for pair in ("a.pb", "c.pb"), ("d.pb", "e.pb"), ("a.pb", "f.pb"):
        check(run("cat", "--one-stream", "--host", "eu-1", *pair), 0)
        check(run("stats", *pair), 0)
    assert "two streamers" not in check(run("verify", "a.pb", "f.pb"), 0).decode()


def of_two_streamers_only_what_is_asked_for_counts():
    """What the filters leave out is not twice, and takes no other stream's place."""
    fresh_folder("asked", a=b"".join(beside(Denials(b"a"), [*range(0, 200, 10)], host="eu-1")),
                 b=b"".join(beside(Denials(b"b"), [*range(100, 300, 10)], host="eu-2")))
    second = [*range(100, 300, 10)]

    def twice(n):
        return f"ringside cat: two streamers saw eu-[12] at the same time .* {n} of them twice .*\n"
    assert calls("cat", "-g", "call1.0 ", "asked", stderr=twice(10)).count(150) == 2
    assert calls("cat", "-g", "call150", "asked", stderr=twice(1)) == [150, 150]
    assert calls("cat", "-g", "call2.0 ", "--comm", "nginx", "asked") == [*range(200, 300, 10)]
    for more in [], ["--one-stream"]:
        assert calls("cat", "--host", "eu-2", *more, "asked") == second
        assert calls("tail", "-n", "all", "--host", "eu-2", *more, "asked") == second
        assert json.loads(check(run("stats", "-o", "json", "--host", "eu-2", *more, "asked"), 0))["events"] == 20
    out = calls("cat", "--one-stream", "-g", "call1.0 ", "asked", stderr=".* one counts; 10 left out\n")
    assert sorted(out) == [*range(100, 200, 10)], out


def a_line_says_whose_host_it_is_as_soon_as_there_are_two():
    one = whole(Denials(b"a"), host="eu-1")
    two = whole(Denials(b"b", boot="boot-2"), host="long-name\x1b-2")
    save("one.pb", one)
    save("two.pb", two)
    alone = check(run("cat", "--utc", "one.pb"), 0)
    assert b"eu-1" not in alone
    out = lines(check(run("cat", "--utc", "one.pb", "two.pb"), 0))
    assert hosts(out) == ["eu-1"] * 3 + ["long-name\\x1b-2"] * 3, out
    assert len({x.index("DENY") for x in out}) == 1
    # a filter leaves one
    assert check(run("cat", "--utc", "--host", "eu-*", "one.pb", "two.pb"), 0) == alone
    # what is not known before
    told = "ringside cat: a second host, long-name\\\\x1b-2: from here on each line says whose it is\n"
    out = lines(check(run("cat", "--utc", data=one + two), 0, told))
    assert out[:3] == lines(alone) and hosts(out[3:]) == ["long-name\\x1b-2"] * 3
    for args in ("-o", "json"), ("-o", "pb"):
        check(run("cat", *args, data=one + two), 0)
    os.mkdir("two-hosts")
    shutil.copy("one.pb", "two-hosts")
    shutil.copy("two.pb", "two-hosts")
    for args in (("cat",), ("tail",), ("replay", "--speed", "max", "-o", "text")):
        out = lines(check(run(*args, "--utc", "two-hosts"), 0))
        assert hosts(out) == ["eu-1"] * 3 + ["long-name\\x1b-2"] * 3, out
    # whose they are, though all that are shown are one's
    out = lines(check(run("tail", "-n", "2", "--utc", "two-hosts"), 0, "ringside tail: two-hosts: of 2 hosts: .*\n"))
    assert hosts(out) == ["long-name\\x1b-2"] * 2, out
    out = check(run("status", "two-hosts"), 1, "").decode()
    assert len(re.findall("long-name.*DENY", out)) == 3, out


def stats_keep_hosts_apart():
    save("one.pb", whole(Denials(b"a"), 3, "eu-1"))
    save("two.pb", whole(Denials(b"b", boot="boot-2"), 5, "eu-2"))
    out = json.loads(check(run("stats", "-o", "json", "one.pb", "two.pb"), 0))
    for name in "containers", "syscalls":
        assert [(x["host"], x["delivered"]) for x in out[name]["top"]] == [("eu-2", 5), ("eu-1", 3)]
    text = check(run("stats", "one.pb", "two.pb"), 0).decode()
    for host, n in ("eu-1", 3), ("eu-2", 5):
        assert sum(x.split() == [host, "keyctl", "ERRNO", "EPERM", str(n), "0"]
                   for x in text.splitlines()) == 1, text
        assert sum(x.split() == [host, "/kubepods/a", str(n), "0"] for x in text.splitlines()) == 1
    assert "eu-1" not in check(run("stats", "one.pb"), 0).decode()
    # in one file, where the words of a container are kept from record to record
    first, second = Denials(b"a"), Denials(b"b", boot="boot-2")
    save("both.pb", *(x for s, h in ((first, "eu-1"), (second, "eu-2"))
                      for x in (s.header(h), *(s.denial() for _ in range(4)))))
    out = json.loads(check(run("stats", "-o", "json", "both.pb"), 0))
    assert [x["delivered"] for x in out["containers"]["top"]] == [4, 4]


def seqs(*args, stderr="", status=0):
    return [json.loads(x)["seq"] for x in lines(check(run(*args, "-o", "json", "--kind", "seccomp"), status, stderr))]


def fresh_folder(name, **files):
    shutil.rmtree(name, ignore_errors=True)
    os.mkdir(name)
    for file, data in files.items():
        save(f"{name}/{file}.pb", data)
    return name


def each_record_counts_once_whatever_files_it_is_in():
    plain = whole(Denials(b"a"), 15)
    # what is said of it, from the folder with the copy
    copies = {
        "e-copy.pb": (plain, "c/e-copy.pb: the same records as c/e.pb: left out"),
        "z.pb": (plain, "c/z.pb: the same records as c/e.pb: left out"),
        "e.pb.zst": (packed(plain), "c/e.pb.zst: the same records as c/e.pb: left out"),
        "cut.pb": (plain[:len(plain) // 2], "c/cut.pb: [0-9]* of the 17 records of c/e.pb, and no others: left out"),
        "a.pb.zst": (packed(plain)[:-30], "c/a.pb.zst: the same records as c/e.pb: left out"),
        "bad.pb": (plain[:200] + b"\xff" * 9 + plain[209:],
                   "c/bad.pb: [0-9]* of the 17 records of c/e.pb, and no others: left out"),
    }
    for name, (data, told) in copies.items():
        fresh_folder("c", e=plain)
        save("c/" + name, data)
        for paths in ("c",), ("c/e.pb", "c/" + name):
            for command in "cat", "stats", "replay", "tail":
                line = f"ringside {command}: {told}\n"
                if command == "cat":
                    assert seqs("cat", *paths, stderr=line) == [*range(2, 17)]
                elif command == "stats":
                    out = json.loads(check(run("stats", "-o", "json", *paths), 0, line))
                    assert (out["events"], out["inputs"], out["records"]) == (15, 1, 17), out
                elif command == "replay":
                    check(run("replay", "--speed", "max", *paths), 0, line, plain)
                elif len(paths) == 1:
                    assert seqs("tail", "-n", "all", *paths, stderr=line) == [*range(2, 17)]
                    assert seqs("tail", "-n", "3", *paths, stderr=line) == [14, 15, 16]
    os.link("c/e.pb", "c/link.pb")
    check(run("replay", "--speed", "max", "c/e.pb", "c/link.pb"), 0,
          "ringside replay: c/link.pb: the same file as c/e.pb: left out\n", plain)
    check(run("replay", "--speed", "max", "c/e.pb", "c/e.pb"), 0,
          "ringside replay: c/e.pb: named twice: left out\n", plain)
    # one behind the other, and through a pipe
    told = "ringside {}: .*: 16 of its records are in it twice: left out\n"
    save("twice.pb", plain, plain)
    check(run("cat", "-o", "pb", "twice.pb"), 0, told.format("cat"), plain)
    out = json.loads(check(run("stats", "-o", "json", data=packed(plain) * 2), 0, told.format("stats")))
    assert (out["events"], out["records"]) == (15, 17)


def of_two_copies_each_has_what_the_other_lacks():
    stream = Denials(b"a")
    parts = [stream.header(), *(stream.denial() for _ in range(98)), stream.footer()]
    plain = b"".join(parts)

    def without(*holes):
        return b"".join(b"\xff" * 40 if i in holes else x for i, x in enumerate(parts))
    fresh_folder("d", a=without(*range(20, 40)), b=without(60))
    told = ("ringside cat: d/b.pb: damaged: .*\n(ringside cat: d/a.pb: damaged: .*\n)?"
            "ringside cat: d/a.pb: 78 of its 79 records are in d/b.pb, too: left out\n")
    assert sorted(seqs("cat", "d", stderr=told, status=1)) == [*range(2, 100)]
    # whole in another file: nothing is wrong then
    save("d/c.pb", plain)
    told = "".join(f"ringside cat: d/{x}.pb: [0-9]* of the 100 records of d/c.pb, and no others: left out\n"
                   for x in ("b", "a"))
    assert seqs("cat", "d", stderr="(" + told + "|(?s:.*)a.pb(?s:.*)b.pb.*\n)") == [*range(2, 100)]
    # the input of a repair beside its output, whose Lost has the number of what is missing
    save("bad.pb", without(*range(20, 40)))
    check(run("repair", "bad.pb", "-w", "d-repaired.pb"), 0, None)
    told = "ringside cat: bad.pb: [0-9]* of the [0-9]* records of d-repaired.pb.*: left out\n|" \
           "ringside cat: bad.pb: the same records as d-repaired.pb: left out\n"
    assert [*range(2, 100)] == sorted({*seqs("cat", "d-repaired.pb", "bad.pb", stderr=told)} | {*range(22, 41)})


def a_copy_of_a_part_is_known_by_its_records():
    first, second = Denials(b"a"), None
    parts = [first.header() + b"".join(first.denial() for _ in range(5)) + first.footer("rotated"),
             first.header() + b"".join(first.denial() for _ in range(5)) + first.footer()]
    save("0.pb", parts[0])
    save("1.pb", parts[1])
    save("both.pb", *parts)
    for names in ("0.pb", "1.pb", "both.pb"), ("both.pb", "1.pb", "0.pb"), ("1.pb", "both.pb"):
        out = seqs("cat", *names, stderr=None)
        assert sorted(out) == [2, 3, 4, 5, 6, 9, 10, 11, 12, 13], (names, out)
    assert seqs("cat", "1.pb", "both.pb", stderr="ringside cat: both.pb: 6 of its 13 records are in "
                "1.pb, too: left out\n")
    # a record of every seven, beside all: gaps
    check(run("cat", "--errno", "EPERM", "-o", "pb", "both.pb"), 0)
    save("some.pb", *[x for i, x in enumerate(map(frame, frames(b"".join(parts)))) if i % 3 == 0])
    assert sorted(seqs("cat", "some.pb", "1.pb", "0.pb", stderr=None)) == [2, 3, 4, 5, 6, 9, 10, 11, 12, 13]
    # where a stream is not the latest, its Header comes once more
    other = whole(Denials(b"o", boot="boot-2"), 2)
    save("other.pb", other)
    cut = parts[0][:-40]
    save("early.pb", cut)
    out = run("cat", "-o", "pb", "early.pb", "other.pb", "0.pb")
    records = [pb.Record.FromString(x) for x in frames(out.stdout)]
    headers = [x.header.stream_id[:1] for x in records if x.HasField("header")]
    assert out.returncode in (0, 1) and headers in ([b"a", b"o"], [b"a", b"o", b"a"]), headers
    assert len({(x.seq) for x in records[:]}) == 7


def what_a_repair_left_out_is_taken_where_it_is():
    """The Lost that stands for a record has its number."""
    stream = Denials(b"r")
    header, events = stream.header(), [stream.denial(call) for call in ("open", "mount", "bpf")]
    save("bad.pb", header, events[0], b"\xff" * len(events[1]), events[2], stream.footer())
    save("cut.pb", header, *events[:2])
    check(run("repair", "bad.pb", "-w", "mended.pb"), 0)
    for names in ("cut.pb", "mended.pb"), ("mended.pb", "cut.pb"):
        out = check(run("cat", *names), 0, None).decode()
        assert all(out.count(f" {call} ") == 1 for call in ("open", "mount", "bpf")), (names, out)
    # which is no record twice itself
    shutil.copy("mended.pb", "copy.pb")
    assert check(run("cat", "copy.pb", "cut.pb", "mended.pb"), 0, None).count(b" LOST ") == 1


def what_lost_its_header_is_known_by_its_times():
    """Of a plain file a repair does not know whose records they are."""
    stream = Denials(b"h")
    header, events = stream.header(), [stream.denial() for _ in range(20)] + [stream.footer()]
    save("headless.pb", b"\xff" * len(header), *events)
    check(run("repair", "headless.pb", "-w", "anew.pb"), 0)
    check(run("repair", "headless.pb", "-w", "anew-too.pb"), 0)
    save("e.pb", header, *events)
    late = Denials(b"l", boottime=0.5)
    save("like.pb", late.header(), *(late.denial() for _ in range(20)), late.footer())
    for names in ("e.pb", "anew.pb"), ("anew.pb", "e.pb"), ("headless.pb", "like.pb", "e.pb", "anew.pb", "anew-too.pb"):
        out = run("cat", "-o", "json", "--kind", "seccomp", *names)
        assert out.returncode == 0, out
        told, count = out.stderr.decode(), len(out.stdout.splitlines())
        assert count == (40 if "like.pb" in names else 20), (names, count, told)
        assert "anew.pb: 21 of the 22 records of e.pb, and no others: left out" in told, told
    assert len(seqs("cat", "anew.pb", "like.pb", stderr=None)) == 40
    assert len(seqs("cat", "anew.pb", "anew-too.pb", stderr=".*the same records as .*: left out\n")) == 20


def of_a_cloned_machine_each_record_counts():
    """Both go on with the stream: the same numbers, other times."""
    one, two = Denials(b"c"), Denials(b"c")
    begin = one.header() + one.denial("open")
    assert two.header() + two.denial("open") == begin
    two.boottime += 100
    ones = begin + b"".join(one.denial("mount") for _ in range(3)) + one.footer("rotated")
    twos = begin + b"".join(two.denial("bpf") for _ in range(5)) + two.footer("rotated")
    fresh_folder("clones", one=ones, two=twos)
    told = r"(two|one).pb: [34] of its records have the numbers of others in .*(one|two).pb: both count .*cloned"
    out = check(run("cat", "clones"), 0, r"(.|\n)*" + told + r"(.|\n)*").decode()
    assert [out.count(x) for x in (" open ", " mount ", " bpf ")] == [1, 3, 5], out
    # and so do their next files, which begin with other numbers
    fresh_folder("clones", one=one.header() + b"".join(one.denial("mount") for _ in range(3)),
                 two=two.header() + b"".join(two.denial("bpf") for _ in range(3)))
    out = check(run("cat", "clones"), 0, None).decode()
    assert [out.count(x) for x in (" mount ", " bpf ")] == [3, 3], out
    fresh_folder("clones", one=ones, two=twos)
    said = check(run("verify", "clones"), 3).decode()
    assert "have the numbers of others in clones/" in said and "copy" not in said, said


def where_records_were_before_is_told_right():
    stream = Denials(b"w")
    first = whole(stream)
    second = [stream.header(), *(stream.denial() for _ in range(4)), stream.footer()]
    save("w0.pb", first)
    save("w1.pb", *second)
    stream.seq = 7
    save("part.pb", stream.header(), *second[3:5])
    check(run("cat", "w0.pb", "w1.pb", "part.pb"), 0,
          "ringside cat: part.pb: [0-9] of its 3 records are in w1.pb, too: left out\n|"
          "(.|\n)*part.pb: the same records as w1.pb: left out\n")
    save("both.pb", stream.header(), *[x for x in map(frame, frames(first))][1:], *second[3:5])
    out = run("cat", "w0.pb", "w1.pb", "both.pb").stderr.decode()
    assert re.search("both.pb: all its records were read before: left out", out), out


def an_excerpt_is_no_damage():
    """Nor does it say that it is whole, and its original is what it was, whatever comes first."""
    stream, files = Denials(b"e", boot="0123456789abcdef" * 2), {}
    for i in range(3):
        records = [stream.header()]
        for n in range(20):
            records.append(stream.denial(path="/kubepods/" + "ab"[n % 2], call=("keyctl", "bpf")[n == 7]))
        files[f"f{i}"] = b"".join(records) + stream.counters() + stream.footer("rotated" if i < 2 else "SIGTERM")
    fresh_folder("x", **files)
    of_all = check(run("verify", "x"), 0)
    ways = {
        "--syscall bpf": ("cat", "--syscall", "bpf", "x"),
        "--cgroup /kubepods/a --since 1970-01-01T00:00:01Z --lines 9":
            ("cat", "--cgroup", "/kubepods/a", "--since", "@1", "-n", "9", "x"),
        "--grep 'a b|keyctl'": ("cat", "--grep", "a b|keyctl", "x"),
        "--lines 10": ("tail", "x"),
        "--lines 30": ("tail", "-n", "30", "x"),
        "--kind seccomp": ("replay", "--speed", "max", "--kind", "seccomp", "x"),
        "--one-stream": ("cat", "--one-stream", "x"),
        "--boot=" + "0123456789abcdef" * 2: ("cat", "-b", "0", "x"),
    }
    for chosen, how in ways.items():
        part = check(run(*how, "-o", "pb"), 0, None)
        records = [pb.Record.FromString(x) for x in frames(part)]
        heads = [x.header for x in records if x.HasField("header")]
        assert heads and {x.excerpt for x in heads} == {chosen}, (chosen, heads)
        events = sum(x.HasField("seccomp_denial") for x in records)
        told = f"an excerpt ({chosen}): {events} event{'s' * (events != 1)} in {len(records)} records, readable; what it " \
               "leaves out, and so whether it is whole, is not known here"
        for data in part, packed(part):
            out = check(run("verify", data=data), 0).decode()
            # its hashes are over what it leaves out, too: a frame's checksum is all that can vouch for it
            bare = f"; no checksum covers any of its {len(records)} records" if data is part else ""
            assert out == f"stdin: {told}{bare}\n", out
            found = check(run("verify", "-v", data=data), 0).decode()
            assert ("every record is covered by one" in found) == (data is not part), found
            uncovered = json.loads(check(run("verify", "-o", "json", data=data), 0).splitlines()[0])
            assert uncovered["uncovered_records"] == (len(records) if data is part else 0), uncovered
        # ProtoJSON is the same stream
        told_in_json = lines(check(run(*how, "-o", "protojson"), 0, None))
        assert len(told_in_json) == len(records) and {
            x["header"]["excerpt"] for x in map(json.loads, told_in_json) if "header" in x} == {chosen}, told_in_json
        save("part.pb", part)
        save("part.pb.zst", packed(part))
        told_by_stats = check(run("stats", "part.pb"), 0, None).decode()
        assert f"\nAn excerpt ({chosen}): what it leaves out, held back or lost besides, is not counted\n" in told_by_stats
        assert json.loads(check(run("stats", "-o", "json", "part.pb"), 0, None))["excerpt"] == chosen
        assert f"; an excerpt ({chosen})\n" in check(run("cat", "-v", "part.pb"), 0, None).decode()
        out = json.loads(lines(check(run("verify", "-o", "json", "part.pb.zst"), 0))[0])
        assert (out["verdict"], out["exit_status"], out["excerpt"], out["problems"]) == ("excerpt", 0, chosen, [])
        # what is in it is as it was, and stays so in a repair
        assert check(run("repair", "part.pb.zst", "-w", "mended.pb.zst"), 0).endswith(told.encode() + b"\n")
        assert check(run("cat", "-o", "pb", "mended.pb.zst"), 0, None) == part
        os.unlink("mended.pb.zst")
        assert b"not recording: it is an excerpt of a stream" in check(run("status", "part.pb"), 1)
        assert json.loads(check(run("status", "-o", "json", "part.pb"), 1))["status"] == "excerpt"
        # beside what it is of
        if chosen in ("--syscall bpf", "--lines 30", "--kind seccomp"):
            stands_beside(part, files, of_all)
    assert b"xcerpt" not in check(run("stats", "x"), 0) + check(run("stats", "-o", "json", "x"), 0)
    # an excerpt of an excerpt, and what is no excerpt
    part = check(run("cat", "-o", "pb", "--kind", "seccomp", "x"), 0)
    part = check(run("cat", "-o", "pb", "--syscall", "bpf", data=part), 0)
    assert pb.Record.FromString(next(frames(part))).header.excerpt == "--kind seccomp, and of that --syscall bpf"
    for how in ("cat",), ("cat", "--self-tests"), ("replay", "--speed", "max"), ("tail", "-n", "all"):
        assert check(run(*how, "-o", "pb", "x"), 0) == b"".join(files.values()), how
    # real damage is told
    records = [*map(frame, frames(part))]
    out = check(run("verify", data=records[0] + records[3] + records[1]), 3).decode()
    assert re.match(r"stdin: damaged: record \d+ \(byte \d+\) comes after record \d+; it has an excerpt ", out), out
    part = check(run("cat", "-o", "pb", "--syscall", "bpf", "x"), 0)
    both = part + check(run("cat", "-o", "pb", "-n", "3", data=whole(Denials(b"g"), 4)), 0)
    assert b"An excerpt (--syscall bpf; others, too): " in check(run("stats", data=both), 0, None)
    assert b"stdin: an excerpt (--syscall bpf; others, too): " in check(run("verify", data=both), 0)
    out = check(run("verify", data=part[:-3]), 3).decode()
    assert out.startswith("stdin: cut inside a record"), out
    bad = bytearray(packed(part))
    bad[len(bad) // 2] ^= 1
    check(run("verify", data=bytes(bad)), 3)


def an_excerpt_says_which_time_was_meant():
    """As long as it is read, and wherever."""
    stream = Denials(b"t", boot="fedcba98" * 4)
    save("t.pb", stream.header(), *(stream.denial() for _ in range(3)), stream.footer())

    def chosen(*args, zone="CET-1"):
        part = check(run("cat", "-o", "pb", *args, "t.pb", env={**os.environ, "TZ": zone}), 0, None)
        return pb.Record.FromString(next(frames(part))).header.excerpt

    def moment(text, option="--since"):
        assert re.fullmatch(option + r" \d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.(\d{3}){1,3})?)?(Z|\+01:00)", text), text
        return datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.split()[1]))

    zone = datetime.timezone(datetime.timedelta(hours=1))
    for typed, ago in ("-1h", 3600), ("90min ago", 5400), ("-250ms", 0.25), ("@1795312800", None), ("yesterday", None):
        now = datetime.datetime.now(zone)
        said = moment(chosen("--since", typed))
        if ago is not None:
            assert abs((now - said).total_seconds() - ago) < 10, (typed, said, now)
        # and it stands for the same when it is typed again
        again = chosen("--since", typed if ago is None else "now").split()[1]
        assert chosen("--since", again) == "--since " + again, again
        assert chosen("--since", again, zone="EST5EDT").startswith("--since 20")
    midnight = datetime.datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    assert moment(chosen("--since", "yesterday")) in (midnight - datetime.timedelta(days=n) for n in (0, 1))
    for typed, said in (("2025-11-22 03:04", "2025-11-22T03:04+01:00"), ("2025-11-22 03:04:05", "2025-11-22T03:04:05+01:00"),
                        ("2025-11-22 03:04:05.25", "2025-11-22T03:04:05.259+01:00"), ("@1763780645", "2025-11-22T04:04:05+01:00"),
                        ("2025-11-22T03:04:05.123Z", "2025-11-22T04:04:05.123+01:00")):
        assert chosen("--until", typed) == "--until " + said, (typed, chosen("--until", typed))
        assert chosen("--until", said) == "--until " + said, said
    assert chosen("--until", "2025-11-22 03:04", zone="UTC0") == "--until 2025-11-22T03:04Z"
    moment(chosen("--until", "now"), "--until")
    assert chosen("--since", "boot+0", "--until", "boot+10.5") == "--since boot+0 --until boot+10.5"
    assert chosen("-b", "0") == chosen("--boot=1") == "--boot=" + "fedcba98" * 4
    assert chosen("--boot=fedcba98") == "--boot=fedcba98"


def what_is_chosen_of_an_excerpt_is_of_that():
    """Both have let pass what is in it: nobody is to take it for either. And of an option that was given twice what was valid is
    told."""
    stream = Stream(b"x", boot="ab" * 16, boottime=1.0)
    denied = {"seccomp_denial": pb.SeccompDenial(process=pb.Process(pid=7, comm="nginx"), syscall_name="bpf")}
    data = stream.header() + stream.kill("java") + stream.record(**denied) + stream.kill("python") + stream.footer()

    def chosen(data, *args, stderr=""):
        out = check(run("cat", "-o", "pb", *args, data=data), 0, stderr)
        return pb.Record.FromString(next(frames(out))).header.excerpt, out

    once, part = chosen(data, "--kind", "oom", "--kind", "seccomp")
    assert once == "--kind oom --kind seccomp" and b"java" in part and b"bpf" in part
    once, part = chosen(data, "--kind", "oom")
    twice, none = chosen(part, "--kind", "seccomp", stderr="ringside cat: 0 of 2 events match; they are oom_kill; only the "
                         "Header was written\n")
    both = "--kind oom, and of that --kind seccomp"
    assert twice == both
    save("none.pb", none)
    assert f"none.pb: an excerpt ({both}): 0 events in 1 record, readable" in check(run("verify", "none.pb"), 0).decode()
    assert json.loads(lines(check(run("verify", "-o", "json", "none.pb"), 0))[0])["excerpt"] == both
    assert json.loads(check(run("stats", "-o", "json", "none.pb"), 0, None))["excerpt"] == both
    assert f"; an excerpt ({both})" in check(run("cat", "-v", "none.pb"), 0, None).decode()
    header = json.loads(lines(check(run("cat", "--all", "-o", "json", "none.pb"), 0, None))[0])
    assert both in header["message"], header
    # who reads it sees nothing, and is told why
    for command in ("cat",), ("cat", "-o", "json"), ("tail",), ("replay", "-o", "text"):
        check(run(*command, "none.pb"), 0, re.escape(f"ringside {command[0]}: none.pb: no event is in this excerpt ({both})\n"), b"")
    check(run("cat", "-o", "pb", "none.pb"), 0, "", none)
    check(run("tail", "-n", "0", save("part.pb", part)), 0, "", b"")
    thrice, _ = chosen(part, "-n", "1", "--comm", "java")
    assert thrice == "--kind oom, and of that --lines 1 --comm java", thrice
    early, late = "2025-11-22T03:00Z", "2025-11-22T04:00Z"
    said, part = chosen(data, "--since", late, "--comm", "java", "--since", early, "--until", "2026-01-01T00:00Z", "--until", late)
    moments = [re.sub(r"T0[0-9].*", "", x) for x in said.split()]
    assert moments == ["--comm", "java", "--since", "2025-11-22", "--until", "2025-11-22"], said
    said, part = chosen(part, "--since", "boot+0", "--until", "boot+9", "--since", "boot+1", "--since", early, "-n", "5", "-c", "7")
    assert re.fullmatch(r"--comm java --since \S+ --until \S+, and of that --until boot\+9 --since boot\+1 --since 2025\S+ --lines 7",
                        said), said
    said, _ = chosen(data, "-g", "nothing", "-g", "java", "--case-sensitive")
    assert said == "--grep java --case-sensitive=yes", said
    said, _ = chosen(data, "-n", "5", "-n", "3", "--one-stream", "--one-stream")
    assert said == "--lines 3 --one-stream", said


def what_an_excerpt_has_no_room_to_say_is_said():
    stream = Denials(b"u")
    data = stream.header() + stream.denial() + stream.footer()
    long = ",".join("n%060d" % n for n in range(30))

    def said(data, *args):
        out = check(run("cat", "-o", "pb", *args, data=data), 0, None)
        return pb.Record.FromString(next(frames(out))).header.excerpt, out

    text, part = said(data, "--comm", long, "--kind", "seccomp", "--errno", "EPERM", "-n", "3")
    assert re.fullmatch(r"--comm n0[0-9n,]+… \(and 3 options more, without room\)", text) and len(text) < 1024, text
    text, part = said(data, "--comm", long, "--kind", "seccomp")
    assert text.endswith("… (and 1 option more, without room)"), text
    text, part = said(data, "--comm", long[:800])
    assert text == "--comm " + long[:800], text
    text, part = said(part, "--cgroup", long[:800], "--kind", "seccomp")
    assert text.startswith("--comm n0") and text.endswith("… (and more, for which there was no room)") and len(text) < 1030, text


def an_excerpt_says_what_was_wrong_with_what_it_is_of():
    """Whatever was wrong, and through whatever is done to it: the worst would be that it passed for whole."""
    def recording(id_, *more, footer=True):
        stream = Denials(id_, boot="0a" * 16)
        parts = [stream.header(), *(stream.denial() for _ in range(4)), *(stream.record(**x) for x in more), stream.counters()]
        return parts + [stream.footer()] * footer

    def lost(kind, **more):
        return {"lost": pb.Lost(reason=pb.Lost.RING_FULL, kind=kind, count=3, **more)}

    def excerpt(data, *args, status=0, command=("cat",)):
        save("of.pb", data)
        return check(run(*command, "-o", "pb", *args, "of.pb"), status, None)

    def flaws(part):
        return {x.header.excerpt_flaws for x in map(pb.Record.FromString, frames(part)) if x.HasField("header")} - {""}

    whole_one = recording(b"A")
    damaged, bad = b"".join(whole_one), bytearray(b"".join(whole_one))
    at = len(whole_one[0]) + len(whole_one[1])
    bad[at:at + 8] = b"\xff" * 8
    cut = damaged[:-3]
    wanted = "--kind", "seccomp"
    cases = [
        (bytes(bad), wanted, 1, "is damaged or cut short"),
        (bytes(bad), ("-g", "keyctl"), 1, "is damaged or cut short"),
        (cut, wanted, 1, "is damaged or cut short"),
        (packed(damaged)[:-30], wanted, 1, "is damaged or cut short"),
        (b"".join(recording(b"B", lost("seccomp_denial"))), ("-g", "keyctl"), 0, "lost events"),
        (b"".join(recording(b"B", lost("seccomp_denial", after_boottime_nano=1))),
         ("--until", "boot+0.002"), 0, "lost events"),
    ]
    for data, args, status, said in cases:
        part = excerpt(data, *args, status=status)
        assert flaws(part) == {said}, (args, said, flaws(part))
        out = check(run("verify", data=part), 4).decode()
        assert f"readable; what it leaves out, and so whether it is whole, is not known here, but the recording that it is of " \
               f"{said}: something may be missing in it" in out, out
        assert "twice" not in out, out
        told = f"ringside {{}}: part.pb: an excerpt of a recording that {said}: something may be missing in it\n"
        save("part.pb", part)
        check(run("cat", "part.pb"), 0, told.format("cat"))
        check(run("stats", "part.pb"), 0, told.format("stats"))
        check(run("tail", "part.pb"), 0, told.format("tail"))
        assert json.loads(lines(check(run("verify", "-o", "json", "part.pb"), 4))[0])["verdict"] == "losses"
        # copied, chosen from, packed, repaired
        for again in (("cat",), ("cat", "--syscall", "keyctl"), ("replay", "--speed", "max"), ("tail", "-n", "2"),
                      ("tail", "-n", "all")):
            more = check(run(*again, "-o", "pb", "part.pb"), 0, None)
            assert said in flaws(more), (again, flaws(more))
            if again[0] == "cat" and len(again) == 1:
                assert more == part
            check(run("verify", data=packed(more)), 4)
            check(run("verify", save("more.pb", more)), 4)  # where what is no record is looked for
        check(run("repair", "part.pb", "-w", "mended.pb"), 0)
        check(run("verify", "mended.pb"), 4)
        os.unlink("mended.pb")
        assert said in json.dumps([json.loads(x) for x in lines(
            check(run("cat", "-o", "protojson", *args, data=data), status, None))]), said
    # a loss that was not wanted, of another kind or time, is none
    for how, args in ((lost("oom_kill"), wanted), (lost("seccomp_denial", after_boottime_nano=4 * 10**6), ("--until", "boot+0.002"))):
        part = excerpt(b"".join(recording(b"D", how)), *args)
        assert not flaws(part), flaws(part)
        check(run("verify", data=part), 0)
    # one that is in it tells itself
    out = check(run("verify", data=excerpt(b"".join(recording(b"E", lost("seccomp_denial"))), *wanted)), 4).decode()
    assert ", but 3 events of seccomp_denial lost (ring full)" in out, out
    # of several inputs, one that cannot be read; and what is whole stays so
    save("of.pb", *whole_one)
    part = check(run("cat", "-o", "pb", *wanted, "of.pb", "nowhere.pb"), 1, None)
    assert flaws(part) == {"could not all be read"}, flaws(part)
    assert not flaws(excerpt(damaged, *wanted)) and not flaws(excerpt(damaged, "-n", "3"))
    assert not flaws(excerpt(damaged, command=("tail", "-n", "2"))) and excerpt(damaged) == damaged


def numbers_of_several_files_add_up():
    """Each of them, as -o json has it, whatever files of the stream come before, and however many streams are in one."""
    def sums(lost, written):
        return [pb.ProbeSums(kind="oom_kill", missed_runs=lost, cpus=[pb.CpuCounters(
            cpu=0, seen=lost + written, submitted=written, dropped=lost, written=written, carried_seen=written)])]

    class Kills(Stream):
        written = 0

        def kill(self, comm="java"):
            self.written += 1
            return self.record(cpu_sums=pb.CpuSums(cpu=0, seen=self.written),
                               oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm=comm), kill_id=self.seq))

    def files(id_):
        stream, lost = Kills(id_, boot=id_.decode()), 0
        for n, (kills, more) in enumerate(((2, 5), (3, 0), (1, 7))):
            data = stream.header(probes=[pb.Probe(kind="oom_kill", tier=pb.TIER_FENTRY)])
            data += stream.counters(full=True, probes=sums(lost, stream.written)) + b"".join(stream.kill() for _ in range(kills))
            if more:
                lost += more
                stream.boottime += 1
                data += stream.record(lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="oom_kill", count=more, cpu=0))
            data += stream.counters(full=True, probes=sums(lost, stream.written))
            stream.boottime += 1
            yield data + stream.record(footer=pb.Footer(reason="rotated" if n < 2 else "SIGTERM", records=stream.seq + 1,
                                                        probes=sums(lost, stream.written)))

    def added(*paths):
        out = [json.loads(x) for x in lines(run("verify", "-o", "json", *paths).stdout)]
        kinds = [x for one in out for x in one.get("kinds", ()) if x["kind"] == "oom_kill"]
        return (sum(x["lost"].get("ring_full", 0) for x in kinds), sum(x["written"] for x in kinds),
                sum(x["missed_runs"] for x in kinds)), out

    both = {id_.decode() + str(n): data for id_ in (b"f", b"g") for n, data in enumerate(files(id_))}
    fresh_folder("sums", **both)
    got, out = added("sums")
    assert got == (24, 12, 24), got
    assert [x["lost"].get("ring_full") for one in out[:3] for x in one["kinds"]] == [5, None, 7], out
    assert (out[-1]["lost"], out[-1]["lost_more"], out[-1]["events"]) == (24, False, 12), out[-1]
    # a later file alone, and both streams in one file
    got, out = added("sums/f2.pb")
    assert got == (7, 1, 7), got
    save("one.pb", *(both[x] for x in sorted(both)))
    got, out = added("one.pb")
    assert got == (24, 12, 24) and "first_seq" not in out[0] and out[0]["streams"] == 2, (got, out)
    table = check(run("verify", "-v", "one.pb"), 4).decode()
    assert re.search(r"\n  records +40 in 2 streams, [0-9,]+ bytes: 12 events, 28 about the streams\n"
                     r"  time +from 2025-11-22T03:04:05\.000\+00:00 to 2025-11-22T03:04:10\.000\+00:00\n", table), table
    assert re.search(r"\n  oom_kill +12 +0 +24 +0 +24\n", table), table
    table = check(run("verify", "-v", "sums/g0.pb"), 4).decode()
    assert re.search(r"records +7 in 1 stream, seq 1 to 7, [0-9,]+ bytes: 2 events, 5 about the stream\n", table), table
    # when what is missing went
    loss = r"  loss +5 events of oom_kill lost \(ring full\), from 2025-11-22T03:04:05\.000\+00:00 to 2025-11-22T03:04:06\.000\+00:00\n"
    assert re.search(loss, table), table
    data = [*map(frame, frames(both["g2"]))]
    out = check(run("verify", "-v", data=b"".join(data[:2] + data[3:])), 3).decode()
    assert re.search(r"  problem +1 record is missing before record \d+ \(byte \d+\), from 2025-11-22T03:04:\S+ to 2025-11-22T03:04:\S+\n",
                     out), out
    out = check(run("verify", "-v", data=b"".join(data[:-1])), 3).decode()
    assert re.search(r"  problem +it ends without a Footer: .*, after 2025-11-22T03:04:09\.000\+00:00\n", out), out


def a_repair_that_could_not_count_says_at_least():
    stream = Denials(b"v")
    data = stream.header() + b"".join(stream.denial() for _ in range(4)) + stream.record(lost=pb.Lost(
        reason=pb.Lost.RING_FULL, kind="seccomp_denial", count=9)) + stream.denial()
    save("v.pb", data[:-4])
    check(run("repair", "v.pb", "-w", "v-mended.pb"), 0)
    save("w.pb", whole(Denials(b"w")))
    out = check(run("verify", "v-mended.pb", "w.pb"), 4).decode()
    assert "an unknown number of records lost (left out by a repair)" in out, out
    assert lines(out.encode())[-1].endswith("whole, but with losses; at least 9 lost"), out
    out = [json.loads(x) for x in lines(check(run("verify", "-o", "json", "v-mended.pb", "w.pb"), 4))]
    assert (out[-1]["lost"], out[-1]["lost_more"]) == (9, True), out
    os.unlink("v-mended.pb")
    # none of them known: 0 would be wrong, and "at least 0" say nothing
    stream = Denials(b"z")
    data = stream.header() + stream.denial() + stream.record(lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="seccomp_denial"))
    save("v.pb", data, stream.footer())
    out = lines(check(run("verify", "v.pb", "w.pb"), 4))
    assert out[-1].endswith(b"whole, but with losses; how many are lost is not known".decode()), out
    assert re.search(r"^seccomp_denial +1 +0 +not known  \(ring full an unknown number\)$",
                     check(run("stats", "v.pb"), 0, None).decode(), re.M)


def the_sum_of_several_says_how_many_were_lost():
    """Once, whatever files of the stream come behind."""
    def files(stream, lost):
        for n in range(3):
            data = stream.header() + stream.counters(full=True, probes=sums(lost)) + stream.kill()
            if n == 1 and stream.id == b"r":
                data += stream.record(lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="oom_kill", count=312, cpu=0))
                lost = 312
            yield data + stream.counters(full=True, probes=sums(lost)) + stream.footer("rotated" if n < 2 else "SIGTERM")

    def sums(lost):
        return [pb.ProbeSums(kind="oom_kill", cpus=[pb.CpuCounters(cpu=0, seen=lost, dropped=lost)])]

    fresh_folder("lossy", **{f"{id_.decode()}{n}": data for id_ in (b"r", b"s")
                             for n, data in enumerate(files(Stream(id_, boot=id_.decode()), 0))})
    out = lines(run("verify", "lossy").stdout)
    assert re.fullmatch("in all 6 files, [0-9]+ records: .*; 312 lost \\(host-r\\)", out[-1]), out
    assert ["312 events" in line for line in out] == [n == 1 for n in range(7)], out


def an_excerpt_of_several_hosts_says_so_from_its_first_line_on():
    fresh_folder("three", **{name: stream.header(name) + b"".join(stream.kill() for _ in range(3)) + stream.footer()
                             for name, stream in ((f"h{n}", Stream(bytes([110 + n]), boot=f"b{n}")) for n in range(3))})
    for data in check(run("cat", "-o", "pb", "--comm", "java", "three"), 0), \
            check(run("tail", "-o", "pb", "-n", "20", "three"), 0):
        out = lines(check(run("cat", data=data), 0))
        assert hosts(out) == ["h0"] * 3 + ["h1"] * 3 + ["h2"] * 3, out
    assert {x.header.excerpt_hosts for x in map(pb.Record.FromString, frames(data)) if x.HasField("header")} == {3}
    # of one host, and all of several, which is no excerpt
    for args in ("--comm", "java", "three/h1.pb"), ("--host", "h1", "three"):
        data = check(run("cat", "-o", "pb", *args), 0)
        assert b"h1" not in check(run("cat", data=data), 0)
    check(run("cat", data=check(run("cat", "-o", "pb", "three"), 0)), 0, "ringside cat: a second host, h1: .*\n")


def status_shows_the_latest_of_an_excerpt_whatever_stands_last():
    out = []
    for n, name in enumerate(("a", "b", "c")):
        stream = Stream(name.encode(), boot=name * 32, boottime=5 + n % 2)  # b's are the latest
        out.append(save(f"lat-{name}.pb", stream.header("host-" + name), *(
            x for i in range(4) for x in (stream.kill(f"{name}{i}"), stream.record(clock=pb.Clock())))))
    for order in out, out[::-1], (out[2], out[0], out[1]):
        part = save("part.pb", check(run("cat", "-o", "pb", "--kind", "oom", *order), 0))
        for name in part, save("part.pb.zst", packed(open(part, "rb").read())):
            told = check(run("status", name), 1).decode()
            assert re.findall(r"host-(\w) OOM +host +(\w+)\[", told) == [("b", "b1"), ("b", "b2"), ("b", "b3")], (order, told)
            told = json.loads(check(run("status", "-o", "json", name), 1))["latest"]
            assert [x["comm"] for x in told] == ["b1", "b2", "b3"], told
    # of one host in the order in which they are written
    part = save("part.pb", check(run("cat", "-o", "pb", "--kind", "oom", out[0]), 0))
    assert re.findall(r"  host +(\w+)\[", check(run("status", part), 1).decode()) == ["a1", "a2", "a3"]


def status_shows_events_and_nothing_else():
    """What was lost, or held back, is no event, wherever it stands, and not in place of one."""
    stream = Stream(b"e", boottime=5)
    lost = {"lost": pb.Lost(reason=pb.Lost.RING_FULL, kind="oom_kill", count=3)}
    limited = {"limited": pb.Limited(kind="oom_kill", count=4)}
    events = [stream.header(), stream.kill("e0"), stream.kill("e1"), stream.record(**lost), stream.kill("e2"), stream.record(**limited),
              stream.kill("e3"), *(stream.record(**lost) for _ in range(5)), stream.record(**limited), stream.counters(), stream.footer()]
    save("events.pb", *events)
    save("events.pb.zst", packed(b"".join(events)))
    part = save("part.pb", check(run("cat", "-o", "pb", "--kind", "oom", "events.pb"), 0))
    for name in "events.pb", "events.pb.zst", part:
        told = check(run("status", name), None).decode()
        shown = told.split("  latest:\n")[1].splitlines()
        assert [re.search(r" OOM .*?(\w+)\[", x)[1] for x in shown if " OOM " in x] == ["e1", "e2", "e3"], told
        assert not re.search("LOST|LIMITED", told.split("  latest:\n")[1]), told
        told = json.loads(check(run("status", "-o", "json", name), None))["latest"]
        assert [(x["kind"], x["comm"]) for x in told] == [("oom_kill", f"e{n}") for n in (1, 2, 3)], told


def stands_beside(part, files, of_all):
    """An excerpt and all of its stream: in a folder under either name, and named in any order."""
    for name in "a", "z":
        fresh_folder("y", **files)
        save(f"y/{name}.pb", part)
        for paths in ("y",), (f"y/{name}.pb", *(f"y/{x}.pb" for x in files)), \
                (*(f"y/{x}.pb" for x in reversed(files)), f"y/{name}.pb"):
            out = lines(check(run("verify", *paths), 0))
            assert [x.replace("y/", "x/") for x in out if x.startswith("y/f")] == lines(of_all)[:3], out
            assert any(x.startswith(f"y/{name}.pb: an excerpt (") for x in out), out
            assert re.fullmatch("in all [34] files( and 1 copy)?, 69 records: (readable, but excerpts are among them)",
                                out[-1]), out
            stats = json.loads(check(run("stats", "-o", "json", *paths), 0, r"(ringside stats: y/.*: left out\n)?"))
            assert (stats["events"], stats["records"]) == (60, 69), stats
        assert b"not recording: the latest stream was closed" in check(run("status", "y"), 1, None)


def a_repaired_excerpt_does_not_forget_the_damage():
    stream = Denials(b"R")
    save("whole.pb", stream.header(), *(stream.denial() for _ in range(40)), stream.footer())
    part = check(run("cat", "-o", "pb", "--kind", "seccomp", "whole.pb"), 0, None)
    for bad in part[:1000] + part[1300:], part[:1500]:
        save("bad.pb", bad)
        check(run("verify", "bad.pb"), 3, None)
        told = json.loads(lines(check(run("repair", "-o", "json", "bad.pb", "-w", "mended.pb"), 0, None))[-1])
        assert told["lost_unknown"], told
        assert "an unknown number of records lost" in check(run("verify", "mended.pb"), 4).decode()
        os.unlink("mended.pb")
    save("bad.pb", part)
    check(run("repair", "bad.pb", "-w", "mended.pb"), 0, None)
    check(run("verify", "mended.pb"), 0)
    os.unlink("mended.pb")


def what_an_excerpt_lost_is_counted_once():
    probes = [pb.Probe(kind="seccomp_denial", tier=pb.TIER_FENTRY)]
    names = []
    for letter in b"K", b"L":
        stream = Denials(letter, boot=letter.decode() * 8)
        names.append(save(f"{letter.decode()}.pb", stream.header(probes=probes), *(stream.denial() for _ in range(3)), stream.record(
            lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="seccomp_denial", count=7)), stream.footer()))
    part = save("part.pb", check(run("cat", "-o", "pb", "--kind", "seccomp", *names), 0, None))
    def lost(*paths):
        return json.loads(lines(check(run("verify", "-o", "json", *paths), None, None))[-1])["lost"]
    alone = lost(*names)
    for order in (part, *names), (*names, part), (part, part, *names):
        assert lost(*order) == alone, order
    assert lost(part) == alone == 14



def what_is_missing_between_two_files_is_told():
    """To who reads them, and not where another time or host was asked for."""
    def parts(name, lost=(1,)):
        stream = Denials(name.encode(), boot=name)
        for i in range(4):
            data = stream.header(name)
            for _ in range(5):
                data += stream.denial(after=1)
            data += stream.footer("rotated" if i < 3 else "SIGTERM")
            if i not in lost:
                yield f"{name}{i}", data

    def reading(stderr, *args, folder="m"):
        for how in ["cat"], ["cat", "-r"], ["cat", "-n", "7"], ["tail", "-n", "all"], ["tail", "-n", "12"], ["replay", "--speed", "max"], ["stats"]:
            check(run(*how, *args, folder), 0, stderr)

    says = (r"ringside [a-z]+: n: records 8 to 14 are missing here \(2025-11-22 03:04:10.000 to 2025-11-22 03:04:15.000\); "
            "`ringside verify` tells more\n")
    fresh_folder("m", **dict(parts("n")))
    reading(says)
    reading(says + "ringside [a-z]+: 0 of .* events match: none has the call? .*; those that are missing may(; .*)?\n|" + says +
            "ringside [a-z]+: 0 of .*; those that are missing may(; .*)?\n", "--syscall", "bpf")
    reading("", "--since", "2025-11-22 03:04:18")
    for form, data in ("cat", b""), ("stats", b"m"):
        out = check(run(form, "-o", "json", "m"), 0, says)
        assert form == "cat" or json.loads(out)["records_missing"] == 7, out
    check(run("tail", "-n", "2", "m"), 0)
    # by the index, too
    for name in os.listdir("m"):
        save(f"m/{name}.zst", packed(open(f"m/{name}", "rb").read()))
        os.unlink(f"m/{name}")
    reading(says)
    check(run("cat", "--kind", "oom_kill", "m"), 0, says + "ringside cat: 0 of .*\n")
    # all are there, or the first ones are not
    for lost in (), (0,):
        fresh_folder("m", **dict(parts("n", lost)))
        reading("")
        assert json.loads(check(run("stats", "-o", "json", "m"), 0))["records_missing"] == 0
    # of several, those that are asked for
    fresh_folder("m", **dict(parts("n")), **dict(parts("o", (1, 2))))
    check(run("cat", "--host", "n", "m"), 0, says)
    assert json.loads(check(run("stats", "-o", "json", "m"), 0, None))["records_missing"] == 21
    # what is not readable is told once
    data = dict(parts("n", ()))
    fresh_folder("m", a=data["n0"] + data["n1"][:250] + b"\xff" * 9 + data["n1"][259:], b=data["n2"], c=data["n3"])
    check(run("cat", "m"), 1, "ringside cat: m/a.pb: damaged: .*\n")


def what_is_missing_at_the_end_is_told():
    """A last file that its stream says there is; a Footer, of a streamer that locks what it writes, and does not any more."""
    def part(stream, footer, locked=None):
        return stream.header("n", locked=locked) + b"".join(stream.denial(after=1) for _ in range(5)) + (
            stream.footer(footer) if footer else b"")

    def reading(stderr, *args):
        for how in ["cat"], ["cat", "-r"], ["cat", "-o", "json"], ["replay", "--speed", "max"], ["stats"], ["stats", "-o", "json"]:
            check(run(*how, *args), 0, stderr.replace("COMMAND", how[0]))

    stream = Denials(b"n", boot="n")
    files = {f"n{i}": part(stream, "rotated") for i in range(3)}
    fresh_folder("m", **files)
    last = "ringside COMMAND: m/n2.pb: its stream goes on in another file, which is missing; `ringside verify` tells more\n"
    reading(last, "m")
    reading(last, "m/n2.pb", "m/n1.pb")
    # one that was named alone is what somebody wants to read; and what is missing is later than what was asked for
    reading("", "m/n2.pb")
    reading("", "--until", "2025-11-22 03:04:12", "m")
    save("m/n3.pb", part(stream, "SIGTERM"))
    reading("", "m")
    # without a Footer
    for name, packs in ("k.pb", False), ("k.pb.zst", True):
        stream = Denials(b"k", boot="k")
        data = [part(stream, None, locked=True), stream.footer()]
        save(name, packed(data[0], "-o") if packs else data[0])
        end = ("ringside COMMAND: n: the stream ends at 2025-11-22 03:04:10.000 without a Footer{}: its streamer was killed, or this is "
               "a copy of what it was writing; `ringside verify` tells more\n")
        reading(end.format(""), name)
        check(run("tail", "-n", "2", name), 0, end.format("").replace("COMMAND", "tail"))
        check(run("cat", "-o", "pb", name), 0, end.format("").replace("COMMAND", "cat"))
        reading("", "--until", "2025-11-22 03:04:08", name)
        with open(name, "ab") as live:
            fcntl.flock(live, fcntl.LOCK_EX)
            reading("", name)
        save("whole.pb", *data)
        reading("", "whole.pb")
        # of one that locks nothing nobody can tell whether it is still written
        save("free.pb", part(Denials(b"f", boot="f"), None))
        reading("", "free.pb")
    other = Denials(b"o", boot="o")
    save("o.pb", part(other, None, locked=True))
    reading(end.format(", as does 1 other"), "k.pb", "o.pb")


run_tests(
    what_is_missing_between_two_files_is_told,
    what_is_missing_at_the_end_is_told,
    an_excerpt_is_no_damage,
    an_excerpt_says_what_was_wrong_with_what_it_is_of,
    numbers_of_several_files_add_up,
    a_repair_that_could_not_count_says_at_least,
    a_repaired_excerpt_does_not_forget_the_damage,
    what_an_excerpt_lost_is_counted_once,
    an_excerpt_says_which_time_was_meant,
    what_is_chosen_of_an_excerpt_is_of_that,
    what_an_excerpt_has_no_room_to_say_is_said,
    the_sum_of_several_says_how_many_were_lost,
    an_excerpt_of_several_hosts_says_so_from_its_first_line_on,
    status_shows_the_latest_of_an_excerpt_whatever_stands_last,
    status_shows_events_and_nothing_else,
    what_a_repair_left_out_is_taken_where_it_is,
    what_lost_its_header_is_known_by_its_times,
    of_a_cloned_machine_each_record_counts,
    where_records_were_before_is_told_right,
    each_record_counts_once_whatever_files_it_is_in,
    of_two_copies_each_has_what_the_other_lacks,
    a_copy_of_a_part_is_known_by_its_records,
    verify_says_what_a_copy_is,
    what_is_replayed_is_as_complete_as_it_was,
    what_is_derived_stays_right_where_records_are_left_out,
    a_copy_that_is_made_while_a_folder_is_followed_brings_nothing,
    what_is_being_written_is_told_from_its_copies,
    of_two_streamers_on_one_machine_one_counts_where_that_is_asked_for,
    of_two_streamers_only_what_is_asked_for_counts,
    a_line_says_whose_host_it_is_as_soon_as_there_are_two,
    stats_keep_hosts_apart,
)
