# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# For the cases of tests/e2e: POSIX sh, because it also runs in guests, in busybox.
#
# A case is a file case-NAME.sh with
#   targets='…'     where it runs: patterns over native, bookworm, sid-preempt, …; default: *
#   collect()       runs as root on the target's kernel: starts streamers, triggers, leaves files
#                   in the current folder. A command that fails ends it, and the case has failed.
#   judge()         runs on the host, where Python is, in the folder with these files; prints
#                   "ok - …" and "not ok - …" lines. Without such lines its exit code counts.
#
# Set for both: BUILD, TARGET and TESTS (absolute folders of the programs and of this tree's
# tests), and for judge PYTHONPATH, so that "import ringside_pb2" works.

# start NAME [OPTION…]: a streamer that records to NAME.pb, attached when this returns.
# Denials are not limited unless the options say so.
start() {
	name=$1
	shift
	"$BUILD/streamer/ringside-streamer" -w "$name.pb" --allow-syscall-tax --rate 0 "$@" \
		2>"$name.log" &
	streamer=$!
	echo "$streamer" >"$name.pid"
	# Never the OOM killer's choice, where that is ours to say.
	{ echo -1000 >"/proc/$streamer/oom_score_adj"; } 2>/dev/null || true
	wait_until 60 "first record of $name.pb" began
}

began() {
	[ ! -s "$name.pb" ] || return 0
	! kill -0 "$streamer" 2>/dev/null || return 1
	echo "the streamer ended early:"
	cat "$name.log"
	exit 1
}

# stop NAME: ends the streamer as a service manager does; its exit code is in NAME.exit.
stop() {
	rc=0
	kill -TERM "$(cat "$1.pid")"
	wait "$(cat "$1.pid")" || rc=$?
	rm "$1.pid"
	echo $rc >"$1.exit"
	[ $rc = 0 ] || { cat "$1.log"; return 1; }
}

# trigger NAME PROGRAM ARG…: runs testdata's PROGRAM; what it says it did is added to NAME.truth.
trigger() {
	name=$1 program=$2
	shift 2
	"$BUILD/testdata/$program" "$@" >>"$name.truth"
}

# wait_until SECONDS WHAT COMMAND…
wait_until() {
	tries=$(($1 * 10)) what=$2
	shift 2
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "waited in vain for the $what" && cat ./*.log && return 1; }
		sleep 0.1
	done
}

# Ends what a failed case left running.
end_streamers() {
	for file in ./*.pid; do
		[ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
	done
}
