#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of consumer/pipelines, by the programs they are for, in a folder of their own.

usage: cli-pipelines.py RINGSIDE SOURCE
"""
import json
import os
import subprocess
import time

import daemons
import ringside_pb2 as pb
from program import check, in_a_folder, others, ringside, run, run_tests, save
from stream import Stream

source, = others


def example(name, **places):
    """Its text, with our places for those it names."""
    with open(os.path.join(source, "consumer/pipelines", name), encoding="utf-8") as f:
        text = f.read()
    for old, new in places.items():
        old = old.replace("_", "/")
        assert old in text, old
        text = text.replace(old, new)
    return save(name, text.encode())


def recording():
    stream = Stream(b"p", boottime=5)
    data = stream.header(host="web-1")
    data += stream.kill("java")
    data += stream.record(seccomp_denial=pb.SeccompDenial(
        process=pb.Process(pid=7, comm="x" * 9000 + "é\"\\"), syscall_name="keyctl", action=pb.SECCOMP_RET_ERRNO,
        error_number=1, error_name="EPERM"))
    return data + stream.kill("python3")


def wait_for(name, lines):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if os.path.exists(name):
            with open(name, encoding="utf-8") as f:
                found = f.read().splitlines()
            if len(found) >= lines:
                return found
        time.sleep(0.05)
    raise AssertionError(f"{name}: no {lines} lines")


def rsyslog_has_all_members():
    save("events.pb", recording())
    here = os.getcwd()
    wanted = check(run("cat", "-o", "json", "events.pb"), 0).decode().splitlines()
    os.mkdir("r")
    example("rsyslog.conf", **{"_var_log_ringside-json": here + "/r", "_var_spool_rsyslog": here})
    daemon = subprocess.Popen([daemons.program("rsyslogd"), "-n", "-f", here + "/rsyslog.conf", "-i", here + "/pid",
                               "-M", daemons.folder(daemons.LIBRARIES + "/rsyslog")],
                              stderr=subprocess.PIPE, env=daemons.environment())
    save("r/events.json", *(line.encode() + b"\n" for line in wanted))
    found = wait_for("r/all.json", 3)
    errors = wait_for("r/errors.json", 2)
    daemon.terminate()
    said = daemon.communicate(timeout=20)[1].decode()
    assert [json.loads(line) for line in found] == [json.loads(line) for line in wanted], said
    assert [json.loads(line)["seq"] for line in errors] == [2, 4], said


def syslog_ng_has_each_line():
    here = os.getcwd()
    os.mkdir("s")
    save("s/events.pb", recording())
    example("syslog-ng.conf", **{
        "ringside tail -f -o json _var_log_ringside\"": f"{ringside} tail -n all -f -o json {here}/s/events.pb\"",
        "_var_log_ringside-json": here + "/s"})
    daemon = subprocess.Popen([daemons.program("syslog-ng"), "-F", "--no-caps", "-f", here + "/syslog-ng.conf",
                               "-R", here + "/persist", "-p", here + "/pid", "-c", here + "/control",
                               "--module-path", daemons.folder("/usr/lib/syslog-ng/3.38")],
                              stderr=subprocess.PIPE, env=daemons.environment("/usr/lib/syslog-ng"))
    found = wait_for("s/all.json", 3)
    errors = wait_for("s/errors.log", 2)
    daemon.terminate()
    said = daemon.communicate(timeout=20)[1].decode()
    wanted = check(run("cat", "-o", "json", "events.pb"), 0).decode().splitlines()
    assert [json.loads(line) for line in found] == [json.loads(line) for line in wanted], said
    assert all("web-1" in line and " killed: " in line for line in errors), errors


in_a_folder()
run_tests(rsyslog_has_all_members, syslog_ng_has_each_line)
