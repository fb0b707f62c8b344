# SPDX-License-Identifier: Apache-2.0
"""Who a forwarder and a reader are to a real nats-server, and what they say where that is not taken: one line with the
reason and what to do, the exit status, and no secret anywhere. usage: cli-nats-credentials.py RINGSIDE RINGSIDE-FORWARD
"""
import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

from certificates import Authority, write_secret
from nats import Client, Server, expect_once, free_ports
from nkeys import Key, Operator, credentials
from program import facts, in_a_folder, others, ringside, run_tests, save
from stream import Growing, Stream, frames

forward_program, = others
PASSWORD = 'hunter2 "\\ x'  # JSON has to escape it
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("NATS_")}
said_by_all, given = [], []


def configure(name, text):
    save(name + ".conf", text.encode())
    return ["-c", name + ".conf"]


def users(*lines):
    return "authorization { users: [" + "\n".join(lines) + "] }\n"


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class With:
    """A server with this configuration."""

    def __init__(self, name, text):
        self.server = Server(name, more=configure(name, text))

    def __enter__(self):
        return self.server.start().wait()

    def __exit__(self, *_):
        self.server.stop()


def recording(letter, host="node-1", events=20):
    """A file; {id: bytes} of what is in it."""
    stream = Stream(letter, boot="boot-" + host, boottime=10.0)
    data = stream.header(host) + b"".join(stream.kill() for _ in range(events)) + stream.footer()
    name = save(letter.decode() + ".pb", data)
    return name, {f"{(letter * 16).hex()}:{seq}": body for seq, body in enumerate(frames(data), 1)}


def url(server, scheme="nats", host="localhost"):
    return f"{scheme}://{host}:{server.port}/R"


def say(text):
    """All that was printed: at the end no secret is to be in it."""
    said_by_all.append(text)
    return text


def sets(**settings):
    return [word for name, value in settings.items() for word in ("--set", name.replace("_", "-") + "=" + value)]


def send(to, cursor, name, *more, env=None, status=0):
    done = subprocess.run([forward_program, "--to", to, *more, "--cursor", cursor, name], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, timeout=60, check=False, env={**ENVIRONMENT, **(env or {})})
    said = say(done.stderr + done.stdout)
    assert done.returncode == status, f"{done.returncode}, not {status}: {said}"
    return said


def refused(to, words, *more, env=None):
    """It does not start, with one line of these words, which the status file has too."""
    name, _ = recording(b"r")
    begun = time.monotonic()
    said = send(to, "refused.cursor", name, *more, env=env, status=1)
    assert said.count("\n") == 1 and re.search(words, said), f"{said!r} is not {words!r}"
    assert time.monotonic() - begun < 10, said
    there = facts("refused.cursor.status")
    assert there["ended"] == 1 and re.search(words, there["problem"]), there
    os.unlink("refused.cursor.status")


def read(to, *words, env=None):
    done = subprocess.run([ringside, *words, to], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False, env={**ENVIRONMENT, **(env or {})})
    say(done.stderr)
    return done


def not_read(to, words, env=None):
    """By none that reads."""
    for command in ["cat"], ["tail", "-f"], ["stats"], ["verify"], ["status"]:
        done = read(to, *command, env=env)
        assert done.returncode not in (0, 2) and re.search(words, done.stderr), f"{command}: {done}"


def taken(server, letter, expected_by, to, *more, env=None, read_env=None):
    """It arrives, by a reader that is not ours, and ours reads it back."""
    name, expected = recording(letter)
    said = send(to, letter.decode() + ".cursor", name, *more, env=env)
    assert said.count("\n") == 1 and "22 acknowledged" in said or "22 records: 22" in said, said
    expect_once(server.port, "R", expected, **expected_by)
    done = read(to, "verify", env=read_env or env)
    assert done.returncode == 0 and "complete" in done.stdout and not done.stderr, done
    Client(server.port, **expected_by).request("$JS.API.STREAM.DELETE.R")


def not_permitted(to, name, host, *more, env=None):
    """None of it: that ends it, with a line of why and one of what was done."""
    begun = time.monotonic()
    lines = send(to, "other.cursor", name, *more, env=env, status=1).splitlines()
    assert len(lines) == 2 and " 0 acknowledged" in lines[1] and time.monotonic() - begun < 10, lines
    assert re.search(rf'this user may not do that there, permit it or take another one: Permissions Violation for '
                     rf'Publish to "ringside.v1.{host}', lines[0]), lines
    assert facts("other.cursor.status")["problem"] in lines[0]
    os.unlink("other.cursor")


# ---- passwords, tokens ----

def passwords():
    text = users(f'{{user: node-1, password: {quoted(PASSWORD)}}}', "{user: reader, password: reading}")
    write_secret("password", PASSWORD.encode() + b"\n")
    write_secret("wrong", b"hunter3\n")
    with With("passwords", text) as server:
        to = url(server)
        refused(to, r"localhost:\d+: it wants credentials \(Authorization Violation\): NATS_CREDS or NATS_NKEY")
        wrong = r"localhost:\d+: it refuses the user node-1 \(Authorization Violation\): see that they are right"
        refused(to, wrong, *sets(user="node-1", password_file="wrong"))
        refused(to, wrong, env={"NATS_USER": "node-1", "NATS_PASSWORD": "hunter3"})
        refused(to, wrong, *sets(user="node-1"))  # without any
        not_read(to, "it wants credentials")
        not_read(to, "it refuses the user node-1", env={"NATS_USER": "node-1", "NATS_PASSWORD": "hunter3"})
        reader = {"user": "reader", "pass": "reading"}
        right = {"NATS_USER": "node-1", "NATS_PASSWORD": PASSWORD}
        taken(server, b"a", reader, to, *sets(user="node-1", password_file="password"), read_env=right)
        taken(server, b"b", reader, to, env=right)
        # one that does not take us, and one that is not there
        several = f"nats://localhost:{server.port},localhost:{free_ports(1)[0]}/R"
        refused(several, "it refuses the user node-1", env={"NATS_USER": "node-1", "NATS_PASSWORD": "hunter3"})
        taken(server, b"c", reader, several, env=right)


def tokens():
    write_secret("token", b"hunter2-token")
    with With("tokens", "authorization { token: hunter2-token }\n") as server:
        to = url(server)
        refused(to, "it wants credentials")
        refused(to, "it refuses the token of NATS_TOKEN", env={"NATS_TOKEN": "hunter3"})
        reader = {"auth_token": "hunter2-token"}
        taken(server, b"d", reader, to, *sets(token_file="token"), read_env={"NATS_TOKEN": "hunter2-token"})
        taken(server, b"e", reader, to, env={"NATS_TOKEN": "hunter2-token"})


def nkeys():
    known, unknown = Key("user"), Key("user")
    write_secret("known.nk", f"{known.seed}\n{known.public}\n".encode())
    write_secret("unknown.nk", f"{unknown.seed}\n{unknown.public}\n".encode())
    write_secret("half.nk", f"{known.seed}\n".encode())
    said_by_all.append("")
    with With("nkeys", users(f"{{nkey: {known.public}}}", "{user: reader, password: reading}")) as server:
        to = url(server)
        refused(to, r"it refuses the nkey in unknown.nk \(Authorization Violation\)", *sets(nkey="unknown.nk"))
        refused(to, r"half.nk: it has no public key", *sets(nkey="half.nk"))
        refused(to, r"nkey=none.nk: cannot be used: No such file", *sets(nkey="none.nk"))
        not_read(to, "it refuses the nkey in unknown.nk", env={"NATS_NKEY": "unknown.nk"})
        taken(server, b"f", {"nkey": known.public, "sign": known.sign}, to, *sets(nkey="known.nk"),
              read_env={"NATS_NKEY": "known.nk"})
    return known.seed, unknown.seed


def jwts():
    operator, stranger = Operator(), Key("account")
    key, jwt = operator.user("node-1")
    write_secret("right.creds", credentials(key, jwt))
    write_secret("old.creds", credentials(*operator.user("node-1", expires=-60)))
    write_secret("stranger.creds", credentials(*operator.user("node-1", by=stranger)))
    write_secret("empty.creds", b"nothing\n")
    limits = {"pub": {"allow": ["ringside.v1.node-2.*", "$JS.API.>"]}}
    write_secret("other.creds", credentials(*operator.user("node-2", **limits)))
    with With("jwts", operator.configuration) as server:
        to = url(server)
        for name in "old", "stranger":
            refused(to, f"it refuses the credentials in {name}.creds .*: see that they are right, still valid",
                    *sets(creds=name + ".creds"))
        refused(to, "the credentials in empty.creds cannot be used: no nkey user seed found", *sets(creds="empty.creds"))
        refused(to, "creds=none: cannot be used: No such file", *sets(creds="none"))
        refused(to, "it wants credentials")
        not_read(to, "it refuses the credentials in old.creds", env={"NATS_CREDS": "old.creds"})
        reader = {"jwt": jwt, "sign": key.sign}
        taken(server, b"g", reader, to, *sets(creds="right.creds"), read_env={"NATS_CREDS": "right.creds"})
        taken(server, b"h", reader, to, env={"NATS_CREDS": "right.creds"})
        not_permitted(to, recording(b"r")[0], "node-1", *sets(creds="other.creds"))
    return key.seed


# ---- what is permitted ----

def permissions():
    rest = '"$JS.API.>", "$JS.FC.>"'
    text = users(
        f'{{user: node-1, password: one, permissions: {{publish: ["ringside.v1.node-1.*", {rest}], subscribe: "_INBOX.>"}}}}',
        '{user: silent, password: two, permissions: {publish: ["ringside.v1.*.*"], subscribe: "_INBOX.>"}}',
        "{user: reader, password: reading}")
    node, silent = ({"NATS_USER": user, "NATS_PASSWORD": password} for user, password in (("node-1", "one"), ("silent", "two")))
    name, _ = recording(b"2", host="node-2")
    with With("permissions", text) as server:
        to = url(server)
        taken(server, b"i", {"user": "reader", "pass": "reading"}, to, env=node)
        not_permitted(to, name, "node-2", env=node)
        refused(to, r'may not do that there.*"\$JS.API.STREAM.INFO.R"', env=silent)
        for command in ["cat"], ["tail", "-f"], ["stats"], ["verify"], ["status"]:
            begun = time.monotonic()
            done = read(to, *command, env=silent)
            assert done.returncode != 0 and re.search(r'may not do that there.*"\$JS.API', done.stderr), (command, done)
            assert time.monotonic() - begun < 2.5, f"{command} waits for an answer: {time.monotonic() - begun:.1f} s"


# ---- coming and going ----

class Started(subprocess.Popen):
    """Ended when it is left, whatever has gone wrong."""

    def __exit__(self, *what):
        if self.poll() is None:
            self.kill()
        super().__exit__(*what)


def start(to, cursor, *more, env=None):
    return Started([forward_program, "--to", to, "-f", *more, "--cursor", cursor, "live"], stderr=subprocess.PIPE,
                            text=True, env={**ENVIRONMENT, **(env or {})})


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def fact(cursor, name):
    """Of a status file, which may not be there yet."""
    try:
        return facts(cursor + ".status")[name]
    except (OSError, KeyError):
        return None


def problem_of(cursor):
    return fact(cursor, "problem") or ""


def finish(child, status=0):
    child.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    said = say(child.communicate(timeout=30)[1])
    assert time.monotonic() - begun < 1, f"it has nothing to wait for: {said}"
    assert child.returncode == status, said
    return said.splitlines()


def make_live():
    os.makedirs("live", exist_ok=True)
    stream = Growing(b"l")
    save("live/l.pb", stream.header("node-1"))
    return stream


def add(stream):
    with open("live/l.pb", "ab") as f:
        f.write(stream.kill())


def a_server_that_comes_later():
    make_live()
    server = Server("later", more=configure("later", users("{user: node-1, password: one}")))
    with start(url(server), "later.cursor", env={"NATS_USER": "node-1", "NATS_PASSWORD": "one"}) as child:
        wait_for(lambda: "nobody answers there; trying again" in problem_of("later.cursor"), "it does not say so")
        time.sleep(1)
        server.start().wait()
        try:
            wait_for(lambda: fact("later.cursor", "acknowledged") == 1, "it does not arrive")
            lines = finish(child)
        finally:
            server.stop()
    assert len(lines) == 3 and re.search(r"localhost:\d+: no connection: nobody answers there; trying again$", lines[0]) \
        and lines[1].endswith("it answers again"), lines


def change(server, stream, child, tail, other, right):
    wait_for(lambda: fact("changes.cursor", "acknowledged") == 1, "it does not arrive")
    time.sleep(1)
    server.stop()
    configure("changes", other)
    server.start().wait()
    add(stream)
    wait_for(lambda: "it refuses the user node-1" in problem_of("changes.cursor"), "it does not say so")
    said = say(tail.communicate(timeout=30)[1])
    assert tail.returncode == 1 and "it refuses the user node-1 (Authorization Violation)" in said, said
    server.stop()
    configure("changes", right)
    server.start().wait()
    wait_for(lambda: fact("changes.cursor", "acknowledged") == 2, "it does not go on", 60)
    with open(f"/proc/{child.pid}/cmdline", "rb") as f:
        assert b"one" not in f.read().split(b"\0")
    return finish(child)


def a_server_that_changes_its_mind():
    """While it is away its administrator takes another password, and then the old one again."""
    stream = make_live()
    right, other = (users(f"{{user: node-1, password: {password}}}") for password in ("one", "another"))
    env = {"NATS_USER": "node-1", "NATS_PASSWORD": "one"}
    name, _ = recording(b"t")
    with With("changes", right) as server:
        send(url(server), "t.cursor", name, env=env)
        with start(url(server), "changes.cursor", env=env) as child, \
                Started([ringside, "tail", "-f", url(server)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                        env={**ENVIRONMENT, **env}) as tail:
            lines = change(server, stream, child, tail, other, right)
    refusals = [line for line in lines if "it refuses the user node-1 (Authorization Violation)" in line]
    assert len(refusals) == 1 and refusals[0].endswith("; trying again") and len(lines) <= 4, lines
    assert lines[-2].endswith("it answers again"), lines


# ---- TLS ----

def tls(certificate, key, more=""):
    return f'tls {{ cert_file: "{certificate}", key_file: "{key}", {more} }}\n'


def context_of(authority, *client):
    context = ssl.create_default_context(cafile=authority.file)
    if client:
        context.load_cert_chain(*client)
    return context


def servers_certificates():
    ours, foreign = Authority("ours"), Authority("foreign")
    right, old = ours.sign("right"), ours.sign("old", days=(-9, -1))
    young, named = ours.sign("young", days=(1, 9)), ours.sign("named", hosts=["elsewhere"])
    untrusted = "nobody whom this machine trusts has signed its certificate: ca=, or NATS_CA"
    with With("tls", tls(*right)) as server:
        to = url(server, "tls")
        refused(to, untrusted)
        refused(to, untrusted, *sets(ca=foreign.file))
        refused(to, "ca=none: cannot be used: No such file", *sets(ca="none"))
        refused(url(server), r"it wants TLS: say tls:// in place of nats://")
        refused(url(server), "ca, cert and key are of TLS: say tls://", *sets(ca=ours.file))
        not_read(to, untrusted, env={"NATS_CA": foreign.file})
        taken(server, b"j", {"context": context_of(ours)}, to, *sets(ca=ours.file), read_env={"NATS_CA": ours.file})
    for name, pair, words in [("old", old, "its certificate has expired"), ("young", young, "its certificate is not valid yet"),
                              ("named", named, "its certificate is another name's")]:
        with With(name, tls(*pair)) as server:
            refused(url(server, "tls"), words, *sets(ca=ours.file))
            not_read(url(server, "tls"), words, env={"NATS_CA": ours.file})
    with With("plain", "") as server:
        refused(url(server, "tls"), "it has no TLS: turn it on there, or say nats://", *sets(ca=ours.file))


def clients_certificates():
    ours, foreign = Authority("ours"), Authority("foreign")
    right, client = ours.sign("right"), ours.sign("client")
    old, strange = ours.sign("old-client", days=(-9, -1)), foreign.sign("strange")
    with With("mutual", tls(*right, f'ca_file: "{ours.file}", verify: true')) as server:
        to, ca = url(server, "tls"), sets(ca=ours.file)
        refused(to, "it wants a certificate of ours: cert= and key=", *ca)
        for pair in old, strange:
            refused(to, "it does not take our certificate: cert= and key=", *ca, *sets(cert=pair[0], key=pair[1]))
        refused(to, "cert=FILE and --set key=FILE go together", *ca, *sets(cert=client[0]))
        refused(to, "cert=client.pem: cannot be used", *ca, *sets(cert=client[0], key=strange[1]))
        env = {"NATS_CA": ours.file, "NATS_CERT": client[0], "NATS_KEY": client[1]}
        not_read(to, "does not take our certificate", env={**env, "NATS_CERT": strange[0], "NATS_KEY": strange[1]})
        taken(server, b"k", {"context": context_of(ours, *client)}, to, *ca, *sets(cert=client[0], key=client[1]), read_env=env)
        taken(server, b"m", {"context": context_of(ours, *client)}, to, env=env)


def a_certificate_that_expires():
    """The server comes back with one that has expired: that is said, and what comes later is waited for."""
    ours = Authority("ours")
    make_live()
    right, old = ours.sign("right"), ours.sign("old", days=(-9, -1))
    with With("expires", tls(*right)) as server, start(url(server, "tls"), "expires.cursor", *sets(ca=ours.file)) as child:
        wait_for(lambda: fact("expires.cursor", "acknowledged") == 1, "it does not arrive")
        server.stop()
        configure("expires", tls(*old))
        server.start().wait()
        wait_for(lambda: "its certificate has expired" in problem_of("expires.cursor"), "it does not say so")
        server.stop()
        configure("expires", tls(*right))
        server.start().wait()
        wait_for(lambda: fact("expires.cursor", "problem") == "", "it does not come back", 60)
        lines = finish(child)
    assert len([line for line in lines if "its certificate has expired" in line]) == 1, lines


# ---- secrets ----

class Repeater(threading.Thread):
    """What answers there says all that it was told in its refusal, as no server of NATS does."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.told = self.listener.getsockname()[1], []
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            with contextlib.suppress(ConnectionError), client, client.makefile("rb") as lines:
                client.sendall(b'INFO {"server_id":"r","version":"2.10.0","proto":1,"headers":true,"nonce":"abcdefgh",'
                               b'"auth_required":true,"max_payload":1048576}\r\n')
                told = next((line for line in lines if line.startswith(b"CONNECT")), b"CONNECT {}")
                given = json.loads(told.split(b" ", 1)[1])
                secret = given.get("pass") or given.get("auth_token") or given.get("jwt") or ""
                self.told.append(secret)
                client.sendall(b"-ERR 'Authorization Violation: " + secret.encode() + b" of "
                               + json.dumps(secret).encode() + b"'\r\n")
                lines.read()


def a_server_that_repeats_what_it_hears():
    operator = Operator()
    key, jwt = operator.user("node-1")
    write_secret("repeated.creds", credentials(key, jwt))
    write_secret("repeated", PASSWORD.encode())
    server = Repeater()
    to = f"nats://127.0.0.1:{server.port}/R"
    for settings, secret in [({"user": "node-1", "password_file": "repeated"}, PASSWORD),
                             ({"token_file": "repeated"}, PASSWORD), ({"creds": "repeated.creds"}, jwt)]:
        refused(to, r"it refuses .* \(Authorization Violation: '?\*\*\*", *sets(**settings))
        assert server.told[-1] == secret and secret not in said_by_all[-1], said_by_all[-1]
    not_read(to, r"Authorization Violation: '?\*\*\*", env={"NATS_USER": "node-1", "NATS_PASSWORD": PASSWORD})


def secrets_are_not_given():
    """In a command line or a URL: refused, and not repeated."""
    for words in (["--to", "nats://hunter2@h/R"], ["--to", "nats://me:hunter2@h/R"], ["--to", "http://me:hunter2@h/R"],
                  ["--to", "otlp+https://hunter2@h"], ["--to", "kafka://hunter2@b/t"]):
        done = subprocess.run([forward_program, *words], stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT)
        assert done.returncode == 2 and "in a URL is seen by everybody" in say(done.stderr), done
    name, _ = recording(b"s")
    for setting in "password", "token", "pass", "seed", "Password":
        said = send("nats://h/R", "s.cursor", name, "--set", setting + "=hunter2", status=1)
        assert "say --set creds=FILE" in said and said.count("\n") == 1, said
    said = send("nats://h/R", "s.cursor", name, "--set", "passwort=hunter2", status=1)
    assert "--set passwort: NATS knows no such setting" in said, said
    done = read("nats://me:hunter2@127.0.0.1/R", "cat")
    assert done.returncode != 0 and "no user or password in a URL" in done.stderr, done
    for more, words in ((sets(creds="a", nkey="b"), "it can be one of them"), (sets(password_file="a"), "whose?"),
                        (sets(user="a", password_file="none"), "password-file=none: No such file"),
                        (sets(user="a", password_file="/dev/null"), "there is nothing in it"),
                        (sets(user="a", password_file="/dev/zero"), "it is too long")):
        said = send("nats://h/R", "s.cursor", name, *more, status=1)
        assert words in said and said.count("\n") == 1, said


def keys_are_not_given():
    """In place of the file that they are in: refused, and not repeated."""
    operator, key = Operator(), Key("user")
    jwt = operator.user("node-1")[1]
    for words in (["--to", f"nats://{key.seed}/R"], ["--to", f"nats://{key.seed}:{key.public}@h/R"], ["--to", f"nats://h/{key.seed}"],
                  ["--to", f"nats://h,{jwt}/R"], ["--to", key.seed], ["--to", "nats://h/R", "--set", f"nkey={key.seed}"],
                  ["--to", "nats://h/R", "--set", f"creds={jwt}"], ["--to", "nats://h/R", "--set", key.seed],
                  ["--to", "otlp:", "--set", f"headers-file=Authorization: Bearer {jwt}"]):
        done = subprocess.run([forward_program, *words, "s.pb"], stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT)
        assert done.returncode == 2 and "is seen by everybody" in say(done.stderr), (words, done)
    for command in ["cat"], ["tail", "-f"], ["stats"], ["verify"], ["status"]:
        for to in f"nats://{key.seed}/R", f"nats://h/{key.seed}", f"nats://{jwt}/R":
            done = read(to, *command)
            assert done.returncode != 0 and "no user or password in a URL" in done.stderr, (command, done)
            say(done.stdout)
    given.extend([key.seed, jwt])


def keys_that_are_damaged():
    """They are told by the names of their files."""
    operator, key, other = Operator(), Key("user"), Key("user")
    jwt = operator.user("node-1")[1]
    write_secret("seed-first.nk", f"{key.seed}{key.seed}\n{key.seed}\n".encode())
    write_secret("no-line.nk", key.seed.encode())
    write_secret("not-a-pair.nk", f"{other.seed}\n{key.public}\n".encode())
    write_secret("broken.nk", f"{key.seed[:-3]}\n{key.public}\n".encode())
    write_secret("half.creds", credentials(key, jwt)[:-70])
    write_secret("joined.creds", credentials(key, jwt).replace(b"\n", b""))
    write_secret("only-a-seed.creds", key.seed.encode() + b"\n")
    write_secret("only-a-jwt.creds", jwt.encode())
    with With("plain-creds", operator.configuration) as there:
        refused(url(there), "the nkey in broken.nk cannot be used: invalid checksum", *sets(nkey="broken.nk"))
        refused(url(there), "the credentials in half.creds cannot be used: invalid", *sets(creds="half.creds"))
        for name in "seed-first", "no-line", "not-a-pair":
            send(url(there), "s.cursor", recording(b"s")[0], *sets(nkey=name + ".nk"), status=1)
        for name in "half", "joined", "only-a-seed", "only-a-jwt":
            send(url(there), "s.cursor", recording(b"s")[0], *sets(creds=name + ".creds"), status=1)
            read(url(there), "cat", env={"NATS_CREDS": name + ".creds"})
        for variable, value in [("NATS_NKEY", key.seed), ("NATS_CREDS", jwt), ("NATS_CREDS", key.seed), ("NATS_TOKEN", key.seed)]:
            send(url(there), "s.cursor", recording(b"s")[0], env={variable: value}, status=1)
            read(url(there), "cat", env={variable: value})
    given.extend([key.seed, other.seed, key.seed[:-3], jwt])


def files_that_others_can_read():
    write_secret("open.password", PASSWORD.encode())
    os.chmod("open.password", 0o644)
    with With("open", users(f'{{user: node-1, password: {quoted(PASSWORD)}}}')) as server:
        name, _ = recording(b"o")
        said = send(url(server), "o.cursor", name, *sets(user="node-1", password_file="open.password"))
        assert "open.password holds a secret, and others can read it (mode 644): chmod 600" in said.splitlines()[0], said
        os.chmod("open.password", 0o640)  # root's, and a group's
        said = send(url(server), "o.cursor", name, *sets(user="node-1", password_file="open.password"))
        assert ("mode 640" in said) == (os.geteuid() != 0), said


def all_secrets():
    seeds = [*nkeys(), jwts()]
    secrets = ["hunter2", "hunter3", "reading", PASSWORD, *seeds, *given]
    for text in said_by_all:
        assert not any(secret in text for secret in secrets), text
    for name in os.listdir("."):
        if name.endswith(".status"):
            with open(name, encoding="utf-8") as f:
                text = f.read()
            assert not any(secret in text for secret in secrets), text


in_a_folder()
run_tests(passwords, tokens, a_server_that_repeats_what_it_hears, permissions, a_server_that_comes_later,
          a_server_that_changes_its_mind, servers_certificates, clients_certificates, a_certificate_that_expires, secrets_are_not_given, keys_are_not_given,
          keys_that_are_damaged, files_that_others_can_read, all_secrets)
