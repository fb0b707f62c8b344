#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which records are wanted, and how they are asked for: filters, times, and the options that commands share.

usage: cli-filters.py RINGSIDE
"""
import os
import re
import time

from program import check, in_a_folder, run, run_tests, save
from stream import START, Stream

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
            for zone in "UTC0", "Europe/Berlin", "America/St_Johns", "Asia/Shanghai":
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


run_tests(
    a_time_that_is_printed_can_be_asked_for,
    the_styles_are_those_of_journalctl,
    a_zone_that_is_none_is_said,
)
