#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far is it to the exit of a program that sees an allowed call?

usage: allowed.py FILE

FILE is what `bpftool prog dump xlated` printed of a program on the end of __secure_computing(). Walks
it as the kernel would with a result of 0: what the first conditional jump tells apart is the -1.
"""
import re
import sys

MOST = 8
LINE = re.compile(r"^\s*(\d+): \(([0-9a-f]{2})\) (.*)$")
# "if w1 != 0xffffffff goto pc+2", "if w1 == -1 goto pc+2"
BRANCH = re.compile(r"if (?:r|w)\d+ (==|!=) (?:0xffffffff|-1) goto pc([+-]\d+)")
JUMP = re.compile(r"goto pc([+-]\d+)$")


def walk(program):
    """Yields the instructions of an allowed call, the exit included."""
    at = 0
    while True:
        text = program[at]
        yield text
        if text == "exit":
            return
        branch, jump = BRANCH.match(text), JUMP.match(text)
        if branch:
            at += int(branch[2]) if branch[1] == "!=" else 0
        elif jump:
            at += int(jump[1])
        at += 1


def main():
    program = {int(m[1]): m[3].strip() for m in map(LINE.match, open(sys.argv[1], encoding="utf-8")) if m}
    if not program:
        print("not ok - there is no program")
        return 1
    path = []
    for text in walk(program):
        path.append(text)
        if len(path) > MOST or "call" in text or "map" in text:
            break
    good = path[-1] == "exit"
    print(f"{'ok' if good else 'not ok'} - an allowed call takes {len(path)} instructions: {'; '.join(path)}")
    return 0 if good else 1


sys.exit(main())
