# SPDX-License-Identifier: Apache-2.0
"""`ringside forward --to nats://...` and what reads it back, with a real nats-server: all records once, whoever is
killed meanwhile. Arguments: the program, ringside-forward, ringside-from-nats, and the example configuration."""
import base64
import json
import os
import random
import re
import signal
import subprocess
import time

import ringside_pb2 as pb
from nats import Client, Server, Wire, expect_once, free_ports, messages_in, url, with_a_server
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import Growing, Stream, frames

forward_program, from_nats_program, example = others
EVENTS = 8000
os.environ["RINGSIDE_DIR"] = "/nonexistent"


def recording(name, stream_id, host, events, boottime=10.0):
    """A file; {id: bytes} of what is in it."""
    stream = Stream(stream_id, boot="boot-" + host, boottime=boottime)
    parts = [stream.header(host)]
    for i in range(events):
        stream.boottime += 0.001
        parts.append(stream.kill(f"c{i}"))
    parts.append(stream.footer())
    data = b"".join(parts)
    save(name, data)
    return {f"{(stream_id * 16).hex()}:{seq}": body for seq, body in enumerate(frames(data), 1)}


def forward(server, stream, cursor, *files, popen=False, more=(), env=None):
    command = [forward_program, "--to", f"nats://127.0.0.1:{server.port}/{stream}", "--cursor", cursor, *more, *files]
    env = {**os.environ, **(env or {})}
    if popen:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False, env=env)


@with_a_server
def all_records_once(server):
    expected = recording("a.pb", b"a", "plain", EVENTS)
    expected.update(recording("b.pb", b"b", "a host.b", 1000))
    for n, name in enumerate(["a.pb", "b.pb", "a.pb"]):  # the third time with a new cursor
        check(forward(server, "R", f"cursor{n}", name), 0, r".*: [\d,]+ records: .* 0 refused\n")
    expect_once(server.port, "R", expected)

    messages = list(Client(server.port).messages("R"))
    assert all(re.fullmatch(r"ringside\.v1\.(plain|a_host_b-[0-9a-f]{12})\.(header|oom_kill|footer)", m[0])
               for m in messages)
    kinds = {pb.Record.FromString(m[2]).WhichOneof("body") == m[0].rsplit(".", 1)[1] for m in messages}
    assert kinds == {True}
    assert messages[0][1] == {
        "Nats-Msg-Id": (b"a" * 16).hex() + ":1", "Ringside-Schema-Version": "2",
        "Content-Type": 'application/x-protobuf; messageType="ringside.v1.Record"'}, messages[0][1]
    config = Client(server.port).request("$JS.API.STREAM.INFO.R")["config"]
    assert config["storage"] == "file" and config["num_replicas"] == 1 and config["duplicate_window"] == 120 * 10**9

    lines = check(run("verify", url(server, "R")), 0, "").decode().splitlines()
    assert len(lines) == 3 and lines[2] == f"in all 2 files, {len(expected):,} records: complete", lines
    for line, host in zip(lines, ("a_host_b-", "plain")):
        assert line.startswith(url(server, "R") + "?host=" + host) and ": complete" in line, line
    for name, host in (("a.pb", "plain"), ("b.pb", "a host.b")):
        own = run("cat", "-o", "json", name).stdout
        assert run("cat", "-o", "json", url(server, "R"), "--host", host).stdout == own
    assert run("stats", "-o", "json", url(server, "R")).returncode == 0
    brought = subprocess.run([from_nats_program, "--host", "a host.b", url(server, "R")], stdout=subprocess.PIPE,
                             check=True, timeout=20).stdout
    assert brought == open("b.pb", "rb").read()


@with_a_server
def a_stream_of_several_files_is_read_to_its_end(server):
    """The Footer of a file that was rotated is not the stream's."""
    stream = Stream(b"m", boot="boot-m", boottime=10.0)
    os.mkdir("files")
    for i in range(3):
        reason = "SIGTERM" if i == 2 else "rotated"
        save(f"files/{i}.pb", stream.header("m") + stream.kill() + stream.footer(reason))
    check(forward(server, "R", "cursor-m", "files"), 0, None)
    lines = check(run("verify", url(server, "R")), 0, "").decode().splitlines()
    assert len(lines) == 1 and ": complete; no checksum covers 9 of its records" in lines[0], lines
    assert len(check(run("cat", "-o", "json", url(server, "R")), 0).splitlines()) == 3


@with_a_server
def who_asks_hears_its_own_answers_only(server):
    """The client of these tests: one that is gone has left its consumer behind, which the server still serves."""
    recording("y.pb", b"y", "y", 200)
    check(forward(server, "R", "cursor-y", "y.pb"), 0, None)
    inboxes = set()
    for _ in range(20):
        client = Client(server.port)
        ids = [headers["Nats-Msg-Id"] for _, headers, _ in client.messages("R")]
        assert len(ids) == len(set(ids)) == 202, len(ids)
        inboxes.add(client.inbox)
        del client
    assert len(inboxes) == 20, inboxes


def delete(server, name):
    """The message of this record, as an operator can do it."""
    client = Client(server.port)
    last = client.request("$JS.API.STREAM.INFO.R")["state"]["last_seq"]
    for seq in range(1, last + 1):
        message = client.request("$JS.API.STREAM.MSG.GET.R", seq=seq).get("message")
        if message and f"Nats-Msg-Id: {name}\r".encode() in base64.b64decode(message["hdrs"]):
            assert client.request("$JS.API.STREAM.MSG.DELETE.R", seq=seq)["success"]
            return
    raise AssertionError("there is no " + name)


@with_a_server
def what_a_filter_left_out_is_not_missing(server):
    """And what was lost is, with its bounds."""
    stream = Stream(b"v", boot="boot-v", boottime=10.0)
    parts = [stream.header("v")]
    for i in range(60):  # records 2 to 61
        stream.boottime += 0.001
        parts.append(stream.kill("wanted" if i % 3 == 0 else "other"))
    save("v.pb", *parts, stream.footer())
    save("v-open.pb", *parts)
    where = url(server, "R")
    check(forward(server, "R", "cursor-v", "v-open.pb", more=["--comm", "wanted"]), None, None)
    line, = check(run("verify", where), 0, "").decode().splitlines()
    assert ": in progress, complete for this filter so far (--comm wanted): 20 events in 21 records" in line, line
    check(forward(server, "R", "cursor-v", "v.pb", more=["--comm", "wanted"]), 0, None)
    line, = check(run("verify", where), 0, "").decode().splitlines()
    assert ": complete for this filter (--comm wanted): 20 events in 22 records" in line, line
    assert json.loads(check(run("verify", "-o", "json", where), 0).splitlines()[0])["verdict"] == "complete_for_filter"
    # what is chosen of that is no longer known to be all
    save("less.pb", check(run("cat", "-o", "pb", "-n", "3", where), 0))
    assert b"is not known here" in check(run("verify", "less.pb"), 0, "")

    name = (b"v" * 16).hex()
    delete(server, name + ":14")
    for path in (where, save("copy.pb", check(run("cat", "-o", "pb", where), 0))):
        line = check(run("verify", path), 4, "").decode().splitlines()[0]
        assert line.startswith(path) and (
            ": not complete for this filter (--comm wanted): 19 events in 22 records; "
            "1 record is missing between the records 11 and 17") in line, line
    delete(server, name + ":17")
    delete(server, name + ":62")  # the Footer
    line = check(run("verify", where), 4, "").decode().splitlines()[0]
    assert "2 records are missing between the records 11 and 20" in line, line
    text = check(run("cat", where), 0).decode()
    assert text.count("2 events lost") == 1, text
    lost, = (event for event in map(json.loads, check(run("cat", "--all", "-o", "json", where), 0).splitlines())
             if event["kind"] == "lost")
    assert lost["seq"] == 12 and lost["count"] == 2, lost
    delete(server, name + ":2")
    line = check(run("verify", where), 4, "").decode().splitlines()[0]
    assert re.search(r"1 record is missing between the records 1 and 5, at 2025-\S+; 2 records are missing", line), line


@with_a_server
def what_is_lost_behind_a_filter_that_is_gone_is_missing(server):
    """The file's Header says of a filter, and the numbers behind it are all there, or lost."""
    stream = Stream(b"o", boot="boot-o", boottime=10.0)
    begin = stream.header("o") + b"".join(stream.kill("wanted" if i % 3 == 0 else "other") for i in range(9))
    save("o-open.pb", begin)
    check(forward(server, "R", "cursor-o", "o-open.pb", more=["--comm", "wanted"]), None, None)
    save("o.pb", begin, *[stream.kill("wanted") for _ in range(9)], stream.footer())
    check(forward(server, "R", "cursor-o", "o.pb"), 0, None)
    check(run("verify", url(server, "R")), 0, "")
    delete(server, (b"o" * 16).hex() + ":15")
    line = check(run("verify", url(server, "R")), 4, "").decode().splitlines()[0]
    assert "1 record is missing between the records 14 and 16" in line, line


@with_a_server
def a_server_is_killed(server):
    expected = recording("s.pb", b"s", "h", 3 * EVENTS)
    child = forward(server, "R", "cursor-s", "s.pb", popen=True)
    time.sleep(0.3)
    server.stop()
    time.sleep(0.5)
    server.start().wait()
    err = child.communicate(timeout=40)[1].decode()
    assert child.returncode == 0, err
    expect_once(server.port, "R", expected)


@with_a_server
def the_forwarder_is_killed(server):
    expected = recording("f.pb", b"f", "h", 4 * EVENTS)
    killed = 0
    while True:
        child = forward(server, "R", "cursor-f", "f.pb", popen=True)
        try:
            child.wait(random.uniform(0.03, 0.15) if killed < 5 else 40)
            break
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            killed += 1
    assert killed, "it was too fast"
    check(forward(server, "R", "cursor-f", "f.pb"), 0, None)
    expect_once(server.port, "R", expected)


@with_a_server
def the_tail_is_lost(server):
    """An acknowledgement is not a fsync: the stream is as it was before, and what it lost comes again."""
    stream = Growing(b"t")
    data = stream.header() + b"".join(stream.kill() for _ in range(2000))
    save("t.pb", data)
    child = forward(server, "R", "cursor-t", "t.pb", popen=True, more=["-f"])
    wait_for(lambda: messages_in(server, "R") == 2001)
    time.sleep(1.2)
    server.stop(signal.SIGTERM)
    subprocess.run(["cp", "-a", "store-" + server.name, "copy"], check=True)
    server.start().wait()
    more = b"".join(stream.kill() for _ in range(3000))
    data += more
    with open("t.pb", "ab") as f:
        f.write(more)
    wait_for(lambda: messages_in(server, "R") == 5001)
    time.sleep(1.2)
    server.stop()
    subprocess.run(["rm", "-r", "store-" + server.name], check=True)
    os.rename("copy", "store-" + server.name)
    server.start().wait()
    wait_for(lambda: messages_in(server, "R") == 5001)
    child.send_signal(signal.SIGTERM)
    err = child.communicate(timeout=20)[1].decode()
    assert child.returncode == 0 and "has lost what it had acknowledged" in err, err
    expect_once(server.port, "R", {f"{(b't' * 16).hex()}:{n}": body for n, body in enumerate(frames(data), 1)})


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


@with_a_server
def tail_shows_what_comes(server):
    recording("w.pb", b"w", "warm", 1)
    check(forward(server, "R", "cursor-w", "w.pb"), 0, None)
    stream = Growing(b"g")
    save("g.pb", stream.header("other"))
    child = forward(server, "R", "cursor-g", "g.pb", popen=True, more=["-f"])
    tail = subprocess.Popen([ringside, "tail", "-f", "-o", "json", url(server, "R")], stdout=subprocess.PIPE)
    wait_for(lambda: messages_in(server, "R") == 4)
    time.sleep(0.7)
    with open("g.pb", "ab", buffering=0) as f:
        f.write(stream.kill("fresh"))
    start = time.monotonic()
    line = tail.stdout.readline()
    while b"fresh" not in line:
        line = tail.stdout.readline()
    took = time.monotonic() - start
    assert took < 1, f"{took:.2f} s"
    assert b'"other"' in line
    for process in (tail, child):
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@with_a_server
def tail_ends_with_the_last(server):
    """Of all hosts, in the order in which they came; however far back they are."""
    recording("e.pb", b"e", "early", EVENTS)
    recording("d.pb", b"d", "dusk", 7)
    for name in ("e.pb", "d.pb"):
        check(forward(server, "R", "cursor-" + name, name), 0, None)

    def tail(*args, status=0, stderr=""):
        lines = check(run("tail", "-o", "json", *args, url(server, "R")), status, stderr).splitlines()
        return [(event["host"], event["process"]["comm"]) for event in map(json.loads, lines)]
    early = [("early", f"c{i}") for i in range(EVENTS)]
    everything = early + [("dusk", f"c{i}") for i in range(7)]
    assert tail() == everything[-10:]
    assert tail("-n", "3") == everything[-3:]
    assert tail("-n", "0") == []
    assert tail("-n", "3000") == everything[-3000:]  # more than are looked at first
    assert tail("-n", "2", "--host", "early") == early[-2:]
    assert tail("-n", "4", "--comm", "c5,c6") == [("early", "c5"), ("early", "c6"), ("dusk", "c5"), ("dusk", "c6")]
    assert tail("-n", "all") == everything
    assert tail("--comm", "nobody", stderr=r"(?s).*0 of .*") == []
    text = check(run("tail", "-n", "1", "-o", "pb", url(server, "R")), 0)
    record = [pb.Record.FromString(body) for body in frames(text)]
    assert [r.WhichOneof("body") for r in record] == ["header", "footer"] and record[0].header.host_name == "dusk"
    Client(server.port).request("$JS.API.STREAM.PURGE.R")
    assert tail() == []
    check(run("tail", url(server, "NONE")), 1, r"(?s).*NONE.*could not be read to its end\n", b"")


@with_a_server
def what_stops_coming_is_asked_for_again(server):
    """Of each connection only so much comes: nothing is missing, and nothing comes twice."""
    for name, host, events in ("l.pb", "late", EVENTS), ("m.pb", "more", 3), ("n.pb", "most", 3):
        recording(name, name[:1].encode(), host, events)
        check(forward(server, "R", "cursor-" + name, name), 0, None)
    wire = Wire(server.port, most=700000)
    near = f"nats://127.0.0.1:{wire.port}/R"
    again = r"(ringside: nats://[^ ]*: cannot read on: [^;]*; trying again\n)+"
    lines = check(run("cat", "-o", "json", near), 0, r"(?s)" + again + ".*").splitlines()
    assert wire.connections > 2 and lines == check(run("cat", "-o", "json", url(server, "R")), 0, None).splitlines()
    assert len(lines) > EVENTS


@with_a_server
def what_stops_coming_is_not_called_damaged(server):
    """Where it is in vain: it says nothing of what is there. What came until then is printed."""
    for name, host, events in ("l2.pb", "late", EVENTS), ("m2.pb", "more", 3), ("n2.pb", "most", 3):
        recording(name, name[:1].encode(), host, events)
        check(forward(server, "R", "cursor-" + name, name), 0, None)
    begun = time.monotonic()
    mute = Wire(server.port, most=2000)  # not even which streams there are
    child = subprocess.Popen([ringside, "verify", f"nats://127.0.0.1:{mute.port}/R"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    wire = Wire(server.port, most=500000, good=1)
    lines = check(run("cat", "-o", "json", f"nats://127.0.0.1:{wire.port}/R"), 1,
                  r"(?s)[^\n]*trying again\n[^\n]*nobody answers there\n.*could not be read to its end\n").splitlines()
    assert EVENTS / 20 < len(lines) < EVENTS and time.monotonic() - begun < 45, len(lines)
    said = child.communicate(timeout=60)
    assert child.returncode == 1 and not said[0], said
    assert re.search(rb"cannot read it: Timeout; tried again 5 times in \d+ s\n.*: could not be read to its end\n", said[1]), said


@with_a_server
def what_is_wrong_is_said(server):
    recording("x.pb", b"x", "x", 3)
    check(forward(server, "FIRST", "cursor-x", "x.pb"), 0, None)
    check(forward(server, "SECOND", "cursor-x2", "x.pb"), 1, r"(?s).*another one takes the subjects.*")
    check(forward(server, "FIRST", "cursor-x3", "x.pb", more=["--set", "replica=3"]), 1, r"(?s).*no such setting.*")
    check(run("cat", url(server, "NONE")), 1, r"(?s).*there is no stream NONE\n.*could not be read to its end\n")
    check(run("cat", url(server, "FIRST"), "--host", "nobody"), 1, r"(?s).*")
    secret = subprocess.run([forward_program, "--to", "nats://me:secret@127.0.0.1/R", "--cursor", "c", "x.pb"],
                            stderr=subprocess.PIPE, check=False, timeout=20)
    check(secret, 2, r"(?s).*password in a URL.*")


def a_host_may_publish_its_own_only():
    """The example configuration."""
    port, http = free_ports(2)
    server = Server("example", more=["-c", example], ports=(port, http)).start().wait()
    admin = {"NATS_USER": "reader", "NATS_PASSWORD": "reader-password"}
    own = {"NATS_USER": "node-1", "NATS_PASSWORD": "node-1-password"}
    try:
        expected = recording("n1.pb", b"1", "node-1", 100)
        recording("n2.pb", b"2", "node-2", 100)
        answer = Client(port, user="reader", **{"pass": "reader-password"}).request(
            "$JS.API.STREAM.CREATE.RINGSIDE", name="RINGSIDE", subjects=["ringside.v1.>"], storage="file",
            duplicate_window=120 * 10**9)
        assert "error" not in answer, answer
        check(forward(server, "RINGSIDE", "cursor-1", "n1.pb", env=own), 0, None)
        child = forward(server, "RINGSIDE", "cursor-2", "n2.pb", env=own, popen=True)
        time.sleep(2)
        child.send_signal(signal.SIGTERM)
        err = child.communicate(timeout=20)[1].decode()
        assert 'Permissions Violation for Publish to "ringside.v1.node-2.' in err, err
        result = run("verify", url(server, "RINGSIDE"), env={**os.environ, **admin})
        assert result.returncode == 0 and b": complete" in result.stdout, result
        check(run("cat", url(server, "RINGSIDE")), 1, r"(?s).*uthorization.*")
    finally:
        server.stop()


in_a_folder()
run_tests(all_records_once, a_stream_of_several_files_is_read_to_its_end,
          who_asks_hears_its_own_answers_only, what_a_filter_left_out_is_not_missing,
          what_is_lost_behind_a_filter_that_is_gone_is_missing, a_server_is_killed, the_forwarder_is_killed,
          the_tail_is_lost, tail_shows_what_comes, tail_ends_with_the_last,
          what_stops_coming_is_asked_for_again, what_stops_coming_is_not_called_damaged,
          what_is_wrong_is_said, a_host_may_publish_its_own_only)
