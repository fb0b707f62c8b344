/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are told apart as the kernel does, by cgroup, and counted by series. */
#include <string.h>
#include <xxhash.h>

#include "consumer/sums/ledger-internal.h"
#include "proto/base/util.h"

static struct ledger_key key_of(unsigned kind, const Ringside__V1__CounterRow *row)
{
	return (struct ledger_key){
		.cgroup = row->container ? row->container->cgroup_id : 0,
		.kind = kind,
		.hierarchy = row->container ? row->container->hierarchy_id : 0,
		.arch = row->arch,
		.syscall = row->has_syscall_number ? (uint32_t)row->syscall_number : UINT32_MAX,
		.action = (uint32_t)row->action,
		.error = row->error_number,
		.scope = (uint32_t)row->scope,
		.signal = row->signal,
		.cause = (uint32_t)row->kill_cause,
		.others = (uint32_t)row->others,
		.self_test = (uint32_t)row->self_test,
	};
}

static bool is_same(const void *item, const void *key)
{
	return !memcmp(&((const struct ledger_row *)item)->key, key, sizeof(struct ledger_key));
}

/* Of a queue the fullest is that of one interval: it is not known any more. */
static void forget_fullest(double fullest[SERIES_SIDES])
{
	for (unsigned side = 0; side < SERIES_SIDES; side++)
		fullest[side] = SERIES_UNKNOWN;
}

static int add_row(struct ledger *ledger, struct ledger_stream *stream,
		   const struct ledger_key *key, uint64_t hash, const Ringside__V1__CounterRow *row,
		   uint64_t now_nano, struct ledger_row **ret)
{
	unsigned n = row->tcp_queue ? SERIES_VALUES : SERIES_PLAIN;
	_cleanup_free_ struct ledger_row *new =
		calloc(1, sizeof(*new) + n * sizeof(new->values[0]));

	if (!new)
		return -ENOMEM;
	new->key = *key;
	new->n = n;
	if (table_add(&stream->rows, hash, new))
		return -ENOMEM;
	if (key->self_test) {
		*ret = TAKE_PTR(new);
		return 0;
	}
	/* queues of no container are those for which the streamer's own table had no room */
	if (row->container || !row->tcp_queue)
		new->series = series_get(&ledger->series, new->key.kind, row, now_nano);
	if (new->series)
		new->series->refs++;
	else
		ledger->kinds[new->key.kind].overflow_rows++;
	if (new->series && !new->series->queues && n > SERIES_PLAIN) {
		new->series->queues = true;
		forget_fullest(new->series->fullest);
	}
	new->group = groups_get(&ledger->groups, new->key.kind, row, now_nano);
	if (new->group) {
		new->group->refs++;
		new->group->queues |= n > SERIES_PLAIN;
	}
	*ret = TAKE_PTR(new);
	return 0;
}

static void read_side(const Ringside__V1__QueueFill *fill, unsigned side,
		      uint64_t values[SERIES_VALUES])
{
	if (!fill)
		return;
	values[SERIES_SAMPLES + side] = fill->samples;
	for (size_t i = 0; i < SERIES_FILLS && i < fill->n_by_fill; i++)
		values[SERIES_BY_FILL + side * SERIES_FILLS + i] = fill->by_fill[i];
}

static void raise_fullest(const Ringside__V1__QueueFill *fill, double *to)
{
	double v;

	if (!fill || !fill->max_buffer_bytes)
		return;
	v = (double)fill->max_bytes / (double)fill->max_buffer_bytes;
	*to = v > *to ? v : *to;
}

static void raise_both(const Ringside__V1__TcpQueue *queue, double fullest[SERIES_SIDES])
{
	raise_fullest(queue->receive, &fullest[SERIES_RECEIVE]);
	raise_fullest(queue->send, &fullest[SERIES_SEND]);
}

void ledger_stream_forget_fullest(struct ledger *ledger, struct ledger_stream *stream)
{
	const struct ledger_row *row;
	size_t at = 0;

	while ((row = table_next(&stream->rows, &at))) {
		if (row->n <= SERIES_PLAIN)
			continue;
		forget_fullest(row->series ? row->series->fullest
					   : ledger->kinds[row->key.kind].overflow_fullest);
		if (row->group)
			forget_fullest(row->group->fullest);
	}
}

/* Adds what is new in the row's accounts. */
static void add_values(struct ledger *ledger, const struct ledger_stream *stream,
		       const struct ledger_row *row, const uint64_t *more, uint64_t now_nano)
{
	struct ledger_kind *kind = &ledger->kinds[row->key.kind];
	uint64_t *totals = row->key.self_test ? kind->self_tests
			   : row->series      ? row->series->totals
					      : kind->overflow;
	const struct series_stamp stamp = {stream->order, stream->counters_seq};
	bool changed = false;

	for (unsigned i = 0; i < row->n; i++) {
		totals[i] += more[i];
		changed |= more[i] != 0;
	}
	if (!changed || row->key.self_test)
		return;
	if (row->group) {
		for (unsigned i = 0; i < SERIES_PLAIN; i++)
			row->group->totals[i] += more[i];
		row->group->latest_nano = now_nano;
	}
	*(row->series ? &row->series->changed : &kind->overflow_changed) = stamp;
	if (row->series)
		row->series->latest_nano = now_nano;
}

int ledger_row_take(struct ledger *ledger, struct ledger_stream *stream, unsigned kind,
		    const Ringside__V1__CounterRow *from, uint64_t now_nano)
{
	const struct ledger_key key = key_of(kind, from);
	const uint64_t hash = XXH3_64bits(&key, sizeof(key));
	uint64_t values[SERIES_VALUES] = {from->count, from->limited};
	struct ledger_row *row = table_find(&stream->rows, hash, is_same, &key);
	int r;

	if (!row && stream->rows.n == LEDGER_ROWS) {
		ledger->rows_left_out++;
		return 0;
	}
	r = row ? 0 : add_row(ledger, stream, &key, hash, from, now_nano, &row);
	if (r)
		return r;
	row->set = stream->set;
	if (from->tcp_queue) {
		read_side(from->tcp_queue->receive, SERIES_RECEIVE, values);
		read_side(from->tcp_queue->send, SERIES_SEND, values);
	}
	for (unsigned i = 0; i < row->n; i++)
		values[i] = account_take(&row->values[i], values[i], stream->mode);
	if (stream->mode == LEDGER_COUNT)
		add_values(ledger, stream, row, values, now_nano);
	if (stream->counts && from->tcp_queue) {
		raise_both(from->tcp_queue, row->series ? row->series->fullest
							: ledger->kinds[kind].overflow_fullest);
		if (row->group)
			raise_both(from->tcp_queue, row->group->fullest);
	}
	return 0;
}

void ledger_stream_settle(struct ledger *ledger, struct ledger_stream *stream,
			  enum ledger_mode mode)
{
	uint64_t more[SERIES_VALUES];
	struct ledger_row *row;
	size_t at = 0;

	while ((row = table_next(&stream->rows, &at))) {
		for (unsigned i = 0; i < row->n; i++)
			more[i] = account_take(&row->values[i], row->values[i].value, mode);
		add_values(ledger, stream, row, more, stream->counters_nano);
	}
	for (unsigned k = 0; k < LEDGER_KINDS; k++)
		for (unsigned i = 0; i < LEDGER_SUMS; i++)
			ledger->kinds[k].sums[i] +=
				account_take(&stream->sums[k][i], stream->sums[k][i].value, mode);
	stream->held = false;
}

static void free_row(void *item)
{
	struct ledger_row *row = item;

	if (row->series)
		row->series->refs--;
	if (row->group)
		row->group->refs--;
	free(row);
}

static bool is_gone(void *item, void *data)
{
	const struct ledger_stream *stream = data;
	struct ledger_row *row = item;

	if (row->set == stream->set)
		return false;
	for (unsigned i = 0; i < row->n; i++)
		if (row->values[i].counted != row->values[i].value)
			return false; /* held: it may be wanted */
	free_row(row);
	return true;
}

void ledger_stream_sweep(struct ledger_stream *stream)
{
	table_sweep(&stream->rows, is_gone, stream);
}

void ledger_stream_forget_rows(struct ledger_stream *stream)
{
	table_done(&stream->rows, free_row);
}
