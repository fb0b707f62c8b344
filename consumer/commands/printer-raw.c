/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they are: what has to come before one, and what has to be in it, for who reads them
 * as a stream. */
#include "consumer/commands/printer-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* A Header says that it is not all of the stream that follows, if it is not. */
static int put_header(struct printer *printer, const Ringside__V1__Record *record)
{
	struct excerpt_header marked;
	size_t size;

	printer_wait(printer);
	printer->source.put++;
	printer->source.flaws_put |=
		printer->excerpt.flaws | excerpt_flaws(record->header->excerpt_flaws);
	printer->source.progress_put |=
		printer->excerpt.in_progress || record->header->excerpt_in_progress;
	excerpt_mark(&printer->excerpt, record, printer->output.hosts.n, &marked);
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

static int put_header_again(struct printer *printer, const Ringside__V1__Header *header)
{
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;

	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = (Ringside__V1__Header *)(uintptr_t)header;
	record.has_seq = header->has_first_seq;
	record.seq = header->first_seq;
	return put_header(printer, &record);
}

int printer_put_stream(struct printer *printer, const struct reader *reader,
		       const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);

	if (item->orphan)
		return put_made_header(printer, reader, item);
	printer->put_orphan = 0;
	if (!header || header->stream_id.len != sizeof(printer->put_stream) ||
	    !memcmp(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream)))
		return 0;
	memcpy(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream));
	return item->header ? 0 : put_header_again(printer, header);
}

int printer_put_raw(struct printer *printer, const struct reader *reader,
		    struct reader_record *item)
{
	int r = 0;

	if (item->header && excerpt_is_any(&printer->excerpt))
		return put_header(printer, item->record);
	printer->source.put++;
	if (item->header) {
		printer->source.flaws_put |= excerpt_flaws(item->record->header->excerpt_flaws);
		printer->source.progress_put |= item->record->header->excerpt_in_progress;
	}
	if (printer->output.ops->binary &&
	    derived_apart(&printer->put, item->derived, item->peek.seq))
		r = complete_record(printer, item);
	return r ? r : output_put(&printer->output, item->record, item->frame, item->size);
}

static void keep_header(struct printer_source *source, const Ringside__V1__Record *record)
{
	const size_t size = ringside__v1__record__get_packed_size(record);
	uint8_t *buf = realloc(source->header, size);

	if (!buf) /* the next record brings it, or the next Header */
		return;
	source->header = buf;
	source->header_size = ringside__v1__record__pack(record, buf);
}

void printer_header(void *data, const Ringside__V1__Record *record)
{
	struct printer *printer = data;
	const unsigned flaws =
		record->header->excerpt ? excerpt_flaws(record->header->excerpt_flaws) : 0;

	if (!filter_host_wanted(printer->filter, record->header))
		return;
	printer->source.in_progress |= record->header->excerpt_in_progress;
	printer->source.excerpt |= record->header->excerpt != NULL;
	printer->source.flaws |= flaws;
	printer->source.found |= flaws;
	if (printer->output.ops->raw)
		keep_header(&printer->source, record);
}

void printer_see_flaws(struct printer *printer, struct reader *reader, struct reader_record *item,
		       bool matches)
{
	if (!matches && item->peek.kind == RINGSIDE__V1__RECORD__BODY_LOST &&
	    !reader_unpack(reader, item) &&
	    filter_touches_loss(printer->filter, item->record, reader_header(reader)))
		printer->source.found |= EXCERPT_LOST;
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

/* How whole the streams are that it is of. Where something is damaged, that has been said of all.
 */
static void judge_streams(struct printer *printer)
{
	struct printer_source *source = &printer->source;
	const unsigned found = whole_streams_judge(&source->streams, NULL, NULL);

	if (!writes_excerpt(printer))
		return;
	source->in_progress |= (found & WHOLE_GROWING) != 0;
	if (source->found & (EXCERPT_DAMAGED | EXCERPT_UNREAD))
		return;
	source->found |= found & WHOLE_NO_END ? EXCERPT_NO_END : 0;
	source->found |= found & WHOLE_GAPS ? EXCERPT_GAPS : 0;
}

/* At the end, where it is the same whoever reads ahead, and how far; with the times of the Header
 * that it repeats, without which it is no record to who looks for one behind damage. */
int printer_tell_flaws(struct printer *printer)
{
	const struct printer_source *source = &printer->source;
	Ringside__V1__Record *record;
	int r = 0;

	judge_streams(printer);
	if (!printer->output.ops->raw || !source->header_size ||
	    !(source->found & ~source->flaws_put || (source->in_progress && !source->progress_put)))
		return 0;
	record = ringside__v1__record__unpack(NULL, source->header_size, source->header);
	if (!record)
		return -ENOMEM;
	printer->output.cache = NULL; /* of a reader that is gone */
	printer->excerpt.flaws = source->found;
	printer->excerpt.in_progress = source->in_progress;
	if (excerpt_is_any(&printer->excerpt) || record->header->excerpt) {
		r = put_header(printer, record);
		printer->source.put--; /* it was there before */
	}
	ringside__v1__record__free_unpacked(record, NULL);
	return r;
}
