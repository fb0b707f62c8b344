/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/sums/cursor.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "consumer/sums/ledger-internal.h"
#include "proto/base/hex.h"
#include "proto/base/units.h"

void cursor_format(const struct ledger *ledger, char buf[CURSOR_SIZE])
{
	unsigned first = 0;
	size_t n = 0;

	if (ledger->n_streams > CURSOR_STREAMS)
		first = ledger->n_streams - CURSOR_STREAMS;
	buf[0] = '\0';
	for (unsigned i = first; i < ledger->n_streams; i++) {
		const struct ledger_stream *stream = ledger->streams[i];

		if (i > first)
			buf[n++] = ',';
		n = (size_t)(hex_put(buf + n, stream->id, LEDGER_ID) - buf);
		/* what does not count now may be counted later, from its beginning */
		n += (size_t)snprintf(buf + n, CURSOR_SIZE - n, ":%" PRIu64,
				      stream->counts ? stream->counters_seq : 0);
	}
}

static bool parse_id(const char *text, uint8_t id[LEDGER_ID])
{
	for (unsigned i = 0; i < LEDGER_ID; i++, text += 2)
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2hhx", &id[i]) != 1)
			return false;
	return *text == ':';
}

static void add_stream(struct cursor *cursor, const struct ledger *ledger, const uint8_t *id,
		       uint64_t seq)
{
	const struct ledger_stream *stream = ledger_stream_find(ledger, id);

	if (!stream)
		return;
	cursor->all[cursor->n++] = (struct series_stamp){stream->order, seq};
	if (stream->order > cursor->newest)
		cursor->newest = stream->order;
}

int cursor_parse(struct cursor *cursor, const struct ledger *ledger, const char *text)
{
	uint8_t id[LEDGER_ID];
	const char *end;
	uint64_t seq;

	*cursor = (struct cursor){0};
	while (text && *text) {
		if (cursor->n == CURSOR_STREAMS || !parse_id(text, id))
			return -EINVAL;
		text += (size_t)2 * LEDGER_ID + 1;
		end = units_number(text, UINT64_MAX, &seq);
		if (!end || (*end && *end != ','))
			return -EINVAL;
		add_stream(cursor, ledger, id, seq);
		text = *end ? end + 1 : end;
	}
	return 0;
}

bool cursor_is_new(const struct cursor *cursor, struct series_stamp changed)
{
	if (!cursor->n)
		return true;
	for (unsigned i = 0; i < cursor->n; i++)
		if (cursor->all[i].order == changed.order)
			return changed.seq > cursor->all[i].seq;
	return changed.order > cursor->newest;
}
