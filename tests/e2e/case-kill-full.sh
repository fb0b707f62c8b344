# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Kills while there is no room to note who sends them: told all the same, and nothing is lost. What
# exits that were missed left behind does not take the room for good.
# shellcheck disable=SC2034 # for collect.sh
targets='native bullseye bookworm bookworm-legacy trixie sid'

collect() {
	start full --probes signal --counters-interval 1
	for map in notes:SENT:UNSEEN members:CGROUP:CGROUP-UNSEEN; do
		cause=${map#*:}
		map=rs_kill_${map%%:*}
		fill held
		one "${cause#*:}"
		fill empty
		one "${cause%:*}"
		fill gone
		sleep 3 # it is looked at
		one "${cause%:*}"
	done
	stop full
}

fill() {
	"$BUILD/testdata/fill-map" "$(cat full.pid)" "$map" "$1" >>filled
}

one() {
	trigger full trigger-kill --cgroup ringside-kill/full --one "$1"
}

judge() {
	/usr/bin/python3 "$TESTS/e2e/kill.py" full.pb full.truth >full.judged 2>&1 || true
	cat full.judged
	[ "$(grep -c "ok - one: " full.judged)" = 3 ] || echo "not ok - kill.py did not judge all"
	if [ "$(sort -u filled | tr '\n' ' ')" = "16384 2048 " ]; then
		echo "ok - the tables were full, and had room afterwards"
	else
		echo "not ok - the tables took $(tr '\n' ' ' <filled)"
	fi
	judge_whole full
}
