/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they are: what has to come before one, and what has to be in it, for who reads them
 * as a stream. */
#include "consumer/commands/printer-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "consumer/read/made-header.h"
#include "proto/base/util.h"
#include "proto/record/frame.h"

/* So that it stands by itself. */
static int complete_record(struct printer *printer, struct reader_record *item)
{
	uint8_t *buf;

	if (item->size + DERIVED_MORE > FRAME_MAX)
		return 0;
	buf = realloc(printer->complete, item->size + DERIVED_MORE);
	if (!buf)
		return -ENOMEM;
	printer->complete = buf;
	item->size = derived_complete(item->derived, item->frame, item->size, buf);
	item->frame = buf;
	return 0;
}

static struct flawed_stream *find_stream(const struct printer_source *source,
					 const Ringside__V1__Header *header)
{
	return header ? flawed_streams_find(&source->flawed, header->stream_id.data,
					    header->stream_id.len)
		      : NULL;
}

/* What is wrong, of a stream that is known or not. */
static void note_found(struct printer_source *source, struct flawed_stream *stream, unsigned found)
{
	*(stream && stream->header ? &stream->found : &source->found) |= found;
}

/* What the Header, which is written, says is told. */
static void note_put(struct printer_source *source, const Ringside__V1__Header *header)
{
	const unsigned found = excerpt_flaws_found(header->excerpt_flaws);
	struct flawed_stream *stream =
		excerpt_flaws_is_own(header->excerpt_flaws) ? find_stream(source, header) : NULL;

	*(stream ? &stream->put : &source->flaws_put) |= found;
	source->progress_put |= header->excerpt_in_progress;
}

/* A Header says that it is not all of the stream that follows, if it is not. */
static int put_header(struct printer *printer, const Ringside__V1__Record *record)
{
	struct excerpt_header marked;
	size_t size;

	printer_wait(printer);
	printer->source.put++;
	excerpt_mark(&printer->excerpt, record, printer->output.hosts.n, &marked);
	note_put(&printer->source, &marked.header);
	if (!printer->output.ops->binary)
		return output_put(&printer->output, &marked.record, NULL, 0);
	size = ringside__v1__record__get_packed_size(&marked.record);
	free(printer->complete);
	printer->complete = malloc(size);
	if (!printer->complete)
		return -ENOMEM;
	(void)ringside__v1__record__pack(&marked.record, printer->complete);
	return output_put(&printer->output, NULL, printer->complete, size);
}

/* Before records that nobody knows the stream of: they are not that of the Header before. */
static int put_made_header(struct printer *printer, const struct reader *reader,
			   const struct reader_record *item)
{
	struct made_header made;

	if (printer->put_orphan == item->orphan)
		return 0;
	printer->put_orphan = item->orphan;
	memset(printer->put_stream, 0, sizeof(printer->put_stream));
	made_header_init(&made, reader_latest_header(reader), made_header_seq(item->peek.seq));
	made.record.has_time_unix_nano = item->peek.has_time;
	made.record.time_unix_nano = item->peek.time_unix_nano;
	made.record.has_boottime_nano = item->peek.has_boottime;
	made.record.boottime_nano = item->peek.boottime_nano;
	return put_header(printer, &made.record);
}

/* Something else chose it than the record before it, or it stands behind others that came first,
 * which a Header before it allows. */
static bool is_turn(struct printer *printer, const Ringside__V1__Header *header, uint64_t seq)
{
	const char *excerpt = header->excerpt_checked ? header->excerpt : NULL;
	const uint64_t choice = excerpt ? XXH3_64bits(excerpt, strlen(excerpt)) : 0;
	bool turn = choice != printer->put_choice || (excerpt && seq < printer->put_seq);

	printer->put_choice = choice;
	printer->put_seq = seq;
	return turn;
}

int printer_put_stream(struct printer *printer, const struct reader *reader,
		       const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	bool turn;

	if (item->orphan)
		return put_made_header(printer, reader, item);
	printer->put_orphan = 0;
	if (!header || header->stream_id.len != sizeof(printer->put_stream))
		return 0;
	turn = is_turn(printer, header, item->peek.seq);
	if (!turn &&
	    !memcmp(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream)))
		return 0;
	memcpy(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream));
	return item->header ? 0 : put_header(printer, reader_header_record(reader));
}

int printer_put_raw(struct printer *printer, const struct reader *reader,
		    struct reader_record *item)
{
	int r = 0;

	if (item->header && excerpt_is_any(&printer->excerpt))
		return put_header(printer, item->record);
	printer->source.put++;
	if (item->header)
		note_put(&printer->source, item->record->header);
	if (printer->output.ops->binary &&
	    derived_apart(&printer->put, item->derived, item->peek.seq))
		r = complete_record(printer, item);
	return r ? r : output_put(&printer->output, item->record, item->frame, item->size);
}

/* NULL: of its stream nothing can be told by itself. */
static struct flawed_stream *keep_header(struct printer_source *source,
					 const Ringside__V1__Record *record)
{
	const size_t size = ringside__v1__record__get_packed_size(record);
	uint8_t *buf = realloc(source->header, size);

	if (!buf) /* the next record brings it, or the next Header */
		return NULL;
	source->header = buf;
	source->header_size = ringside__v1__record__pack(record, buf);
	return flawed_streams_keep(&source->flawed, record, buf, size);
}

void printer_header(void *data, const Ringside__V1__Record *record)
{
	struct printer *printer = data;
	struct printer_source *source = &printer->source;
	const Ringside__V1__Header *header = record->header;
	struct flawed_stream *stream = NULL;

	if (!filter_host_wanted(printer->filter, header))
		return;
	source->in_progress |= header->excerpt_in_progress;
	if (printer->output.ops->raw)
		stream = keep_header(source, record);
	if (!header->excerpt)
		return;
	source->excerpt = true;
	excerpt_flaws_take(&source->flaws, header);
	note_found(source, excerpt_flaws_is_own(header->excerpt_flaws) ? stream : NULL,
		   excerpt_flaws_found(header->excerpt_flaws));
}

void printer_see_flaws(struct printer *printer, struct reader *reader, struct reader_record *item,
		       bool matches)
{
	if (!matches && item->peek.kind == RINGSIDE__V1__RECORD__BODY_LOST &&
	    !reader_unpack(reader, item) &&
	    filter_touches_loss(printer->filter, item->record, reader_header(reader)))
		note_found(&printer->source, find_stream(&printer->source, reader_header(reader)),
			   EXCERPT_LOST);
}

/* What is copied as it is shows by itself what it lacks. */
static bool writes_excerpt(const struct printer *printer)
{
	return printer->output.ops->raw && excerpt_is_any(&printer->excerpt);
}

struct whole_streams *printer_whole(void *data)
{
	struct printer *printer = data;

	/* what has no end is not judged, but for an excerpt of it */
	if (printer->awaits && !writes_excerpt(printer))
		return NULL;
	printer->source.streams.filter = printer->filter;
	return &printer->source.streams;
}

/* whole_tell_fn */
static void note_lack(void *data, const struct whole_missing *missing)
{
	struct printer_source *source = data;
	const unsigned found = (missing->found & WHOLE_NO_END ? EXCERPT_NO_END : 0) |
			       (missing->found & WHOLE_GAPS ? EXCERPT_GAPS : 0) |
			       (missing->found & WHOLE_NO_NEXT ? EXCERPT_NO_NEXT : 0) |
			       (missing->found & WHOLE_NO_FIRST ? EXCERPT_NO_FIRST : 0);

	note_found(source, flawed_streams_find(&source->flawed, missing->id, WHOLE_ID), found);
}

/* How whole the streams are that it is of. Of a host of which something is damaged that has been
 * said; of several nobody knows whose that was. */
static void judge_streams(struct printer *printer)
{
	struct printer_source *source = &printer->source;
	const bool damaged = source->found & (EXCERPT_DAMAGED | EXCERPT_UNREAD);
	const bool told = !writes_excerpt(printer) || (damaged && printer->output.hosts.n < 2);
	const unsigned found =
		whole_streams_judge(&source->streams, told ? NULL : note_lack, source);

	if (!writes_excerpt(printer))
		return;
	source->in_progress |= (found & WHOLE_GROWING) != 0;
	if (!told && source->streams.full)
		source->found |= EXCERPT_GAPS;
}

static int put_flawed(struct printer *printer, const uint8_t *header, size_t size,
		      const struct flawed_stream *stream)
{
	struct printer_source *source = &printer->source;
	struct excerpt *excerpt = &printer->excerpt;
	Ringside__V1__Record *record = ringside__v1__record__unpack(NULL, size, header);
	const bool several = printer->output.hosts.n > 1;
	int r = 0;

	if (!record)
		return -ENOMEM;
	excerpt_flaws_reset(&excerpt->flaws);
	excerpt_flaws_add(&excerpt->flaws, stream ? stream->found : source->found,
			  stream && several ? record->header->host_name : NULL);
	excerpt->in_progress = !stream && source->in_progress;
	if (excerpt_is_any(excerpt) || record->header->excerpt) {
		r = put_header(printer, record);
		source->put--; /* it was there before */
	}
	ringside__v1__record__free_unpacked(record, NULL);
	return r;
}

static bool lacks_word(const struct printer_source *source)
{
	return source->found & ~source->flaws_put || (source->in_progress && !source->progress_put);
}

/* At the end, where it is the same whoever reads ahead, and how far; with the times of the Headers
 * that it repeats, without which they are no records to who looks for one behind damage. */
int printer_tell_flaws(struct printer *printer)
{
	struct printer_source *source = &printer->source;
	int r = 0;

	judge_streams(printer);
	if (!printer->output.ops->raw)
		return 0;
	printer->output.cache = NULL; /* of a reader that is gone */
	for (size_t i = 0; !r && i < source->flawed.n; i++) {
		const struct flawed_stream *stream = source->flawed.all[i];

		if (stream->header && stream->found & ~stream->put)
			r = put_flawed(printer, stream->header, stream->size, stream);
	}
	if (!r && source->header_size && lacks_word(source))
		r = put_flawed(printer, source->header, source->header_size, NULL);
	return r;
}
