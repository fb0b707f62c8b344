/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bpf/wire/wire.h"
#include "proto/base/util.h"
#include "streamer/kernel/logged-actions.h"
#include "tests/lib/test.h"

static void the_kernels_sysctl_is_found(void **state)
{
	int fd = logged_actions_open();

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
}

static void its_words_are_read_again_each_time(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(logged_actions_read(fileno(file)), 0);
	assert_true(fputs("kill_process errno later log\n", file) >= 0 && !fflush(file));
	assert_int_equal(logged_actions_read(fileno(file)),
			 WIRE_LOGS_KILL_PROCESS | WIRE_LOGS_ERRNO | WIRE_LOGS_LOG);
	assert_int_equal(logged_actions_read(-1), UINT32_MAX & ~WIRE_LOGS_ALLOW);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_sysctl_is_found),
		cmocka_unit_test(its_words_are_read_again_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
