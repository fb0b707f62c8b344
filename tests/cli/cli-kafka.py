# SPDX-License-Identifier: Apache-2.0
"""usage: cli-kafka.py RINGSIDE-FORWARD MOCK-KAFKA MAKE-RECORDING

`--to kafka://...`, against librdkafka's own mock of a cluster: no broker of Kafka is to be had for tests.
KAFKA_EVENTS=20000: how many of a recording go through it (2,000)."""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import ringside_pb2 as pb
from program import facts, in_a_folder, others, ringside as forwarder, run_tests, save
from stream import Stream, frames

mock_kafka, make_recording = others
EVENTS = int(os.environ.get("KAFKA_EVENTS", "2000"))
TOPIC = "ringside.events-1"
ENVIRONMENT = {**os.environ, "RINGSIDE_DIR": "."}
in_a_folder()


class Cluster:
    def __init__(self, brokers=3):
        self.process = subprocess.Popen([mock_kafka, str(brokers), TOPIC], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.brokers = self.process.stdout.readline().strip()
        self.url = f"kafka://{self.brokers}/{TOPIC}"
        self.n = brokers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = []
        while (text := self.process.stdout.readline()) not in ("ok\n", ""):
            answer.append(text.rstrip("\n"))
        assert text, f"mock-kafka ended at {line!r}"
        return answer

    def all(self, what, *more):
        for broker in range(1, self.n + 1):
            self.tell(" ".join([what, str(broker), *map(str, more)]))

    def messages(self):
        """Of each its key, headers and bytes."""
        for line in self.tell("dump"):
            key, *headers, data = line.split("\t")
            yield key, dict(header.split("=", 1) for header in headers), bytes.fromhex(data)


def plain(name):
    """Of a recording each record's bytes."""
    if not name.endswith(".zst"):
        with open(name, "rb") as f:
            return list(frames(f.read()))
    return list(frames(subprocess.run(["zstd", "-dcq", name], stdout=subprocess.PIPE, check=True).stdout))


def make(name, events):
    with open(name, "wb") as f:
        subprocess.run([make_recording, "0", str(events)], stdout=f, check=True)
    return name


def command(url, name, *more):
    return [forwarder, "--to", url, "--cursor", name + ".cursor", *more, name]


def start(url, name, *more):
    return subprocess.Popen(command(url, name, *more), stderr=subprocess.PIPE, env=ENVIRONMENT)


def forward(url, name, *more, status=0):
    result = subprocess.run(command(url, name, *more), stderr=subprocess.PIPE, stdout=subprocess.PIPE, timeout=120,
                            check=False, env=ENVIRONMENT)
    assert result.returncode == status, f"{result.returncode}: {result.stderr.decode()}"
    return result.stderr.decode()


def read(name):
    with open(name, encoding="utf-8") as f:
        return f.read()


def sums(name):
    return facts(name + ".cursor.status")


def stored(cluster, name, doubles=0):
    """Each record is there, as it was recorded, and as often as it may be."""
    expected, times = plain(name), {}
    bytes_of = {}
    for data in expected:
        record = pb.Record.FromString(data)
        if record.HasField("header"):
            stream_id, host = record.header.stream_id.hex(), record.header.host_name
        bytes_of[f"{stream_id}:{record.seq}"] = (host, record.WhichOneof("body"), data)
    for key, headers, data in cluster.messages():
        host, kind, whole = bytes_of[headers["Ringside-Id"]]
        assert (key, headers["Ringside-Kind"], data) == (host, kind, whole), headers
        assert headers["Content-Type"].startswith("application/x-protobuf"), headers
        times[headers["Ringside-Id"]] = times.get(headers["Ringside-Id"], 0) + 1
    missing = set(bytes_of) - set(times)
    assert not missing, f"{len(missing)} of {len(bytes_of)} are missing"
    more = sum(times.values()) - len(times)
    assert more <= doubles, f"{more} are there twice, {doubles} were said to be"
    return more


def maybe_doubled(text):
    said = re.findall(r"kafka: (\d+) messages were sent again and may be there twice", text)
    return sum(map(int, said))


def wait_for(condition, what):
    end = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < end, what + " did not come"
        time.sleep(0.1)


def all_of_a_recording_is_there_once():
    name = make("all.pb.zst", EVENTS)
    with Cluster() as cluster:
        text = forward(cluster.url, name)
        assert text.count("\n") == 1, text
        stored(cluster, name)
        assert sums(name)["acknowledged"] == EVENTS + 2 == sums(name)["settled"], sums(name)


def brokers_that_are_away_are_waited_for():
    name = make("away.pb.zst", 1000)
    with Cluster() as cluster:
        cluster.all("down")
        process = start(cluster.url, name)
        time.sleep(1)
        assert process.poll() is None
        cluster.all("up")
        text = process.communicate(timeout=60)[1].decode()
        assert process.returncode == 0, text
        lines = text.splitlines()
        assert len([line for line in lines if "trying again" in line]) == 1 and len(lines) <= 4, text
        stored(cluster, name, 1000)  # as below: connections have broken


def errors_and_delays_make_no_doubles():
    """REQUEST_TIMED_OUT, NOT_LEADER, NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER_APPEND."""
    name = make("errors.pb.zst", 1000)
    with Cluster() as cluster:
        cluster.all("rtt", 10)
        cluster.tell("errors 7 6 0 19 20")
        text = forward(cluster.url, name)
        stored(cluster, name, maybe_doubled(text))


def connections_that_break_lose_nothing():
    """What was stored before its answer could be sent librdkafka sends again by itself, with the same sequence
    number. A broker drops that; the mock keeps no account of them, so here it may be there twice."""
    name = make("broken.pb.zst", 600)
    with Cluster() as cluster:
        cluster.all("rtt", 20)
        cluster.tell("errors -195 0 -195")
        process = start(cluster.url, name, "--set", "batch.num.messages=100")
        for broker in (1, 2):
            time.sleep(0.2)
            cluster.tell(f"down {broker}")
            time.sleep(0.2)
            cluster.tell(f"up {broker}")
        text = process.communicate(timeout=60)[1].decode()
        assert process.returncode == 0, text
        stored(cluster, name, 600)


def an_error_that_ends_the_producer_is_followed_by_another_one():
    """OUT_OF_ORDER_SEQUENCE_NUMBER, which an idempotent producer does not survive."""
    name = make("fatal.pb.zst", 500)
    with Cluster() as cluster:
        cluster.tell("errors 0 0 45")
        text = forward(cluster.url, name, "--set", "batch.num.messages=100")
        stored(cluster, name, maybe_doubled(text))


def what_was_stored_without_an_answer_is_said_to_be_there_twice():
    """The brokers are slow only when the producer is there already, and has sent."""
    stream = Stream(b"\4")
    name = save("late.pb", stream.header("h"), stream.kill())
    with Cluster(1) as cluster:
        with open("late.said", "wb") as said:
            process = subprocess.Popen(command(cluster.url, name, "-f", "--set", "message.timeout.ms=1000", "--set",
                                               "linger.ms=5"), stderr=said, env=ENVIRONMENT)
        wait_for(lambda: len(list(cluster.messages())) == 2, "the first records")
        cluster.tell("rtt 1 3500")
        with open(name, "ab") as f:
            f.write(b"".join(stream.kill() for _ in range(50)))
        wait_for(lambda: "may be there twice: tell them apart by Ringside-Id" in read("late.said"), "the report")
        cluster.tell("rtt 1 0")
        wait_for(lambda: len({h["Ringside-Id"] for _, h, _ in cluster.messages()}) == 52, "all records")
        wait_for(lambda: sums(name)["settled"] == 52, "all reports")
        process.send_signal(signal.SIGTERM)
        status, text = process.wait(60), read("late.said")
        assert status == 0, text
        assert stored(cluster, name, maybe_doubled(text)) > 0, "none is there twice: the test shows nothing"


def a_forwarder_that_is_killed_goes_on():
    name = make("killed.pb.zst", 1000)
    with Cluster() as cluster:
        cluster.all("rtt", 100)
        for _ in range(2):
            process = start(cluster.url, name, "--set", "batch.num.messages=50", "--set",
                            "max.in.flight.requests.per.connection=1")
            time.sleep(0.7)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        cluster.all("rtt", 0)
        forward(cluster.url, name)
        stored(cluster, name, 2 * 1000)


def what_is_too_large_is_refused_and_kept():
    stream = Stream(b"\1")
    name = save("large.pb", stream.header("h"), stream.kill("x" * 20000), stream.kill())
    with Cluster(1) as cluster:
        text = forward(cluster.url, name, "--set", "message.max.bytes=10000", status=1)
        assert "refused (MSG_SIZE_TOO_LARGE" in text, text
        assert [h["Ringside-Kind"] for _, h, _ in cluster.messages()] == ["header", "oom_kill"]
        with open(name + ".cursor.refused", encoding="utf-8") as f:
            assert json.loads(f.readline())["id"].endswith(":2")


def a_filter_says_what_it_left_out():
    stream = Stream(b"\2")
    name = save("filtered.pb", stream.header("h"), stream.kill("a"), stream.kill("b"), stream.kill("c"))
    with Cluster(1) as cluster:
        forward(cluster.url, name, "--comm", "c")
        headers = [h for _, h, _ in cluster.messages()]
        assert [(h["Ringside-Previous-Seq"], h["Ringside-Left-Out"]) for h in headers] == [("0", "0"), ("1", "2")], headers


def mistakes_are_told():
    save("secret", b"hidden\n")
    name = save("one.pb", Stream(b"\3").header("h"))
    for url, said in [("kafka:b/t", "say kafka://BROKER"), ("kafka://b", "say kafka://BROKER"),
                      ("kafka:///t", "say kafka://BROKER"), ("kafka://b/t/u", "say kafka://BROKER")]:
        text = forward(url, name, status=1)
        assert said in text and text.count("\n") == 1, text
    for setting, said in [("sasl.password=x", "say --set sasl.password.file=PATH"), ("acks=1", "it is not to be set"),
                          ("nothing.such=1", "No such configuration property"), ("linger.ms=x", "linger.ms"),
                          ("acks.file=secret", "it is not to be set"),
                          ("linger.ms.file=secret", "what is in secret is no value of it"),
                          ("passwort.file=secret", "librdkafka has no property passwort"),
                          ("sasl.password.file=none", "none: No such file or directory")]:
        text = forward("kafka://b/t", name, "--set", setting, status=1)
        assert said in text and text.count("\n") == 1 and "hidden" not in text, text
    text = forward("kafka://b/t", name, "--set", "sasl.password.file=secret", "--set",
                   "security.protocol=sasl_plaintext", "--set", "sasl.mechanism=none", status=1)
    assert "hidden" not in text and "secret holds a secret, and others can read it (mode 644)" in text, text


class Repeater(threading.Thread):
    """A broker that refuses who comes, by SASL, with all that it was told."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"kafka://127.0.0.1:{self.listener.getsockname()[1]}/{TOPIC}"
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            with client, client.makefile("rb") as stream:
                while len(size := stream.read(4)) == 4:
                    request = stream.read(struct.unpack(">i", size)[0])
                    answer = request[4:8] + self.answer(*struct.unpack(">hh", request[:4]), request)
                    client.sendall(struct.pack(">i", len(answer)) + answer)

    @staticmethod
    def answer(key, version, request):
        if key == 18 and version:  # ApiVersions: only the first one is spoken
            return struct.pack(">hi", 35, 0)
        if key == 18:
            keys = [(0, 0, 7), (3, 0, 4), (17, 0, 1), (18, 0, 0), (22, 0, 1), (36, 0, 0)]
            return struct.pack(">hi", 0, len(keys)) + b"".join(struct.pack(">hhh", *one) for one in keys)
        if key == 17:  # SaslHandshake
            return struct.pack(">hih5s", 0, 1, 5, b"PLAIN")
        told = b"no \x1b[31m " + request.split(b"\0")[-1] + b" here"
        return struct.pack(">hh", 58, len(told)) + told + struct.pack(">i", 0)


def a_broker_that_repeats_the_password():
    name = save("repeated.pb", Stream(b"\5").header("h"))
    save("repeated", b"hidden word\n")
    os.chmod("repeated", 0o600)
    process = start(Repeater().url, name, "--set", "sasl.password.file=repeated", "--set", "sasl.username=node-1", "--set",
                    "security.protocol=sasl_plaintext", "--set", "sasl.mechanism=PLAIN")
    wait_for(lambda: os.path.exists(name + ".cursor.status") and "***" in read(name + ".cursor.status"), "a refusal")
    process.terminate()
    text = process.communicate(timeout=60)[1].decode() + read(name + ".cursor.status")
    assert "hidden" not in text and r"no \x1b[31m *** here" in text, text


run_tests(
    all_of_a_recording_is_there_once,
    brokers_that_are_away_are_waited_for,
    errors_and_delays_make_no_doubles,
    connections_that_break_lose_nothing,
    an_error_that_ends_the_producer_is_followed_by_another_one,
    what_was_stored_without_an_answer_is_said_to_be_there_twice,
    a_forwarder_that_is_killed_goes_on,
    what_is_too_large_is_refused_and_kept,
    a_filter_says_what_it_left_out,
    a_broker_that_repeats_the_password,
    mistakes_are_told,
)
