#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages as man(1) shows them: each example of theirs is run, as it is there to be copied, over recordings
made for it; each option that a page or the README names is one of that command.

usage: cli-man.py RINGSIDE STREAMER BUILD_OF_MAN SOURCE
"""
import fcntl
import os
import re
import shutil
import subprocess
import time

import otlp_receiver
import ringside_pb2 as pb
from program import in_a_folder, others, ringside, run_tests, save
from stream import Stream

streamer, man, source = others
in_a_folder()
PAGES = ["ringside.1", "ringside-format.5", "ringside-json.5", "ringside-streamer.8", "ringside-forward.1"]
FIVE_MINUTES = 1795316460  # 2026-11-22T03:01:00Z
HERE = os.getcwd()

# sudo gives root, which these tests do not have; and the streamer, which needs it, is a recording.
STUBS = {
    "sudo": 'exec "$@"',
    # a service that is there to be enabled
    "systemctl": f'''test "$1 $2" = "enable --now"
test -e {os.path.dirname(ringside)}/"${{3%%@*}}@.service" && echo "enabled $3"''',
    "ringside-streamer": f"""while [ $# -gt 0 ]; do
    case $1 in
    -w) out=$2; shift ;;
    esac
    shift
done
case ${{out--}} in
-) exec cat {HERE}/made.pb ;;
*/) exec cp {HERE}/made.pb "$out"made.pb ;;
*) exec cp {HERE}/made.pb "$out" ;;
esac""",
}
# What an example has to show, where it is not enough that it works and shows something.
SHOWN = {
    r"ringside live$": r"(?s)OOM .*DENY ",
    "ringside live --kind seccomp --pod": r"^(.*DENY +shop/web-7f9/app .*keyctl.*\n)+$",
    "tail -f --kind seccomp --pod": r"^(.*DENY +shop/web-7f9/app .*keyctl.*\n)+$",
    "-v --kind oom,signal .* night/": r"(?s)\A[^\n]*killed: container limit 512 MiB reached[^\n]*\n[^\n]*raise resources.limits.memory[^\n]*\n\Z",
    r"night/ \| sort": r"\A\S+ db-1 .*\n\S+ web-2 .*\n\S+ web-1 .*\n\Z",
    "verify night/": r"^in all 3 files, .*: complete",
    "ringside cat app.pb.zst": r"(?s)shop/web-7f9/app .*keyctl",
    r"jq -rs": r"^14\tkeyctl\n1\tptrace\n$",
    "logged != true": r"keyctl",
    "ringside verify app": r"^app.pb.zst: an excerpt \(--since 20\S+ --container shop/web-7f9/app\): ",
    "ringside verify events": r"^events.pb: complete",
    "ringside status": r"^recording, nothing lost",
    "systemctl enable": r"^enabled ringside-forward@collector$",
    "--until": r"^(Nov 22 03:01.*\n)+$",
    "--unit nginx": r"nginx.service",
}


class Made(Stream):
    """Of one host, with the pod that is asked for in the pages, and a unit."""

    def __init__(self, stream_id, host, start, pod="web-7f9"):
        super().__init__(stream_id, boot=host, step=start)
        self.host = host
        uid, container = "8a6f1b6e-0000-4000-8000-000000000001", "4f0c1e2d3b4a" * 5 + "0123"
        path = f"/kubepods.slice/kubepods-pod{uid.replace('-', '_')}.slice/cri-containerd-{container}.scope"
        self.pod = pb.Container(id=container, runtime="containerd", pod_uid=uid, cgroup_path=path, cgroup_id=9,
                                namespace_name="shop", pod_name=pod, container_name="app")
        self.unit = pb.Container(systemd_unit="nginx.service", systemd_slice="system.slice",
                                 cgroup_path="/system.slice/nginx.service", cgroup_id=10)
        self.counted = {"oom_kill": 0, "seccomp_denial": 0}

    def begin(self):
        probes = [pb.Probe(kind=kind, tier=pb.TIER_FENTRY) for kind in self.counted]
        return self.header(self.host, probes=probes, counters_interval_nano=10**10)

    def event(self, **body):
        self.boottime += 0.001
        kind, = body
        sums = pb.CpuSums(cpu=0, seen=self.counted[kind], limited=0, dropped=0)
        self.counted[kind] += 1
        return self.record(cpu_sums=sums, **body)

    def denial(self, call, container):
        return self.event(seccomp_denial=pb.SeccompDenial(
            process=pb.Process(pid=77, tid=77, comm="nginx"), container=container, syscall_name=call, syscall_number=250,
            action=pb.SECCOMP_RET_ERRNO, error_name="EPERM", error_number=1))

    def death(self):
        return self.event(oom_kill=pb.OomKill(
            victim=pb.Process(pid=1234, tid=1234, comm="python3"), victim_container=self.pod, limit_owner=self.pod,
            limit_level=pb.LIMIT_LEVEL_CONTAINER, limit_bytes=512 << 20, usage_bytes=512 << 20,
            scope=pb.OOM_SCOPE_MEMCG, anon_rss_bytes=20 << 20, kill_id=1, victim_number=1))

    def events(self):
        return b"".join([self.death(), *(self.denial("keyctl", self.pod) for _ in range(12)),
                         self.denial("ptrace", self.unit)])

    def sums(self):
        return [pb.ProbeSums(kind=kind, missed_runs=0, cpus=[pb.CpuCounters(
            cpu=0, seen=n, submitted=n, limited=0, dropped=0, in_flight=0, written=n, carried_seen=n - 1 if n else 0,
            carried_limited=0, carried_dropped=0)]) for kind, n in self.counted.items()]

    def end(self):
        return self.counters(full=True, probes=self.sums()) + self.footer()

    def footer(self, reason="SIGTERM"):
        totals = [pb.KindTotal(kind=kind, written=n, limited=0, lost=0) for kind, n in self.counted.items()]
        return self.record(footer=pb.Footer(reason=reason, records=self.seq + 1, totals=totals, probes=self.sums()))


def made(stream_id, host, start, **more):
    stream = Made(stream_id, host, start, **more)
    return stream.begin() + stream.events() + stream.end()


def make_recordings():
    now = time.time()
    os.makedirs("home/night")
    os.makedirs("home/log")
    os.makedirs("stubs")
    old = Made(b"o", "web-1", FIVE_MINUTES)
    lately = made(b"n", "web-1", now - 5)
    save("home/events.pb", old.begin(), old.denial("keyctl", old.pod), old.denial("keyctl", old.unit), old.end(), lately)
    shutil.copy("home/events.pb", "made.pb")
    save("home/log/1.pb", lately)
    for i, host in enumerate(["web-1", "web-2", "db-1"]):
        save(f"home/night/{host}.pb", made(bytes([97 + i]), host, now - 60 - i, pod="web-7f9" if i == 1 else f"api-{i}"))
    for name, script in STUBS.items():
        save("stubs/" + name, b"#!/bin/sh\n", script.encode(), b"\n")
        os.chmod("stubs/" + name, 0o755)
    shutil.copy(ringside, "stubs/ringside")  # which takes the streamer and the forwarder beside it
    shutil.copy(os.path.join(os.path.dirname(ringside), "ringside-forward"), "stubs/ringside-forward")
    subprocess.run(["zstd", "-q", "home/events.pb"], check=True)


def rendered(page):
    env = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    out = subprocess.run(["man", "-P", "cat", "-l", os.path.join(man, page)], check=True, stdout=subprocess.PIPE, env=env)
    return out.stdout.decode()


def examples(page):
    """The blocks of commands in EXAMPLES: what stands further to the right than the sentences before them."""
    section = re.search(r"^EXAMPLES\n(.*?)^(?=\S)", rendered(page), re.S | re.M).group(1)
    return [re.sub(r"^ {11}", "", block, flags=re.M)
            for block in re.findall(r"^ {11}(?:.*\n|\n(?= {11}))(?:^ {11}.*\n|^\n(?= {11}))*", section, re.M)]


def each_command(block):
    """Those of a block: one goes on where a line ends within it, or the next one is indented."""
    return re.findall(r"^\S.*(?:\n +.*)*", block, re.M)


def run_example(command):
    """In a shell, over what is made; a service's folder is one of ours."""
    command = command.replace("/var/log/ringside", HERE + "/home/log")
    env = {"PATH": HERE + "/stubs:/usr/bin:/bin", "TZ": "UTC", "RINGSIDE_DIR": HERE + "/home/log", "LC_ALL": "C.UTF-8",
           "PYTHONPATH": os.environ["PYTHONPATH"]}
    command = command.replace("--speed 60", "--speed max")
    command = re.sub("^ringside tail -f", "timeout 5 ringside tail -f", command)  # a folder is followed for good
    return subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd="home", env=env, timeout=60,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False)


def check_forward(command):
    """To a Collector that is one of ours, which then has all events."""
    service = otlp_receiver.classes(source)
    with otlp_receiver.Receiver(service, lambda request: (200, {}, b"")) as receiver:
        command = command.replace("otlp:", "otlp+" + receiver.url)
        done = run_example(command)
    said = done.stderr.decode()
    assert done.returncode == 0 and " 0 refused\n" in said and said.count("\n") == 1, f"{command}: {said}"
    sent = [seq for request in receiver.requests for seq in request.seqs]
    # of two streams, whose requests are under way at once, without what OTLP has no place for
    assert sorted(sent) == sorted([2, 3, *range(2, 16)]), sent


def check_example(command):
    if command.startswith("ringside forward "):
        check_forward(command)
        return
    if re.match(r"(sudo )?ringside-streamer .*-w", command):
        done = run_example(command)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        return
    if "ringside status" in command:
        with open("home/log/2.pb", "wb") as file:
            stream = Made(b"l", "web-1", time.time())
            stream.boottime = 0.0
            file.write(stream.begin() + stream.denial("keyctl", stream.pod) + stream.counters(full=True, probes=stream.sums()))
            file.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
            done = run_example(command)
        os.unlink("home/log/2.pb")
    else:
        done = run_example(command)
    out = done.stdout.decode()
    assert done.returncode == (124 if "tail -f" in command else 0), f"{command}: exit {done.returncode}: {done.stderr.decode()}{out}"
    assert out or ">" in command, f"{command}: shows nothing: {done.stderr.decode()}"
    for part, shown in SHOWN.items():
        if re.search(part, command):
            assert re.search(shown, out, re.M), f"{command}: shows no {shown!r}:\n{out}"
            found.add(part)


found = set()


def examples_work_as_they_are_shown():
    make_recordings()
    n = 0
    for page in PAGES[0], PAGES[2], PAGES[4]:
        for block in examples(page):
            for command in each_command(block):
                check_example(command)
                n += 1
    assert n >= 20 and found == set(SHOWN), (n, set(SHOWN) - found)


def the_reader_of_the_format_page_works():
    block, = examples("ringside-format.5")
    done = subprocess.run(["/usr/bin/python3", "-c", block], cwd="home", capture_output=True, check=False,
                          env={"PYTHONPATH": os.environ["PYTHONPATH"]})
    assert done.returncode == 0 and done.stdout.count(b"seccomp_denial {") == 15, done.stderr.decode() + done.stdout.decode()


def help_of(program, command=()):
    return subprocess.run([program, *command, "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()


def commands_in(text):
    """Each `ringside VERB …` or `ringside-streamer …` with options: (what, options)."""
    text = re.sub("\u2010\n *", "", text)
    for match in re.finditer(r"ringside(?:-streamer| (?:live|cat|tail|replay|stats|verify|repair|status|serve|doctor|forward))"
                             r"((?:[ \n]+[^\s|;&>]+)*)", text):
        words = match.group().split()
        end = next((i for i, word in enumerate(words[1:], 1) if re.match(r"ringside|--$", word)), len(words))
        yield words[0] if "streamer" in words[0] else words[1], words[1:end]


def commands_of_readme():
    with open(os.path.join(source, "README.md"), encoding="utf-8") as file:
        text = file.read()
    return re.findall(r"`(ringside[^`]*)`", text) + re.findall(r"^    ([^#\n]*ringside[ -][^#\n]*)", text, re.M)


def options_in_the_pages_are_options():
    """Of SYNOPSIS, sentences and examples: the words with a dash that follow a command."""
    known = {}
    checked = 0
    for text in [rendered(page) for page in PAGES] + commands_of_readme():
        for what, words in commands_in(text):
            if what not in known:
                known[what] = help_of(streamer) if what == "ringside-streamer" else help_of(ringside, [what])
            for word in words:
                option = re.match(r"\[?(--[a-z][a-z-]*|-[a-zA-Z](?![a-z]))", word)
                if option:
                    checked += 1
                    assert re.search(rf"(?<![\w-]){option[1]}(?![a-z-])", known[what]), f"{what}: {word} in {words}"
                elif re.search(r"[.:;)]$", word):
                    break  # the end of a sentence
    assert checked > 40, checked


run_tests(
    examples_work_as_they_are_shown,
    the_reader_of_the_format_page_works,
    options_in_the_pages_are_options,
)
