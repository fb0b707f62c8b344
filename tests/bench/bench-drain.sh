#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-drain.sh BUILD [drops]
#
# What an event costs from the ring to the file, by bench-drain, ROUNDS times; or what gets there beside
# a producer at full speed, which takes 80 s a round. Against an older build of ours where $AGAINST is
# one, in turn. Medians.
set -euo pipefail

new=$(realpath "$1")/tests/bench/bench-drain what=${2:-times}
old=''
[[ -z ${AGAINST-} ]] || old=$(realpath "$AGAINST")/tests/bench/bench-drain
rounds=${ROUNDS:-5}
# shellcheck source=tests/bench/table.sh
. "$(dirname "$0")/table.sh"
work=$(mktemp -d)
pid=''
trap '[[ -z $pid ]] || kill "$pid"; rm -rf "$work"' EXIT

# one WHO COMMAND: appends its figures: load, "times" or "drops", way, ns an event or millions a second. Of
# one that is asked for times alone the rest is not waited for.
one() {
	stdbuf -oL "$2" >"$work/said" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		[[ $what = drops || $(grep -c '^protobuf-c, tmpfs, zstd' "$work/said") -lt 2 ]] || break
		sleep 0.1
	done
	[[ $what = drops ]] || kill -KILL $pid # it blocks what asks for an end; of files it has none open now
	wait $pid 2>/dev/null || [[ $what = times ]]
	pid=''
	cp "$work/said" "$work/latest.$1"
	awk '
		/: a full ring drained/ { load = $1; figure = "times" }
		/: beside a producer/ { load = $1; figure = "drops" }
		match($0, /  +[0-9]/) {
			way = substr($0, 1, RSTART - 1)
			split(substr($0, RSTART), v, " ")
			print load figure "\t" way "\t" (figure == "times" ? v[1] : v[2])
		}' "$work/said" >>"$work/figures.$1"
}

median() { # WHO LOAD WAY
	awk -F '\t' -v load="$2:$what" -v way="$3" '$1 == load && $2 == way { print $3 }' "$work/figures.$1" |
		sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

times() {
	local load goal

	for load in storm node; do
		goal=3.5
		[[ $load = storm ]] || goal=5 # each has other registers
		row "$load: an event to /dev/null" "$(median new $load 'streamer, /dev/null')" ns \
			'a drain that does nothing' "$(median new $load 'no-op drain')" $goal
		row "$load: an event to /dev/null" "$(median new $load 'streamer, /dev/null')" ns \
			'protobuf-c' "$(median new $load 'protobuf-c, /dev/null')" ''
		[[ -n $old ]] || continue
		row "$load: an event to /dev/null" "$(median new $load 'streamer, /dev/null')" ns \
			'the older build' "$(median old $load 'streamer, /dev/null')" ''
		row "$load: an event through zstd to tmpfs" "$(median new $load 'streamer, tmpfs, zstd')" ns \
			'the older build' "$(median old $load 'streamer, tmpfs, zstd')" 0.6
	done
}

drops() {
	local load way

	for load in storm node; do
		for way in 'streamer, tmpfs' 'streamer, tmpfs, zstd'; do
			row "$load: taken beside a producer, ${way#streamer, }" "$(median new $load "$way")" M/s \
				'a drain that does nothing' "$(median new $load 'no-op drain')" ''
			[[ -z $old ]] || row "$load: taken beside a producer, ${way#streamer, }" \
				"$(median new $load "$way")" M/s 'the older build' "$(median old $load "$way")" 2+
		done
	done
}

for ((i = 0; i < rounds; i++)); do
	one new "$new"
	[[ -z $old ]] || one old "$old"
done
echo "from the ring to the file, the last of $rounds runs"
cat "$work/latest.new"
$what
