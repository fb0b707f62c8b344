#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What stands on a terminal: lines that keep to its width, and colour.

usage: cli-terminal.py RINGSIDE
"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import unicodedata

import ringside_pb2 as pb
from program import check, in_a_folder, ringside, run, run_tests, save
from stream import Stream

in_a_folder()

PODS = "web-7d9f8c6b5d-x2x7k", "web-7d9f8c6b5d-q9k4z", "a"
COLOR = re.compile(rb"\x1b\[[0-9;]*m")


def width(text):
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


class Terminal:
    """A terminal of so many columns, and all that is written to it."""

    def __init__(self, columns):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        self.text = b""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        try:
            while data := os.read(self.ours, 1 << 16):
                self.text += data
        except OSError:
            pass

    def close(self):
        os.close(self.theirs)
        self.reader.join(10)
        os.close(self.ours)
        return self.text.replace(b"\r\n", b"\n")


def on_terminal(columns, *args, env=None, data=b""):
    terminal = Terminal(columns)
    result = subprocess.run([ringside, *args], input=data, stdout=terminal.theirs, stderr=subprocess.PIPE, timeout=60,
                            env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **(env or {})}, check=False)
    text = terminal.close()
    check(result, 0)
    return text


def in_pod(pod, namespace="payments-production", name="checkout"):
    return pb.Container(id="4f" * 32, runtime="containerd", pod_uid="0d2f8a1c-5a3b-4c6d-8e7f-112233445566",
                        namespace_name=namespace, pod_name=pod, container_name=name, cgroup_id=len(pod),
                        cgroup_path="/kubepods.slice/x")


def a_recording():
    stream = Stream(b"t")
    data = stream.header("web-1", identity_version=99)
    for pod in PODS:
        stream.boottime += 1
        kill = pb.OomKill(victim=pb.Process(pid=1234, comm="python3"), victim_container=in_pod(pod), kill_id=1,
                          limit_owner=in_pod(pod), limit_level=pb.LIMIT_LEVEL_CONTAINER, limit_bytes=512 << 20,
                          scope=pb.OOM_SCOPE_MEMCG, anon_rss_bytes=20 << 20, shmem_rss_bytes=470 << 20)
        data += stream.record(oom_kill=kill)
        data += stream.record(seccomp_denial=denial(in_pod(pod), "日本語の名前"))
    unit = pb.Container(runtime="podman", id="ab" * 32, cgroup_path="/machine.slice/libpod-x")
    data += stream.record(seccomp_denial=denial(unit, "nginx"))
    return data + stream.footer()


def denial(container, comm, pid=77, name="clone3"):
    return pb.SeccompDenial(process=pb.Process(pid=pid, comm=comm), container=container, syscall_name=name,
                            syscall_number=435, action=pb.SECCOMP_RET_ERRNO, error_number=38, error_name="ENOSYS")


save("some.pb", a_recording())


def lines_keep_to_the_width_and_words_stay_whole():
    plain = check(run("cat", "--utc", "some.pb"), 0).decode()
    for columns in 80, 100, 200:
        text = on_terminal(columns, "cat", "--utc", "--color=never", "some.pb").decode()
        for line in text.splitlines():
            assert width(line) <= columns, (columns, width(line), line)
        words = {word for line in text.splitlines() for word in line.split()}
        known = set(plain.split())
        odd = {word for word in words - known if "…" not in word}
        advice = set(on_terminal(1000, "cat", "--utc", "--color=never", "some.pb").decode().split())
        assert odd <= advice, odd - advice
        starts = [line for line in text.splitlines() if not line.startswith(" ")]
        assert len(starts) == 7, text
        for line in text.splitlines():
            assert re.match(r"2025-11-22 03:04:0\d.000Z (OOM  |DENY )\S| {25,}\S", line), line


def containers_are_told_apart_in_a_narrow_column():
    text = on_terminal(80, "cat", "--utc", "--color=never", "some.pb").decode()
    names = re.findall(r"Z OOM  (.*?)  ", text)
    assert len(set(names)) == 3 and all(width(name) <= 24 for name in names), names
    assert names[0].startswith("payments-pr") and names[0].endswith("x2x7k/checkout"[-12:]), names
    whole = check(run("cat", "--utc", "some.pb"), 0).decode()
    assert all(f"payments-production/{pod}/checkout" in whole for pod in PODS)


def without_a_terminal_a_record_is_a_line():
    lines = check(run("cat", "some.pb"), 0).decode().splitlines()
    assert len(lines) == 7 and max(map(len, lines)) > 150, lines


def colour_is_for_terminals_or_who_asks():
    assert not COLOR.search(check(run("cat", "some.pb"), 0))
    asked = check(run("cat", "--color=always", "some.pb"), 0)
    assert COLOR.search(asked) and COLOR.sub(b"", asked) == check(run("cat", "some.pb"), 0)
    assert check(run("cat", "--color", "some.pb"), 0) == asked
    assert COLOR.search(on_terminal(80, "cat", "some.pb"))
    assert not COLOR.search(on_terminal(80, "cat", "--color=never", "some.pb"))
    assert not COLOR.search(on_terminal(80, "cat", "some.pb", env={"NO_COLOR": "1"}))
    assert not COLOR.search(on_terminal(80, "cat", "some.pb", env={"TERM": "dumb"}))
    assert COLOR.search(on_terminal(80, "cat", "--color=always", "some.pb", env={"TERM": "dumb"}))
    check(run("cat", "--color=blue", "some.pb"), 2, ".*--color=blue: say always, auto or never.*\n")
    for args in ("tail",), ("stats",), ("replay", "--speed=max", "-o", "text"):
        assert COLOR.search(check(run(*args, "--color=always", "some.pb"), 0)), args
        plain = check(run(*args, "some.pb"), 0)
        assert COLOR.sub(b"", check(run(*args, "--color=always", "some.pb"), 0)) == plain, args
    # a pager shows a line at a time: none leaves its colour to the next
    for line in asked.splitlines():
        assert not COLOR.search(line) or line.rfind(b"\x1b[0m") == line.rfind(b"\x1b["), line


run_tests(
    lines_keep_to_the_width_and_words_stay_whole,
    containers_are_told_apart_in_a_narrow_column,
    without_a_terminal_a_record_is_a_line,
    colour_is_for_terminals_or_who_asks,
)
