# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Storms of denials: what was triggered is what was delivered, limited and lost, to the last one.
# A preemptible kernel refuses runs of our programs; there, what it admits to has to cover the rest.
# RINGSIDE_STORM: denials of each of eight tasks (100000 are no trouble either).
COUNT=${RINGSIDE_STORM:-10000}

collect() {
	start one
	trigger one trigger-storm --count 100000
	cat "/proc/$(cat one.pid)/io" >one.io
	stop one

	start many
	trigger many trigger-storm --tasks 8 --count "$COUNT"
	stop many

	# Beside tasks that are in the kernel all the time, in the midst of seccomp.
	start sleepers
	trigger sleepers trigger-storm --tasks 8 --count "$COUNT" --sleepers 60
	stop sleepers

	# Calls that a supervisor refuses: their outcome is known only when they return.
	start supervised
	case $TARGET in
	bullseye* | *-legacy) trigger supervised trigger-storm --count 200 --supervised ;; # a blind spot
	*) trigger supervised trigger-storm --tasks 2 --count 200 --supervised --sleepers 60 ;;
	esac
	stop supervised

	# While a CPU goes and comes back; this machine's own are left alone.
	if [ "$TARGET" != native ]; then
		start hotplug
		replug &
		trigger hotplug trigger-storm --tasks 8 --count "$COUNT"
		wait $!
		stop hotplug
	fi

	start limited --rate 1,20
	trigger limited trigger-storm --tasks 8 --count "$COUNT" --distinct 3
	stop limited

	# A reader that sleeps, and a ring that cannot hold what comes meanwhile.
	# In a pipeline $! is not the streamer.
	# shellcheck disable=SC2154,SC2086,SC2016 # of lib.sh; none or two words; for a shell of its own
	sh -c 'echo $$ >slow.streamer; exec "$0" "$@"' \
		"$BUILD/streamer/ringside-streamer" --allow-syscall-tax --rate 0 $variant --ring-size 256K \
		2>slow.log |
		{ sleep 5; cat >slow.pb; } &
	wait_until 60 "streamer to a pipe" slow_attached
	trigger slow trigger-storm --count 100000
	kill -TERM "$(cat slow.streamer)"
	wait
}

replug() {
	for online in 0 1 0 1; do
		echo $online >/sys/devices/system/cpu/cpu1/online
		sleep 0.2
	done
}

# It is up when its self-test is over: when the denials of a trigger can be told from it, that is when it
# has dropped its privileges.
slow_attached() {
	[ -s slow.streamer ] || return 1
	caps=$(sed -n 's/^CapEff:\t//p' "/proc/$(cat slow.streamer)/status")
	[ "$caps" != "$(sed -n 's/^CapEff:\t//p' /proc/self/status)" ]
}

judge() {
	# A write for every event or two would be paid for by the storming task, too.
	writes=$(sed -n 's/^syscw: //p' one.io)
	if [ "$writes" -lt 20000 ]; then
		echo "ok - one: $writes writes"
	else
		echo "not ok - one: $writes writes"
	fi
	for name in one many sleepers supervised hotplug limited slow; do
		[ "$TARGET-$name" != native-hotplug ] || continue
		set --
		case $name in
		limited) set -- --limited yes --lost no ;;
		slow) set -- --limited no --lost yes ;;
		*) set -- --limited no ;;
		esac
		/usr/bin/python3 "$TESTS/e2e/sums.py" --verify "$BUILD/consumer/ringside" "$@" \
			"$name.pb" "$name.truth" >"$name.sums" || true
		sed -E "s/^(ok|not ok) - /\1 - $name: /" "$name.sums"
		grep -q '^ok' "$name.sums" || echo "not ok - $name: sums.py found nothing to say"
	done
}
