/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/resume.h"

#include "tests/lib/recording-fixture.h"
#include "tests/lib/test.h"

/* As the streamer writes it: a frame each hundred seconds. */
static void make_file(struct fixture *f)
{
	FILE *file;

	stream_header(&f->stream);
	for (unsigned i = 1; i <= 6; i++) {
		add_events(f, 200);
		put_all(f, i * UINT64_C(100000000000));
	}
	put_close(f);
	file = fopen(f->path.s, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(f->file, 1, f->size, file), f->size);
	assert_ok(fclose(file));
}

static uint64_t begin_of(const struct bookmark *bookmark, const struct fixture *f)
{
	struct last_records last;

	resume_find(bookmark, f->path.s, &last);
	return last.begin;
}

static void the_frame_behind_the_cursor_is_found(void **state)
{
	struct fixture *f = *state;
	struct bookmark_stream mark = {.seq = 0};
	struct bookmark bookmark = {.n = 1, .streams = &mark};
	_cleanup_parts_ struct parts parts = {0};

	make_file(f);
	parts = read_parts(f->file, f->size);
	assert_true(parts.n > 2);
	assert_int_equal(parts.indexes[0]->stream_id.len, BOOKMARK_ID);
	memcpy(mark.id, parts.indexes[0]->stream_id.data, BOOKMARK_ID);
	for (size_t i = 0; i < parts.n; i++) {
		const Index *index = parts.indexes[i];

		mark.seq = index->first_seq - 1;
		assert_int_equal(begin_of(&bookmark, f), parts.data_at[i]);
		mark.seq = index->last_seq - 1;
		assert_int_equal(begin_of(&bookmark, f), parts.data_at[i]);
	}
	mark.seq = parts.indexes[parts.n - 1]->last_seq; /* nothing is left: the last one again */
	assert_int_equal(begin_of(&bookmark, f), parts.data_at[parts.n - 1]);
}

static void of_another_stream_it_is_the_beginning(void **state)
{
	struct fixture *f = *state;
	struct bookmark_stream mark = {.id = {1}, .seq = 700};
	struct bookmark bookmark = {.n = 1, .streams = &mark};

	make_file(f);
	assert_int_equal(begin_of(&bookmark, f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(the_frame_behind_the_cursor_is_found),
		test_with_fixture(of_another_stream_it_is_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
