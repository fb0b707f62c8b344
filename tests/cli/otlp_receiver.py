# SPDX-License-Identifier: Apache-2.0
"""A receiver of OTLP over HTTP that is not ours: Python's http.server, and protoc's classes of the vendored
definitions. What it answers is up to the test."""
import collections
import gzip
import http.server
import os
import socket
import subprocess
import sys
import tempfile
import threading

Request = collections.namedtuple("Request", "path headers body logs seqs")


def classes(source):
    """The module of ExportLogsServiceRequest, generated now."""
    root = os.path.join(source, "third_party/opentelemetry-proto")
    out = tempfile.mkdtemp(dir=".")
    names = "collector/logs/v1/logs_service", "logs/v1/logs", "common/v1/common", "resource/v1/resource"
    subprocess.run(["protoc", "-I" + root, "--python_out=" + out]
                   + [f"opentelemetry/proto/{name}.proto" for name in names], check=True)
    sys.path.insert(0, out)
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2  # pylint: disable=import-outside-toplevel
    return logs_service_pb2


def records_of(logs):
    for resource in logs.resource_logs:
        for scope in resource.scope_logs:
            yield from scope.log_records


def value_of(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(value) for value in any_value.array_value.values]
    return getattr(any_value, kind)


def attributes_of(message):
    names = [attribute.key for attribute in message.attributes]
    assert len(names) == len(set(names)), f"twice: {sorted(names)}"
    return {attribute.key: value_of(attribute.value) for attribute in message.attributes}


DECODERS = {
    None: bytes,
    "gzip": gzip.decompress,
    "zstd": lambda body: subprocess.run(["zstd", "-dc"], input=body, stdout=subprocess.PIPE, check=True).stdout,
}


class Receiver(http.server.ThreadingHTTPServer):
    """answer(request) -> (status, headers, body), or None: the connection is closed."""
    daemon_threads = True

    def __init__(self, service, answer, context=None, port=0):
        self.service, self.answer = service, answer
        self.requests, self.connections = [], 0
        super().__init__(("127.0.0.1", port), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        pass  # of who closed early

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        data = DECODERS[self.headers.get("Content-Encoding")](body)
        logs = self.server.service.ExportLogsServiceRequest.FromString(data)
        seqs = [attributes_of(record)["ringside.seq"] for record in records_of(logs)]
        request = Request(self.path, self.headers, data, logs, seqs)
        self.server.requests.append(request)
        answer = self.server.answer(request)
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass
