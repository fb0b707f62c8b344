#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which records are wanted, and how they are asked for: filters, times, and the options that commands share.

usage: cli-filters.py RINGSIDE COMPRESS_RECORDING STREAMER
"""
import json
import os
import pty
import re
import shutil
import subprocess
import time

import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import START, Stream

compress, streamer = others
in_a_folder()
stream = Stream(b"f", boottime=10.5)
data = [stream.header(host="web-1"), stream.kill("early")]
stream.boottime = 11.5
data.append(stream.kill("late"))
save("two.pb", *data)

STYLES = "short", "short-precise", "short-iso", "short-iso-precise", "short-full", "unix", "monotonic"


def comms(*args, **kwargs):
    """Whose kills are printed."""
    lines = check(run("cat", *args, "two.pb", **kwargs), 0, None).decode().splitlines()
    return [re.search(r"(\w+)\[7\] killed", line)[1] for line in lines]


def in_zone(zone):
    return {"env": dict(os.environ, TZ=zone)}


def a_time_that_is_printed_can_be_asked_for():
    for style in STYLES:
        for utc in (), ("--utc",):
            for zone in "Europe/Berlin", "America/St_Johns":
                lines = check(run("cat", "--time", style, *utc, "two.pb", **in_zone(zone)), 0).decode().splitlines()
                early, late = (line.split(" OOM ")[0].strip() for line in lines)
                assert comms("--until", early, **in_zone(zone)) == ["early"], (style, zone, early)
                assert comms("--since", early, **in_zone(zone)) == ["early", "late"], (style, zone, early)
                assert comms("--since", late, **in_zone(zone)) == ["late"], (style, zone, late)
                assert comms("--since", late, "--until", late, **in_zone(zone)) == ["late"], (style, zone, late)


def the_styles_are_those_of_journalctl():
    def first(*args):
        line = check(run("cat", *args, "two.pb", **in_zone("Europe/Berlin")), 0).decode().splitlines()[0]
        return line.split(" OOM ")[0].strip()

    assert START == 1763780645  # 2025-11-22T03:04:05Z
    assert first("--time", "short-iso") == "2025-11-22T04:04:15.500+01:00"
    assert first("--time", "short-iso", "--utc") == "2025-11-22T03:04:15.500Z"
    assert first("--time", "short-full") == "Sat 2025-11-22 04:04:15.500 CET"
    assert first("--time", "unix") == "1763780655.500000"
    assert first("--time", "monotonic") == "boot+10.500000"
    year = time.localtime().tm_year
    assert first() == ("Nov 22 04:04:15.500" if year == 2025 else "2025-11-22 04:04:15.500")
    check(run("cat", "--time", "long", "two.pb"), 2, ".*no style of times long: short, short-precise, .*\n")
    check(run("cat", "-o", "short-iso", "two.pb"), 2, ".*no output short-iso: did you mean --time short-iso\\?.*\n")


def a_zone_that_is_none_is_said():
    told = "ringside {}: TZ=Europe/Berln is no time zone of this machine: times are UTC .*\n"
    for command in ("cat", "two.pb"), ("stats", "two.pb"), ("tail", "two.pb"):
        check(run(*command, **in_zone("Europe/Berln")), 0, told.format(command[0]))
    check(run("cat", "--utc", "two.pb", **in_zone("Europe/Berln")), 0)
    check(run("cat", "-o", "json", "two.pb", **in_zone("Europe/Berln")), 0)
    check(run("cat", "-o", "json", "--since", "2020-01-01", "two.pb", **in_zone("Europe/Berln")), 0, told.format("cat"))


def shop(times=1):
    """Three kills of one host."""
    stream = Stream(b"s", boottime=1.0)
    out = [stream.header(host="web-1", identity_version=2, labels={"cluster": "eu1"})]
    for name, comm in times * (("web", "java"), ("db", "postgres"), ("web", "Java")):
        stream.boottime += 1
        container = pb.Container(namespace_name="shop", pod_name=name + "-1", container_name=name, id=64 * "4f",
                                 runtime="docker", cgroup_path="/kubepods/" + name)
        out.append(stream.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm=comm),
                                                     victim_container=container)))
    return out


def nothing_is_never_silent():
    save("shop.pb", *shop())
    save("none.pb", Stream(b"n").header())

    def told(*args, file="shop.pb", command="cat"):
        done = run(command, *args, file, **in_zone("UTC0"))
        assert done.returncode == 0, done
        return done.stderr.decode().removeprefix(f"ringside {command}: ").strip()

    def equal(said, wanted):
        assert said == wanted, said

    for command, *more in ("cat",), ("tail",), ("stats",), ("cat", "-o", "json"), ("cat", "-o", "pb"):
        equal(told(*more, "--namespace", "shopp", command=command),
              "0 of 3 events match: none has the namespace shopp: did you mean shop?" +
              "; only the Header was written" * ("pb" in more))
    equal(told("--namespace", "shop"), "")
    equal(told("--container", "queue"), "0 of 3 events match: none has the container queue; there are web, db")
    equal(told("--container", "4f4"), "0 of 3 events match: none has the container 4f4; there are web, db "
          "(of an id, say its first 6 digits or more)")
    equal(told("--pod", "shop/web-2"), "0 of 3 events match: none has the pod shop/web-2: did you mean shop/web-1?")
    equal(told("--pod", "shopp/web-1"), "0 of 3 events match: none has the pod shopp/web-1: did you mean shop/web-1?")
    equal(told("--pod", "web"), "0 of 3 events match: none has the pod web: did you mean 'web-*'?")
    equal(told("--pod", "shop/web"), "0 of 3 events match: none has the pod shop/web: did you mean 'shop/web-*'?")
    equal(told("--container", "shop/web-1/wep"), "0 of 3 events match: none has the container shop/web-1/wep: did you mean shop/web-1/web?")
    equal(told("--container", "web-1/wep"), "0 of 3 events match: none has the container web-1/wep: did you mean web-1/web?")
    equal(told("--container", "shop/web-2"), "0 of 3 events match: none has the container shop/web-2: did you mean shop/web-1?")
    # capitals matter where the pattern has some
    none = "0 of 3 events match: none has what --grep looks for: "
    equal(told("-g", "SHOP/WEB"), none + "SHOP/WEB (with --case-sensitive=no, there is something)")
    equal(told("-g", "SHOPP"), none + "SHOPP")
    equal(told("-g", "SHOP/WEB", "--pod", "queue"), "0 of 3 events match: none has the pod queue; there are web-1, db-1")
    equal(told("-g", "Shop|java"), "")
    # where nobody knows names there are ids
    uids = [f"{n}a6f1b6e-0000-4000-8000-000000000001" for n in range(7)]
    containers = [pb.Container(pod_uid=uid, id=n * 64, runtime="containerd", cgroup_path="/kubepods/" + uid)
                  for n, uid in zip("1234567", uids)] + [pb.Container(systemd_unit="a.service", cgroup_path="/a")]
    stream = Stream(b"u", boottime=1.0)
    save("uids.pb", stream.header(host="web-1", identity_version=2), *(stream.record(oom_kill=pb.OomKill(
        victim=pb.Process(pid=7, comm="java"), victim_container=x)) for x in containers))
    many = ", ".join(uids[:5]) + " and 2 more"
    equal(told("--pod", "web", file="uids.pb"), "0 of 8 events match: none has the pod web: the name of no pod is known here, "
          "only uids, which --pod takes, too: " + many)
    equal(told("--namespace", "shop", file="uids.pb"), "0 of 8 events match: none has the namespace shop: the namespace of no "
          "pod is known here, only uids, for --pod-uid: " + many)
    equal(told("--container", "web", file="uids.pb"), "0 of 8 events match: none has the container web: the name of no "
          "container is known here, only ids, which --container takes, too: " +
          ", ".join(n * 12 + "…" for n in "12345") + " and 2 more")
    equal(told("--pod", uids[0], file="uids.pb"), "")
    # one that has a name is of more use
    with open("uids.pb", "ab") as file:
        file.write(stream.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm="java"), victim_container=pb.Container(
            pod_name="db-1", namespace_name="shop", container_name="db", pod_uid=uids[6], cgroup_path="/kubepods/x"))))
    equal(told("--pod", "web", file="uids.pb"), "0 of 9 events match: none has the pod web; there are db-1")
    equal(told("--comm", "JAVA"), "0 of 3 events match: none has the comm JAVA: did you mean java?")
    equal(told("--comm", "web,Postgres"), "0 of 3 events match: none has the comm web,Postgres, web, Postgres; "
          "there are java, postgres, Java")
    equal(told("--comm", "java", "--pod", "db-1"), "0 of 3 events match: no event has all of them: "
          "1 has the pod db-1, 1 has the comm java")
    equal(told("--namespace", "!sh*"), "0 of 3 events match: all have the namespace sh*")
    equal(told("--host", "web1"), "0 of 3 events match: none has the host web1: did you mean web-1?")
    equal(told("--label", "zone=a"), "0 of 3 events match: none has the label zone=a; there are cluster=eu1")
    equal(told("--label", "cluster=eu2"), "0 of 3 events match: none has the label cluster=eu2: did you mean cluster=eu1?")
    equal(told("--label", "cluster=eu1"), "")
    equal(told("--kind", "seccomp"), "0 of 3 events match; they are oom_kill")
    equal(told("--kind", "header"), "")
    equal(told("--since", "2026-01-01"), "0 of 3 events match; they are from 2025-11-22T03:04:07.000+00:00 "
          "to 2025-11-22T03:04:09.000+00:00")
    equal(told("--namespace", "shop", file="none.pb"), "0 of 0 events match")
    equal(told(file="none.pb"), "")
    # what was left out of a compressed recording unread is counted, too
    with open("shop.pb", "rb") as plain, open("shop.pb.zst", "wb") as packed:
        subprocess.run([compress], stdin=plain, stdout=packed, check=True)
    assert told("--since", "2026-01-01", file="shop.pb.zst").startswith("0 of 3 events match; they are from 2025-11-22T")
    # all that is wrong is said at once, of what was not read for its time, too
    span = "0 of 3 events match; they are from 2025-11-22T03:04:07.000+00:00 to 2025-11-22T03:04:09.000+00:00"
    for file in "shop.pb", "shop.pb.zst":
        equal(told("--since", "2026-01-01", "--pod", "queue", file=file), span + "; none has the pod queue; there are web-1, db-1")
        equal(told("--since", "2026-01-01", "--pod", "web-1", file=file), span)
        equal(told("--container", "webb", "--kind", "seccomp", "--namespace", "shopp", file=file), "0 of 3 events match; they are "
              "oom_kill; none has the namespace shopp: did you mean shop?; none has the container webb: did you mean web?")
    equal(told("--pod", "queue", "--comm", "jav"), "0 of 3 events match: none has the pod queue; there are web-1, db-1; none has "
          "the comm jav: did you mean java?")
    # nobody waits for what follows a name that may be none
    check(run("cat", "--container", "docker:4f4", "shop.pb"), 2, ".*'docker:4f4': say at least 6 digits of the id.*\n")


def one_of_a_list_that_nothing_has_is_told():
    save("shop.pb", *shop())

    for more in (), ("-o", "json"), ("-r",), ("-o", "pb"):
        done = run("cat", *more, "--pod", "web-1,db-l", "shop.pb")
        assert done.returncode == 0 and done.stdout
        assert done.stderr == b"ringside cat: no event has the pod db-l (did you mean db-1?)\n", done

    def said(*args, file="shop.pb"):
        done = run("cat", *args, file, **in_zone("UTC0"))
        assert done.returncode == 0, done
        return done.stderr.decode().removeprefix("ringside cat: ").strip()

    def equal(words, wanted):
        assert words == wanted, words

    equal(said("--pod", "web-1", "--pod", "queue", "--container", "web,x1,x2"),
          "no event has the pod queue; no event has the container x1, x2")
    equal(said("--pod", "shop/web-1,shopp/db-1"), "no event has the pod shopp/db-1 (did you mean shop/db-1?)")
    equal(said("--host", "web-1,web1"), "no event has the host web1 (did you mean web-1?)")
    # all of them are there; or what is one name as well as a list; or it is no name
    for args in ("--pod", "web-1,db-1"), ("--pod", "web-*,!db-1"), ("--comm", "java,postgres"), ("--severity", "WARN,ERROR"):
        equal(said(*args), "")
    # what else is asked for does not make it missing
    equal(said("--pod", "web-1,db-1", "--container", "web"), "")
    # of what was read in part nothing is said
    equal(said("-n1", "--pod", "web-1,db-l"), "")
    equal(said("--kind", "seccomp", "--pod", "web-1,db-l"), "0 of 3 events match; they are oom_kill\n"
          "ringside cat: no event has the pod db-l (did you mean db-1?)")
    # but of the last ones, which are all that tail reads: who follows learns of it, too
    save("long.pb", *shop(40))
    asked = "--pod", "web-1,db-l", "--kind", "oom,seccomp", "long.pb"
    lacks = "no event has the pod db-l (did you mean db-1?)\n"
    for args, now, so_far in ((), "of what was read, ", "so far, of what was read, "), \
            (("-n", "2"), "of what was read, ", "so far, of what was read, "), \
            (("-o", "pb"), "of what was read, ", "so far, of what was read, "), \
            (("-n", "all"), "no event is of the kind seccomp_denial; ", "so far "):
        done = run("tail", *args, *asked)
        assert done.returncode == 0 and done.stdout, done
        equal(done.stderr.decode(), f"ringside tail: {now}{lacks}")
        with subprocess.Popen([ringside, "tail", "-f", *args, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as follower:
            equal(follower.stderr.readline().decode(), f"ringside tail: {so_far}{lacks}")
            follower.terminate()
            follower.communicate()
    # several things that are wrong, and those that are to be left out
    equal(said("--pod", "web-1,web,!db-l", "--label", "cluster=eu1,eu7"), "no event has the label cluster=eu7 (did you mean "
          "cluster=eu1?); no event has the pod web (did you mean 'web-*'?); no event is left out by --pod '!db-l' (did you mean db-1?)")
    # a unit's path is one value, though it is looked for as a mount as well
    equal(said("--unit", "!/srv/x"), "no event is left out by --unit '!srv-x.mount'")
    # of what was not read, because of its time, nothing is known
    stream = Stream(b"z", boottime=1.0)
    days = [stream.header(host="web-1")]
    for second in 1, 100000, 200000, 300000:
        stream.boottime = float(second)
        big = pb.Container(pod_name=f"db-{second}", cgroup_path="/" + "x" * 300000)
        days += [stream.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm="java"), victim_container=big)) for _ in range(8)]
    with open("days.pb.zst", "wb") as file:
        subprocess.run([compress], input=b"".join(days), stdout=file, check=True)
    equal(said("--pod", "db-1,db-100000", file="days.pb.zst"), "")
    equal(said("--until", "2025-11-22 12:00", "--pod", "db-1,db-l", file="days.pb.zst"),
          "of what else fits, no event has the pod db-l (did you mean db-1?)")
    # nothing happened of which one could tell
    save("empty.pb", Stream(b"e").header())
    equal(said("--pod", "!x", file="empty.pb"), "0 of 0 events match")


# Of each filter: what some event has, and another thing that none has; and what that is meant for.
FILTERS = {
    "kind": ("seccomp", "signal", None), "host": ("web-1", "web-l", "web-1"), "label": ("cluster=eu1", "cluster=eu7", "cluster=eu1"),
    "unit": ("nginx.service", "ngin.service", "nginx.service"), "user-unit": ("app.service", "ap.service", "app.service"),
    "slice": ("system.slice", "sytem.slice", "system.slice"), "namespace": ("shop", "shopp", "shop"), "pod": ("web-1", "web-l", "web-1"),
    "pod-uid": ("1a6f1b6e", "1a6f1b6f", "1a6f1b6e"), "container": ("web", "wep", "web"), "container-id": ("4f" * 32, "5" * 12, None),
    "runtime": ("docker", "dokcer", "docker"), "cgroup": ("/kubepods/web", "/kubepods/wep", "/kubepods/web"),
    "comm": ("java", "jave", "java"), "pid": ("7", "8", None), "uid": ("33", "34", None), "syscall": ("keyctl", "bpf", None),
    "action": ("ERRNO", "TRAP", None), "errno": ("EPERM", "EACCES", None), "arch": ("x86_64", "i386", None),
    "signal": ("SIGKILL", "SIGSEGV", None),
}
# Steps of a scale, the ends of time, and what has no list.
NO_LISTS = {"severity", "since", "until", "self-tests"}


def each_filter_tells_of_what_nothing_has_in_every_command():
    stream = Stream(b"l", boottime=1.0)
    container = pb.Container(
        systemd_unit="nginx.service", systemd_user_unit="app.service", systemd_slice="system.slice", namespace_name="shop",
        pod_name="web-1", pod_uid="1a6f1b6e", container_name="web", id="4f" * 32, runtime="docker", cgroup_path="/kubepods/web")
    process = pb.Process(pid=7, tid=7, uid=33, comm="java")
    data = [stream.header(host="web-1", identity_version=2, labels={"cluster": "eu1"}),
            stream.record(seccomp_denial=pb.SeccompDenial(
                process=process, container=container, arch_name="x86_64", syscall_name="keyctl", syscall_number=250,
                action=pb.SECCOMP_RET_ERRNO, error_number=1, error_name="EPERM")),
            stream.record(oom_kill=pb.OomKill(victim=process, victim_container=container))]
    save("list.pb", *data)
    data.append(stream.record(signal_kill=pb.SignalKill(target=process, target_container=container, signal=9, signal_name="SIGKILL")))
    save("signal.pb", *data)
    known = re.findall(r"^ +(?:-\w, )?--([\w-]+)", run("cat", "--help").stdout.decode().split("\nFilters")[1], re.M)
    assert set(known) == FILTERS.keys() | NO_LISTS, known
    commands = [["cat"], ["tail", "-n", "all"], ["replay", "--speed", "max", "-o", "text"], ["stats"]]
    forms = [["cat", "-o", "json"], ["cat", "-r"], ["cat", "-o", "pb"], ["tail", "-n", "all", "-o", "protojson"], ["stats", "-o", "json"]]
    for name, (has, lacks, meant) in FILTERS.items():
        file = "signal.pb" if name == "signal" else "list.pb"
        hint = f" (did you mean {meant}?)" if meant else ""
        kind = {"signal": "signal_kill"}.get(lacks, lacks)
        both = f"no event is of the kind {kind}" if name == "kind" else f"no event has the {name} {lacks}{hint}"
        none = f"no event is left out by --kind !{kind}" if name == "kind" else f"no event is left out by --{name} '!{lacks}'{hint}"
        apart = f"{has},{lacks}".replace(",cluster=", ",")
        for command in commands + forms * (name == "pod"):
            begin = f"ringside {command[0]}: "
            for values, told in ((apart, both), ("!" + lacks, none)):
                done = run(*command, f"--{name}", values, file)
                assert done.returncode == 0 and done.stdout, done
                assert done.stderr.decode() == (begin + told + "\n") * bool(told), (done.args, done.stderr, told)


def a_container_is_found_by_what_a_line_has_of_it():
    """With the namespace, without, and as a narrow terminal shows it."""
    stream = Stream(b"p", boottime=1.0)
    out = [stream.header(host="web-1", identity_version=2)]
    for namespace, pod, name in ("shop", "db-0", "app"), ("bank", "db-0", "app"), ("shop", "db-0", "proxy"), ("db-0", "app", "x"):
        container = pb.Container(namespace_name=namespace, pod_name=pod, container_name=name, id=64 * "4", runtime="containerd",
                                 cgroup_path="/kubepods/" + namespace + pod + name)
        out.append(stream.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm="java"), victim_container=container)))
    save("pods.pb", *out)

    def found(*words):
        out = check(run("cat", "--container", *words, "pods.pb"), 0, None).decode().splitlines()
        return [re.search(r"\S+/\S+/\S+", x)[0] for x in out]

    assert found("shop/db-0/app") == ["shop/db-0/app"]
    assert found("shop/db-0") == ["shop/db-0/app", "shop/db-0/proxy"]
    assert found("db-0/proxy") == found("db-?/pro*") == ["shop/db-0/proxy"]
    # what can be a pod's container as well as a namespace's pod is both
    assert found("db-0/app") == ["shop/db-0/app", "bank/db-0/app", "db-0/app/x"]
    assert found("sho…0/app") == found("s…1f3c…/app") == ["shop/db-0/app"]
    assert found("db-0/ap") == found("0/app") == found("…1f3…x") == []
    assert found("!db-0/app") == ["shop/db-0/proxy"]


def night():
    """Three denials of web-1 at 1, 2 and 3 s, a kill of db-1 at 11 s; and three records that are no events before."""
    stream = Stream(b"t", boottime=0.5)
    out = [stream.header(host="web-1")]
    out += [stream.record(lost=pb.Lost(kind="seccomp_denial", count=1)) for _ in range(3)]
    for pod in "web-1", "web-1", "web-1", "db-1":
        stream.boottime += 1
        process, container = pb.Process(pid=7, comm="java"), pb.Container(pod_name=pod)
        if pod == "db-1":
            stream.boottime += 7.5
            out.append(stream.record(oom_kill=pb.OomKill(victim=process, victim_container=container)))
        else:
            out.append(stream.record(seccomp_denial=pb.SeccompDenial(process=process, container=container)))
    return out


def what_is_said_of_none_is_true_of_all():
    save("night.pb", *night())

    def told(*args, command="cat"):
        done = run(command, *args, "night.pb", **in_zone("UTC0"))
        assert done.returncode == 0, done
        return done.stderr.decode().removeprefix(f"ringside {command}: ").strip()

    def equal(said, wanted):
        assert said == wanted, said

    of = "0 of 4 events match: "
    equal(told("--kind", "oom", "--since", "boot+0", "--until", "boot+5"),
          of + "no event has all of them: 1 is of the kind, 3 are of the time")
    equal(told("--kind", "oom", "--pod", "web-1"), of + "no event has all of them: 1 is of the kind, 3 have the pod web-1")
    equal(told("--kind", "oom", "--pod", "web-2"), of + "none has the pod web-2: did you mean web-1?")
    equal(told("--kind", "oom", "--pod", "queue"), of + "none has the pod queue; there are web-1, db-1")
    equal(told("--kind", "oom", "--pod", "!d*"), of + "no event has all of them: 1 is of the kind, 3 have not the pod d*")
    equal(told("--pod", "web*,!web-1"), of + "none has the pod web*, not web-1; there are web-1, db-1")
    equal(told("--kind", "signal"), "0 of 4 events match; they are oom_kill, seccomp_denial")
    equal(told("--kind", "oom", "--pod", "db-1", "-g", "python"),
          of + "none of those that all else fits has what --grep looks for: python")
    # of what was read in part nothing is said: that is, where other records were enough
    for args in ("cat", "-n", "3"), ("tail", "-n", "2"), ("replay", "-o", "text", "--speed", "max", "-n", "3"):
        equal(told(*args[1:], "--pod", "queue", command=args[0]), "")
    assert of + "none has the pod queue" in told("--pod", "queue", command="tail")


def lines(*args, **kwargs):
    return check(run(*args, **kwargs), 0).decode().splitlines()


def grep_is_journalctls():
    def found(*args, command="cat"):
        return len(check(run(command, *args, "shop.pb"), 0, None).decode().splitlines())

    assert (found(), found("-g", "java"), found("-g", "Java"), found("--grep", "JAVA")) == (3, 2, 1, 0)
    assert found("-g", "java", "--case-sensitive") == found("-g", "java", "--case-sensitive=yes") == 1
    assert found("-g", "JAVA", "--case-sensitive=no") == 2
    assert found("-g", "shop/(db|web)-1/db +postgres.7. killed") == 1  # all that text has behind the time
    assert found("-g", "^oom .*memory") == 3
    assert found("-g", "java", "-n", "1", command="tail") == 1
    assert found("-g", "java", "-o", "text", "--speed", "max", command="replay") == 2
    assert json.loads(check(run("stats", "-o", "json", "-g", "java", "shop.pb"), 0))["events"] == 2
    found_json = check(run("cat", "-o", "json", "-g", "postgres", "shop.pb"), 0).splitlines()
    assert len(found_json) == 1, found_json
    check(run("cat", "-g", "jav.*x", "shop.pb"), 0, "ringside cat: 0 of 3 events match: none has what --grep looks for: jav.*x\n")
    check(run("cat", "-g", "(", "shop.pb"), 2, ".*--grep '\\(' is not a regular expression: .*\n")
    check(run("cat", "--case-sensitive=maybe", "shop.pb"), 2, ".*--case-sensitive=maybe: say yes or no.*\n")


def the_newest_can_come_first():
    usual = lines("cat", "shop.pb")
    assert lines("cat", "-r", "shop.pb") == usual[::-1]
    assert lines("cat", "--reverse", "-n", "2", "shop.pb") == usual[:0:-1]
    assert lines("cat", "-n", "2", "shop.pb") == usual[:2]
    assert lines("cat", "-r", "-o", "json", "shop.pb", "two.pb") == lines("cat", "-o", "json", "shop.pb", "two.pb")[::-1]
    advised = check(run("cat", "-r", "-v", "shop.pb"), 0)
    assert sorted(advised.splitlines()) == sorted(check(run("cat", "-v", "shop.pb"), 0).splitlines())
    assert "postgres" in lines("cat", "-r", "--pod", "db-1", "shop.pb")[0]
    check(run("cat", "-r", "-o", "pb", "shop.pb"), 2, ".*-r is for text and JSON.*\n")
    many = Stream(b"m", boottime=1.0)
    save("many.pb", many.header(), *(many.kill("x" * 15) for _ in range(300000)))
    refused = run("cat", "-r", "-o", "json", "many.pb")
    check(refused, 1, "ringside cat: -r keeps what it prints, and there is more than 64 MiB of it: say -n .*\n", stdout=b"")
    last = lines("cat", "-r", "-n", "3", "-o", "json", "many.pb")
    assert [json.loads(line)["seq"] for line in last] == [300001, 300000, 299999]


def a_boot_is_asked_for_as_of_journalctl():
    os.mkdir("boots")
    ids = [f"{n}0000000-1111-4222-8333-444444444444" for n in "abc"]
    for n, boot in enumerate(ids):
        stream = Stream(bytes([65 + n]), boot=boot, boottime=5.0, step=START + 1000 * n)
        save(f"boots/{n}.pb", stream.header(host="web-1"), stream.kill(f"boot{n}"), stream.footer())
    for boot, n in {"0": 2, "-1": 1, "-2": 0, "1": 0, "2": 1, "3": 2, ids[1]: 1, ids[1].replace("-", ""): 1,
                    "b00000": 1}.items():
        for form in [f"-b{boot}"], [f"-b={boot}"], [f"--boot={boot}"], ["-b", boot]:
            told = lines("cat", *form, "boots")
            assert len(told) == 1 and f"boot{n}[" in told[0], (form, told)
    # so few digits may be a name
    shutil.copy("boots/2.pb", "b00000")
    assert "boot2[" in lines("cat", "-b", "b00000")[0]
    os.unlink("b00000")
    assert "boot2[" in lines("cat", "-b", "boots")[0]
    assert "boot1[" in lines("cat", "boots", "-b", "-1")[0]
    assert "boot0[" in lines("cat", "-b", "boots/0.pb")[0]
    assert "boot1[" in lines("cat", "-r", "-b", "-1", "boots/1.pb", "boots/2.pb", "boots/0.pb")[0]
    check(run("cat", "-b", "4", "boots"), 1, "ringside cat: -b 4: there are 3 boots\n")
    check(run("cat", "-b", "-3", "boots"), 1, "ringside cat: -b -3: there are 3 boots\n")
    check(run("cat", "-bx", "boots"), 2, ".*-b x: say 0 .*\n")
    with open("boots/1.pb", "rb") as one:
        piped = one.read()
    check(run("cat", "-b", "-", data=piped), 2, ".*of a pipe, say the boot's id.*\n")
    assert "boot1[" in lines("cat", "-b", ids[1], "-", data=piped)[0]


def each_host_has_its_own_boots():
    os.mkdir("hosts")
    # by the machine's id, though one was renamed; else by name
    for n, (host, machine) in enumerate([("a", "1" * 32), ("b", None), ("renamed", "1" * 32), ("b", None), ("c", None)]):
        stream = Stream(bytes([75 + n]), boot=f"{n}0000000-1111-4222-8333-555555555555", boottime=5.0, step=START + 1000 * n)
        save(f"hosts/{n}.pb", stream.header(host=host, machine_id=machine), stream.kill(f"boot{n}"), stream.footer())
    for boot, wanted in {"0": "234", "-1": "01", "1": "014", "2": "23"}.items():
        told = "".join(lines("cat", "-b", boot, "hosts"))
        assert "".join(n for n in "01234" if f"boot{n}[" in told) == wanted, (boot, told)
    several = "of 4 hosts: their records come one host after the other, and the last are the last one's (--host NAME chooses one)"
    several = re.escape(several) + "\n"
    for args in ("tail", "-n", "1", "hosts"), ("tail", "-n", "4", "-o", "json", "hosts"):
        check(run(*args), 0, "ringside tail: hosts: " + several)
    check(run("cat", "-r", "hosts"), 0, "ringside cat: -r: " + several)
    for args in ("tail", "hosts"), ("tail", "-n", "1", "--host", "b", "hosts"), ("cat", "-r", "--host", "b", "hosts"), ("cat", "-b", "hosts"):
        check(run(*args), 0)
    check(run("cat", "-b", "3", "hosts"), 1, "ringside cat: -b 3: no host has more than 2 boots\n")


def replay_filters_and_talks_to_people():
    whole = check(run("replay", "--speed", "max", "shop.pb"), 0)
    with open("shop.pb", "rb") as plain:
        assert whole == plain.read()
    assert lines("replay", "--speed", "max", "-o", "text", "shop.pb") == lines("cat", "shop.pb")
    part = check(run("replay", "--speed", "max", "--comm", "postgres", "shop.pb"), 0)
    assert len(check(run("cat", data=part), 0, ".* ends without a Footer: .*\n").splitlines()) == 1
    assert len(lines("replay", "--speed", "max", "-n", "2", "-o", "text", "shop.pb")) == 2
    ours, theirs = pty.openpty()
    try:
        check(run("replay", "--speed", "max", "shop.pb", stdout=theirs, stderr=subprocess.PIPE), 0)
        assert b"postgres[7] killed" in os.read(ours, 1 << 16)
    finally:
        os.close(ours)
        os.close(theirs)
    # what is left out costs no time: the first that is wanted comes at once, an hour into the recording
    late = Stream(b"l", boottime=1.0)
    out = [late.header(), late.kill("early")]
    late.boottime = 3600.0
    save("late.pb", *out, late.kill("late"))
    began = time.monotonic()
    assert len(lines("replay", "-o", "text", "--comm", "late", "late.pb")) == 1
    assert time.monotonic() - began < 30
    check(run("replay", "--speed", "max", "--comm", "none", "-o", "text", "shop.pb"), 0, ".*0 of 3 events match.*\n")


def counts_are_the_same_everywhere():
    """Of a stream, too: its Headers, sums and clocks come with the events that are counted."""
    parts = []
    for host in "a", "b":
        stream = Stream(host.encode(), boot=host, boottime=5.0)
        parts.append(b"".join([stream.header(host=host), stream.counters(), stream.kill(host + "1"), stream.counters(),
                               stream.kill(host + "2"), stream.counters(), stream.footer()]))
    save("counted.pb", *parts)
    every = [re.search(r"\w+(?=\[7\])", x)[0] for x in check(run("cat", "counted.pb"), 0, None).decode().splitlines()]
    assert every == ["a1", "a2", "b1", "b2"], every
    for command, kept in {("cat",): every[:3], ("replay", "--speed", "max"): every[:3], ("tail",): every[1:]}.items():
        for output in "pb", "protojson":
            for more in (), ("--comm", "*"), ("--kind", "oom"):
                out = check(run(*command, "-o", output, "-n", "3", *more, "counted.pb"), 0, None).decode("latin-1")
                assert [x for x in every if f"{x}" in re.findall(r"[ab][12]", out)] == kept, (command, output, more, out)
    assert len(lines("tail", "-c", "1", "shop.pb")) == 1
    assert len(lines("tail", "-c", "2", "-n", "3", "shop.pb")) == 2
    with open("shop.pb", "ab"):
        assert len(lines("tail", "-f", "-c", "2", "shop.pb")) == 2  # and does not wait for more
    for command in "cat", "replay", "live", "tail":
        check(run(command, "-n", "few"), 2, ".*few is not a number of .*\n")
        check(run(command, "-c", "few"), 2, ".*few is not a number of .*\n")


def options_are_told_where_they_belong():
    check(run("tail", "-r", "shop.pb"), 2, ".*unknown option -r: `ringside cat -r` prints the newest first.*\n")
    check(run("stats", "--boot=1", "shop.pb"), 2, ".*unknown option --boot=1: `ringside cat -b` .*\n")
    check(run("cat", "--speed", "2", "shop.pb"), 2, ".*`ringside replay --speed` keeps the pace.*\n")
    check(run("cat", "--listen", "9", "shop.pb"), 2, ".*`ringside serve --listen` .*\n")

    def of_streamer(*args):
        return subprocess.run([streamer, *args], capture_output=True, timeout=60, check=False)

    check(of_streamer("--kind", "oom"), 2, "ringside-streamer: unknown option '--kind': it is a filter of ringside's: .*\n")
    check(of_streamer("-f"), 2, "ringside-streamer: unknown option '-f': it is ringside's: .*\n")
    check(of_streamer("--proves", "oom"), 2, ".*did you mean --probes\\?\n")
    check(of_streamer("--user", "no such user"), 2, ".*no such user.*\n")
    check(of_streamer("-W", "3", "-w", "x.pb"), 2, ".*-W needs -C or -G.*\n")
    check(of_streamer("-z0", "-w", "x.pb.zst"), 2, ".*use another name.*\n")
    check(of_streamer("--append", "-w", "boots"), 2, ".*is a folder.*\n")
    check(of_streamer("-w", "shop.pb"), 1, ".*exists and is not empty.*\n")
    check(of_streamer("-w", "nowhere/x.pb"), 1, ".*cannot open the folder.*\n")
    ours, theirs = pty.openpty()
    try:
        told = subprocess.run([streamer], stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
        check(told, 2, ".*is a terminal.*\n")
    finally:
        os.close(ours)
        os.close(theirs)
    # nothing was attached: no file is left, and one that was there stays
    check(of_streamer("-w", "failed.pb", "--btf", "/dev/null"), 1, None)
    assert not os.path.exists("failed.pb")
    save("empty.pb", b"")
    check(of_streamer("-w", "empty.pb", "--btf", "/dev/null"), 1, None)
    assert os.path.exists("empty.pb")


def help_that_cannot_be_written_fails():
    for program in ringside, streamer:
        for args in ["--help"], ["--version"], *([["cat", "--help"], ["help", "cat"], ["verify", "--version"]]
                                                  if program == ringside else []):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([program, *args], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
            check(done, 1, ".*: cannot write: No space left on device\n")
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([program, *args], stdout=write, stderr=subprocess.PIPE, timeout=60, check=False)
            os.close(write)
            check(done, 0)


run_tests(
    nothing_is_never_silent,
    one_of_a_list_that_nothing_has_is_told,
    each_filter_tells_of_what_nothing_has_in_every_command,
    what_is_said_of_none_is_true_of_all,
    a_container_is_found_by_what_a_line_has_of_it,
    a_time_that_is_printed_can_be_asked_for,
    the_styles_are_those_of_journalctl,
    a_zone_that_is_none_is_said,
    grep_is_journalctls,
    the_newest_can_come_first,
    a_boot_is_asked_for_as_of_journalctl,
    each_host_has_its_own_boots,
    replay_filters_and_talks_to_people,
    counts_are_the_same_everywhere,
    options_are_told_where_they_belong,
    help_that_cannot_be_written_fails,
)
