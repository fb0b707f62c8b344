# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Every call of a filtered task comes by the program at the function's end. One that is allowed leaves
# it at once: a handful of instructions, and before any helper or map.
# shellcheck disable=SC2034 # for collect.sh
targets='bookworm trixie'
programs=bpftool

collect() {
	start allowed --attach fentry
	for program in rs_sec_exit0 rs_sec_exit1; do
		bpftool prog dump xlated name $program >$program.xlated 2>/dev/null || true
	done
	stop allowed
}

judge() {
	cat rs_sec_exit0.xlated rs_sec_exit1.xlated >xlated
	/usr/bin/python3 "$TESTS/e2e/allowed.py" xlated
}
