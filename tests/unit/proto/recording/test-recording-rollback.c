/* SPDX-License-Identifier: Apache-2.0 */
/* What could not be written is taken back. */
#include "tests/lib/recording-fixture.h"

/* Takes back what was put since the mark at @size and @put. */
static void roll_back(struct fixture *f, size_t size, size_t put)
{
	f->size = size;
	f->put = f->stream.size = put;
	assert_ok(recording_writer_rollback(f->w));
	take_output(f);
}

static void going_back_leaves_what_was_marked(void **state)
{
	struct fixture *f = *state;
	size_t size, put;

	stream_header(&f->stream);
	add_events(f, 100);
	put_all(f, 0);
	recording_writer_mark(f->w);
	size = f->size;
	put = f->put;
	/* more than a frame: its index, and that of the next, are taken back with it */
	add_events(f, 40000);
	put_all(f, 0);
	roll_back(f, size, put);
	assert_content(f, put, true);
	assert_ok(run_shell(f, "zstd -qt \"$1\""));
	/* and it goes on */
	add_events(f, 50);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
	assert_ok(run_shell(f, "zstd -qt \"$1\""));
	{
		_cleanup_parts_ struct parts parts = read_parts(f->file, f->size);

		assert_int_equal(parts.n, 2);
		assert_int_equal(parts.indexes[0]->uncompressed_bytes, put);
		assert_int_equal(parts.indexes[1]->uncompressed_offset, put);
		assert_int_equal(le32(parts.seek + parts.seek_size - 9), 4);
	}
}

static void going_back_to_the_beginning_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	stream_header(&f->stream);
	add_events(f, 100);
	put_all(f, 0);
	roll_back(f, 0, 0);
	assert_int_equal(f->size, 0);
	stream_header(&f->stream);
	put_all(f, 0);
	put_close(f);
	assert_content(f, f->stream.size, true);
}

static void going_back_twice_ends_the_frame_once(void **state)
{
	struct fixture *f = *state;
	size_t size, put;

	stream_header(&f->stream);
	put_all(f, 0);
	recording_writer_mark(f->w);
	size = f->size;
	put = f->put;
	add_events(f, 1);
	put_all(f, 0);
	/* the end of the frame found no room either */
	roll_back(f, size, put);
	roll_back(f, size, put);
	assert_content(f, put, true);
	recording_writer_mark(f->w);
	size = f->size;
	add_events(f, 1);
	put_all(f, 0);
	roll_back(f, size, put);
	assert_int_equal(f->size, size);
	assert_content(f, put, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_with_fixture(going_back_leaves_what_was_marked),
		test_with_fixture(going_back_to_the_beginning_leaves_nothing),
		test_with_fixture(going_back_twice_ends_the_frame_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
