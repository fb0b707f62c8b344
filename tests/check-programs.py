#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether all that a part of ./dev calls is installed: programs, in its guests busybox's, Python's modules, and the
libraries and programs meson.build asks for. For a machine with the packages of that part and nothing else: see
tests/fresh.sh deps.

usage: check-programs.py build|demo|test|bench|package

Scripts are read as text: a word where a command may begin is a program, if it is no word of the shell and no function of
ours. Quoted programs of other languages are left out, those of sh -c are not.
"""
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = {
    "build": [],
    "demo": ["tests/demo.sh"],
    "test": ["tests/*.sh", "tests/e2e/*.sh", "tests/e2e/run", "tests/vm/*"],
    "bench": ["tests/bench/*.sh", "tests/vm/run-guest", "tests/vm/fetch", "tests/vm/debs.sh"],
    "package": ["tests/packages/run", "tests/vm/systemd-image", "tests/vm/debs.sh"],
}
LEFT_OUT = {"tests/fresh.sh", "tests/bench/bench-otlp-node.sh"}  # a developer's; the second is run by hand, with npm
GENERATED = {"ringside_pb2", "opentelemetry"}  # modules: of our .proto and of third_party's
MODULES = {"build": [], "demo": [], "test": ["tests/*.py", "tests/cli/*.py", "tests/e2e/*.py", "tests/forward/*.py", "tests/vm/*.py"],
            "bench": ["tests/e2e/judge.py"], "package": []}
# Of distributions that scripts ask for, and say so where they are missing.
OPTIONAL = {"build": {"cmocka", "jansson"}, "demo": {"cmocka", "jansson"}, "test": {"jansson"}, "bench": set(),
            "package": {"cmocka", "jansson"}}
WORD = re.compile(r"""(?:^|[|&;({`]|\b(?:if|then|else|elif|while|until|do|exec|time)[ \t]|![ \t]|
                      \bxargs(?:[ ]-[a-zA-Z](?:[ ]?[A-Z0-9]+)?)*[ ])
                      [ \t]*(?:[A-Za-z_]\w*=[^\s(]*[ \t]+)*([a-z][a-z0-9_.-]*)(?=[ \t\n;|&)]|$)""", re.M | re.X)


def shell_words():
    done = subprocess.run(["bash", "-c", "compgen -b -k"], stdout=subprocess.PIPE, check=True)
    return set(done.stdout.decode().split())


class Script:
    """Takes a script apart: what is left is what a shell would look for commands in."""
    SKIPPED = [(r"\\\n", " "), (r"\\.", "X"), (r"(?<=[\s;])#.*", ""), (r"\$?\(\(.*?\)\)", "X"), (r"\$\{[^}]*\}", "X"),
               (r"\[\[ .*? \]\]", ":"), (r"(?<=\w)(?<!machine)\+?=\([^()]*\)", "=X"),
               # a pattern of case
               (r"(?m)^[ \t]*\(?(?:[\w*?./$-]|\"[^\"\n]*\")+(?: \| (?:[\w*?./$-]|\"[^\"\n]*\")+)*\)(?=[ \t\n])", "\n")]

    def __init__(self, text):
        self.text, self.at, self.ends = "\n" + text, 0, []
        self.left = self.code(None)

    def rest_of_line(self):
        """At a newline: behind the here-documents that begin there."""
        for end in self.ends:
            self.at = re.compile(rf"^\s*{end}$", re.M).search(self.text, self.at).end()
        self.ends = []

    def code(self, until):
        left = ""
        while self.at < len(self.text) and self.text[self.at] != until:
            for pattern, becomes in self.SKIPPED:
                match = re.compile(pattern, re.S if "[[" in pattern else 0).match(self.text, self.at)
                if match:
                    self.at = match.end()
                    left += becomes
                    break
            else:
                left += self.one(left)
        return left

    def one(self, left):
        here = self.text[self.at]
        self.at += 1
        if here == "'":
            end = self.text.index("'", self.at)
            quoted, self.at = self.text[self.at:end], end + 1
            return "\n" + Script(quoted).left + "\n" if re.search(r"\bsh -c\s+$", left) else "X"
        if here == '"':
            return self.quoted()
        if here == "(":
            inside = self.code(")")
            self.at += 1
            return "(" + inside + ";)"
        if here == "\n" and self.ends:
            self.rest_of_line()
        match = re.compile(r"<<?-?\s*'?([A-Z]+)'?").match(self.text, self.at - 1) if here == "<" else None
        if match and match.group().startswith("<<"):
            self.ends.append(match.group(1))
            self.at = match.end()
            return ""
        return here

    def quoted(self):
        """Of what is in double quotes, what is run."""
        left = "X"
        while self.text[self.at] != '"':
            if self.text.startswith("$((", self.at):
                self.at = self.text.index("))", self.at) + 1
            elif self.text.startswith("$(", self.at):
                self.at += 2
                left += "(" + self.code(")") + ";)"
            elif self.text[self.at] == "\\":
                self.at += 1
            self.at += 1
        self.at += 1
        return left


def functions(text):
    return set(re.findall(r"^\s*([a-z_][\w-]*)\(\)", text, re.M))


def scripts_of(globs):
    for glob in globs:
        for path in sorted(ROOT.glob(glob)):
            name = str(path.relative_to(ROOT))
            if path.is_file() and name not in LEFT_OUT and path.suffix not in (".py", ".md", ".jq"):
                yield name, path.read_text(encoding="utf-8")


def calls(scripts, all_scripts):
    """{program: the first script that calls it}; what scripts define, and take along of the build, is ours"""
    ours = set().union(shell_words(), unpacked(), *(functions(text) | built(text) for _, text in all_scripts))
    found = {}
    for name, text in scripts:
        for match in WORD.finditer(Script(text).left):
            if match.group(1) not in ours and "aarch64" not in match.group(1):
                found.setdefault(match.group(1), name)
    return found


def programs_of(text):
    """A case's."""
    return [word for line in text.splitlines() if line.startswith("programs=")
            for word in line.split("=")[1].strip("'\"").split()]


def unpacked():
    """Servers that only tests run: not installed."""
    return set(re.search(r"^packages=\((.*)\)", (ROOT / "tests/vm/daemons").read_text(encoding="utf-8"), re.M).group(1).split())


def built(text):
    return {word.rsplit("/", 1)[1] for word in programs_of(text) if word.startswith("$BUILD/")}


def taken_along(text):
    """By run-guest -p, and as a case's programs."""
    lines = text.replace("\\\n", " ").splitlines()
    taken = [name for line in lines if "vm/run-guest" in line for name in re.findall(r" -p ([a-z]\w+)", line)]
    return set(taken).union(word for word in programs_of(text) if not word.startswith("$BUILD/"))


def missing_in_guests(scripts):
    if not shutil.which("busybox"):
        return []  # missing itself
    done = subprocess.run(["busybox", "--list"], stdout=subprocess.PIPE, check=True)
    there = set(done.stdout.decode().split()).union(*(taken_along(text) for _, text in scripts))
    inside = [(name, text) for name, text in scripts if text.startswith(("#!/bin/sh", "#!/bin/busybox"))]
    return [f"{name}: {program}, in busybox" for program, name in calls(inside, scripts).items() if program not in there]


def missing_programs(part, scripts):
    found = calls([(name, text) for name, text in scripts if not text.startswith("#!/bin/busybox")], scripts)
    for name, text in scripts:
        for program in taken_along(text):
            found.setdefault(program, name)
    if any(name == "tests/vm/run-guest" for name, _ in scripts):
        found.setdefault("busybox", "tests/vm/run-guest")
    print(f"{part}: {len(found)} programs: {' '.join(sorted(found))}")
    missing = [f"{name}: {program}" for program, name in sorted(found.items()) if not shutil.which(program)]
    return missing + missing_in_guests(scripts)


def missing_modules(globs):
    paths = [path for glob in globs for path in ROOT.glob(glob)]
    ours = {path.stem for path in paths} | GENERATED
    names = {name for path in paths for line in path.read_text(encoding="utf-8").splitlines()
             for name in re.findall(r"^\s*(?:import|from) ([a-z_]\w*)", line)}
    return [f"Python's module {name}" for name in sorted(names - ours) if not importlib.util.find_spec(name)]


def missing_of_meson(optional):
    text = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("**/meson.build")
                     if "build" not in path.relative_to(ROOT).parts[0])
    libraries = set(re.findall(r"dependency\('([\w-]+)'", text)) - {"threads", "dl"} - optional
    programs = set(re.findall(r"find_program\('([\w-]+)'", text))
    missing = [f"meson.build: library {name}" for name in sorted(libraries)
               if subprocess.run(["pkg-config", "--exists", name], check=False).returncode]
    return missing + [f"meson.build: {name}" for name in sorted(programs) if not shutil.which(name)]


def main():
    part = sys.argv[1]
    scripts = list(scripts_of(SCRIPTS[part]))
    missing = missing_programs(part, scripts) + missing_modules(MODULES[part]) + \
        missing_of_meson(OPTIONAL[part])
    for line in missing:
        print(f"not ok - {part}: missing: {line}")
    print(f"{'not ok' if missing else 'ok'} - all that {part} calls is installed")
    return bool(missing)


sys.exit(main())
