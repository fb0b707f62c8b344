#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Usage: gen-sources.py FILE…: a C header with each NAME.EXTENSION as a string source_NAME."""
import os
import sys

print("/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */")
for path in sys.argv[1:]:
    print(f"static const char source_{os.path.basename(path).split('.')[0]}[] =")
    with open(path, encoding="utf-8") as source:
        for line in source:
            text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
            if text:
                print(f'\t"{text}\\n"')
    print('\t"";')
