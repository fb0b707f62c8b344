/* SPDX-License-Identifier: Apache-2.0 */
/* No events, and no sums: each row is an object that there is. */
#include "consumer/kinds/bpf_object-internal.h"

static void put_state(struct line *line, const struct ledger *ledger, uint64_t now_nano)
{
	const struct bpf_objects *objects = ledger_objects(ledger, now_nano);

	if (!objects)
		return;
	line_text(line, "; ");
	bpf_objects_text(line, objects);
}

const struct kind kind_bpf_object = {
	.name = "bpf_object",
	.word = "BPF object",
	.words = "BPF objects",
	.option = "counters",
	.meant = (const char *const[]){"bpf", NULL},
	.rows = &bpf_object_rows,
	.metrics = bpf_object_metrics,
	.state = put_state,
	.check_name = "ebpf",
	.check = bpf_object_check,
};
