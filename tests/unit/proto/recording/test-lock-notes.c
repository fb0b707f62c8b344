/* SPDX-License-Identifier: Apache-2.0 */
/* Notes in the places of locks. */
#include "proto/recording/lock-notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/test.h"

static void make_file(int *ret_writer, int *ret_reader)
{
	char path[] = "test-lock-notes-XXXXXX";

	*ret_writer = mkstemp(path);
	assert_true(*ret_writer >= 0);
	*ret_reader = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(*ret_reader >= 0);
	assert_ok(unlink(path));
}

static void who_may_read_sees_what_the_writer_says(void **state)
{
	struct lock_notes first = {ENOSPC, 1763780645000, 1763780645000, {[3] = 1}};
	struct lock_notes then = {EIO, 1763780645000, 1763780646001, {[2] = 2, [3] = 114244}};
	struct lock_notes read;
	int writer, reader;

	make_file(&writer, &reader);
	assert_false(lock_notes_read(reader, &read));
	assert_ok(lock_notes_put(writer, NULL, &first));
	assert_true(lock_notes_read(reader, &read));
	assert_memory_equal(&read, &first, sizeof(read));
	assert_ok(lock_notes_put(writer, &first, &then));
	assert_true(lock_notes_read(reader, &read));
	assert_memory_equal(&read, &then, sizeof(read));
	lock_notes_clear(writer);
	assert_false(lock_notes_read(reader, &read));
	assert_ok(lock_notes_put(writer, NULL, &then));
	assert_ok(close(writer)); /* as when it is killed */
	assert_false(lock_notes_read(reader, &read));
	assert_ok(close(reader));
}

/* A reader's lock neither says anything nor hides what the writer says. */
static void others_locks_say_nothing(void **state)
{
	struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	struct lock_notes notes = {ENOSPC, 1, 2, {[3] = 1}}, read;
	int writer, reader, other;
	char path[32];

	make_file(&writer, &reader);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", reader);
	other = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(other >= 0);
	assert_ok(lock_notes_put(writer, NULL, &notes));
	whole.l_start = 1;
	whole.l_len = 100;
	assert_ok(fcntl(other, F_OFD_SETLK, &whole));
	assert_true(lock_notes_read(reader, &read));
	lock_notes_clear(writer);
	whole.l_start = whole.l_len = 0; /* all of it, to any end */
	assert_ok(fcntl(other, F_OFD_SETLK, &whole));
	assert_false(lock_notes_read(reader, &read));
	assert_ok(close(other));
	whole.l_type = F_WRLCK;
	assert_ok(fcntl(writer, F_OFD_SETLK, &whole));
	assert_false(lock_notes_read(reader, &read));
	assert_ok(close(writer));
	assert_ok(close(reader));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_read_sees_what_the_writer_says),
		cmocka_unit_test(others_locks_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
