# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Recordings: compressed, rotated, in folders; killed, on full disks, moved away, cut short. Moments
# to kill at: RINGSIDE_KILLS.
# shellcheck disable=SC2034 # for collect.sh
targets=native

KILLS=${RINGSIDE_KILLS:-16}

collect() {
	collect_rotated
	collect_reopened
	collect_cut plain plain.pb
	collect_cut packed packed.pb.zst
	collect_timed
	collect_retained
	collect_others_folder
	collect_group
	collect_pipe
	collect_full_file
	collect_full_folder
	collect_killed
}

# record NAME WHERE [OPTION…]: as start of lib.sh, but to WHERE, a file, or files in a folder of
# their own.
record() {
	name=$1 where=$2
	shift 2
	seen=$where
	case $where in
	*/*) seen=${where%/*} ;;
	esac
	: >"$name.log"
	sleep 0.05 # file systems count in ticks
	"$BUILD/streamer/ringside-streamer" -w "$where" --allow-syscall-tax --rate 0 "$@" \
		2>>"$name.log" &
	streamer=$!
	echo "$streamer" >"$name.pid"
	wait_until 60 "first record in $where" recording
}

recording() {
	[ -z "$(find "$seen" -type f -newer "$name.log" -size +0 2>/dev/null)" ] || return 0
	! kill -0 "$streamer" 2>/dev/null || return 1
	echo "the streamer ended early:"
	cat "$name.log"
	exit 1
}

# Many files, and a command for each; a large one, so that it has to wait for nobody.
collect_rotated() {
	record rotated rotated/ -C 256K --ring-size 64M --post-rotate 'sleep 0.2; echo >>rotated.commands'
	trigger rotated trigger-storm --tasks 4 --count 50000
	kill -HUP "$(cat rotated.pid)"
	trigger rotated trigger-storm --count 1000
	grep -E '^(RssAnon|VmRSS):' "/proc/$(cat rotated.pid)/status" >rotated.memory
	stop rotated
}

# What logrotate does.
collect_reopened() {
	record reopened reopened.pb.zst
	trigger reopened trigger-storm --count 5000
	mv reopened.pb.zst reopened.1.pb.zst
	kill -HUP "$(cat reopened.pid)"
	wait_until 5 "new file" test -s reopened.pb.zst
	trigger reopened trigger-storm --count 5000
	stop reopened
}

# And with copytruncate: first between events, then amid them. A stream for each.
collect_cut() { # NAME FILE
	for moment in quiet storm; do
		record "$1-$moment" "$moment-$2"
		trigger "$1-$moment" trigger-storm --count 5000
		if [ $moment = quiet ]; then
			sleep 1
			copytruncate "$moment-$2"
			trigger "$1-$moment" trigger-storm --count 5000
		else
			gusts "$1-$moment" &
			gusts=$!
			sleep 0.3
			copytruncate "$moment-$2"
			wait $gusts
		fi
		stop "$1-$moment"
		for files in "$moment-$2.1 $moment-$2" "$moment-$2"; do
			rc=0
			# shellcheck disable=SC2086 # one or two
			"$BUILD/consumer/ringside" verify $files >>"$1-$moment.verified" 2>&1 || rc=$?
			echo $rc >>"$1-$moment.codes"
		done
	done
}

# For longer than a copy takes, which in a storm has no end.
gusts() { # NAME
	for _ in $(seq 60); do
		trigger "$1" trigger-storm --count 2000
		sleep 0.01
	done
}

copytruncate() { # FILE
	printf '%s/%s {\n\tcopytruncate\n\trotate 2\n}\n' "$PWD" "$1" >rotate.conf
	chmod 644 rotate.conf
	logrotate --force --state "$PWD/rotate.state" rotate.conf
}

collect_timed() {
	mkdir timed
	record timed 'timed/%H%M%S.pb' -G 1
	trigger timed trigger-storm --count 5000
	sleep 2.5
	trigger timed trigger-storm --count 5000
	stop timed
}

collect_retained() {
	record retained retained/ -C 64K --max-use 300K
	trigger retained trigger-storm --tasks 4 --count 50000
	stop retained
	find retained -type f -printf '%k\n' | awk '{ sum += $1 } END { print sum }' >retained.use
}

# Another user's folder: the files after the first are made when privileges are gone.
collect_others_folder() {
	mkdir others
	chown 65534 others
	chmod 700 others
	record others others/x.pb.zst -C 64K --user 65534
	grep CapEff "/proc/$(cat others.pid)/status" >others.caps
	trigger others trigger-storm --count 50000
	stop others
}

# Where the group exists, its members may read.
collect_group() {
	{ grep -v '^ringside:' /etc/group; echo ringside:x:4711:; } >group
	unshare -m sh -c '
		mount --bind group /etc/group
		exec "$0" -w grouped/ -c 1 --allow-syscall-tax --rate 0 -q' \
		"$BUILD/streamer/ringside-streamer" 2>grouped.log &
	wait_until 60 "file for the group" grouped_file
	trigger grouped trigger-storm --count 100
	wait $!
	stat -c '%a %g' grouped grouped/* >grouped.modes
}

grouped_file() {
	[ -n "$(find grouped -type f -size +0 2>/dev/null)" ]
}

# -z into a pipe; the streamer of a pipeline is not $!.
collect_pipe() {
	mkfifo pipe.fifo
	zstd -dcq <pipe.fifo >pipe.pb &
	"$BUILD/streamer/ringside-streamer" -z --allow-syscall-tax --rate 0 >pipe.fifo 2>pipe.log &
	echo $! >pipe.pid
	sleep 3
	trigger pipe trigger-storm --count 20000
	stop pipe
	wait
}

# with_disk SIZE COMMAND…: with a small disk at ./disk. In a shell of its own, whose end takes the
# disk away, and not in a condition, where errexit would be off.
with_disk() {
	mkdir disk
	mount -t tmpfs -o "size=$1" ringside-test disk
	shift
	set +e
	(
		set -e
		trap leave_disk EXIT
		"$@"
	)
	disk_rc=$?
	set -e
	rmdir disk
	return $disk_rc
}

leave_disk() {
	end_streamers
	umount disk || umount -l disk
}

collect_full_file() {
	with_disk 128k full_file
}

full_file() {
	record full disk/full.pb.zst
	trigger full trigger-storm --count 50000
	rc=0
	wait "$(cat full.pid)" || rc=$?
	rm full.pid
	echo $rc >full.exit
	cp disk/full.pb.zst .
}

collect_full_folder() {
	with_disk 1m full_folder
}

full_folder() {
	head -c 700K /dev/zero >disk/filler
	record space disk/dir/ -C 64K --max-use 2M
	for i in 1 2 3; do
		trigger space trigger-storm --tasks 4 --count 20000
		sleep 1.5
		rm disk/filler
		sleep 2
		trigger space trigger-storm --count 3000
		sleep 0.5
		head -c 2M /dev/zero >disk/filler 2>/dev/null || true
	done
	rm disk/filler
	sleep 1.5
	stop space
	cp -r disk/dir space
}

collect_killed() {
	mkdir killed
	with_disk 256m killed_streamers
}

# A storm that does not end by itself, and the streamer killed in the midst of it. On a disk that
# never waits, so that what is missing is the streamer's doing.
killed_streamers() {
	for i in $(seq "$KILLS"); do
		record killed "disk/$i.pb.zst"
		"$BUILD/testdata/trigger-storm" --tasks 2 --count 100000000 >/dev/null &
		storm=$!
		"$BUILD/testdata/kill-suddenly" "$streamer" "$(moment "$i")" >"killed/$i.moment"
		kill "$storm"
		wait "$streamer" "$storm" 2>/dev/null || true
		rm killed.pid
		mv "disk/$i.pb.zst" killed/
	done
}

moment() { # SEED: any of the next second, in ms
	awk -v seed="$1$$" 'BEGIN { srand(seed); printf "%d", rand() * 1000 }'
}

missing() { # FOLDER
	"$BUILD/consumer/ringside" verify "$1" | grep -c 'no record says that the streamer deleted' || true
}

judge() {
	sums rotated --sink no --lost no -- rotated
	below "RssAnon in kB while recording" "$(awk '/RssAnon/ { print $2 }' rotated.memory)" 8192
	same "commands run" "$(wc -l <rotated.commands)" "$(find rotated -type f | wc -l)"
	sums reopened --sink no --lost no -- reopened.1.pb.zst reopened.pb.zst
	judge_cut plain plain.pb
	judge_cut packed packed.pb.zst
	sums timed --sink no --lost no -- timed
	at_least "files by time" "$(find timed -type f | wc -l)" 3
	below "kB used by the folder" "$(cat retained.use)" 301
	same "deleted files said to be missing" "$(missing retained)" 0
	sums others --sink no -- others
	same "capabilities kept for the folder" "$(tail -c 17 others.caps)" 0000000000000000
	same "modes and group" "$(tr '\n' ' ' <grouped.modes)" '750 4711 640 4711 '
	sums pipe --sink no -- pipe.pb
	same "exit code on a full disk" "$(cat full.exit)" 1
	same "lines about it" "$(grep -c 'No space left on device' full.log)" 1
	sums space --sink yes --open -- space
	/usr/bin/python3 "$TESTS/e2e/recordings.py" retained retained
	rm "$(find retained -type f | sort | head -n 1)"
	same "missing files said to be missing" "$(missing retained)" 1
	/usr/bin/python3 "$TESTS/e2e/recordings.py" full full.pb.zst full.log
	/usr/bin/python3 "$TESTS/e2e/recordings.py" killed killed "$KILLS" "$BUILD/consumer/ringside"
}

judge_cut() { # NAME FILE
	sums "$1-quiet" --sink no --lost no --open -- "quiet-$2.1" "quiet-$2"
	same "$1: verify of both, cut between events" "$(head -n 1 "$1-quiet.codes")" 0
	same "$1: lines about a cut" "$(cat "$1-quiet.log" "$1-storm.log" | grep -c 'was cut short')" 2
	/usr/bin/python3 "$TESTS/e2e/recordings.py" cut "storm-$2.1" "storm-$2" "$1-storm.truth" \
		"$(head -n 1 "$1-storm.codes")" || echo "not ok - $1: cut amid events"
}

sums() { # NAME [OPTION…] -- FILE…
	name=$1 options=
	shift
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # options are words
	/usr/bin/python3 "$TESTS/e2e/sums.py" "$@" "$name.truth" $options >"$name.sums" 2>&1 || true
	sed -E "s/^(ok|not ok) - /\1 - $name: /" "$name.sums"
	grep -q '^ok' "$name.sums" || echo "not ok - $name: sums.py found nothing to say"
}

same() { # WHAT FOUND WANTED
	[ "$2" = "$3" ] && echo "ok - $1: $2" || echo "not ok - $1: $2, not $3"
}

below() { # WHAT FIGURE LIMIT
	[ "$2" -lt "$3" ] && echo "ok - $1: $2" || echo "not ok - $1: $2, not below $3"
}

at_least() { # WHAT FIGURE LIMIT
	[ "$2" -ge "$3" ] && echo "ok - $1: $2" || echo "not ok - $1: $2, below $3"
}
