#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""serve and status: what they refuse, text files, pipes, exit statuses. Needs no streamer.

usage: cli-serve.py RINGSIDE
"""
import contextlib
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

import ringside_pb2 as pb
from program import in_a_folder, ringside, run, run_tests, save
from stream import Growing

in_a_folder()


def status(*args, written=()):
    """@written: files that somebody writes just now."""
    with contextlib.ExitStack() as writers:
        for path in written:
            writers.enter_context(being_written(path))
        done = run("status", *args)
    return done.returncode, done.stdout.decode()


@contextlib.contextmanager
def being_written(path):
    """As the streamer locks its file."""
    with open(path, "r+b") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def what_is_wrong_is_said():
    for args, said in [((), b"--listen ADDR, --textfile FILE"), (("--listen", "x:y:z", "a.pb"), b"cannot listen on x:y:z: say PORT (of the loopback), HOST:PORT or unix:/path"),
                       (("--listen", "127.0.0.1:99999", "a.pb"), b"cannot listen on 127.0.0.1:99999"),
                       (("--listen", "0", "a.pb"), b"cannot listen on 0"),
                       (("--listen", "unix:", "a.pb"), b"cannot listen on unix:"),
                       (("--series", "0", "a.pb"), b"--series takes"), (("-l", "1", "a", "b"), b"one file")]:
        done = run("serve", *args)
        assert done.returncode == 2 and said in done.stderr, (args, done)
    done = run("serve", "--textfile", "t.prom", "missing.pb")
    assert done.returncode == 1 and b"missing.pb: No such file" in done.stderr, done
    save("file", b"x")
    done = run("serve", "--listen", "unix:file", "a.pb")
    assert done.returncode == 1 and os.path.exists("file"), done


@contextlib.contextmanager
def given(sockets, *args):
    """As systemd starts it: the sockets from descriptor 3 on."""
    # above those they are to become
    high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 20) for one in sockets]
    script = "".join(f"exec {3 + i}<&{fd} {fd}<&-; " for i, fd in enumerate(high))
    server = subprocess.Popen(["bash", "-c", f'{script} LISTEN_PID=$$ LISTEN_FDS={len(high)} exec "$@"', "bash", ringside, "serve", *args],
                              pass_fds=high, stderr=subprocess.PIPE)
    for fd in high:
        os.close(fd)
    try:
        yield server
    finally:
        server.terminate()
        server.wait(20)
        server.stderr.close()


def sockets_of_a_service_manager_are_answered():
    save("given.pb", Growing(b"\x05").header())
    tcp, unix, other = socket.socket(), socket.socket(socket.AF_UNIX), socket.socket()
    tcp.bind(("127.0.0.1", 0))
    unix.bind("given.sock")
    port = tcp.getsockname()[1]
    for one in tcp, unix:
        one.listen()
    with given((tcp, unix), "given.pb") as server:
        said = [server.stderr.readline().decode() for _ in range(2)]
        assert f"answers on http://127.0.0.1:{port} (/metrics, /health)\n" in said[0], said
        assert "answers on unix:" in said[1] and "/given.sock (/metrics, /health, /check, /events)\n" in said[1].replace(":given", ":/given"), said
        for host, code in ("127.0.0.1", 200), ("evil.example", 403):
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            asking.request("GET", "/metrics", headers={"Host": f"{host}:{port}"})
            assert (asking.getresponse().status == 200) == (code == 200), host
            asking.close()
        asking = http.client.HTTPConnection("x", timeout=20)
        asking.sock = socket.socket(socket.AF_UNIX)
        asking.sock.connect("given.sock")
        asking.request("GET", "/check")
        assert asking.getresponse().status == 200
        asking.close()
        with open(f"/proc/{server.pid}/environ", "rb") as f:
            assert b"LISTEN_FDS=2" in f.read()  # as it was started: the test is one
    assert os.path.exists("given.sock"), "the socket is its manager's"
    other.bind(("127.0.0.1", 0))  # and does not listen
    with given((other,), "given.pb") as server:
        assert server.wait(20) == 1
        said = server.stderr.read().decode()
        assert "descriptor 3, which $LISTEN_FDS tells of, is no socket that listens: ListenStream=" in said, said
    with given((tcp, unix, tcp, unix, tcp), "given.pb") as server:
        assert server.wait(20) == 2 and "four addresses at most, with those of the service manager" in server.stderr.read().decode()
    with given((tcp, unix, tcp), "-l", "1", "-l", "2", "given.pb") as server:
        assert server.wait(20) == 2
    done = run("serve", "given.pb", env={**os.environ, "LISTEN_PID": "1", "LISTEN_FDS": "1"})
    assert done.returncode == 2 and b"say where" in done.stderr, "another process is meant"
    for one in tcp, unix, other:
        one.close()


def a_pipe_becomes_a_text_file():
    one, two = Growing(b"\x01"), Growing(b"\x02")
    data = one.header() + one.counters(5) + one.footer() + two.header() + two.counters(2)
    for options, row in [((), ""), (("--per-container",), '{cgroup="/a\\n\\"b\\\\",scope="MEMCG"}')]:
        done = run("serve", *options, "--textfile", "t.prom", "-", data=data)
        assert done.returncode == 0, done
        with open("t.prom", encoding="utf-8") as f:
            text = f.read()
        assert '\nringside_events_seen_total{kind="oom_kill"} 7\n' in text, text
        assert f"\nringside_oom_kills_total{row} 7\n" in text, text
    assert os.listdir(".") .count("t.prom") == 1 and not [f for f in os.listdir(".") if f.startswith("t.prom.")]


def kills_by_signal_are_counted_by_signal_and_cause():
    stream = Growing(b"\x08")
    counters = pb.Counters(part=1, parts=1, full=True)
    counters.probes.add(kind="signal_kill").cpus.add(cpu=0, seen=9)
    for number, name, cause, count in [(9, "SIGKILL", pb.KILL_CAUSE_SENT, 4), (9, "SIGKILL", pb.KILL_CAUSE_CGROUP, 2),
                                       (11, "SIGSEGV", pb.KILL_CAUSE_KERNEL, 3)]:
        counters.rows.add(kind="signal_kill", container=pb.Container(cgroup_path="/a", cgroup_id=1), count=count,
                          signal=number, signal_name=name, kill_cause=cause)
    header = stream.record(header=pb.Header(
        magic="RINGSIDE", format_version=1, stream_id=b"\x08" * 16, boot_id="b", first_seq=1, host_name="h",
        counters_interval_nano=10**9, probes=[pb.Probe(kind="signal_kill", tier=pb.TIER_KPROBE)]))
    with Served("kill.pb") as served:
        served.grow(header + stream.record(counters=counters))
        text = served.shows("ringside_signal_kills_total")
        check = json.loads(ask("/check")[1])["signal_kill"]
    for labels, count in [('signal="SIGKILL",cause="SENT"', 4), ('signal="SIGKILL",cause="CGROUP"', 2),
                          ('signal="SIGSEGV",cause="KERNEL"', 3)]:
        assert f'\nringside_signal_kills_total{{cgroup="/a",{labels}}} {count}\n' in text, text
    assert '\nringside_events_seen_total{kind="signal_kill"} 9\n' in text, text
    assert '\nringside_probe_attached{kind="signal_kill",tier="kprobe"} ' in text, text
    said = status("kill.pb", written=["kill.pb"])
    assert said[0] == 0 and "signal_kill" in str(said), said
    assert check["attached"] and check["seen"] == 9, check
    assert [(row["cgroup"], row["signal"], row["cause"], row["count"]) for row in check["stats"]] == [
        ("/a", "SIGKILL", "SENT", 4), ("/a", "SIGKILL", "CGROUP", 2), ("/a", "SIGSEGV", "KERNEL", 3)], check


def status_is_for_probes():
    os.mkdir("rec")
    stream = Growing(b"\x03")
    assert status("rec")[0] == 1
    save("rec/a.pb", stream.header(), stream.counters(0))
    done = status("rec", written=["rec/a.pb"])
    assert done[0] == 0 and "recording, nothing lost" in done[1], done
    done = status("rec")
    assert done[0] == 1 and "not recording: the streamer is gone, without closing its stream" in done[1], done
    assert json.loads(status("-o", "json", "rec")[1])["status"] == "gone"
    other = Growing(b"\x04")
    save("rec/b.pb", other.header(), other.counters(9, 2))
    done = status("-o", "json", "rec", written=["rec/b.pb"])  # the other one nobody writes
    said = json.loads(done[1])
    assert done[0] == 4 and said["lost"] == 2, done
    assert said["file"] == os.path.abspath("rec/b.pb") and said["file_bytes"] == os.path.getsize("rec/b.pb"), said
    # nobody knows how many
    os.mkdir("uncounted")
    stream = Growing(b"\x05")
    save("uncounted/a.pb", stream.header(), stream.counters(3),
         stream.record(lost=pb.Lost(reason=pb.Lost.DAMAGED, kind="oom_kill")))
    done = status("-o", "json", "uncounted", written=["uncounted/a.pb"])
    said = json.loads(done[1])
    assert done[0] == 4 and (said["lost"], said["lost_more"]) == (0, True), done
    done = status("uncounted", written=["uncounted/a.pb"])
    assert re.search(r"oom_kill +.*; 3 seen, 0 limited, an unknown number lost", done[1]), done
    # what the streamer's own filter refused it
    cost = pb.StreamerCost(user_cpu_nano=1, system_cpu_nano=1)
    cost.refused_calls.add(number=41, name="socket", count=3)
    cost.refused_calls.add(number=499, count=1)
    stream = Growing(b"\x08")
    os.mkdir("refused")
    save("refused/a.pb", stream.header(), stream.counters(0), stream.objects([], cost=cost))
    done = status("refused", written=["refused/a.pb"])
    assert done[0] == 0 and "refused to it   socket × 3, call 499 × 1; the streamer does none of it by itself\n" in done[1], done
    assert json.loads(status("-o", "json", "refused", written=["refused/a.pb"])[1])["refused_calls"] == 4
    stream, host = Growing(b"\x09"), "h" * 254 + "x"  # as long as --host-name takes it
    save("long.pb", stream.header(host), stream.counters(0))
    assert f"({host}, " in status("long.pb", written=["long.pb"])[1]
    assert json.loads(status("-o", "json", "long.pb")[1])["host"] == host
    stream = Growing(b"\x05")
    save("rec/c.pb", stream.header(), stream.counters(1), stream.footer())
    assert status("-q", "rec/c.pb") == (1, "")
    assert status("-o", "xml", "rec")[0] == 2


def status_shows_what_is_there():
    """The file, since when, the sums as of the last event, and the last events."""
    stream = Growing(b"\x0a")
    save("there.pb", stream.header(), stream.counters(5),
         *[stream.record(cpu_sums=pb.CpuSums(cpu=0, seen=5 + n, dropped=0), oom_kill=pb.OomKill(
             victim=pb.Process(pid=n, comm=f"victim-{n}\n"), kill_id=n)) for n in range(1, 6)])
    code, text = status("there.pb", written=["there.pb"])
    assert code == 0, text
    lines = text.splitlines()
    assert re.fullmatch(r"  file +/.*/there\.pb \(\d+ B\)", lines[1]), text
    assert re.fullmatch(r"  since +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+", lines[2]), text
    assert "attached (fentry); 10 seen, 0 limited, 0 lost" in text, text
    assert lines[-4] == "  latest:" and [f"victim-{n}\\x0a[{n}]" in lines[n - 6] for n in (3, 4, 5)] == [True] * 3, text
    said = json.loads(status("-o", "json", "there.pb", written=["there.pb"])[1])
    assert [event["kind"] for event in said["latest"]] == ["oom_kill"] * 3, said
    assert said["probes"][0]["seen"] == 10 and said["probes"][0]["written"] == 5, said
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", said["since"]), said


def status_says_what_a_folder_takes():
    os.mkdir("taken")
    stream = Growing(b"\x0b")
    name = "taken/20261122T030405Z-0b0b0b0b-000000.pb"
    save(name, stream.header(), stream.counters(5))
    save("taken/20261122T030405Z-0b0b0b0b-000001.pb", b"")
    save("taken/other.pb", b"x" * 100000)
    os.mkdir("taken/20261122T030405Z-0b0b0b0b-000002.pb")
    took, fs = os.stat(name).st_blocks * 512, os.statvfs("taken")
    text = status("taken", written=[name])[1]
    assert re.search(r"^  disk            \S.* in 2 recordings; .* of .* are free$", text, re.M), text
    said = json.loads(status("-o", "json", "taken", written=[name])[1])["disk"]
    assert said["files"] == 2 and said["bytes"] == took, (said, took)
    assert said["size_bytes"] == fs.f_blocks * fs.f_frsize and 0 < said["free_bytes"] < said["size_bytes"], (said, fs)
    assert "disk" not in json.loads(status("-o", "json", name, written=[name])[1]), "of a file, its size is told"


def what_was_refused_to_the_streamer_is_named():
    def line_of(*refused, ended=b""):
        stream = Growing(b"\x08")
        save("refused.pb", stream.header(), stream.counters(0), stream.counters(0, refused=refused), ended and stream.footer())
        done = status("refused.pb", written=["refused.pb"])
        total = json.loads(status("-o", "json", "refused.pb", written=["refused.pb"])[1]).get("refused_calls", 0)
        assert done[0] == (1 if ended else 0), done  # it is an attempt, and no loss
        assert ended or total == sum(count for _, _, count in refused), (total, refused)
        lines = [line for line in done[1].splitlines() if line.startswith("  refused to it   ")]
        assert len(lines) <= 1, done
        return lines[0].removeprefix("  refused to it   ") if lines else None

    end = "; the streamer does none of it by itself"
    many = [(n, f"call{n}", n) for n in range(1, 5)]
    assert line_of() is None
    assert line_of((59, "execve", 1234)) == "execve × 1,234" + end
    # 0 is a number, read(2) on x86-64; none at all is of those that are not counted one by one
    assert line_of((0, None, 1), (500, None, 2)) == "call 0 × 1, call 500 × 2" + end
    assert line_of((59, "execve", 3), (None, None, 2)) == "execve × 3, calls above 510 × 2" + end
    assert line_of((59, "a\x1b[2J\nb\u202e", 1)) == "a\\x1b[2J\\x0ab\\u202e × 1" + end
    assert line_of(*many) == "call1 × 1, call2 × 2, call3 × 3, call4 × 4" + end
    assert line_of(*many, (5, "call5", 1000)) == "call1 × 1, call2 × 2, call3 × 3, call4 × 4 and others, 1,010 in all" + end
    assert line_of((59, "execve", 1), ended=True) is None  # nobody is there any more


def what_cannot_be_read_may_be_a_recording():
    # root reads everything, but for what it may not do
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []

    def said(*args):
        done = subprocess.run([*drop, ringside, *args], capture_output=True, timeout=20, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    why = "Permission denied (join the group ringside, or use sudo)"
    stream = Growing(b"\x06")
    os.mkdir("closed")
    save("closed/a.pb", stream.header(), stream.counters(0), stream.footer())
    save("closed/b.pb", stream.header(), stream.counters(0))
    with being_written("closed/b.pb"):
        assert said("status", "closed")[0] == 0
    os.chmod("closed/b.pb", 0)
    for path in "closed", "closed/b.pb":
        done = said("status", path)
        assert done[:2] == (1, f"not known whether it is recording: {why}\n"), done
        assert "closed/b.pb: Permission denied" in done[2], done
    done = said("status", "-o", "json", "closed")
    assert json.loads(done[1]) == {"alive": False, "status": "unreadable", "error": why}, done
    os.chmod("closed", 0)
    done = said("status", "closed")
    assert done[:2] == (1, f"not known whether it is recording: {why}\n"), done
    # who may list the names only has not seen that there is none
    os.chmod("closed", 0o400)
    done = said("status", "closed")
    assert done[:2] == (1, f"not known whether it is recording: {why}\n"), done
    for command in "cat", "verify":
        assert "closed: Permission denied" in said(command, "closed")[2], command
    os.chmod("closed", 0o700)
    os.chmod("closed/b.pb", 0o600)
    # what is not there is none
    assert said("status", "nowhere")[1] == "not recording: no stream was found\n"
    # one that is written elsewhere is not less alive
    save("closed/c.pb", Growing(b"\x07").header(), Growing(b"\x07").counters(0))
    os.chmod("closed/a.pb", 0)
    with being_written("closed/c.pb"):
        assert said("status", "closed")[0] == 0


def ask(path, method="GET"):
    connection = http.client.HTTPConnection("x", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("sock")
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def what_is_asked_wrongly_is_refused():
    stream = Growing(b"\x06")
    save("d.pb", stream.header(), stream.counters(3))
    server = subprocess.Popen([ringside, "serve", "--listen", "unix:sock", "d.pb"])
    try:
        until = time.monotonic() + 10
        while not os.path.exists("sock") and time.monotonic() < until:
            time.sleep(0.05)
        while "oom_kills_total" not in ask("/metrics")[1] and time.monotonic() < until:
            time.sleep(0.05)
        with being_written("d.pb"):
            assert ask("/health")[0] == 200
        # the first look may be too early to be sure
        while ask("/health")[0] == 200 and time.monotonic() < until:
            time.sleep(0.1)
        assert json.loads(ask("/health")[1])["status"] == json.loads(status("-o", "json", "d.pb")[1])["status"] == "gone"
        assert ask("/nothing")[0] == 404
        assert ask("/metrics", "POST")[0] == 405
        assert ask("/metrics", "HEAD")[0] == 200
        assert ask("/check?since=x")[0] == 400
        assert ask("/events?kind=nonsense")[0] == 400 and "is not a kind" in ask("/events?kind=nonsense")[1]
        assert ask("/events?colour=red")[0] == 400
        status_of_it, said = ask("/events?kind=%1b%5b31m")
        assert status_of_it == 400 and "'\\x1b[31m' is not a kind" in said, said
        check = json.loads(ask("/check")[1])
        assert check["whole"] and check["oom_kill"]["stats"][0]["count"] == 3, check
        assert json.loads(ask("/check?since=" + check["cursor"])[1])["oom_kill"]["stats"] == []
        assert oct(os.stat("sock").st_mode & 0o777) == "0o660"
        assert run("serve", "--listen", "unix:sock", "d.pb").returncode == 1  # somebody answers there
        assert re.match("ringside ", ask("/")[1])
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) == 0
    assert not os.path.exists("sock")


def program(number, **more):
    return pb.CounterRow(kind="bpf_object", container=pb.Container(container_name="agent", cgroup_path="/agent"),
                         bpf_object=pb.BpfObject(id=number, type=6, type_name="xdp", memory_bytes=4096,
                                                 holder=pb.BpfHolder(pid=7, comm="agentd", processes=1),
                                                 program=pb.BpfProgram(tag="0123456789abcdef"), **more))


def table(number, entries, **more):
    return pb.CounterRow(kind="bpf_object", bpf_object=pb.BpfObject(
        id=number, type=1, type_name="hash", memory_bytes=100, **more,
        map=pb.BpfMap(max_entries=64, entries=entries)))


class Served:
    """A stream that grows, and a server over it."""
    def __init__(self, path, *options):
        self.path, self.options = path, options
        if not os.path.isdir(path):
            save(path)

    def __enter__(self):
        self.server = subprocess.Popen([ringside, "serve", "--per-container", *self.options, "--listen", "unix:sock", self.path])
        until = time.monotonic() + 10
        while not os.path.exists("sock") and time.monotonic() < until:
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        assert self.server.wait(10) == 0

    def grow(self, data, path=None):
        with open(path or self.path, "ab") as f:
            f.write(data)

    def shows(self, *wanted, but=()):
        """Waits for lines that begin like this, and for others to be gone."""
        until = time.monotonic() + 10
        while True:
            text = ask("/metrics")[1]
            missing = [w for w in wanted if "\n" + w not in text] + [b for b in but if "\n" + b in text]
            if not missing:
                return text
            assert time.monotonic() < until, (missing, [line for line in text.splitlines() if "bpf" in line][:40])
            time.sleep(0.05)


def bpf_objects(since=""):
    check = json.loads(ask("/check" + since)[1])
    return check["cursor"], check["bpf_object"], {(o["object"], o.get("id")): o for o in check["bpf_object"]["stats"]}


def bpf_objects_come_change_and_go():
    stream = Growing(b"\x07")
    labels = 'type="hash",name="flows"'
    with Served("bpf.pb") as served:
        served.grow(stream.header() + stream.objects(
            [program(5, name='a"b\n\\c', own=True), program(6, name="x@@"), table(5, 60, name="flows")],
            cost=pb.StreamerCost(user_cpu_nano=1_500_000_000, system_cpu_nano=5, anonymous_bytes=8 << 20,
                                 map_bytes=1 << 20)).replace(b"x@@", b"x\xff\xc3"))  # no honest writer does it
        text = served.shows(
            'ringside_bpf_map_entries{id="5",%s} 60\n' % labels,
            'ringside_bpf_program_info{id="5",type="xdp",name="a\\"b\\n\\\\c",comm="agentd",tag="0123456789abcdef",'
            'container="agent",cgroup="/agent",pid="7",own="true"} 1\n',
            'ringside_bpf_program_memory_bytes{id="6",type="xdp",name="x\ufffd\ufffd",comm="agentd"} 4096\n',
            'ringside_bpf_objects{object="program"} 2\n', 'ringside_bpf_objects_memory_bytes{object="program"} 8192\n',
            'ringside_streamer_cpu_seconds_total{mode="user"} 1.500000000\n',
            'ringside_streamer_anonymous_memory_bytes 8388608\n', 'ringside_streamer_map_memory_bytes 1048576\n')
        assert "ringside_bpf_program_runs_total{" not in text
        cursor, check, all_of_them = bpf_objects()
        assert check["programs"] == 2 and all_of_them["map", 5]["entries"] == 60, check
        # one changes: the others are not in the set
        served.grow(stream.objects([table(5, 3, name="flows")], full=False))
        served.shows('ringside_bpf_map_entries{id="5",%s} 3\n' % labels, 'ringside_bpf_program_info{id="6"')
        _, check, changed = bpf_objects("?since=" + cursor)
        assert list(changed) == [("map", 5)] and changed["map", 5]["entries"] == 3, check
        # a full set without one of them
        served.grow(stream.objects([program(5), table(5, 3, name="flows")]))
        served.shows('ringside_bpf_program_info{id="5"', but=['ringside_bpf_program_info{id="6"'])
        served.grow(stream.footer())
        served.shows("ringside_build_info", but=["ringside_bpf_", "ringside_streamer_"])


def bpf_objects_of_streams_in_a_folder():
    one, two = Growing(b"\x09"), Growing(b"\x0a")
    os.mkdir("bpf")
    save("bpf/a.pb", one.header(), one.objects([program(1), program(2)]))
    save("bpf/b.pb", two.header(), two.objects([program(1), program(2), program(3)]))
    with being_written("bpf/a.pb"), being_written("bpf/b.pb"), Served("bpf") as served:
        served.shows('ringside_bpf_objects{object="program"} 2\n')
        # the first is closed: the other one's next full set is what there is
        served.grow(one.footer(), "bpf/a.pb")
        served.grow(two.objects([program(1), program(3)]), "bpf/b.pb")
        served.shows('ringside_bpf_program_info{id="3"', but=['ringside_bpf_program_info{id="2"'])
        served.grow(two.footer(), "bpf/b.pb")
        served.shows("ringside_build_info", but=["ringside_bpf_"])
        # started anew, with the same objects
        three = Growing(b"\x0b")
        served.grow(three.header() + three.objects([program(1), program(3)]), "bpf/c.pb")
        served.shows('ringside_bpf_objects{object="program"} 2\n')


def thousands_of_bpf_objects_are_bounded_and_fast():
    stream, name = Growing(b"\x0c"), "a_name_as_long_as_the_functions_of_bpf_programs_are_in_practice"
    rows = [program(n, name=f"{name}{n}") if n % 2 else table(n, n % 64, name=name[:15]) for n in range(1, 6001)]
    with Served("many.pb", "--series", "4000") as served, being_written("many.pb"):
        served.grow(stream.header() + stream.objects(rows))
        text = served.shows('ringside_bpf_objects{object="program"} 3000\n', 'ringside_bpf_objects{object="map"} 3000\n',
                            'ringside_bpf_program_memory_bytes{overflow="true"} ')
        infos = [line for line in text.splitlines() if re.match(r"ringside_bpf_(program|map)_info\{", line)]
        assert len(infos) == 4000, len(infos)
        memory = sum(int(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                     if line.startswith("ringside_bpf_program_memory_bytes{"))
        assert memory == 3000 * 4096, memory
        times = []
        for n in range(5):
            served.grow(stream.objects([table(2, n, name="changes")], full=False))  # no page is the same
            time.sleep(1)
            start = time.monotonic()
            text = ask("/metrics")[1]
            times.append(time.monotonic() - start)
            assert '\nringside_bpf_map_entries{id="2",type="hash",name="changes"} %d\n' % n in text
        print(f"/metrics with 4000 BPF objects: {len(text)} bytes, {sorted(times)[2] * 1000:.1f} ms")
        assert sorted(times)[2] < 1, times
        with open(f"/proc/{served.server.pid}/status", encoding="utf-8") as f:
            print(re.search(r"VmHWM:.*", f.read()).group())


run_tests(bpf_objects_come_change_and_go, bpf_objects_of_streams_in_a_folder,
          thousands_of_bpf_objects_are_bounded_and_fast, what_is_wrong_is_said, sockets_of_a_service_manager_are_answered, a_pipe_becomes_a_text_file,
          what_cannot_be_read_may_be_a_recording, status_is_for_probes, status_shows_what_is_there, status_says_what_a_folder_takes,
          what_was_refused_to_the_streamer_is_named,
          what_is_asked_wrongly_is_refused, kills_by_signal_are_counted_by_signal_and_cause)
