#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What -o json holds: which records, what all of them have, and that members stay what they are.

usage: cli-json.py RINGSIDE PINNED SCHEMA
"""
import json
import subprocess

import jsonschema
import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import KINDS, Stream, fill, frame, full_stream

pinned_path, schema_path = others
in_a_folder()

EVENTS = KINDS[1:6]  # and what stands for some
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def full_rows():
    """Of each kind that is told of rows only, all there is."""
    counters = pb.Counters(part=1, parts=1)
    header = fill(pb.Header())
    header.magic, header.format_version, header.identity_version = "RINGSIDE", 2, 2
    for kind in "tcp_queue", "bpf_object":
        header.probes.add(kind=kind, tier=pb.TIER_ITERATOR)
        row = fill(counters.rows.add())
        row.kind = kind
        row.bpf_object.own = row.bpf_object.unloaded = False
        row.bpf_object.ClearField("program")
        row.bpf_object.map.entries = row.tcp_queue.receive.max_bytes = row.tcp_queue.send.max_bytes = 8
    return b"".join(frame(pb.Record(boottime_nano=7, time_unix_nano=10**18 + 7, seq=i + 1, **body))
                    for i, body in enumerate([{"header": header}, {"counters": counters}]))


def whole_json():
    """A line of each kind, with all there can be."""
    return json_of(full_stream(self_test=True), "--all", "--self-tests") + json_of(full_rows())


def flat(path, value):
    """PATH TYPE of a value and of what is in it. Names of labels are anybody's."""
    if isinstance(value, list):
        yield f"{path} array"
        for inner in value:
            yield from flat(path + "[]", inner)
    elif isinstance(value, dict):
        yield f"{path} object"
        for name, inner in value.items() if not path.endswith(".labels") else []:
            yield from flat(f"{path}.{name}", inner)
    else:
        yield f"{path} {TYPES[type(value)]}"


def json_of(data, *args):
    return [json.loads(line) for line in check(run("cat", "-o", "json", *args, data=data), 0).splitlines()]


def members_stay_what_they_are():
    """Who uses JSON relies on what is in the file: nothing may go from there, or change; new ones are added to it."""
    with open(pinned_path, encoding="utf-8") as f:
        pinned = {line for line in f.read().splitlines() if line and not line.startswith("#")}
    now = {line for event in whole_json()
           for line in flat(event["kind"], event)}
    assert not pinned - now, f"members are missing, or of another type: {sorted(pinned - now)}"
    assert not now - pinned, "new members, to be added to json-members:\n" + "\n".join(sorted(now - pinned))


def strict(schema):
    """That a line has nothing but what the schema tells of: more is allowed to newer versions only."""
    for told in schema["$defs"].values():
        told["additionalProperties"] = False
    return {**schema, "unevaluatedProperties": False}


def each_line_is_as_the_schema_says():
    with open(schema_path, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(strict(schema))
    events = whole_json()
    assert [event["kind"] for event in events] == [*KINDS, "tcp_queue", "tcp_queue", "bpf_object"]
    for event in events:
        validator.validate(event)
    for wrong in {"seq": "7"}, {"severity": "FATAL"}, {"tmie": 1}, {"process": {"pdi": 1}}, {"errno": 1}:
        assert not validator.is_valid({**events[2], **wrong}), wrong


def the_same_records_as_text():
    data = full_stream()
    for args, kinds in [((), EVENTS), (("-v",), [KINDS[0], *EVENTS, KINDS[-1]]), (("--all",), KINDS),
                        (("--kind", "clock,oom"), ["oom_kill", "lost", "limited", "clock"])]:
        shown = json_of(data, *args)
        assert [event["kind"] for event in shown if event["kind"] in kinds] == kinds or "--kind" in args, args
        text = check(run("cat", *args, data=data), 0).decode()
        told = [line for line in text.splitlines() if not line.startswith(" ")]
        assert len(told) == len(shown), (args, told, shown)


def fields_are_chosen():
    data = full_stream()
    event, = json_of(data, "--kind", "oom", "--fields", "time,kind,container.name,container.pod,labels.cluster")[:1]
    assert event == {"time": "2001-09-09T01:46:40.000000007Z", "kind": "oom_kill", "labels": {"cluster": "eu1"},
                     "container": {"name": "container_name", "pod": "pod_name"}}, event
    whole = json_of(data, "--all")
    names = sorted({name for event in whole for name in event})
    assert json_of(data, "--all", "--fields", ",".join(names[:60])) == \
        [{name: value for name, value in event.items() if name in names[:60]} for event in whole]
    out = check(run("cat", "--kind", "seccomp_denial", "--fields", "syscall,kind,errno,syscall,process.pid,scope",
                    data=data), 0).decode().splitlines()
    assert "syscall_name\tseccomp_denial\terror_name\tsyscall_name\t7\t-" in out, out
    columns = ("cat", "--kind", "oom", "--fields", "time,kind")
    for args, want in [((), "2001-09-09T01:46:40.000000007Z"), (("--time", "short-iso", "--utc"), "2001-09-09T01:46:40.000Z"),
                       (("--time", "unix"), "1000000000.000000")]:
        out = check(run(*columns, *args, data=data), 0).decode().splitlines()
        assert out[0] == f"{want}\toom_kill", (args, out)
    stream = Stream(b"f")
    odd = stream.header() + stream.kill('a"\\\t\x1b{,é')
    check(run("cat", "--fields", "pid,comm", data=odd), 0, stdout='7\ta"\\\\\\t\\u001b{,é\n'.encode())
    large = stream.header(labels={"a": "b"}, notes=["n" * 1000] * 500)
    assert len(json_of(large, "--all", "--fields", "notes,kind")[0]["notes"]) == 500
    for name, meant in [("syscal", "syscall"), ("pod", "container.pod"), ("error_name", "errno"), ("wher", "where")]:
        check(run("cat", "--fields", f"time,{name}", data=data), 2, f".*'{name}' is not a field: did you mean {meant}\\?.*\n")
    check(run("cat", "--fields", "", data=data), 2, ".*'' is not a field: say time, .*ringside-json.*\n")
    check(run("cat", "-o", "pb", "--fields", "time", data=data), 2, ".*--fields is for -o text and -o json.*\n")


def counted(stream, kills, dropped=0):
    counters = pb.Counters(part=1, parts=1, full=True)
    counters.probes.add(kind="oom_kill").cpus.add(cpu=0, seen=kills + dropped, submitted=kills, dropped=dropped,
                                                  written=kills)
    return stream.record(counters=counters)


def verified(*args, status):
    return [json.loads(line) for line in check(run("verify", "-o", "json", *args), status, None).splitlines()]


def verify_and_repair_tell_jq():
    probe = pb.Probe(kind="oom_kill", tier=pb.TIER_FENTRY)
    stream = Stream(b"v", boottime=1.0)
    whole = stream.header(probes=[probe]) + counted(stream, 0) + stream.footer()
    stream = Stream(b"w", boottime=9.0)
    lossy = stream.header(probes=[probe]) + stream.record(lost=pb.Lost(
        reason=pb.Lost.RING_FULL, kind="oom_kill", count=3)) + counted(stream, 0, 3) + stream.footer()
    save("whole.pb", whole)
    save("lossy.pb", lossy)
    save("cut.pb", lossy[:-9])
    save("text.pb", b"hello")
    one, all_of_it = verified("lossy.pb", status=4)
    assert (one["input"], one["verdict"], one["exit_status"], one["records"]) == ("lossy.pb", "losses", 4, 4), one
    kind, = one["kinds"]
    assert (kind["kind"], kind["lost"], kind["lost_unknown"]) == ("oom_kill", {"ring_full": 3}, []), one
    assert all_of_it == {"inputs": 1, "verdict": "losses", "exit_status": 4, "records": 4, "events": 0, "lost": 3,
                         "lost_more": False, "lossy_hosts": one["hosts"]}, all_of_it
    found = verified("whole.pb", "cut.pb", "text.pb", "none.pb", status=1)
    verdicts = {line.get("input"): (line["verdict"], line["exit_status"]) for line in found}
    assert verdicts["cut.pb"] == ("damaged", 3) and verdicts["text.pb"] == ("foreign", 1), found
    assert verdicts["none.pb"] == ("foreign", 1) == verdicts[None], found
    text = check(run("verify", "cut.pb"), 3).decode()
    assert next(line for line in found if line.get("input") == "cut.pb")["message"] in text, text
    check(run("verify", "-o", "json", "-q", "cut.pb"), 3, stdout=b"")
    check(run("verify", "-o", "pb", "cut.pb"), 2, ".*-o takes text or json.*\n")
    done = json.loads(check(run("repair", "-o", "json", "cut.pb", "-w", "out.pb"), 0))
    assert (done["input"], done["output"], done["saved_records"], done["verdict"]) == \
        ("cut.pb", "out.pb", 3, "losses"), done
    with open("/dev/full", "wb") as full:
        assert run_to(full, "verify", "-o", "json", "whole.pb") == 1


def run_to(out, *args):
    return subprocess.run([ringside, *args], stdout=out, stderr=subprocess.DEVNULL, check=False).returncode


def of_shop(stream, name, **more):
    container = pb.Container(runtime="containerd", id="4f0c1e2d3b4a" + 52 * "0", cgroup_path="/x", pod_uid="6de3",
                             namespace_name="shop", pod_name="web-7f9", container_name=name, systemd_slice="k.slice")
    return stream.record(seccomp_denial=pb.SeccompDenial(
        process=pb.Process(pid=77, comm="nginx: w", leader_comm="nginx", start_boottime_nano=12345678901234567),
        container=container, arch=0xC000003E, arch_name="x86_64", syscall_number=250,
        **{"syscall_name": "keyctl", "action": pb.SECCOMP_RET_ERRNO, "error_number": 1, "error_name": "EPERM", **more}))


def each_event_stands_by_itself():
    stream = Stream(b"j", boottime=1.5)
    data = stream.header(host="n1", labels={"cluster": "eu1"}, architecture="x86_64", identity_version=2)
    data += of_shop(stream, "app") + of_shop(stream, "app") + of_shop(stream, "db")
    data += of_shop(stream, "app", action=pb.SECCOMP_RET_KILL_PROCESS, error_name="", error_number=0)
    data += of_shop(stream, "app", error_number=38, error_name="ENOSYS")
    first, again, other, killed, absent = json_of(data)
    for event in first, again, other, killed, absent:
        assert event["labels"] == {"cluster": "eu1"} and event["host"] == "n1", event
        assert event["stream_id"] == (b"j" * 16).hex() and event["kind"] == "seccomp_denial", event
        assert (event["pid"], event["comm"], event["process"]["comm"]) == (77, "nginx", "nginx: w"), event
        assert event["message"].startswith(event["where"] + ": nginx[77] keyctl → "), event
    assert [event["seq"] for event in (first, again, other)] == [2, 3, 4]
    assert {**again, "seq": 2} == first
    assert first["time"] == "2025-11-22T03:04:06.500000000Z" and first["where"] == "shop/web-7f9/app"
    assert other["where"] == "shop/web-7f9/db" and other["container"]["name"] == "db"
    assert first["message"] == "shop/web-7f9/app: nginx[77] keyctl → EPERM"
    assert first["advice"].startswith('allow it with {"names": ["keyctl"]')
    assert [event["severity"] for event in (first, killed, absent)] == ["WARN", "ERROR", "INFO"]
    assert (first["syscall"], first["syscall_number"], first["errno"], first["errno_number"], first["action"],
            first["arch"], first["arch_number"]) == ("keyctl", 250, "EPERM", 1, "ERRNO", "x86_64", 0xC000003E)
    assert first["process"]["start_boottime_seconds"] == 12345678.901234567
    assert {**first["container"]} == {
        "id": "4f0c1e2d3b4a" + 52 * "0", "runtime": "containerd", "pod_uid": "6de3", "cgroup": "/x",
        "slice": "k.slice", "namespace": "shop", "pod": "web-7f9", "name": "app"}


def many_different_ones_are_each_told_right():
    """More than are remembered, and some that come again."""
    stream = Stream(b"k", boottime=1.5)
    data, want = [stream.header(host="n1", identity_version=2)], []
    for i in range(9000):
        name, call = f"c{i % 7}", f"call{i * 31 % 3000}"
        data.append(of_shop(stream, name, syscall_name=call))
        want.append((f"shop/web-7f9/{name}: nginx[77] {call} → EPERM", call, name))
    got = [(event["message"], event["syscall"], event["container"]["name"]) for event in json_of(b"".join(data))]
    assert got == want


run_tests(members_stay_what_they_are, each_line_is_as_the_schema_says, the_same_records_as_text, fields_are_chosen, verify_and_repair_tell_jq, each_event_stands_by_itself,
          many_different_ones_are_each_told_right)
