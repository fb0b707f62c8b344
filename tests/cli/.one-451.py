#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is not there yet, is not there any more, or may not be read: what is said, and to do.

usage: cli-waiting.py RINGSIDE
"""
import fcntl
import grp
import os
import pwd
import signal
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, ringside, run, run_tests, save
from stream import Growing

in_a_folder()


class Locked(Growing):
    """Of a streamer that locks what it writes, and says so."""

    def header(self):
        probe = pb.Probe(kind="oom_kill", tier=pb.TIER_FENTRY)
        return super(Growing, self).header("h", counters_interval_nano=10**9, probes=[probe], locked=True)


class Tail:
    """tail -f, and what it has said so far."""

    def __init__(self, *args):
        with open("said", "wb") as out, open("told", "wb") as err:
            self.process = subprocess.Popen([ringside, "tail", "-f", "-n", "all", *args], stdout=out, stderr=err)

    def says(self, where, what, seconds=10):
        until = time.monotonic() + seconds
        while True:
            with open(where, encoding="utf-8") as f:
                text = f.read()
            if what in text:
                return text
            assert time.monotonic() < until, (what, text, self.process.poll())
            time.sleep(0.05)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def a_follower_waits_for_what_is_not_there_yet():
    for path, name in [("later", "later/a.pb"), ("later.pb", "later.pb")]:
        stream = Growing(b"\x01")
        tail = Tail(path)
        assert tail.says("told", "waiting for") == f"ringside tail: waiting for {path}\n"
        assert tail.process.poll() is None
        if name != path:
            os.mkdir(path)
        save(name, stream.header(), stream.kill("late-one"))
        tail.says("said", "late-one")
        with open(name, "ab") as f:
            f.write(stream.kill("later-one"))
        tail.says("said", "later-one")
        tail.end()
    # who does not follow does not wait
    check(run("tail", "never"), 1, "ringside tail: never: No such file or directory: name a recording, or a folder of "
          "them, as `ringside-streamer -w` writes them\n")


def a_follower_says_at_once_that_nothing_matches_so_far():
    stream = Growing(b"\x06")
    with open(save("wrong.pb", stream.header(), stream.kill("java"), stream.kill("java")), "ab", buffering=0) as live:
        fcntl.flock(live, fcntl.LOCK_EX)
        tail = Tail("--comm", "jav", "wrong.pb")
        said = "ringside tail: so far 0 of 2 events match: none has the comm jav: did you mean java?\n"
        assert tail.says("told", "\n") == said
        live.write(stream.kill("jav"))
        assert "jav[7]" in tail.says("said", "\n")
        tail.end()
        assert tail.says("told", "\n") == said
        # what matches, and what nobody asked for, is not spoken of
        for args in ("--comm", "java"), ("--comm", "none", "-n", "0"):
            tail = Tail(*args, "wrong.pb")
            time.sleep(0.5)
            tail.end()
            assert tail.says("told", "") == ""


def a_folder_without_recordings_is_said_to_be_one():
    os.makedirs("empty/node-a")
    save("empty/node-a/x.pb")
    tail = Tail("empty")
    assert tail.says("told", "waiting") == (
        "ringside tail: empty: no recordings are in this folder; but in folders in it are: name one of these, as in "
        "empty/node-a; waiting\n")
    stream = Growing(b"\x02")
    save("empty/a.pb", stream.header(), stream.kill("late-two"))
    tail.says("said", "late-two")
    tail.end()


def what_is_waited_for_is_said_where_nobody_writes_it():
    """One line, and none where somebody does. A copy has no Footer; a folder has others, one for each host."""
    stream = Growing(b"\x07")
    begin = stream.header() + stream.kill("first")
    save("copied.pb", begin)
    for folder in "still", "nodes/node-a", "live/node-a", "quick", "far/x/.y", "deep/x/.y":
        os.makedirs(folder)
    for path in "still/a.pb", "nodes/a.pb", "nodes/node-a/x.pb", "live/a.pb", "live/node-a/x.pb", "quick/a.pb", "far/a.pb", "far/x/.y/z.pb", \
            "deep/x/.y/z.pb":
        save(path, begin)
    closed = Growing(b"\x08")
    save("rotated.pb", closed.header(), closed.kill("first"), closed.footer("rotated"))
    inner = "recordings in the folders in it are not followed: name one of these, as in {}/node-a\n"
    idle = "nobody is writing a recording in it: waiting for one"
    for path, more, told in (
            ("copied.pb", "copied.pb", "it has no Footer, and nobody is writing it: waiting for what may be added\n"),
            ("rotated.pb", None, "its stream goes on in another file, which is not here: waiting for it\n"),
            ("still", "still/a.pb", idle + "\n"), ("nodes", "nodes/a.pb", idle + "; " + inner.format("nodes")),
            ("far", "far/a.pb", idle + "; " + inner.format("far").replace("node-a", "x/.y"))):
        tail = Tail(path)
        assert tail.says("told", "\n") == f"ringside tail: {path}: {told}"
        assert "first" in tail.says("said", "\n")
        if more:
            with open(more, "ab") as f:
                f.write(stream.kill("later"))
            tail.says("said", "later")
        tail.end()
        assert tail.says("told", "\n") == f"ringside tail: {path}: {told}"
    for path, file, told in (("live", "live/a.pb", "ringside tail: live: " + inner.format("live")), ("quick", "quick/a.pb", ""),
                             ("quick/a.pb", "quick/a.pb", "")):
        with open(file, "ab", buffering=0) as writer:
            tail = Tail(path)
            assert "first" in tail.says("said", "\n")
            writer.write(stream.kill("later"))
            tail.says("said", "later")
            tail.end()
            assert tail.says("told", told) == told
    # who does not wait is not told what for
    check(run("tail", "copied.pb"), 0)
    check(run("tail", "nodes"), 0, None)
    # nor is who looks at one folder, but what he does not look at
    for folder, at in ("nodes", "node-a"), ("far", "x/.y"):
        told = f"{folder}: recordings in the folders in it are not %s: name one of these, as in {folder}/{at}\n"
        check(run("status", folder), 1, "ringside status: " + told % "looked at")
        with subprocess.Popen([ringside, "forward", "--to", "otlp+http://127.0.0.1:9", "--cursor", "cursor-" + folder, folder],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as forward:
            lines = iter(forward.stderr.readline, "")
            assert any(line == "ringside forward: " + told % "forwarded" for line in lines)
            forward.terminate()
            assert forward.wait(10) == 1
            forward.stderr.read()
    check(run("status", "deep"), 1, "ringside status: deep: no recordings are in this folder; but in folders in it are: name one of these, "
          "as in deep/x/.y\n")
    check(run("status", "-q", "far"), 1)


def a_follower_whose_reader_left_does_not_wait():
    read, write = os.pipe()
    process = subprocess.Popen([ringside, "tail", "-f", "never"], stdout=write, stderr=subprocess.DEVNULL)
    os.close(write)
    time.sleep(0.5)
    assert process.poll() is None
    os.close(read)
    assert process.wait(10) == 0


def a_writer_that_is_gone_is_told():
    told = "its streamer is gone, without closing the stream: the end may be missing\n"
    for path, name in [("dead", "dead/a.pb"), ("dead.pb", "dead.pb")]:
        stream, other = Locked(b"\x02"), Locked(b"\x03")
        if name != path:
            os.mkdir(path)
        save(name, stream.header(), stream.kill("first"))
        with open(name, "r+b") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            tail = Tail(path)
            tail.says("said", "first")
            time.sleep(2.5)
            with open(name, "ab") as more:
                more.write(stream.kill("last-words"))
        assert tail.says("told", "gone") == f"ringside tail: {name}: {told}"
        tail.says("said", "last-words")
        if name == path:
            assert tail.process.wait(10) == 0
            continue
        save("dead/b.pb", other.header(), other.kill("next"))  # nobody writes it any more, either
        tail.says("said", "next")
        assert tail.process.poll() is None
        tail.end()


def who_may_read_is_said():
    # root reads everything, but for what it may not do
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []

    def said(command, path):
        done = subprocess.run([*drop, ringside, command, path], capture_output=True, timeout=20, check=False)
        assert done.returncode == 1, done
        return done.stderr.decode()

    stream = Growing(b"\x04")
    os.mkdir("closed")
    save("closed/a.pb", stream.header())
    os.chmod("closed/a.pb", 0)
    owner, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    why = f"Permission denied: closed/a.pb belongs to {owner}:{group} (mode 0000); use sudo\n"
    for command in "cat", "tail", "status", "stats", "verify":
        assert said(command, "closed/a.pb").endswith(f"closed/a.pb: {why}"), said(command, "closed/a.pb")
    os.chmod("closed", 0)
    for command in "cat", "tail", "status":
        assert f"Permission denied: closed belongs to {owner}:{group} (mode 0000); use sudo\n" in said(command, "closed/a.pb")
        assert f"closed: Permission denied: closed belongs to {owner}:{group} (mode 0000); use sudo\n" in said(command, "closed")
    os.chmod("closed", 0o700)


run_tests(what_is_waited_for_is_said_where_nobody_writes_it)
