# SPDX-License-Identifier: Apache-2.0
"""`ringside forward` whose filter, or whose --redact, changes, with a real nats-server: what reads the stream back says
of each stretch of numbers what it is complete for, and of none more than that. Arguments: the program and
ringside-forward."""
import base64
import json
import os
import shutil
import struct
import subprocess

import ringside_pb2 as pb
from nats import Client, url, with_a_server
from program import check, in_a_folder, others, run, run_tests, save
from stream import Stream, frames

forward_program, = others
os.environ["RINGSIDE_DIR"] = "/nonexistent"
OOM, SECCOMP = ["--kind", "oom"], ["--kind", "seccomp"]


class Host(Stream):
    """Records in turn of two kinds; a file that grows."""

    def __init__(self, letter, folder=None):
        super().__init__(letter, boot="boot-" + letter.decode(), boottime=10.0)
        self.folder = folder
        self.path = folder or letter.decode() + ".pb"
        if folder:
            os.mkdir(folder)
            self.begin()
        else:
            save(self.path, self.header(letter.decode()))

    def begin(self):
        save(f"{self.folder}/{self.index}.pb", self.header(self.id.decode()))

    def write(self, *parts):
        path = f"{self.folder}/{self.index - 1}.pb" if self.folder else self.path
        with open(path, "ab") as f:
            f.write(b"".join(parts))

    def denial(self):
        return self.record(seccomp_denial=pb.SeccompDenial(process=pb.Process(pid=7, comm="x"), syscall_name="keyctl"))

    def events(self, n, kinds=("kill", "denial")):
        """As many records, one kind after the other."""
        for i in range(n):
            self.boottime += 0.001
            self.write(getattr(self, kinds[i % len(kinds)])())

    def end(self, reason="SIGTERM"):
        self.write(self.footer(reason))


def forward(server, host, *options, cursor=None, status=0):
    command = [forward_program, "--to", f"nats://127.0.0.1:{server.port}/R", "--cursor", cursor or "cursor-" + host.path,
               *options, host.path]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return check(result, status, None)


def verdict(server, path=None, status=0):
    """The sentence, and what JSON says; of the only stream, or of a copy."""
    where = path or url(server)
    line = check(run("verify", where), status, "").decode().splitlines()[0]
    told = json.loads(check(run("verify", "-o", "json", where), status, "").splitlines()[0])
    # the text may say when, too
    assert told["exit_status"] == status and told["message"].split(";")[0] in line, (line, told)
    return line.split(": ", 1)[1], told


def stretches(told):
    return [(x["first_seq"], x["last_seq"], x.get("excerpt", "")) for x in told["stretches"]]


def delete(server, name):
    """The message of this record."""
    client = Client(server.port)
    last = client.request("$JS.API.STREAM.INFO.R")["state"]["last_seq"]
    for seq in range(1, last + 1):
        message = client.request("$JS.API.STREAM.MSG.GET.R", seq=seq).get("message")
        if message and f"Nats-Msg-Id: {name}\r".encode() in base64.b64decode(message["hdrs"]):
            assert client.request("$JS.API.STREAM.MSG.DELETE.R", seq=seq)["success"]
            return
    raise AssertionError("there is no " + name)


def xxh64(data):
    """As its specification has it."""
    p1, p2, p3, p4, p5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
                          0x27D4EB2F165667C5)
    mask = (1 << 64) - 1

    def rotate(x, n):
        return (x << n | x >> 64 - n) & mask

    def step(acc, lane):
        return rotate((acc + lane * p2) & mask, 31) * p1 & mask
    at, acc = 0, p5
    if len(data) >= 32:
        lanes = [(p1 + p2) & mask, p2, 0, -p1 & mask]
        for at in range(0, len(data) - 31, 32):
            lanes = [step(x, word) for x, word in zip(lanes, struct.unpack_from("<4Q", data, at))]
        at += 32
        acc = sum(rotate(x, n) for x, n in zip(lanes, (1, 7, 12, 18))) & mask
        for x in lanes:
            acc = ((acc ^ step(0, x)) * p1 + p4) & mask
    acc = (acc + len(data)) & mask
    for size, form, a, turn, b, c in ((8, "<Q", None, 27, p1, p4), (4, "<I", p1, 23, p2, p3), (1, "<B", p5, 11, p1, 0)):
        while len(data) - at >= size:
            word, = struct.unpack_from(form, data, at)
            acc = (rotate(acc ^ (word * a & mask if a else step(0, word)), turn) * b + c) & mask
            at += size
    for shift, p in ((33, p2), (29, p3), (32, 1)):
        acc = (acc ^ acc >> shift) * p & mask
    return acc


@with_a_server
def another_filter_from_the_same_cursor(server):
    host = Host(b"a")
    host.events(20)  # records 2 to 21: kills are the even ones
    forward(server, host, *OOM, status=None)
    assert "complete for this filter so far (--kind oom): 10 events in 11 records" in verdict(server)[0]
    host.events(20)
    forward(server, host, *SECCOMP, status=None)
    line, told = verdict(server)
    expected = ("in progress, complete so far: seq 1 to 20 for --kind oom, 21 to 41 for --kind seccomp: "
                "21 events in 22 records")
    assert line.startswith(expected), line
    assert told["verdict"] == "complete_for_filters" and "excerpt" not in told, told
    assert stretches(told) == [(1, 20, "--kind oom"), (21, 41, "--kind seccomp")], told
    host.events(5)
    host.end()
    forward(server, host)
    line, told = verdict(server)
    assert line.startswith("complete: seq 1 to 20 for --kind oom, 21 to 41 for --kind seccomp, 42 to 47 for all records: "
                           "26 events in 28 records"), line
    assert stretches(told)[2] == (42, 47, ""), told
    # a copy says the same, by a reader that is not ours, too
    copy = save("copy.pb", check(run("cat", "-o", "pb", url(server)), 0))
    assert verdict(server, copy)[0] == line, (verdict(server, copy), line)
    heads = [r.header.excerpt for r in map(pb.Record.FromString, frames(open(copy, "rb").read())) if r.HasField("header")]
    assert heads == ["--kind oom", "--kind seccomp", ""], heads
    check(run("repair", copy, "-w", "repaired.pb"), None, None)
    assert verdict(server, "repaired.pb")[0].startswith("complete: seq 1 to 20 for --kind oom, "), verdict(server, "repaired.pb")
    # what each message says for itself; who reads the filter from the Header alone cannot follow
    for _, headers, body in Client(server.port).messages("R"):
        seq = pb.Record.FromString(body).seq
        assert headers.get("Ringside-Filter") == ("--kind oom" if seq < 21 else "--kind seccomp" if seq < 42 else None)
        assert "Ringside-Previous-Seq" not in headers and ("Ringside-Sent-Before" in headers) == (seq < 42), headers
    # and what is lost in one of them is missing
    for seq, where in ((4, "1 record is missing between the records 2 and 6"),
                       (31, "1 record is missing between the records 29 and 33"),
                       (44, "1 record is missing between the records 43 and 45")):
        delete(server, f"{(b'a' * 16).hex()}:{seq}")
        line, told = verdict(server, status=4)
        assert line.startswith("not complete: seq 1 to ") and told["verdict"] == "losses" and where in line, line


@with_a_server
def a_filter_where_there_was_none(server):
    """In the middle of a file, at the beginning of one, and gone again."""
    host = Host(b"b", folder="b")
    host.events(9)
    forward(server, host, status=None)
    assert verdict(server)[0].startswith("in progress, whole so far")
    host.events(10)  # records 11 to 20
    forward(server, host, *OOM, status=None)
    line, told = verdict(server)
    assert stretches(told) == [(1, 10, ""), (11, 19, "--kind oom")], (line, told)
    host.events(2)
    host.end("rotated")  # record 23
    host.begin()  # 24
    host.events(3)
    forward(server, host, *OOM, status=None)
    assert stretches(verdict(server)[1]) == [(1, 10, ""), (11, 27, "--kind oom")], verdict(server)
    host.end("rotated")  # 28
    host.begin()  # 29
    host.events(4)
    host.end()  # 34
    forward(server, host)
    line, told = verdict(server)
    assert stretches(told) == [(1, 10, ""), (11, 27, "--kind oom"), (28, 34, "")], (line, told)
    assert verdict(server, save("b-copy.pb", check(run("cat", "-o", "pb", url(server)), 0)))[0] == line
    assert len(check(run("cat", "-o", "json", url(server)), 0).splitlines()) == 9 + 5 + 2 + 4 + 1
    delete(server, f"{(b'b' * 16).hex()}:31")
    assert "1 record is missing between the records 30 and 32" in verdict(server, status=4)[0]


@with_a_server
def what_is_the_same_filter(server):
    """However it is said; and one that chose nothing says nothing."""
    host = Host(b"c")
    for more in (["--kind", "oom,seccomp", "--comm", "x"], ["--comm", "x", "--kind", "seccomp,oom"],
                 ["--kind", "seccomp", "--comm", "x", "--kind", "oom"], ["--kind", "bpf"],
                 ["--kind", "oom,seccomp,oom", "--comm", "x"]):
        host.events(10)
        forward(server, host, *more, status=None)
    line, told = verdict(server)
    assert told["excerpt"] == "--comm x --kind oom,seccomp" and told["verdict"] == "complete_for_filter", told
    # now it has, and what the others had not looked at is its own
    host.events(1)
    forward(server, host, "--comm", "java", status=None)
    assert stretches(verdict(server)[1]) == [(1, 51, "--comm x --kind oom,seccomp"), (52, 52, "--comm java")]


@with_a_server
def the_change_told_twice(server):
    """What the first filter has sent and the cursor has not seen acknowledged is looked at by the second, too."""
    host = Host(b"d")
    host.events(10)  # up to record 11
    forward(server, host, *OOM, status=None)
    for name in ("", ".2"):
        shutil.copy("cursor-d.pb" + name, "kept" + name)
    host.events(20)
    forward(server, host, *OOM, status=None)
    for times in range(2):
        for name in ("", ".2"):
            shutil.copy("kept" + name, "cursor-d.pb" + name)
        forward(server, host, *SECCOMP, status=None)
        line, told = verdict(server)
        # no more than that is known, and nothing of it is damage
        assert stretches(told) == [(1, 30, "--kind oom"), (31, 31, "--kind seccomp")], (times, line)
        kinds = [json.loads(x)["kind"] for x in check(run("cat", "-o", "json", url(server)), 0).splitlines()]
        assert kinds.count("oom_kill") == 15 and kinds.count("seccomp_denial") == 11, kinds
    copy = save("d-copy.pb", check(run("cat", "-o", "pb", url(server)), 0))
    assert line == "in progress, " + verdict(server, copy)[0].replace("complete", "complete so far"), line
    delete(server, f"{(b'd' * 16).hex()}:6")
    assert "missing between the records 4 and 8" in verdict(server, status=4)[0], verdict(server, status=4)


@with_a_server
def another_filter_from_a_new_cursor(server):
    host = Host(b"e")
    host.events(20)
    forward(server, host, *OOM, status=None)
    host.events(10)  # 22 to 31
    forward(server, host, *SECCOMP, cursor="cursor-e2", status=None)
    line, told = verdict(server)
    assert stretches(told) == [(1, 20, "--kind oom"), (21, 31, "--kind seccomp")], line
    kinds = [json.loads(x)["kind"] for x in check(run("cat", "-o", "json", url(server)), 0).splitlines()]
    assert kinds.count("oom_kill") == 10 and kinds.count("seccomp_denial") == 15, kinds
    host.events(3)
    host.end()  # 35
    forward(server, host, cursor="cursor-e3")
    line, told = verdict(server)
    assert stretches(told) == [(1, 20, "--kind oom"), (21, 31, "--kind seccomp"), (32, 35, "")], line
    copy = save("e-copy.pb", check(run("cat", "-o", "pb", url(server)), 0))
    assert verdict(server, copy)[0].startswith("complete: seq 1 to 20 for --kind oom, 21 to 31 for "), verdict(server, copy)
    ids = [h["Nats-Msg-Id"] for _, h, _ in Client(server.port).messages("R")]
    assert len(ids) == len(set(ids)) == 35, len(ids)


@with_a_server
def a_cursor_that_begins_behind_a_gap(server):
    """What was deleted meanwhile is nobody's: neither filter has seen it."""
    host = Host(b"f", folder="f")
    host.events(10)
    forward(server, host, *OOM, status=None)
    host.events(3)
    host.end("rotated")
    host.begin()
    host.events(10)
    os.remove("f/0.pb")
    forward(server, host, *SECCOMP, cursor="cursor-f2", status=None)
    line, _ = verdict(server, status=4)
    assert "not complete: seq 1 to 10 for --kind oom, " in line and "some records are missing" in line, line


@with_a_server
def what_is_taken_out_changes(server):
    """Hashes are of the records as they were: of such a file none can fit any more, and it is no damage."""
    host = Host(b"g", folder="g")

    def hashed():
        data = open(f"g/{host.index - 1}.pb", "rb").read()
        host.write(host.counters(xxh64=xxh64(data[hashed.start:]), hashed_bytes=len(data) - hashed.start))
        hashed.start = len(data)
    hashed.start = 0
    for more in ([], ["--redact", "comm"], [], ["--redact", "comm,exe"], []):
        for _ in range(3):
            host.events(3, kinds=["kill"])
            hashed()
        host.events(1, kinds=["kill"])
        forward(server, host, *more, status=None)
        assert verdict(server)[0].startswith("in progress, whole so far"), verdict(server)
    host.end("rotated")
    host.begin()
    hashed.start = 0
    host.events(3, kinds=["kill"])
    hashed()
    host.end()
    forward(server, host)
    line, told = verdict(server)
    assert line.startswith("complete; no checksum covers "), line
    hashes = sum(r.counters.HasField("xxh64") for r in map(pb.Record.FromString, frames(
        check(run("cat", "-o", "pb", url(server)), 0))) if r.HasField("counters"))
    assert hashes == 3 + 1, hashes
    comms = [json.loads(x).get("comm") for x in check(run("cat", "-o", "json", url(server)), 0).splitlines()]
    assert comms.count(None) == 20 and comms.count("java") == 33, comms


in_a_folder()
run_tests(another_filter_from_the_same_cursor, a_filter_where_there_was_none, what_is_the_same_filter,
          the_change_told_twice, another_filter_from_a_new_cursor, a_cursor_that_begins_behind_a_gap,
          what_is_taken_out_changes)
