# SPDX-License-Identifier: Apache-2.0
"""usage: cli-journald.py RINGSIDE RINGSIDE-FORWARD MAKE-RECORDING CATALOG

`journald:`, against a real journald. JOURNALD_EVENTS=20000: how many of a recording go through it (2,000)."""
import itertools
import json
import os
import re
import signal
import subprocess
import time

import ringside_pb2 as pb
from journald import SOCKET, Journald, entries, exported, in_namespace, journalctl, prepare
from program import facts, check, in_a_folder, others, ringside, run, run_tests, save
from stream import Stream, frame

in_namespace()
forwarder, make_recording, catalog = others
EVENTS = int(os.environ.get("JOURNALD_EVENTS", "2000"))
UNIT = "/sys/fs/cgroup/systemd/system.slice/ringside-test-journald.service"
UNIFIED = "/sys/fs/cgroup/system.slice/ringside-test-journald.service"
INVALID = b"\xff\xfe=\xc3(\xe2!"  # no UTF-8, and as long as its placeholder
CURSORS = itertools.count()
in_a_folder()


def command(name, cursor):
    return [forwarder, "--to", "journald:", "--cursor", cursor, name]


def forward(name, status=0, before=(), cursor=None):
    """Without a @cursor as if it had never been forwarded."""
    cursor = cursor or f"cursor-{next(CURSORS)}"
    result = subprocess.run([*before, *command(name, cursor)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=120, check=False)
    assert result.returncode == status, f"{result.returncode}: {result.stderr.decode()}"
    if not status:
        result.sums = facts(cursor + ".status")
    return result


def make(name, events):
    with open(name, "wb") as f:
        subprocess.run([make_recording, "0", str(events)], stdout=f, check=True)
    return name


def flat(value, name="RINGSIDE"):
    """What the journal has of an object of JSON: by name the text."""
    if isinstance(value, dict):
        return {k: v for member, part in value.items() for k, v in flat(part, f"{name}_{member.upper()}").items()}
    if isinstance(value, list):
        return {name: " ".join(value).encode()}
    if isinstance(value, bool):
        value = "true" if value else "false"
    return {name: value.encode()}


def told(name):
    """What `ringside cat -o json` says, by identity."""
    lines = check(run("cat", "-o", "json", name), 0, None).splitlines()
    records = [flat(json.loads(line, parse_int=str, parse_float=str)) for line in lines]
    for record in records:
        record["MESSAGE"] = record.pop("RINGSIDE_MESSAGE")
        record.setdefault("RINGSIDE_ADVICE", b"the record does not say enough to tell what to change")
    return {(r["RINGSIDE_STREAM_ID"], r["RINGSIDE_SEQ"]): r for r in records}


def is_ours(name):
    return name == "MESSAGE" or name.startswith("RINGSIDE_")


def agree(name, found):
    """Each record is there once, and says what JSON does."""
    expected, seen = told(name), set()
    for entry in found:
        identity = (entry["RINGSIDE_STREAM_ID"][0], entry["RINGSIDE_SEQ"][0])
        assert identity not in seen, f"{identity} is there twice"
        seen.add(identity)
        ours = {k: v[0] for k, v in entry.items() if is_ours(k)}
        assert ours == expected[identity], f"{ours} is not {expected[identity]}"
    assert len(seen) == len(expected), f"{len(seen)} of {len(expected)} are there"


def fresh():
    """An empty journal."""
    journalctl("--rotate")
    journalctl("--vacuum-time=1us")
    assert not entries(), "the journal is not empty"


def without_a_journald_it_says_what_to_do():
    name = save("one.pb", Stream(b"\1").header())
    text = forward(name, 1).stderr.decode()
    assert "journald: nobody listens at " + SOCKET + ": start systemd-journald; in a container, mount" in text, text


def all_of_a_recording_is_there_once_as_json_has_it():
    name = make("all.pb.zst", EVENTS)
    with Journald():
        done = forward(name).sums
        assert done["acknowledged"] == done["sent"] == EVENTS and done["settled"] == EVENTS + 2, done
        agree(name, entries("--all"))
        agree(name, exported())
        # what was there already is not sent again
        done = forward(name).sums
        assert done["doubled"] == EVENTS and done["sent"] == 0, done
        assert len(entries()) == EVENTS
        fresh()


def four_forms():
    """One of the names is what protobuf's own library does not write."""
    stream = Stream(b"\2")
    parts = [stream.header(labels={"cluster": "eu1", "tier": "a=b"})]
    for comm in ["plain", "a\nb", "\x1b[31m", "INVALID"]:
        parts.append(stream.kill(comm))
    long = pb.Process(pid=8, comm="long", executable_path="/" + "x" * 5000)
    parts.append(stream.record(oom_kill=pb.OomKill(victim=long)))
    return save("forms.pb", *[part.replace(b"INVALID", INVALID) for part in parts])


def the_four_forms_of_a_field_are_what_was_sent():
    name = four_forms()
    with Journald():
        forward(name)
        lines = [json.loads(line) for line in
                 journalctl("-o", "json", "SYSLOG_IDENTIFIER=ringside").splitlines()]
        comms = [line["RINGSIDE_COMM"] for line in lines]
        assert comms[0] == "plain" and comms[3] == list(INVALID), comms
        assert comms[2] == list(b"\x1b[31m"), comms
        assert lines[4]["RINGSIDE_PROCESS_EXECUTABLE_PATH"] is None
        assert sorted(lines[0]["RINGSIDE_LABELS"]) == ["cluster=eu1", "tier=a=b"]
        found = entries("--all")
        assert [entry["RINGSIDE_COMM"] for entry in found] == [
            [b"plain"], [b"a\nb"], [b"\x1b[31m"], [INVALID], [b"long"]]
        assert found[4]["RINGSIDE_PROCESS_EXECUTABLE_PATH"] == [b"/" + b"x" * 5000]
        assert sorted(found[0]["RINGSIDE_LABELS"]) == [b"cluster=eu1", b"tier=a=b"]
        for got, expected in zip(exported(), found):
            assert {k: sorted(v) for k, v in got.items() if is_ours(k)} == {
                k: sorted(v) for k, v in expected.items() if is_ours(k)}
        # a name is found by what it is, whatever bytes that has
        assert len(entries("RINGSIDE_COMM=a\nb")) == 1
        # and in what people read, nothing steers the terminal
        for form in ["short", "verbose", "cat"]:
            text = journalctl("-o", form, "SYSLOG_IDENTIFIER=ringside")
            assert b"\x1b" not in text and text.count(b"plain[7]") >= 1, text
        fresh()


def an_entry_is_explained():
    stream = Stream(b"\3")
    kill = pb.OomKill(victim=pb.Process(pid=7, comm="java"), scope=pb.OOM_SCOPE_GLOBAL)
    denial = pb.SeccompDenial(process=pb.Process(pid=8, comm="nginx"), syscall_name="keyctl",
                              action=pb.SECCOMP_RET_ERRNO, error_name="EPERM")
    name = save("explained.pb", stream.header(), stream.record(oom_kill=kill), stream.record(seccomp_denial=denial),
                stream.record(signal_kill=pb.SignalKill(target=pb.Process(pid=9, comm="cat"), signal=9)),
                stream.record(lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="oom_kill", count=3)),
                stream.record(limited=pb.Limited(kind="seccomp_denial", count=4)), stream.counters(), stream.footer())
    with Journald():
        done = forward(name).sums
        assert (done["sent"], done["settled"]) == (5, 8), done
        explained = journalctl("-x", "-o", "short", "SYSLOG_IDENTIFIER=ringside").decode()
        for entry in entries("--all"):
            identity = entry["MESSAGE_ID"][0].decode()
            assert re.fullmatch("[0-9a-f]{32}", identity)
            assert len(entries("MESSAGE_ID=" + identity)) == 1
            advice = entry["RINGSIDE_ADVICE"][0].decode()
            assert f"What to change: {advice}." in explained, explained
        assert explained.count("Defined-By: Ringside") == 5, explained
        assert "@" not in explained and "more memory or swap" in explained, explained
        assert [e["PRIORITY"][0] for e in entries()] == [b"3", b"4", b"4", b"3", b"4"], entries()
        fresh()


def what_the_rate_limit_drops_is_sent_again():
    unit = UNIT if os.path.exists("/sys/fs/cgroup/systemd") else UNIFIED
    above = os.path.dirname(unit)
    made = [path for path in (above, unit) if not os.path.exists(path)]
    for path in made:
        os.mkdir(path)
    name = make("limited.pb.zst", 1000)
    try:
        with Journald():
            result = forward(name, before=["sh", "-c", f'echo $$ >{unit}/cgroup.procs && exec "$@"', "sh"])
            agree(name, entries("--all"))
            dropped = journalctl("-o", "cat", "SYSLOG_IDENTIFIER=systemd-journald")
            assert b"Suppressed" in dropped, "journald has dropped nothing: " + str(result.sums)
            assert result.sums["retried"] > 0, result.sums
            assert b"does not come into the journal" in result.stderr, result.stderr
            fresh()
    finally:
        for path in reversed(made):
            os.rmdir(path)


def a_journald_that_stops_or_dies_loses_nothing():
    name = make("dies.pb.zst", 2000)
    with Journald() as journald:
        process = subprocess.Popen(command(name, "dies"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while len(journalctl("-o", "cat", "SYSLOG_IDENTIFIER=ringside")) < 500:
            time.sleep(0.02)
        journald.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        assert process.poll() is None
        journald.process.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        journald.kill()
        journald.start()
        assert process.wait(60) == 0
        agree(name, entries("--all"))
        fresh()


def who_may_not_read_the_journal_is_told_so():
    name = make("unread.pb.zst", 500)
    os.chmod(".", 0o777)
    with Journald():
        result = forward(name, before=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
        assert re.search("the journal cannot be read here, so what is sent is not known to be kept",
                         result.stderr.decode()), result.stderr
        done = result.sums
        assert (done["sent"], done["acknowledged"], done["settled"]) == (500, 0, 502), done
        agree(name, entries("--all"))
        fresh()


prepare(catalog, "RateLimitIntervalSec=2s\nRateLimitBurst=150\n")
run_tests(
    without_a_journald_it_says_what_to_do,
    all_of_a_recording_is_there_once_as_json_has_it,
    the_four_forms_of_a_field_are_what_was_sent,
    an_entry_is_explained,
    what_the_rate_limit_drops_is_sent_again,
    a_journald_that_stops_or_dies_loses_nothing,
    who_may_not_read_the_journal_is_told_so,
)
