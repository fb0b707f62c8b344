#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What feeds pipelines whose programs Debian 12 does not have, through these programs.

usage: pipelines.py RINGSIDE RINGSIDE_FORWARD SOURCE OTELCOL CHDB
"""
import json
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
# pylint: disable=wrong-import-position
import otlp_receiver  # noqa: E402
import ringside_pb2 as pb  # noqa: E402
from otlp_receiver import Receiver, attributes_of, records_of  # noqa: E402
from program import check, in_a_folder, others, run, save  # noqa: E402
from stream import Stream, full_stream  # noqa: E402

forward, source, otelcol, chdb = others
OK = 200, {"Content-Type": "application/x-protobuf"}, b""

COLLECTOR = """
receivers:
  otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{port}"}}}}}}
processors:
  batch: {{timeout: 100ms}}
exporters:
  otlp_http: {{endpoint: "{url}", compression: none}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    logs: {{receivers: [otlp], processors: [batch], exporters: [otlp_http]}}
"""


def forwarded(url, name, path):
    check(subprocess.run([forward, "--to", url, "--cursor", name, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         check=False, timeout=60), 0, None)


def wait_for(port, child):
    """Until it listens there."""
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            with open("collector.log", encoding="utf-8") as log:
                assert child.poll() is None and time.monotonic() < end, log.read()
            time.sleep(0.05)


def records(requests):
    """{(stream, seq): (resource, record)}, of what came, however it was cut."""
    found = {}
    for request in requests:
        for resource in request.logs.resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    there = attributes_of(record)
                    found[there["ringside.stream_id"], there["ringside.seq"]] = (
                        attributes_of(resource.resource), scope.scope, record)
    return found


def collector_passes_on_what_it_was_sent():
    """It unpacks requests, and packs them anew: what comes out is what went in, of every field there is."""
    stream = Stream(b"m", boottime=1)
    events = 3000
    save("in.pb", full_stream(), stream.header(), *(stream.kill() for _ in range(events)), stream.footer())
    with Receiver(service, lambda request: OK) as receiver:
        forwarded("otlp+" + receiver.url, "direct.cursor", "in.pb")
        wanted = records(receiver.requests)
    with Receiver(service, lambda request: OK) as receiver:
        port = socket.create_server(("127.0.0.1", 0))
        number = port.getsockname()[1]
        port.close()
        save("collector.yaml", COLLECTOR.format(port=number, url=receiver.url).encode())
        with open("collector.log", "wb") as log:
            child = subprocess.Popen([otelcol, "--config", "file:" + os.path.abspath("collector.yaml")], stdout=log, stderr=log)
        try:
            wait_for(number, child)
            forwarded(f"otlp+http://127.0.0.1:{number}", "collector.cursor", "in.pb")
            end = time.monotonic() + 20
            while len(records(receiver.requests)) < len(wanted) and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            child.terminate()
            child.wait(20)
        with open("collector.log", encoding="utf-8") as log:
            said = log.read()
        found = records(receiver.requests)
        total = sum(len(list(records_of(request.logs))) for request in receiver.requests)
    assert len(wanted) > events and found == wanted, f"{len(found)} of {len(wanted)}: {said}"
    assert total == len(wanted), f"{total} records, of {len(wanted)}: some twice"


def clickhouse_reads_a_recording():
    stream = Stream(b"p", boottime=5)
    save("recorded.pb", stream.header(host="web-1"),
         *(stream.record(seccomp_denial=pb.SeccompDenial(
             process=pb.Process(pid=7, comm="nginx"), syscall_name=name, action=pb.SECCOMP_RET_ERRNO, error_number=1,
             error_name="EPERM")) for name in ("keyctl", "keyctl", "mount")),
         stream.record(oom_kill=pb.OomKill(
             victim=pb.Process(pid=9, comm="java"), limit_bytes=2**29,
             victim_container=pb.Container(pod_name="web-7f9", namespace_name="shop"))),
         stream.footer())
    save("events.pb", check(run("cat", "-o", "pb", "recorded.pb"), 0))
    with open(os.path.join(source, "proto/ringside.proto"), "rb") as f:
        save("ringside.proto", f.read())
    save("run.js", b"""
const fs = require('fs');
const { Session } = require(process.argv[2] + '/node_modules/chdb');
const session = new Session('./data');
for (const query of fs.readFileSync(process.argv[3], 'utf8').replace(/^--.*$/mg, '').split(';'))
	if (query.trim())
		process.stdout.write(session.query(query, 'JSONEachRow'));
process.stdout.write(session.query('SELECT version() AS version', 'JSONEachRow'));
session.cleanup();
""")
    out = subprocess.run(["node", "run.js", chdb, os.path.join(source, "consumer/pipelines/clickhouse.sql")],
                         stdout=subprocess.PIPE, check=True, timeout=120).stdout.decode()
    *rows, version = [json.loads(line) for line in out.splitlines() if line]
    print(f"# ClickHouse {version['version']}")
    assert rows == [{"comm": "nginx", "syscall": "keyctl", "denials": 2}, {"comm": "nginx", "syscall": "mount", "denials": 1},
                    {"at": rows[2]["at"], "comm": "java", "pod": "web-7f9", "limit": "512.00 MiB"}], out
    assert rows[2]["at"].startswith("2025-11-22 03:04:"), out


in_a_folder()
service = otlp_receiver.classes(source)
for test in (collector_passes_on_what_it_was_sent, clickhouse_reads_a_recording):
    test()
    print(f"ok - pipelines {test.__name__}", flush=True)
