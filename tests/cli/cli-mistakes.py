#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What people who know tcpdump, journalctl, kubectl and jq type by mistake, and what they are told: one line that says
what to do, and 2 where the command is wrong, 1 where what it is about is.

usage: cli-mistakes.py RINGSIDE STREAMER
"""
import gzip
import os
import shutil
import socket
import subprocess

from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import Stream

streamer, = others
in_a_folder()

# A command in a shell, its exit status, and what it says.
MISTAKES = [
    # what is read
    ("ringside a.pb", 2, "a.pb is no command: did you mean ringside cat a.pb?"),
    ("ringside cat yesterday.pb", 1, "yesterday.pb: No such file or directory"),
    ("ringside cat none", 1, "none: no recordings are in this folder"),
    ("ringside cat empty.pb", 1, "empty.pb: empty: nothing was recorded, or what wrote it failed; `ringside doctor` tells whether anything can be"),
    ("ringside verify notes.txt", 1, "notes.txt: not a Ringside recording: it looks like text; what can be read is what "
                                     "ringside-streamer and `ringside cat -o pb` write"),
    ("ringside cat events.json", 1, "it looks like JSON; what can be read is what ringside-streamer and `ringside cat -o pb` write"),
    ("ringside cat a.pb.gz", 1, "compressed, but not with zstd: gzip -dc FILE | ringside cat"),
    ("ringside cat < folder", 1, "stdin: is a folder: name it, as in `ringside cat FOLDER`"),
    ("cat a.pb | ringside tail -", 2, "name a file or a folder; `ringside cat` reads pipes"),
    ("ringside tail a.pb folder", 2, "one file or folder at a time"),
    ("$USER ringside cat secret.pb", 1, "secret.pb: Permission denied: secret.pb belongs to "),
    ("RINGSIDE_DIR=/nowhere ringside cat </dev/null", 2, "name a recording, or put a stream into it"),
    ("RINGSIDE_DIR=/nowhere ringside verify </dev/null", 2, "name a recording"),
    ("RINGSIDE_DIR=/nowhere ringside tail", 1, "/nowhere: No such file or directory: name a recording, or a folder of them, as "
                                               "`ringside-streamer -w` writes them"),
    # words of other tools
    ("ringside version", 2, "version is no command: did you mean `ringside --version`?"),
    ("ringside logs web-7f9", 2, "logs is no command: did you mean `ringside cat`?"),
    ("ringside -r a.pb", 2, "-r is no command: did you mean `ringside cat`?"),
    ("ringside -f", 2, "-f is no command: did you mean `ringside tail -f`?"),
    ("ringside -x", 2, "-x comes behind a command, as in ringside cat -x"),
    ("ringside record", 2, "record is no command: did you mean `sudo ringside-streamer -w FILE`?"),
    ("ringside stast a.pb", 2, "unknown command stast: did you mean stats?"),
    ("ringside stats -f a.pb", 2, "unknown option -f: `ringside tail -f` follows a recording"),
    ("ringside cat --json a.pb", 2, "unknown option --json: did you mean -o json?"),
    ("ringside cat -o yaml a.pb", 2, "no output yaml: text, json, otel-json, protojson or pb"),
    ("ringside cat -n a.pb", 2, "a.pb is not a number of records"),
    ("ringside cat --listen 9464 a.pb", 2, "unknown option --listen: `ringside serve --listen` answers HTTP"),
    ("ringside cat -w part.pb a.pb", 2, "unknown option -w: `sudo ringside-streamer -w FILE` records"),
    ("ringside cat -S today a.pb", 2, "unknown option -S: did you mean --since?"),
    ("ringside cat -U today a.pb", 2, "unknown option -U: did you mean --until?"),
    ("ringside cat -p 3000 a.pb", 2, "unknown option -p: filters are words: did you mean --pid?"),
    ("ringside live -p3000", 2, "unknown option -p: filters are words: did you mean --pid?"),
    ("ringside live --port 3000", 2, "unknown option --port: filters are words: a port is in no event; --pid, --comm,"),
    ("ringside live port 3000", 2, "port: filters are words: a port is in no event; --pid, --comm,"),
    ("ringside live pid 3000", 2, "pid: filters are options: did you mean --pid 3000?"),
    ("ringside live oom", 2, "oom: filters are options: did you mean --kind oom?"),
    ("ringside live tcp", 2, "tcp: filters are words: did you mean --kind tcp?"),
    ("ringside live -i eth0", 2, "unknown option -i: there are no interfaces: all of the machine is watched, leave it out"),
    ("ringside live -r a.pb", 2, "unknown option -r: `ringside cat a.pb` reads a recording"),
    ("ringside live -r", 2, "unknown option -r: `ringside cat -r` prints the newest first"),
    ("ringside cat pod web-7f9 a.pb", 1, "pod: No such file or directory: filters are options: did you mean --pod?"),
    ("ringside cat seccomp a.pb", 1, "seccomp: No such file or directory: filters are options: did you mean --kind seccomp?"),
    ("ringside cat --service nginx a.pb", 2, "unknown option --service: did you mean --unit?"),
    ("ringside cat -b deadbeef a.pb", 0, "0 of 1 event matches: none is of the boot"),
    ("ringside cat -b beef a.pb", 2, "-b beef: say 0 (the latest boot), -1, 1 or a boot's id, or its first 6 digits or more"),
    ("ringside status fleet", 1, "fleet: no recordings are in this folder; but in folders in it are: name one of these, as in fleet/host"),
    ("ringside cat -p err a.pb", 2, "unknown option -p: did you mean --severity?"),
    ("ringside tail -k a.pb", 2, "unknown option -k: all events are the kernel's: did you mean --kind?"),
    ("ringside cat -x a.pb", 2, "unknown option -x: did you mean -v?"),
    ("ringside cat -e a.pb", 2, "unknown option -e: did you mean `ringside tail`?"),
    ("ringside cat --no-pager a.pb", 2, "unknown option --no-pager: there is no pager: leave it out"),
    ("ringside cat --list-boots a.pb", 2, "unknown option --list-boots: `ringside cat -b -1` prints the boot before"),
    ("ringside cat --output-fields=time a.pb", 2, "unknown option --output-fields=time: did you mean --fields?"),
    ("ringside cat --hostname web a.pb", 2, "unknown option --hostname: did you mean --host?"),
    ("ringside cat -o cat a.pb", 2, "no output cat: did you mean text?"),
    ("ringside cat -o json-pretty a.pb", 2, "no output json-pretty: did you mean json, and behind it | jq .?"),
    ("ringside stats -50 a.pb", 2, "unknown option -5"),
    ("ringside tail -20f a.pb", 2, "20f is not a number of records: say -n 20 -f"),
    ("ringside tail -n +5 a.pb", 2, "+5 is not a number of records (see"),
    ("ringside tail -F a.pb", 2, "unknown option -F: `ringside tail -f` follows a recording, through its rotation"),
    ("ringside cat --tail=50 a.pb", 2, "unknown option --tail=50: `ringside tail -n COUNT` prints the last records"),
    ("ringside cat --ns shop a.pb", 2, "unknown option --ns: did you mean --namespace?"),
    ("ringside cat -l app=web a.pb", 2, "unknown option -l: a pod's labels are not recorded: say --pod 'web-*' (--label is of streams)"),
    ("ringside cat -A a.pb", 2, "unknown option -A: all namespaces are read: leave it out"),
    ("ringside cat -t nginx a.pb", 2, "unknown option -t: did you mean --comm?"),
    ("ringside cat -D folder", 2, "unknown option -D: a folder is named without an option"),
    ("ringside grep keyctl a.pb", 2, "grep is no command: did you mean `ringside cat -g PATTERN`?"),
    ("ringside less a.pb", 2, "less is no command: did you mean `ringside cat`?"),
    ("ringside cat -o pb -w part.pb a.pb", 2, "records, and `ringside cat -o pb >FILE` writes a part of a recording"),
    ("ringside verify --since -1h a.pb", 2, "unknown option --since: it takes no filters, as live, cat, tail, replay and stats do"),
    ("ringside status --host=web a.pb", 2, "unknown option --host=web: it takes no filters"),
    ("ringside head a.pb", 2, "head is no command: did you mean `ringside cat -n 10`?"),
    ("ringside journal", 2, "journal is no command: did you mean `ringside cat`?"),
    ("ringside tail -n shop a.pb", 2, "shop is not a number of records: did you mean --namespace shop?"),
    ("ringside tail -c app a.pb", 2, "app is not a number of records: did you mean --container app?"),
    ("ringside live -n shop", 2, "shop is not a number of events: did you mean --namespace shop?"),
    ("ringside cat --kind OOMKilled a.pb", 2, "'OOMKilled' is not a kind: did you mean oom?"),
    ("ringside cat --since yesterday 22:00 a.pb", 1, "22:00: No such file or directory: a time with a blank in it "
                                                     "needs quotes around it: \"yesterday 22:00\""),
    # values
    ("ringside cat --syscall opne a.pb", 2, "'opne' is not a system call: did you mean open?"),
    ("ringside cat --container 4f0c a.pb", 0, "0 of 1 event matches: none has the container 4f0c (of an id, say its first 6 digits or more)"),
    ("ringside cat --pod web-7f9 a.pb", 0, "0 of 1 event match"),
    ("ringside cat --since tomorrow a.pb", 2, "0 of 1 event matches: --since tomorrow is still to come: it is 2"),
    ("ringside cat --since 23:59:59.999999 a.pb", 2, "is still to come: it is 2"),
    ("ringside tail --since 23:59:59.999999 a.pb", 2, "; for the day before say --since \"yesterday 23:59:59.999999\""),
    ("ringside stats --since 'today 23:59:59.999999 UTC' a.pb", 2, "; for the day before say --since \"yesterday 23:59:59.999999 UTC\""),
    ("ringside replay -o text --since +1h a.pb", 2, "is still to come: it is 2"),
    ("ringside cat --since +1h a.pb", 2, "; for what was before say --since -1h"),
    ("ringside cat --since 23:00 --until 06:00 a.pb", 2, "--since 23:00 is later than --until 06:00: nothing can match; for the day "
                                                         "before say --since \"yesterday 23:00\""),
    ("TZ=Europe/Berln ringside cat a.pb", 0, "TZ=Europe/Berln is no time zone of this machine: times are UTC"),
    ("ringside cat --since today --until yesterday a.pb", 2, "--since today is later than --until yesterday: nothing can match"),
    ("ringside cat --since \"$(date -d '3 days' '+%b %-d')\" a.pb", 2, " is yet to come; for "),
    ("ringside cat --since \"$(date -d '3 days' '+%b %-d') 03:00\" a.pb", 2, " 03:00\""),
    ("ringside cat --since 2020-01-01 --until \"$(date -d '3 days' '+%b %-d')\" --pod web a.pb", 0, "0 of 1 event matches: none has the pod web"),
    ("ringside cat --until \"$(date -d '200 days' '+%b %-d')\" --since yesterday a.pb", 2, "--since yesterday is later than --until "),
    ("ringside cat --uid nobody a.pb", 2, "'nobody' is a name: say its number, which `id -u nobody` tells"),
    ("ringside cat --since -2 a.pb", 2, "'-2' lacks a unit: say -2s, -2min, -2h or -2d"),
    ("ringside cat --since '90 ago' a.pb", 2, "'90 ago' lacks a unit: say 90s, 90min, 90h or 90d"),
    ("ringside tail --since '2M ago' a.pb", 2, "'2M ago': is M months or minutes? say 2month or 2min"),
    ("ringside cat --since 1h a.pb", 2, "'1h' is not a time: did you mean -1h?"),
    ("ringside cat --since '30 Nov 2026' a.pb", 2, "'30 Nov 2026' is not a time: did you mean 2026-11-30?"),
    ("ringside cat --since 'Nov 30, 2026 10:00' a.pb", 2, "did you mean \"2026-11-30 10:00\"?"),
    ("ringside cat --since 30.11.2026 a.pb", 2, "'30.11.2026' is not a time: did you mean 2026-11-30?"),
    ("ringside cat --since monday a.pb", 2, "'monday' is not a time: did you mean 2"),
    ("ringside cat --since 'last hour' a.pb", 2, "'last hour' is not a time: did you mean -1hour?"),
    ("ringside cat --since yesteday a.pb", 2, "'yesteday' is not a time: did you mean yesterday?"),
    ("ringside cat --since 'last night' a.pb", 2, "'last night' is not a time: did you mean \"yesterday 22:00\"?"),
    ("ringside cat --since 2am a.pb", 2, "'2am' is not a time: did you mean 02:00?"),
    ("ringside cat --until '12 PM' a.pb", 2, "'12 PM' is not a time: did you mean 12:00?"),
    ("ringside cat --kind pods a.pb", 2, "'pods' is not a kind: say "),
    ("ringside cat --errno NOPERM a.pb", 2, "'NOPERM' is not an errno: "),
    ("ringside cat --action DENY a.pb", 2, "'DENY' is not an action: say KILL_PROCESS"),
    ("ringside replay --speed fast a.pb", 2, "fast is not a speed: say 1, 0.5, 100 or max"),
    # writing
    ("ringside repair a.pb", 2, "-w OUT says where to write"),
    ("ringside repair a.pb -w a.pb", 1, "a.pb: exists, and is not overwritten: choose another name"),
    ("ringside-streamer a.pb.zst", 2, "-w FILE writes one, `ringside cat FILE` reads one"),
    ("ringside-streamer -w a.pb", 1, "a.pb exists and is not empty: use --append, --force or another name"),
    ("ringside-streamer -w nowhere/a.pb", 1, "cannot open the folder of nowhere/a.pb: No such file or directory"),
    ("ringside-streamer --probes all", 2, "--probes 'all': accepts a list of oom"),
    ("ringside-streamer -W 3", 2, "-C, -G, -W and --post-rotate need -w FILE or -w DIR/"),
    ("ringside-streamer -o json", 2, "unknown option '-o': it is ringside's: ringside-streamer | ringside cat"),
    ("ringside-streamer --kind oom", 2, "unknown option '--kind': it is a filter of ringside's: `ringside live --kind`"),
    ("ringside-streamer --prbes oom", 2, "unknown option '--prbes': did you mean --probes?"),
    # the live view, and serving
    ("ringside live -w a.pb", 2, "unknown option -w: `sudo ringside-streamer -w FILE` records"),
    ("ringside live a.pb", 2, "it takes no file (a.pb): `ringside cat` reads recordings"),
    ("ringside live --since -1h", 2, "--since is in the past: live shows what happens from now on, `ringside cat` what was recorded"),
    ("ringside live --rate 0", 2, "unknown option --rate: options of the streamer follow --"),
    ("$USER ringside live", 1, "no permission to load BPF programs: CAP_BPF and CAP_PERFMON missing; run it with sudo"),
    ("$USER ringside-streamer > out.pb", 1, "no permission to load BPF programs: CAP_BPF and CAP_PERFMON missing"),
    ("ringside serve a.pb", 2, "say where: --listen ADDR, --textfile FILE, or both"),
    ("ringside serve --listen 99999 a.pb", 2, "cannot listen on 99999: say PORT (of the loopback), HOST:PORT or unix:/path"),
    ("ringside serve --listen $TAKEN a.pb", 1, "Address already in use; somebody listens there: choose another port"),
]


def make_inputs():
    stream = Stream(b"m")
    whole = stream.header() + stream.kill() + stream.counters() + stream.footer()
    os.makedirs("folder")
    os.makedirs("none")
    os.makedirs("fleet/host")
    save("fleet/host/a.pb", whole)
    os.makedirs("bin")
    save("a.pb", whole)
    save("folder/a.pb", whole)
    save("secret.pb", whole)
    os.chmod("secret.pb", 0)
    save("empty.pb")
    save("notes.txt", b"# What happened on Monday\n")
    save("events.json", b'{"time": "2026-11-22T03:04:05Z"}\n')
    with gzip.open("a.pb.gz", "wb") as file:
        file.write(whole)
    for program in ringside, streamer:
        shutil.copy(program, "bin")
    for name in ".", "bin", "a.pb":
        os.chmod(name, 0o755)


def told(command, taken):
    """By an ordinary user, where that matters. Everything is said within a moment, and nothing is started."""
    user = "setpriv --reuid=65534 --regid=65534 --clear-groups" if os.getuid() == 0 else ""
    env = {"PATH": os.getcwd() + "/bin:/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8", "USER": user, "TAKEN": taken,
           "RINGSIDE_DIR": os.getcwd() + "/folder"}
    return subprocess.run(["sh", "-c", command], env=env, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                          check=False)


def each_mistake_is_told_with_what_to_do():
    make_inputs()
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        wrong = []
        for command, status, words in MISTAKES:
            done = told(command, taken)
            said = (done.stderr + done.stdout).decode()
            first = said.splitlines()[0] if said else ""
            if done.returncode != status or words not in first or "\x1b" in said:
                wrong.append(f"{command}: exit {done.returncode}, not {status}: {said!r} does not begin with {words!r}")
    print(f"{len(MISTAKES)} mistakes")
    assert len(MISTAKES) >= 20 and not wrong, "\n".join(wrong)


def a_number_is_so_many_lines_as_for_tail_and_head():
    stream = Stream(b"n")
    name = save("thirty.pb", stream.header(), *(stream.kill() for _ in range(30)), stream.footer())

    def lines(*args):
        return check(run(*args), 0).splitlines()

    every = lines("cat", name)
    assert len(every) == 30
    assert lines("tail", "-12", name) == lines("tail", name, "-12") == every[-12:]
    assert lines("cat", "-3", name) == lines("replay", "--speed", "max", "-o", "text", "-3", name) == every[:3]
    assert len(lines("tail", "-v3", name)) == len(lines("tail", "-v", "-n3", name))
    assert lines("tail", "-1", "-n", "2", name) == every[-2:]  # the last one is valid, as ever
    excerpt = check(run("tail", "-o", "pb", "-12", name), 0)
    assert b"an excerpt (--lines 12): 12 events in 14 records" in check(run("verify", data=excerpt), 0)
    check(run("cat", "-b", "-1", name), 1, "ringside cat: -b -1: there is 1 boot\n")  # a boot still
    check(run("cat", "-5x", name), 2, "ringside cat: 5x is not a number of records: .*\n")


run_tests(
    each_mistake_is_told_with_what_to_do,
    a_number_is_so_many_lines_as_for_tail_and_head,
)
