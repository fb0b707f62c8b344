/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they are: what has to come before one, and what has to be in it, for who reads them
 * as a stream. */
#include "consumer/commands/printer-internal.h"

#include <stdlib.h>
#include <string.h>

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

int printer_put_stream(struct printer *printer, const struct reader *reader,
		       const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	Ringside__V1__Record record = RINGSIDE__V1__RECORD__INIT;
	bool same;

	if (!header || header->stream_id.len != sizeof(printer->put_stream))
		return 0;
	same = !memcmp(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream));
	memcpy(printer->put_stream, header->stream_id.data, sizeof(printer->put_stream));
	if (same || item->header)
		return 0;
	record.body_case = RINGSIDE__V1__RECORD__BODY_HEADER;
	record.header = (Ringside__V1__Header *)(uintptr_t)header;
	record.has_seq = header->has_first_seq;
	record.seq = header->first_seq;
	return put_header(printer, &record);
}

int printer_put_raw(struct printer *printer, const struct reader *reader,
		    struct reader_record *item)
{
	int r = 0;

	if (item->header && excerpt_is_any(&printer->excerpt))
		return put_header(printer, item->record);
	if (printer->output.ops->binary &&
	    derived_apart(&printer->put, item->derived, item->peek.seq))
		r = complete_record(printer, item);
	return r ? r : output_put(&printer->output, item->record, item->frame, item->size);
}
