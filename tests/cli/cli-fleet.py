# SPDX-License-Identifier: Apache-2.0
"""`ringside status nats://...`, a row a host: every state, in text, JSON and metrics, and 20 hosts that forward into
one server, of which three fall silent. Arguments: the program, ringside-forward, and many-hosts."""
import json
import os
import re
import subprocess
import time

import ringside_pb2 as pb
from fleet import OOM, Beating, Forwarders, Host, states
from nats import Client, url, with_a_server
from program import check, in_a_folder, others, ringside, run, run_tests

forward_program, many_hosts = others
HOUR = 3600
number = iter(range(1, 1000))


def send(server, *hosts):
    """All that they have recorded so far."""
    for host in hosts:
        check(subprocess.run([forward_program, "--to", url(server), "--cursor", host.name_ + ".cursor", host.name_],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60), 0, None)


def make(name, interval=600, **more):
    return Host(next(number), name, interval, **more).begin()


def purge(server, subject):
    answer = Client(server.port).request("$JS.API.STREAM.PURGE.R", filter=subject)
    assert answer.get("success"), answer


def hosts_of_each_state():
    """They do not age while the test runs: but for the silent one, an interval is ten minutes."""
    well, silent, losing = make("well"), make("silent", interval=0.1), make("losing")
    blind = make("blind", probes=(OOM, {"kind": "seccomp_denial"}))
    missed, lagging = make("missed"), make("lagging", boottime=100.0, step=time.time() - HOUR - 100)
    old, starting, stopped = make("old", version="0.9.10"), make("starting"), make("stopped")
    unknown, dotted = make("unknown"), make("node.with.dots", version="0.10.0")
    well.event()
    losing.write(losing.record(lost=pb.Lost(reason=pb.Lost.RING_FULL, kind="oom_kill", count=1234)))
    for host in (well, silent, blind, lagging, old, stopped, unknown, dotted):
        host.heartbeat()
    losing.heartbeat(dropped=1234)
    missed.heartbeat(missed=3)
    stopped.end()
    return well, silent, losing, blind, missed, lagging, old, starting, stopped, unknown, dotted


@with_a_server
def every_state_is_told(server):
    hosts = hosts_of_each_state()
    send(server, *hosts)
    purge(server, "ringside.v1.unknown.header")
    time.sleep(0.4)  # three intervals of the silent one
    expected = {"well": "well", "silent": "silent", "losing": "losing", "blind": "blind", "missed": "blind",
                "lagging": "lagging", "old": "old", "starting": "starting", "stopped": "stopped",
                "unknown": "unknown", "node.with.dots": "old"}
    rows, status = states(ringside, url(server))
    assert {name: row["state"] for name, row in rows.items()} == expected, rows
    assert status == 1
    assert list(rows)[:4] == ["silent", "unknown", "blind", "missed"] and list(rows)[-1] == "well", list(rows)
    assert rows["losing"]["lost"] == 1234 and rows["well"]["lost"] == 0
    assert rows["missed"]["missed_runs"] == 3 and rows["blind"]["not_attached"] == "seccomp_denial"
    assert 3590 < rows["lagging"]["lag_seconds"] < 3700 and abs(rows["well"]["lag_seconds"]) < 60
    assert rows["well"]["latest_event"]["kind"] == "oom_kill" and "latest_event" not in rows["old"]
    assert "streamer_version" not in rows["unknown"] and rows["old"]["streamer_version"] == "0.9.10"
    assert re.fullmatch(r"node_with_dots-[0-9a-f]{12}", rows["node.with.dots"]["token"])

    text = check(run("status", url(server)), 1).decode()
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines), text
    words = " ".join(text.split())
    for sentence in ("^11 hosts: 1 well, 1 silent, 1 unknown, 2 blind, 1 losing, 1 lagging, 2 old, 1 starting, 1 stopped",
                     r"silent silent - nothing came for [\d.]+ (ms|s|min) \(interval 100 ms\)",
                     "blind blind - not attached: seccomp_denial", "missed blind - up to 3 events never seen",
                     r"losing losing - 1,234 lost, the latest \S+ \S+ ago", "lagging lagging - came 1 h .*after it was",
                     "old old - version 0.9.10, others 1.0.0", "starting starting - no Counters yet",
                     r"stopped stopped - since .* \(SIGTERM\)", r"well well OOM \d+ \S+$"):
        assert re.search(sentence, words), (sentence, text)

    metrics = check(run("status", "-o", "prometheus", url(server)), 1).decode()
    assert 'ringside_fleet_hosts{state="blind"} 2' in metrics and 'ringside_fleet_hosts{state="well"} 1' in metrics
    assert 'ringside_fleet_host_state{host="silent",state="silent"} 1' in metrics, metrics
    assert 'ringside_fleet_host_events_lost{host="losing"} 1234' in metrics
    check(run("status", "-o", "prometheus", "nothing"), 2, r"(?s).*of a fleet.*")

    for gone, status in (("silent unknown blind", 4), ("losing", 5), ("lagging", 0), ("well", 0)):
        for name in gone.split():
            purge(server, f"ringside.v1.{name}.>")
        assert check(run("status", "-q", url(server)), status) == b""
    Client(server.port).request("$JS.API.STREAM.PURGE.R")
    check(run("status", url(server)), 1, "", b"0 hosts\n")
    check(run("status", url(server).replace("/R", "/NONE")), 1, r"(?s).*there is no stream NONE.*")


@with_a_server
def a_set_in_parts_has_its_sums(server):
    """The latest message is the last part, which has none."""
    host = make("parts")
    host.heartbeat()
    host.write(host.record(counters=pb.Counters(part=1, parts=3, full=True, probes=[host.sums(dropped=5)])))
    for part in (2, 3):
        host.write(host.record(counters=pb.Counters(part=part, parts=3, full=True)))
    send(server, host)
    rows, status = states(ringside, url(server))
    assert rows["parts"]["state"] == "losing" and rows["parts"]["lost"] == 5 and status == 4, rows


@with_a_server
def what_is_not_known_is_not_called_well(server):
    """A restart, a rotation, and a Header with another host's name."""
    restarted, rotated = make("restarted"), make("rotated")
    restarted.heartbeat(dropped=7)
    restarted.end()
    os.rename("restarted", "before")
    send(server, restarted_as("before", restarted))
    again = make("restarted")
    again.heartbeat()
    rotated.heartbeat()
    rotated.write(rotated.record(footer=pb.Footer(reason="rotated", records=rotated.seq + 1)))
    liar = make("liar")
    liar.heartbeat()
    send(server, again, rotated, liar)
    lie = pb.Record(seq=9, header=pb.Header(magic="RINGSIDE", stream_id=liar.id, host_name="restarted"))
    client = Client(server.port)
    body = lie.SerializeToString()
    head = f"NATS/1.0\r\nNats-Msg-Id: {liar.id.hex()}:9\r\n\r\n".encode()
    client.socket.sendall(b"SUB lie 9\r\nHPUB ringside.v1.liar.header lie %d %d\r\n%s%s\r\n" % (
        len(head), len(head) + len(body), head, body))
    assert b'"seq"' in client.next()[2]
    rows, _ = states(ringside, url(server))
    assert {name: row["state"] for name, row in rows.items()} == {
        "restarted": "well", "rotated": "well", "liar": "unknown"}, rows
    assert rows["restarted"]["lost"] == 0


def restarted_as(folder, host):
    host.name_ = folder
    return host


@with_a_server
def twenty_hosts_of_which_three_fall_silent(server):
    hosts = [Host(next(number), f"host-{i}", 1.0).begin() for i in range(20)]
    forwarders = Forwarders(many_hosts, url(server), hosts, 2)
    beating = Beating(hosts, lambda number, beat: beat % 5 == number % 5)
    beating.start()
    try:
        wait_for(lambda: states(ringside, url(server))[0], lambda rows: len(rows) == 20 and all(
            row["state"] == "well" for row in rows.values()))
        beating.silent |= {3, 7, 12}
        wait_for(lambda: states(ringside, url(server))[0], lambda rows: {
            name for name, row in rows.items() if row["state"] == "silent"} == {"host-3", "host-7", "host-12"})
        beating.stop()
        for host in hosts:
            host.end()
        expected = {k: v for host in hosts for k, v in host.expected.items()}
        wait_for(lambda: Client(server.port).request("$JS.API.STREAM.INFO.R")["state"]["messages"],
                 lambda n: n >= len(expected))
        assert all(re.search(r" 0 failed", said) for said in forwarders.stop())
    finally:
        forwarders.kill()
    rows, status = states(ringside, url(server))
    assert status == 0 and all(row["state"] == "stopped" for row in rows.values()), rows
    lines = check(run("verify", url(server)), 0, "").decode().splitlines()
    assert len(lines) == 21 and lines[-1] == f"in all 20 files, {len(expected):,} records: complete", lines
    one = check(run("cat", "-o", "json", "--kind", "oom", "--host", "host-5", url(server)), 0)
    assert [json.loads(line)["host"] for line in one.splitlines()] == ["host-5"] * hosts[5].kills


def wait_for(look, condition, seconds=60):
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if condition(seen):
            return
        assert time.monotonic() < end, seen
        time.sleep(0.1)


in_a_folder()
run_tests(every_state_is_told, a_set_in_parts_has_its_sums, what_is_not_known_is_not_called_well,
          twenty_hosts_of_which_three_fall_silent)
