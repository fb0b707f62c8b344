# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# `ringside live` watches what --kind names and nothing else, says so in a line, and counts in a last
# line what it showed. A streamer as a service says what it attached, in the journal's form.
collect() {
	watch oom
	"$BUILD/testdata/trigger-oom" --cgroup ringside-live o01 >/dev/null
	finish oom
	watch seccomp --comm c01
	"$BUILD/testdata/trigger-seccomp" --cgroup ringside-live c01 >/dev/null
	finish seccomp
	: >service.log
	JOURNAL_STREAM=$(stat -c %d:%i service.log) start service
	stop service
	start plain
	stop plain
}

watch() { # KIND [FILTER…]
	# shellcheck disable=SC2086 # none or two words
	"$BUILD/consumer/ringside" live --kind "$@" -o json -- --rate 0 $variant >"$1.json" 2>"$1.log" &
	echo $! >"$1.pid"
	wait_until $patience "first line of live" grep -q 'Ctrl-C ends it' "$1.log"
}

finish() { # KIND
	wait_until 10 "event in $1.json" grep -q '"kind":"\(oom_kill\|seccomp_denial\)"' "$1.json"
	stop "$1"
}

# lines of KIND.log: the first names @words and not @others, the last counts what is in KIND.json
judge_lines() { # KIND WORDS OTHERS
	n=$(grep -c '"kind":"\(oom_kill\|seccomp_denial\)"' "$1.json")
	grep '^ringside live:' "$1.log" >"$1.said"
	sed 's/^/# /' "$1.said"
	if [ "$(wc -l <"$1.said")" = 2 ] && head -n 1 "$1.said" | grep -q "watching $2 (" &&
		! grep -q "$3" "$1.said" && tail -n 1 "$1.said" | grep -q ": $n $2\\? shown; nothing lost"; then
		echo "ok - live --kind $1"
	else
		echo "not ok - live --kind $1: $n events"
	fi
}

attached='oom_kill by [a-z]*, seccomp_denial by [a-z]*; recording to'

judge() {
	for name in service plain; do
		sed 's/^/# /' $name.log
	done
	if grep -q "^<5>$attached service.pb$" service.log && grep -q '^<5>.* 0 lost' service.log &&
		! grep -v '^<[0-7]>' service.log; then
		echo "ok - what a service says"
	else
		echo "not ok - what a service says"
	fi
	if grep -q "^ringside-streamer: $attached plain.pb$" plain.log && ! grep '^<' plain.log; then
		echo "ok - what another says"
	else
		echo "not ok - what another says"
	fi
	judge_lines oom 'OOM kills' denial
	judge_lines seccomp 'seccomp denials' OOM
}
