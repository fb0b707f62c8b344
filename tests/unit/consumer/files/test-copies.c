/* SPDX-License-Identifier: Apache-2.0 */
/* Which of files that begin alike is the better one, where a hash tells. */
#include "consumer/files/copies.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/lib/folder.h"
#include "tests/lib/stream-builder.h"

#define EVENTS 20

/* A Header, events, Counters with a hash over these, as many events once more, a Footer. */
static void build(struct stream *stream, size_t *ret_event, size_t *ret_hash)
{
	stream_init(stream);
	stream_header(stream);
	for (unsigned i = 0; i < EVENTS; i++)
		stream_event(stream, STREAM_SECCOMP, 0);
	*ret_event = stream->latest;
	stream_counters(stream);
	*ret_hash = stream->size;
	for (unsigned i = 0; i < EVENTS; i++)
		stream_event(stream, STREAM_SECCOMP, 0);
	stream_footer(stream);
}

/* Written @age seconds ago. */
static void write_file(void *const *state, const char *name, const void *data, size_t size,
		       time_t age)
{
	const struct folder_path path = in_folder(state, name);
	const struct timespec then = {.tv_sec = time(NULL) - age}, times[2] = {then, then};
	FILE *f = fopen(path.s, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_ok(fclose(f));
	assert_ok(utimensat(AT_FDCWD, path.s, times, 0));
}

/* A byte of the latest event before the hash, in the name of its process. */
static void change_name(struct stream *stream, size_t event)
{
	uint8_t *name = memmem(stream->data + event, stream->size - event, "nginx", 5);

	assert_non_null(name);
	*name = 'N';
}

/* Likewise, in its time. */
static void change_time(struct stream *stream, size_t event)
{
	const uint64_t nano = STREAM_NANO_UNIX + stream->nano;
	uint8_t *latest = NULL;

	for (size_t i = event; i + 8 < stream->size && !latest; i++)
		if (!memcmp(stream->data + i + 4, (const uint8_t *)&nano + 4, 4))
			latest = stream->data + i;
	assert_non_null(latest);
	latest[2] ^= 1;
}

static bool is_named(const char *path, const char *name)
{
	return !strcmp(strrchr(path, '/') + 1, name);
}

static void list_files(void *const *state, struct folder *ret)
{
	size_t all;

	assert_ok(folder_list(ret, *state));
	all = ret->n;
	ret->n = copies_part(ret->all, all, false);
	ret->n_copies = all - ret->n;
}

static void of_a_copy_with_a_changed_byte_the_other_is_better(void **state)
{
	_cleanup_(stream_done) struct stream stream;
	_cleanup_(folder_done) struct folder list = {0};
	size_t event, hash;
	char text[COPIES_TEXT];

	build(&stream, &event, &hash);
	write_file(state, "good.pb", stream.data, stream.size, 0);
	change_name(&stream, event);
	write_file(state, "changed.pb", stream.data, stream.size, 3600); /* was there first */
	list_files(state, &list);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.n_copies, 1);
	assert_true(is_named(list.all[0].path, "good.pb"));
	copies_text(&list.all[1], ": left out", text);
	assert_non_null(strstr(text, "/changed.pb: the same records as "));
	assert_non_null(strstr(text, "/good.pb, but not as they were written there: left out"));
}

static void a_copy_with_a_changed_time_is_a_copy(void **state)
{
	_cleanup_(stream_done) struct stream stream;
	_cleanup_(folder_done) struct folder list = {0};
	size_t event, hash;

	build(&stream, &event, &hash);
	write_file(state, "good.pb", stream.data, stream.size, 0);
	change_time(&stream, event);
	write_file(state, "changed.pb", stream.data, stream.size, 3600);
	list_files(state, &list);
	assert_int_equal(list.n, 1);
	assert_true(is_named(list.all[0].path, "good.pb"));
}

static void what_is_right_in_a_shorter_one_comes_first(void **state)
{
	_cleanup_(stream_done) struct stream stream;
	_cleanup_(folder_done) struct folder list = {0};
	size_t event, hash;

	build(&stream, &event, &hash);
	write_file(state, "short.pb", stream.data, hash, 0);
	change_name(&stream, event);
	write_file(state, "changed.pb", stream.data, stream.size, 3600);
	list_files(state, &list);
	assert_int_equal(list.n, 2); /* each has what the other has not */
	assert_true(is_named(list.all[0].path, "short.pb"));
	assert_true(is_named(list.all[1].path, "changed.pb"));
}

static void what_is_wrong_in_both_decides_nothing(void **state)
{
	_cleanup_(stream_done) struct stream stream;
	_cleanup_(folder_done) struct folder list = {0};
	size_t event, hash;

	build(&stream, &event, &hash);
	change_name(&stream, event);
	write_file(state, "short.pb", stream.data, hash, 0);
	write_file(state, "changed.pb", stream.data, stream.size, 3600);
	list_files(state, &list);
	assert_int_equal(list.n, 1);
	assert_true(is_named(list.all[0].path, "changed.pb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_in_folder(of_a_copy_with_a_changed_byte_the_other_is_better),
		test_in_folder(a_copy_with_a_changed_time_is_a_copy),
		test_in_folder(what_is_right_in_a_shorter_one_comes_first),
		test_in_folder(what_is_wrong_in_both_decides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
