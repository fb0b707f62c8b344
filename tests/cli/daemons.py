# SPDX-License-Identifier: Apache-2.0
"""Servers that tests run, as tests/vm/daemons unpacks them."""
import os
import platform
import shutil
import subprocess

tree = subprocess.run([os.path.join(os.path.dirname(os.path.abspath(__file__)), "../vm/daemons")],
                      stdout=subprocess.PIPE, check=True, text=True).stdout.rstrip("\n")
LIBRARIES = f"/usr/lib/{platform.machine()}-linux-gnu"


def program(name):
    path = shutil.which(name, path=f"{tree}/usr/sbin:{tree}/sbin")
    assert path, f"{tree}: no {name} in it"
    return path


def folder(path):
    """Where what a package has in that folder is."""
    return tree + path


def environment(*folders):
    """In which a program finds its libraries, also those in folders of its package."""
    places = [LIBRARIES, LIBRARIES.removeprefix("/usr"), *folders]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(folder, places))}
