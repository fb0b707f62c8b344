/* SPDX-License-Identifier: Apache-2.0 */
/* As whom the streamer goes on. What only root may try is in case-privileges. */
#include "streamer/privileges/user.h"
#include "tests/lib/sink-fixture.h"

#define NUMBER "54321" /* of nobody */

static struct users find(const char *wish)
{
	struct users users;
	char error[256];

	if (users_find(&users, wish, error, sizeof(error)))
		fail_msg("%s", error);
	return users;
}

static void a_user_that_is_not_there_is_named(void **state)
{
	struct users users;
	char error[256];

	assert_int_equal(users_find(&users, "no-such-user", error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "--user no-such-user"));
}

static void to_stay_is_a_wish_too(void **state)
{
	char uid[16];
	struct users users;

	(void)snprintf(uid, sizeof(uid), "%u", geteuid());
	users = find(uid);
	assert_int_equal(users.n, 1);
	assert_false(users.found[0].changes);
	assert_null(users.stays);
}

static void another_user_takes_the_right_to_become_him(void **state)
{
	struct users users;
	char error[256];
	int r = users_find(&users, NUMBER, error, sizeof(error));

	if (!r) {
		assert_true(users.found[0].changes);
		assert_int_equal(users.found[0].uid, 54321);
		assert_int_equal(users.found[0].gid, 54321);
		assert_string_equal(users.found[0].name, NUMBER);
		return;
	}
	assert_int_equal(r, -EPERM);
	assert_non_null(strstr(error, "only root"));
}

/* Of whoever is not root, sudo is nobody's word. */
static void who_ran_sudo_is_root_s_to_become(void **state)
{
	struct users users;

	assert_ok(setenv("SUDO_UID", NUMBER, 1));
	assert_ok(setenv("SUDO_GID", "54322", 1));
	users = find(NULL);
	assert_true(!users.ran || (!geteuid() && users.ran->uid == 54321));
	assert_true(!users.ran || users.ran->gid == 54322);
	assert_ok(setenv("SUDO_UID", "0", 1));
	assert_null(find(NULL).ran);
	assert_ok(setenv("SUDO_UID", "1x", 1));
	assert_null(find(NULL).ran);
	assert_ok(unsetenv("SUDO_UID"));
	assert_null(find(NULL).ran);
	assert_ok(unsetenv("SUDO_GID"));
}

/* A folder that only capabilities let us write to does not do. */
static void a_folder_out_of_reach_is_refused(void **state)
{
	_cleanup_close_ int fd = open(*state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct users users = {.self = {.name = "tester", .uid = geteuid(), .gid = getegid()}};
	struct user user;
	char error[512];

	assert_ok(users_choose(&users, fd, fd, *state, &user, error, sizeof(error)));
	assert_string_equal(user.name, "tester");
	assert_ok(chmod(*state, 0500));
	assert_int_equal(users_choose(&users, fd, fd, "DIR", &user, error, sizeof(error)), -EACCES);
	assert_non_null(strstr(error, "could not be made in DIR later on, as user tester"));
	/* where none are to be made, it is no matter */
	assert_ok(users_choose(&users, fd, -1, *state, &user, error, sizeof(error)));
	assert_ok(chmod(*state, 0700));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_that_is_not_there_is_named),
		cmocka_unit_test(to_stay_is_a_wish_too),
		cmocka_unit_test(another_user_takes_the_right_to_become_him),
		cmocka_unit_test(who_ran_sudo_is_root_s_to_become),
		test_in_folder(a_folder_out_of_reach_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
