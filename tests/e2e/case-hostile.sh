# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A container that does all it can to hide another (testdata/hostile.sh), beside a quiet one, with
# default settings: the quiet one's events, rows, series, names and sums are exact, so are those of one
# that starts afterwards, and what the hostile one did is known to the last denial.
# shellcheck disable=SC2034 # for collect.sh
targets='native bullseye bookworm trixie *-v1'

HOSTILE=$(printf '%064d' 1 | tr 01 ad)
QUIET=$(printf '%064d' 2 | tr 02 be)
LATE=$(printf '%064d' 3 | tr 03 cf)

case $TARGET in
native) TASKS=4 ;;
*) TASKS=1 ;;
esac

prepare() {
	cp "$TESTS/../testdata/hostile.sh" .
}

collect() {
	cgroups=/sys/fs/cgroup
	[ -e $cgroups/cgroup.controllers ] || cgroups=$cgroups/memory
	# As by default.
	start hostile --rate 1,20 --container-rate 1000 --counters-interval 2

	mkdir -p "$cgroups/docker/$HOSTILE"
	sh "$FILES/hostile.sh" "$BUILD/testdata" $cgroups "docker/$HOSTILE" "$QUIET" $TASKS \
		>hostile.did &
	hostile=$!
	quiet quiet "$QUIET" --seconds 5
	wait $hostile
	quiet late "$LATE"
	trigger hostile trigger-oom --cgroup "docker/$LATE" --limit 8 o01
	rmdir "$cgroups/docker/$HOSTILE"
	rm -r hostile-path
	sleep 15 # until the rows of its cgroups have gone: 10 s, and two sets
	stop hostile
}

quiet() { # NAME ID OPTION…
	name=$1 id=$2
	shift 2
	"$BUILD/testdata/trigger-storm" --cgroup "docker/$id" --count 500 --distinct 50 "$@" \
		>"$name.did"
}

judge() {
	/usr/bin/python3 "$TESTS/e2e/hostile.py" "$BUILD/consumer/ringside" "$HOSTILE" || true
	judge_whole hostile
}
