/* SPDX-License-Identifier: Apache-2.0 */
/* Which files hold a token, and which requests have it. */
#include "consumer/serve/access-token.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "tests/lib/folder.h"
#include "tests/lib/test.h"

#define TEXT "0123456789abcdefABCDEF~!"

/* What is said of a file with this in it. */
static const char *read_from(struct access_token *token, const char *text, mode_t mode,
			     int expected)
{
	_cleanup_close_ int fd = open("token", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *why;

	assert_true(fd >= 0);
	assert_ok(write_all(fd, text, strlen(text)));
	assert_ok(fchmod(fd, mode));
	assert_int_equal(access_token_read(token, "token", &why), expected);
	return why;
}

static int enter_folder(void **state)
{
	return folder_setup(state) || chdir(*state) < 0 ? -1 : 0;
}

static void a_file_is_for_its_owner_and_readers_in_its_group(void **state)
{
	struct access_token token;

	assert_null(read_from(&token, TEXT "\n", 0600, 0));
	assert_null(read_from(&token, TEXT, 0440, 0));
	assert_int_equal(token.size, strlen(TEXT));
	assert_null(read_from(&token, TEXT "\r\n", 0640, 0));
	assert_int_equal(token.size, strlen(TEXT));
	assert_non_null(strstr(read_from(&token, TEXT, 0644, -EPERM), "chmod 640"));
	assert_non_null(strstr(read_from(&token, TEXT, 0602, -EPERM), "chmod 640"));
	assert_non_null(strstr(read_from(&token, TEXT, 0660, -EPERM), "chmod 640"));
}

static void what_is_no_token_is_named(void **state)
{
	char long_one[ACCESS_TOKEN_MAX + 3] = "";
	const char *why = "";
	struct access_token token;

	memset(long_one, 'x', ACCESS_TOKEN_MAX);
	assert_null(read_from(&token, long_one, 0600, 0));
	long_one[ACCESS_TOKEN_MAX] = 'x';
	assert_non_null(strstr(read_from(&token, long_one, 0600, -EINVAL), "longer"));
	assert_non_null(strstr(read_from(&token, "", 0600, -EINVAL), "too short"));
	assert_non_null(strstr(read_from(&token, "\n", 0600, -EINVAL), "too short"));
	assert_non_null(strstr(read_from(&token, "123456789012345\n", 0600, -EINVAL), "too short"));
	assert_non_null(strstr(read_from(&token, TEXT " " TEXT, 0600, -EINVAL), "one line"));
	assert_non_null(strstr(read_from(&token, TEXT "\n" TEXT, 0600, -EINVAL), "one line"));
	assert_non_null(strstr(read_from(&token, TEXT "\xc3\xa4", 0600, -EINVAL), "one line"));
	assert_int_equal(access_token_read(&token, "missing", &why), -ENOENT);
	assert_null(why);
	assert_ok(mkfifo("fifo", 0600));
	assert_int_equal(access_token_read(&token, "fifo", &why), -EPERM);
	assert_string_equal(why, "not a regular file");
}

static void a_request_has_it_or_not(void **state)
{
	struct access_token token;

	assert_null(read_from(&token, TEXT "\n", 0600, 0));
	assert_true(access_token_is_in(&token, "Bearer " TEXT));
	assert_true(access_token_is_in(&token, "bearer   " TEXT " "));
	assert_false(access_token_is_in(&token, NULL));
	assert_false(access_token_is_in(&token, ""));
	assert_false(access_token_is_in(&token, "Bearer"));
	assert_false(access_token_is_in(&token, "Bearer "));
	assert_false(access_token_is_in(&token, TEXT));
	assert_false(access_token_is_in(&token, "Basic " TEXT));
	assert_false(access_token_is_in(&token, "Bearer " TEXT "x"));
	assert_false(access_token_is_in(&token, "Bearer " TEXT " x"));
	assert_false(access_token_is_in(&token, "Bearer 0123456789abcdefABCDEF~"));
	assert_false(access_token_is_in(&token, "Bearer 0123456789abcdefABCDEF~?"));
	assert_false(access_token_is_in(&token, "Bearer 0123456789abcdefabcdef~!"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_for_its_owner_and_readers_in_its_group,
						enter_folder, folder_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_token_is_named, enter_folder,
						folder_teardown),
		cmocka_unit_test_setup_teardown(a_request_has_it_or_not, enter_folder,
						folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
