#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The configuration of ringside-streamer, as its users meet it: what --print-config prints is read again, --check-config
says what is wrong, and whatever the program's table has is in its help, its manual page and its completion.

usage: cli-config.py STREAMER SOURCE
"""
import os
import re
import shutil
import subprocess

from program import check, in_a_folder, others, ringside, run, run_tests, save

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


def what_the_check_refuses_the_start_refuses_in_the_same_words():
    """Whatever is wrong before the kernel is asked; a row for each that one of the two once took."""
    save("off.conf", b"[oom]\nenabled = no\n[seccomp]\nenabled = no\n")
    save("retention.conf", b"[retention]\nmax-age = 3d\n")
    os.mkdir("kept")
    for args, said in {
            ("--max-use", "1G", "-w", "x.pb"): "--max-use, --keep-free and --max-age are for a folder: -w x.pb/",
            ("--config", "retention.conf"): "--max-use, --keep-free and --max-age are for a folder: -w DIR/",
            ("-w", "x.pb", "-W", "5"): "-W needs -C or -G, which say when a file is full, or -w DIR/",
            ("-w", "kept", "--max-use", "1"): "--max-use of 1 byte: accepts at least two files of .*",
            ("-w", "made/", "--max-use", "1M", "-C", "64M"): "--max-use of .*: accepts at least two files of .*",
            ("-w", "kept", "--append"): "kept is a folder, in which all files are new: without --append and --force",
            ("-w", "kept/", "--force"): "kept/ is a folder, in which all files are new: without --append and --force",
            ("-w", "x.pb.zst", "-z0"): "x.pb.zst ends in .zst, but -z0 does not compress: use another name",
            ("-w", "%Y/x.pb", "-G", "1h"): "-w %Y/x.pb: the folder's name cannot hold conversions, only the file's",
            ("-w", "%D.pb", "-G", "1h"): "-w %D.pb: conversions that make folders are refused: .*",
            ("--append",): "--append needs -w FILE",
            ("-C", "1M"): "-C, -G, -W and --post-rotate need -w FILE or -w DIR/",
            ("-w", "x", "--append", "--force"): "--append and --force exclude each other: .*",
            ("-w", "x", "--append", "-C", "1M"): "--append is for one file: not with -C, -G and -W",
            ("--config", "off.conf"): r"no probe is on: enabled = yes in a section such as \[oom\], or --probes",
            ("--user", "no-such-user"): "--user no-such-user: /etc/passwd has no such user",
            ("--btf", "none.btf"): "--btf none.btf cannot be read: No such file or directory",
            ("--build", "runtime", "--btf", "/dev/null"): "--build runtime gets the types .*: not with --btf FILE",
            ("--bpf-stats",): "--bpf-stats is of the probe bpf: .*",
            ("--doctor", "-w", "x"): "--doctor writes to stdout, not to -w FILE, and without -z"}.items():
        config = () if "--config" in args else ("--config", "/dev/null")
        said = f"ringside-streamer: {said}\n"
        checked = run("--check-config", *config, *args)
        check(checked, 1, said, b"")
        check(run(*config, *args), 2, re.escape(checked.stderr.decode()), b"")
    assert sorted(os.listdir("kept")) == [] and not os.path.exists("made"), "a check makes nothing"


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


def the_words_of_all_shells_are_the_same():
    """Those of an option stand in each file on the line with its name, or right below; of lists of probes, somewhere."""
    for shell, of in ("zsh", r"^\t{}\) .*?'(?:\(|_sequence compadd - )([a-z ]+)"), ("fish", r"^        case {}\n.* -a '([a-z ]+)'"):
        text = text_of("completions", f"ringside-streamer.{shell}")
        for option in WORDS.keys() | {"--doctor"}:
            found = re.search(of.format(option[2:]), text, re.M) or re.search(r"printf '%s.n' ([a-z ]+)", text)
            assert found and found.group(1).split() == complete(option, ""), (shell, option)
        files = re.search(r"^(?:\t|        case )(write[a-z |]*)", text, re.M).group(1)
        assert sorted(re.findall(r"\w+", files)) == ["brake", "btf", "config", "write"], files


def zsh_completes():
    """What _arguments is told: zsh's own function does the rest."""
    if not shutil.which("zsh"):
        return
    script = '_arguments() { print -rl -- "$@" }; _call_program() { shift; "$@" }; words=("$2"); . "$1"'
    done = subprocess.run(["zsh", "-f", "-c", script, "zsh", os.path.join(source, "completions", "ringside-streamer.zsh"), ringside],
                          capture_output=True, check=True, text=True)
    specs = done.stdout.splitlines()
    assert specs[:2] == ["-s", "-S"] and not done.stderr, done
    for name, arg in options().items():
        spec, = [spec for spec in specs if re.match(rf"--{name}[\[=]", spec)]
        optional = name in ("compress", "doctor")
        assert re.match(rf"--{name}" + (r"=-\[.+\]::" if optional else r"=\[.*\]:\w" if arg else r"\[.*\]$"), spec), spec
    assert "-w+[write to FILE instead of stdout (-); one that exists and is not]:file:_files" in specs, specs
    assert "-q[nothing on stderr of what is attached, and no totals at the end]" in specs, specs


def fish_completes():
    if not shutil.which("fish"):
        return

    def words(line):
        script = 'source $argv[1]; complete -C "$argv[2]"'
        env = {**os.environ, "PATH": os.path.dirname(ringside) + ":" + os.environ["PATH"], "HOME": os.getcwd()}
        done = subprocess.run(["fish", "--no-config", "-c", script, os.path.join(source, "completions", "ringside-streamer.fish"), line],
                              capture_output=True, check=True, text=True, env=env)
        assert not done.stderr, done.stderr
        return [word.split("\t")[0] for word in done.stdout.splitlines()]

    assert {word.rstrip("=") for word in words("ringside-streamer --")} == {f"--{name}" for name in options()}
    for option, count in WORDS.items():
        assert sorted(words(f"ringside-streamer {option} ")) == sorted(complete(option, "")), option
        assert len(complete(option, "")) == count
    assert words("ringside-streamer --probes oom,se") == ["oom,seccomp"]
    assert words("ringside-streamer --doctor=h") == ["--doctor=hold"]
    save("afile", b"")
    assert "afile" in words("ringside-streamer -w a") and words("ringside-streamer a") == words("ringside-streamer --rate a") == []


run_tests(
    what_is_printed_is_read_again,
    what_is_wrong_is_said,
    what_the_check_refuses_the_start_refuses_in_the_same_words,
    the_page_has_all,
    completion_knows_all,
    the_words_of_all_shells_are_the_same,
    zsh_completes,
    fish_completes,
)
