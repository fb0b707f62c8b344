/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/recording-fixture.h"

static void what_goes_in_comes_out(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	add_events(f, 20000);
	stream_counters(&f->stream);
	stream_footer(&f->stream);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	assert_true(f->size < f->stream.size / 4);
}

static void a_flushed_record_can_be_read_before_the_frame_ends(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	for (unsigned i = 0; i < 50; i++) {
		add_events(f, 1);
		put_all(f, i);
		assert_content(f, f->stream.size, false);
	}
}

static void zstd_reads_all_of_an_unfinished_file(void **state)
{
	struct fixture *f = *state;
	char command[128];

	stream_header(&f->stream);
	for (unsigned i = 0; i < 40; i++) {
		/* batches like those of a storm, and some like those of a quiet day */
		add_events(f, i % 3 ? 300 : 3);
		put_all(f, i);
		(void)snprintf(command, sizeof(command),
			       "[ $(zstd -dcq \"$1\" 2>/dev/null | wc -c) = %zu ]", f->stream.size);
		assert_ok(run_shell(f, command));
	}
}

static uint64_t count_of(const Index *index, const char *kind)
{
	for (size_t i = 0; i < index->n_counts; i++)
		if (!strcmp(index->counts[i]->kind, kind))
			return index->counts[i]->count;
	return 0;
}

/* What the index says of the frame is what the frame has. */
static void assert_index(const struct fixture *f, const struct parts *parts, size_t i,
			 uint64_t offset, uint64_t first_seq)
{
	const Index *index = parts->indexes[i];
	_cleanup_free_ uint8_t *content = malloc(index->uncompressed_bytes);
	uint64_t min = UINT64_MAX, max = 0, kills = 0, denials = 0;

	assert_int_equal(index->compressed_bytes, parts->data_size[i]);
	assert_int_equal(index->uncompressed_offset, offset);
	assert_int_equal(ZSTD_decompress(content, index->uncompressed_bytes,
					 f->file + parts->data_at[i], parts->data_size[i]),
			 index->uncompressed_bytes);
	{
		_cleanup_records_ struct records records =
			records_decode(content, index->uncompressed_bytes);

		for (size_t k = 0; k < records.n; k++) {
			const Record *r = records.all[k];

			kills += r->body_case == BODY(OOM_KILL);
			denials += r->body_case == BODY(SECCOMP_DENIAL);
			min = r->boottime_nano < min ? r->boottime_nano : min;
			max = r->boottime_nano > max ? r->boottime_nano : max;
		}
		content = NULL; /* records_done frees it */
		assert_int_equal(index->first_seq, first_seq);
		assert_int_equal(index->last_seq, first_seq + records.n - 1);
		assert_int_equal(index->last_seq, records.all[records.n - 1]->seq);
	}
	assert_int_equal(count_of(index, "oom_kill"), kills);
	assert_int_equal(count_of(index, "seccomp_denial"), denials);
	assert_int_equal(index->min_boottime_nano, min);
	assert_int_equal(index->max_boottime_nano, max);
	assert_int_equal(index->min_time_unix_nano, min + STREAM_NANO_UNIX);
	assert_int_equal(index->max_time_unix_nano, max + STREAM_NANO_UNIX);
	assert_int_equal(index->stream_id.len, 16);
	assert_memory_equal(index->stream_id.data, parts->indexes[0]->stream_id.data, 16);
}

static void check_indexes(struct fixture *f, bool runs)
{
	uint64_t offset = 0, seq = 1, most = RECORDING_FRAME_BYTES;

	f->stream.runs = runs;
	most += runs ? RECORDING_FRAME_REST : 0;
	stream_header(&f->stream);
	add_events(f, 40000);
	stream_footer(&f->stream);
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_true(parts.n > 2);
		assert_int_equal(count_of(parts.indexes[0], "header"), 1);
		assert_int_equal(count_of(parts.indexes[parts.n - 1], "footer"), 1);
		for (size_t i = 0; i < parts.n; i++) {
			assert_index(f, &parts, i, offset, seq);
			assert_true(parts.indexes[i]->uncompressed_bytes <= most);
			offset += parts.indexes[i]->uncompressed_bytes;
			seq = parts.indexes[i]->last_seq + 1;
		}
	}
	assert_int_equal(offset, f->stream.size);
}

static void an_index_behind_each_frame_says_what_is_in_it(void **state)
{
	check_indexes(*state, false);
}

/* assert_index decodes each frame by itself, which fails where something is told before it. */
static void no_frame_begins_within_a_run_of_events(void **state)
{
	check_indexes(*state, true);
}

/* Also when a frame has been open for a minute, whatever a put begins with. */
static void a_frame_that_is_old_ends_before_a_run(void **state)
{
	struct fixture *f = *state;
	unsigned n = 0;

	f->stream.runs = true;
	stream_header(&f->stream);
	for (unsigned i = 0; i < 400; i++) {
		add_events(f, 7);
		put_all(f, i * UINT64_C(1000000000));
	}
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);
		uint64_t offset = 0, seq = 1;

		for (n = 0; n < parts.n; n++) {
			assert_index(f, &parts, n, offset, seq);
			offset += parts.indexes[n]->uncompressed_bytes;
			seq = parts.indexes[n]->last_seq + 1;
		}
	}
	assert_in_range(n, 5, 7);
}

/* What no streamer writes: a run without end. */
static void a_run_that_never_ends_is_cut(void **state)
{
	struct fixture *f = *state;
	uint8_t event[] = {20, 0x1a, 0, 0x62, 2, 0x08, 0, 0x71, 1, 1, 1,
			   1,  1,    1, 1,    1, 0x78, 0, 0,    0, 1};

	stream_header(&f->stream);
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t seq = i + 2;

		event[17] = (uint8_t)(seq | 0x80);
		event[18] = (uint8_t)(seq >> 7 | 0x80);
		event[19] = (uint8_t)(seq >> 14 | 0x80);
		event[20] = 0;
		stream_raw(&f->stream, event, sizeof(event));
	}
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 4);
		assert_true(parts.indexes[0]->uncompressed_bytes <=
			    RECORDING_FRAME_BYTES + RECORDING_FRAME_REST);
	}
}

static void a_header_begins_a_frame(void **state)
{
	struct fixture *f = *state;
	size_t first;

	stream_header(&f->stream);
	add_events(f, 3);
	first = f->stream.size;
	stream_header(&f->stream);
	add_events(f, 3);
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 2);
		assert_int_equal(parts.indexes[0]->uncompressed_bytes, first);
	}
}

static void a_frame_ends_when_it_is_old(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	put_all(f, 5);
	add_events(f, 1);
	put_all(f, 4 + RECORDING_FRAME_NANO);
	add_events(f, 1);
	put_all(f, 5 + RECORDING_FRAME_NANO);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 2);
		assert_int_equal(count_of(parts.indexes[0], "oom_kill"), 1);
		assert_int_equal(count_of(parts.indexes[1], "oom_kill"), 1);
	}
}

static void the_largest_record_is_taken(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ uint8_t *large = malloc(FRAME_MAX + FRAME_PREFIX_MAX);
	uint8_t *p = frame_put_length(large, FRAME_MAX);

	/* a field nobody knows, of noise, which grows when it is compressed */
	srandom(1);
	for (size_t i = 0; i < FRAME_MAX; i++)
		p[i] = (uint8_t)random();
	(void)pb_put_varint(pb_put_varint(p, 100 << 3 | PB_BYTES), FRAME_MAX - 5);
	stream_header(&f->stream);
	add_events(f, 2);
	stream_raw(&f->stream, large, (size_t)(p - large) + FRAME_MAX);
	add_events(f, 2);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 3);
	}
}

static void what_is_not_whole_is_refused(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	assert_int_equal(recording_writer_put(f->w, f->stream.data, f->stream.size - 1, 0),
			 -EBADMSG);
	assert_int_equal(recording_writer_put(f->w, f->stream.data, 0, 0), -EBADMSG);
	add_events(f, 1);
	/* the whole ones before it are taken */
	assert_true(recording_writer_put(f->w, f->stream.data, f->stream.size - 1, 0) > 0);
}

/* https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 */
static void the_seek_table_is_as_specified(void **state)
{
	struct fixture *f = *state;
	size_t compressed = 0, content = 0;

	stream_header(&f->stream);
	add_events(f, 40000);
	put_all(f, 0);
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);
		const uint8_t *footer = parts.seek + parts.seek_size - 9;
		uint32_t n = le32(footer);

		assert_non_null(parts.seek);
		assert_int_equal(le32(footer + 5), RECORDING_SEEK_FOOTER);
		assert_int_equal(footer[4], 0);
		assert_int_equal(n, parts.n_frames);
		assert_int_equal(parts.seek_size, 8 * n + 9);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(le32(parts.seek + 8 * i), parts.frame_sizes[i]);
			compressed += le32(parts.seek + 8 * i);
			content += le32(parts.seek + 8 * i + 4);
			assert_int_equal(le32(parts.seek + 8 * i + 4),
					 i % 2 ? 0 : parts.indexes[i / 2]->uncompressed_bytes);
		}
		assert_int_equal(compressed + parts.seek_size + 8, f->size);
	}
	assert_int_equal(content, f->stream.size);
}

static void zstd_reads_it(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	add_events(f, 20000);
	put_all(f, 0);
	put_close(f);
	assert_ok(run_shell(f, "zstd -qt \"$1\""));
	assert_ok(run_shell(f, "zstd -l \"$1\" | grep -q XXH64"));
	assert_ok(run_shell(f,
			    "[ $(zstd -dc \"$1\" | wc -c) = $(($(cat \"$1\" \"$1\" | zstd -dc | wc "
			    "-c) / 2)) ]"));
}

static void two_recordings_in_a_row_are_two(void **state)
{
	struct fixture *f = *state;
	size_t first;

	stream_header(&f->stream);
	put_all(f, 0);
	put_close(f);
	first = f->size;
	stream_header(&f->stream);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file + first, f->size - first);

		assert_int_equal(parts.indexes[0]->uncompressed_offset, 0);
		assert_int_equal(parts.n_frames, 2);
	}
}

/* Returns the size of the third data frame, when one is put each @nano. */
static size_t third_frame(struct fixture *f, uint64_t nano)
{
	stream_done(&f->stream);
	stream_init(&f->stream);
	f->put = f->size = 0;
	stream_header(&f->stream);
	for (uint64_t now = nano; f->stream.size < 4u * RECORDING_FRAME_BYTES; now += nano / 10) {
		size_t size = f->stream.size;

		while (f->stream.size - size < RECORDING_FRAME_BYTES / 10)
			add_events(f, 1);
		put_all(f, now);
	}
	put_close(f);
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_true(parts.n_frames >= 3);
		return parts.data_size[2];
	}
}

static void in_a_storm_time_is_saved_instead_of_bytes(void **state)
{
	struct fixture *f = *state;
	size_t usual = third_frame(f, 60000000), storm = third_frame(f, 1000000);

	assert_true(storm > usual + usual / 100);
	assert_content(f, f->stream.size, true);
	f->w = recording_writer_free(f->w);
	assert_ok(recording_writer_new(&f->w, RECORDING_LEVEL_DEFAULT + 1));
	assert_int_equal(third_frame(f, 1000000), third_frame(f, 60000000));
}

static void on_a_quiet_day_bytes_are_saved_instead_of_time(void **state)
{
	struct fixture *f = *state;
	size_t usual = third_frame(f, 60000000), quiet = third_frame(f, 2000000000);

	assert_true(quiet < usual); /* these events all look the same */
	assert_content(f, f->stream.size, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(what_goes_in_comes_out),
		test_with_fixture(a_flushed_record_can_be_read_before_the_frame_ends),
		test_with_fixture(zstd_reads_all_of_an_unfinished_file),
		test_with_fixture(an_index_behind_each_frame_says_what_is_in_it),
		test_with_fixture(no_frame_begins_within_a_run_of_events),
		test_with_fixture(a_frame_that_is_old_ends_before_a_run),
		test_with_fixture(a_run_that_never_ends_is_cut),
		test_with_fixture(a_header_begins_a_frame),
		test_with_fixture(a_frame_ends_when_it_is_old),
		test_with_fixture(the_largest_record_is_taken),
		test_with_fixture(what_is_not_whole_is_refused),
		test_with_fixture(the_seek_table_is_as_specified),
		test_with_fixture(zstd_reads_it),
		test_with_fixture(two_recordings_in_a_row_are_two),
		test_with_fixture(in_a_storm_time_is_saved_instead_of_bytes),
		test_with_fixture(on_a_quiet_day_bytes_are_saved_instead_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
