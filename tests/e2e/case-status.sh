# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# `ringside status` and /health, of streamers that write, are stopped, are killed and have no room.
# STATUS_PARTS=all: of files, of those that are moved away or appended to, and of a tmpfs, too.
# shellcheck disable=SC2034,SC2086 # for collect.sh
targets=native

collect() {
	/usr/bin/python3 "$TESTS/e2e/status.py" "$BUILD" ${STATUS_PARTS-} >said 2>errors || { cat said errors; return 1; }
}

judge() {
	cat said
}
