#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Files that call each other in a circle are one file cut in the wrong place: a call back up means that the cut is wrong.

usage: check-circles.py BUILD

Takes the objects of proto, streamer and consumer in the folder BUILD apart with nm: who calls a function, or reads an
object, of whom.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOMS = "proto", "streamer", "consumer"


def symbols(paths):
    """{file: (names it defines, names it wants)}"""
    defined, wanted = {}, {}
    done = subprocess.run(["nm", "-A", *map(str, paths)], stdout=subprocess.PIPE, check=True, text=True)
    for line in done.stdout.splitlines():
        path, rest = line.split(":", 1)
        *_, kind, name = rest.split()
        if kind == "U":
            wanted.setdefault(path, set()).add(name)
        elif kind in "TDBRVW":
            defined.setdefault(path, set()).add(name)
    return {str(path): (defined.get(str(path), set()), wanted.get(str(path), set())) for path in paths}


def doors(files):
    """{file: {file it calls: names}}"""
    owner = {name: path for path, (defined, _) in files.items() for name in defined}
    out = {path: {} for path in files}
    for path, (_, wanted) in files.items():
        for name in wanted:
            if owner.get(name, path) != path:
                out[path].setdefault(owner[name], []).append(name)
    return out


def reach(graph, start):
    seen, todo = set(), [start]
    while todo:
        for to in graph[todo.pop()]:
            if to not in seen:
                seen.add(to)
                todo.append(to)
    return seen


def circles(graph):
    reached = {path: reach(graph, path) for path in graph}
    found = {frozenset(to for to in reached[path] if path in reached[to]) for path in graph if path in reached[path]}
    return sorted(map(sorted, found))


def short(path):
    return re.sub(r"^.*/lib\w+\.a\.p/|\.c\.o$|\.o$", "", path)


def check(paths):
    graph = doors(symbols(paths))
    found = circles(graph)
    for circle in found:
        print("circle:", " ".join(map(short, circle)))
        for path in circle:
            for to in sorted(graph[path].keys() & set(circle)):
                print(f"  {short(path)} calls {short(to)}: {', '.join(sorted(graph[path][to]))}")
    return found


def finds_one():
    """Or what is said about ours means nothing."""
    with tempfile.TemporaryDirectory() as folder:
        texts = {"a": "int b(void); int a(void) { return b(); }", "b": "int a(void); int b(void) { return a(); }",
                 "c": "int a(void); int c(void) { return a(); }"}
        for name, text in texts.items():
            subprocess.run(["cc", "-c", "-x", "c", "-", "-o", f"{folder}/{name}.o"], input=text, text=True, check=True)
        found = circles(doors(symbols(sorted(Path(folder).glob("*.o")))))
        return [list(map(lambda path: Path(path).stem, circle)) for circle in found] == [["a", "b"]]


def main():
    build = Path(sys.argv[1])
    paths = sorted(path for room in ROOMS for path in (build / room).glob("lib*.a.p/*.c.o"))
    assert finds_one(), "two files that call each other were not found"
    assert len(paths) > 100, f"{len(paths)} objects in {build}: is it built?"
    found = check(paths)
    print(f"{len(paths)} files, {len(found)} circles")
    return bool(found)


sys.exit(main())
