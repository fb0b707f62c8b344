/* SPDX-License-Identifier: Apache-2.0 */
/* Records that other threads format: what printer.h says of them. */
#include "consumer/commands/printer-internal.h"

#include "proto/base/cpus.h"

/* Formatted without threads: of small files, and of those that are read for a few records. */
#define SHARE_FROM (2u * 1024 * 1024)

void printer_wait(struct printer *printer)
{
	if (printer->threads)
		printer->unprinted += output_threads_finish(printer->threads);
	printer->alone = 0;
}

/* Of a thread's record. */
static void say_unreadable(void *data, const struct output_unreadable *record)
{
	struct printer *printer = data;

	if (printer->writer->error)
		return; /* which has ended it before */
	if (record->starved)
		(void)problem_starved(&printer->problem);
	else
		(void)problem_unreadable(&printer->problem, record->source.size,
					 record->source.offset);
	printer_say(printer, printer->problem.text);
}

void printer_share(struct printer *printer)
{
	printer->may_share = !printer->output.ops->binary;
}

uint64_t printer_settle(struct printer *printer)
{
	uint64_t n;

	printer_wait(printer);
	n = printer->unprinted;
	printer->unprinted = 0;
	return n;
}

/* Nothing is left to settle. Whether there are threads, which know @header now. */
static bool begin_sharing(struct printer *printer, const Ringside__V1__Header *header)
{
	unsigned cpus = printer->threads ? 0 : cpus_usable();

	if (cpus > 1)
		(void)output_threads_new(&printer->threads, &printer->output, cpus, say_unreadable,
					 printer);
	printer->may_share = printer->threads && !output_threads_header(printer->threads, header);
	return printer->may_share;
}

bool printer_is_shared(struct printer *printer, const struct reader *reader,
		       const struct reader_record *item)
{
	bool shared = printer->alone >= SHARE_FROM;

	if (!printer->may_share)
		return false;
	if (item->record || item->size > OUTPUT_THREADS_FRAME) {
		printer_wait(printer);
		return false;
	}
	printer->alone += shared ? 0 : item->size;
	return shared ||
	       (printer->alone >= SHARE_FROM && begin_sharing(printer, reader_header(reader)));
}
