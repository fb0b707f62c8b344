/* SPDX-License-Identifier: Apache-2.0 */
/* Strict ProtoJSON of the whole Record, one a line: https://protobuf.dev/programming-guides/json/
 */
#include "consumer/output/message-json.h"
#include "consumer/output/output.h"

static int open_protojson(struct output *output)
{
	struct shapes *shapes = NULL;
	int r = shapes_new(&shapes, &ringside__v1__record__descriptor, MESSAGE_JSON_PROTO);

	output->state = shapes;
	return r;
}

static int put_protojson(struct output *output, const Ringside__V1__Record *record,
			 const uint8_t *frame, size_t size)
{
	shapes_use_memo(output->state, output->cache);
	message_json_put(shapes_root(output->state), output->writer, record);
	writer_put(output->writer, "\n", 1);
	return 0;
}

static void close_protojson(void *state)
{
	(void)shapes_free(state);
}

const struct output_ops output_protojson = {
	.name = "protojson",
	.help = "strict ProtoJSON, which every protobuf library reads back",
	.apart = true,
	.open = open_protojson,
	.raw = true,
	.put = put_protojson,
	.close = close_protojson,
};
