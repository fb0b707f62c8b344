# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Each tier that this kernel offers, by force, and the one that is chosen: every seccomp and OOM
# case, and storms. For tests/vm/matrix. RINGSIDE_TIERS: those to try. RINGSIDE_STORM: denials of
# each of the storm's tasks where the tier was chosen freely; a tenth of it in the others.
# shellcheck disable=SC2034 # for collect.sh
asked=yes

TIERS=${RINGSIDE_TIERS:-auto fentry kprobe tracepoint}
STORM=${RINGSIDE_STORM:-10000}

collect() {
	uname -r >release
	mode=core
	case $TARGET in
	*-runtime) mode=runtime ;;
	esac
	for tier in $TIERS; do
		mkdir "$tier"
		set +e # errexit would be off in a condition
		(
			trap end_streamers EXIT
			set -e
			cd "$tier"
			collect_tier "$tier"
		) >"$tier/collect.out" 2>&1
		echo $? >"$tier/collect-exit"
		set -e
	done
}

collect_tier() {
	attach="--attach $1"
	[ "$mode" = core ] || attach="$attach --build $mode"
	count=$STORM
	[ "$1" = auto ] || count=$((STORM / 10))
	began_at=$(uptime_of)

	# shellcheck disable=SC2086 # words
	start cases $attach
	trigger cases trigger-seccomp --cgroup ringside-seccomp all
	trigger cases trigger-oom all
	stop cases
	# Denials that are delivered and dropped, and denials that are limited. Compressed: a guest's
	# files are in its memory.
	for sleepers in 0 60; do
		rate=0
		[ $sleepers = 0 ] || rate=1,20
		# shellcheck disable=SC2086
		start storm-$sleepers $attach -z --rate $rate
		trigger storm-$sleepers trigger-storm --tasks 8 --count "$count" --sleepers $sleepers
		stop storm-$sleepers
	done
	echo $(($(uptime_of) - began_at)) >seconds
}

uptime_of() {
	cut -d. -f1 /proc/uptime
}

judge() {
	for tier in $TIERS; do
		(cd "$tier" && judge_tier "$tier") >"$tier.lines" 2>&1 || true
		sed -E "s/^(ok|not ok|#) -? ?/\1 - $tier: /; s/^# - /# /" "$tier.lines"
		grep -q '^\(not \)\?ok' "$tier.lines" || echo "not ok - $tier: nothing to say"
	done
}

judge_tier() { # TIER
	[ "$(cat collect-exit)" = 0 ] || echo "not ok - could not be collected: $(tail -n 1 collect.out)"
	if [ "$1" = auto ]; then
		set --
	else
		set -- --tier "$1"
	fi
	[ ! -s cases.truth ] || [ ! -s cases.pb ] || {
		/usr/bin/python3 "$TESTS/e2e/judge.py" "$@" --stream cases.pb cases.truth \
			>cases.judged 2>&1 || true
		judged_lines cases.judged
	}
	for sleepers in 0 60; do
		name=storm-$sleepers
		[ -s $name.truth ] || continue
		/usr/bin/python3 "$TESTS/e2e/sums.py" --verify "$BUILD/consumer/ringside" \
			$name.pb $name.truth >$name.sums 2>&1 || true
		sed -E "s/^(ok|not ok) - /\1 - $name: /" $name.sums
	done
	judge_warning
}

# A tier that was asked for and missed most of a storm has said so beforehand.
judge_warning() {
	missed=$(sed -nE 's/.* ([0-9]+) runs missed.*/\1/p' storm-0.sums 2>/dev/null | head -n 1)
	[ "${missed:-0}" -gt 10000 ] || return 0
	if grep -q 'preempts tasks inside the programs' storm-0.log; then
		echo "ok - warned of preemption"
	else
		echo "not ok - $missed runs missed, and no warning of it"
	fi
}
