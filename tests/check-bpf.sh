#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/check-bpf.sh [ROOT]
#
# What the kernel calls directly for a map (update, delete, push, pop, peek) returns an int. Up to
# Linux 6.3 the upper half of the register is zero then, so that a negative errno is a large positive
# long: a comparison with one is false, and so is "< 0". The result of each such call in bpf/ has to
# be cast to int, cast to void, or negated, right before the call.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

bad=0
for file in bpf/*.[ch] bpf/*/*.[ch]; do
	# One line a call, with what is before it; the newline of wrapped calls and comments are gone.
	while IFS= read -r before; do
		[[ $before =~ (\(int\)|\(void\)|!)\ *$ ]] && continue
		echo "$file: …$before is compared or kept as a long: cast it to int" >&2
		bad=1
	done < <(sed 's,/\*.*\*/,,; s,^ \*.*,,; s,/\*.*,,; s,\\$,,' "$file" | tr '\n\t' '  ' |
		grep -oE '.{0,40}\bbpf_map_(update|delete|push|pop|peek)_elem\(' |
		sed -E 's/bpf_map_[a-z]+_elem\($//' || true)
done
exit $bad
