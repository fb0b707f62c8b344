/* SPDX-License-Identifier: Apache-2.0 */
/* No events: of each container how full its queues were, each time one was looked at. */
#include "consumer/base/json-page.h"
#include "consumer/kinds/kind.h"
#include "consumer/sums/series.h"

static const char *const sides[SERIES_SIDES] = {"receive", "send"};

static void put_side(struct json_page *page, const uint64_t *totals, double fullest,
		     enum series_side side)
{
	json_begin_object(page, sides[side]);
	json_add_uint(page, "samples", totals[SERIES_SAMPLES + side]);
	if (fullest >= 0)
		json_add_double(page, "fullest_ratio", 6, fullest);
	json_add_uints(page, "by_fill", totals + SERIES_BY_FILL + side * SERIES_FILLS,
		       SERIES_FILLS);
	json_end_object(page);
}

static void put_totals(struct json_page *page, const uint64_t *totals, const double *fullest)
{
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		put_side(page, totals, fullest[side], side);
}

const struct kind kind_tcp_queue = {
	.name = "tcp_queue",
	.word = "TCP queue",
	.words = "TCP queues",
	.option = "counters",
	.meant = (const char *const[]){"tcp", NULL},
	.check_name = "tcp_queue_length",
	.check_totals = put_totals,
};
