/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/bookmark.h"

#include <errno.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/test.h"

static const uint8_t one_id[BOOKMARK_ID] = {1}, other_id[BOOKMARK_ID] = {2};

static struct bookmark opened(void **state, int expected)
{
	struct folder_path path = in_folder(state, "c");
	char problem[BOOKMARK_PROBLEM];
	struct bookmark bookmark;

	assert_int_equal(bookmark_open(&bookmark, path.s, problem), expected);
	return bookmark;
}

static void write_two(void **state, uint64_t first, uint64_t second)
{
	struct bookmark bookmark = opened(state, 0);
	size_t at;

	assert_ok(bookmark_add(&bookmark, one_id, &at));
	bookmark.streams[at].seq = first;
	assert_ok(bookmark_save(&bookmark));
	assert_ok(bookmark_add(&bookmark, other_id, &at));
	bookmark.streams[at] = (struct bookmark_stream){.seq = second, .left_out = 7};
	memcpy(bookmark.streams[at].id, other_id, sizeof(other_id));
	(void)snprintf(bookmark.host, sizeof(bookmark.host), "web-1");
	assert_ok(bookmark_save(&bookmark));
	bookmark_close(&bookmark);
}

static void what_was_saved_is_read(void **state)
{
	struct bookmark bookmark;

	write_two(state, 5, 9);
	bookmark = opened(state, 0);
	assert_int_equal(bookmark.n, 2);
	assert_int_equal(bookmark_find(&bookmark, one_id)->seq, 5);
	assert_int_equal(bookmark_find(&bookmark, other_id)->seq, 9);
	assert_int_equal(bookmark_find(&bookmark, other_id)->left_out, 7);
	assert_string_equal(bookmark.host, "web-1");
	assert_false(bookmark.half);
	bookmark_close(&bookmark);
}

/* The one at hand, of whatever generation. */
static void cut_copy(void **state, const char *name, off_t size)
{
	assert_ok(truncate(in_folder(state, name).s, size));
}

static void write_text(void **state, const char *name, const char *text)
{
	FILE *file = fopen(in_folder(state, name).s, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_ok(fclose(file));
}

static void one_of_a_newer_version_is_not_called_damaged(void **state)
{
	char problem[BOOKMARK_PROBLEM];
	struct bookmark bookmark;

	write_text(state, "c", "ringside cursor 2\nwhatever\n");
	write_text(state, "c.2", "ringside cursor 2\nthat has\n");
	assert_int_equal(bookmark_open(&bookmark, in_folder(state, "c").s, problem),
			 -EPROTONOSUPPORT);
	assert_non_null(strstr(problem, "was written by a newer version"));
	bookmark_close(&bookmark);
}

/* Whoever puts one there does not stop us. */
static void a_pipe_in_the_way_is_no_file(void **state)
{
	char problem[BOOKMARK_PROBLEM];
	struct bookmark bookmark;

	assert_ok(mkfifo(in_folder(state, "c.2.new").s, 0600));
	assert_ok(mkfifo(in_folder(state, "c.new").s, 0600));
	assert_int_equal(bookmark_open(&bookmark, in_folder(state, "c").s, problem), -ENXIO);
	bookmark_close(&bookmark);
}

static void of_a_cut_copy_the_other_one_is_taken(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct bookmark bookmark;

		write_two(state, 5,
			  9); /* the later copy has both, the one before it one at least */
		cut_copy(state, i ? "c.2" : "c", 40);
		bookmark = opened(state, 0);
		assert_true(bookmark.half);
		assert_non_null(strstr(bookmark.note, "is damaged; the other one is taken"));
		assert_int_equal(bookmark_find(&bookmark, one_id)->seq, 5);
		bookmark_close(&bookmark);
	}
}

static void without_a_whole_copy_nothing_is_guessed(void **state)
{
	struct bookmark bookmark;

	write_two(state, 5, 9);
	cut_copy(state, "c", 40);
	cut_copy(state, "c.2", 0);
	bookmark = opened(state, -EBADMSG);
	bookmark_close(&bookmark);
}

static void a_changed_byte_is_seen(void **state)
{
	FILE *file;
	struct bookmark bookmark;

	write_two(state, 5, 9);
	for (unsigned i = 0; i < 2; i++) {
		file = fopen(in_folder(state, i ? "c.2" : "c").s, "r+");
		assert_non_null(file);
		(void)fseek(file, 60, SEEK_SET);
		(void)fputc('7', file);
		(void)fputc('8', file);
		assert_ok(fclose(file));
	}
	bookmark = opened(state, -EBADMSG);
	bookmark_close(&bookmark);
}

static void two_cannot_go_on_from_it(void **state)
{
	struct bookmark first = opened(state, 0), second = opened(state, -EBUSY);

	bookmark_close(&second);
	bookmark_close(&first);
	first = opened(state, 0);
	bookmark_close(&first);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	char problem[BOOKMARK_PROBLEM];
	struct bookmark bookmark;

	assert_int_equal(bookmark_open(&bookmark, in_folder(state, "none/c").s, problem), -ENOENT);
	assert_non_null(strstr(problem, "cannot be written"));
	bookmark_close(&bookmark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(one_of_a_newer_version_is_not_called_damaged),
		test_in_folder(a_pipe_in_the_way_is_no_file),
		test_in_folder(what_was_saved_is_read),
		test_in_folder(of_a_cut_copy_the_other_one_is_taken),
		test_in_folder(without_a_whole_copy_nothing_is_guessed),
		test_in_folder(a_changed_byte_is_seen),
		test_in_folder(two_cannot_go_on_from_it),
		test_in_folder(a_folder_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
