#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What -o json tells, of a descriptor set with comments and vocabulary.h: the members in ringside-json(5), a
JSON Schema, and the names that --fields knows. A member without a description is an error.

usage: json-members.py SET.desc VOCABULARY.h PAGE.scd.in PAGE.scd|SCHEMA.json|NAMES.h
"""
import json
import re
import sys

from google.protobuf import descriptor_pb2

FIELD = descriptor_pb2.FieldDescriptorProto
INTEGERS = {FIELD.TYPE_INT32, FIELD.TYPE_SINT32, FIELD.TYPE_UINT32, FIELD.TYPE_INT64, FIELD.TYPE_SINT64,
            FIELD.TYPE_UINT64, FIELD.TYPE_FIXED32, FIELD.TYPE_SFIXED32}
TIME = {"type": "string", "format": "date-time"}
OF_STREAM = ["header", "counters", "clock", "footer"]  # what it says about itself stands last
SEVERITIES = ["INFO", "WARN", "ERROR"]
FULL = {  # kinds without events, of whose rows only these are told: by what a row has of them
    "TcpQueue": "A TCP queue of the container that is full to 90 % or more. Told once, until it was less full.",
    "BpfObject": "A BPF map that is full to 90 % or more, and whose container holds it. Told once, until it was less "
                  "full; pid and comm are of who holds it.",
}
FORMS = {  # of a type in VOCABULARY_RECORD: what the page says, and the schema
    "time": ("RFC 3339, UTC", TIME),
    "string": ("string", {"type": "string"}),
    "boolean": ("true or false", {"type": "boolean"}),
    "integer": ("integer", {"type": "integer", "minimum": 0}),
    "number": ("number", {"type": "number", "minimum": 0}),
    "severity": ("string", {"enum": SEVERITIES}),
    "labels": ("object of strings", {"type": "object", "additionalProperties": {"type": "string"}}),
}


class Words:
    """vocabulary.h"""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            text = f.read().replace("\\\n", " ")
        lists = dict(re.findall(r"#define VOCABULARY_(\w+)\(ROW\)(.*)", text))
        self.members = {(message, field): name for message, field, name in
                        re.findall(r'ROW\((\w+), (\w+), "(\w*)"\)', lists["MEMBERS"])}
        self.full = [(kind, name, form, "".join(re.findall(r'"([^"]*)"', told))) for kind, name, form, told in
                     re.findall(r'ROW\((\w+),\s+"(\w+)",\s+"(\w+)",\s+((?:"[^"]*"\s*)+)\)', lists["FULL"])]
        self.ideas = re.findall(r'ROW\("([\w-]*)", "([\w.]*)", "(\w*)"\)', lists["IDEAS"])
        self.hex = set(re.findall(r"ROW\((\w+)\)", lists["HEX"]))
        self.small = set(re.findall(r"ROW\((\w+)\)", lists["SMALL"]))
        self.record = [(name, form, "".join(re.findall(r'"([^"]*)"', told))) for name, form, told in
                       re.findall(r'ROW\("(\w+)",\s+"(\w+)",\s+((?:"[^"]*"\s*)+)\)', lists["RECORD"])]


class Proto:
    """ringside.proto: its messages, enums and comments."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.file = descriptor_pb2.FileDescriptorSet.FromString(f.read()).file[0]
        comments = {tuple(place.path): " ".join((place.leading_comments + place.trailing_comments).split())
                    for place in self.file.source_code_info.location}
        self.messages = {m.name: m for m in self.file.message_type}
        self.told = {m.name: comments.get((4, i), "") for i, m in enumerate(self.file.message_type)}
        self.enums = {e.name: e for e in self.file.enum_type}
        self.told.update({e.name: comments.get((5, i), "") for i, e in enumerate(self.file.enum_type)})
        self.fields = {}
        for i, message in enumerate(self.file.message_type):
            self.enums.update({e.name: e for e in message.enum_type})
            for j, field in enumerate(message.field):
                self.fields[message.name, field.name] = comments.get((4, i, 2, j), "")


class Member:
    def __init__(self, proto, words, message, field):
        self.field = field
        self.name = words.members.get((message.name, field.name), field.name)
        self.type = field.type_name.rsplit(".", 1)[-1]
        self.many = field.label == FIELD.LABEL_REPEATED
        self.told = proto.fields[message.name, field.name] or self.told_elsewhere(proto)
        if self.name and not self.told:
            sys.exit(f"ringside.proto: {message.name}.{field.name} has no comment: ringside-json(5) tells of it")
        for (of, old), new in words.members.items():
            if of == message.name and new:
                self.told = re.sub(rf"(?<![\w.]){old}(?![\w(])", new, self.told)
        self.word, self.form = self.say_form(proto, words)
        self.told = self.told.replace("(CLOCK_BOOTTIME, ns)", "(CLOCK_BOOTTIME)")
        for enum in words.small:
            for value in proto.enums[enum].value:
                self.told = self.told.replace(value.name, value.name.lower())

    def told_elsewhere(self, proto):
        """By its type, or where the same field was told before."""
        return proto.told.get(self.type) or next(
            (told for (_, name), told in proto.fields.items() if name == self.field.name and told), "")

    def say_form(self, proto, words):
        kind = self.field.type
        if kind == FIELD.TYPE_MESSAGE:
            return "object", {"$ref": f"#/$defs/{self.type}"}
        if kind == FIELD.TYPE_ENUM:
            names = enum_words(proto.enums[self.type], self.type in words.small)
            self.told += f": {', '.join(names)}"
            return "string", {"anyOf": [{"enum": names}, {"type": "integer"}]}
        if self.field.name in words.hex:
            return "string, 0x…", {"type": "string", "pattern": "^0x[0-9a-f]+$"}
        if kind == FIELD.TYPE_BOOL:
            return "true or false", {"type": "boolean"}
        if kind == FIELD.TYPE_BYTES:
            return "string, hexadecimal", {"type": "string", "pattern": "^[0-9a-f]*$"}
        if kind == FIELD.TYPE_FIXED64 and self.field.name == "time_unix_nano":
            return FORMS["time"]
        if kind == FIELD.TYPE_FIXED64:
            return "number", {"type": "number", "minimum": 0}
        if kind in INTEGERS:
            return "integer", {"type": "integer"}
        return FORMS["string"]

    def schema(self):
        form = {"type": "array", "items": self.form} if self.many else self.form
        return {"description": self.told, **form}


class FullMember:
    """One of a line about what is full."""
    many, field = False, None

    def __init__(self, name, form, told):
        self.name, self.told, self.type = name, told, form
        self.word, self.form = FORMS[form]

    def schema(self):
        return {"description": self.told, **self.form}


def enum_words(enum, small):
    prefix = enum.value[0].name.partition("UNSPECIFIED")[0]
    names = [value.name.removeprefix(prefix) for value in enum.value]
    return [name.lower() if small else name for name in names]


class Members:
    """What there is: kinds, and the objects in them, in the order in which they are met."""

    def __init__(self, proto, words):
        self.proto, self.words = proto, words
        self.objects = {}
        bodies = [field for field in proto.messages["Record"].field if field.HasField("oneof_index")]
        bodies.sort(key=lambda field: field.name in OF_STREAM)
        self.kinds = {field.name: self.of(field.type_name.rsplit(".", 1)[-1]) for field in bodies}
        for field in bodies:
            self.kinds[field.name] = (self.kinds[field.name][0] or proto.fields["Record", field.name],
                                      self.kinds[field.name][1])
        row = proto.messages["CounterRow"]
        container = next(field for field in row.field if field.name == "container")
        for of, told in FULL.items():
            kind = next(field.name for field in row.field if field.type_name.endswith("." + of))
            self.kinds[kind] = told, [Member(proto, words, row, container)] + \
                [FullMember(*rest) for its, *rest in words.full if its == of]
        envelope = {name for name, _, _ in words.record}
        for kind, (_, members) in self.kinds.items():
            for member in members:
                if member.name in envelope:
                    sys.exit(f"vocabulary.h: {kind} has a member {member.name}, as all records have")

    def of(self, type_name):
        """(comment, members) of a message; of all messages in it, too."""
        message = self.proto.messages[type_name]
        members = [Member(self.proto, self.words, message, field) for field in message.field]
        members = [member for member in members if member.name]
        for member in members:
            if member.field.type == FIELD.TYPE_MESSAGE and member.type not in self.objects:
                self.objects[member.type] = None
                self.objects[member.type] = self.of(member.type)
        return self.proto.told[type_name], members


def sentence(text):
    if re.match(r"[a-z]+(\s|[,:;]|$)", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "…")) else text + "."


def escape(text):
    """For scdoc: nothing in it is formatting, and it begins no list and no table."""
    return re.sub(r"^([-.#|\[\]])", r"\\\1", re.sub(r"([\\_*`~])", r"\\\1", text))


def page_members(rows):
    return "".join(f"*{escape(name)}* ({escape(word)})\n\t{escape(sentence(told))}\n\n" for name, word, told in rows)


def page_object(members):
    return page_members((member.name, ("list of " if member.many else "") +
                         (f"object, see {member.type}" if member.word == "object" else member.word), member.told)
                        for member in members)


def page_ideas(ideas):
    """A table: the option, where JSON has it, and what it is in rows."""
    cells = [("*Filter*", "*JSON*", "*Rows*")]
    cells += [tuple(f"*{escape(word)}*" if word else "" for word in (option and "--" + option, path, label))
              for option, path, label in ideas]
    return "".join(f"{'|[' if not i else '| '} {a}\n:{'[' if not i else ' '} {b}\n:{'[' if not i else ' '} {c}\n"
                   for i, (a, b, c) in enumerate(cells))


def page(members, template):
    kinds = "".join(f"## {escape(kind)}\n\n{escape(sentence(told)) + chr(10) + chr(10) if told else ''}{page_object(own)}"
                    for kind, (told, own) in members.kinds.items())
    objects = "".join(f"## {name}\n\n{escape(sentence(told)) + chr(10) + chr(10) if told else ''}{page_object(own)}"
                      for name, (told, own) in members.objects.items())
    record = page_members((name, FORMS[form][0], told) for name, form, told in members.words.record)
    for mark, text in ("@RECORD@", record), ("@IDEAS@", page_ideas(members.words.ideas)), ("@KINDS@", kinds), ("@OBJECTS@", objects):
        template = template.replace(mark + "\n", text.rstrip("\n") + "\n")
    return template


def properties(own):
    return {member.name: member.schema() for member in own}


def schema(members):
    kinds = [{"if": {"properties": {"kind": {"const": kind}}}, "then": {"description": told, "properties": properties(own)}}
             for kind, (told, own) in members.kinds.items()]
    return json.dumps({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of `ringside cat -o json`",
        "description": "See ringside-json(5). Members may be added; none is renamed, retyped or taken away.",
        "type": "object",
        "required": ["kind", "severity", "message"],
        "properties": {name: {"description": told, **FORMS[form][1]} for name, form, told in members.words.record},
        "allOf": kinds,
        "$defs": {name: {"description": told, "type": "object", "properties": properties(own)}
                  for name, (told, own) in members.objects.items()},
    }, indent=1, ensure_ascii=False) + "\n"


def paths(members, own, prefix=""):
    for member in own:
        yield prefix + member.name
        if member.word == "object" and not member.many:
            yield from paths(members, members.objects[member.type][1], f"{prefix}{member.name}.")


def names(members):
    """All that a record can have, but for what is in lists."""
    all_of_them = [name for name, _, _ in members.words.record]
    for _, own in members.kinds.values():
        all_of_them += paths(members, own)
    rows = "".join(f'\t"{name}", \\\n' for name in dict.fromkeys(all_of_them))
    return ("/* SPDX-License-Identifier: Apache-2.0 */\n/* Generated by json-members.py. */\n#pragma once\n\n"
            f"#define JSON_FIELDS \\\n{rows}\n")


def main():
    descriptor, vocabulary, template, out = sys.argv[1:]
    members = Members(Proto(descriptor), Words(vocabulary))
    if out.endswith(".h"):
        text = names(members)
    elif out.endswith(".json"):
        text = schema(members)
    else:
        with open(template, encoding="utf-8") as f:
            text = page(members, f.read())
    with open(out, "w", encoding="utf-8") as f:
        f.write(text)


main()
