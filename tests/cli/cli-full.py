#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TCP queues and BPF maps that are full: lines of text, said once, and the words tcp and bpf of --kind.

usage: cli-full.py RINGSIDE
"""
import json

import ringside_pb2 as pb
from program import check, in_a_folder, run, run_tests, save
from stream import Stream

in_a_folder()
KIB = 1024


def container(name):
    return pb.Container(cgroup_path="/" + name, cgroup_id=sum(name.encode()))


def queue(name, receive=None, send=None):
    row = pb.CounterRow(kind="tcp_queue", container=container(name), count=10)
    for fill, bytes_of in (row.tcp_queue.receive, receive), (row.tcp_queue.send, send):
        fill.samples = 5
        if bytes_of is not None:
            fill.max_bytes, fill.max_buffer_bytes = bytes_of * KIB, 200 * KIB
    return row


def bpf_map(number, entries, most=64, name="flows", kind="hash", **more):
    holder = pb.BpfHolder(pid=99, comm="agentd", processes=1)
    return pb.CounterRow(kind="bpf_object", container=container("agent"), bpf_object=pb.BpfObject(
        id=number, type_name=kind, name=name, holder=holder, map=pb.BpfMap(entries=entries, max_entries=most), **more))


def recording(*sets, probes=("tcp_queue", "bpf_object")):
    stream = Stream(b"q")
    data = stream.header("web-1", probes=[pb.Probe(kind=kind, tier=pb.TIER_ITERATOR) for kind in probes])
    for rows in sets:
        stream.boottime += 10
        data += stream.record(counters=pb.Counters(part=1, parts=1, rows=rows))
    data += stream.kill()
    return save("q.pb", data + stream.footer())


def lines(*args):
    return check(run("cat", *args, "q.pb"), 0, None).decode().splitlines()


def full(*args):
    return [line.split("FULL ", 1)[1] for line in lines(*args) if "FULL" in line]


def what_is_full_is_said_with_words():
    recording([queue("web", receive=196, send=20), queue("db", send=210)], [bpf_map(12, 64), bpf_map(13, 60)],
              [bpf_map(14, 250_000, 262_144, "events", "ringbuf")])
    assert full() == [
        "/web  receive queue 98 % full (196 KiB of 200 KiB): the program does not read fast enough",
        "/db   send queue 105 % full (210 KiB of 200 KiB): who is at the other end, or the network, does not take it "
        "fast enough",
        "/agent  map 12 flows (hash, of agentd[99]) 100 % full (64 of 64 entries): inserting into it fails",
        "/agent  map 13 flows (hash, of agentd[99]) 93 % full (60 of 64 entries): soon inserting into it will fail",
        "/agent  map 14 events (ringbuf, of agentd[99]) 95 % full (250,000 of 262,144 bytes): who reads it does not "
        "keep up"], full()


def it_is_said_once_until_there_was_room():
    recording([queue("web", receive=196)], [queue("web", receive=199)], [queue("web")], [queue("web", receive=190)],
              [queue("web", receive=20)], [queue("web", receive=181)])
    assert [line.split("queue ")[1].split(" ")[0] for line in full()] == ["98", "90"], full()
    gone = bpf_map(12, 0)
    gone.bpf_object.unloaded = True
    recording([bpf_map(12, 64)], [bpf_map(12, 64)], [gone], [bpf_map(12, 64)])
    assert len(full()) == 2, full()


def what_is_meant_to_be_full_is_not_said():
    recording([bpf_map(1, 64, kind="lru_hash"), bpf_map(2, 64, own=True), bpf_map(3, 57), queue("web", receive=179)],
              [pb.CounterRow(kind="tcp_queue", tcp_queue=queue("web", receive=199).tcp_queue)])
    assert not full() and len(lines()) == 1, lines()


def the_filters_choose_among_them():
    recording([queue("web", receive=196), bpf_map(12, 64)])
    assert [line[:6] for line in full()] == ["/web  ", "/agent"]
    for kind, starts in (("tcp", ["/web  "]), ("tcp_queue", ["/web  "]), ("bpf", ["/agent"]), ("TCP,bpf", ["/web  ", "/agent"]),
                        ("bpf_object,oom", ["/agent"]), ("oom", []), ("!tcp", ["/agent"]), ("counters", [])):
        assert [line[:6] for line in full("--kind", kind)] == starts, (kind, full("--kind", kind))
        assert bool([line for line in lines("--kind", kind) if "INFO" in line]) == (kind == "counters"), kind
        assert bool([line for line in lines("--kind", kind) if "OOM" in line]) == ("oom" in kind or "!" in kind), kind
    assert [line[:6] for line in full("--cgroup", "/web")] == ["/web  "]
    assert not full("--until", "2020-01-01") and not full("--host", "other") and full("--host", "web-1")
    assert check(run("cat", "--kind", "tcp", "-o", "json", "q.pb"), 0, None)
    assert check(run("tail", "--kind", "tcp", "q.pb"), 0, None).count(b"FULL") == 1
    for word in "tcp", "bpf", "oom", "seccomp", "signal":
        check(run("stats", "--kind", word, "q.pb"), 0, None)
    check(run("cat", "--kind", "queues", "q.pb"), 2, ".*'queues' is not a kind: did you mean tcp\\?.*\n")
    check(run("cat", "--kind", "xyzzy", "q.pb"), 2, ".*is not a kind: say .*, tcp, bpf.*\n")


def json_tells_the_same():
    """The lines of text, with numbers; nothing else of the Counters."""
    recording([queue("web", receive=196, send=199), bpf_map(12, 64)], [queue("web", receive=197), bpf_map(12, 64)])
    web, send, flows, oom = [json.loads(line) for line in lines("-o", "json")]
    assert [event["kind"] for event in (web, send, flows, oom)] == ["tcp_queue", "tcp_queue", "bpf_object", "oom_kill"]
    for event, line in zip((web, send, flows), full()):
        where, words = line.split(maxsplit=1)
        assert (event["where"], event["message"]) == (where, f"{where}: {words}"), (event, line)
        assert (event["severity"], event["host"], event["seq"]) == ("WARN", "web-1", 2) and event["time"], event
    assert (web["queue"], web["bytes"], web["buffer_bytes"], web["ratio"], web["container"]["cgroup"]) == \
        ("receive", 196 * KIB, 200 * KIB, 0.98, "/web"), web
    assert (send["queue"], send["ratio"]) == ("send", 0.995), send
    assert (flows["id"], flows["name"], flows["type"], flows["entries"], flows["max_entries"], flows["ratio"],
            flows["pid"], flows["comm"]) == (12, "flows", "hash", 64, 64, 1, 99, "agentd"), flows
    for args, n in [("--kind", "tcp"), 2], [("--kind", "bpf"), 1], [("--severity", "WARN"), 3], [("--severity", "ERROR"), 1]:
        assert len(lines("-o", "json", *args)) == n == len([x for x in lines(*args) if "INFO" not in x]), args
    assert lines("--kind", "tcp", "--fields", "queue,bytes") == ["receive\t200704", "send\t203776"]
    assert json.loads(lines("--kind", "bpf", "-o", "json", "--fields", "comm,ratio")[0]) == {"comm": "agentd", "ratio": 1}


def stats_has_the_fullest():
    recording([queue("web", receive=196, send=20), queue("db", send=100)] + [queue(f"c{i}", send=i) for i in range(20)],
              [queue("web", receive=150, send=180), queue("silent")])
    text = check(run("stats", "q.pb"), 0, None).decode().split("Fullest TCP queues\n")[1].split("\n\n")[0].splitlines()
    assert text[0].split() == ["receive", "send", "container"] and len(text) == 11, text
    assert text[1].split() == "98 % of 200 KiB 90 % of 200 KiB /web".split(), text[1]
    assert text[2].split() == "50 % of 200 KiB /db".split() and text[3].endswith("  9 % of 200 KiB  /c19"), text
    rows = json.loads(check(run("stats", "-o", "json", "q.pb"), 0, None))["tcp_queues"]
    assert len(rows) == 10 and rows[0]["where"] == "/web", rows
    assert rows[0]["receive"] == {"fullest_ratio": 0.98, "bytes": 196 * KIB, "buffer_bytes": 200 * KIB}, rows[0]
    assert "receive" not in rows[1]
    recording([])
    assert b"TCP" not in check(run("stats", "q.pb"), 0, None)


run_tests(
    what_is_full_is_said_with_words,
    it_is_said_once_until_there_was_room,
    what_is_meant_to_be_full_is_not_said,
    the_filters_choose_among_them,
    json_tells_the_same,
    stats_has_the_fullest,
)
