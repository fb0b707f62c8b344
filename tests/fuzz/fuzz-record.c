/* SPDX-License-Identifier: Apache-2.0 */
/* One Record: unpacking it, and all that is printed of it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/base/arena.h"
#include "consumer/output/output.h"
#include "consumer/read/unpack.h"
#include "proto/record/peek.h"
#include "tests/fuzz/fuzz.h"

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

/* Packed again, both are the same. */
static void check_same(const Ringside__V1__Record *record, const Ringside__V1__Record *expected)
{
	size_t size = ringside__v1__record__get_packed_size(expected);
	uint8_t *a = malloc(size + 1), *b = malloc(size + 1);

	fuzz_assert(a && b && size == ringside__v1__record__get_packed_size(record));
	(void)ringside__v1__record__pack(record, a);
	(void)ringside__v1__record__pack(expected, b);
	fuzz_assert(!memcmp(a, b, size));
	free(a);
	free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct writer *writer;
	static struct unpacker *unpacker;
	Ringside__V1__Record *expected = ringside__v1__record__unpack(NULL, size, data);
	const Ringside__V1__Record *record;
	struct arena arena;
	struct peek peek;

	if (!writer)
		fuzz_assert(!writer_new(&writer, open("/dev/null", O_WRONLY | O_CLOEXEC)));
	if (!unpacker)
		fuzz_assert(!unpacker_new(&unpacker, &ringside__v1__record__descriptor));
	arena_init(&arena);
	record = unpacker_unpack(unpacker, &arena, data, size);
	fuzz_assert(!record == !expected);
	if (record) {
		check_same(record, expected);
		/* of what can be unpacked, the short look sees the same */
		if (peek_record(data, size, &peek) && record->has_seq)
			fuzz_assert(peek.seq == record->seq);
		for (size_t i = 0; outputs[i]; i++)
			print(outputs[i], writer, record, data, size);
	}
	arena_done(&arena);
	if (expected)
		ringside__v1__record__free_unpacked(expected, NULL);
	return 0;
}
