# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Half an hour of storms (RINGSIDE_SOAK seconds) into a folder that rotates, with counters and a
# follower: memory stays flat, descriptors stay the same, sums close, and the follower saw each event.
# shellcheck disable=SC2034 # for collect.sh
targets=native asked=yes

SECONDS_ALL=${RINGSIDE_SOAK:-1800}
BURST=${RINGSIDE_SOAK_BURST:-300000}

collect() {
	mkdir soak.d
	"$BUILD/streamer/ringside-streamer" -w soak.d/ -z --allow-syscall-tax --rate 0 -C 64M -G 60 \
		--counters-interval 5 2>soak.log &
	streamer=$!
	echo "$streamer" >soak.pid
	wait_until 60 "first file" first_file
	mkfifo follower.out
	grep -c '"kind":"seccomp_denial"' <follower.out >followed &
	counter=$!
	"$BUILD/consumer/ringside" tail -f -n 0 -o json --kind seccomp soak.d 2>follower.log >follower.out &
	follower=$!
	echo "$follower" >follower.pid
	begin=$(cut -d. -f1 /proc/uptime)
	while [ $(($(cut -d. -f1 /proc/uptime) - begin)) -lt "$SECONDS_ALL" ]; do
		trigger soak trigger-storm --count "$BURST"
		sample
		sleep 2
	done
	sleep 5
	sample
	kill "$follower"
	wait "$follower" "$counter" || true
	rm follower.pid follower.out
	stop soak
}

first_file() {
	[ -n "$(ls soak.d)" ]
}

# A line of: streamer's RssAnon and descriptors, follower's.
sample() {
	for pid in "$streamer" "$follower"; do
		sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
		ls "/proc/$pid/fd" | wc -l
	done | tr '\n' ' ' >>samples
	echo >>samples
}

judge() {
	triggered=$(sed 's/.*"triggered":\([0-9]*\).*/\1/' soak.truth | awk '{ n += $1 } END { print n }')
	"$BUILD/consumer/ringside" verify -v soak.d >verified 2>&1 && rc=0 || rc=$?
	head -n 3 verified | sed 's/^/# /'
	# The last file's table has the sums of the stream; others on the machine may be in them.
	awk -v triggered="$triggered" -v rc=$rc '
		$1 == "seccomp_denial" { written = $2; limited = $3; dropped = $4 }
		END {
			others = written + limited + dropped - triggered
			good = others >= 0 && (rc == 0 || (rc == 4 && dropped > 0))
			printf "%s - %d triggered and %d of others = %d written + %d limited + %d dropped; verify exits with %d\n",
				good ? "ok" : "not ok", triggered, others, written, limited, dropped, rc
		}' verified
	written=$(awk '$1 == "seccomp_denial" { n = $2 } END { print n }' verified)
	if [ "$(cat followed)" = "$written" ]; then
		echo "ok - the follower saw $written"
	else
		echo "not ok - the follower saw $(cat followed) of $written"
	fi
	# What is remembered of processes and containers is bounded, but others on the machine fill it,
	# too; so is what a follower keeps, which is forgotten now and then. The first quarter is for
	# warming up. Of descriptors there are more for a moment when a file is rotated.
	awk -v most=10240 '{ for (i = 1; i <= 4; i++) v[NR, i] = $i } END {
		split("streamer RssAnon,streamer descriptors,follower RssAnon,follower descriptors", name, ",")
		for (i = 1; i <= 4; i++) {
			first = last = low = end = 0
			for (n = int(NR / 4) + 1; n <= NR; n++) {
				early = n <= int(NR * 3 / 4)
				if (early && v[n, i] > first) first = v[n, i]
				if (!early && v[n, i] > last) last = v[n, i]
				if (early && (!low || v[n, i] < low)) low = v[n, i]
				if (!early && (!end || v[n, i] < end)) end = v[n, i]
			}
			good = i % 2 ? last <= first * 1.1 && last < most : end <= low
			printf "%s - %s: %d to %d, in the last quarter %d to %d, of %d samples\n",
				good ? "ok" : "not ok", name[i], low, first, end, last, NR
		}
	}' samples
	echo "# $(find soak.d -type f | wc -l) files"
}
