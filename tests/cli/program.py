# SPDX-License-Identifier: Apache-2.0
"""The program under test, which is the first argument of each script of this folder: to run it, to judge what it
says, and to run a script's tests, in a folder of their own."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ringside, *others = map(os.path.abspath, sys.argv[1:])


def run(*args, data=b"", **kwargs):
    kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
    return subprocess.run([ringside, *args], input=data, timeout=60, check=False, **kwargs)


def check(result, status, stderr="", stdout=None):
    """What it printed to stdout, of which with @stdout it is known what that is. @stderr: a regular
    expression of all it said; None: whatever that is."""
    text = result.stderr.decode()
    assert status in (None, result.returncode), f"{result.args}: {result.returncode}, not {status}: {text}"
    assert stderr is None or re.fullmatch(stderr, text), f"{result.args}: {text!r} is not {stderr!r}"
    assert stdout is None or result.stdout == stdout, f"{result.args}: {result.stdout[:2000]!r}"
    return result.stdout


def save(name, *parts):
    with open(name, "wb") as f:
        f.write(b"".join(parts))
    return name


def facts(path):
    """Of a status file of `ringside forward`: numbers as such."""
    with open(path, encoding="utf-8") as f:
        pairs = [line.rstrip("\n").split(" ", 1) for line in f]
    return {name: int(value) if value.isdigit() else value for name, value in pairs}


def in_a_folder():
    """A new one, for all that a script writes, the files of forwarders too; run_tests() removes it."""
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    os.chdir(tempfile.mkdtemp(prefix=f"ringside-{name}-"))
    os.environ["RINGSIDE_FORWARD_DIR"] = os.getcwd()


def run_tests(*tests):
    for test in tests:
        start = time.monotonic()
        test()
        print(f"{test.__name__}: {time.monotonic() - start:.2f} s", flush=True)
    shutil.rmtree(os.getcwd())
