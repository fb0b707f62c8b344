#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What verify says of several hosts' recordings: what is wrong, whose it is, and when that was.

usage: cli-verdicts.py RINGSIDE COMPRESS-RECORDING
"""
import fcntl
import json
import os
import re

import ringside_pb2 as pb
from program import check, in_a_folder, others, run, run_tests, save
from recorded import lines, packed
from stream import Stream

compress, = others
in_a_folder()
os.environ["TZ"] = "UTC0"
HOSTS = "web-1", "db-2", "mail-3"


def recordings(folder, unclosed=(), loses=(), cut=()):
    """Three files a host, the second one compressed. A Lost stands 3 s behind an event, and tells of these."""
    os.mkdir(folder)
    for n, host in enumerate(HOSTS):
        stream = Stream(host[:1].encode(), boot=host * 4, boottime=100.0 * (n + 1))
        for file in range(3):
            parts = [stream.header(host), *(stream.kill(f"{host}-{file}-{i}") for i in range(4))]
            stream.boottime += 3
            if host in loses and file == 1:
                parts.append(stream.record(lost=pb.Lost(reason=pb.Lost.SINK, kind="seccomp_denial", count=37,
                                                        after_boottime_nano=int((stream.boottime - 3) * 1e9))))
            parts.append(stream.counters())
            if host not in unclosed or file < 2:
                parts.append(stream.footer("SIGTERM" if file == 2 else "rotated"))
            data = b"".join(parts)
            data = data[:-3] if host in cut and file == 2 else data
            save(f"{folder}/{host}-{file}.pb{'.zst' * (file == 1)}", packed(data) if file == 1 else data)


def objects(out):
    return [json.loads(x) for x in lines(out)]


def what_was_lost_has_its_time_and_its_host():
    recordings("a", loses=["db-2"])
    when = "from 2025-11-22T03:07:28.000+00:00 to 2025-11-22T03:07:31.000+00:00"
    said = r"37 events of seccomp_denial lost \(the output could not take them\)"
    out = check(run("verify", "a"), 4).decode()
    assert re.search(rf"^a/db-2-1\.pb\.zst: whole, but {said}, {re.escape(when)}\n", out, re.M), out
    assert lines(check(run("verify", "a"), 4))[-1] == "in all 9 files, 64 records: whole, but with losses; 37 lost (db-2)"
    *found, of_all = objects(check(run("verify", "-o", "json", "a"), 4))
    lossy, = (x for x in found if x["losses"])
    loss, = (x for x in lossy["findings"] if x["sort"] == "loss")
    assert loss == {"sort": "loss", "message": lossy["losses"][0], "host": "db-2",
                    "from": "2025-11-22T03:07:28.000000000Z", "to": "2025-11-22T03:07:31.000000000Z"}, loss
    assert lossy["hosts"] == of_all["lossy_hosts"] == ["db-2"] and "unclosed_hosts" not in of_all, of_all
    # one file of several hosts
    part = check(run("cat", "-o", "pb", "--kind", "oom,seccomp", "a"), 0, None)
    assert f", of db-2, {when}" in check(run("verify", data=part), 4).decode()


def what_is_only_unclosed_is_not_called_damaged():
    recordings("b", unclosed=["mail-3"], loses=["db-2"])
    out = lines(check(run("verify", "b"), 3))
    told = "b/mail-3-2.pb: unclosed: it ends without a Footer: the streamer was killed, or has not closed it yet; "
    assert any(x.startswith(told) for x in out), out
    assert out[-1] == "in all 9 files, 63 records: unclosed (mail-3); at least 37 lost (db-2)", out
    assert "damaged" not in "\n".join(out) and "repair" not in "\n".join(out), out
    check(run("verify", "-q", "b"), 3, stdout=b"")
    *found, of_all = objects(check(run("verify", "-o", "json", "b"), 3))
    assert [x["verdict"] for x in found if x["problems"]] == ["unclosed"], found
    assert (of_all["verdict"], of_all["exit_status"], of_all["unclosed_hosts"]) == ("unclosed", 3, ["mail-3"]), of_all
    # a stream with another one behind it
    alone = [check(run("cat", "-o", "pb", f"b/{x}"), 0, None) for x in ("mail-3-2.pb", "web-1-2.pb")]
    out = check(run("verify", data=b"".join(alone)), 3).decode()
    assert out.startswith("stdin: unclosed: the stream before byte ") and "damaged" not in out, out
    # and damage beside it is damage
    recordings("c", unclosed=["mail-3"], cut=["web-1"])
    assert lines(check(run("verify", "c"), 3))[-1].endswith(
        "records: damaged (web-1), unclosed (mail-3); how many are lost is not known")
    of_all = objects(check(run("verify", "-o", "json", "c"), 3))[-1]
    assert (of_all["verdict"], of_all["damaged_hosts"], of_all["unclosed_hosts"]) == ("damaged", ["web-1"], ["mail-3"])


def damage_is_told_beside_what_is_no_recording():
    recordings("foreign", unclosed=["mail-3"], cut=["web-1"])
    save("foreign/x.pb", b"no recording" * 9)
    out = lines(check(run("verify", "foreign"), 1, None))
    assert out[-1].endswith("records: not all are recordings, damaged (web-1), unclosed (mail-3); how many are lost is not known"), out
    of_all = objects(check(run("verify", "-o", "json", "foreign"), 1, None))[-1]
    assert (of_all["verdict"], of_all["damaged_hosts"], of_all["unclosed_hosts"]) == ("foreign", ["web-1"], ["mail-3"]), of_all
    # of one host, whose name needs no word, too
    out = lines(check(run("verify", "foreign/web-1-2.pb", "foreign/x.pb"), 1, None))
    assert "records: not all are recordings, damaged; how many are lost" in out[-1], out


def a_footer_without_sums_is_not_told_as_zero():
    stream = Stream(b"f", boot="f")
    save("sums.pb", stream.header("f"), stream.kill(), stream.footer())
    out = check(run("cat", "--all", "sums.pb"), 0, None).decode()
    assert "stream closed (SIGTERM): its sums are not known" in out and "0 events written" not in out, out


def a_repair_is_recommended_where_bytes_are_left_out():
    advice = "`ringside repair` saves the rest"
    stream = Stream(b"r", boot="r")
    parts = [stream.header("r"), *(stream.kill() for _ in range(9)), stream.footer()]
    whole = b"".join(parts)
    at = len(parts[0] + parts[1])
    cases = [
        (whole[:-3], True),
        (whole[:at] + b"\xff" * 8 + whole[at + 8:], True),
        (b"".join(parts[:-1]), False),  # unclosed
        (b"".join(parts[:3] + parts[4:]), False),  # a record is missing: all others are readable
    ]
    for data, wanted in cases:
        out = check(run("verify", save("r.pb", data)), 3).decode()
        assert (advice in out) == wanted, (wanted, out)


def what_is_being_written_needs_no_repair():
    """Though its latest record is not all there."""
    stream = Stream(b"l", boot="l")
    save("live.pb", stream.header("l", locked=True), stream.kill(), stream.kill()[:-2])
    with open("live.pb", "ab") as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        out = check(run("verify", "live.pb"), 0).decode()
        assert out.startswith("live.pb: in progress, whole so far") and "repair" not in out, out
    assert "`ringside repair` saves the rest" in check(run("verify", "live.pb"), 3).decode()


def of_one_host_no_name_is_said():
    recordings("d", unclosed=["mail-3"])
    out = lines(check(run("verify", *(f"d/mail-3-{n}.pb{'.zst' * (n == 1)}" for n in range(3))), 3))
    assert out[-1] == "in all 3 files, 20 records: unclosed; how many are lost is not known", out


run_tests(
    what_was_lost_has_its_time_and_its_host,
    what_is_only_unclosed_is_not_called_damaged,
    damage_is_told_beside_what_is_no_recording,
    a_footer_without_sums_is_not_told_as_zero,
    a_repair_is_recommended_where_bytes_are_left_out,
    what_is_being_written_needs_no_repair,
    of_one_host_no_name_is_said,
)
