#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/bench/bench-bpf.sh BUILD
#
# What the probe of BPF objects takes: the streamer's CPU time for each set of Counters, by its own
# account, without the probe and with it, beside one run of bpftool that lists the same; and an hour of it
# at the usual interval. Objects are loaded by the dozen for it. And what --bpf-stats costs each run of a
# program. Medians of several.
set -euo pipefail

build=$(realpath "$1")
ROUNDS=${ROUNDS:-5} SETS=${SETS:-8}
work=$(mktemp -d)
streamer='' holders=()
trap 'kill $streamer "${holders[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

start() { # OPTION…
	rm -f "$work/out.pb"
	"$build/streamer/ringside-streamer" --allow-syscall-tax -q --counters-interval 1 -w "$work/out.pb" "$@" \
		2>"$work/log" &
	streamer=$!
	until [[ -s $work/out.pb ]]; do
		kill -0 $streamer 2>/dev/null || { cat "$work/log" >&2; exit 1; }
		sleep 0.05
	done
}

# one OPTION…: µs of CPU for each set, but for the first two and the last, which attaching and the end have
# a part in
one() {
	start "$@"
	sleep $((SETS + 2))
	kill $streamer
	wait $streamer || true
	streamer=''
	"$build/consumer/ringside" cat --kind counters -o json "$work/out.pb" | /usr/bin/python3 -c '
import json, sys
costs = [r["cost"] for r in map(json.loads, sys.stdin) if r["part"] == 1]
cpu = [c["user_cpu_nano"] + c["system_cpu_nano"] for c in costs][2:-1]
print((cpu[-1] - cpu[0]) / 1000 / (len(cpu) - 1))'
}

# tool: µs of CPU that bpftool takes to list what there is
tool() {
	/usr/bin/python3 -c '
import resource, subprocess
for what in "prog", "map":
    subprocess.run(["bpftool", "-j", what], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print((used.ru_utime + used.ru_stime) * 1e6)'
}

load() { # how many more times
	for _ in $(seq "$1"); do
		"$build/testdata/trigger-bpf" --cgroup "bench-bpf-$$-${#holders[@]}" --hold 3600 \
			>"$work/made" 2>/dev/null &
		holders+=($!)
		until grep -q '"name":""' "$work/made" 2>/dev/null; do sleep 0.05; done
		rm "$work/made"
	done
}

row() {
	local i without with objects

	objects=$(($(bpftool -j prog | jq length) + $(bpftool -j map | jq length)))
	rm -f "$work"/*.us
	for ((i = 0; i < ROUNDS; i++)); do
		one --probes oom >>"$work/without.us"
		one --probes oom,bpf >>"$work/with.us"
		tool >>"$work/tool.us"
	done
	without=$(median <"$work/without.us") with=$(median <"$work/with.us")
	awk -v n="$objects" -v a="$without" -v b="$with" -v t="$(median <"$work/tool.us")" 'BEGIN {
		printf "  %8d  %8.0f µs  %8.0f µs  %8.0f µs  %6.1f x  %8.2f s\n", n, a, b, t,
			(b - a) / t, (b - a) * 360 / 1e6 }'
}

echo 'CPU time of the streamer for each set of Counters: without, with the probe; of bpftool listing the same;'
echo "their ratio; the probe, an hour at the usual interval of 10 s. By objects there are besides the streamer's own."
row
load 8
row
load 24
row

echo 'a run of a program of 100 instructions (BPF_PROG_TEST_RUN): without, with --bpf-stats'
id=$(bpftool -j prog | jq '[.[] | select(.name == "known_program")][0].id')
head -c 64 /dev/zero >"$work/packet"
run() { bpftool -j prog run id "$id" data_in "$work/packet" repeat 1000000 | jq .duration; }
for ((i = 0; i < ROUNDS; i++)); do
	run >>"$work/off.ns"
	start --probes bpf --bpf-stats
	run >>"$work/on.ns"
	kill $streamer
	wait $streamer || true
	streamer=''
done
printf '  %8.0f ns  %8.0f ns\n' "$(median <"$work/off.ns")" "$(median <"$work/on.ns")"
