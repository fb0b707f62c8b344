#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files that hold records of several hosts: whose each is, or that nobody knows it.

usage: cli-hosts.py RINGSIDE COMPRESS-RECORDING
"""
import fcntl
import json
import os
import re
import subprocess

import ringside_pb2 as pb
from program import check, in_a_folder, others, run, run_tests, save
from stream import Stream, frame, frames

compress, = others
in_a_folder()
os.environ["TZ"] = "UTC0"
HOSTS = "alpha", "beta", "gamma"
KILLS = 6


def packed(data, *args):
    return subprocess.run([compress, *args], input=data, capture_output=True, check=True).stdout


def lines(out):
    return out.decode().splitlines()


def objects(out):
    return [json.loads(x) for x in lines(out)]


def recordings(first=0, **more):
    """Of each host: every event names it, so that none can pass for another's. Their clocks are the same, and so are
    their numbers but for what @first says."""
    for n, host in enumerate(HOSTS):
        stream = Stream(host[:1].encode(), boot=f"{n}" * 32, **more)
        stream.seq = n * first
        records = [stream.header(host, probes=[pb.Probe(kind="oom_kill", tier=pb.TIER_FENTRY)])]
        for i in range(KILLS):
            stream.boottime += 1
            records.append(stream.kill(f"{host}-{i}"))
        yield host, records + [stream.footer()]


def excerpt(first=0):
    """Of all three, as `ringside cat -o pb` writes it: the records in their order."""
    names = [save(f"{host}.pb", *records) for host, records in recordings(first)]
    return [frame(x) for x in frames(check(run("cat", "-o", "pb", "--kind", "oom", *names), 0, None))]


def hosts_of(records):
    """Whose each event is, by its own words, and by the Header before it."""
    host = None
    for data in records:
        record = pb.Record.FromString(data)
        if record.HasField("header"):
            host = record.header.host_name or None
        elif record.HasField("oom_kill"):
            yield record.oom_kill.victim.comm, host


def holes(records):
    """Each run of records that may be lost, but not the first Header: what is left, and whether a Header was lost."""
    for first in range(1, len(records)):
        for n in 1, 3, 9:
            lost = records[first:first + n]
            bad = b"\xff" * len(b"".join(lost))
            behind = b"".join(records[first + n:])
            yield b"".join(records[:first]) + bad + behind, records[:first] + records[first + n:]


def of_three_hosts_a_hole_gives_none_the_name_of_another():
    told_unknown = 0
    for first in 0, 40:
        for data, left in holes(excerpt(first)):
            bad = save("bad.pb", data)
            wanted = [comm for comm, _ in hosts_of(frames(b"".join(left)))]
            result = run("cat", "-o", "json", bad)
            out = objects(result.stdout)
            assert [x["comm"] for x in out] == wanted, (wanted, out)  # nothing vanishes
            for x in out:
                assert x.get("host", x["comm"][:-2]) == x["comm"][:-2], x
            unknown = sum("host" not in x for x in out)
            said = result.stderr.decode()
            assert len(re.findall("nobody can tell whose", said)) == (unknown > 0), (unknown, said)
            if not unknown:
                continue
            told_unknown += 1
            # in text, too
            for line in lines(run("cat", "--utc", bad).stdout):
                host, comm = re.search(r"\d\d:\d\d:\d\d\.\d+Z? +(\S+) +OOM .*?((?:alpha|beta|gamma)-\d)", line).groups()
                assert host in ("?", comm[:-2]), line
            if told_unknown % 4 != 1:
                continue
            # who asks for one of them gets his, and is told of the others
            result = run("cat", "-o", "json", "--host", "alpha", bad)
            assert all(x["host"] == "alpha" for x in objects(result.stdout))
            assert b"left out, as a host or boot was asked for\n" in result.stderr, result.stderr
            # counted apart from any host
            stats = json.loads(run("stats", "-o", "json", bad).stdout)
            assert (stats["events"], stats["events_of_unknown_host"]) == (len(out), unknown), stats
            assert f"{unknown} event" in run("stats", bad).stdout.decode()
            for row in stats["victims"]["top"]:
                assert row["host"] in (None, re.search("alpha|beta|gamma", json.dumps(row))[0]), row
            found = objects(check(run("verify", "-o", "json", bad), 3))[0]
            assert found["records_of_unknown_host"] >= unknown, found
            assert any("whose the records from byte" in x for x in found["problems"]), found
            # what is made of it
            check(run("repair", bad, "-w", "mended.pb"), 0, None)
            again = run("cat", "-o", "pb", bad).stdout
            for made in save("again.pb", again), "mended.pb":
                with open(made, "rb") as f:
                    whose = list(hosts_of(frames(f.read())))
                assert [comm for comm, _ in whose] == wanted, (made, whose, wanted)
                assert all(host in (None, comm[:-2]) for comm, host in whose), (made, whose)
                read = objects(run("cat", "-o", "json", "--kind", "oom_kill", made).stdout)
                read = [x for x in read if x["kind"] == "oom_kill"]
                assert [x["comm"] for x in read] == wanted, (made, read)
                assert all(x.get("host", x["comm"][:-2]) == x["comm"][:-2] for x in read), (made, read)
            check(run("verify", "mended.pb"), 4)
            os.unlink("mended.pb")
    assert told_unknown > 20, told_unknown


def what_is_behind_a_hole_is_no_copy():
    """Though others have its numbers, and were read before."""
    records = excerpt(40)
    at = [i for i, x in enumerate(records) if b"RINGSIDE" in x][1]
    lost = b"".join(records[at - 1:at + 1])
    bad = save("bad.pb", b"".join(records[:at - 1]), b"\xff" * len(lost), *records[at + 1:])
    names = [f"{host}.pb" for host in HOSTS]
    out = objects(run("cat", "-o", "json", "--kind", "oom", *names, bad).stdout)
    # those whose stream is known are in the recordings, too
    assert [x["comm"] for x in out[3 * KILLS:]] == [f"beta-{i}" for i in range(KILLS)], out
    assert all("host" not in x for x in out[3 * KILLS:]), out


def a_hole_in_one_hosts_recording_hides_no_name():
    """Where numbers go on, and nothing says that there is another host."""
    (_, records), *_ = recordings()
    for data, _ in holes(records):
        result = run("cat", "-o", "json", save("bad.pb", data))
        assert all(x["host"] == "alpha" for x in objects(result.stdout)), result.stdout
        assert b"nobody can tell" not in result.stderr
        assert "records_of_unknown_host" not in objects(run("verify", "-o", "json", "bad.pb").stdout)[0]


def a_header_further_on_tells_that_there_are_several():
    """Of recordings that were put behind each other, of which no Header says that."""
    for first in 0, 40:
        records = [x for _, some in recordings(first) for x in some]
        heads = [i for i, x in enumerate(records) if b"RINGSIDE" in x]
        for data, left in holes(records):
            if len([x for x in left if b"RINGSIDE" in x]) < 2:
                continue  # then nothing in it tells
            out = objects(run("cat", "-o", "json", "--kind", "oom", save("bad.pb", data)).stdout)
            assert [x["comm"] for x in out] == [comm for comm, _ in hosts_of(frames(b"".join(left)))], out
            for x in out:
                assert x.get("host", x["comm"][:-2]) == x["comm"][:-2], (heads, x)


def of_what_is_compressed_a_frame_that_is_lost_may_have_had_a_header():
    """Of each host there are several frames; its Header is in the first."""
    records = []
    for n, host in enumerate(HOSTS):
        stream = Stream(host[:1].encode(), boot=f"{n}" * 32)
        stream.seq = 5000 * n
        records.append(stream.header(host, excerpt="--kind oom", excerpt_hosts=3))
        records += [stream.kill(f"{host}-{os.urandom(1000).hex()}") for _ in range(1200)]
    whole = packed(b"".join(records))
    seen, unknown = set(), 0
    for at in range(1000, len(whole), len(whole) // 24):
        bad = bytearray(whole)
        bad[at] ^= 0x55
        out = objects(run("cat", "-o", "json", save("bad.pb.zst", bytes(bad))).stdout)
        for x in out:
            seen.add(x.get("host"))
            assert x.get("host", x["comm"].split("-")[0]) == x["comm"].split("-")[0], at
        unknown += any("host" not in x for x in out)
        if unknown % 4 != 1:
            continue
        check(run("repair", "bad.pb.zst", "-w", "mended.pb.zst"), 0, None)
        check(run("verify", "mended.pb.zst"), 4)
        mended = objects(run("cat", "-o", "json", "--kind", "oom_kill", "mended.pb.zst").stdout)
        mended = [x for x in mended if x["kind"] == "oom_kill"]
        assert [(x.get("host"), x["comm"]) for x in mended] == [(x.get("host"), x["comm"]) for x in out], at
        os.unlink("mended.pb.zst")
    assert seen == {None, *HOSTS} and unknown > 8, (seen, unknown)


def what_comes_through_a_pipe_is_as_uncertain():
    """Where the lengths lead on, and what they lead to is not readable."""
    for first in 0, 40:
        records = excerpt(first)
        for i, data in enumerate(records):
            if not i or b"RINGSIDE" not in data:
                continue
            size = len(next(frames(data)))
            bad = [*records[:i], data[:-size] + b"\xff" * size, *records[i + 1:]]
            out = objects(run("cat", "-o", "json", data=b"".join(bad)).stdout)
            assert len(out) == 3 * KILLS and any("host" not in x for x in out), out
            for x in out:
                assert x.get("host", x["comm"][:-2]) == x["comm"][:-2], x


def a_repair_tells_of_a_stream_that_is_lost_as_a_whole():
    """Between others, before the first or behind the last: no number is missing there."""
    streams = [b"".join(records) for _, records in recordings()]
    for pack in lambda data: data, packed:
        parts = [pack(data) for data in streams]
        for lost in range(len(parts)):
            left = [*parts[:lost], b"\xff" * len(parts[lost]), *parts[lost + 1:]]
            bad = save("bad.pb", *left)
            check(run("verify", bad), 3)
            told = json.loads(check(run("repair", "-o", "json", bad, "-w", "mended.pb"), 0, None))
            assert told["lost_unknown"] and told["verdict"] == "losses", told
            assert "an unknown number of records lost" in check(run("verify", "mended.pb"), 4).decode()
            out = objects(check(run("cat", "-o", "json", "mended.pb"), 0, None))
            wanted = [(host, f"{host}-{i}") for n, host in enumerate(HOSTS) if n != lost for i in range(KILLS)]
            assert [(x.get("host"), x["comm"]) for x in out if x["kind"] == "oom_kill"] == wanted, out
            assert [x["kind"] for x in out].count("lost") == 1, out
            os.unlink("mended.pb")


def a_repair_keeps_the_names_of_kubernetes_behind_a_hole():
    container = pb.Container(cgroup_path="/kubepods/pod1/" + "a" * 64, id="a" * 64, namespace_name="shop",
                             pod_name="web-7f9", container_name="app")
    records = []
    for n, host in enumerate(HOSTS):
        stream = Stream(host[:1].encode(), boot=f"{n}" * 32)
        records.append(stream.header(host, identity_version=2))
        for i in range(KILLS):
            stream.boottime += 1
            kill = pb.OomKill(victim=pb.Process(pid=7, comm=f"{host}-{i}"), victim_container=container)
            records.append(stream.record(oom_kill=kill))
        records.append(stream.footer())
    for lost, hosts in (KILLS + 2, ["alpha", None, "gamma"]), (0, [None, "beta", "gamma"]):
        save("bad.pb", *records[:lost], b"\xff" * len(records[lost]), *records[lost + 1:])
        check(run("repair", "bad.pb", "-w", "mended.pb"), 0, None)
        again = run("cat", "-o", "pb", "bad.pb").stdout
        # a file without a Header is no recording to cat
        for name in ["bad.pb", save("again.pb", again), "mended.pb"] if lost else ["mended.pb"]:
            out = [x for x in objects(run("cat", "-o", "json", name).stdout) if x["kind"] == "oom_kill"]
            assert [x.get("host") for x in out[::KILLS]] == hosts, out
            assert {x["where"] for x in out} == {"shop/web-7f9/app"}, (name, out)
        os.unlink("mended.pb")


def boots_of(names=HOSTS, ids="012", machines=(None, None, None), starts=2):
    """Recordings of each host's boots, whose ids are its digit in @ids (" ": it has none) and their number."""
    for n, host in enumerate(names):
        for start in range(starts):
            boot = ids[n].strip() and ids[n] * 31 + str(start)
            stream = Stream(bytes([65 + 10 * n + start]), boot=boot or None, boottime=5.0, step=1763780645 + 1000 * start + n)
            more = {"machine_id": machines[n]} if machines[n] else {}
            yield save(f"{n}-{start}.pb", stream.header(host, **more), stream.kill(f"{n}-{start}"), stream.footer())


def killed(*args, stderr="", **kwargs):
    out = objects(check(run("cat", "-o", "json", *args, **kwargs), 0, stderr))
    return sorted(x["comm"] for x in out if x["kind"] == "oom_kill")


def a_boot_is_each_hosts_own_in_one_file_too():
    names = list(boots_of(machines=("a" * 32, "b" * 32, None)))
    save("all.pb", check(run("cat", "-o", "pb", "--kind", "oom", *names), 0))
    save("all.pb.zst", packed(open("all.pb", "rb").read()))
    joined = save("joined.pb", *(open(x, "rb").read() for x in names))
    for of in [joined], ["all.pb"], ["all.pb.zst"], names:
        assert killed("-b", *of) == killed("-b", "0", *of) == ["0-1", "1-1", "2-1"], of
        assert killed("-b", "-1", *of) == killed("-b", "1", *of) == ["0-0", "1-0", "2-0"], of
        assert killed("-b", "0", "--host", "beta", *of) == ["1-1"], of
        assert killed("-b", "1" * 31 + "0", *of) == ["1-0"]
        check(run("cat", "-b", "3", *of), 1, "ringside cat: -b 3: no host has more than 2 boots\n", stdout=b"")
        # and stands in an excerpt for what it was
        part = check(run("cat", "-o", "pb", "-b", "-1", *of), 0)
        chosen = {x.header.excerpt for x in map(pb.Record.FromString, frames(part)) if x.HasField("header")}
        ids = ",".join(n * 31 + "0" for n in "012")
        assert chosen <= {f"--boot={ids}", f"--kind oom, and of that --boot={ids}"} and len(chosen) == 1, chosen
        assert killed(data=part) == killed("-b", ids, *of) == killed(f"--boot={ids}", *of) == ["0-0", "1-0", "2-0"]


def where_boots_cannot_be_counted_it_says_what_to_do():
    names = list(boots_of(ids="01 "))
    joined = save("joined.pb", *(open(x, "rb").read() for x in names))
    for of in names, [joined]:
        told = r"ringside cat: -b 0: gamma has no boot ids in (2-0|joined)\.pb, .* choose others \(--host '!gamma'\), or say a time .*\n"
        check(run("cat", "-b", "0", *of), 1, told, stdout=b"")
        check(run("cat", "-o", "pb", "-b", "0", *of), 1, told, stdout=b"")
        assert killed("-b", "0", "--host", "!gamma", *of) == ["0-1", "1-1"]
        assert killed("-b", "1" * 31 + "1", *of) == ["1-1"]
    # one that does not say which of two machines it is
    names = list(boots_of(names=("web", "web", "web"), machines=("a" * 32, "b" * 32, None)))
    check(run("cat", "-b", *names), 1, r"ringside cat: -b 0: two machines are named web, and 2-0\.pb does not say .*\n", stdout=b"")
    assert killed("-b", "2" * 31 + "1", *names) == ["2-1"]
    assert b'"boot_id":"' + b"2" * 31 in check(run("cat", "--kind", "header", "-o", "json", *names), 0)
    # of a FIFO as of a pipe
    os.mkfifo("fifo.pb")
    check(run("cat", "-b", "fifo.pb"), 2, ".*of a pipe, say the boot's id.*\n")


def flaws(part):
    heads = [x.header for x in map(pb.Record.FromString, frames(part)) if x.HasField("header")]
    return {x.excerpt_flaws for x in heads} - {""}, any(x.excerpt_in_progress for x in heads)


def an_excerpt_says_how_its_recording_ended():
    """Where what was chosen reaches there."""
    stream = Stream(b"e", boot="e" * 32)
    records = [stream.header("epsilon")]
    for n in range(20):
        stream.boottime += 1
        records.append(stream.kill(f"e-{n}"))
    whole, cut = records + [stream.footer()], records
    gap = whole[:8] + whole[9:]
    no_end, missing = "ends without a Footer", "lacks records by their numbers"
    wanted = "--comm", "e-*"
    cases = [
        (whole, wanted, ""), (cut, wanted, no_end), (gap, wanted, missing), (gap[:-1], wanted, f"{no_end}, {missing}"),
        # what was asked for ends before, or begins behind
        (cut, (*wanted, "--until", "boot+10"), ""), (cut, (*wanted, "--since", "boot+19"), no_end),
        (cut, (*wanted, "-n", "3"), ""), (gap, (*wanted, "-n", "3"), ""), (gap, (*wanted, "-n", "30"), missing),
        (gap, (*wanted, "--until", "boot+5"), ""), (gap, (*wanted, "--since", "boot+12"), ""),
        (gap, (*wanted, "--since", "boot+5", "--until", "boot+9"), missing),
    ]
    for data, args, said in cases:
        for name, content in ("of.pb", b"".join(data)), ("of.pb.zst", packed(b"".join(data))):
            save(name, content)
            told = ".*: epsilon: record 9 is missing here .*\n" if missing in said else ""
            for how in ["cat"], ["replay", "--speed", "max"]:
                part = check(run(*how, "-o", "pb", *args, name), 0, told)
                assert flaws(part) == ({said} - {""}, False), (args, said, how, name, flaws(part))
                if not said:
                    check(run("verify", data=part), 0)
                    continue
                out = check(run("verify", data=part), 4).decode()
                assert f"but the recording that it is of {said}: something may be missing in it" in out, out
                save("part.pb", part)
                assert said in check(run("cat", "-o", "pb", "--kind", "oom", "part.pb"), 0, None).decode(errors="replace")
                check(run("repair", "part.pb", "-w", "mended.pb"), 0, None)
                check(run("verify", "mended.pb"), 4)
                os.unlink("mended.pb")
    # of files that go on in each other nothing is missing, whatever their order
    a, b = save("1.pb", *records[:8]), save("2.pb", *whole[8:])
    stream.seq = 8
    stream.boottime = 8
    with open(b, "rb") as rest:
        save("2.pb", stream.header("epsilon"), *(frame(renumbered(x, 1)) for x in frames(rest.read())))
    for order in (a, b), (b, a):
        assert flaws(check(run("cat", "-o", "pb", *wanted, *order), 0)) == (set(), False), order
    assert flaws(check(run("cat", "-o", "pb", *wanted, a), 0)) == ({no_end}, False)


def renumbered(data, by):
    record = pb.Record.FromString(data)
    record.seq += by
    return record


def an_excerpt_of_what_is_being_written_says_that():
    stream = Stream(b"g", boot="f" * 32)
    save("live.pb", stream.header("phi", locked=True), *(stream.kill(f"g-{n}") for n in range(4)))
    with open("live.pb", "ab") as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        parts = [check(run(*how, "-o", "pb", "--kind", "oom", "live.pb"), 0, None)
                 for how in (["cat"], ["tail", "-n", "3"], ["tail", "-n", "all"])]
    for part in parts:
        assert flaws(part) == (set(), True), flaws(part)
        for again in part, check(run("cat", "-o", "pb", data=part), 0), check(run("cat", "-o", "pb", "-g", "g-", data=part), 0):
            out = check(run("verify", data=again), 0).decode()
            assert "the recording that it is of was in progress: more may have come since" in out, out
    # and when its writer is gone
    told = r"ringside \w+: phi: the stream ends at 2025-11-22 .* without a Footer: its streamer was killed, or this is a copy of .*\n"
    assert flaws(check(run("cat", "-o", "pb", "--kind", "oom", "live.pb"), 0, told)) == ({"ends without a Footer"}, False)
    assert flaws(check(run("tail", "-n", "3", "-o", "pb", "live.pb"), 0, told)) == ({"ends without a Footer"}, False)


def numbers_that_are_missing_between_frames_that_are_passed_over_are_missed():
    """Of a compressed recording most frames are not read, because their indexes say that nothing in them is wanted."""
    stream = Stream(b"z", boot="d" * 32)
    parts = []
    for n in range(12):
        stream.boottime += 100
        parts.append((stream.header("zeta") if not n else b"") + b"".join(stream.kill(os.urandom(1000).hex()) for _ in range(400)))
    parts.append(stream.footer())
    whole = packed(b"".join(parts))
    lacks = packed(b"".join(parts[:4] + parts[5:]))
    ends = packed(b"".join(parts[:-1]))
    for data, said in (whole, set()), (lacks, {"lacks records by their numbers"}), (ends, {"ends without a Footer"}):
        save("z.pb.zst", data)
        assert flaws(check(run("cat", "-o", "pb", "--kind", "seccomp", "z.pb.zst"), 0, None)) == (said, False), said
        assert flaws(check(run("cat", "-o", "pb", "--kind", "oom", "--until", "boot+150", "z.pb.zst"), 0)) == (set(), False)


run_tests(
    an_excerpt_of_what_is_being_written_says_that,
    numbers_that_are_missing_between_frames_that_are_passed_over_are_missed,
    a_boot_is_each_hosts_own_in_one_file_too,
    where_boots_cannot_be_counted_it_says_what_to_do,
    an_excerpt_says_how_its_recording_ended,
    of_three_hosts_a_hole_gives_none_the_name_of_another,
    what_is_behind_a_hole_is_no_copy,
    a_hole_in_one_hosts_recording_hides_no_name,
    a_header_further_on_tells_that_there_are_several,
    of_what_is_compressed_a_frame_that_is_lost_may_have_had_a_header,
    what_comes_through_a_pipe_is_as_uncertain,
    a_repair_tells_of_a_stream_that_is_lost_as_a_whole,
    a_repair_keeps_the_names_of_kubernetes_behind_a_hole,
)
