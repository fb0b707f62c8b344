/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/frame-selection.h"

#include <sys/random.h>
#include <sys/resource.h>

#include "consumer/files/last-records.h"
#include "proto/recording/source.h"
#include "tests/lib/zstd-fixture.h"

#define FRAMES 200u
#define BULK 65536u /* of a frame, which does not compress */

/* Frames of a large recording: an event, and bytes of a newer version. */
static int setup(void **state)
{
	static uint8_t bulk[BULK];
	struct stream stream;
	struct packed *packed = malloc(sizeof(*packed));

	assert_non_null(packed);
	stream_init(&stream);
	stream_header(&stream);
	packed_init(packed);
	for (unsigned i = 0; i < FRAMES; i++) {
		uint8_t *p = bulk;

		assert_int_equal(getrandom(bulk, sizeof(bulk), 0), BULK);
		p = frame_put_length(p, BULK - 4);
		p = pb_put_varint(p, 100u << 3 | PB_BYTES);
		(void)pb_put_varint(p, BULK - 4 - 5);
		stream_event(&stream, i % 50 ? STREAM_SECCOMP : STREAM_OOM, 0);
		packed_put(packed, stream.data, stream.size, false);
		stream.size = 0;
		packed_put(packed, bulk, BULK - 4 + 3, false);
		packed_end_frame(packed);
	}
	stream_footer(&stream);
	packed_put(packed, stream.data, stream.size, false);
	packed_close(packed);
	assert_true(packed->size > (size_t)FRAMES * BULK);
	stream_done(&stream);
	*state = packed;
	return 0;
}

static int teardown(void **state)
{
	packed_done(*state);
	free(*state);
	return 0;
}

/* Bytes this process has read so far. */
static uint64_t bytes_read(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/io", "re");
	unsigned long long n;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "rchar: %llu", &n), 1);
	return n;
}

static struct filter *filter_of(const char *option, const char *arg)
{
	struct filter *filter;
	char error[256];

	assert_ok(filter_new(&filter));
	for (const struct option_row *row = filter_options; row->name; row++)
		if (!strcmp(row->name, option))
			assert_ok(filter_option(filter, row->opt, arg, error, sizeof(error)));
	return filter;
}

/* Reads what @filter wants; returns the records that match. */
static unsigned read_matching(const struct packed *packed, const struct filter *filter,
			      uint64_t *ret_bytes)
{
	_cleanup_close_ int fd = memory_file(packed->data, packed->size);
	_cleanup_(reader_freep) struct reader *reader = NULL;
	struct recording_ranges ranges;
	struct reader_record item;
	uint64_t before = bytes_read();
	unsigned n = 0;
	int r;

	assert_ok(reader_new(&reader, fd, "x"));
	assert_ok(frame_selection_for(reader, filter, NULL, &ranges));
	while (!(r = reader_next(reader, &item)))
		n += filter_match(filter, item.record, reader_header(reader)) && !item.header;
	assert_int_equal(r, READER_END);
	*ret_bytes = bytes_read() - before;
	return n;
}

/* An index frame is found with 8 KiB at most, and the frame before it looked at. */
#define HOP (3 * RECORDING_INDEX_MAX)

static void a_moment_costs_its_frames_and_a_step_for_each_other(void **state)
{
	const struct packed *packed = *state;
	_cleanup_(filter_freep) struct filter *filter = NULL;
	char when[32];
	uint64_t bytes, unix_nano = STREAM_NANO_UNIX + 100 * 1000000u;
	unsigned n;

	(void)snprintf(when, sizeof(when), "@%llu.%09llu",
		       (unsigned long long)(unix_nano / 1000000000u),
		       (unsigned long long)(unix_nano % 1000000000u));
	filter = filter_of("until", when);
	n = read_matching(packed, filter, &bytes);
	assert_true(n > 2 && n < FRAMES);
	assert_true(bytes < (n + 4) * (uint64_t)BULK + (2 * SOURCE_CHUNK) + FRAMES * HOP);
}

static void a_rare_kind_costs_the_frames_that_have_it(void **state)
{
	const struct packed *packed = *state;
	_cleanup_(filter_freep) struct filter *filter = filter_of("kind", "oom");
	uint64_t bytes;

	assert_int_equal(read_matching(packed, filter, &bytes), FRAMES / 50);
	/* each comes with what one read gives */
	assert_true(bytes <
		    (FRAMES / 50 + 2) * (BULK + (uint64_t)(2 * SOURCE_CHUNK)) + FRAMES * HOP);
	assert_true(bytes < packed->size / 2);
}

static bool is_event(void *data, struct reader *reader, struct reader_record *item)
{
	(void)data;
	(void)reader;
	return item->peek.kind == RINGSIDE__V1__RECORD__BODY_OOM_KILL ||
	       item->peek.kind == RINGSIDE__V1__RECORD__BODY_SECCOMP_DENIAL;
}

static void the_last_records_cost_the_last_frames(void **state)
{
	const struct packed *packed = *state;
	_cleanup_close_ int fd = memory_file(packed->data, packed->size);
	char path[64];
	struct last_records last;
	uint64_t before;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	before = bytes_read();
	assert_ok(last_records_find(path, is_event, NULL, 3, &last));
	assert_int_equal(last.n, 3);
	/* among others for the Header in force, which is in the first frame */
	assert_true(bytes_read() - before < 12 * (uint64_t)(2 * SOURCE_CHUNK) + 3 * FRAMES * HOP);
	assert_true(last.begin > packed->size * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_costs_its_frames_and_a_step_for_each_other),
		cmocka_unit_test(a_rare_kind_costs_the_frames_that_have_it),
		cmocka_unit_test(the_last_records_cost_the_last_frames),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
