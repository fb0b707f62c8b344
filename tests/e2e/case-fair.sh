# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# One container's storm, with the default limits, takes nothing from the others: each of their denials
# and all OOM kills arrive, also when the storm makes cgroups in a loop; what is held back of it is
# known to the last one, and the rows of cgroups that are gone leave after their last value. RINGSIDE_FAIR: denials of the storm (10000000 are no trouble either).
case $TARGET in
native) COUNT=${RINGSIDE_FAIR:-1000000} KILLS=20 ;;
*) COUNT=${RINGSIDE_FAIR:-200000} KILLS=5 ;;
esac

collect() {
	start_limited one
	storm one --count $((COUNT / 2))
	stop one

	start_limited loop
	storm loop --count $((COUNT / 4)) --per-cgroup 200 --distinct 100
	sleep 14 # for the rows of the cgroups that are gone to go, too
	stop loop
}

# With the limits as they are by default.
start_limited() {
	start "$1" -z --rate 1,20 --container-rate 1000 --counters-interval 2
}

# storm NAME OPTION…: two tasks of a noisy container, and meanwhile a quiet one and OOM kills.
storm() {
	name=$1
	shift
	"$BUILD/testdata/trigger-storm" --cgroup "fair-$name-noisy" --tasks 2 "$@" >"$name.noisy" &
	noisy=$!
	"$BUILD/testdata/trigger-storm" --cgroup "fair-$name-quiet" --count 1000 --distinct 1000 \
		>"$name.quiet"
	for kill in $(seq $KILLS); do
		trigger "$name" trigger-oom --cgroup "fair-$name-oom-$kill" --limit 8 o01
	done
	wait $noisy
}

judge() {
	for name in one loop; do
		/usr/bin/python3 "$TESTS/e2e/fair.py" --verify "$BUILD/consumer/ringside" $name >$name.fair || true
		sed -E "s/^(ok|not ok) - /\1 - $name: /" $name.fair
		grep -q '^ok' $name.fair || echo "not ok - $name: fair.py found nothing to say"
	done
	# A storm of one key is a few lines a second.
	size=$(wc -c <one.pb)
	if [ "$size" -lt 200000 ]; then
		echo "ok - one.pb has $size bytes"
	else
		echo "not ok - one.pb has $size bytes"
	fi
}
