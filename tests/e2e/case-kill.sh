# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Who ended whom: kills by every way there is, and what is easily mistaken for one. Beside the probes
# for the OOM killer and seccomp nothing is told twice; without them theirs are told too.
# shellcheck disable=SC2034 # for collect.sh
targets='native bullseye* bookworm bookworm-v1 bookworm-legacy bookworm-preempt bookworm-runtime
	bookworm-btf trixie trixie-preempt trixie-smp8 trixie-runtime sid sid-preempt sid-smp8 sid-runtime'
INTERVAL=2
MANY=1000

collect() {
	start kill --probes signal --counters-interval $INTERVAL
	start beside --probes oom,seccomp,signal --counters-interval $INTERVAL
	start tracepoint --probes signal --attach tracepoint --counters-interval $INTERVAL
	trigger kill trigger-kill --cgroup ringside-kill/kill --many $MANY --linger $((3 * INTERVAL))
	trigger oom trigger-oom all
	trigger seccomp trigger-seccomp c06 c07 c08 c16 c18
	stop kill
	stop beside
	stop tracepoint
}

judge() {
	for name in kill beside tracepoint; do
		{
			"$BUILD/consumer/ringside" cat --kind signal $name.pb >$name.text
			/usr/bin/python3 "$TESTS/e2e/kill.py" $name.pb kill.truth $name.text >$name.judged 2>&1 || true
			cat $name.judged
			grep -q '^ok' $name.judged || echo "not ok - kill.py found nothing to say"
			judge_whole $name
		} | sed -E "s/^(ok|not ok) - /\1 - $name: /"
	done
}
