# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What `ringside forward --to nats://...` takes of a machine, with a nats-server: memory while a
# backlog goes out as fast as it can, also to a server that stands still, and how often it wakes up
# when there is nothing to do.
# shellcheck disable=SC2034 # for collect.sh
targets=native beside=yes

collect() {
	"$BUILD/tests/bench/make-recording" 1 100000 >backlog.pb.zst
	/usr/bin/python3 "$TESTS/e2e/forward.py" "$BUILD" "$TESTS" >forwarded
}

judge() {
	cat forwarded
}
