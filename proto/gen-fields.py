#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Field numbers and enum values of a descriptor set as C constants: FIELD_<MESSAGE>_<FIELD>.

And <MESSAGE>_<ONEOF>_NAMES: the names of a oneof's fields, to be put into an array by number.

usage: gen-fields.py SET.desc OUT.h
"""
import re
import sys

from google.protobuf import descriptor_pb2


def upper(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def main():
    with open(sys.argv[1], "rb") as f:
        files = descriptor_pb2.FileDescriptorSet.FromString(f.read()).file
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("/* SPDX-License-Identifier: Apache-2.0 */\n")
        out.write("/* Generated from ringside.proto by gen-fields.py. */\n#pragma once\n\nenum {\n")
        for file in files:
            for enum in list(file.enum_type) + [e for m in file.message_type for e in m.enum_type]:
                for value in enum.value:
                    out.write(f"\tPB_{value.name} = {value.number},\n")
            for message in file.message_type:
                for field in message.field:
                    out.write(f"\tFIELD_{upper(message.name)}_{field.name.upper()} = {field.number},\n")
        out.write("};\n")
        for file in files:
            for message in file.message_type:
                for i, oneof in enumerate(message.oneof_decl):
                    names = [f'[{f.number}] = "{f.name}"' for f in message.field
                             if f.HasField("oneof_index") and f.oneof_index == i]
                    out.write(f"\n#define {upper(message.name)}_{oneof.name.upper()}_NAMES "
                              f"{', '.join(names)}\n")


main()
