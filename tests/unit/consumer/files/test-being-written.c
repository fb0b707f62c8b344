/* SPDX-License-Identifier: Apache-2.0 */
/* Whether somebody is writing a file. */
#include "consumer/files/being-written.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/lib/test.h"

/* A file and a second, read-only way to it. */
static void make_file(int *ret_writer, int *ret_reader)
{
	char path[] = "test-verify-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	*ret_reader = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(*ret_reader >= 0);
	assert_ok(unlink(path));
	*ret_writer = fd;
}

static void a_writer_is_seen_while_it_has_the_file_open(void **state)
{
	int writer, reader;

	make_file(&writer, &reader);
	assert_int_equal(being_written_check(reader), 1);
	assert_ok(close(writer));
	assert_int_equal(being_written_check(reader), 0);
	assert_ok(close(reader));
}

static void a_lock_is_seen_and_none_is_left_behind(void **state)
{
	int writer, reader;

	make_file(&writer, &reader);
	assert_ok(flock(writer, LOCK_EX | LOCK_NB));
	assert_int_equal(being_written_check(reader), 1);
	assert_ok(flock(writer, LOCK_UN));
	assert_int_equal(being_written_check(reader), 1); /* still open for writing */
	assert_ok(flock(writer, LOCK_EX | LOCK_NB));
	assert_ok(close(writer));
	assert_ok(close(reader));
}

/* Locking takes no right to write. */
static void a_lock_of_a_reader_is_not_a_writer(void **state)
{
	int writer, reader, other;
	char path[64];

	make_file(&writer, &reader);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", reader);
	other = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(other >= 0);
	assert_ok(flock(other, LOCK_EX | LOCK_NB));
	assert_int_equal(being_written_check(reader), 1); /* somebody has it open for writing */
	assert_ok(close(writer));
	assert_int_equal(being_written_check(reader), 0);
	assert_ok(close(other));
	assert_ok(close(reader));
}

static void a_pipe_that_ended_has_no_writer(void **state)
{
	int fds[2];

	assert_ok(pipe2(fds, O_CLOEXEC));
	assert_int_equal(being_written_check(fds[0]), 0);
	assert_ok(close(fds[0]));
	assert_ok(close(fds[1]));
	assert_int_equal(being_written_check(-1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_is_seen_while_it_has_the_file_open),
		cmocka_unit_test(a_lock_is_seen_and_none_is_left_behind),
		cmocka_unit_test(a_lock_of_a_reader_is_not_a_writer),
		cmocka_unit_test(a_pipe_that_ended_has_no_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
