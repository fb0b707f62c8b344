#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`ringside forward` as it is used, whatever the target: what is refused and with which words, and what status and
/metrics tell of those that run.

usage: cli-forward.py RINGSIDE RINGSIDE-FORWARD
"""
import fcntl
import http.client
import json
import os
import socket
import subprocess
import time

from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import Growing

forward_program, = others
in_a_folder()
PROMETHEUS_WORKING = 'ringside_forward_working{to="otlp+http://localhost:4318",cursor="c"}'


def status_file(**facts):
    facts = {"to": "otlp+http://localhost:4318", "path": "/var/log/ringside", "cursor": "/c", "host": "web-1",
             "since_unix_nano": 10**18, "time_unix_nano": time.time_ns(), "pid": 1, "acknowledged": 1234, "refused": 0,
             **facts}
    return save("otlp.cursor.status", "".join(f"{name} {value}\n" for name, value in facts.items()).encode())


def recording():
    stream = Growing(b"f")
    return save("now.pb", stream.header(), stream.counters(3))


def status(*args):
    """Of a recording that is being written."""
    with open("now.pb", "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return run("status", *args, "now.pb")


def lines(result, code):
    return [line for line in check(result, code).decode().splitlines() if line.startswith("  forwarded")]


def status_tells_of_each_target():
    recording()
    assert lines(status(), 0) == []
    status_file()
    assert lines(status(), 0) == ["  forwarded       otlp+http://localhost:4318: 1,234 acknowledged, 0 refused"]
    status_file(lag_records=12, lag_nano=2_500_000_000, deleted=7, refused=1)
    assert lines(status(), 0) == [
        "  forwarded       otlp+http://localhost:4318: 1,234 acknowledged, 1 refused, 7 deleted before they could be "
        "sent, 12 on their way, the oldest for 2.5 s"]
    answer = json.loads(check(status("-o", "json"), 0))["forwards"]
    assert [(one["to"], one["acknowledged"], one["lag_seconds"]) for one in answer] == [
        ("otlp+http://localhost:4318", 1234, 2.5)], answer


def status_fails_where_nothing_arrives():
    recording()
    for facts, words in (
            ({"problem": "localhost:4318: connection refused; trying again"}, "connection refused; trying again"),
            ({"time_unix_nano": time.time_ns() - 90 * 10**9, "pid": 4711}, "not running (pid 4711 is gone, or hangs)"),
            ({"ended": 1, "lag_records": 3}, "stopped, and not all is acknowledged"),
            ({"cursor_problem": "No space left on device"}, "the cursor cannot be written: No space left on device")):
        status_file(**facts)
        line, = lines(status(), 5)
        assert line.endswith(": " + words), line
        assert json.loads(check(status("-o", "json"), 5))["forwards"][0]["problem"].endswith(words)
    status_file(ended=1, time_unix_nano=10**18)
    assert lines(status(), 0) == ["  forwarded       otlp+http://localhost:4318: 1,234 acknowledged, 0 refused"]
    status_file(problem="x \x1b]0;owned\x07")
    assert "\x1b" not in lines(status(), 5)[0]


def forward_to_nobody(cursor):
    """An event; it runs until it is killed."""
    stream = Growing(b"n")
    save("sent.pb", stream.header(), stream.kill())
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    return subprocess.Popen([forward_program, "-f", "--to", f"otlp+http://127.0.0.1:{port}", "--cursor", cursor,
                             "sent.pb"], stderr=subprocess.DEVNULL)


def one_that_is_killed_is_gone_at_once():
    recording()
    os.unlink("otlp.cursor.status")
    child = forward_to_nobody("killed.cursor")
    try:
        wait_for(lambda: "onnect" in str(lines(status(), None)))
        recording()
        assert "not running" not in lines(status(), 5)[0]
    finally:
        child.kill()
        child.wait()
    recording()
    line, = lines(status(), 5)
    assert line.endswith(f": not running (pid {child.pid} is gone)"), line
    for name in os.listdir():
        if name.startswith("killed.cursor"):
            os.unlink(name)


def who_asks_is_no_other_forwarder():
    recording()
    with open("asked.cursor.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        child = forward_to_nobody("asked.cursor")
        time.sleep(0.1)
    wait_for(lambda: os.path.exists("asked.cursor.status"))
    child.terminate()
    child.wait()
    for name in os.listdir():
        if name.startswith("asked.cursor"):
            os.unlink(name)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def files_that_are_none_are_passed_over():
    recording()
    for content in b"", b"\0" * 5000, b"to\n", b"to x\n", b"a" * 100_000, b"to x\ntime_unix_nano -1\n":
        save("otlp.cursor.status", content)
        assert lines(status(), 0) == [], content[:20]
    os.unlink("otlp.cursor.status")


def ask():
    connection = http.client.HTTPConnection("x", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("sock")
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()


def metrics_tell_of_it():
    recording()
    status_file(problem="no answer", refused=5)
    with subprocess.Popen([ringside, "serve", "--listen", "unix:sock", "now.pb"], stderr=subprocess.PIPE) as serve:
        try:
            assert b"answers on" in serve.stderr.readline()
            text = ask()
            assert 'ringside_forward_records_total{to="otlp+http://localhost:4318",cursor="c",state="refused"} 5\n' in text, text
            assert PROMETHEUS_WORKING + " 0\n" in text, text
            status_file()
            until = time.monotonic() + 10  # a page is shared for a second
            while PROMETHEUS_WORKING + " 1\n" not in ask():
                assert time.monotonic() < until
                time.sleep(0.1)
        finally:
            serve.terminate()
    os.unlink("otlp.cursor.status")


def mistakes_are_told():
    said = r"ringside forward: {}.*\n"
    for args, words in (
            ((), "say where: --to URL"),
            (("--to", "x:y"), "--to x:y: say one of "),
            (("--to", "nats://me:secret@host/S"), "a name, a token or a password in a URL is seen by everybody who lists processes"),
            (("--to", "x:", "--set", "a"), "--to x:: say one of"),
            (("--set", "a=b"), "--set stands behind the --to it is of"),
            (("--to", "otlp+http://localhost:1", "--set", "a"), "--set takes NAME=VALUE"),
            (("--to", "otlp:", "--cursor", ""), "--cursor takes a file"),
            (("--memory", "1K"), "--memory takes a size from 1M to 1G"),
            (("--redact", "nose"), ".*nose.*args, exe, comm, addresses"),
            (("--kind", "omm"), ".*omm")):
        check(run("forward", *args), 2, said.format(words))


def its_program_may_be_missing():
    result = subprocess.run([forward_program, "--help"], stdout=subprocess.PIPE, check=True)
    assert result.stdout.startswith(b"usage: ringside forward --to URL")
    check(run("forward", "--help"), 0, stdout=result.stdout)
    check(run("help", "forward"), 0, stdout=result.stdout)
    assert b"  forward   send recordings" in check(run("--help"), 0)
    os.link(ringside, "ringside-alone") if os.stat(ringside).st_dev == os.stat(".").st_dev else \
        subprocess.run(["cp", ringside, "ringside-alone"], check=True)
    alone = subprocess.run(["./ringside-alone", "forward", "--to", "x:"], stderr=subprocess.PIPE, check=False)
    assert alone.returncode in (1, 2), alone  # 2: one is installed on this machine
    if alone.returncode == 1:
        assert b"ringside-forward cannot be run: No such file or directory" in alone.stderr, alone


run_tests(status_tells_of_each_target, status_fails_where_nothing_arrives, one_that_is_killed_is_gone_at_once,
          who_asks_is_no_other_forwarder, files_that_are_none_are_passed_over,
          metrics_tell_of_it, mistakes_are_told, its_program_may_be_missing)
