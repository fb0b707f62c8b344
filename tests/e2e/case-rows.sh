# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Unit tests that depend on the kernel. That of reading rows where iterators have to be permitted: a
# machine may refuse them, and then the unit tests have bpf(2) alone. That of the cast from which the
# programs load, where there is one (6.2) and where there is none.
# shellcheck disable=SC2034 # for collect.sh
targets='bookworm trixie sid'
programs="$BUILD/tests/test-rows $BUILD/tests/test-cast"

collect() {
	CMOCKA_MESSAGE_OUTPUT=TAP test-rows iterator >rows
	CMOCKA_MESSAGE_OUTPUT=TAP test-cast >cast
}

judge() {
	grep -q '^# read in 2 ways' rows
	grep -hE '^(ok|not ok) ' rows cast | sed -E 's/^(ok|not ok) [0-9]+ - /\1 - /'
	! grep -q '^not ok' rows cast
}
