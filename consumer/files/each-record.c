/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/each-record.h"

#include <errno.h>
#include <string.h>

#include "consumer/base/text-line.h"
#include "consumer/cli/remote.h"
#include "consumer/files/being-written.h"
#include "consumer/files/copies.h"
#include "consumer/files/frame-selection.h"
#include "consumer/files/input-list.h"
#include "consumer/files/inputs.h"
#include "consumer/filter/filter-remote.h"
#include "consumer/read/body.h"
#include "proto/base/count.h"
#include "proto/base/util.h"

#define EACH_RECORD_TEXT (LINE_FILE + 256)

struct walk {
	const struct filter *filter;
	const struct each_record_ops *ops;
	void *data;
	struct record_memory *memory;
};

/* Of the input at hand: whose its records are. */
struct place {
	uint8_t stream[SEEN_ID]; /* the latest Header's */
	bool begun;
	bool several; /* streams are in it: behind what was left out it may be any of them */
	bool damaged; /* since the latest Header something was left out */
	bool known;   /* of a stream that is certain */
};

/* Whether more comes behind an answer that is no record. */
static bool goes_on(const struct reader *reader, const struct each_record_ops *ops, void *data,
		    int answer)
{
	if (answer == READER_END || answer == READER_WAIT)
		return false;
	if (answer == READER_CUT && being_written_check(reader_fd(reader)) == 1)
		return false; /* the rest is being written just now */
	ops->complain(data, reader_problem(reader));
	return answer == READER_DAMAGED;
}

static void begin_place(struct place *place, const Ringside__V1__Header *header)
{
	place->damaged = false;
	if (header->stream_id.len != SEEN_ID)
		return;
	place->several |= place->begun && memcmp(place->stream, header->stream_id.data, SEEN_ID);
	place->begun = true;
	memcpy(place->stream, header->stream_id.data, SEEN_ID);
}

/* Whose the record is, as far as that is known; NULL. */
static const uint8_t *stream_of(struct place *place, const struct reader *reader,
				const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);

	if (item->header)
		begin_place(place, header);
	place->known =
		header && header->stream_id.len == SEEN_ID && !(place->damaged && place->several);
	return place->known ? header->stream_id.data : NULL;
}

static bool is_lost(const struct reader_record *item)
{
	return item->peek.kind == RINGSIDE__V1__RECORD__BODY_LOST;
}

static bool is_new(struct seen_records *seen, struct place *place, struct reader *reader,
		   struct reader_record *item)
{
	const uint8_t *stream = stream_of(place, reader, item);

	/* one that only says again whose the records behind it are is no copy to speak of */
	if (stream && item->header && seen_records_has(seen, stream, item->peek.seq)) {
		seen_records_go_on(seen, seen->at);
		return false;
	}
	if (is_lost(item) && !reader_unpack(reader, item) && body_stands_in(item->record))
		return seen_records_take_stand_in(seen, stream, item->peek.seq);
	return seen_records_take(seen, stream, item->peek.seq, item->peek.time_unix_nano);
}

/* The kind of events that the record is, or tells of, as a bit; 0: of the stream itself. */
static uint32_t told_kind(struct reader *reader, struct reader_record *item)
{
	const char *kind = NULL;

	if (body_kind_is_event(item->peek.kind))
		return UINT32_C(1) << item->peek.kind;
	if (item->peek.kind == RINGSIDE__V1__RECORD__BODY_LIMITED && !reader_unpack(reader, item))
		kind = item->record->limited->kind;
	return kind ? UINT32_C(1) << body_kind(kind, strlen(kind)) : 0;
}

/* A stream that nobody asked for tells of nothing in another one's place. */
static void begin_stream(struct record_memory *memory, const Ringside__V1__Header *header)
{
	bool wanted = !header || !memory->filter || filter_host_wanted(memory->filter, header);

	side_streams_go_on(&memory->sides, wanted ? header : NULL);
}

/* Another stream tells it, too, and so it is left out. */
static bool is_told(struct side_streams *sides, struct reader *reader, struct reader_record *item,
		    const struct each_record_ops *ops, void *data)
{
	const uint64_t before = sides->events;
	bool told = side_streams_take(sides, sides->beside ? told_kind(reader, item) : 0,
				      item->peek.seq, item->peek.boottime_nano);

	/* what nobody asked for counts for nobody */
	if (sides->events != before && ops->wants && ops->wants(data, reader, item) != 1)
		sides->events = before;
	return told;
}

/* It was not taken before, and no other stream tells it. */
static bool is_fresh(struct record_memory *memory, struct place *place, struct reader *reader,
		     struct reader_record *item, const struct each_record_ops *ops, void *data)
{
	struct side_streams *sides = &memory->sides;
	uint64_t seq = item->peek.seq, nano = item->peek.boottime_nano;

	if (item->header)
		begin_stream(memory, reader_header(reader));
	if (place->known && !item->header && !is_lost(item) && !item->orphan &&
	    seen_records_next(&memory->seen, seq, item->peek.time_unix_nano))
		;
	else if (!is_new(&memory->seen, place, reader, item))
		return false;
	if (item->orphan)
		side_streams_go_on(sides, NULL);
	return side_streams_next(sides, seq, nano) || !is_told(sides, reader, item, ops, data);
}

void record_memory_choose(struct record_memory *memory, const struct filter *filter)
{
	memory->filter = filter;
	memory->sides.chosen = filter && !filter_is_empty(filter);
}

void record_memory_done(struct record_memory *memory)
{
	seen_records_done(&memory->seen);
	side_streams_done(&memory->sides);
}

/* Before anything of it is left out. */
static void note_whole(struct whole_streams *whole, struct reader *reader,
		       struct reader_record *item, int answer)
{
	if (!whole)
		return;
	if (answer)
		whole_streams_break(whole);
	else
		whole_streams_take(whole, reader, item);
}

static int read_records(struct reader *reader, const struct each_record_ops *ops, void *data,
			struct record_memory *memory, int *ret_answer)
{
	struct whole_streams *whole = memory ? memory->whole : NULL;
	struct place place = {0};
	struct reader_record item;
	int r;

	if (memory)
		begin_stream(memory, reader_header(reader));
	for (uint64_t n = 1;; n++) {
		if (n % EACH_RECORD_EVERY == 0 && ops->pass)
			ops->pass(data, reader);
		*ret_answer = reader_next(reader, &item);
		if (*ret_answer && !goes_on(reader, ops, data, *ret_answer))
			return 0;
		if (*ret_answer == READER_DAMAGED) {
			place.damaged = true;
			place.known = false;
		}
		note_whole(whole, reader, &item, *ret_answer);
		if (!*ret_answer && item.header && ops->header)
			ops->header(data, item.record);
		if (*ret_answer || (memory && !is_fresh(memory, &place, reader, &item, ops, data)))
			continue;
		r = ops->put(data, reader, &item);
		if (r == READER_DAMAGED)
			ops->complain(data, reader_problem(reader));
		else if (r)
			return r;
	}
}

int each_record(struct reader *reader, const struct each_record_ops *ops, void *data,
		struct record_memory *memory, int *ret_answer)
{
	struct whole_streams *whole = memory ? memory->whole : NULL;
	int r;

	if (whole)
		whole_streams_begin(whole);
	r = read_records(reader, ops, data, memory, ret_answer);
	if (whole)
		whole_streams_pause(whole, reader, r != 0);
	if (whole && !r && *ret_answer != READER_END && *ret_answer != READER_WAIT)
		whole_streams_break(whole);
	return r;
}

void each_record_tell_orphans(const struct reader *reader, const char *name,
			      const struct filter *filter, const struct each_record_ops *ops,
			      void *data)
{
	const uint64_t n = reader_orphans(reader);
	const bool wanted = !filter || filter_host_wanted(filter, NULL);
	char text[EACH_RECORD_TEXT], safe[LINE_FILE];

	if (!n || !reader_latest_header(reader))
		return;
	(void)snprintf(text, sizeof(text),
		       "%s: of %s behind what is damaged nobody can tell whose %s, because %s "
		       "Header may be lost: %s",
		       line_file(name, safe), COUNTED(n, "record"), n == 1 ? "it is" : "they are",
		       n == 1 ? "its" : "their",
		       wanted ? "told without a host"
			      : "left out, as a host or boot was asked for");
	ops->error(data, text, 0);
}

/* What of the input at hand was left out. */
static void tell_memory(const struct walk *walk)
{
	char text[COPIES_TEXT];

	while (seen_records_tell(&walk->memory->seen, text, sizeof(text)))
		walk->ops->error(walk->data, text, 0);
}

static int walk_input(const struct walk *walk, const char *path)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct recording_ranges ranges;
	int r, answer;

	/* of a fleet only what was stored comes, and of that what was asked for */
	walk->memory->whole =
		walk->ops->whole && !remote_is(path) ? walk->ops->whole(walk->data) : NULL;
	r = remote_is(path)
		    ? filter_open_remote(&reader, path, walk->filter, (struct filter_part){0})
		    : reader_open(&reader, path);
	if (!r && walk->filter)
		r = frame_selection_for(reader, walk->filter, walk->memory->whole, &ranges);
	path = strcmp(path, "-") ? path : "stdin";
	if (!r)
		r = seen_records_begin(&walk->memory->seen, path);
	if (!r)
		input_run_ahead(reader_input(reader));
	if (r) {
		walk->ops->error(walk->data, path, r);
		return 0;
	}
	walk->ops->begin(walk->data, reader, path);
	r = each_record(reader, walk->ops, walk->data, walk->memory, &answer);
	walk->ops->end(walk->data, reader, path, answer);
	each_record_tell_orphans(reader, path, walk->filter, walk->ops, walk->data);
	tell_memory(walk);
	return r;
}

static void tell_next(const struct walk *walk, const struct input_list *list, size_t i)
{
	struct whole_streams *whole = walk->memory->whole;
	char text[EACH_RECORD_TEXT], safe[LINE_FILE];

	if (!whole || !whole_streams_goes_on(whole) || !input_list_lacks_next(list, i))
		return;
	whole_streams_lacks_next(whole);
	(void)snprintf(text, sizeof(text),
		       "%s: its stream goes on in another file, which is missing; `ringside "
		       "verify` tells more",
		       line_file(list->all[i].path, safe));
	walk->ops->error(walk->data, text, 0);
}

/* Which streams begin in files that are missing: what is read may still say why. */
static void note_first(const struct walk *walk, const struct input_list *list)
{
	struct whole_streams *whole = walk->ops->whole ? walk->ops->whole(walk->data) : NULL;

	for (size_t i = 0; whole && i < list->n; i++)
		if (input_list_lacks_first(list, i))
			whole_streams_lacks_first(whole, list->all[i].id.stream_id,
						  list->all[i].id.file_index);
}

static void tell_copies(const struct walk *walk, const struct input_list *list)
{
	char text[COPIES_TEXT];

	for (size_t i = list->n; i < list->n + list->n_copies; i++) {
		copies_text(&list->all[i], ": left out", text);
		walk->ops->error(walk->data, text, 0);
	}
}

static void tell_hosts(const struct walk *walk, const struct input_list *list)
{
	for (size_t i = 0; walk->ops->host && i < list->n; i++)
		if (list->all[i].known)
			walk->ops->host(walk->data, list->all[i].id.host_name);
}

/* input_list_error */
static void tell_path(void *data, const char *path, int error, const char *unread)
{
	const struct walk *walk = data;

	if (unread)
		walk->ops->unread(walk->data, path, unread);
	else
		walk->ops->error(walk->data, path, error);
}

int each_record_in(char *const *paths, int n, const struct filter *filter,
		   const struct each_record_ops *ops, void *data)
{
	_cleanup_(input_list_done) struct input_list list = {0};
	_cleanup_(record_memory_done) struct record_memory memory = {0};
	struct walk walk = {.filter = filter, .ops = ops, .data = data, .memory = &memory};
	const char *default_path = inputs_default();
	char text[COPIES_TEXT];
	int r;

	r = n ? input_list_new(&list, (const char *const *)paths, n, tell_path, &walk)
	      : input_list_new(&list, &default_path, 1, tell_path, &walk);
	if (!r && ops->by_stream)
		r = input_list_by_stream(&list);
	tell_copies(&walk, &list);
	tell_hosts(&walk, &list);
	memory.sides.one = ops->one_stream && ops->one_stream(data);
	record_memory_choose(&memory, filter);
	if (!r)
		note_first(&walk, &list);
	for (size_t i = 0; !r && i < list.n; i++) {
		r = walk_input(&walk, list.all[i].path);
		if (!r)
			tell_next(&walk, &list, i);
	}
	if (ops->one_stream && side_streams_tell(&memory.sides, text, sizeof(text)))
		ops->error(data, text, 0);
	return r;
}
