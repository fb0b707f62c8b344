#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`ringside live`, with a script in the streamer's place: what that is started with, what is said, exit statuses.

usage: cli-live.py RINGSIDE
"""
import os
import shutil
import subprocess

import ringside_pb2 as pb
from program import check, in_a_folder, ringside, run_tests, save
from stream import Stream

in_a_folder()
os.mkdir("bin")
shutil.copy(ringside, "bin/ringside")
SAID = "ringside live: "
TIERS = {"oom_kill": pb.TIER_FENTRY, "seccomp_denial": pb.TIER_TRACEPOINT, "signal_kill": pb.TIER_KPROBE,
         "tcp_queue": pb.TIER_FENTRY}


class Script(Stream):
    """A streamer that keeps its arguments in the file args, and writes these records."""

    def __init__(self, *probes, status=0):
        super().__init__(b"l")
        kinds = [pb.Probe(kind=kind, tier=TIERS.get(kind)) for kind in probes]
        for kind in kinds:
            kind.blind_spots.append("what it cannot see, in a sentence")
        self.data = self.header("web-1", probes=kinds)
        with open("bin/ringside-streamer", "w", encoding="utf-8") as script:
            script.write(f'#!/bin/sh\ntrap : TERM\necho "$@" >args\ncat stream.pb\nexit {status}\n')
        os.chmod("bin/ringside-streamer", 0o755)

    def add(self, **body):
        self.data += self.record(**body)
        return self

    def deny(self, held=0):
        what = {"action": pb.SECCOMP_RET_ERRNO, "error_number": 1, "error_name": "EPERM", "syscall_name": "keyctl"}
        if held:
            return self.add(limited=pb.Limited(kind="seccomp_denial", count=held, **what))
        return self.add(seccomp_denial=pb.SeccompDenial(process=pb.Process(pid=7, comm="nginx"), **what))

    def oom(self):
        return self.add(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm="java"), kill_id=1))

    def close(self, **lost):
        totals = [pb.KindTotal(kind=kind, lost=n) for kind, n in lost.items()]
        return self.add(footer=pb.Footer(reason="SIGTERM", records=self.seq + 1, totals=totals))

    def run(self, *args):
        save("stream.pb", self.data)
        result = subprocess.run(["bin/ringside", "live", *args], capture_output=True, timeout=60, check=False,
                                stdin=subprocess.DEVNULL)
        with open("args", encoding="utf-8") as file:
            self.args = file.read().split()
        return result


def both(*args, **kwargs):
    return Script("oom_kill", "seccomp_denial", *args, **kwargs)


def a_line_at_the_start_and_a_line_at_the_end():
    script = both().oom().deny().deny().deny(held=4980).close(oom_kill=0)
    out = check(script.run(), 0, SAID + r"watching OOM kills \(fentry\) and seccomp denials \(tracepoint, costs every "
                r"process about 0.2 µs a system call\); Ctrl-C ends it\n" + SAID +
                r"1 OOM kill, 2 seccomp denials shown \(4,980 held back\); nothing lost\n")
    assert len(out.splitlines()) == 4, out
    assert script.args == ["--allow-syscall-tax", "--quiet", "-w", "-"], script.args


def the_start_says_the_option_that_was_typed():
    for typed, said in (["-c", "1"], "--count 1"), (["-n", "1"], "--lines 1"), (["-n", "5", "-c", "1"], "--count 1"):
        start = both().oom().close().run(*typed).stderr.decode()
        assert said in start.splitlines()[0], (typed, start)
        assert ("--lines" in start) == ("--lines" in said) and ("--count" in start) == ("--count" in said), (typed, start)


def only_the_probes_that_are_asked_for():
    for kinds, probes in (("oom", "oom_kill"), ("seccomp", "seccomp_denial"), ("signal", "signal_kill"),
                          ("tcp", "tcp_queue"), ("signal,oom", "oom_kill,signal_kill"), ("OOM_KILL", "oom_kill")):
        script = Script(*probes.split(",")).close()
        check(script.run("--kind", kinds), 0, None)
        assert sorted(script.args[-1].split(",")) == sorted(probes.split(",")) and script.args[-2] == "--probes", script.args
    for args in (), ("--kind", "lost"):
        script = both().close()
        check(script.run(*args), 0, None)
        assert "--probes" not in script.args
    script = Script("oom_kill").close()
    check(script.run("--kind", "oom", "--", "--probes", "oom", "--rate", "0"), 0, None)
    assert script.args[-4:] == ["--probes", "oom", "--rate", "0"], script.args


def a_probe_that_cannot_be_had_is_an_error_if_it_was_asked_for():
    TIERS.pop("signal_kill")
    script = both("signal_kill").oom().close()
    check(script.run("--kind", "oom,signal"), 1, SAID + "--kind asks for kills by signal, which cannot be watched "
          "here: `ringside doctor` says why\n", b"")
    check(script.run(), 0, SAID + r"watching .*\), but not kills by signal \(`ringside doctor` says why\); Ctrl-C ends "
          "it\n" + SAID + "1 OOM kill, 0 seccomp denials shown; nothing lost\n")
    check(script.run("--kind", "seccomp", "--", "--probes", "oom"), 0, None)
    script = Script("oom_kill").oom().close()
    check(script.run("--kind", "seccomp", "--", "--probes", "oom"), 1, ".*--kind asks for seccomp denials, .*\n", b"")


def the_last_line_counts_what_was_shown():
    end = "(?:.*\n)" + SAID
    check(both().oom().oom().deny().close().run("-c", "1"), 0, end + "1 OOM kill, 0 seccomp denials shown; nothing lost\n")
    check(both().oom().deny().close().run("--comm", "nginx"), 0,
          end + "0 OOM kills, 1 seccomp denial shown; nothing lost\n")
    check(both().oom().deny().close().run("--kind", "oom"), 0, end + "1 OOM kill shown; nothing lost\n")
    check(both().close(oom_kill=3, seccomp_denial=1200).run(), 0, ".*\n.* shown; 1,203 lost\n")
    check(both().add(lost=pb.Lost(reason=pb.Lost.RING_FULL)).close().run(), 0, ".*\n.*; an unknown number lost\n")
    check(both().oom().run(), 0, ".*\n.*; nothing lost; the streamer did not close its stream: .*\n")
    missed = pb.ProbeSums(kind="seccomp_denial", missed_runs=12)
    check(both().add(footer=pb.Footer(probes=[missed])).run(), 0,
          ".*\n.*; nothing lost, at most 12 missed by the kernel\n")
    check(both(status=3).close().run(), 3, ".*\n.*\n")


def a_filter_that_nothing_matches_is_told():
    shown = SAID + r"0 OOM kills, 0 seccomp denials shown; nothing lost\n"
    begin = SAID + "watching .*\n"
    for args, why in (("--comm", "jav"), "none has the comm jav: did you mean java\\?"), (("--host", "db"), "none has the host db; there are web-1"):
        check(both().oom().deny().close(oom_kill=0).run(*args), 0, begin + SAID + "0 of 2 events match: " + why + r"\n" + shown)
    begin = SAID + r"watching .*\), for --comm java; Ctrl-C ends it\n"
    check(both().oom().close(oom_kill=0).run("--comm", "java"), 0, begin + SAID + "1 OOM kill, .*\n")
    check(both().oom().close(oom_kill=0).run("--comm", "java,jav", "--kind", "oom,seccomp"), 0, SAID + "watching .*\n" + SAID +
          r"no event has the comm jav \(did you mean java\?\)\n" + SAID + "1 OOM kill, .*\n")
    check(both().close().run("--comm", "java"), 0, begin + shown)
    check(subprocess.run(["bin/ringside", "live", "--until", "-1h"], capture_output=True, timeout=60, check=False), 2,
          SAID + "--until is over: live shows what happens from now on, `ringside cat` what was recorded.*\n")


def that_a_filter_cannot_match_is_told_before_the_end():
    """The streamer goes on until that was said."""
    script = both()
    container = pb.Container(cgroup_path="/kubepods/besteffort/pod8a6f1b6e-0000-4000-8000-000000000001/" + 64 * "4")
    for _ in range(10):
        script.add(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm="java"), victim_container=container))
    save("stream.pb", script.data)
    with open("bin/ringside-streamer", "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\ntrap 'exit 0' TERM\ncat stream.pb\nwhile :; do sleep 0.1; done\n")
    live = subprocess.Popen(["bin/ringside", "live", "--pod", "web"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert b"watching" in live.stderr.readline()
    told = live.stderr.readline().decode()
    if "of what is running here now, " in told:
        told = live.stderr.readline().decode()
    assert told == SAID + "so far 0 of 10 events match: none has the pod web: the name of no pod is known here, only " \
        "uids, which --pod takes, too: 8a6f1b6e-0000-4000-8000-000000000001\n", told
    live.terminate()
    end = live.communicate(timeout=20)[1].decode()
    assert end.startswith(SAID + "0 OOM kills, 0 seccomp denials shown; nothing lost"), end


def what_is_not_there_is_told_at_once_with_what_is():
    """On a machine of our own, in a mount namespace, in which nothing happens."""
    ids = {name: name[0] * 64 for name in ("web", "db")}
    for n, (name, id_) in enumerate(ids.items()):
        uid = f"{n}a6f1b6e-0000-4000-8000-000000000001"
        os.makedirs(f"cgroup/kubepods/besteffort/pod{uid}/{id_.replace('w', 'a')}")
        os.makedirs(f"pods/shop_{name}-7f9_{uid}/{name}")
    os.makedirs(f"cgroup/system.slice/docker-{64 * '4'}.scope")
    os.makedirs("cgroup/system.slice/nginx.service")
    save("cgroup/cgroup.controllers")
    both().close(oom_kill=0).run()
    shell = "mount --bind cgroup /sys/fs/cgroup && mkdir -p pods-none && mount -t tmpfs none /var/log && " \
            "mkdir /var/log/pods && mount --bind pods /var/log/pods && exec bin/ringside live \"$@\""

    def told(*args, pods=True):
        script = shell if pods else shell.replace("mount --bind pods ", "mount --bind pods-none ")
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", *args], capture_output=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done
        out = [line.removeprefix(SAID) for line in done.stderr.decode().splitlines()]
        assert out[0].startswith("watching ") and out[-1].endswith("nothing lost"), out
        return out[1:-1]

    here = "of what is running here now, none has "
    assert told("--pod", "web") == [here + "the pod web: did you mean 'web-*'? (waiting for it)"]
    assert told("--pod", "queue") == [here + "the pod queue; there are db-7f9, web-7f9 (waiting for it)"] or \
        told("--pod", "queue") == [here + "the pod queue; there are web-7f9, db-7f9 (waiting for it)"]
    assert told("--pod", "web-*") == told("--container", "web-7f9/web") == told("--namespace", "shop", "--unit", "nginx") == []
    assert told("--comm", "java") == told("--container", "444444") == told() == []
    # of a list, what of it is not there
    assert told("--pod", "web-*,db-7f9", "--unit", "nginx") == told("--pod", "web-*,!queue", "--syscall", "bpf,keyctl") == []
    assert told("--pod", "web-7f9,db-7fg,qq", "--host", "a,b", "--comm", "x,y", "--syscall", "bpf,keyctl", "--errno", "1,2") == [
        here + "the pod db-7fg (did you mean db-7f9?), qq (waiting for it)"]
    assert told("--pod", "web-7f9,qq", "--unit", "ngin") == [
        here + "the unit ngin.service: did you mean nginx.service?; none has the pod qq (waiting for it)"]
    out = told("--unit", "ngin", "--container", "webb")
    assert out == [here + "the unit ngin.service: did you mean nginx.service?; none has the container webb: did you mean web? "
                   "(waiting for it)"], out
    out = told("--container", "web", pods=False)
    assert len(out) == 1 and out[0].startswith(here + "the container web: the name of no container is known here, only ids, "
                                               "which --container takes, too: ") and "444444444444…" in out[0], out


def what_is_still_to_come_is_waited_for():
    check(both().oom().close(oom_kill=0).run("--since", "+1h"), 0,
          SAID + r"--since \+1h is still to come: it is 20\S+ now; for what was before say --since -1h; until then nothing is "
          r"shown\n" + SAID + "watching .*, for --since 20.*\n" + SAID + "0 of 1 event matches: --since .* is still to come.*\n" +
          SAID + "0 OOM kills, .*\n")


def what_is_full_counts_as_shown():
    row = pb.CounterRow(kind="tcp_queue", container=pb.Container(cgroup_path="/web", cgroup_id=1))
    row.tcp_queue.receive.max_bytes = row.tcp_queue.receive.max_buffer_bytes = 1 << 20
    script = Script("tcp_queue").add(counters=pb.Counters(part=1, parts=1, rows=[row])).close()
    out = check(script.run("--kind", "tcp"), 0, SAID + r"watching TCP queues \(fentry\); Ctrl-C ends it\n" + SAID +
                "1 TCP queue shown; nothing lost\n")
    assert out.count(b"FULL") == 1, out


def the_header_is_a_short_line():
    out = check(both().close().run("-v", "--utc"), 0, None).decode().splitlines()
    assert len(out) == 2 and len(out[0]) < 140 and "2 blind spots" in out[0], out


run_tests(
    a_line_at_the_start_and_a_line_at_the_end,
    the_start_says_the_option_that_was_typed,
    only_the_probes_that_are_asked_for,
    a_probe_that_cannot_be_had_is_an_error_if_it_was_asked_for,
    the_last_line_counts_what_was_shown,
    a_filter_that_nothing_matches_is_told,
    that_a_filter_cannot_match_is_told_before_the_end,
    what_is_not_there_is_told_at_once_with_what_is,
    what_is_still_to_come_is_waited_for,
    what_is_full_counts_as_shown,
    the_header_is_a_short_line,
)
