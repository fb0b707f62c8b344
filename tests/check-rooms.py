#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every file to tests/rooms: which rooms there are, and whose files each may use.

usage: check-rooms.py SOURCE [BUILD]

Finds includes of, and (with BUILD, by nm) calls into rooms that a room may not use; folders without a row and rows
without a folder; folders of more than 32 files; headers of a room's own (*-internal.h) that others include; includes
that are not written from the root; files that call each other in a circle: what both need stands below them; and
files of the consumer that name a kind of event, but those of kinds.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOPS = "bpf", "proto", "streamer", "consumer"
MOST_FILES = 32
# What a kind is stands in kinds. The rows of some hold more than a count, and are added up with that.
NAME_KINDS = "consumer/kinds", "consumer/sums"
KIND = re.compile(r"\bX\([A-Z_]+, (\w+), \d+\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)', re.M)


def read_rooms(path):
    """{room: rooms it may use, itself too}"""
    rooms = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        room, _, uses = line.partition(":")
        rooms[room] = {room}
        for use in uses.split():
            of = {other for other in rooms if other == use or use.endswith("/*") and other.startswith(use[:-1])}
            of.discard(room)
            if not of:
                raise SystemExit(f"{path}: {room} may use {use}, which is no room above it")
            rooms[room] |= of
    return rooms


def room_of(path):
    return path.rpartition("/")[0]


def check_folders(source, rooms):
    seen = {}
    for top in TOPS:
        for path in source.joinpath(top).rglob("*.[ch]"):
            seen.setdefault(str(path.parent.relative_to(source)), []).append(path)
    for folder in sorted(seen.keys() - rooms.keys()):
        yield f"{folder}: a folder without a row in tests/rooms"
    for room in sorted(rooms.keys() - seen.keys()):
        yield f"tests/rooms: {room} is no folder with C in it"
    for folder in sorted(seen):
        count = sum(path.is_file() for path in (source / folder).iterdir())
        if count > MOST_FILES:
            yield f"{folder}: {count} files, more than {MOST_FILES}: which noun can have a room of its own?"


def check_includes(source, build, rooms):
    ours = {path.name for top in TOPS for path in source.joinpath(top).rglob("*.h")}
    for path in sorted(path for top in TOPS for path in source.joinpath(top).rglob("*.[ch]")):
        name = str(path.relative_to(source))
        uses = rooms.get(room_of(name), {room_of(name)})
        for quote, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if (source / header).exists():
                if room_of(header) not in uses:
                    yield f"{name}: {room_of(name)} may not use {header}"
                elif header.endswith("-internal.h") and room_of(header) != room_of(name):
                    yield f"{name}: {header} is for its own room only"
            elif quote == '"' and not (build and (build / header).exists()) and Path(header).name in ours:
                yield f"{name}: {header} is not written from the root"


def check_kinds(source):
    names = KIND.findall(source.joinpath("bpf/wire/wire.h").read_text(encoding="utf-8"))
    named = re.compile("|".join(names), re.I)
    for path in sorted(source.joinpath("consumer").rglob("*.[ch]")):
        name = str(path.relative_to(source))
        if room_of(name) not in NAME_KINDS:
            for kind in sorted(set(named.findall(path.read_text(encoding="utf-8")))):
                yield f"{name}: {kind} is named, and not in {NAME_KINDS[0]}"


def symbols(paths):
    """{file: (names it defines, names it wants)}"""
    files = {str(path): (set(), set()) for path in paths}
    done = subprocess.run(["nm", "-A", *files], stdout=subprocess.PIPE, check=True, text=True)
    for line in done.stdout.splitlines():
        path, rest = line.split(":", 1)
        *_, kind, name = rest.split()
        if kind == "U":
            files[path][1].add(name)
        elif kind in "TDBRVW":
            files[path][0].add(name)
    return files


def doors(files):
    """{file: {file it calls: names}}, of its own program or of proto"""
    owner = {(path.split("/")[0], name): path for path, (defined, _) in files.items() for name in defined}
    out = {path: {} for path in files}
    for path, (_, wanted) in files.items():
        for name in sorted(wanted):
            to = owner.get((path.split("/")[0], name)) or owner.get(("proto", name), path)
            if to != path:
                out[path].setdefault(to, []).append(name)
    return out


def reach(graph, start):
    seen, todo = set(), [start]
    while todo:
        for to in graph[todo.pop()]:
            if to not in seen:
                seen.add(to)
                todo.append(to)
    return seen


def check_calls(graph, rooms):
    for path, called in sorted(graph.items()):
        for to, names in sorted(called.items()):
            if room_of(to) not in rooms.get(room_of(path), ()):
                yield f"{path}: {room_of(path)} may not call {to}: {', '.join(names)}"


def check_circles(graph):
    reached = {path: reach(graph, path) for path in graph}
    found = {frozenset(to for to in reached[path] if path in reached[to]) for path in graph if path in reached[path]}
    for circle in sorted(map(sorted, found)):
        yield "circle: " + "; ".join(f"{path} calls {to}: {', '.join(graph[path][to])}" for path in circle
                                     for to in sorted(graph[path].keys() & set(circle)))


def objects(build):
    """{path from the root: object}, of a library's folder: build/proto/libproto-base.a.p/base_units.c.o"""
    out = {}
    for path in sorted(path for top in TOPS for path in build.glob(f"{top}/*.p/*.c.o")):
        name = path.name[:-len(".o")].replace("_", "/", 1)
        known = f"{path.parent.parent.name}/{name}"
        out[known] = path
    return out


def check(source, build=None):
    rooms = read_rooms(source / "tests/rooms")
    found = [*check_folders(source, rooms), *check_includes(source, build, rooms), *check_kinds(source)]
    count = 0
    if build:
        paths = {str(path): name for name, path in objects(build).items() if (source / name).exists()}
        count = len(paths)
        graph = doors({paths[path]: names for path, names in symbols(paths).items()})
        found += [*check_calls(graph, rooms), *check_circles(graph)]
    return found, count


def finds_all():
    """Or what is said about ours means nothing."""
    texts = {"tests/rooms": "bpf/wire\nproto/low\nproto/high: proto/low\nproto/gone: proto/low\n",
             "proto/low/a.h": "", "proto/low/a.c": '#include "proto/high/b.h"\nint b(void); int a(void) { return b(); }',
             "proto/high/b.h": '#include "a.h"', "proto/high/b-internal.h": "",
             "proto/high/b.c": "int a(void); int b(void) { return a(); }",
             "proto/low/c.c": "#include <proto/high/b.h>\n", "consumer/none/d.c": "int oom_kill;",
             "bpf/wire/wire.h": "X(OOM_KILL, oom_kill, 2)"}
    texts |= {f"proto/low/{number}.h": "" for number in range(MOST_FILES)}
    expected = ["consumer/none: a folder without a row", "consumer/none/d.c: oom_kill is named", "proto/gone is no folder", "proto/low: 35 files",
                "a.c: proto/low may not use proto/high/b.h", "c.c: proto/low may not use", "a.h is not written from the root",
                "proto/low may not call proto/high/b.c: b", "circle: proto/high/b.c calls proto/low/a.c: a; proto/low/a.c"]
    with tempfile.TemporaryDirectory() as name:
        source, build = Path(name, "source"), Path(name, "build")
        for path, text in texts.items():
            source.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
            source.joinpath(path).write_text(text, encoding="utf-8")
        for path in "low/a.c", "high/b.c":
            out = build / "proto/libproto.a.p" / (path.replace("/", "_") + ".o")
            out.parent.mkdir(parents=True, exist_ok=True)
            text = texts["proto/" + path].partition("\n")[2] or texts["proto/" + path]
            subprocess.run(["cc", "-c", "-x", "c", "-", "-o", out], input=text, text=True, check=True)
        found = check(source, build)[0]
    missed = [text for text in expected if not any(text in line for line in found)]
    return len(found) == len(expected) and not missed, missed, found


def main():
    source, build = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
    right, *why = finds_all()
    assert right, why
    found, count = check(source, build)
    assert not build or count > 100, f"{count} objects in {build}: is it built?"
    for line in found:
        print(line)
    print(f"{count} objects, {len(found)} found")
    return bool(found)


sys.exit(main())
