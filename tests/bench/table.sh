# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The table that `./dev bench` ends with. Each bench adds its rows to $BENCH_TABLE, if there is one.

# row MEASURE OURS UNIT BASELINE ITS GOAL: ours may be GOAL of it at most; empty: for information; with
# a + behind it, at least
row() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"${BENCH_TABLE:-/dev/null}"
}

# print_table FILE
print_table() {
	awk -F '\t' '
		BEGIN {
			printf "%-52s %10s %-12s  %-42s %10s %7s %6s\n", "measure", "ours", "",
				"baseline", "", "ratio", "goal"
		}
		{
			ratio = $5 == 0 ? 0 : $2 / $5
			said = ""
			if ($6 ~ /\+$/)
				said = ratio >= $6 + 0 ? "met" : "not met"
			else if ($6 != "")
				said = ratio <= $6 + 0 ? "met" : "not met"
			printf "%-52s %10s %-12s  %-42s %10s %7.3f %6s %s\n", $1, $2, $3, $4, $5, ratio, $6, said
		}' "$1"
}
