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
import time
import unicodedata

import ringside_pb2 as pb
from program import check, in_a_folder, ringside, run, run_tests, save
from stream import Stream, frame, frames

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


def screen(text):
    """What is left of it: of escapes, the cursor that goes up and what clears below it are known."""
    lines, row = [""], 0
    for part in re.split(r"(\x1b\[\d+A|\x1b\[J|[\r\n])", text):
        if part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1])
            assert row >= 0, text
        elif part == "\x1b[J":
            del lines[row + 1:]
            lines[row] = ""
        elif part == "\n":
            row += 1
            lines += [""] if row == len(lines) else []
        elif part != "\r":
            lines[row] += part
    return "\n".join(lines)


def until(done):
    for _ in range(1000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("nothing came")


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


def a_row(n, comm="nginx", pids=(77,), name="keyctl", held=0, apart=1):
    """Denials so many seconds apart, and what was held back of them."""
    stream = Stream(b"f")
    data = [stream.header("web-1", identity_version=99)]
    for i in range(n):
        stream.boottime += apart
        data.append(stream.record(seccomp_denial=denial(in_pod("a"), comm, pids[i % len(pids)], name)))
    if held:
        stream.boottime += 1
        data.append(stream.record(limited=pb.Limited(
            kind="seccomp_denial", container=in_pod("a"), syscall_name=name, syscall_number=435, count=held,
            action=pb.SECCOMP_RET_ERRNO, error_number=38, error_name="ENOSYS")))
    return data


def numbered(data):
    """One record behind the other, whatever they were made for."""
    for i, one in enumerate(data):
        record = pb.Record.FromString(next(frames(one)))
        record.seq = i + 1
        yield frame(record)


def end_of(text):
    return [line.split("checkout  ")[-1].replace(" (programs fall back; usually harmless)", "")
            for line in text.splitlines()]


def equal_denials_in_a_row_are_one_line():
    rows = {
        "one": (a_row(1), ["nginx[77] keyctl → ENOSYS"]),
        "same": (a_row(20), ["nginx[77] keyctl → ENOSYS  × 20 in 19 s"]),
        "workers": (a_row(6, pids=(77, 78)), ["nginx keyctl → ENOSYS  × 6 in 5 s"]),
        "storm": (a_row(20, held=4980), ["nginx[77] keyctl → ENOSYS  × 5,000 in 20 s (4,980 held back)"]),
        "long": (a_row(200, apart=55), ["nginx[77] keyctl → ENOSYS  × 200 in 3 h 2 min"]),
        "apart": (a_row(2, apart=61), 2 * ["nginx[77] keyctl → ENOSYS"]),
        "others": ([*numbered(a_row(2) + a_row(2, comm="cron")[1:] + a_row(1, name="bpf")[1:] + a_row(1)[1:])], [
            "nginx[77] keyctl → ENOSYS  × 2 in 1 s", "cron[77] keyctl → ENOSYS  × 2 in 1 s",
            "nginx[77] bpf → ENOSYS", "nginx[77] keyctl → ENOSYS"]),
    }
    for name, (data, want) in rows.items():
        save("row.pb", *data)
        text = on_terminal(200, "cat", "--color=never", "row.pb").decode()
        assert end_of(screen(text)) == want, (name, text)
        assert end_of(check(run("cat", "--fold=always", "row.pb"), 0).decode()) == want, name
        apart = check(run("cat", "row.pb"), 0).decode().splitlines()
        assert len(apart) == len(data) - 1, apart
        for args in ("-v",), ("--fold=never",):
            text = on_terminal(200, "cat", "--color=never", *args, "row.pb").decode()
            assert len([line for line in text.splitlines() if "DENY" in line]) == len(apart), text
    save("row.pb", *a_row(3, apart=10))
    assert len(check(run("cat", "-r", "--fold=always", "row.pb"), 0).splitlines()) == 3
    check(run("cat", "--fold=x", "row.pb"), 2, ".*--fold=x: say always, auto or never.*\n")


def the_first_is_seen_at_once_and_its_line_counts_on():
    for columns, env in (100, {}), (60, {}), (100, {"TERM": "dumb"}):
        terminal = Terminal(columns)
        command = subprocess.Popen([ringside, "cat", "--color=never"], stdin=subprocess.PIPE, stdout=terminal.theirs,
                                   bufsize=0, env={**os.environ, "TERM": "xterm", **env})
        first, *rest = a_row(5)
        command.stdin.write(first)
        for i, record in enumerate(rest):
            before = len(terminal.text)
            command.stdin.write(record)
            until(lambda: len(terminal.text) > before or (i and env))
            text = screen(terminal.text.decode().replace("\r\n", "\n"))
            assert i == 0 or env or f"× {i + 1} in" in " ".join(text.split()), text
            assert text.count("DENY") == 1, text
        command.stdin.close()
        assert command.wait(20) == 0
        text = " ".join(screen(terminal.close().decode()).split())
        if env:
            assert text.count("DENY") == 2 and text.endswith("× 4 more in 4 s"), text
        else:
            assert text.count("DENY") == 1 and text.endswith("× 5 in 4 s"), text


def what_is_wrong_with_an_input_ends_a_row():
    first, *rest = a_row(4)
    data = first + b"".join(rest[:2]) + b"\x03\x1a\x7f\x00" + b"".join(rest[2:])
    terminal = Terminal(100)
    result = subprocess.run([ringside, "cat", "--color=never"], input=data, stdout=terminal.theirs,
                            stderr=terminal.theirs, check=False, env={**os.environ, "TERM": "xterm"}, timeout=60)
    text = terminal.close().decode()
    assert result.returncode == 1 and text == screen(text), text
    lines = [line for line in text.splitlines() if "DENY" in line or "damaged" in line]
    assert len(lines) == 3 and "damaged" in lines[1], text


run_tests(
    lines_keep_to_the_width_and_words_stay_whole,
    containers_are_told_apart_in_a_narrow_column,
    without_a_terminal_a_record_is_a_line,
    colour_is_for_terminals_or_who_asks,
    equal_denials_in_a_row_are_one_line,
    the_first_is_seen_at_once_and_its_line_counts_on,
    what_is_wrong_with_an_input_ends_a_row,
)
