# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The unit test of reading rows where iterators have to be permitted: a machine may refuse them, and
# then the unit tests have bpf(2) alone.
# shellcheck disable=SC2034 # for collect.sh
targets='bookworm trixie sid'
programs=$BUILD/tests/test-rows

collect() {
	CMOCKA_MESSAGE_OUTPUT=TAP test-rows iterator >rows
}

judge() {
	grep -q '^# read in 2 ways' rows
	grep -E '^(ok|not ok) ' rows | sed -E 's/^(ok|not ok) [0-9]+ - /\1 - /'
	! grep -q '^not ok' rows
}
