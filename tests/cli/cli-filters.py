#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which records are wanted, and how they are asked for: filters, times, and the options that commands share.

usage: cli-filters.py RINGSIDE COMPRESS_RECORDING
"""
import os
import re
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, others, run, run_tests, save
from stream import START, Stream

compress, = others
in_a_folder()
stream = Stream(b"f", boottime=10.5)
data = [stream.header(host="web-1"), stream.kill("early")]
stream.boottime = 11.5
data.append(stream.kill("late"))
save("two.pb", *data)

STYLES = "short", "short-precise", "short-iso", "short-iso-precise", "short-full", "unix", "monotonic"


def comms(*args, **kwargs):
    """Whose kills are printed."""
    lines = check(run("cat", *args, "two.pb", **kwargs), 0, None).decode().splitlines()
    return [re.search(r"(\w+)\[7\] killed", line)[1] for line in lines]


def in_zone(zone):
    return {"env": dict(os.environ, TZ=zone)}


def a_time_that_is_printed_can_be_asked_for():
    for style in STYLES:
        for utc in (), ("--utc",):
            for zone in "Europe/Berlin", "America/St_Johns":
                lines = check(run("cat", "--time", style, *utc, "two.pb", **in_zone(zone)), 0).decode().splitlines()
                early, late = (line.split(" OOM ")[0].strip() for line in lines)
                assert comms("--until", early, **in_zone(zone)) == ["early"], (style, zone, early)
                assert comms("--since", early, **in_zone(zone)) == ["early", "late"], (style, zone, early)
                assert comms("--since", late, **in_zone(zone)) == ["late"], (style, zone, late)
                assert comms("--since", late, "--until", late, **in_zone(zone)) == ["late"], (style, zone, late)


def the_styles_are_those_of_journalctl():
    def first(*args):
        line = check(run("cat", *args, "two.pb", **in_zone("Europe/Berlin")), 0).decode().splitlines()[0]
        return line.split(" OOM ")[0].strip()

    assert START == 1763780645  # 2025-11-22T03:04:05Z
    assert first("--time", "short-iso") == "2025-11-22T04:04:15.500+01:00"
    assert first("--time", "short-iso", "--utc") == "2025-11-22T03:04:15.500Z"
    assert first("--time", "short-full") == "Sat 2025-11-22 04:04:15.500 CET"
    assert first("--time", "unix") == "1763780655.500000"
    assert first("--time", "monotonic") == "boot+10.500000"
    year = time.localtime().tm_year
    assert first() == ("Nov 22 04:04:15.500" if year == 2025 else "2025-11-22 04:04:15.500")
    check(run("cat", "--time", "long", "two.pb"), 2, ".*no style of times long: short, short-precise, .*\n")
    check(run("cat", "-o", "short-iso", "two.pb"), 2, ".*no output short-iso: did you mean --time short-iso\\?.*\n")


def a_zone_that_is_none_is_said():
    told = "ringside {}: TZ=Europe/Berln is no time zone of this machine: times are UTC .*\n"
    for command in ("cat", "two.pb"), ("stats", "two.pb"), ("tail", "two.pb"):
        check(run(*command, **in_zone("Europe/Berln")), 0, told.format(command[0]))
    check(run("cat", "--utc", "two.pb", **in_zone("Europe/Berln")), 0)
    check(run("cat", "-o", "json", "two.pb", **in_zone("Europe/Berln")), 0)
    check(run("cat", "-o", "json", "--since", "2020-01-01", "two.pb", **in_zone("Europe/Berln")), 0, told.format("cat"))


def shop():
    """Three kills of one host."""
    stream = Stream(b"s", boottime=1.0)
    out = [stream.header(host="web-1", identity_version=2, labels={"cluster": "eu1"})]
    for name, comm in ("web", "java"), ("db", "postgres"), ("web", "Java"):
        stream.boottime += 1
        container = pb.Container(namespace_name="shop", pod_name=name + "-1", container_name=name, id=64 * "4f",
                                 runtime="docker", cgroup_path="/kubepods/" + name)
        out.append(stream.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm=comm),
                                                     victim_container=container)))
    return out


def nothing_is_never_silent():
    save("shop.pb", *shop())
    save("none.pb", Stream(b"n").header())

    def told(*args, file="shop.pb", command="cat"):
        done = run(command, *args, file, **in_zone("UTC0"))
        assert done.returncode == 0, done
        return done.stderr.decode().removeprefix(f"ringside {command}: ").strip()

    def equal(said, wanted):
        assert said == wanted, said

    for command, *more in ("cat",), ("tail",), ("stats",), ("cat", "-o", "json"), ("cat", "-o", "pb"):
        equal(told(*more, "--namespace", "shopp", command=command),
              "0 of 3 events match: none has the namespace shopp: did you mean shop?")
    equal(told("--namespace", "shop"), "")
    equal(told("--container", "queue"), "0 of 3 events match: none has the container queue; there are web, db")
    equal(told("--container", "4f4"), "0 of 3 events match: none has the container 4f4; there are web, db "
          "(of an id, say its first 6 digits or more)")
    equal(told("--comm", "JAVA"), "0 of 3 events match: none has the comm JAVA: did you mean java?")
    equal(told("--comm", "web,Postgres"), "0 of 3 events match: none has the comm web,Postgres, web, Postgres; "
          "there are java, postgres, Java")
    equal(told("--comm", "java", "--pod", "db-1"), "0 of 3 events match: each filter matches some, but none matches all")
    equal(told("--namespace", "!sh*"), "0 of 3 events match: all have the namespace sh*")
    equal(told("--host", "web1"), "0 of 3 events match: none has the host web1: did you mean web-1?")
    equal(told("--label", "zone=a"), "0 of 3 events match: none has the label zone=a; there are cluster=eu1")
    equal(told("--label", "cluster=eu2"), "0 of 3 events match: none has the label cluster=eu2: did you mean cluster=eu1?")
    equal(told("--label", "cluster=eu1"), "")
    equal(told("--kind", "seccomp"), "0 of 3 events match; they are oom_kill")
    equal(told("--kind", "header"), "")
    equal(told("--since", "2026-01-01"), "0 of 3 events match; they are from 2025-11-22T03:04:07.000+00:00 "
          "to 2025-11-22T03:04:09.000+00:00")
    equal(told("--namespace", "shop", file="none.pb"), "0 of 0 events match")
    equal(told(file="none.pb"), "")
    # what was left out of a compressed recording unread is counted, too
    with open("shop.pb", "rb") as plain, open("shop.pb.zst", "wb") as packed:
        subprocess.run([compress], stdin=plain, stdout=packed, check=True)
    assert told("--since", "2026-01-01", file="shop.pb.zst").startswith("0 of 3 events match; they are from 2025-11-22T")
    # nobody waits for what follows a name that may be none
    check(run("cat", "--container", "docker:4f4", "shop.pb"), 2, ".*'docker:4f4': say at least 6 digits of the id.*\n")


run_tests(
    nothing_is_never_silent,
    a_time_that_is_printed_can_be_asked_for,
    the_styles_are_those_of_journalctl,
    a_zone_that_is_none_is_said,
)
