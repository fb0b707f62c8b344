#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The program itself: exit statuses, what goes to stderr, pipes; and what FORMAT.md promises.

usage: cli.py RINGSIDE DIR_OF_PROTO
"""
import fcntl
import json
import os
import pty
import re
import shutil
import subprocess
import sys

import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import START, frame

proto_dir, = others
in_a_folder()


def header(padding=0, version=1):
    record = pb.Record(seq=1, time_unix_nano=START * 10**9)
    record.header.magic = "RINGSIDE"
    record.header.format_version = version
    record.header.stream_id = bytes(16)
    record.header.first_seq = 1
    record.header.host_name = "web-1"
    if padding:
        record.header.notes.append("x" * padding)
    return frame(record)


def denial(seq):
    record = pb.Record(seq=seq, time_unix_nano=START * 10**9 + seq)
    record.seccomp_denial.process.pid = 77
    record.seccomp_denial.process.comm = "nginx"
    record.seccomp_denial.syscall_name = "keyctl"
    record.seccomp_denial.action = pb.SECCOMP_RET_ERRNO
    record.seccomp_denial.error_name = "EPERM"
    record.cpu_sums.cpu = 0
    record.cpu_sums.seen = seq - 1
    return frame(record)


def footer(seq):
    return frame(pb.Record(seq=seq, footer=pb.Footer(reason="SIGTERM", records=seq)))


def in_run(seq, whole=False):
    """One of two CPUs', which leaves out what those before it tell; or the same, whole."""
    record = pb.Record(seq=seq, time_unix_nano=START * 10**9 + seq * 1000)
    record.seccomp_denial.process.pid = seq
    record.seccomp_denial.process.comm = "even" if seq % 2 == 0 else "odd"
    sums = record.cpu_sums
    sums.cpu = seq // 2 % 2
    if whole or seq < 7:
        sums.seen, sums.limited, sums.dropped = seq // 4 * 2 + seq % 2 + seq // 16 * 5, seq // 16 * 5, 0
    else:
        sums.between = 0
        if seq in (16, 18):  # the first of its CPU behind 5 that were held back
            sums.limited = 5
    if whole or seq == 3:
        record.boottime_nano = seq * 1000 + 7
    return frame(record)


def newer_kind(seq):
    """An event of a kind to come, which goes on with a run."""
    record = pb.Record(seq=seq, time_unix_nano=START * 10**9 + seq * 1000)
    record.cpu_sums.between = record.cpu_sums.cpu = 0
    if seq == 24:
        record.cpu_sums.seen, record.cpu_sums.limited, record.cpu_sums.dropped = 9, 0, 0
    return b"\xa2\x06\x00" + record.SerializeToString()  # field 100


run_stream = header(version=2) + b"".join(in_run(seq) for seq in range(3, 24))
save("run.pb", run_stream)
stream = header() + b"".join(denial(seq) for seq in range(2, 12))
save("events.pb", stream)


def the_program_explains_itself():
    assert b"verify" in check(run("--help"), 0)
    assert check(run("help", "cat"), 0) == check(run("cat", "--help"), 0)
    assert check(run("--version"), 0).startswith(b"ringside ")
    assert check(run("verify", "--version"), 0).startswith(b"ringside ")
    check(run(), 2, r"usage: .*(.|\n)*")
    check(run("ctt"), 2, "ringside: unknown command ctt: did you mean cat\\?\n")
    check(run("frobnicate"), 2, "ringside: unknown command frobnicate \\(see .*\\)\n")
    check(run("cat", "--outptu", "json"), 2, ".*did you mean --output\\?.*\n")
    check(run("cat", "-o", "xml"), 2, ".*no output xml: text, json, otel-json, protojson or pb.*\n")
    check(run("cat", "-o"), 2, ".*-o needs a value.*\n")
    check(run("cat", "--force=1"), 2, ".*--force=1 takes no value.*\n")
    check(run("cat", "-n", "-3"), 2, ".*-3 is not a number of records.*\n")
    check(run("cat", "-Z"), 2, ".*unknown option -Z.*\n")
    check(run("cat", "--utc", "-Zq"), 2, ".*unknown option -Z .*\n")
    check(run("cat", "-f", "events.pb"), 2, ".*unknown option -f: `ringside tail -f` follows .*\n")
    check(run("stats", "--follow"), 2, ".*`ringside tail -f` follows a recording.*\n")
    for command in ("live", "doctor"):
        check(run(command, "--probes", "oom,seccomp,signal"), 2,
              f"ringside {command}: unknown option --probes: options of the streamer follow --: "
              f"ringside {command} -- --probes .*\n")
    check(run("cat", "--oom"), 2, ".*unknown option --oom: did you mean --kind oom\\?.*\n")
    check(run("cat", "--json"), 2, ".*unknown option --json: did you mean -o json\\?.*\n")
    check(run("events.pb"), 2, ".*events.pb is no command: did you mean ringside cat events.pb\\?\n")
    # a name that does more than to be printed, or to be pasted
    odd = "a\x1b]0;x;date.pb"
    shutil.copy("events.pb", odd)
    said = run(odd)
    os.unlink(odd)
    check(said, 2, r"ringside: a\\x1b\]0;x;date.pb is no command: "
                   r"did you mean ringside cat \$'a\\x1b\]0;x;date.pb'\?\n")
    check(run(odd), 2, r"ringside: unknown command a\\x1b.*\n")
    check(run("cat", "--uid", "1\x1b"), 2, r"ringside cat: '1\\x1b' is not a number.*\n")
    check(run("cat", "--a\x1b"), 2, r"ringside cat: unknown option --a\\x1b .*\n")
    check(run("repair", "."), 2, ".*that is a folder: name one file of it.*\n")
    check(run("cat", "--since", "1h"), 2, ".*'1h' is not a time: did you mean -1h\\?.*\n")
    check(run("verify", "-q", "-v"), 2, ".*exclude each other.*\n")


def cat_reads_files_and_pipes():
    check(run("cat", "-o", "pb", "events.pb"), 0, stdout=stream)
    check(run("cat", "-o", "pb", data=stream), 0, stdout=stream)
    check(run("cat", "-o", "pb", "-", "events.pb", data=stream), 0,
          "ringside cat: events.pb: the same records as stdin: left out\n", stream)
    lines = check(run("cat", "-o", "json", "events.pb"), 0).decode().splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds == 10 * ["seccomp_denial"], kinds
    for every in ["--all"], ["-v"]:
        lines = check(run("cat", "-o", "json", *every, "events.pb"), 0).decode().splitlines()
        assert [json.loads(line)["kind"] for line in lines] == ["header"] + kinds, lines
    assert len(check(run("cat", "--all", "-o", "json", "-n", "3", "events.pb"), 0).splitlines()) == 3
    check(run("cat", "-c", "0", "events.pb"), 0, stdout=b"")


def a_filtered_pb_is_a_recording():
    part = check(run("cat", "-o", "pb", "--kind", "oom", "events.pb"), 0,
                 "ringside cat: 0 of 10 events match; they are seccomp_denial; only the Header was written\n")
    check(run("cat", "--all", "-o", "json", data=part), 0,
          "ringside cat: stdin: an excerpt of a recording that ends without a Footer: .*\n")


MISSING = "ringside [a-z]+: .* missing here .*; `ringside verify` tells more\n"


def records_of(data):
    return check(run("cat", "-o", "protojson", data=data), 0, None).splitlines()


def bodies_of(data):
    """But for the Headers, which say that it is an excerpt, and what of."""
    return [x for x in records_of(data) if not json.loads(x).get("header")]


def what_a_run_tells_is_in_each_record_taken_out_of_it():
    whole = [in_run(seq, whole=True) for seq in range(3, 24)]
    first = header(version=2)
    check(run("cat", "-o", "pb", data=run_stream), 0, MISSING, stdout=run_stream)
    assert records_of(run_stream) == records_of(first + b"".join(whole))
    for comm, rest in ("even", 0), ("odd", 1):
        part = check(run("cat", "-o", "pb", "--comm", comm, data=run_stream), 0, MISSING)
        want = first + b"".join(whole[seq - 3] for seq in range(3, 24) if seq % 2 == rest)
        assert bodies_of(part) == bodies_of(want), comm
    last = check(run("tail", "-o", "pb", "-n", "4", "run.pb"), 0, f"({MISSING})?")
    assert bodies_of(last) == bodies_of(first + b"".join(whole[-4:]))


def what_another_input_ended_with_tells_nothing_of_a_record():
    def lean(seq, comm, boottime):
        record = pb.Record.FromString(in_run(seq)[1:])
        record.seccomp_denial.process.comm = comm
        if seq == 3:
            record.boottime_nano = boottime
        return frame(record)

    save("ends.pb", header(version=2) + lean(3, "a", 1007) + lean(4, "a", 1007))
    torn = b"".join(lean(seq, "a" if seq > 4 else "b", 99007) for seq in range(3, 7))
    save("torn.pb", b"\xff" * 40 + torn)
    part = check(run("cat", "-o", "pb", "--comm", "a", "ends.pb", "torn.pb"), 1, ".*torn.pb: damaged: .*\n" + MISSING)
    assert [json.loads(line).get("boottimeNano") for line in bodies_of(part)] == ["1007", "2007", "101007", "102007"]


def what_a_run_no_longer_tells_is_not_printed_and_verify_says_so():
    torn = header(version=2) + b"".join(in_run(seq) for seq in range(3, 24) if seq != 9)
    lines = [json.loads(line) for line in check(run("cat", "-o", "protojson", data=torn), 0, MISSING).splitlines()]
    assert len(lines) == 21 and all("boottimeNano" in line for line in lines[1:7]), lines
    assert not any("boottimeNano" in line or "seen" in line["cpuSums"] for line in lines[7:]), lines
    assert b"14 events have no boottime_nano or no sums" in check(run("verify", data=torn), 3)
    assert b"no sums" not in run("verify", data=run_stream).stdout
    part = check(run("cat", "-o", "pb", "--comm", "odd", data=torn), 0, MISSING)
    assert not any("boottimeNano" in json.loads(line) for line in records_of(part)[5:])


def what_is_not_whole_is_printed_as_far_as_it_goes():
    cut = check(run("cat", "--all", "-o", "json", data=stream[:-5]), 1, "ringside cat: stdin: cut .*\n")
    assert len(cut.splitlines()) == 10
    broken = stream[:-1] + b"\xff" * 6
    check(run("cat", data=broken), 1, "ringside cat: stdin: (damaged|not).*\n")
    damaged = header() + b"\x03\x1a\x7f\x00" + denial(3) + b"\x03\x1a\x7f\x00" + denial(5)
    result = check(run("cat", "--all", "-o", "json", data=damaged), 1, "ringside cat: stdin: damaged: .*\n")
    assert len(result.splitlines()) == 3
    check(run("cat", "missing.pb", "events.pb"), 1, "ringside cat: missing.pb: No such file.*\n")
    os.makedirs("hosts/node-a")
    save("hosts/node-a/x.txt")
    check(run("cat", "hosts"), 1, "ringside cat: hosts: no recordings are in this folder\n")
    save("hosts/node-a/x.pb")
    for command, path in ("cat", "hosts"), ("verify", "hosts/"), ("stats", "hosts"):
        check(run(command, path), 1, re.escape(
            f"ringside {command}: {path}: no recordings are in this folder; but in folders in it are: name one of these, "
            "as in hosts/node-a") + r"[\s\S]*")
    check(run("cat"), 1, "ringside cat: stdin: empty: nothing was recorded, or what wrote it failed; `ringside doctor` .*\n")
    check(run("cat", data=b'{"a":1}\n'), 1, ".*it looks like JSON.*\n")
    check(run("cat", data=b"\x1f\x8b\x08" + bytes(60)), 1, ".*gzip -dc FILE \\| ringside cat\n")


def records_of_newer_kinds_are_mentioned_once():
    newer = header() + b"\x06\x9a\x06\x01\x00\x78\x02" + b"\x06\x9a\x06\x01\x00\x78\x03"
    check(run("cat", data=newer), 0, "ringside cat: stdin: 2 records of kinds .*\n")
    check(run("cat", "-o", "pb", data=newer), 0, stdout=newer)


def a_reader_that_goes_away_is_no_error():
    many = header() + b"".join(denial(seq) for seq in range(2, 20000))
    save("many.pb", many)
    for output in ["text", "json", "otel-json", "protojson", "pb"]:
        command = subprocess.Popen([ringside, "cat", "-o", output, "many.pb"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        command.stdout.read(1)
        command.stdout.close()
        assert command.wait(20) == 0 and command.stderr.read() == b"", output
        command.stderr.close()
    for command in ("cat", "verify"):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([ringside, command, "many.pb"], stdout=full, stderr=subprocess.PIPE)
        check(result, 1, f"ringside {command}: cannot write: No space left on device\n")


def a_live_stream_is_printed_as_it_comes():
    command = subprocess.Popen([ringside, "cat", "--all", "-o", "json"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, bufsize=0)
    half = len(denial(2)) // 2
    command.stdin.write(header() + denial(2)[:half])
    assert json.loads(command.stdout.readline())["kind"] == "header"
    command.stdin.write(denial(2)[half:] + denial(3))
    assert json.loads(command.stdout.readline())["seq"] == 2
    assert json.loads(command.stdout.readline())["seq"] == 3
    command.stdin.close()
    assert command.wait(20) == 0
    command.stdout.close()


def on_a_terminal(*args, stdin=False):
    """Exit status and all that was printed, with a terminal for stdout (and stdin)."""
    ours, theirs = pty.openpty()
    result = subprocess.run([ringside, *args], stdin=theirs if stdin else subprocess.DEVNULL,
                            stdout=theirs, stderr=subprocess.PIPE, timeout=20)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        return result, os.read(ours, 1 << 16)
    except BlockingIOError:
        return result, b""
    finally:
        os.close(ours)
        os.close(theirs)


def binary_does_not_go_to_a_terminal():
    check(on_a_terminal("cat", "-o", "pb", "events.pb")[0], 2, ".*--force.*\n")
    result, out = on_a_terminal("cat", "-o", "pb", "--force", "-n", "1", "events.pb")
    check(result, 0)
    assert b"RINGSIDE" in out
    check(on_a_terminal("cat", stdin=True)[0], 2, ".*name a recording.*\n")
    check(on_a_terminal("verify", stdin=True)[0], 2, ".*name a recording.*\n")


def a_newer_format_is_no_damage():
    newer = header(version=99) + b"".join(denial(seq) for seq in range(2, 12))
    save("newer.pb", newer)
    told = b"newer.pb: the recording that begins at byte 0 has format version 99, this ringside reads .*: use a newer one\n"
    assert re.fullmatch(told, check(run("verify", "newer.pb"), 1))
    check(run("repair", "newer.pb", "-w", "older.pb"), 1, "ringside repair: " + told.decode())


def verify_tells_by_its_exit_status():
    save("closed.pb", header() + footer(2))
    with open("lost.pb", "wb") as f:
        lost = pb.Lost(reason=pb.Lost.NOT_ATTACHED)
        f.write(header() + frame(pb.Record(seq=2, lost=lost)) + footer(3))
    save("foreign.pb", b"hello\n")
    check(run("verify", "closed.pb"), 0, stdout=
          b"closed.pb: complete; no checksum covers the last 2 records (69 bytes)\n")
    check(run("verify", "-q", "closed.pb"), 0, stdout=b"")
    # what keeps it from being read is told, as by grep -q, and nothing else
    os.makedirs("quiet")
    os.mkfifo("quiet/pipe.pb")
    shutil.copy("closed.pb", "quiet/a.pb")
    check(run("verify", "quiet"), 0, "ringside verify: quiet/pipe.pb: skipped: is no file\n")
    check(run("verify", "-q", "quiet"), 0, stdout=b"")
    check(run("verify", "-q", "none.pb", "closed.pb"), 1, "ringside verify: none.pb: No such file or directory.*\n", b"")
    shutil.rmtree("quiet")
    check(run("verify", "foreign.pb"), 1)
    check(run("verify", "events.pb"), 3,
          stdout=b"events.pb: unclosed: it ends without a Footer: the streamer was killed, or has not closed it yet; "
          b"no checksum covers the last 11 records (%d bytes)\n" % len(stream))
    check(run("verify", data=stream[:-5]), 3)
    check(run("verify", "lost.pb"), 4)
    check(run("verify", "closed.pb", "lost.pb"), 4)
    check(run("verify", "lost.pb", "events.pb", "closed.pb"), 3)
    check(run("verify", "events.pb", "foreign.pb"), 1)
    check(run("verify", "missing.pb"), 1, "ringside verify: missing.pb: No such file.*\n")
    check(run("verify", "/sys"), 1, ".*no recordings are in this folder.*\n")
    with open("events.pb", "ab"):
        check(run("verify", "events.pb"), 0, stdout=
              b"events.pb: in progress, whole so far; "
              b"no checksum covers the last 11 records (%d bytes)\n" % len(stream))
    table = check(run("verify", "-v", "events.pb"), 3).decode()
    assert re.search(r"seccomp_denial +10 ", table), table


def file_knows_a_recording():
    magic = os.path.join(proto_dir, "ringside.magic")
    for padding in [0, 20, 60, 80, 120, 121, 300, 16000, 16290, 16400, 40000]:
        save("magic.pb", header(padding) + denial(2))
        out = subprocess.check_output(["file", "-m", magic, "-b", "magic.pb"], text=True)
        assert out == "Ringside recording, version 1\n", f"{padding}: {out}"


def block(language):
    with open(os.path.join(proto_dir, "FORMAT.md"), encoding="utf-8") as f:
        return re.search(rf"```{language}\n(.*?)```", f.read(), re.S).group(1)


def the_readers_of_the_format_page_work():
    out = subprocess.check_output([sys.executable, "-c", block("python")], input=stream)
    assert out.decode().splitlines()[:2] == ["1 header 0", "2 seccomp_denial 0"], out
    out = subprocess.check_output([sys.executable, "-c", block("python") + "    print(record.cpu_sums)"], input=run_stream)
    whole = header(version=2) + b"".join(in_run(seq, whole=True) for seq in range(3, 24))
    same = subprocess.check_output([sys.executable, "-c", block("python") + "    print(record.cpu_sums)"], input=whole)
    assert out == same and b"23 seccomp_denial 23007" in out, out
    newer = frame(newer_kind(24)) + frame(newer_kind(25))
    out = subprocess.check_output([sys.executable, "-c", block("python") + "    print(record.cpu_sums)"], input=run_stream + newer)
    assert out.endswith(b"24 None 24007\ncpu: 0\nseen: 9\nlimited: 0\ndropped: 0\n\n25 None 25007\ncpu: 0\nbetween: 0\n\n"), out
    last = json.loads(check(run("cat", "-o", "protojson", data=run_stream + newer), 0, None).splitlines()[-1])
    assert last["boottimeNano"] == "25007" and last["cpuSums"] == {"cpu": 0, "between": "0"}, last
    if not shutil.which("protoc"):
        return
    shutil.copy(os.path.join(proto_dir, "ringside.proto"), ".")
    out = subprocess.check_output(["sh", "-c", block("sh")])
    assert out.count(b"seccomp_denial {") == 10, out


run_tests(
    the_program_explains_itself,
    cat_reads_files_and_pipes,
    a_filtered_pb_is_a_recording,
    what_a_run_tells_is_in_each_record_taken_out_of_it,
    what_another_input_ended_with_tells_nothing_of_a_record,
    what_a_run_no_longer_tells_is_not_printed_and_verify_says_so,
    what_is_not_whole_is_printed_as_far_as_it_goes,
    records_of_newer_kinds_are_mentioned_once,
    a_reader_that_goes_away_is_no_error,
    a_live_stream_is_printed_as_it_comes,
    binary_does_not_go_to_a_terminal,
    a_newer_format_is_no_damage,
    verify_tells_by_its_exit_status,
    file_knows_a_recording,
    the_readers_of_the_format_page_work,
)
