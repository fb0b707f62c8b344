#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Parses `ringside cat -o protojson` back with Python's protobuf and compares with the binary.

usage: protojson.py RINGSIDE [RECORDING]

Without RECORDING: with a stream that has every field of every message, at its limits.
"""
import random

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F

import ringside_pb2 as pb
from program import check, others, run
from stream import frame, frames

random.seed(1)
LIMITS = {
    F.TYPE_UINT32: [0, 1, 2**32 - 1],
    F.TYPE_SINT32: [0, -1, -2**31, 2**31 - 1],
    F.TYPE_UINT64: [0, 2**53 + 1, 2**64 - 1],
    F.TYPE_SINT64: [0, -1, -2**63, 2**63 - 1],
    F.TYPE_FIXED64: [0, 1763780645123456789, 2**64 - 1],
    F.TYPE_BOOL: [False, True],
    F.TYPE_STRING: ["", "nginx", 'a"b\\c\n\t\x01\x1b\x7f', "ä€🐳\u0085\u2028", "x" * 300],
    F.TYPE_BYTES: [b"", b"\0", b"\xff\xfe", bytes(range(256))],
}


def value_of(field):
    if field.type == F.TYPE_ENUM:
        return random.choice(field.enum_type.values).number
    return random.choice(LIMITS[field.type])


def fill(message, depth=0):
    """Sets every field but a oneof's."""
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof:
            continue
        target = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            for key in ["", "cluster", 'q"uote']:
                target[key] = random.choice(LIMITS[F.TYPE_STRING])
        elif field.label == F.LABEL_REPEATED:
            for _ in range(random.randint(0, 3)):
                if field.message_type:
                    fill(target.add(), depth + 1)
                else:
                    target.append(value_of(field))
        elif field.message_type:
            target.SetInParent()
            fill(target, depth + 1)
        else:
            setattr(message, field.name, value_of(field))


def made_up():
    bodies = [f for f in pb.Record.DESCRIPTOR.fields if f.containing_oneof]
    records = []
    for i in range(20 * len(bodies)):
        record = pb.Record()
        body = getattr(record, bodies[i % len(bodies)].name)
        body.SetInParent()
        if i >= len(bodies) or not i:  # else: present and empty
            fill(body)
        fill(record)
        record.cpu_sums.ClearField("between")  # a reader puts back what it stands for
        if bodies[i % len(bodies)].name == "header":
            body.magic = "RINGSIDE"
            body.format_version = 1
            body.identity_version = 2  # else a reader works out the containers again
        records.append(frame(record))
    return b"".join(records)


if others:
    with open(others[0], "rb") as f:
        data = f.read()
else:
    data = made_up()

lines = check(run("cat", "-o", "protojson", "-", data=data), 0, None).decode().split("\n")
assert lines.pop() == "", "the last line has no end"
count = 0
for record in frames(data):
    if not record:
        continue
    binary = pb.Record.FromString(record)
    binary.DiscardUnknownFields()
    parsed = json_format.Parse(lines[count], pb.Record())
    assert parsed == binary, f"record {count}:\n{lines[count]}\n{binary}"
    count += 1
assert count == len(lines), f"{count} records, {len(lines)} lines"
assert count > 0
print(f"{count} records: ProtoJSON and binary are equal")
