/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"
#include "test.h"
#include "util.h"

/* "CapEff" of /proc/self/status, or UINT64_MAX. */
static uint64_t status_of(const char *name)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			return strtoull(line + strlen(name) + 1, NULL, 16);
	return UINT64_MAX;
}

static bool has_nothing_left(void)
{
	bool kept = true;

	/* -1 is no map, which is an error of another kind than EPERM */
	return !privileges_drop(-1, -1, &kept) && !kept && !status_of("CapEff") &&
	       !status_of("CapPrm") && !status_of("CapInh") && !status_of("CapAmb") &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* What is given up cannot be had back: so in a child. */
static void no_capability_is_left(void **state)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(has_nothing_left() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_capability_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
