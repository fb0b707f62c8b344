# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Whatever is done with a recording, and however large it is, takes no more than 16 MB.
# shellcheck disable=SC2034 # for collect.sh
targets=native

MIB=64

collect() {
	"$BUILD/tests/bench/make-recording" $MIB >large.pb.zst
	zstd -dcq large.pb.zst >large.pb
	mkdir folder
	cp large.pb.zst folder/
	head -c -100000 large.pb.zst >cut.pb.zst
}

judge() {
	/usr/bin/python3 "$TESTS/e2e/memory.py" "$BUILD/consumer/ringside" large.pb.zst large.pb \
		cut.pb.zst folder
	rm large.pb.zst large.pb cut.pb.zst folder/*
}
