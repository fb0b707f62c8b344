#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `meson install` installs: which files, what they are, and that they do what their pages say.

usage: cli-installed.py RINGSIDE COMPRESS-RECORDING BUILD SOURCE
"""
import json
import os
import re
import subprocess
import sys

import ringside_pb2 as pb
from program import in_a_folder, others, ringside, run_tests, save
from stream import Stream

compress, build, source = others
in_a_folder()
INSTALLED = """
bin/ringside
bin/ringside-streamer
lib/systemd/catalog/ringside.catalog
lib/systemd/system/ringside-forward@.service
lib/systemd/system/ringside-serve.service
lib/systemd/system/ringside-serve.socket
lib/systemd/system/ringside-streamer.service
lib/sysusers.d/ringside.conf
lib/tmpfiles.d/ringside.conf
libexec/ringside/ringside-forward
libexec/ringside/ringside-from-nats
share/bash-completion/completions/ringside-streamer
share/doc/ringside/FORMAT.md
share/fish/vendor_completions.d/ringside-streamer.fish
share/man/man1/ringside-forward.1
share/man/man1/ringside.1
share/man/man5/ringside-format.5
share/man/man5/ringside-json.5
share/man/man8/ringside-streamer.8
share/ringside/pipelines/README.md
share/ringside/pipelines/clickhouse.sql
share/ringside/pipelines/fluent-bit.yaml
share/ringside/pipelines/nats-server.conf
share/ringside/pipelines/opentelemetry-collector.yaml
share/ringside/pipelines/rsyslog.conf
share/ringside/pipelines/syslog-ng.conf
share/ringside/pipelines/vector.yaml
share/ringside/ringside.dashboard.json
share/ringside/ringside.desc
share/ringside/ringside.lnav.json
share/ringside/ringside.magic
share/ringside/ringside.proto
share/ringside/ringside.rules.yml
share/ringside/ringside.schema.json
share/zsh/site-functions/_ringside-streamer
""".split()

prefix = os.path.join(os.getcwd(), "root/usr/local")


def install():
    """Stripped, also from a folder that was set up when that was not the default."""
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--strip", "--destdir",
                    os.path.abspath("root")], check=True, stdout=subprocess.DEVNULL)


def installed(name):
    return os.path.join(prefix, name)


def output(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **more).stdout


def read(name):
    with open(name, "rb") as f:
        return f.read()


def packed(data, *args):
    return output(compress, *args, input=data)


def recording():
    stream = Stream(b"i")
    denial = pb.SeccompDenial(process=pb.Process(pid=7, comm="nginx"), syscall_name="keyctl",
                              action=pb.SECCOMP_RET_ERRNO, error_name="EPERM")
    return stream.header() + stream.record(seccomp_denial=denial) + stream.counters() + stream.footer()


def all_that_the_pages_name_is_installed():
    install()
    found = [os.path.relpath(os.path.join(folder, name), prefix) for folder, _, names in os.walk(prefix) for name in names]
    assert sorted(found) == INSTALLED, sorted(found)
    # what belongs to the machine is not touched where files are collected for a package
    assert os.listdir("root") == ["usr"] and os.listdir("root/usr") == ["local"]


def programs_are_stripped_and_work():
    """The programs for the kernel are data: strip(1) leaves them byte for byte."""
    for name in "ringside", "ringside-streamer":
        sections = output("readelf", "--wide", "--sections", installed("bin/" + name)).decode()
        assert ".rodata" in sections and ".symtab" not in sections and ".debug" not in sections, sections
        assert output(installed("bin/" + name), "--version").startswith(name.encode() + b" ")
    defaults = json.loads(output("meson", "introspect", "--buildoptions", source + "/meson.build"))
    assert {option["name"]: option["value"] for option in defaults}["strip"] is True
    streamer = read(installed("bin/ringside-streamer"))
    for variant in "rs_probes", "rs_legacy":
        assert read(f"{build}/bpf/{variant}.bpf.o") in streamer, variant


def the_format_page_works_where_it_is_installed():
    page = read(installed("share/doc/ringside/FORMAT.md")).decode()
    command = re.search(r"With Python \(`(.*?)`\)", page, re.S).group(1)
    subprocess.run(command.replace("/usr/local", prefix), shell=True, check=True)
    code = re.search(r"```python\n(.*?)```", page, re.S).group(1)
    out = output(sys.executable, "-c", code, input=recording(), env={**os.environ, "PYTHONPATH": os.getcwd()})
    assert out.splitlines() == [b"1 header 0", b"2 seccomp_denial 0", b"3 counters 0", b"4 footer 0"], out
    save("events.pb", recording())
    decode = re.search(r"```sh\n(.*?)```", page, re.S).group(1)
    assert output("sh", "-c", decode.replace("/usr/local", prefix)).count(b"seccomp_denial {") == 1
    for name in re.findall(r"/usr/local/([\w./-]*\w)", page):
        assert os.path.exists(installed(name)), name


def systemd_understands_the_unit():
    unit = read(installed("lib/systemd/system/ringside-forward@.service")).replace(b"/usr/local", prefix.encode())
    for content, said in (unit, ""), (unit.replace(b"RestartSec", b"Restarts"), "Unknown key 'Restarts'"):
        save("ringside-forward@.service", content)
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.abspath("ringside-forward@x.service")],
                                stderr=subprocess.PIPE, text=True, check=False)
        ours = [line for line in result.stderr.splitlines() if "ringside" in line]
        assert len(ours) == bool(said) and said in "".join(ours), result.stderr


def zsh_knows_whose_completion_it_is():
    assert read(installed("share/zsh/site-functions/_ringside-streamer")).startswith(b"#compdef ringside-streamer\n# SPDX")


def what_serves_is_shut_in():
    """By what systemd itself makes of the unit: 2.0 and below is "OK" and "SAFE"."""
    for name in "service", "socket":
        save(f"ringside-serve.{name}", read(installed(f"lib/systemd/system/ringside-serve.{name}")).replace(b"/usr/local", prefix.encode()))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.abspath("ringside-serve.socket"), os.path.abspath("ringside-serve.service")],
                            stderr=subprocess.PIPE, text=True, check=False)
    assert not [line for line in result.stderr.splitlines() if "ringside" in line], result.stderr
    unit = read("ringside-serve.service")
    for content, fine in (unit, True), (re.sub(rb"(?m)^(Private|Protect|Restrict|SystemCall).*", b"", unit), False):
        save("ringside-serve.service", content)
        done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=19", os.path.abspath("ringside-serve.service")],
                              capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == fine, done.stdout + done.stderr
    assert b"DynamicUser=yes\n" in unit and b"CapabilityBoundingSet=\n" in unit


def file_knows_recordings_where_it_looks():
    save("a.pb", recording())
    save("a.pb.zst", packed(recording()))
    save("cut.pb.zst", packed(recording(), "-o"))
    save("foreign.zst", output("zstd", "-c", input=recording()))
    os.mkdir("home")
    save("home/.magic", b"# mine\n0\tstring\tFoo\tFoo data")
    for _ in range(2):
        output(source + "/proto/add-magic", installed("share/ringside/ringside.magic"), "home/.magic")
    magic = read("home/.magic")
    assert magic.startswith(b"# mine\n") and magic.count(b"begins\n") == 1, magic
    env = {**os.environ, "HOME": os.path.abspath("home")}
    env.pop("MAGIC", None)
    out = output("file", "a.pb", "a.pb.zst", "cut.pb.zst", "foreign.zst", env=env, text=True).splitlines()
    assert re.fullmatch(r"a.pb: +Ringside recording, version 2", out[0]), out
    assert re.fullmatch(r"a.pb.zst: +Ringside recording, compressed with zstd", out[1]), out
    for line in out[2:]:
        assert "Zstandard compressed data" in line, out
    assert b"application/zstd" in output("file", "--mime-type", "a.pb.zst", env=env)
    env["DESTDIR"] = "root"
    save("home/other", b"")
    output(source + "/proto/add-magic", installed("share/ringside/ringside.magic"), "home/other", env=env)
    assert not read("home/other")


def lnav_reads_our_json():
    """Its times (to the millisecond), levels, sentences and columns, from the format file that is installed."""
    stream = Stream(b"v")
    kill = pb.OomKill(victim=pb.Process(pid=8, comm="java"), kill_id=1)
    parts = [stream.header()]
    for i, (name, action) in enumerate([("keyctl", pb.SECCOMP_RET_ERRNO), ("ptrace", pb.SECCOMP_RET_LOG)]):
        stream.boottime = 1.25 + i
        parts.append(stream.record(seccomp_denial=pb.SeccompDenial(
            process=pb.Process(pid=7, comm="a;b\x1b"), syscall_name=name, action=action)))
    stream.boottime = 3.5
    parts.append(stream.record(oom_kill=kill))
    with open("lnav.json", "wb") as file:
        subprocess.run([ringside, "cat", "-o", "json", "--kind", "oom,seccomp"], input=b"".join(parts), stdout=file, check=True)
    with open("lnav.json", encoding="utf-8") as file:
        ours = [json.loads(line) for line in file]
    env = {**os.environ, "HOME": os.path.abspath("home"), "TZ": "UTC", "TERM": "xterm"}
    output("lnav", "-i", installed("share/ringside/ringside.lnav.json"), env=env)
    query = ";SELECT log_time, log_level, log_body, host, kind, pid, comm, syscall FROM ringside_log"
    told = json.loads(output("lnav", "-n", "-c", query, "-c", ":write-json-to -", "lnav.json", env=env))
    assert len(told) == len(ours) == 3, told
    levels = {"ERROR": "error", "WARN": "warning", "INFO": "info"}
    for line, row in zip(ours, told):
        assert row["log_time"] == line["time"].replace("T", " ")[:23], (line, row)
        assert row["log_level"] == levels[line.get("severity", "INFO")] and row["log_body"] == line["message"], (line, row)
        for name in "host", "kind", "pid", "comm", "syscall":
            assert row[name] == line.get(name), (name, line, row)


run_tests(
    all_that_the_pages_name_is_installed,
    programs_are_stripped_and_work,
    systemd_understands_the_unit,
    zsh_knows_whose_completion_it_is,
    what_serves_is_shut_in,
    the_format_page_works_where_it_is_installed,
    file_knows_recordings_where_it_looks,
    lnav_reads_our_json,
)
