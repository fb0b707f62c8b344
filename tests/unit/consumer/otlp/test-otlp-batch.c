/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/otlp/otlp-pack.h"

#include <zlib.h>
#include <zstd.h>

#include "tests/lib/test.h"

static const uint8_t id[TARGET_ID] = "sixteen bytes 1";
static const struct otel_piece resource = {(const uint8_t *)"\x32\x03\x0a\x01k", 5};

static struct otlp_batch *make_batch(unsigned n)
{
	struct otlp_batch *batch = NULL;

	assert_ok(otlp_batch_new(&batch, id, &resource));
	for (unsigned i = 0; i < n; i++) {
		const uint8_t told[] = {0x12, 0x01, (uint8_t)i}, frame[] = {'f', (uint8_t)i};
		const struct target_item item = {.seq = 100 + i,
						 .frame = frame,
						 .size = sizeof(frame)};
		/* of two pieces */
		const struct otel_told pieces = {.pieces = {{told, 1},
							    {told + 1, sizeof(told) - 1}},
						 .n = 2,
						 .size = sizeof(told)};
		const size_t memory = otlp_batch_memory_with(batch, sizeof(told), sizeof(frame));

		assert_ok(otlp_batch_add(batch, &item, 3 * i + 3, &pieces));
		assert_int_equal(otlp_batch_memory(batch), memory);
	}
	return batch;
}

/* What a half has is what stood there: identity, frame, and how far it settles. */
static void assert_holds(const struct otlp_batch *batch, unsigned from, unsigned to)
{
	size_t end = 0, frame = 0;

	assert_int_equal(batch->n, to - from);
	assert_int_equal(batch->state, OTLP_READY);
	assert_memory_equal(batch->stream_id, id, TARGET_ID);
	assert_int_equal(otlp_batch_bytes(batch), 3 * (to - from));
	for (unsigned i = from; i < to; i++) {
		const struct otlp_record *record = &batch->records[i - from];

		assert_int_equal(record->seq, 100 + i);
		assert_int_equal(record->upto, 3 * i + 3);
		assert_int_equal(batch->bytes.p[end + 2], i);
		assert_int_equal(batch->frames[frame + 1], i);
		end = record->end;
		frame = record->frame_end;
	}
}

static void halves_are_what_the_whole_was(void **state)
{
	struct otlp_batch *batch = make_batch(101), *behind = make_batch(1);

	batch->next = behind;
	batch->upto = 310; /* with some that were passed */
	assert_ok(otlp_batch_split(batch));
	assert_holds(batch, 0, 50);
	assert_holds(batch->next, 50, 101);
	assert_int_equal(batch->upto, 3 * 49 + 3);
	assert_int_equal(batch->next->upto, 310);
	assert_ptr_equal(batch->next->next, behind);
	(void)otlp_batch_free(batch->next);
	(void)otlp_batch_free(batch);
	(void)otlp_batch_free(behind);
}

/* By zlib and libzstd. Returns how many bytes there are. */
static size_t take_out(const struct otlp_batch *batch, enum otlp_compression compression,
		       uint8_t plain[256])
{
	z_stream z = {.next_in = (uint8_t *)batch->body,
		      .avail_in = (unsigned)batch->body_size,
		      .next_out = plain,
		      .avail_out = 256};

	if (compression == OTLP_ZSTD)
		return ZSTD_decompress(plain, 256, batch->body, batch->body_size);
	if (compression == OTLP_NONE) {
		memcpy(plain, batch->body, batch->body_size);
		return batch->body_size;
	}
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(inflateEnd(&z), Z_OK);
	return z.total_out;
}

static void bodies_are_the_same_packed_or_not(void **state)
{
	for (enum otlp_compression compression = OTLP_NONE; compression <= OTLP_ZSTD;
	     compression++) {
		_cleanup_(otlp_packer_freep) struct otlp_packer *packer = NULL;
		_cleanup_(otlp_batch_freep) struct otlp_batch *batch = make_batch(2);
		uint8_t plain[256];
		size_t size;

		assert_ok(otlp_packer_new(&packer, compression));
		assert_ok(otlp_pack(packer, batch));
		size = take_out(batch, compression, plain);
		/* the request, the resource with its attribute's own number, and the records last
		 */
		assert_int_equal(plain[0], 0x0a);
		assert_int_equal(plain[1], size - 2);
		assert_memory_equal(plain + 2, "\x0a\x05\x0a\x03\x0a\x01k", 7);
		assert_memory_equal(plain + size - 6, "\x12\x01\x00\x12\x01\x01", 6);
	}
}

/* The bytes of a body that is compressed are for the next batch. */
static void halves_come_out_of_a_body(void **state)
{
	for (enum otlp_compression compression = OTLP_NONE; compression <= OTLP_ZSTD;
	     compression++) {
		const bool packed = compression != OTLP_NONE;
		_cleanup_(otlp_packer_freep) struct otlp_packer *packer = NULL;
		struct otlp_batch *batch = make_batch(101), *other = NULL;

		assert_ok(otlp_packer_new(&packer, compression));
		assert_ok(otlp_pack(packer, batch));
		assert_int_equal(!batch->bytes.p, packed);
		assert_int_equal(otlp_packer_memory(packer) != 0, packed);
		assert_ok(otlp_batch_new(&other, id, &resource));
		otlp_packer_lend(packer, other);
		assert_int_equal(other->bytes.p != NULL, packed);
		assert_ok(otlp_packer_undo(packer, batch));
		assert_null(batch->body);
		assert_ok(otlp_batch_split(batch));
		assert_holds(batch, 0, 50);
		assert_holds(batch->next, 50, 101);
		(void)otlp_batch_free(batch->next);
		(void)otlp_batch_free(batch);
		(void)otlp_batch_free(other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_are_what_the_whole_was),
		cmocka_unit_test(halves_come_out_of_a_body),
		cmocka_unit_test(bodies_are_the_same_packed_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
