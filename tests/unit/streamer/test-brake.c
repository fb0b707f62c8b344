/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "streamer/brake.h"
#include "tests/lib/folder.h"
#include "tests/lib/test.h"

static struct brake begin(const char *path)
{
	struct brake brake;

	assert_ok(brake_begin(&brake, path));
	return brake;
}

static void three_starts_in_a_row_put_it_on_until_the_file_goes(void **state)
{
	const struct folder_path path = in_folder(state, "brake");
	struct brake brake;

	for (unsigned i = 0; i < 3; i++) {
		brake = begin(path.s);
		assert_false(brake_is_on(&brake));
		assert_int_equal(brake.failed, i);
	}
	for (unsigned i = 0; i < 3; i++) {
		brake = begin(path.s);
		assert_true(brake_is_on(&brake));
		assert_int_equal(brake.failed, 3);
		brake_end(&brake);
	}
	assert_ok(unlink(path.s));
	brake = begin(path.s);
	assert_int_equal(brake.failed, 0);
}

static void a_start_that_succeeds_leaves_nothing(void **state)
{
	const struct folder_path path = in_folder(state, "brake");
	struct brake brake;

	for (unsigned i = 0; i < 5; i++) {
		brake = begin(path.s);
		assert_int_equal(brake.failed, 0);
		brake_end(&brake);
		assert_int_equal(access(path.s, F_OK), -1);
	}
}

static void what_another_version_or_hand_has_written_is_no_failure(void **state)
{
	static const char *const texts[] = {"",          "3",          "3 0.0.9\n",
					    "x 0.1.0\n", "-3 0.1.0\n", "3\n0"};
	const struct folder_path path = in_folder(state, "brake");

	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct brake brake;

		folder_file(*state, "brake", texts[i]);
		brake = begin(path.s);
		assert_false(brake_is_on(&brake));
		brake = begin(path.s);
		assert_int_equal(brake.failed, 1);
	}
}

static void a_start_that_cannot_be_counted_says_why(void **state)
{
	const struct folder_path link = in_folder(state, "link"),
				 target = in_folder(state, "target");
	struct brake brake;

	assert_int_equal(brake_begin(&brake, in_folder(state, "none/brake").s), -ENOENT);
	assert_false(brake_is_on(&brake));
	assert_ok(symlink(target.s, link.s));
	assert_int_equal(brake_begin(&brake, link.s), -ELOOP);
	assert_int_equal(access(target.s, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(three_starts_in_a_row_put_it_on_until_the_file_goes),
		test_in_folder(a_start_that_succeeds_leaves_nothing),
		test_in_folder(what_another_version_or_hand_has_written_is_no_failure),
		test_in_folder(a_start_that_cannot_be_counted_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
