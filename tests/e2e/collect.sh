#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/e2e/collect.sh OUT BUILD FILES TARGET CASE…
#
# The half of the end-to-end tests that needs root and the target's kernel, and nothing but a
# shell: runs collect() of each case in OUT/CASE and leaves its exit code in OUT/CASE/collect-exit,
# and how long it took in OUT/CASE/collect-seconds.
set -u
out=$1
export BUILD="$2" TARGET="$4"
files=$3
shift 4
TESTS=$(cd "$(dirname "$0")/.." && pwd)

for case; do
	mkdir -p "$out/$case"
	began=$(date +%s)
	# Not in a condition: errexit would be off.
	(
		set -e
		cd "$out/$case"
		# shellcheck source=tests/e2e/lib.sh
		. "$TESTS/e2e/lib.sh"
		# shellcheck source=/dev/null
		. "$TESTS/e2e/case-$case.sh"
		if ! runs_here; then
			echo "$targets" >not-here
			exit 0
		fi
		export FILES="$files/$case"
		trap end_streamers EXIT
		collect
	) >"$out/$case/collect.out" 2>&1 </dev/null
	echo $? >"$out/$case/collect-exit"
	echo $(($(date +%s) - began)) >"$out/$case/collect-seconds"
done
