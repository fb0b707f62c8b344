# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Nothing of the streamer is left in the kernel, however it ends, in every tier. A kprobe's
# definition in tracefs, out of use, is left to the next start.
# shellcheck disable=SC2034 # for collect.sh
targets='bullseye bookworm trixie sid *-v1 *-preempt' # elsewhere others may load programs
programs=bpftool

collect() {
	wait_until 10 "the end of what other cases loaded" nothing_of_ours
	inventory >before
	for tier in fentry kprobe tracepoint; do
		start $tier-killed --attach $tier
		inventory >$tier.during
		# In the midst of it.
		"$BUILD/testdata/trigger-storm" --tasks 2 --count 100000000 >/dev/null &
		storm=$!
		sleep 0.5
		kill -KILL "$(cat $tier-killed.pid)"
		kill "$storm"
		wait "$(cat $tier-killed.pid)" "$storm" 2>/dev/null || true
		rm $tier-killed.pid
		settle $tier.killed
		cat /sys/kernel/tracing/kprobe_events >$tier.definitions

		start $tier-ended --attach $tier
		stop $tier-ended
		settle $tier.ended
		{ echo definitions; cat /sys/kernel/tracing/kprobe_events; } >>$tier.ended
	done
	{ cat before; echo definitions; } >before.ended
}

nothing_of_ours() {
	! bpftool prog list | grep -q 'name rs_'
}

# What the kernel holds: it ends maps and programs after a grace period.
settle() { # FILE
	for try in $(seq 50); do
		inventory >"$1"
		! cmp -s before "$1" || return 0
		sleep 0.1
	done
	echo "# $1 is not as before after $try tries"
}

inventory() {
	for kind in prog map link; do
		echo "$kind"
		# Without what bpftool itself needs to look.
		bpftool $kind list 2>&1
	done
	for file in kprobes/list tracing/enabled_functions tracing/uprobe_events; do
		echo "$file"
		[ ! -e /sys/kernel/debug/$file ] || cat /sys/kernel/debug/$file
	done
	echo pinned
	ls /sys/fs/bpf
}

judge() {
	for tier in fentry kprobe tracepoint; do
		if grep -q 'name rs_' $tier.during && ! cmp -s before $tier.during; then
			echo "ok - $tier: while it runs there is something"
		else
			echo "not ok - $tier: while it runs there is nothing to see"
		fi
		equal "$tier: killed" before $tier.killed
		equal "$tier: ended" before.ended $tier.ended
		if grep -qv '/ringside_[0-9]*[/_]' $tier.definitions; then
			echo "not ok - $tier: others' definitions: $(cat $tier.definitions)"
		else
			echo "ok - $tier: killed: $(wc -l <$tier.definitions) definitions left to the next start"
		fi
	done
}

equal() { # WHAT BEFORE AFTER
	if cmp -s "$2" "$3"; then
		echo "ok - $1: nothing is left"
	else
		echo "not ok - $1: left: $(diff "$2" "$3" | grep '^[<>]' | head -n 8 | tr '\n' ' ')"
	fi
}
