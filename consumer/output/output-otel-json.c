/* SPDX-License-Identifier: Apache-2.0 */
/* A request of OTLP a line, with one record in it: what an OpenTelemetry Collector's otlpjsonfile
 * receiver reads. */
#include "consumer/otel/otel.h"
#include "consumer/output/output.h"
#include "proto/record/peek.h"

static int open_otel_json(struct output *output)
{
	struct otel *otel = NULL;
	int r = otel_new(&otel, &otel_json);

	output->state = otel;
	return r;
}

static int put_otel_json(struct output *output, const Ringside__V1__Record *record,
			 const uint8_t *frame, size_t size)
{
	struct otel *otel = output->state;
	struct otel_piece resource;
	struct otel_told told;
	int r;

	(void)frame, (void)size;
	if (!otel_tells((unsigned)record->body_case))
		return 0;
	r = otel_take_header(otel, output->header);
	if (r >= 0)
		r = otel_tell(otel, record, output->header, output->cache, &told);
	if (r)
		return r;
	resource = otel_resource_of(otel);
	otel_json.head(output->writer, &resource, told.size);
	writer_put(output->writer, told.pieces->data, told.size);
	otel_json.tail(output->writer);
	return 0;
}

static void close_otel_json(void *state)
{
	(void)otel_free(state);
}

/* What is no event has no place there, whatever the options. */
static bool prints_otel_json(const struct output *output, unsigned kind)
{
	(void)output;
	return otel_tells(kind);
}

const struct output_ops output_otel_json = {
	.name = "otel-json",
	.help = "requests of OTLP, a line each, for OpenTelemetry's Collector",
	.apart = true,
	.open = open_otel_json,
	.put = put_otel_json,
	.close = close_otel_json,
	.prints = prints_otel_json,
};
