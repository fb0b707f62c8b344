# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# For the cases of tests/e2e: POSIX sh, because it also runs in guests, in busybox.
#
# A case is a file case-NAME.sh with
#   targets='…'     where it runs: patterns over native, bookworm, sid-preempt, …; default: *
#   asked=yes       it runs only when its name is given
#   beside=yes      it waits more than it works: others are judged, and guests run, meanwhile
#   programs='…'    of the host, which guests need for it
#   memory=…        MiB that a guest needs for it; default: 512
#   prepare()       runs on the host before all else; what it leaves in the current folder is in
#                   $FILES for collect(). Needs no root.
#   collect()       runs as root on the target's kernel: starts streamers, triggers, leaves files
#                   in the current folder. A command that fails ends it, and the case has failed.
#   judge()         runs on the host, where Python is, in the folder with these files; prints
#                   "ok - …" and "not ok - …" lines. Without such lines its exit code counts.
#
# Set for all: BUILD, TARGET and TESTS (absolute folders of the programs and of this tree's
# tests), and for judge PYTHONPATH, so that "import ringside_pb2" works.
# shellcheck disable=SC2034 # for run
targets='*' asked='' beside='' programs='' memory=512

runs_here() ( # a pattern of $targets matches
	set -f
	for pattern in $targets; do
		# shellcheck disable=SC2254 # it is a pattern
		case $TARGET in
		$pattern) exit 0 ;;
		esac
	done
	exit 1
)

# The programs for old kernels, where others would do; types from a file. Compiling in a guest takes
# half a minute, and on a busy machine more.
variant='' patience=60
case $TARGET in
*-legacy) variant='--build legacy' ;;
*-btf) variant='--btf /btf' ;;
*-runtime) patience=600 ;;
esac

# start NAME [OPTION…]: a streamer that records to NAME.pb, attached when this returns.
# Denials are not limited unless the options say so.
start() {
	name=$1
	shift
	# shellcheck disable=SC2086 # none or two words
	"$BUILD/streamer/ringside-streamer" -w "$name.pb" --allow-syscall-tax --rate 0 $variant "$@" \
		2>"$name.log" &
	streamer=$!
	echo "$streamer" >"$name.pid"
	# Never the OOM killer's choice, where that is ours to say.
	{ echo -1000 >"/proc/$streamer/oom_score_adj"; } 2>/dev/null || true
	wait_until $patience "first record of $name.pb" began
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

# For judge().

# judge_truth NAME [TIER]: NAME.pb says what NAME.truth says, event by event; a line for each case.
# On kernels where everything attaches, the tier is known beforehand.
judge_truth() {
	case ${2:+asked}$TARGET in
	asked*) set -- "$1" --tier "$2" ;;
	bookworm | bookworm-v1 | trixie | trixie-arm64) set -- "$1" --tier fentry ;;
	bullseye | bullseye-v1 | *-legacy) set -- "$1" --tier kprobe ;;
	esac
	name=$1
	shift
	rc=0
	/usr/bin/python3 "$TESTS/e2e/judge.py" "$@" --stream "$name.pb" "$name.truth" \
		>"$name.judged" 2>&1 || rc=$?
	judged_lines "$name.judged"
	[ $rc = 0 ] || grep -q FAILED "$name.judged" || echo "not ok - judge.py exits with $rc"
}

# judged_lines FILE: what judge.py said, as "ok" and "not ok" lines.
judged_lines() {
	awk -F ' *[|] *' -v target="$TARGET" '
		$1 == "case" { next }
		$4 == "ok" { print "ok - " $1; next }
		$4 == "FAILED" { print "not ok - " $1; next }
		# What a tier is blind to, and says so.
		$4 ~ /^cannot see/ { print "# " $1 " " $4; next }
		# What this kernel cannot do. Those with everything have no excuse.
		$4 ~ /^skipped/ { print (target ~ /^[a-z]+$/ && target != "native" ? "not ok - " : "# ") \
				  $1 " " $4; next }
		{ print "# " $0 }' "$1"
}

# judge_whole NAME: the recording is complete, and the streamer said nothing is lost.
judge_whole() {
	rc=0
	"$BUILD/consumer/ringside" verify "$1.pb" >"$1.verified" 2>&1 || rc=$?
	sed 's/^/# /' "$1.verified"
	if [ $rc = 0 ]; then
		echo "ok - $1.pb is complete"
	else
		echo "not ok - verify $1.pb exits with $rc"
	fi
}
