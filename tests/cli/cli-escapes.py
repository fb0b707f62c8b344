#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever a name holds that somebody else has chosen, no control character, no mark of direction and nothing invisible
of it reaches a terminal: every string of every record, in what every command prints; and arguments, and file names.

usage: cli-escapes.py RINGSIDE STREAMER
"""
import os
import subprocess
import time

from google.protobuf.descriptor import FieldDescriptor

import ringside_pb2 as pb
from program import in_a_folder, others, ringside, run_tests, save
from stream import frame

streamer, = others
in_a_folder()
NASTY = "a\x1b]0;x\x07\x9b31m\u202eb\u200b\u2066\ufeff\r\x7f\u2028\U000e0041\u034f\u115f\u17b4\u180b\u2800\u3164\ufe00\uffa0\ufff9\U0001bca0c"
# of a terminal's own: colours, and what clears a line of progress, are ours
RAW = [c for c in NASTY if not c.isascii() or not c.isprintable()]


def fill(message, depth=0):
    """Every field of it and of what is in it; numbers that mean something."""
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof or field.name in ("xxh3", "xxh64"):
            continue
        many = field.label == FieldDescriptor.LABEL_REPEATED
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if field.message_type.GetOptions().map_entry:
                getattr(message, field.name)[NASTY] = NASTY
            elif depth < 4:
                fill(getattr(message, field.name).add() if many else getattr(message, field.name), depth + 1)
            continue
        value = {FieldDescriptor.TYPE_STRING: NASTY, FieldDescriptor.TYPE_BYTES: b"0123456789abcdef",
                 FieldDescriptor.TYPE_BOOL: True}.get(field.type, 1)
        if many:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)


def record(kind, seq):
    out = pb.Record(seq=seq, boottime_nano=seq * 10**9, time_unix_nano=int(time.time() * 1e9))
    body = getattr(out, kind)
    fill(body)
    body.SetInParent()
    if kind == "header":
        body.magic, body.format_version, body.file_index, body.first_seq = "RINGSIDE", 1, 0, seq
    if kind == "footer":
        body.records = seq
    return frame(out)


def bodies():
    kinds = [f.name for f in pb.Record.DESCRIPTOR.oneofs_by_name["body"].fields]
    return ["header"] + [k for k in kinds if k not in ("header", "footer")] + ["footer"]


def clean(*command, **kwargs):
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, **kwargs)
    for stream, data in ("stdout", done.stdout), ("stderr", done.stderr):
        text = data.decode()
        bad = sorted({f"U+{ord(c):04X}" for c in text if c in RAW and c != "\r" or c == "\r" and "\r\n" not in text})
        assert not bad, f"{command}: {bad} on {stream}: {text[:3000]!r}"
    return done


def no_string_of_a_record_reaches_a_terminal_raw():
    kinds = bodies()
    whole = b"".join(record(kind, i + 1) for i, kind in enumerate(kinds))
    save("all.pb", whole)
    save("open.pb", b"".join(record(kind, i + 1) for i, kind in enumerate(kinds[:-1])))
    for command in [("cat",), ("cat", "-o", "json"), ("tail", "-n", "all"), ("stats",), ("stats", "-o", "json"),
                    ("status",), ("status", "-o", "json"), ("verify", "-v"), ("replay", "--speed", "max"),
                    ("replay", "--speed", "max", "-o", "text")]:
        for name in "all.pb", "open.pb":
            if command != ("replay", "--speed", "max"):
                done = clean(ringside, *command, name)
                assert done.stdout or done.stderr, command
    for kind in kinds[1:-1]:  # by itself: what comes first may hide what is behind it
        save("one.pb", record("header", 1) + record(kind, 2) + record("footer", 3))
        for command in ("cat",), ("stats",), ("verify", "-v"):
            clean(ringside, *command, "one.pb")


def no_argument_comes_back_raw():
    for command in "cat", "tail", "live", "stats", "status", "verify", "replay", "serve", "doctor":
        clean(ringside, command, "--" + NASTY)
        for option in "--since", "--kind", "-o", "--syscall", "--errno", "--action", "--uid", "--pid", "--speed", "--listen":
            if command not in ("live", "doctor"):
                clean(ringside, command, option, NASTY, "none.pb")
        if command not in ("live", "doctor", "serve"):
            clean(ringside, command, NASTY)
            clean(ringside, command, NASTY + "/")
    clean(ringside, NASTY)
    clean(ringside, "repair", NASTY, "-w", NASTY)
    for option in [("--textfile", NASTY + "/x"), ("--listen", "unix:" + NASTY + "/x"), ("--listen", NASTY + ":9"),
                   ("--listen", "unix:s", "--token-file", NASTY)]:
        clean("timeout", "3", ringside, "serve", *option, "all.pb")  # what can be had later is tried again
    clean(ringside, "repair", "all.pb", "-w", NASTY + "/x")
    for option in ("-w", "--user", "--btf", "--probes", "--attach", "--build", "--rate", "--ring-size", "--max-use",
                   "--max-age", "--label", "-C", "-G", "-c", "--container-rate", "--counters-interval", "--doctor"):
        value = NASTY + "/x/" if option in ("-w", "--btf") else NASTY
        args = [f"{option}={value}"] if option == "--doctor" else [option, value]
        clean(streamer, *args, "-c", "0")
    clean(streamer, "--" + NASTY)
    clean(streamer, NASTY)


def no_name_of_a_file_comes_back_raw():
    os.mkdir(NASTY)
    for name in NASTY + ".pb", NASTY + "/" + NASTY + ".pb":
        save(name, record("header", 1)[:-3] + b"\xff" * 40 + record("footer", 3))
    for command in ("cat",), ("tail", "-n", "all"), ("stats",), ("verify", "-v"), ("status",):
        for name in NASTY + ".pb", NASTY:
            clean(ringside, *command, name)
    clean(ringside, "repair", NASTY + ".pb", "-w", NASTY + ".fixed.pb")


run_tests(no_string_of_a_record_reaches_a_terminal_raw, no_argument_comes_back_raw,
          no_name_of_a_file_comes_back_raw)
