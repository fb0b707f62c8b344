#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/check-types.sh [ROOT]
#
# What kernel.h and its parts read of the kernel, types.c has to get from its headers. Left out are the types that
# come along inside others, that only some kernels have, and the shapes other releases give a type
# (NAME___SUFFIX).
set -eu
cd "${1:-$(dirname "$0")/..}/bpf"

bad=0
types=$(sed -nE 's/^struct ([a-z0-9_]+) \{$/STRUCT(\1)/p; s/^enum ([a-z0-9_]+) \{$/ENUM(\1)/p' common/kernel.h common/kernel-*.h)
for type in $types; do
	case $type in
	*___* | 'STRUCT(action_cache)' | 'STRUCT(fred_frame)' | 'STRUCT(mm_rss_stat)') continue ;;
	esac
	grep -qxF "$type;" types.c || {
		echo "types.c has no $type for kernel.h" >&2
		bad=1
	}
done
exit $bad
