#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streamers, `ringside serve` as nobody, Prometheus, triggers and clients, good and bad.

usage: serve.py BUILD TESTS

Works in the current folder; prints "ok - …" and "not ok - …" lines. Only cgroups of its own are
looked at: others may make denials on this machine, too.
"""
import asyncio
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

NOBODY = 65534
CLIENTS, LOAD_SECONDS = 50, 5
RESIDENT_KB = 64 * 1024
TOKEN = "only-who-has-this-may-see-checks"
BUILD, TESTS = map(Path, sys.argv[1:])
PROMETHEUS = BUILD / "prometheus/usr/bin"
started = []


def check(ok, what):
    print(f"{'ok' if ok else 'not ok'} - {what}", flush=True)


def run(*command, **kwargs):
    process = subprocess.Popen([str(word) for word in command], **kwargs)
    started.append(process)
    return process


def end(process, sig=signal.SIGTERM):
    process.send_signal(sig)
    return process.wait(20)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, ready, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if ready():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    check(False, f"waited in vain for {what}")
    return False


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return answer.read().decode()


def check_page(base, query=""):
    return json.loads(get(base + "/check" + query, Authorization="Bearer " + TOKEN))


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def streamer(folder="rec/"):
    before = len(list(Path("rec").glob("*.pb*")))
    process = run(BUILD / "streamer/ringside-streamer", "-w", folder, "-z", "--allow-syscall-tax",
                  "--rate", "0", "--container-rate", "0", "--ring-size", "32M", "--counters-interval", "1",
                  "--probes", "oom,seccomp,tcp,bpf", stderr=open("streamer.log", "ab"))
    wait_for("the streamer", lambda: len(list(Path("rec").glob("*.pb*"))) > before and
             list(Path("rec").glob("*.pb*"))[0].stat().st_size)
    return process


def storm(name, count):
    done = subprocess.run([str(BUILD / "testdata/trigger-storm"), "--cgroup", name, "--count", str(count)],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["triggered"]


def total(text, family, name):
    """The sum over the series of the cgroup called @name."""
    line = re.compile(rf'{family}\{{[^}}]*cgroup="[^"]*{name}"[^}}]*\}} (\d+)')
    return sum(int(m.group(1)) for m in line.finditer(text))


def reaches(url, family, name, expected, seconds=15):
    """Whether it comes to @expected, and stays there for two more Counters."""
    last = None

    def there():
        nonlocal last
        last = total(get(url), family, name)
        return last >= expected
    wait_for(f"{family} of {name} to be {expected}", there, seconds)
    time.sleep(2.2)
    last = total(get(url), family, name)
    return last == expected, last


class Prometheus:
    def __init__(self, target):
        self.port = free_port()
        Path("ringside.rules.yml").write_bytes((TESTS.parent / "consumer/monitoring/ringside.rules.yml").read_bytes())
        Path("serve-rules.yml").write_bytes((TESTS / "e2e/serve-rules.yml").read_bytes())
        Path("prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "5s"},
            "rule_files": ["ringside.rules.yml"],
            "scrape_configs": [{"job_name": "ringside", "static_configs": [{"targets": [target]}]}],
        }))
        self.process = run(PROMETHEUS / "prometheus", "--config.file=prometheus.yml",
                           "--storage.tsdb.path=tsdb", f"--web.listen-address=127.0.0.1:{self.port}",
                           "--log.level=warn", stderr=open("prometheus.log", "wb"))

    def query(self, expr):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?query={urllib.parse.quote(expr)}"
        return [float(row["value"][1]) for row in json.loads(get(url))["data"]["result"]]


def promtool(*words, **kwargs):
    done = subprocess.run([str(PROMETHEUS / "promtool"), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **kwargs)
    check(done.returncode == 0, f"promtool {' '.join(words)}" +
          ("" if done.returncode == 0 else f": {done.stdout.decode()[:300]!r}"))


def scrapes_are_right(url):
    promtool("check", "metrics", input=get(url).encode())
    promtool("check", "rules", "ringside.rules.yml")
    promtool("test", "rules", "serve-rules.yml")
    text = get(url, Accept="application/openmetrics-text; version=1.0.0")
    check(text.endswith("# EOF\n") and "# UNIT ringside_ring_size_bytes bytes\n" in text,
          "OpenMetrics to who asks for it")
    text = Path("ringside.prom").read_bytes()
    promtool("check", "metrics", input=text)


def the_dashboard_can_be_asked(prometheus):
    """What Prometheus does not understand raises."""
    panels = json.loads((TESTS.parent / "consumer/monitoring/ringside.dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    for expr in asked:
        for variable, value in ("$instance", ".*"), ("$__rate_interval", "1m"), ("$__range", "5m"):
            expr = expr.replace(variable, value)
        prometheus.query(expr)
    check(len(asked) > 12, f"Prometheus understands the {len(asked)} queries of the dashboard")


def objects_are_there(base, prometheus):
    """Of a map that was made for it, until it is gone."""
    maker = run(BUILD / "testdata/trigger-bpf", "--cgroup", "serve-bpf", "--hold", "6", stdout=open("bpf.truth", "wb"),
                stderr=subprocess.DEVNULL)
    wait_for("the maps", lambda: b'"k_hash_lazy"' in Path("bpf.truth").read_bytes())
    truth = next(row for row in map(json.loads, Path("bpf.truth").read_text().splitlines())
                 if row["name"] == "k_hash_lazy")
    which = f'{{id="{truth["id"]}"}}'
    wait_for("its row", lambda: prometheus.query("ringside_bpf_map_entries" + which) == [truth["entries"]])
    check(prometheus.query("ringside_bpf_map_memory_bytes" + which) == [truth["memory_bytes"]] and
          prometheus.query("ringside_bpf_map_max_entries" + which) == [truth["max_entries"]],
          f"Prometheus has a map of {truth['memory_bytes']} bytes with {truth['entries']} entries")
    info = prometheus.query(f'ringside_bpf_map_info{{id="{truth["id"]}",pid="{truth["pid"]}",comm="{truth["comm"]}",'
                            f'cgroup="{truth["cgroup"]}"}}')
    check(info == [1.0], f"and who holds it: {truth['comm']}[{truth['pid']}] in {truth['cgroup']}")
    stats = check_page(base)["bpf_object"]["stats"]
    check(any(row.get("id") == truth["id"] and row.get("name") == "k_hash_lazy" for row in stats), "/check has it, too")
    maker.wait()
    wait_for("its end", lambda: prometheus.query("ringside_bpf_map_entries" + which) == [], 10)
    check(True, "it is gone a moment after it was unloaded")
    check(prometheus.query('ringside_bpf_objects{object="program"}')[0] > 10, "the streamer's own programs are counted")
    check(sum(prometheus.query("ringside_streamer_cpu_seconds_total")) > 0, "and so is its CPU time")


def counts_are_exact(base, prometheus):
    """Also the difference of two samples Prometheus took."""
    url = base + "/metrics"
    denials = "ringside_seccomp_denials_total"
    cursor = check_page(base)["cursor"]
    first = storm("serve-one", 1000)
    right, got = reaches(url, denials, "serve-one", first)
    check(right, f"{first} denials are {got} in /metrics")
    second = storm("serve-one", 234)
    right, got = reaches(url, denials, "serve-one", first + second)
    check(right, f"{first} and {second} denials are {got} in /metrics")
    subprocess.run([str(BUILD / "testdata/trigger-oom"), "--cgroup", "serve-oom", "--limit", "8", "o01"],
                   stdout=subprocess.DEVNULL, check=True)
    right, got = reaches(url, "ringside_oom_kills_total", "serve-oom", 1)
    check(right, f"an OOM kill is {got} in /metrics")
    rows = [row for row in check_page(base, f"?since={cursor}")["seccomp_denial"]["stats"]
            if row.get("cgroup", "").endswith("serve-one")]
    check(len(rows) == 1 and rows[0]["count"] == first + second and rows[0]["syscall"] == "getppid" and
          rows[0]["errno"] == "EPERM", "/check has the container, call and errno")
    cursor = check_page(base)["cursor"]
    rows = [row for row in check_page(base, f"?since={cursor}")["seccomp_denial"]["stats"]
            if row.get("cgroup", "").endswith("serve-one")]
    check(not rows, "/check since a cursor leaves out what did not change")
    got = prometheus.query('max_over_time({s}[2m]) - min_over_time({s}[2m])'.format(
        s='ringside_seccomp_denials_total{cgroup=~".*serve-one"}'))
    check(got == [float(second)], f"two samples of Prometheus differ by {got}: {second}")


def restarts_change_nothing(base, prometheus, one):
    """Stopped and killed, and a second one beside: the totals run on."""
    url, denials = base + "/metrics", "ringside_seccomp_denials_total"
    expected = storm("serve-two", 500)
    reaches(url, denials, "serve-two", expected)
    end(one)
    check(status_of(base + "/health") == 503, "/health is 503 when the streamer has ended")
    one = streamer()
    expected += storm("serve-two", 400)
    right, got = reaches(url, denials, "serve-two", expected)
    check(right, f"after a restart {expected} denials are {got}")
    end(one, signal.SIGKILL)
    one = streamer()
    expected += storm("serve-two", 300)
    right, got = reaches(url, denials, "serve-two", expected, 30)
    check(right, f"after kill -9 {expected} denials are {got}")
    other = streamer()
    expected += storm("serve-two", 200)
    right, got = reaches(url, denials, "serve-two", expected)
    check(right, f"of two streamers {expected} denials are {got}")
    info = re.findall(r'ringside_stream_info\{.*counts="(\w+)"', get(url))
    check(sorted(info) == ["false", "true"], f"both streams are named: {info}")
    time.sleep(2)
    end(one)
    time.sleep(3)
    expected += storm("serve-two", 100)
    right, got = reaches(url, denials, "serve-two", expected)
    check(right, f"of the one that is left {expected} denials are {got}")
    series = '{}{{cgroup=~".*serve-two"}}'.format(denials)
    check(prometheus.query(f"resets({series}[5m])") == [0.0], "Prometheus saw no reset")
    got = prometheus.query(f"max_over_time({series}[5m]) - min_over_time({series}[5m])")
    check(got == [float(expected - 500)], f"the samples of Prometheus grew by {got}: {expected - 500}")
    got = prometheus.query(f"increase({series}[5m])")
    # Prometheus extrapolates half an interval to both sides.
    check(len(got) == 1 and abs(got[0] / (expected - 500) - 1) < 0.1, f"increase() is {got}")
    return other


def another_server_says_the_same(port):
    """One that was not there before has read the same."""
    folder, base = "rec", f"http://127.0.0.1:{port}/metrics"
    seen = re.compile(r'ringside_events_seen_total\{kind="oom_kill"\} (\d+)')
    other_port = free_port()
    other = run(BUILD / "consumer/ringside", "serve", "--per-container", "--listen", other_port, folder,
                stderr=open("serve-other.log", "wb"))
    there = f"http://127.0.0.1:{other_port}/metrics"
    family, names = "ringside_seccomp_denials_total", ("serve-one", "serve-two")
    wait_for("another server", lambda: all(total(get(there), family, name) for name in names))
    time.sleep(2.2)
    sums = [([total(text, family, name) for name in names], seen.search(text).group(1))
            for text in (get(base), get(there))]
    check(sums[0] == sums[1], f"a server started now says {sums[1]}: {sums[0]}")
    end(other)


def few_series_say_the_same(port):
    """Without --per-container: by namespace or unit."""
    base = f"http://127.0.0.1:{port}/metrics"
    few_port = free_port()
    few = run(BUILD / "consumer/ringside", "serve", "--listen", few_port, "rec", stderr=open("serve-few.log", "wb"))
    there = f"http://127.0.0.1:{few_port}/metrics"
    seen = re.compile(r'^ringside_seccomp_denials_total\{.*\} (\d+)$', re.M)
    wait_for("a server of few series", lambda: seen.search(get(there)))
    time.sleep(2.2)
    pages = get(base), get(there)
    sums = [sum(map(int, seen.findall(page))) for page in pages]
    check(sums[0] == sums[1] > 0, f"few series add up to {sums[1]}: {sums[0]}")
    counts = [sum(not line.startswith("#") for line in page.splitlines()) for page in pages]
    check(counts[1] <= 200 and not re.search('container="|cgroup="', pages[1]), f"{counts[1]} series, not {counts[0]}")
    promtool("check", "metrics", input=pages[1].encode())
    end(few)


async def scrape(port, times, until):
    while time.monotonic() < until:
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await reader.read(-1)
        writer.close()
        times.append(time.monotonic() - began if b" 200 " in answer[:16] else 1e9)
        await asyncio.sleep(1 - (time.monotonic() - began) % 1)


async def misbehave(port, data, read):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        await writer.drain()
        if read:
            return await reader.read(100)
        await asyncio.sleep(LOAD_SECONDS)
    except ConnectionError:
        pass
    finally:
        writer.close()
    return b""


def p99(times):
    return statistics.quantiles(times, n=100)[98]


async def load(port, beside=()):
    times, until = [], time.monotonic() + LOAD_SECONDS
    answers = asyncio.gather(*(misbehave(port, *one) for one in beside))
    await asyncio.gather(*(scrape(port, times, until) for _ in range(CLIENTS)))
    return times, await answers


def clients_hurt_nobody(port, server, base):
    url = base + "/metrics"
    bad = [(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500, False),
           (b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", False),
           (os.urandom(100_000), True),
           (b"GET / HTTP/1.1\r\n" + b"X-Y: " + b"z" * 1_000_000 + b"\r\n\r\n", True)]
    # more than there are places, that never say what they want
    bad += [(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ", False)] * 150
    triggered = 0
    for _ in range(3):  # what else this machine does may be in one of the two alone
        quiet, _ = asyncio.run(load(port))
        noisy = run(BUILD / "testdata/trigger-storm", "--cgroup", "serve-load", "--count", "20000",
                    stdout=subprocess.PIPE)
        times, answers = asyncio.run(load(port, bad))
        triggered += json.loads(noisy.communicate()[0])["triggered"]
        unhurt = p99(times) < max(3 * p99(quiet), 0.05)
        if unhurt:
            break
    check(unhurt,
          f"{len(times)} scrapes by {CLIENTS} clients beside {len(bad)} bad ones: p99 {p99(times) * 1000:.1f} ms, "
          f"most {max(times) * 1000:.1f} ms; without them p99 {p99(quiet) * 1000:.1f} ms")
    check(b" 200 " not in answers[3][:16], f"1 MB of headers is refused: {answers[3][:40]!r}")
    resident = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text()).group(1))
    check(resident < RESIDENT_KB, f"serve took {resident} kB at most")
    right, got = reaches(url, "ringside_seccomp_denials_total", "serve-load", triggered)
    check(right, f"meanwhile {triggered} denials are {got}")


def events_are_sent(path):
    """Over the unix socket, filtered; not on TCP."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.settimeout(10)
        s.sendall(b"GET /events?cgroup=*serve-events&kind=seccomp HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)
        storm("serve-others", 5)
        storm("serve-events", 3)
        got = b""
        while got.count(b"data: ") < 3:
            got += s.recv(65536)
        time.sleep(0.5)
    check(got.count(b"data: ") == 3 and b"serve-others" not in got, "/events has the three that were asked for")


def main():
    Path("rec").mkdir()
    os.chmod("rec", 0o755)
    one = streamer()
    port = free_port()
    os.chown(".", NOBODY, 0)
    Path("token").write_text(TOKEN + "\n")
    os.chmod("token", 0o640)
    server = run(BUILD / "consumer/ringside", "serve", "--listen", port, "--listen", "unix:serve.sock",
                 "--textfile", "ringside.prom", "--per-container", "--token-file", "token", "rec", user=NOBODY, group=0, extra_groups=[],
                 stderr=open("serve.log", "wb"))
    base = f"http://127.0.0.1:{port}"
    wait_for("serve", lambda: status_of(base + "/health") == 200)
    prometheus = Prometheus(f"127.0.0.1:{port}")
    wait_for("Prometheus", lambda: prometheus.query("up") == [1.0])
    check(prometheus.query("up") == [1.0], "Prometheus: up is 1")
    check(status_of(base + "/events") == 401 == status_of(base + "/check"), "on TCP /events and /check want the token")
    scrapes_are_right(base + "/metrics")
    the_dashboard_can_be_asked(prometheus)
    counts_are_exact(base, prometheus)
    objects_are_there(base, prometheus)
    events_are_sent("serve.sock")
    one = restarts_change_nothing(base, prometheus, one)
    another_server_says_the_same(port)
    few_series_say_the_same(port)
    clients_hurt_nobody(port, server, base)
    done = subprocess.run([str(BUILD / "consumer/ringside"), "status", "-o", "json", "rec"],
                          stdout=subprocess.PIPE, check=False)
    said = json.loads(done.stdout)
    check(said["alive"] and done.returncode == (4 if said["lost"] else 0), f"status: {said['status']}")
    end(one)
    check(subprocess.run([str(BUILD / "consumer/ringside"), "status", "-q", "rec"], check=False).returncode == 1,
          "status exits with 1 when the streamer has ended")
    check(end(server) == 0 and not Path("serve.sock").exists(), "serve ends with 0, and takes its socket along")
    end(prometheus.process)


try:
    main()
finally:
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
