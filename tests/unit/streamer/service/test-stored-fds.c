/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/service/stored-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/util.h"
#include "tests/lib/test.h"

#define FIRST_FD 3

/* In a child, whose descriptors from 3 on are @n, and no more. Returns what @check returns there.
 */
static int in_child(int n, const char *fds, const char *names, bool ours,
		    bool (*check)(struct stored_fds *))
{
	char pid[16];
	int status;
	pid_t child = fork();

	if (child) {
		assert_int_equal(waitpid(child, &status, 0), child);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	for (int fd = FIRST_FD; fd < 64; fd++)
		(void)close(fd);
	for (int i = 0; i < n; i++)
		if (open("/dev/null", O_RDONLY) != FIRST_FD + i)
			_exit(99);
	(void)snprintf(pid, sizeof(pid), "%d", getpid() + !ours);
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", fds, 1);
	if (names)
		(void)setenv("LISTEN_FDNAMES", names, 1);
	{
		struct stored_fds found;

		stored_fds_find(&found);
		if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") || getenv("LISTEN_FDNAMES"))
			_exit(98);
		_exit(check(&found) ? 0 : 97);
	}
}

static bool has_both(struct stored_fds *fds)
{
	const bool closed = fcntl(FIRST_FD, F_GETFD) & FD_CLOEXEC;

	if (fds->n != 2 || stored_fds_get(fds, "map-.bss") != FIRST_FD ||
	    stored_fds_get(fds, "state") != FIRST_FD + 1 || stored_fds_get(fds, "stat") >= 0)
		return false;
	stored_fds_done(fds);
	stored_fds_done(fds);
	return closed && fcntl(FIRST_FD, F_GETFD) < 0 && fcntl(FIRST_FD + 1, F_GETFD) < 0;
}

static bool has_none(struct stored_fds *fds)
{
	return !fds->n && stored_fds_get(fds, "") < 0;
}

static bool has_unnamed(struct stored_fds *fds)
{
	return fds->n == 2 && stored_fds_get(fds, "state") < 0;
}

static bool has_one(struct stored_fds *fds)
{
	return fds->n == 1 && stored_fds_get(fds, "a") == FIRST_FD;
}

static void they_are_found_by_name(void **state)
{
	assert_int_equal(in_child(2, "2", "map-.bss:state", true, has_both), 0);
}

static void those_of_others_are_not_ours(void **state)
{
	assert_int_equal(in_child(2, "2", "map-.bss:state", false, has_none), 0);
}

static void what_is_no_number_is_nothing(void **state)
{
	static const char *const texts[] = {"", "x", "-1", "2x", "99999999999999999999", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(in_child(2, texts[i], "a:b", true, has_none), 0);
}

static void names_may_be_missing(void **state)
{
	assert_int_equal(in_child(2, "2", NULL, true, has_unnamed), 0);
}

static void those_that_are_not_open_are_left_out(void **state)
{
	assert_int_equal(in_child(1, "3", "a:b:c", true, has_one), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_found_by_name),
		cmocka_unit_test(those_of_others_are_not_ours),
		cmocka_unit_test(what_is_no_number_is_nothing),
		cmocka_unit_test(names_may_be_missing),
		cmocka_unit_test(those_that_are_not_open_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
