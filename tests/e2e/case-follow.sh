# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# An ordinary user, who is in the group the folder belongs to, follows it while it is written.
# shellcheck disable=SC2034 # for collect.sh
targets=native

FOLLOWER=65534 # nobody
GROUP=4711

collect() {
	{ grep -v '^ringside:' /etc/group; echo ringside:x:$GROUP:; } >group
	unshare -m sh -c 'mount --bind group /etc/group; exec "$@"' sh \
		"$BUILD/streamer/ringside-streamer" -w folder/ -C 64K --ring-size 64M \
		--allow-syscall-tax --rate 0 2>streamer.log &
	streamer=$!
	echo "$streamer" >streamer.pid
	wait_until 60 "first record" recorded
	chmod o+x . # what is above the folder is the machine's affair
	/usr/bin/python3 "$TESTS/e2e/follow.py" "$BUILD/consumer/ringside" folder "$FOLLOWER" \
		"$GROUP" "$streamer" >followed 2>follow.log &
	follower=$!
	echo "$follower" >follower.pid
	wait_until 10 "follower" test -s followed
	for i in 1 2 3 4 5 6 7 8 9 10; do
		trigger denials trigger-storm --count 1
		sleep 0.15
	done
	echo >lonely # what comes now need not be quick
	trigger denials trigger-storm --tasks 2 --count 20000
	stop streamer
	wait "$follower"
	rm follower.pid
}

recorded() {
	[ -z "$(find folder -type f -size +0 2>/dev/null)" ] || return 0
	kill -0 "$streamer" && return 1
	cat streamer.log
	exit 1
}

judge() {
	/usr/bin/python3 "$TESTS/e2e/recordings.py" followed folder followed
}
