# SPDX-License-Identifier: Apache-2.0
"""A systemd-journald of our own, in a mount namespace of our own: nothing of the machine's is read or written.
in_namespace() comes first; root only, as the end-to-end tests are."""
import json
import os
import subprocess
import sys
import time

SOCKET = "/run/systemd/journal/socket"
PROGRAM = "/usr/lib/systemd/systemd-journald"


def in_namespace():
    """Starts the script once more, where mounts are nobody else's."""
    if os.environ.get("RINGSIDE_NAMESPACE") != "own":
        os.environ["RINGSIDE_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])


def tmpfs(path):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], check=True)


def prepare(catalog, settings):
    """Folders for a journald, and a machine that is no other one."""
    subprocess.run(["cp", "-a", "/etc", "etc"], check=True)
    with open("etc/machine-id", "w", encoding="ascii") as f:
        f.write(os.urandom(16).hex() + "\n")
    os.makedirs("etc/systemd", exist_ok=True)
    with open("etc/systemd/journald.conf", "w", encoding="ascii") as f:
        f.write("[Journal]\nStorage=persistent\nReadKMsg=no\n" + settings)
    subprocess.run(["mount", "--bind", "etc", "/etc"], check=True)
    # where journald finds the unit of who sends, if both hierarchies are there
    subprocess.run(["umount", "/sys/fs/cgroup/unified"], check=False, stderr=subprocess.DEVNULL)
    for path in ["/run", "/var/log", "/var/lib/systemd", "/usr/local/lib"]:
        tmpfs(path)
    for path in ["/run/systemd/journal", "/run/log/journal", "/var/log/journal", "/var/lib/systemd/catalog",
                 "/usr/local/lib/systemd/catalog"]:
        os.makedirs(path)
    with open("/run/systemd/journal/flushed", "w", encoding="ascii"):
        pass
    subprocess.run(["cp", catalog, "/usr/local/lib/systemd/catalog"], check=True)
    subprocess.run(["journalctl", "--update-catalog"], check=True)


class Journald:
    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.process = subprocess.Popen([PROGRAM], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not os.path.exists(SOCKET):
            assert time.monotonic() < end and self.process.poll() is None, "journald did not start"
            time.sleep(0.01)

    def kill(self):
        """As it would end if it were killed; its sockets are its own here."""
        self.process.kill()
        self.process.wait()
        os.unlink(SOCKET)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)


def journalctl(*args):
    return subprocess.run(["journalctl", "-q", "--no-pager", *args], stdout=subprocess.PIPE, check=True).stdout


def as_bytes(value):
    """One of a field's values: a text, or a list of its bytes where that is not to be printed."""
    return bytes(value) if isinstance(value, list) else value.encode()


def values(value):
    """All values of a field, of which JSON has four forms: a text; a list of numbers; null, which is one that is
    too long for a reader who did not ask for --all; and a list of these, where it is there several times."""
    if value is None:
        return [None]
    if isinstance(value, list) and not all(isinstance(part, int) for part in value):
        return [part if part is None else as_bytes(part) for part in value]
    return [as_bytes(value)]


def entries(*args):
    """What -o json has of ours: of each entry its fields, by name a list of values."""
    lines = journalctl("-o", "json", "SYSLOG_IDENTIFIER=ringside", *args).splitlines()
    return [{name: values(value) for name, value in json.loads(line).items()} for line in lines]


def exported(*args):
    """The same of -o export, whose form is the one that journald is sent."""
    data, at, entry = journalctl("-o", "export", "SYSLOG_IDENTIFIER=ringside", *args), 0, {}
    while at < len(data):
        end = data.index(b"\n", at)
        line, at = data[at:end], end + 1
        if not line:
            yield entry
            entry = {}
            continue
        name, is_text, value = line.partition(b"=")
        if not is_text:
            size = int.from_bytes(data[at:at + 8], "little")
            value = data[at + 8:at + 8 + size]
            at += 8 + size + 1
        entry.setdefault(name.decode(), []).append(value)
    if entry:
        yield entry
