#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What stats adds up of recordings, and whose kills by signal are.

usage: cli-stats.py RINGSIDE COMPRESS-RECORDING
"""
import json
import re
import subprocess

import ringside_pb2 as pb
from program import check, in_a_folder, ringside, run, run_tests, save
from recorded import Recorded, closed, lines, packed, rng

in_a_folder()


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
    save("a.pb", closed(Recorded(b"a"), 300))
    with open("/dev/full", "wb") as full:
        result = subprocess.run([ringside, "stats", "a.pb"], stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1 and b"cannot write" in result.stderr, result


def calls_of_all_hosts_are_added_up():
    parts, count = [], {}
    rng.seed(11)
    for n in range(3):
        stream = Recorded(bytes([80 + n]), boot=f"boot-{n}")
        parts.append(stream.header(host=f"node-{n}") + b"".join(stream.denial() for _ in range(100)) + stream.record(
            limited=pb.Limited(kind="seccomp_denial", count=10 + n, syscall_name="bpf", action=pb.SECCOMP_RET_ERRNO,
                               error_name="EPERM")) + stream.footer())
    save("three.pb", *parts)
    out = json.loads(check(run("stats", "-o", "json", "three.pb"), 0, None))["syscalls"]
    for row in out["top"] + [dict(out["others"], syscall="others")]:
        at = count.setdefault(row["syscall"], [0, 0])
        at[0] += row["delivered"]
        at[1] += row["limited"]
    joined = {row["syscall"]: row for row in out["all_hosts"]["top"]}
    assert set(joined) == {"keyctl", "clone3", "ptrace", "bpf"} and all("host" not in row for row in joined.values()), out
    assert joined["bpf"] == {"syscall": "bpf", "action": "ERRNO", "errno": "EPERM", "delivered": 0, "limited": 33}, joined
    assert sum(row["delivered"] for row in joined.values()) == 300 == sum(at[0] for at in count.values()), out
    assert out["all_hosts"]["others"] == {"delivered": 0, "limited": 0}, out
    assert out["all_hosts"]["top"] == sorted(out["all_hosts"]["top"], key=lambda row: -row["delivered"] - row["limited"]), out
    text = check(run("stats", "three.pb"), 0, None).decode()
    title = text.index("System calls of all hosts")
    assert re.search(r"^bpf  ERRNO  EPERM +0 +33$", text[title:], re.M), text
    assert re.search(r"^node-2 +bpf  ERRNO  EPERM +0 +12$", text[title:], re.M), text
    # of one host it is said once
    save("one.pb", parts[0])
    assert "all hosts" not in check(run("stats", "one.pb"), 0).decode()
    out = json.loads(check(run("stats", "-o", "json", "one.pb"), 0))["syscalls"]
    assert [dict(row, host="node-0") for row in out["all_hosts"]["top"]] == out["top"], out


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


run_tests(
    stats_add_up_what_is_there,
    calls_of_all_hosts_are_added_up,
    own_self_tests_are_left_out_unless_asked_for,
    stats_say_what_is_not_there,
    kills_by_signal_are_told_filtered_and_counted,
)
