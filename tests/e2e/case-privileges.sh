# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# An ordinary user with CAP_BPF and CAP_PERFMON, and nothing else, sees everything; what is missing
# is named by the streamer and by doctor.
# shellcheck disable=SC2034 # for collect.sh
targets='native bookworm trixie'

user=65534 # nobody

# as CAPABILITIES PROGRAM ARG…: from a folder that everybody can reach.
as() {
	caps=$1 program=$2
	shift 2
	"$folder/as-user" $user "$caps" "$folder/$program" "$@"
}

# try NAME CAPABILITIES OPTION…: a streamer that cannot start; what it says is in NAME.log.
try() {
	name=$1 caps=$2
	shift 2
	rc=0
	as "$caps" ringside-streamer --allow-syscall-tax "$@" >"$name.pb" 2>"$name.log" || rc=$?
	echo $rc >"$name.exit"
}

# ask NAME CAPABILITIES OPTION…: the same of doctor.
ask() {
	name=$1 caps=$2
	shift 2
	rc=0
	as "$caps" ringside doctor --no-measure "$@" >"$name.out" 2>"$name.err" || rc=$?
	echo $rc >"$name.exit"
}

# start_as NAME CAPABILITIES OPTION…
start_as() {
	name=$1 caps=$2
	shift 2
	# not by as(): $! shall be the streamer, no shell
	"$folder/as-user" $user "$caps" "$folder/ringside-streamer" --allow-syscall-tax --rate 0 \
		"$@" >"$name.pb" 2>"$name.log" &
	streamer=$!
	echo "$streamer" >"$name.pid"
	wait_until 60 "first record of $name.pb" began
	wait_until 10 "end of all privileges" dropped
	cat "/proc/$streamer/status" >"$name.status"
}

dropped() {
	[ "$(sed -n 's/^CapEff:\t//p' "/proc/$streamer/status")" = 0000000000000000 ]
}

collect() {
	folder=$(mktemp -d)
	chmod 755 "$folder"
	trap 'rm -rf "$folder"; end_streamers' EXIT
	cp "$BUILD/testdata/as-user" "$BUILD/streamer/ringside-streamer" \
		"$BUILD/consumer/ringside" "$folder"
	chmod 755 "$folder"/*

	start_as two bpf,perfmon
	trigger two trigger-seccomp --cgroup ringside-privileges all
	trigger two trigger-oom all
	stop two

	start_as bpf bpf,perfmon --probes bpf --counters-interval 1
	sleep 3
	stop bpf
	try no-stats bpf,perfmon --probes bpf --bpf-stats

	try none none
	try no-bpf perfmon
	try no-perfmon bpf
	ask doctor-two bpf,perfmon -- --allow-syscall-tax
	"$folder/ringside" doctor -o json -- --allow-syscall-tax >object.json
	ask doctor-none none
	ask doctor-no-bpf perfmon
	ask doctor-no-perfmon bpf

	[ "$TARGET" != native ] || return 0
	# This machine's own kernel has no kprobes. Debian's have a level 3.
	echo 3 >/proc/sys/kernel/perf_event_paranoid
	try kprobe-3 bpf,perfmon --attach kprobe
	ask doctor-kprobe-3 bpf,perfmon -- --attach kprobe
	start_as kprobe-admin bpf,perfmon,sys_admin --attach kprobe
	stop kprobe-admin
	echo 2 >/proc/sys/kernel/perf_event_paranoid
	start_as kprobe-2 bpf,perfmon --attach kprobe
	trigger kprobe-2 trigger-seccomp --cgroup ringside-privileges c01
	stop kprobe-2
}

# says NAME EXIT TEXT…: NAME ended so, and said all of these, and none that has a ! before it.
says() {
	name=$1 exit=$2
	shift 2
	cat "$name.log" "$name.out" "$name.err" >"$name.said" 2>/dev/null || true
	if [ "$(cat "$name.exit")" != "$exit" ]; then
		echo "not ok - $name exits with $(cat "$name.exit")"
		return
	fi
	for text; do
		found=yes
		# doctor breaks lines
		tr -s ' \n' ' ' <"$name.said" | grep -qF -e "${text#!}" || found=no
		case $found$text in
		no!* | yes[!!]*) continue ;;
		esac
		echo "not ok - $name: $text"
		sed 's/^/# /' "$name.said"
		return
	done
	echo "ok - $name: $*"
}

# An ordinary user all along, and without capabilities once attached.
judge_status() {
	for field in CapInh CapPrm CapEff CapAmb; do
		value=$(sed -n "s/^$field:\t//p" "$1")
		[ "$value" = 0000000000000000 ] || echo "not ok - $field is $value"
	done
	[ "$(sed -n 's/^Uid:\t//p' "$1")" = "$(printf '%s\t%s\t%s\t%s' $user $user $user $user)" ] ||
		echo "not ok - uid: $(grep ^Uid "$1")"
	[ "$(sed -n 's/^NoNewPrivs:\t//p' "$1")" = 1 ] || echo "not ok - no_new_privs is not set"
	echo "ok - uid $user, no capabilities left"
}

# The table fits a terminal; the object has what was measured, and what each kernel offers.
judge_doctor() {
	/usr/bin/python3 - "$TARGET" <<-'END'
		import json
		import sys

		with open("doctor-two.out", encoding="utf-8") as table:
		    widest = max(len(line.rstrip("\n")) for line in table)
		print("ok" if widest <= 80 else "not ok", f"- doctor's widest line has {widest} columns")
		with open("object.json", encoding="utf-8") as file:
		    doctor = json.load(file)
		states = {}
		measured = {}
		for probe in doctor["probes"]:
		    for tier in probe["tiers"]:
		        states[probe["kind"], tier["tier"]] = tier["state"]
		        measured[probe["kind"], tier["tier"]] = "measured" in tier
		best = "tracepoint" if sys.argv[1] == "native" else "fentry"
		for (kind, tier), state in states.items():
		    expected = ["chosen"] if tier == best else ["offered"]
		    if best == "tracepoint" and tier != best:
		        expected = ["refused"]
		    print("ok" if state in expected else "not ok", f"- {kind} by {tier} is {state}")
		    if kind == "seccomp_denial" and state != "refused":
		        print("ok" if measured[kind, tier] else "not ok", f"- the cost of {tier} is measured")
		good = doctor["works"] and doctor["memory"]["map_bytes"] > 0 and doctor["without_hooks"]
		print("ok" if good else "not ok", "- all works, and its memory is known")
	END
}

# Each set since the start was read without a capability.
judge_objects() {
	/usr/bin/python3 - "$TESTS/e2e" <<-'END'
		import sys

		sys.path.insert(0, sys.argv[1])
		from judge import read_records

		with open("bpf.pb", "rb") as file:
		    sets = [r.counters for r in read_records(file.read()) if r.HasField("counters")]
		own = [{row.bpf_object.name for row in s.rows if row.bpf_object.own} for s in sets if s.full]
		good = len(own) > 1 and "rs_bpf_maps" in own[-1] and "rs_ooms" in own[-1]
		print("ok" if good else "not ok", f"- {len(own[-1])} own BPF objects in the last set")
	END
}

judge() {
	judge_truth two
	judge_whole two
	judge_status two.status
	judge_objects
	judge_status bpf.status
	says no-stats 1 '--bpf-stats' 'CAP_SYS_ADMIN is missing' sudo
	says none 1 'CAP_BPF and CAP_PERFMON missing'
	says no-bpf 1 'CAP_BPF missing' '!CAP_PERFMON missing'
	says no-perfmon 1 'CAP_PERFMON missing' '!CAP_BPF missing'
	says doctor-two 0
	judge_doctor
	says doctor-none 1 'CAP_BPF and CAP_PERFMON' 'sudo ringside doctor'
	says doctor-no-bpf 1 'CAP_BPF missing'
	says doctor-no-perfmon 1 'CAP_PERFMON missing'
	[ "$TARGET" != native ] || return 0
	says kprobe-3 1 CAP_SYS_ADMIN 'kernel.perf_event_paranoid=2'
	says doctor-kprobe-3 1 CAP_SYS_ADMIN 'sudo sysctl kernel.perf_event_paranoid=2'
	judge_status kprobe-admin.status
	judge_status kprobe-2.status
	judge_whole kprobe-2
}
