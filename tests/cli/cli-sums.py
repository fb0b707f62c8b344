#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sums that never mislead: whose hosts events are, copies of files, streamers beside each other.

usage: cli-sums.py RINGSIDE COMPRESS-RECORDING
"""
import json
import os
import re
import shutil
import subprocess

import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import START, Stream, frame, frames

compress, = others
in_a_folder()


def packed(data, *args):
    return subprocess.run([compress, *args], input=data, capture_output=True, check=True).stdout


def lines(out):
    return out.decode().splitlines()


class Denials(Stream):
    def denial(self, call="keyctl", path="/kubepods/a", after=0.001, **more):
        self.boottime += after
        return self.record(seccomp_denial=pb.SeccompDenial(
            process=pb.Process(pid=77, comm="nginx"), syscall_name=call, error_name="EPERM",
            action=pb.SECCOMP_RET_ERRNO, container=pb.Container(cgroup_path=path), **more))


def hosts(out):
    """What stands between the time and the word of each line."""
    return [re.search(r"\d\d:\d\d:\d\d\.\d+Z? +(.*?) *DENY ", x)[1] for x in out]


def whole(stream, n=3, host=None, **more):
    return (stream.header(host, **more) + b"".join(stream.denial() for _ in range(n)) +
            stream.footer())


def a_line_says_whose_host_it_is_as_soon_as_there_are_two():
    one = whole(Denials(b"a"), host="eu-1")
    two = whole(Denials(b"b", boot="boot-2"), host="long-name\x1b-2")
    save("one.pb", one)
    save("two.pb", two)
    alone = check(run("cat", "--utc", "one.pb"), 0)
    assert b"eu-1" not in alone
    out = lines(check(run("cat", "--utc", "one.pb", "two.pb"), 0))
    assert hosts(out) == ["eu-1"] * 3 + ["long-name\\x1b-2"] * 3, out
    assert len({x.index("DENY") for x in out}) == 1
    # a filter leaves one
    assert check(run("cat", "--utc", "--host", "eu-*", "one.pb", "two.pb"), 0) == alone
    # what is not known before
    told = "ringside cat: a second host, long-name\\\\x1b-2: from here on each line says whose it is\n"
    out = lines(check(run("cat", "--utc", data=one + two), 0, told))
    assert out[:3] == lines(alone) and hosts(out[3:]) == ["long-name\\x1b-2"] * 3
    for args in ("-o", "json"), ("-o", "pb"):
        check(run("cat", *args, data=one + two), 0)
    os.mkdir("two-hosts")
    shutil.copy("one.pb", "two-hosts")
    shutil.copy("two.pb", "two-hosts")
    for args in (("cat",), ("tail",), ("replay", "--speed", "max", "-o", "text")):
        out = lines(check(run(*args, "--utc", "two-hosts"), 0))
        assert hosts(out) == ["eu-1"] * 3 + ["long-name\\x1b-2"] * 3, out
    out = lines(check(run("tail", "-n", "2", "--utc", "two-hosts"), 0))
    assert "long-name" not in out[0], "only one is shown"


def stats_keep_hosts_apart():
    save("one.pb", whole(Denials(b"a"), 3, "eu-1"))
    save("two.pb", whole(Denials(b"b", boot="boot-2"), 5, "eu-2"))
    out = json.loads(check(run("stats", "-o", "json", "one.pb", "two.pb"), 0))
    for name in "containers", "syscalls":
        assert [(x["host"], x["delivered"]) for x in out[name]["top"]] == [("eu-2", 5), ("eu-1", 3)]
    text = check(run("stats", "one.pb", "two.pb"), 0).decode()
    for host, n in ("eu-1", 3), ("eu-2", 5):
        assert sum(x.split() == [host, "keyctl", "ERRNO", "EPERM", str(n), "0"]
                   for x in text.splitlines()) == 1, text
        assert sum(x.split() == [host, "/kubepods/a", str(n), "0"] for x in text.splitlines()) == 1
    assert "eu-1" not in check(run("stats", "one.pb"), 0).decode()
    # in one file, where the words of a container are kept from record to record
    first, second = Denials(b"a"), Denials(b"b", boot="boot-2")
    save("both.pb", *(x for s, h in ((first, "eu-1"), (second, "eu-2"))
                      for x in (s.header(h), *(s.denial() for _ in range(4)))))
    out = json.loads(check(run("stats", "-o", "json", "both.pb"), 0))
    assert [x["delivered"] for x in out["containers"]["top"]] == [4, 4]


run_tests(
    a_line_says_whose_host_it_is_as_soon_as_there_are_two,
    stats_keep_hosts_apart,
)
