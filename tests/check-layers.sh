#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/check-layers.sh [ROOT]
#
# Layers point downward only. What a folder may include of ours, besides itself:
#   bpf        nothing
#   proto      nothing
#   streamer   proto, and of bpf only wire.h
#   consumer   proto
set -eu
cd "${1:-$(dirname "$0")/..}"

includes() { # FOLDER: "file:line:header" of everything it includes, <> or ""
	grep -nEos '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+' "$1"/*.[ch] /dev/null |
		sed -E 's/[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]//'
}

allowed() { # FOLDER OWNER HEADER
	case "$1 $2 $3" in
	"streamer bpf wire.h") ;;
	"streamer proto "* | "consumer proto "*) ;;
	*) return 1 ;;
	esac
}

bad=0
for folder in bpf proto streamer consumer; do
	[ -d "$folder" ] || { echo "check-layers: no folder $folder here" >&2; exit 1; }
	while IFS=: read -r file line header; do
		name=${header##*/}
		[ -n "$name" ] || continue
		[ ! -e "$folder/$name" ] || continue
		for owner in bpf proto streamer consumer tests testdata; do
			[ -e "$owner/$name" ] || continue
			# linux/filter.h is not our filter.h; ../consumer/filter.h would be.
			case $header in
			*"$owner/$name" | "$name") ;;
			*) continue ;;
			esac
			allowed "$folder" "$owner" "$name" && continue
			echo "$file:$line: $folder includes $owner/$name" >&2
			bad=1
		done
	done <<-END
		$(includes "$folder")
	END
done
exit $bad
