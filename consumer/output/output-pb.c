/* SPDX-License-Identifier: Apache-2.0 */
/* The frames as they were read: byte for byte, with all that this version does not know. */
#include "consumer/output/output.h"
#include "proto/record/frame.h"

static int put_pb(struct output *output, const Ringside__V1__Record *record, const uint8_t *frame,
		  size_t size)
{
	uint8_t *p = writer_room(output->writer, FRAME_PREFIX_MAX);

	writer_used(output->writer, frame_put_length(p, size));
	writer_put(output->writer, frame, size);
	return 0;
}

const struct output_ops output_pb = {
	.name = "pb",
	.help = "protobuf, the records as they are, for another program",
	.binary = true,
	.raw = true,
	.put = put_pb,
};
