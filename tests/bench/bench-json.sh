#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-json.sh BUILD [MIB]
#
# JSON and text of a recording, in events per second of one core's time. Against jansson
# (goal: five times faster), which says the same (json-writers checks it):
#   whole    the file is read and decoded, by the consumer's reader for both, and each event written
#   writer   the same without the reading and decoding, which is measured by itself and taken away
#   nothing known before: events decoded by protobuf-c, and no memo to copy from; writing alone
# Against Python's google.protobuf: both make ProtoJSON of the same file. And the commands, user
# time alone (goal: two million events per second), and beside an older build of ours where $AGAINST
# is one. All sides in one run, in turn; medians.
set -euo pipefail

build=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/bench/table.sh
mib=${2-200}
rounds=${ROUNDS-7}
python_mib=4
jansson_mib=24
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ringside=$build/consumer/ringside
old=''
[[ -z ${AGAINST-} ]] || old=$(realpath "$AGAINST")/consumer/ringside
TIMEFORMAT=%U

seconds_of() { # LOG COMMAND…: appends the user time
	local log=$1

	shift
	{ time "$@" >/dev/null; } 2>>"$log"
}

median() { # LOG
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

python() { # FILE: ns per event, of parsing and json_format alone
	PYTHONPATH=$build/proto:tests/e2e /usr/bin/python3 - "$1" <<-END
		import sys, time
		from google.protobuf import json_format
		from judge import read_records
		from ringside_pb2 import Record
		frames = [r.SerializeToString() for r in read_records(open(sys.argv[1], "rb").read())]
		begin = time.process_time_ns()
		for frame in frames:
		    record = Record.FromString(frame)
		    json_format.MessageToJson(record, indent=None)
		print((time.process_time_ns() - begin) / len(frames))
	END
}

line() { # LABEL NS-PER-EVENT [BASELINE-NS]
	awk -v label="$1" -v ns="$2" -v base="${3-}" 'BEGIN {
		printf "  %-52s %10d %8.0f", label, 1e9 / ns, ns
		if (base != "") printf " %8.1f x", base / ns
		printf "\n" }'
}

"$build/tests/bench/make-recording" "$mib" >"$work/events.pb.zst"
"$build/tests/bench/make-recording" "$jansson_mib" >"$work/some.pb.zst"
"$build/tests/bench/make-recording" "$python_mib" | zstd -dcq >"$work/few.pb"
events=$("$ringside" cat -o json "$work/events.pb.zst" | wc -l)
few=$("$ringside" cat -o json "$work/few.pb" | wc -l)
if [[ -n $old ]] && ! "$old" cat -o json "$work/few.pb" >/dev/null 2>"$work/said"; then
	echo "the older build does not read today's recordings, and is left out: $(head -n 1 "$work/said")"
	old=''
fi

for ((i = 0; i < rounds; i++)); do
	for format in json text protojson pb; do
		[[ -z $old ]] ||
			seconds_of "$work/old-$format" "$old" cat -o $format "$work/events.pb.zst"
		seconds_of "$work/$format" "$ringside" cat -o $format "$work/events.pb.zst"
	done
	[[ $i -ge 3 ]] || python "$work/few.pb" >>"$work/python"
done

ns_of() { # FORMAT
	awk -v s="$(median "$work/$1")" -v n="$events" 'BEGIN { print s * 1e9 / n }'
}

printf '%s\n' "JSON and text, $events events ($few for Python), user time, median of $rounds"
printf '  %-52s %10s %8s %10s\n' '' events/s ns/event ratio
if [[ -x $build/tests/bench/json-writers ]]; then
	"$build/tests/bench/json-writers" "$work/some.pb.zst" >"$work/writers"
	read -r decode < <(sed -n 's/^decode //p' "$work/writers")
	read -r whole alone < <(sed -n 's/^ringside //p' "$work/writers")
	read -r their_whole their_alone < <(sed -n 's/^jansson //p' "$work/writers")
	line "read and decode" "$decode"
	line "jansson, whole (baseline)" "$their_whole"
	line "ringside, whole (goal 5)" "$whole" "$their_whole"
	line "jansson, writer (baseline)" $((their_whole - decode))
	line "ringside, writer (goal 5)" $((whole - decode)) $((their_whole - decode))
	line "jansson, nothing known before (baseline)" "$their_alone"
	line "ringside, nothing known before" "$alone" "$their_alone"
else
	echo "  jansson is missing: install libjansson-dev, then meson setup --reconfigure"
fi
line "Python, parsed and MessageToJson (baseline)" "$(median "$work/python")"
line "ringside cat -o protojson" "$(ns_of protojson)" "$(median "$work/python")"
line "ringside cat -o json (goal 2,000,000)" "$(ns_of json)"
line "ringside cat -o text" "$(ns_of text)"
line "ringside cat -o pb (nothing decoded)" "$(ns_of pb)"
rate=$(awk -v ns="$(ns_of json)" 'BEGIN { printf "%.2f", 1e3 / ns }')
row 'cat -o json, of one core' "$rate" M/s 'two millions' 2 1+
[[ -n $old ]] || exit 0
for format in json text protojson pb; do
	line "the older build, cat -o $format; ratio" "$(ns_of old-$format)"
	line "this one" "$(ns_of $format)" "$(ns_of old-$format)"
	# what one run is slower than the next by chance
	row "cat -o $format" "$(awk -v ns="$(ns_of $format)" 'BEGIN { printf "%.3f", 1e3 / ns }')" M/s \
		'the older build' "$(awk -v ns="$(ns_of old-$format)" 'BEGIN { printf "%.3f", 1e3 / ns }')" 0.97+
done
