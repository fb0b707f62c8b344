/* SPDX-License-Identifier: Apache-2.0 */
/* The containers whose TCP queues were fullest, by what is full of a buffer. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/base/hash-table.h"
#include "consumer/base/json-page.h"
#include "consumer/kinds/sentence.h"
#include "consumer/kinds/tcp_queue-internal.h"
#include "consumer/layout/columns.h"
#include "consumer/sums/series.h"
#include "proto/base/util.h"

#define KEPT 4096 /* containers, one by one; those beyond are only counted */
#define SHOWN 10
#define NAME 512  /* bytes of one */
#define NUMBER 20 /* columns */

struct fullest {
	double share; /* of the buffer; below 0: none was looked at */
	uint64_t bytes, buffer;
};

struct queues {
	struct fullest sides[SERIES_SIDES];
	size_t size;
	char name[];
};

struct state {
	struct table table;
	uint64_t beyond; /* rows of containers that there was no room for */
};

static bool has_name(const void *item, const void *key)
{
	const struct queues *queues = item;
	const struct line *name = key;

	return queues->size == (size_t)(name->p - name->start) &&
	       !memcmp(queues->name, name->start, queues->size);
}

static int get_queues(struct state *state, const Ringside__V1__Container *container,
		      struct queues **ret)
{
	char text[NAME];
	struct line name = line_make(text, sizeof(text));
	const size_t size = (text_container(&name, container), line_end(&name));
	const uint64_t hash = XXH3_64bits(text, size);
	_cleanup_free_ struct queues *new = NULL;

	*ret = table_find(&state->table, hash, has_name, &name);
	if (*ret || state->table.n == KEPT)
		return 0;
	new = malloc(sizeof(*new) + size + 1);
	if (!new)
		return -ENOMEM;
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		new->sides[side] = (struct fullest){.share = -1};
	new->size = size;
	memcpy(new->name, text, size + 1);
	if (table_add(&state->table, hash, new))
		return -ENOMEM;
	*ret = TAKE_PTR(new);
	return 0;
}

static void take_side(struct fullest *to, const Ringside__V1__QueueFill *fill)
{
	double share;

	if (!fill || !fill->has_max_bytes || !fill->max_buffer_bytes)
		return;
	share = (double)fill->max_bytes / (double)fill->max_buffer_bytes;
	if (share > to->share)
		*to = (struct fullest){share, fill->max_bytes, fill->max_buffer_bytes};
}

static int take_counters(void *data, const Ringside__V1__Header *header, uint64_t stream,
			 const Ringside__V1__Record *record)
{
	const Ringside__V1__Counters *from = record->counters;
	struct state *state = data;
	struct queues *queues;
	int r = 0;

	(void)header, (void)stream;
	for (size_t i = 0; !r && i < from->n_rows; i++) {
		const Ringside__V1__TcpQueue *queue = from->rows[i]->tcp_queue;

		if (!queue)
			continue;
		r = get_queues(state, from->rows[i]->container, &queues);
		if (!r && !queues)
			state->beyond++;
		if (r || !queues)
			continue;
		take_side(&queues->sides[SERIES_RECEIVE], queue->receive);
		take_side(&queues->sides[SERIES_SEND], queue->send);
	}
	return r;
}

static void free_state(void *data)
{
	struct state *state = data;

	table_done(&state->table, free);
}

static double share_of(const struct queues *queues)
{
	const struct fullest *sides = queues->sides;

	return sides[0].share > sides[1].share ? sides[0].share : sides[1].share;
}

static bool is_before(const struct queues *a, const struct queues *b)
{
	const double x = share_of(a), y = share_of(b);

	return x > y || (!(x < y) && strcmp(a->name, b->name) < 0);
}

/* Fullest first. Returns how many. */
static size_t find_top(const struct state *state, const struct queues *ret[SHOWN])
{
	const struct queues *queues;
	size_t n = 0, i = 0;

	while ((queues = table_next(&state->table, &i))) {
		size_t at = n;

		while (at && is_before(queues, ret[at - 1]))
			at--;
		if (at == SHOWN)
			continue;
		n -= n == SHOWN;
		memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(ret[0]));
		ret[at] = queues;
		n++;
	}
	return n;
}

/* "98 % of 216 KiB" */
static void put_side(struct columns *columns, const struct fullest *side)
{
	char text[64];
	struct line line = line_make(text, sizeof(text));

	if (side->share >= 0) {
		line_count(&line, (uint64_t)(side->share * 100));
		line_text(&line, " % of ");
		line_bytes(&line, side->buffer);
	}
	(void)line_end(&line);
	columns_right(columns, text, NUMBER);
}

static void put_queues(const void *data, struct columns *columns)
{
	const struct state *state = data;
	const struct queues *top[SHOWN];
	const size_t n = find_top(state, top);

	if (!n)
		return;
	columns_title(columns, "Fullest TCP queues");
	columns_end_row(columns);
	columns_right(columns, "receive", NUMBER);
	columns_right(columns, "send", NUMBER);
	line_text(&columns->line, "  container");
	columns_end_row(columns);
	for (size_t i = 0; i < n; i++) {
		put_side(columns, &top[i]->sides[SERIES_RECEIVE]);
		put_side(columns, &top[i]->sides[SERIES_SEND]);
		line_text(&columns->line, "  ");
		line_text(&columns->line, top[i]->name);
		columns_end_row(columns);
	}
	if (!state->beyond)
		return;
	line_text(&columns->line, "more than are told apart: ");
	line_counted(&columns->line, state->beyond, "row");
	columns_end_row(columns);
}

static void put_side_json(struct json_page *page, const char *name, const struct fullest *side)
{
	if (side->share < 0)
		return;
	json_begin_object(page, name);
	json_add_double(page, "fullest_ratio", 6, side->share);
	json_add_uint(page, "bytes", side->bytes);
	json_add_uint(page, "buffer_bytes", side->buffer);
	json_end_object(page);
}

static void put_queues_json(const void *data, struct json_page *page)
{
	const struct queues *top[SHOWN];
	const size_t n = find_top(data, top);

	if (!n)
		return;
	json_begin_list(page, "tcp_queues");
	for (size_t i = 0; i < n; i++) {
		json_begin_object(page, NULL);
		json_add_text(page, "where", top[i]->name);
		put_side_json(page, "receive", &top[i]->sides[SERIES_RECEIVE]);
		put_side_json(page, "send", &top[i]->sides[SERIES_SEND]);
		json_end_object(page);
	}
	json_end_list(page);
}

const struct kind_rows tcp_queue_rows = {
	.size = sizeof(struct state),
	.add = take_counters,
	.done = free_state,
	.text = put_queues,
	.json = put_queues_json,
};
