#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Excerpts of several hosts' recordings: whose is what they say, and what they are of.

usage: cli-excerpts.py RINGSIDE COMPRESS-RECORDING
"""
import json
import os

import ringside_pb2 as pb
from program import check, in_a_folder, others, run, run_tests, save
from stream import Stream, frame, frames

compress, = others
in_a_folder()
os.environ["TZ"] = "UTC0"
FILES, KILLS = 3, 4
NO_END, GAPS, LOST, DAMAGED = "ends without a Footer", "lacks records by their numbers", "lost events", "is damaged or cut short"


def lines(out):
    return out.decode().splitlines()


def first_object(out):
    return json.loads(lines(out)[0])


def recordings(folder, apart=0, unclosed=(), lacks=(), loses=(), broken=()):
    """Three files a host, at the same time or @apart seconds, and what is wrong with the hosts that are named."""
    os.makedirs(folder, exist_ok=True)
    names = []
    for n, host in enumerate(("web-1", "db-2", "mail-3")):
        stream = Stream(host[:1].encode(), boot=host * 4, boottime=100.0 + n / 10 + apart * n)
        for file in range(FILES):
            parts = [stream.header(host)]
            for kill in range(KILLS):
                stream.boottime += 7
                parts.append(stream.kill(f"{host}-{file}-{kill}"))
            if host in lacks and file == 1:
                del parts[2]
            if host in loses and file == 1:
                parts.append(stream.record(lost=pb.Lost(reason=pb.Lost.SINK, kind="oom_kill", count=37)))
            parts.append(stream.counters())
            if host not in unclosed or file < FILES - 1:
                parts.append(stream.footer("SIGTERM" if file == FILES - 1 else "rotated"))
            data = b"".join(parts)
            if host in broken and file == 1:
                data = data[:-3]
            names.append(save(f"{folder}/{host}-{file}.pb", data))
    return names


def headers(part):
    return [x.header for x in map(pb.Record.FromString, frames(part)) if x.HasField("header")]


def flaws(part):
    """By host, as each one's Headers have them."""
    return {(x.host_name, x.excerpt_flaws) for x in headers(part) if x.excerpt_flaws}


def told(part, status=4):
    return lines(check(run("verify", data=part), status))[0]


def each_host_says_itself_what_was_wrong_with_its_recording():
    of = recordings("a", unclosed=["mail-3"], lacks=["db-2"], loses=["web-1"])
    own = {("mail-3", f"{NO_END} (mail-3)"), ("db-2", f"{GAPS} (db-2)"), ("web-1", f"{LOST} (web-1)")}
    said = f"{LOST} (web-1), {NO_END} (mail-3), {GAPS} (db-2)"
    for how in ["cat"], ["replay", "--speed", "max"], ["tail", "-n", "all"]:
        paths = ["a"] if how[0] == "tail" else of
        part = check(run(*how, "-o", "pb", "-g", "-[12]-", *paths), 0, None)
        assert flaws(part) == own, (how, flaws(part))
        assert f"but the recording that it is of {said}: something may be missing in it" in told(part), told(part)
        save("part.pb", part)
        for command in "cat", "stats":
            check(run(command, "part.pb"), 0, f"ringside {command}: part.pb: an excerpt of a recording that "
                  rf"{LOST} \(web-1\), {NO_END} \(mail-3\), {GAPS} \(db-2\): something may be missing in it\n")
        # copied, chosen from again, packed, repaired: whose it is stays
        for again in ["cat", "-o", "pb"], ["cat", "-o", "pb", "--kind", "oom"], ["replay", "--speed", "max", "-o", "pb"]:
            assert flaws(check(run(*again, data=part), 0, None)) == own, again
        check(run("repair", "part.pb", "-w", "mended.pb"), 0)
        with open("mended.pb", "rb") as f:
            assert said in told(f.read())
        os.unlink("mended.pb")
        # what is wrong with others is nothing to who chooses one
        for host, flaw in ("mail-3", NO_END), ("db-2", GAPS), ("web-1", LOST):
            one = check(run("cat", "-o", "pb", "--host", host, data=part), 0, None)
            assert {x for _, x in flaws(one)} in ({flaw}, {f"{flaw} ({host})"}), flaws(one)
            assert f"{flaw}: something" in told(one) or f"{flaw} ({host}): something" in told(one)
    # one that is whole says nothing, whatever the others do
    part = check(run("cat", "-o", "pb", "--kind", "oom", *recordings("b", unclosed=["mail-3"])), 0)
    assert flaws(part) == {("mail-3", f"{NO_END} (mail-3)")}, flaws(part)
    for host, status in ("web-1", 0), ("db-2", 0), ("mail-3", 4):
        told(check(run("cat", "-o", "pb", "--host", host, data=part), 0, None), status)


def damage_of_one_hides_no_missing_end_of_another():
    of = recordings("c", unclosed=["mail-3"], broken=["web-1"])
    part = check(run("cat", "-o", "pb", "--kind", "oom", *of), 1, None)
    assert ("mail-3", f"{NO_END} (mail-3)") in flaws(part), flaws(part)
    assert any(x == DAMAGED for _, x in flaws(part)), flaws(part)
    assert DAMAGED in told(part) and f"{NO_END} (" in told(part), told(part)


def what_goes_on_in_a_missing_file_is_told():
    recordings("missing")
    os.remove(f"missing/db-2-{FILES - 1}.pb")
    part = check(run("cat", "-o", "pb", "--kind", "oom", "missing"), 0, ".*/db-2-.*: its stream goes on in another file, .*\n")
    wanted = "goes on in a file that was missing (db-2)"
    assert headers(part)[-1].excerpt_flaws == wanted, headers(part)[-1]
    out = check(run("verify", save("missing.pb", part)), 4).decode()
    assert wanted in out, out
    # whoever asks for the one file misses nothing
    part = check(run("cat", "-o", "pb", "--kind", "oom", "missing/db-2-0.pb"), 0, None)
    assert not any(x.excerpt_flaws for x in headers(part)), part


def what_began_in_a_missing_file_is_told():
    recordings("first")
    os.remove("first/db-2-0.pb")
    wanted = "begins in a file that was missing (db-2)"
    for paths in ["first"], ["first/db-2-1.pb", "first/db-2-2.pb", "first/web-1-0.pb", "first/web-1-1.pb", "first/web-1-2.pb"]:
        for how in ["cat"], ["replay", "--speed", "max"]:
            part = check(run(*how, "-o", "pb", "--kind", "oom", *paths), 0, None)
            assert flaws(part) == {("db-2", wanted)}, (how, flaws(part))
            assert f"the recording that it is of {wanted}: something may be missing" in told(part), told(part)
            save("first.pb", part)
            for command in "cat", "stats":
                check(run(command, "first.pb"), 0, rf"ringside {command}: first.pb: an excerpt of a recording that "
                      r"begins in a file that was missing \(db-2\): something may be missing in it\n")
            # an excerpt of the excerpt says it, too
            assert flaws(check(run("cat", "-o", "pb", "-g", "-2-", data=part), 0, None)) == {("db-2", wanted)}
    # of one host, its name needs no word
    one = check(run("cat", "-o", "pb", "--kind", "oom", "--host", "db-2", "first"), 0, None)
    assert "begins in a file that was missing" in told(one), told(one)
    # whoever asks for what came later, for another host or for one file alone misses nothing
    told(check(run("cat", "-o", "pb", "--kind", "oom", "--host", "web-1", "first"), 0, None), 0)
    begin = pb.Record.FromString(list(frames(open("first/db-2-1.pb", "rb").read()))[1]).time_unix_nano
    late = check(run("cat", "-o", "pb", "--host", "db-2", "--since", f"@{begin // 10**9 + 1}", "first"), 0, None)
    assert not flaws(late), flaws(late)
    assert not flaws(check(run("cat", "-o", "pb", "--kind", "oom", "first/db-2-1.pb"), 0, None))


def what_was_deleted_to_make_room_is_no_missing_file():
    os.makedirs("room", exist_ok=True)
    for deleted, wanted in (0, 0), (1, 4):
        stream = Stream(b"r", boottime=50.0)
        stream.header("h"), stream.kill(), stream.footer("rotated")
        lost = pb.Lost(reason=pb.Lost.RETENTION, stream_id=b"r" * 4, file_index=deleted, count=0)
        save("room/1.pb", stream.header("h"), stream.kill(), stream.record(lost=lost), stream.counters(), stream.footer())
        part = check(run("cat", "-o", "pb", "--kind", "oom", "room"), 0, None)
        told(part, wanted)


def of_many_hosts_some_are_named():
    names = []
    for n in range(40):
        stream = Stream(bytes([65 + n]), boot=f"b{n}", boottime=5 + n)
        names.append(save(f"many-{n}.pb", stream.header(f"host-with-quite-a-long-name-{n}"), stream.kill(), stream.kill()))
    part = check(run("cat", "-o", "pb", "--kind", "oom", *names), 0)
    assert flaws(part) == {(f"host-with-quite-a-long-name-{n}", f"{NO_END} (host-with-quite-a-long-name-{n})") for n in range(40)}
    said = f"{NO_END} (" + ", ".join(f"host-with-quite-a-long-name-{n}" for n in range(4)) + " and 36 more): something may"
    assert said in told(part), told(part)


def streams_that_take_turns_are_counted_once():
    part = check(run("replay", "--speed", "max", "-o", "pb", "--kind", "oom", *recordings("d")), 0)
    for data in part, check(run("cat", "-o", "pb", "--kind", "oom", "d"), 0):
        save("part.pb", data)
        found = first_object(check(run("verify", "-o", "json", "part.pb"), 0))
        assert (found["streams"], found["events"]) == (3, 3 * FILES * KILLS), found
        assert " in 3 streams, " in check(run("verify", "-v", "part.pb"), 0).decode()
    # a Header before each event, as of what comes at the same time
    heads = {x.stream_id: x for x in headers(part)}
    turns = []
    for n in range(KILLS):
        for header in heads.values():
            at = {"boottime_nano": 10**9 + n, "time_unix_nano": 10**18 + n}
            turns += [pb.Record(seq=header.first_seq, header=header, **at),
                      pb.Record(seq=100 + n, oom_kill=pb.OomKill(kill_id=n + 1), **at)]
    found = first_object(check(run("verify", "-o", "json", save("turns.pb", *map(frame, turns))), 0))
    assert (found["streams"], found["events"]) == (3, 3 * KILLS), found


def its_time_is_that_of_its_events():
    of = recordings("e")
    part = save("part.pb", check(run("cat", "-o", "pb", "-g", "-2-[12]", *of), 0))
    times = [json.loads(x)["time"] for x in lines(check(run("cat", "-o", "json", part), 0))]
    out = check(run("verify", "-v", part), 0).decode()
    assert f"  time      from {min(times)[:23]}+00:00 to {max(times)[:23]}+00:00\n" in out, (min(times), max(times), out)


def status_names_all_its_hosts():
    part = save("part.pb", check(run("cat", "-o", "pb", "--kind", "oom", *recordings("f")), 0))
    out = lines(check(run("status", part), 1))
    assert out[0] == "not recording: it is an excerpt of the streams of 3 hosts (web-1, db-2, mail-3)", out
    assert not any("since" in x or "heartbeat" in x for x in out), out
    found = json.loads(check(run("status", "-o", "json", part), 1))
    assert found["hosts"] == ["web-1", "db-2", "mail-3"] and found["host"] in found["hosts"], found
    # of one it is as before
    part = save("part.pb", check(run("cat", "-o", "pb", "--kind", "oom", "f/db-2-0.pb"), 0, None))
    assert lines(check(run("status", part), 1))[0].startswith("not recording: it is an excerpt of a stream (db-2, ")
    assert "hosts" not in json.loads(check(run("status", "-o", "json", part), 1))


def all_choices_stand_in_json():
    recordings("g")
    parts = [check(run("cat", "-o", "pb", *args, f"g/{host}-0.pb"), 0, None)
             for host, args in (("web-1", ("--kind", "oom")), ("db-2", ("-g", "db")), ("mail-3", ("--kind", "oom")))]
    names = [save(f"part-{n}.pb", part) for n, part in enumerate(parts)]
    both = ["--kind oom", "--grep db"]
    of_stats = json.loads(check(run("stats", "-o", "json", *names), 0, None))
    of_verify = first_object(check(run("verify", "-o", "json", data=b"".join(parts)), None, None))
    for found in of_stats, of_verify:
        assert (found["excerpt"], found["excerpts"]) == ("--kind oom; others, too", both), found
    found = json.loads(check(run("stats", "-o", "json", names[0]), 0, None))
    assert (found["excerpt"], found["excerpts"]) == ("--kind oom", ["--kind oom"]), found


run_tests(
    each_host_says_itself_what_was_wrong_with_its_recording,
    damage_of_one_hides_no_missing_end_of_another,
    what_goes_on_in_a_missing_file_is_told,
    what_began_in_a_missing_file_is_told,
    what_was_deleted_to_make_room_is_no_missing_file,
    of_many_hosts_some_are_named,
    streams_that_take_turns_are_counted_once,
    its_time_is_that_of_its_events,
    status_names_all_its_hosts,
    all_choices_stand_in_json,
)
