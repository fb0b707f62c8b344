/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of Counters that are told by themselves: what is full. */
#include "consumer/commands/printer-internal.h"

bool printer_has_rows(const struct printer *printer, const Ringside__V1__Header *header)
{
	for (size_t i = 0; header && printer->output.ops->put_row && i < header->n_probes; i++) {
		const struct kind *kind = kind_find(header->probes[i]->kind);

		if (kind && kind->fill && filter_takes_kind(printer->filter, kind))
			return true;
	}
	return false;
}

/* 0 or -errno. */
static int put_row(struct printer *printer, const Ringside__V1__Record *record,
		   const Ringside__V1__CounterRow *row)
{
	struct output *output = &printer->output;
	const struct kind *kind = kind_find(row->kind);

	int r;

	if (!kind || !kind->fill || !filter_row(printer->filter, record, row, output->header))
		return 0;
	r = output->ops->put_row(output, record, row);
	if (r <= 0)
		return r;
	printer->matched = true;
	for (unsigned i = 0; i < KINDS_COUNT; i++)
		printer->rows_shown[i] += kinds[i] == kind;
	return 0;
}

int printer_put_rows(struct printer *printer, struct reader *reader, struct reader_record *item)
{
	const Ringside__V1__Counters *counters;
	int r = reader_unpack(reader, item);

	if (r)
		return r;
	printer_wait(printer);
	printer->output.header = reader_header(reader);
	printer->output.cache = reader_memo(reader);
	counters = item->record->counters;
	for (size_t i = 0; !r && i < counters->n_rows; i++)
		r = put_row(printer, item->record, counters->rows[i]);
	return r;
}
