#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ringside forward --to otlp+http:..., to a receiver that is not ours, and -o otel-json beside it.

usage: cli-forward-otlp.py RINGSIDE RINGSIDE_FORWARD SOURCE

OTLP_RUNS: how many runs with faults in random order (4); OTLP_SEED: of the first.
"""
import email.utils
import json
import os
import random
import ssl
import subprocess
import threading
import time

from google.protobuf import json_format

import otlp_receiver
import ringside_pb2 as pb
from certificates import Authority, write_secret
from otlp_receiver import Receiver, attributes_of, records_of
from program import check, facts, in_a_folder, others, ringside, run, run_tests, save
from stream import Stream, full_stream

forward, source = others
OK = 200, {"Content-Type": "application/x-protobuf"}, b""


def send(url, *args, env=None, status=0, timeout=60):
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}, **(env or {})}
    done = subprocess.run([forward, "--to", url, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=timeout, env=env)
    said = done.stderr.decode()
    assert status is None or done.returncode == status, f"{done.returncode}, not {status}: {said}"
    return said


def place(receiver):
    return "otlp+" + receiver.url


def read_refused(name):
    """{seq: (status, why)} of a file of refused records."""
    if not os.path.exists(name):
        return {}
    with open(name, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    out = {int(line["id"].split(":")[1]): (line["status"], line["why"]) for line in lines}
    assert len(out) == len(lines), "refused twice"
    return out


def process(**more):
    return pb.Process(pid=77, tid=78, parent_pid=1, vpid=3, uid=1000, gid=100, comm="worker", leader_comm="nginx",
                      executable_path="/usr/sbin/nginx", **more)


def events():
    """One of each, and what of them OpenTelemetry is to see."""
    stream = Stream(b"e", boottime=5)
    container = pb.Container(id="c" * 64, runtime="containerd", pod_uid="u-1", pod_name="web-7f9", namespace_name="shop",
                             container_name="app", cgroup_path="/kubepods/x", cgroup_id=9)
    whose = {"container.id": "c" * 64, "container.runtime.name": "containerd", "container.name": "app",
             "k8s.pod.uid": "u-1", "k8s.pod.name": "web-7f9", "k8s.namespace.name": "shop", "k8s.container.name": "app",
             "linux.container.cgroup": "/kubepods/x", "linux.container.cgroup_id": 9}
    who = {"process.pid": 77, "thread.id": 78, "process.parent_pid": 1, "process.vpid": 3, "process.user.id": 1000,
           "linux.process.gid": 100, "process.command": "nginx", "thread.name": "worker",
           "process.executable.path": "/usr/sbin/nginx", "process.executable.name": "nginx"}
    data = stream.header(host="web-1", machine_id="m" * 32, kernel_release="6.1.0", architecture="x86_64",
                         streamer_version="9.9", labels={"cluster": "eu1"}, identity_version=2)
    denial = pb.SeccompDenial(process=process(), container=container, arch=0xC000003E, arch_name="x86_64",
                              syscall_number=250, syscall_name="keyctl", action=pb.SECCOMP_RET_ERRNO, error_number=1,
                              error_name="EPERM", args=[1, 2**64 - 1], logged=True)
    data += stream.record(seccomp_denial=denial)
    data += stream.record(oom_kill=pb.OomKill(
        victim=process(), victim_container=container, trigger=pb.Process(pid=5, comm="java"), limit_bytes=2**29,
        scope=pb.OOM_SCOPE_MEMCG, oom_score_adj=-998, anon_rss_bytes=2**64 - 1, limit_owner=container,
        limit_level=pb.LIMIT_LEVEL_CONTAINER))
    data += stream.record(signal_kill=pb.SignalKill(target=process(), target_container=container, signal=9,
                                                    signal_name="SIGKILL", cause=pb.KILL_CAUSE_SENT, exit_status=137))
    data += stream.record(limited=pb.Limited(kind="seccomp_denial", container=container, syscall_number=250,
                                             syscall_name="keyctl", action=pb.SECCOMP_RET_ERRNO, error_number=1,
                                             error_name="EPERM", count=41))
    data += stream.record(lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="oom_kill", count=3, cpu=1))
    data += stream.counters()
    data += stream.footer()
    call = {"linux.seccomp.syscall": "keyctl", "linux.seccomp.syscall_number": 250, "linux.seccomp.action": "ERRNO",
            "linux.seccomp.errno": "EPERM", "linux.seccomp.errno_number": 1}
    return data, [
        ("linux.seccomp_denied", 13, "shop/web-7f9/app: nginx[77] keyctl → EPERM",
         {**who, **whose, **call, "linux.seccomp.arch": "x86_64", "linux.seccomp.logged": True,
          "linux.seccomp.args": ["0x1", "0xffffffffffffffff"]}),
        ("linux.oom_kill", 17, "shop/web-7f9/app: nginx[77] killed: container limit 512 MiB reached",
         {**who, **whose, "linux.oom.limit_bytes": 2**29, "linux.oom.scope": "MEMCG", "linux.oom.oom_score_adj": -998,
          "linux.oom.anon_rss_bytes": str(2**64 - 1), "linux.oom.trigger.pid": 5, "linux.oom.trigger.comm": "java",
          "linux.oom.limit_owner.pod": "web-7f9", "linux.oom.limit_level": "CONTAINER"}),
        ("linux.signal_kill", 13, "shop/web-7f9/app: nginx[77] ",
         {**who, **whose, "linux.signal.signal": "SIGKILL", "linux.signal.signal_number": 9,
          "linux.signal.exit_status": 137}),
        ("ringside.limited", 13, "shop/web-7f9/app: keyctl → EPERM  × 41 more",
         {**whose, **call, "ringside.limited.probe": "seccomp_denial", "ringside.limited.count": 41}),
        ("ringside.lost", 17, "host: ",
         {"ringside.lost.reason": "ring_full", "ringside.lost.count": 3, "ringside.lost.probe": "oom_kill"}),
    ]


def test_records_have_their_attributes():
    data, wanted = events()
    save("events.pb", data)
    with Receiver(service, lambda request: OK) as receiver:
        said = send(place(receiver), "--cursor", "events.cursor", "events.pb")
    assert "8 records: 5 acknowledged, 0 retried, 0 refused" in said, said
    request, = receiver.requests
    assert request.path == "/v1/logs" and request.headers["Content-Type"] == "application/x-protobuf"
    assert request.headers["Content-Encoding"] == "gzip" and "Expect" not in request.headers
    resource, = request.logs.resource_logs
    assert attributes_of(resource.resource) == {
        "service.name": "ringside", "service.version": "9.9", "host.name": "web-1", "host.id": "m" * 32,
        "host.arch": "amd64", "os.type": "linux", "os.version": "6.1.0", "linux.boot_id": "boot-1", "cluster": "eu1"}
    assert resource.scope_logs[0].scope.name == "ringside"
    records = list(records_of(request.logs))
    assert len(records) == len(wanted)
    for seq, (record, (event, severity, body, attributes)) in enumerate(zip(records, wanted), 2):
        assert record.event_name == event and record.severity_number == severity, record
        assert record.severity_text == {13: "WARN", 17: "ERROR"}[severity]
        assert record.body.string_value.startswith(body), record.body
        assert record.time_unix_nano == record.observed_time_unix_nano == 1763780650 * 10**9
        there = attributes_of(record)
        assert there["ringside.stream_id"] == "65" * 16 and there["ringside.seq"] == seq
        for key, value in attributes.items():
            assert there.get(key) == value, f"{event}: {key} is {there.get(key)!r}, not {value!r}"


def compressions_say_the_same():
    save("full.pb", full_stream())
    bodies = {}
    for name in "gzip", "zstd", "none":
        with Receiver(service, lambda request: OK) as receiver:
            send(place(receiver), "--set", f"compression={name}", "--cursor", f"{name}.cursor", "full.pb")
        request, = receiver.requests
        assert request.headers["Content-Encoding"] == (None if name == "none" else name), request.headers
        bodies[name] = request.body
    assert len(set(bodies.values())) == 1, {name: len(body) for name, body in bodies.items()}


def test_both_forms_say_the_same():
    """Of every field there is, and of names that are no UTF-8."""
    save("full.pb", full_stream(), hostile())
    with Receiver(service, lambda request: OK) as receiver:
        # one at a time: of two, either may come first
        send(place(receiver), "--set", "in-flight=1", "--cursor", "full.cursor", "full.pb")
    sent = [(request.logs.resource_logs[0].resource, record)
            for request in receiver.requests for record in records_of(request.logs)]
    lines = check(run("cat", "-o", "otel-json", "full.pb"), 0, None).decode().splitlines()
    said = []
    for line in lines:
        logs = json_format.Parse(line, service.ExportLogsServiceRequest())
        record, = records_of(logs)
        said.append((logs.resource_logs[0].resource, record))
        assert ("zq\\ufffd\\ufffd" in line) == ("zq" in line), line
    assert len(sent) >= 6 and len(sent) == len(said), (len(sent), len(said))
    for (resource, record), (other_resource, other) in zip(sent, said):
        assert resource == other_resource and record == other, f"{record}\nand\n{other}"
    compressions_say_the_same()


def hostile():
    stream = Stream(b"h", boottime=9)
    data = stream.header()
    raw = stream.record(oom_kill=pb.OomKill(victim=pb.Process(pid=1, comm="zq??", executable_path="/x/\"\\\n")))
    return data + raw.replace(b"zq??", b"zq\xff\xc0")


def test_environment_says_where():
    save("one.pb", events()[0])
    headers = {"OTEL_EXPORTER_OTLP_HEADERS": "X-Other=1", "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "authorization=Bearer%20a%3Db, x-id=7",
               "OTEL_RESOURCE_ATTRIBUTES": "k8s.cluster.name=a%2Cb,host.name=other,broken", "OTEL_SERVICE_NAME": "mine",
               "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
    with Receiver(service, lambda request: OK) as receiver:
        for i, (env, path) in enumerate([
                ({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url + "/base/"}, "/base/v1/logs"),
                ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": receiver.url + "/in"},
                 "/in")]):
            send("otlp:", "--cursor", f"env-{i}", "one.pb", env={**headers, **env})
            request = receiver.requests[-1]
            assert request.path == path, request.path
            assert request.headers["Authorization"] == "Bearer a=b" and request.headers["x-id"] == "7"
            assert "X-Other" not in request.headers and "Content-Encoding" not in request.headers
            there = attributes_of(request.logs.resource_logs[0].resource)
            assert (there["k8s.cluster.name"], there["host.name"], there["service.name"]) == ("a,b", "other", "mine")
        send(place(receiver) + "/own?key=1", "--cursor", "env-url", "one.pb")
        assert receiver.requests[-1].path == "/own?key=1"
        save("headers", b"# a secret\nApi-Key: s3cret\n")
        send(place(receiver) + "/", "--cursor", "env-file", "--set", "headers-file=headers", "one.pb")
        assert receiver.requests[-1].path == "/v1/logs" and receiver.requests[-1].headers["Api-Key"] == "s3cret"


def test_silence_has_an_end():
    save("silence.pb", events()[0])
    over = threading.Event()

    def answer(_):
        if len(receiver.requests) == 1:
            over.wait(30)
        return OK

    with Receiver(service, answer) as receiver:
        begun = time.monotonic()
        said = send(place(receiver), "--cursor", "silence", "--set", "timeout=1s", "silence.pb")
        over.set()
    assert "5 acknowledged, 5 retried" in said and time.monotonic() - begun < 20, said


def test_a_pipe_waits_for_nobody():
    """What has come is sent while nothing more does, tried again, and the end need not wait for more, either."""
    stream = Stream(b"|", boottime=5)
    with Receiver(service, lambda request: OK if len(receiver.requests) > 2 else (503, {}, b"")) as receiver:
        child = subprocess.Popen([forward, "--to", place(receiver), "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        child.stdin.write(stream.header() + stream.kill())
        child.stdin.flush()
        wait_for(lambda: len(receiver.requests) > 2)
        child.terminate()
        said = child.stderr.read().decode()
        assert child.wait(10) == 0 and "2 records: 1 acknowledged, 2 retried, 0 refused" in said, said
        child.stdin.close()


def test_it_ends_although_nobody_answers():
    stream = Stream(b"%", boottime=5)
    os.mkdir("end")
    save("end/end.pb", stream.header(), stream.kill())
    with Receiver(service, lambda request: (503, {}, b"")) as receiver:
        child = subprocess.Popen([forward, "-f", "--to", place(receiver), "--cursor", "end.cursor", "end"],
                                 stderr=subprocess.PIPE)
        wait_for(lambda: len(receiver.requests) > 3)
        child.terminate()
        begun = time.monotonic()
        said = child.communicate(timeout=20)[1].decode()
    assert time.monotonic() - begun < 4, "it waits for who is known to be away"
    assert child.returncode in (0, 1) and "not settled: " in said, said


def test_what_cannot_be_kept_is_not_refused():
    """A full disk below the file of what is refused: it waits, and goes on when there is room."""
    save("kept.pb", events()[0])
    limited = ["prlimit", "--fsize=1500:unlimited", forward, "-f", "--cursor", "kept.cursor", "--refused", "kept"]
    with Receiver(service, lambda request: (400, {}, b"never")) as receiver:
        child = subprocess.Popen([*limited, "--to", place(receiver), "kept.pb"], stderr=subprocess.PIPE,
                                 restore_signals=False)  # SIGXFSZ is ignored
        line = child.stderr.readline()
        while b"cannot be kept, and forwarding waits until it can" not in line:
            assert line, "it has ended"
            line = child.stderr.readline()
        subprocess.run(["prlimit", "--fsize=unlimited:unlimited", "--pid", str(child.pid)], check=True)
        wait_for(lambda: len(read_refused("kept")) == 5)
        child.terminate()
        assert child.wait(20) == 1
    assert len(read_refused("kept")) == 5


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def test_mistakes_are_told():
    for url, env, sentence in [
            ("otlp:", {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL has to be http/protobuf"),
            ("otlp:", {"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, "begins with neither http:// nor https://"),
            ("otlp:", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://u:p@h"}, "holds a name or a password"),
            ("otlp:", {"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, "is a number from 1"),
            ("otlp:", {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nothing"}, "No such file"),
            ("otlp:", {"OTEL_EXPORTER_OTLP_HEADERS": "a"}, 'is not "name=value,name=value"'),
            ("otlp:", {"OTEL_EXPORTER_OTLP_HEADERS": "a=b%0d%0aX: y"}, "control character"),
            ("otlp://h", {}, "otlp+http://HOST:4318"),
            ("otlp+http://", {}, "names no host"), ("otlp+http://h:99999", {}, "the URL: Port number was not a"),
            ("otlp+http://[::1", {}, "the URL: Bad IPv6 address"),
    ]:
        said = send(url, "--cursor", "mistake", "one.pb", env=env, status=1)
        assert sentence in said and said.count("\n") == 1, said
    for value, sentence in [("retry-on=200", "retry-on is a list"), ("compression=lz4", "gzip, zstd or none"),
                            ("in-flight=9", "from 1 to 4"), ("body=1", "at least 4K"), ("timeout=0", "is a time"),
                            ("headers-file=/nothing", "No such file"), ("headers-file=.", "Is a directory"),
                            ("Authorization=Bearer hunter2", "say --set headers-file=FILE"), ("what=1", "--set knows of OTLP")]:
        said = send("otlp:", "--cursor", "mistake", "--set", value, "one.pb", status=1)
        assert sentence in said and said.count("\n") == 1 and "hunter2" not in said, said


def many(n, stream_id=b"m"):
    stream = Stream(stream_id, boottime=1)
    return stream.header() + b"".join(stream.kill() for _ in range(n)) + stream.footer(), set(range(2, n + 2))


def test_too_large_is_halved():
    """Down to one record, which is refused if that is too large."""
    data, _ = many(40)
    stream = Stream(b"x", boottime=1)
    big = stream.header() + stream.kill() + stream.kill("y" * 3000) + stream.kill()
    save("large.pb", data, big)
    def answer(request):
        return OK if len(request.body) < 3000 else (413, {}, b"too large")
    with Receiver(service, answer) as receiver:
        said = send(place(receiver), "--cursor", "large.cursor", "--refused", "large.refused", "large.pb", status=1)
    assert read_refused("large.refused") == {3: ("413", "one record alone is too large")}, said
    taken = [seq for request in receiver.requests if len(request.body) < 3000 for seq in request.seqs]
    assert sorted(taken) == sorted([*range(2, 42), 2, 4]), taken


def test_partial_success_refuses_the_batch():
    save("some.pb", many(5)[0])
    partial = service.ExportLogsServiceResponse()
    partial.partial_success.rejected_log_records = 2
    partial.partial_success.error_message = "bad\x1b[31m time"
    with Receiver(service, lambda request: (200, {}, partial.SerializeToString())) as receiver:
        send(place(receiver), "--cursor", "some.cursor", "--refused", "some.refused", "some.pb", status=1)
    assert len(receiver.requests) == 1
    assert read_refused("some.refused") == {seq: ("partial", r"2 of 5 refused: bad\x1b[31m time") for seq in range(2, 7)}
    partial.partial_success.rejected_log_records = 0
    with Receiver(service, lambda request: (200, {}, partial.SerializeToString())) as receiver:
        send(place(receiver), "--cursor", "warned.cursor", "some.pb")


def test_answers_are_judged():
    save("some.pb", many(3)[0])
    status = b"\x08\x03\x12\x07no \x1btag"
    for i, (answer, wanted) in enumerate([
            ((204, {}, b""), None), ((200, {"Content-Type": "application/json"}, b' {"partialSuccess": {}}\n'), None),
            ((200, {"Content-Type": "text/html"}, b"<html>login</html>"), ("200", "its answer is none of OTLP")),
            ((400, {}, status), ("400", r"no \x1btag")), ((500, {}, b"sorry\nlong story"), ("500", "sorry")),
            ((302, {"Location": "http://127.0.0.1:1/"}, b""), ("302", ""))]):
        with Receiver(service, lambda request, a=answer: a) as receiver:
            send(place(receiver), "--cursor", f"a{i}", "--refused", f"a{i}.refused", "some.pb", status=1 if wanted else 0)
        assert len(receiver.requests) == 1, answer
        assert read_refused(f"a{i}.refused") == ({seq: wanted for seq in (2, 3, 4)} if wanted else {})
    answers = [(500, {}, b""), (503, {}, b""), OK]
    with Receiver(service, lambda request: answers.pop(0)) as receiver:
        send(place(receiver), "--cursor", "on", "--set", "retry-on=500,408", "some.pb")
    assert len(receiver.requests) == 3 and len({request.body for request in receiver.requests}) == 1


def test_a_mistake_puts_nothing_aside():
    """Who may not send, or sends to the wrong path, would find all of the spool among what was refused."""
    save("all.pb", many(200)[0])
    for status, words in ((401, "credentials"), (403, "credentials"), (404, "look at the URL")):
        name = f"denied{status}"
        with Receiver(service, lambda request, s=status: (s, {}, b"go away")) as receiver:
            said = send(place(receiver), "--cursor", name, "--set", "body=4K", "all.pb", status=1)
            assert f"HTTP {status} (go away)" in said and words in said and "0 refused, not settled: " in said, said
            assert len(receiver.requests) <= 2 and os.path.getsize(name + ".refused") == 0
        with Receiver(service, lambda request: OK) as receiver:
            send(place(receiver), "--cursor", name, "all.pb")
            assert sorted(seq for request in receiver.requests for seq in request.seqs) == list(range(2, 202))


def start_following(receiver, name, *args):
    return subprocess.Popen([forward, "-f", "--to", place(receiver), "--cursor", name, "--set", "body=4K",
                             "--set", "in-flight=1", *args, "all.pb"], stderr=subprocess.PIPE, text=True)


def stop(child):
    child.terminate()
    return child.communicate(timeout=20)[1]


def test_a_token_is_renewed():
    """It expires while it runs, and is put in the place of the old one in its file: nothing is put aside."""
    save("all.pb", many(200)[0])
    valid = ["old"]

    def answer(request):
        if len(receiver.requests) == 3:
            valid[0] = "new"
        return OK if request.headers["Authorization"] == "Bearer " + valid[0] else (401, {}, b"expired")

    write_secret("token", b"Authorization: Bearer old\n")
    with Receiver(service, answer) as receiver:
        child = start_following(receiver, "renewed", "--set", "headers-file=token")
        line = child.stderr.readline()
        assert "HTTP 401 (expired): our credentials are not taken any more: renew them in headers-file" in line, line
        assert "nothing is put aside, trying again until it is taken" in line, line
        wait_for(lambda: facts("renewed.status")["problem"].count("HTTP 401"), seconds=90)
        os.unlink("token")
        wait_for(lambda: "Not renewed: headers-file 'token': No such file" in facts("renewed.status")["problem"], seconds=90)
        write_secret("token", b"Authorization: Bearer new\n")
        wait_for(lambda: facts("renewed.status")["acknowledged"] == 200, seconds=90)
        said = stop(child)
        taken = [seq for request in receiver.requests if request.headers["Authorization"].endswith("new")
                 for seq in request.seqs] + receiver.requests[0].seqs + receiver.requests[1].seqs
    assert "HTTP 401" not in said and "it answers again" in said and " 0 refused" in said, said
    assert sorted(taken) == list(range(2, 202)) and not read_refused("renewed.refused")


def test_denials_put_nothing_aside():
    """However many, and whatever else is answered between them, as of a proxy whose backends come and go."""
    save("all.pb", many(200)[0])
    for status in 401, 403, 404:
        answers = [OK, *[(status, {}, b"")] * 4, OK, *[(status, {}, b""), (503, {}, b"")] * 2]
        with Receiver(service, lambda request, a=answers: a.pop(0) if a else OK) as receiver:
            said = send(place(receiver), "--cursor", f"between{status}", "--set", "body=4K", "--set", "in-flight=1", "all.pb")
            assert len({request.body for request in receiver.requests}) == len(receiver.requests) - 8, said
        assert not read_refused(f"between{status}.refused"), said
        # What is over before anybody looks is not told: the second may be told as the first.
        assert 1 <= said.count(f"HTTP {status}") <= 2 and ("credentials" in said) == (status != 404), said


def longest_pause(cursor, count, headers, in_flight):
    """Between two requests, where the first @count are answered with 503, and come together if they can; and the first."""
    arrived = []

    def answer(_):
        arrived.append(time.monotonic())
        if len(arrived) > count:
            return OK
        if in_flight == count:
            wait_for(lambda: len(arrived) >= count)
        return 503, headers, b""
    with Receiver(service, answer) as receiver:
        send(place(receiver), "--cursor", cursor, "--set", "body=4K", "--set", f"in-flight={in_flight}", "all.pb")
    pauses = [b - a for a, b in zip(arrived, arrived[1:])]
    return max(pauses), pauses[0]


def test_failures_now_and_then_do_not_hold_it_up():
    """Four that fail together are one failure, and who asks to come again at once is not waited for. A machine that is
    busy pauses now and then: not each of three times."""
    save("all.pb", many(200)[0])
    pauses = [longest_pause(f"together{i}", 4, {}, 4) for i in range(3)]
    assert min(pauses)[0] < 0.4, pauses  # counted four times: 0.4 s at least
    pauses = [longest_pause(f"now{i}", 6, {"Retry-After": "0"}, 1) for i in range(3)]
    assert min(pauses)[0] < 1.2, pauses  # 1.6 s at least by the steps of others
    assert min(first for _, first in pauses) > 0.04, "it does not pause at all"


def test_a_receiver_that_took_something_is_not_waited_for_long():
    save("all.pb", many(60)[0])
    arrived = []

    def answer(_):
        arrived.append(time.monotonic())
        return OK if len(arrived) == 1 or len(arrived) > 8 else (503, {}, b"")
    with Receiver(service, answer) as receiver:
        send(place(receiver), "--cursor", "near", "--set", "body=4K", "--set", "in-flight=1", "all.pb")
    assert max(b - a for a, b in zip(arrived, arrived[1:])) < 4.5, arrived


def test_headers_that_break_a_request_are_refused():
    save("some.pb", many(3)[0])
    for header in "Host: x", "content-length: 5", "Transfer-Encoding: chunked", "Expect: 100-continue":
        write_secret("breaking", f"Api-Key: hunter2\n{header}\n".encode())
        said = send("otlp:", "--cursor", "breaks", "--set", "headers-file=breaking", "some.pb", status=1)
        assert f"headers-file has the header {header.split(':')[0]}, which is made for each request" in said, said
        assert said.count("\n") == 1, said
    said = send("otlp:", "--cursor", "breaks", "some.pb", status=1, env={"OTEL_EXPORTER_OTLP_HEADERS": "host=x"})
    assert "has the header host" in said, said


def test_a_pipe_of_headers():
    """As of a shell's <(command); one that nobody writes to holds up nothing."""
    save("some.pb", many(3)[0])
    with Receiver(service, lambda request: OK) as receiver:
        command = f"{forward} --to {place(receiver)} --cursor pipe --set headers-file=<(sleep 0.3; echo Api-Key: k) some.pb"
        subprocess.run(["bash", "-c", command], check=True, stderr=subprocess.DEVNULL, timeout=20)
        assert receiver.requests[0].headers["Api-Key"] == "k"
        os.mkfifo("fifo")
        child = start_following(receiver, "fifo.cursor", "--set", "headers-file=fifo")
        time.sleep(1)
        assert child.poll() is None
        begun = time.monotonic()
        stop(child)
        assert time.monotonic() - begun < 8, "it waits for a pipe although it is to stop"
    said = send("otlp:", "--cursor", "breaks", "--set", "headers-file=fifo", "some.pb", status=1)
    assert "was not written to its end within 10 s" in said, said
    said = send("otlp:", "--cursor", "breaks", "some.pb", status=1, env={"OTEL_EXPORTER_OTLP_CLIENT_KEY": "fifo"})
    assert "it has to be a file" in said, said


def test_retry_after_is_kept():
    save("some.pb", many(3)[0])
    for i, value in enumerate([lambda: "1", lambda: email.utils.formatdate(time.time() + 3, usegmt=True)]):
        times = []

        def answer(request, value=value, times=times):
            times.append(time.time())
            return OK if len(times) > 1 else (429, {"Retry-After": value()}, b"")
        with Receiver(service, answer) as receiver:
            send(place(receiver), "--cursor", f"after{i}", "some.pb")
        assert len(receiver.requests) == 2 and 0.9 < times[1] - times[0] < 5, times


def test_away_and_back_are_a_line_each():
    """Nobody listens, then somebody does; the connection is kept."""
    save("many.pb", many(2000)[0])
    with Receiver(service, lambda request: OK) as receiver:
        url = place(receiver)
        port = receiver.server_address[1]
    later = []
    threading.Timer(1.0, lambda: later.append(Receiver(service, lambda request: OK, port=port))).start()
    said = send(url, "--cursor", "away.cursor", "--set", "body=16K", "--set", "in-flight=1", "many.pb")
    lines = [line for line in said.splitlines() if " records: " not in line]
    assert len(lines) == 2 and "connect" in lines[0] and lines[0].endswith("; trying again until it is taken"), said
    assert lines[1].endswith("it answers again"), said
    with later[0] as receiver:
        assert len(receiver.requests) > 20 and receiver.connections == 1, receiver.connections


def test_tls_is_verified():
    """By whom the environment says; else it is not sent at all."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=receiver", "-days", "2",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    save("some.pb", many(3)[0])
    with Receiver(service, lambda request: OK, context) as receiver:
        unverified = subprocess.Popen([forward, "--to", place(receiver), "--cursor", "tls.cursor", "some.pb"],
                                      stderr=subprocess.PIPE, text=True)
        assert "certificate" in unverified.stderr.readline()
        unverified.kill()
        unverified.communicate(timeout=20)
        assert not receiver.requests
        send(place(receiver), "--cursor", "tls.cursor", "some.pb", env={"OTEL_EXPORTER_OTLP_CERTIFICATE": "cert.pem"})
        assert [request.seqs for request in receiver.requests] == [[2, 3, 4]]


def first_line(receiver, name, *args, env=None):
    """What is said of a receiver that is not sent to."""
    child = subprocess.Popen([forward, "--to", place(receiver), "--cursor", "not.cursor", *args, "some.pb"],
                             stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    line = child.stderr.readline()
    child.kill()
    child.communicate(timeout=20)
    assert not receiver.requests and line.endswith("; trying again until it is taken\n"), f"{name}: {line}"
    return line


def test_certificates_of_both_sides():
    """Such that nobody should take, and the right ones; with a header from a file."""
    ours, foreign = Authority("ours"), Authority("foreign")
    right, client, strange = ours.sign("right"), ours.sign("client"), foreign.sign("strange")
    environment = {"OTEL_EXPORTER_OTLP_CERTIFICATE": ours.file}
    save("some.pb", many(3)[0])
    write_secret("bearer", b"Authorization: Bearer hunter2\n")

    def server(pair, verify=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        if verify:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(ours.file)
        return Receiver(service, lambda request: OK, context)

    for name, pair, words in [("old", ours.sign("old", days=(-9, -1)), "certificate has expired"),
                              ("young", ours.sign("young", days=(1, 9)), "certificate is not yet valid"),
                              ("named", ours.sign("named", hosts=["elsewhere"]), "no alternative certificate subject name"),
                              ("foreign", strange, "unable to get local issuer certificate")]:
        with server(pair) as receiver:
            assert words in first_line(receiver, name, env=environment), name
    with server(right, verify=True) as receiver:
        first_line(receiver, "no certificate of ours", env=environment)
        pair = {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": strange[0], "OTEL_EXPORTER_OTLP_CLIENT_KEY": strange[1]}
        first_line(receiver, "not of its authority", env={**environment, **pair})
        pair = {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": client[0], "OTEL_EXPORTER_OTLP_CLIENT_KEY": client[1]}
        said = send(place(receiver), "--cursor", "both.cursor", "--set", "headers-file=bearer", "some.pb",
                    env={**environment, **pair})
        assert "3 acknowledged" in said and said.count("\n") == 1, said
        request, = receiver.requests
        assert request.seqs == [2, 3, 4] and request.headers["Authorization"] == "Bearer hunter2", request.headers
        os.chmod("bearer", 0o644)
        os.chmod(client[1], 0o644)
        said = send(place(receiver), "--cursor", "open.cursor", "--set", "headers-file=bearer", "some.pb",
                    env={**environment, **pair})
        for name in "bearer", client[1]:
            assert f"{name} holds a secret, and others can read it (mode 644): chmod 600\n" in said, said
        assert "hunter2" not in said, said


class Faulty:
    """Answers at random; knows what it took, and what of that the sender could not know."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.stored, self.unsure = [], set()

    def store(self, request, known):
        self.stored += request.seqs
        if not known:
            self.unsure.update(request.seqs)

    def __call__(self, request):
        with self.lock:
            fault = self.random.choice(["none"] * 6 + ["500", "429", "503", "413", "closed", "stored, closed", "silence",
                                                        "stored, silence", "partial", "html"])
            if fault == "none":
                self.store(request, True)
                return OK
            if fault.startswith("stored"):
                self.store(request, False)
        if fault == "500":
            return 500, {}, b"sorry"
        if fault in ("429", "503"):
            return int(fault), {"Retry-After": self.random.choice(["0", "1", "soon"])}, b""
        if fault == "413":
            return 413, {}, b""
        if fault == "partial":
            partial = service.ExportLogsServiceResponse()
            partial.partial_success.rejected_log_records = 1
            return 200, {}, partial.SerializeToString()
        if fault == "html":
            return 200, {}, b"<html>"
        if "silence" in fault:
            time.sleep(1.3)
        return None


def run_with_faults(seed):
    n = 200
    data, wanted = many(n)
    save("faults.pb", data)
    faulty = Faulty(seed)
    with Receiver(service, faulty) as receiver:
        send(place(receiver), "--cursor", f"f{seed}", "--refused", f"f{seed}.refused", "--set", "body=8K", "--set", "timeout=1s",
             "--set", f"in-flight={1 + seed % 4}", "faults.pb", status=None, timeout=300)
        refused = read_refused(f"f{seed}.refused")
        with faulty.lock:
            stored = list(faulty.stored)
    assert set(stored) | set(refused) == wanted, f"seed {seed}: lost {sorted(wanted - set(stored) - set(refused))}"
    doubled = {seq for seq in stored if stored.count(seq) > 1} | (set(stored) & set(refused))
    assert doubled <= faulty.unsure, f"seed {seed}: doubled {sorted(doubled - faulty.unsure)}"
    return len(doubled), len(refused)


def test_faults_lose_nothing():
    first = int(os.environ.get("OTLP_SEED") or random.randrange(10**6))
    runs = int(os.environ.get("OTLP_RUNS") or 3)
    doubled = refused = 0
    print(f"seeds {first} to {first + runs - 1}", flush=True)
    for seed in range(first, first + runs):
        more = run_with_faults(seed)
        doubled, refused = doubled + more[0], refused + more[1]
    print(f"{runs} runs of 200 events: {doubled} doubled, as they had to be, {refused} refused", flush=True)


in_a_folder()
service = otlp_receiver.classes(source)
assert ringside
run_tests(test_records_have_their_attributes, test_both_forms_say_the_same, test_environment_says_where,
          test_silence_has_an_end, test_a_pipe_waits_for_nobody,
          test_it_ends_although_nobody_answers, test_what_cannot_be_kept_is_not_refused,
          test_mistakes_are_told, test_too_large_is_halved, test_partial_success_refuses_the_batch,
          test_answers_are_judged, test_a_mistake_puts_nothing_aside, test_a_token_is_renewed,
          test_denials_put_nothing_aside, test_failures_now_and_then_do_not_hold_it_up,
          test_a_receiver_that_took_something_is_not_waited_for_long,
          test_headers_that_break_a_request_are_refused, test_a_pipe_of_headers,
          test_retry_after_is_kept, test_away_and_back_are_a_line_each, test_tls_is_verified,
          test_certificates_of_both_sides, test_faults_lose_nothing)
