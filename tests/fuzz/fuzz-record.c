/* SPDX-License-Identifier: Apache-2.0 */
/* One Record: unpacking it, and all that is printed of it. */
#include <fcntl.h>

#include "arena.h"
#include "fuzz.h"
#include "output.h"
#include "peek.h"

static void print(const struct output_ops *ops, struct writer *writer,
		  const Ringside__V1__Record *record, const uint8_t *data, size_t size)
{
	struct output output = {.ops = ops, .writer = writer, .verbose = true, .every = true};

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		output.header = record->header;
	fuzz_assert(!output_open(&output));
	fuzz_assert(!output_put(&output, record, data, size));
	fuzz_assert(!output_close(&output));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct writer *writer;
	const Ringside__V1__Record *record;
	struct arena arena;
	struct peek peek;

	if (!writer)
		fuzz_assert(!writer_new(&writer, open("/dev/null", O_WRONLY | O_CLOEXEC)));
	arena_init(&arena);
	record = ringside__v1__record__unpack(&arena.allocator, size, data);
	if (record) {
		/* of what can be unpacked, the short look sees the same */
		if (peek_record(data, size, &peek) && record->has_seq)
			fuzz_assert(peek.seq == record->seq);
		for (size_t i = 0; outputs[i]; i++)
			print(outputs[i], writer, record, data, size);
	}
	arena_done(&arena);
	return 0;
}
