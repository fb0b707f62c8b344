#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The configuration of ringside-streamer, as its users meet it: what --print-config prints is read again, --check-config
says what is wrong, and whatever the program's table has is in its help, its manual page and its completion.

usage: cli-config.py STREAMER SOURCE
"""
import os
import re
import subprocess

from program import check, in_a_folder, others, run, run_tests, save

source, = others
in_a_folder()
WORDS = {"--attach": 4, "--build": 4, "--probes": 5}


def text_of(*path):
    with open(os.path.join(source, *path), encoding="utf-8") as file:
        return file.read()


def options():
    """{long option: whether it takes an argument}, as --help has them."""
    found = re.findall(r"^  (?:-\w,|   ) --([a-z-]+)( [A-Z]|)", check(run("--help"), 0).decode(), re.M)
    assert len(found) > 30, found
    return {name: bool(arg) for name, arg in found}


def printed(*args, env=None):
    """{section: {key: (value, where it comes from)}}"""
    sections, origin = {}, None
    result = run("--print-config", *args, env={**os.environ, **(env or {})})
    for line in check(result, 0).decode().splitlines():
        if line.startswith("# "):
            origin = line[2:]
        elif line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line:
            key, value = line.split(" =", 1)
            section[key] = value.strip(), origin
    return sections


def what_is_printed_is_read_again():
    before = printed("--config", "/dev/null", "--probes", "oom,tcp", "-w", "x/", "-W", "5", "-z0", "--label", "a=b", "--rate", "4,5",
                     "--max-use", "10%", "--max-age", "2d", "--ring-size", "1M", env={"RINGSIDE_HOST_NAME": "c \u00e4 ; d"})
    assert before["oom"]["enabled"] == ("yes", "option --probes") and before["bpf"]["enabled"][0] == "no"
    assert before["streamer"]["host-name"] == ("c \u00e4 ; d", "environment RINGSIDE_HOST_NAME")
    assert before["labels"] == {"a": ("b", "option --label")}
    assert before["output"]["max-files"] == ("5", "option --max-files") and before["output"]["append"] == ("no", "built in")
    lines = [line for section, keys in before.items() for line in
             [f"[{section}]", *(f"{key} = {value}" for key, (value, _) in keys.items())]]
    save("again.conf", "\n".join(lines).encode())
    again = printed("--config", "again.conf")
    for section, keys in before.items():
        for key, (value, _) in keys.items():
            line = lines.index(f"{key} = {value}", lines.index(f"[{section}]")) + 1
            assert again[section][key] == (value, f"again.conf:{line}"), (section, key, again[section][key], line)


def what_is_wrong_is_said():
    save("wrong.conf", b"[limits]\nrate = x\n[otput]\n")
    said = r"ringside-streamer: wrong.conf:2: rate 'x': accepts N or .*\nringside-streamer: wrong.conf:3: unknown section \[otput\]: did you mean \[output\]\?\n"
    check(run("--config", "wrong.conf", "--check-config"), 1, said, b"")
    check(run("--config", "wrong.conf", "--print-config"), 1, said, b"")
    check(run("--config", "wrong.conf"), 2, said, b"")
    check(run("--config", "wrong.conf", "--check-config", "--rate", "y"), 1, r"ringside-streamer: --rate 'y': .*\n" + said, b"")
    check(run("--config", "none.conf", "--check-config"), 1, "ringside-streamer: none.conf cannot be read: No such file or directory\n", b"")
    save("twice.conf", b"[limits]\nrate = 1\nrate = 2\n")
    check(run("--config", "twice.conf", "--check-config"), 0, "ringside-streamer: twice.conf:3: rate is given again: line 2 does not count\n", b"")
    check(run("--config", "/dev/null", "--check-config"), 0, "", b"")
    os.mkfifo("pipe")
    check(run("--config", "pipe", "--check-config"), 1, "ringside-streamer: pipe is no file\n", b"")
    os.chmod("twice.conf", 0o666)
    check(run("--config", "twice.conf", "--check-config"), 1, r"ringside-streamer: twice.conf can be written by others .*\n", b"")


def the_page_has_all():
    page = text_of("man", "ringside-streamer.8.scd")
    for name in options():
        assert re.search(rf"^\*.*--{name}\*", page, re.M), f"--{name} has no entry in the page"
    config = page.partition("\n# CONFIGURATION\n")[2].partition("\n# ")[0].replace("\\", "")
    entries = dict(re.findall(r"^(\*\[.*\]\*)\n\t(.+(?:\n\t.+)*)", config, re.M))
    told = {section: keys for sections, keys in entries.items() for section in re.findall(r"\w+", sections)}
    for section, keys in printed("--config", "/dev/null").items():
        assert section in told, f"[{section}] has no entry in the page"
        for key in keys:
            assert f"*{key}*" in told[section], f"{key} of [{section}] has no entry in the page"


def complete(*words):
    script = 'PATH=$2:$PATH; . "$1"; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ringside_streamer; printf "%s\\n" "${COMPREPLY[@]}"'
    result = subprocess.run(["bash", "-c", script, "bash", os.path.join(source, "completions", "ringside-streamer.bash"),
                             os.path.dirname(run("--version").args[0]), "ringside-streamer", *words],
                            capture_output=True, check=True, text=True)
    assert not result.stderr, result.stderr
    return result.stdout.split()


def completion_knows_all():
    known = options()
    assert sorted(complete("--")) == sorted(f"--{name}" for name in known)
    assert complete("-w", "x", "--max-") == ["--max-size", "--max-time", "--max-files", "--max-use", "--max-age"]
    for name, arg in known.items():
        assert not arg or not any(word.startswith("--") for word in complete(f"--{name}", "")), f"--{name} takes an argument"
    for option, count in WORDS.items():
        words = complete(option, "")
        assert len(words) == count == len(set(words)), words
        for word in words:
            check(run("--config", "/dev/null", "--check-config", option, word), 0)
    assert complete("--probes", "oom,se") == ["oom,seccomp"] and complete("--attach", "=", "k") == ["kprobe"]


run_tests(
    what_is_printed_is_read_again,
    what_is_wrong_is_said,
    the_page_has_all,
    completion_knows_all,
)
