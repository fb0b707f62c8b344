# SPDX-License-Identifier: Apache-2.0
"""Who receives knows our token, and may say it in what it answers: nobody else is to read it there.

usage: cli-forward-secrets.py RINGSIDE RINGSIDE_FORWARD SOURCE
"""
import base64
import json
import os
import subprocess
import urllib.parse

import otlp_receiver
from certificates import write_secret
from otlp_receiver import Receiver
from program import facts, in_a_folder, others, ringside, run_tests, save
from stream import Stream

forward, source = others
TOKEN = 'tok"en+/=&0123456789'
USER, PASSWORD = "instance-4711", "pass:w0rd %"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
KEY = "k3y&of/the=query"
SHORT = "x7"
SECRETS = [TOKEN, USER, PASSWORD, BASIC, BASIC.rstrip("="), KEY]
HEADERS = f"Authorization: Basic {BASIC}\nApi-Key: {TOKEN}\nX-Id: {SHORT}\n"


def ways(secret):
    """How it may be written."""
    text = json.dumps(secret)[1:-1]
    return {secret, text, text.replace("/", "\\/"), urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""),
            urllib.parse.quote_plus(secret), secret.replace("&", "&amp;").replace('"', "&quot;"), secret.upper(),
            "".join(f"%{c:02x}" for c in secret.encode()), "".join(f"\\u{ord(c):04x}" for c in secret)}


def assert_silent(what, text):
    lower = text.lower()
    for secret in SECRETS:
        for way in ways(secret):
            assert way.lower() not in lower, f"{what} has {way!r}: {text}"
    assert f" {SHORT}" not in text, f"{what} has {SHORT}: {text}"


def assert_folder_is_silent(before):
    """Neither what it wrote nor how it is called."""
    for name in set(os.listdir()) - before:
        assert_silent("the name of a file", name)
        with open(name, encoding="utf-8") as f:
            text = f.read()
        assert_silent(name, text)
        if name.endswith(".refused"):
            for line in text.splitlines():
                assert_silent(name, json.loads(line)["why"] + json.loads(line)["to"])


def command(receiver, *more):
    return [forward, "--to", f"otlp+{receiver.url}/v1/logs?api-key={urllib.parse.quote(KEY, safe='')}&{SHORT}",
            "--set", "headers-file=headers", *more, "some.pb"]


def send(receiver, *more, status):
    before = set(os.listdir())
    done = subprocess.run(command(receiver, *more), stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == status, done
    assert_silent("stderr", done.stderr)
    assert_folder_is_silent(before)
    status = subprocess.run([ringside, "status", "."], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=60, check=False).stdout
    assert "forwarded" in status, status
    assert_silent("status", status)
    for name in set(os.listdir()) - before:
        os.unlink(name)
    return done.stderr


def partial_success(text):
    answer = service.ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = 1
    answer.partial_success.error_message = text
    return 200, {}, answer.SerializeToString()


def test_what_it_repeats_is_not_said():
    stream = Stream(b"s", boottime=1)
    save("some.pb", stream.header() + stream.kill() + stream.footer())
    write_secret("headers", HEADERS.encode())
    forms = [way for secret in SECRETS for way in sorted(ways(secret))]
    lines = [" ".join(forms[i:i + 3]) for i in range(0, len(forms), 3)] + [f"id {SHORT} is unknown"]
    lines += [f"{'x' * n}{BASIC}" for n in range(225, 256, 6)]  # cut in the middle of it
    lines += [f"{BASIC[:8]}... is unknown", f"Basic {BASIC} is unknown"]
    for i, line in enumerate(lines):
        answers = [partial_success(line), (400, {}, line.encode()), (401, {}, line.encode()),
                   (500, {"Content-Type": "application/json"}, f'{{"message": "{line}"}}'.encode())]
        answer = answers[i % len(answers)]
        with Receiver(service, lambda request, a=answer: a) as receiver:
            said = send(receiver, status=1)
            assert "***" in said or "xxx" in said, said


def test_what_it_repeats_of_the_request_is_not_said():
    """As servers do it that tell what they did not understand."""
    def answer(request):
        return 400, {}, f"cannot POST {request.path}: {request.headers['Authorization']}, {request.headers['Api-Key']}".encode()

    with Receiver(service, answer) as receiver:
        said = send(receiver, status=1)
    assert "cannot POST /v1/logs?api-key=***&***: ***, ***" in said, said


def test_the_query_is_nowhere():
    """Not in the list of processes, not in the names of files; with several targets they are told apart."""
    with Receiver(service, lambda request: (503, {}, b"")) as receiver:
        other = f"otlp+{receiver.url}/v1/logs?api-key=other"
        with subprocess.Popen(command(receiver, "-f", "--to", other), stderr=subprocess.PIPE, text=True) as child:
            line = child.stderr.readline()
            with open(f"/proc/{child.pid}/cmdline", encoding="utf-8") as f:
                assert_silent("the list of processes", f.read())
            child.terminate()
            said = line + child.stderr.read()
    assert_silent("stderr", said)
    assert f"otlp+{receiver.url}/v1/logs: {receiver.url}/v1/logs: HTTP 503; trying" in said, said
    names = [name for name in os.listdir() if name.endswith(".cursor.status")]
    assert len(names) == 2, names
    for name in names:
        assert facts(name)["to"] == f"otlp+{receiver.url}/v1/logs", facts(name)
        assert_silent(name, name)


def test_a_wrong_url_is_not_repeated():
    for url in "otlps://h/?key=hunter2", "http://h/v1/logs?key=hunter2", "otlp+http:/hunter2@h", "otlp+http://u:hun?ter2@h", \
            "kafka://u:hunter2@h/t", "nats://hunter2@h/R", "nats://u:hunter2/@h/R", "kafka://h/t?hunter2", \
            "nats://h/R?hunter2", "otlp+http://u:hun/ter2@h":
        done = subprocess.run([forward, "--to", url, "some.pb"], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        assert done.returncode in (1, 2) and "hunter2" not in done.stderr and "ter2" not in done.stderr, done
    for name in os.listdir():
        if name.endswith(".status"):
            assert "ter2" not in facts(name)["to"] + facts(name)["problem"], facts(name)


in_a_folder()
service = otlp_receiver.classes(source)
run_tests(test_what_it_repeats_is_not_said, test_what_it_repeats_of_the_request_is_not_said, test_the_query_is_nowhere,
          test_a_wrong_url_is_not_repeated)
