# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A streamer that has given up its privileges reads its configuration again at SIGHUP: labels and limits
# of the folder apply, the rest is named, and a file that is wrong changes nothing. After three
# starts that failed only OOM kills are watched, and status says so.
collect() {
	collect_reloaded
	collect_brake
}

collect_brake() {
	for try in 1 2 3; do
		# shellcheck disable=SC2086 # none or two words
		! "$BUILD/streamer/ringside-streamer" -w "failed$try.pb" $variant --btf /dev/null --brake brake 2>"failed$try.log" ||
			echo "start $try did not fail" >>brake.wrong
	done
	start braked --brake brake
	"$BUILD/consumer/ringside" status braked.pb >braked.status || true
	"$BUILD/consumer/ringside" status -o json braked.pb >braked.json || true
	stop braked
	rm brake
	start released --brake brake
	[ ! -e brake ] || echo "it was not removed" >>brake.wrong
	"$BUILD/consumer/ringside" status released.pb >released.status || true
	stop released
}

collect_reloaded() {
	mkdir conf kept
	chown 4242:4242 kept
	configure eu1 5d 5
	# shellcheck disable=SC2086 # none or two words
	"$BUILD/streamer/ringside-streamer" --config conf/streamer.conf --allow-syscall-tax $variant 2>config.log &
	echo $! >config.pid
	wait_until $patience "first file" files 1
	wait_until 10 "filter" grep -q '^Seccomp:.2' "/proc/$(cat config.pid)/status"

	kill -HUP "$(cat config.pid)"
	wait_until 10 "second file" files 2
	cp config.log unchanged.log

	echo 'rate = x' >>conf/streamer.conf
	kill -HUP "$(cat config.pid)"
	wait_until 10 "refusal" grep -q 'runs on' config.log
	wait_until 10 "third file" files 3

	configure eu2 6d 7
	kill -HUP "$(cat config.pid)"
	wait_until 10 "change" grep -q 'takes a restart' config.log
	wait_until 10 "fourth file" files 4

	# it may not open /dev/null any more
	ln -s /dev/null conf/mask
	mv conf/mask conf/streamer.conf
	kill -HUP "$(cat config.pid)"
	wait_until 10 "mask" masked
	wait_until 10 "fifth file" files 5
	stop config
	chmod -R a+rX kept
}

configure() { # CLUSTER AGE RATE: in a new file, as editors do it
	cat >conf/new <<-END
		[streamer]
		user = 4242
		[output]
		write = kept/
		[retention]
		max-age = $2
		[labels]
		cluster = $1
		[limits]
		rate = $3
	END
	chmod 644 conf/new
	mv conf/new conf/streamer.conf
}

files() {
	# shellcheck disable=SC2012 # their names are ours
	[ "$(ls kept | wc -l)" -ge "$1" ]
}

masked() {
	[ "$(grep -c 'now applied' config.log)" = 2 ]
}

said() { # WHAT FILE COUNT PATTERN
	if [ "$(grep -c "$4" "$2")" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
	fi
}

judge() {
	sed 's/^/# /' config.log
	said "a SIGHUP for the file alone says nothing" unchanged.log 0 'configuration'
	said "a wrong file changes nothing, and why" config.log 1 \
		"the configuration that was read before runs on: conf/streamer.conf:11: rate 'x': accepts N or"
	said "what applies, of a link to /dev/null too" config.log 2 'the configuration has changed: now applied: max-age, label$'
	said "what takes a restart" config.log 1 'the configuration has changed: takes a restart: rate$'
	for file in kept/*; do
		"$BUILD/consumer/ringside" cat -o protojson "$file" | head -n 1 | grep -o '"labels":{[^}]*}' || echo none
	done >labels
	printf '"labels":{"cluster":"%s"}\n' eu1 eu1 eu1 eu2 >expected
	echo none >>expected
	if cmp labels expected; then
		echo "ok - labels of the next file"
	else
		echo "not ok - labels of the next file"
	fi
	sed 's/^/# /' braked.log braked.status
	if [ ! -e brake.wrong ] && grep -q 'oom_kill by [a-z]*; recording to braked.pb' braked.log &&
		grep -q ' brake  *3 starts in a row failed: only OOM kills are watched' braked.status &&
		grep -q '"failed_starts":3' braked.json; then
		echo "ok - the brake, and status says so"
	else
		echo "not ok - the brake, and status says so"
	fi
	if grep -q 'seccomp_denial by' released.log && ! grep -q brake released.status; then
		echo "ok - the brake is released"
	else
		echo "not ok - the brake is released"
	fi
	if "$BUILD/consumer/ringside" verify kept >verified 2>&1; then
		echo "ok - the recording is whole"
	else
		sed 's/^/# /' verified
		echo "not ok - the recording is whole"
	fi
}
