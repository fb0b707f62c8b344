# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Two streamers record; beside them a third one starts, doctor tries each tier and measures. What these
# make to be refused, and their processes that end, are in no line and no row of what people see, but
# in the recordings, marked, and in the sums. Who does the same by the same names in a container is
# shown, with a number that he made up and with one that was good a moment before: only while that is
# good, it hides him.
fake=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
late=1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
real=2123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

collect() {
	start one --probes seccomp,signal
	start two --probes oom,seccomp --rate 1,20
	start three
	stop three
	# shellcheck disable=SC2086 # none or two words
	"$BUILD/consumer/ringside" doctor -o json -- $variant >doctor.json 2>doctor.log || true
	"$BUILD/testdata/impostor" docker/$fake
	"$BUILD/streamer/ringside-streamer" --doctor=mark >number &
	echo $! >marker.pid
	wait_until 10 number test -s number
	"$BUILD/testdata/impostor" docker/$real "$(cat number)"
	kill "$(cat marker.pid)"
	wait "$(cat marker.pid)"
	rm marker.pid
	"$BUILD/testdata/impostor" docker/$late "$(cat number)"
	stop one
	stop two
}

same() { # WHAT FOUND WANTED
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1: $2, not $3"
	fi
}

# Who was denied what, how often; those held back included.
denials() {
	jq -r 'select(.kind == "seccomp_denial" or .kind == "limited") |
		"\(if .container.id then .container.id[0:2] else "host" end) \(.count // 1) \(.self_test // false)"' |
		awk '{ n[$1 " " $3] += $2 } END { for (k in n) print k, n[k] }' | sort | tr '\n' ';'
}

judge() {
	ringside=$BUILD/consumer/ringside
	for name in one two; do
		judge_whole $name
		same "$name: only who is not us is shown" \
			"$("$ringside" cat -o json $name.pb | denials)" "01 false 15;11 false 15;"
		"$ringside" cat -o json --self-tests $name.pb | denials >$name.all
		same "$name: the rest is there, marked, if asked for" \
			"$(sed -E 's/host true [1-9][0-9]+;/host true N;/' $name.all)" \
			"01 false 15;11 false 15;21 true 15;host true N;"
		same "$name: text" "$("$ringside" cat $name.pb | grep -cv " docker:[01]1")" 0
		left=$(sed -E 's/.*true 15;host true ([0-9]+);/\1 + 15/; t; s/.*/0/' $name.all)
		same "$name: stats count what they leave out" \
			"$("$ringside" stats -o json $name.pb |
				jq -r '"\(.self_tests_left_out) \(.events + .limited)"')" "$((left)) 30"
		same "$name: and say so" "$("$ringside" stats $name.pb | tail -n 1 | sed 's/^[0-9,]* //')" \
			"denials of Ringside's own self-tests left out: --self-tests shows them"
		"$ringside" cat -o pb $name.pb | cmp - $name.pb && echo "ok - $name: pb has all"
		rm -f $name.prom
		timeout 20 "$ringside" serve --textfile $name.prom $name.pb >$name.serve 2>&1 &
		wait_until 10 "$name.prom" test -s $name.prom
		kill $!
		same "$name: metrics" "$(awk '/^ringside_seccomp_denials_total/ { n += $NF }
			/^ringside_self_tests_total.*seccomp/ { own = $NF }
			END { print n, own }' $name.prom)" "30 $((left))"
	done
}
