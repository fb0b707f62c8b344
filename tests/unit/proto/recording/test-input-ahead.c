/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed input that a second thread decodes: what is read, and all that is said on the way, is
 * what one thread says. */
#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <xxhash.h>

#include "proto/base/cpus.h"
#include "proto/recording/input-ahead.h"
#include "tests/lib/input-fixture.h"

#define EVENTS 40000 /* more than INPUT_AHEAD_FROM twice over */
#define NEVER SIZE_MAX

static struct stream stream;
static struct packed packed;

/* Besides the one that ThreadSanitizer begins with the first of ours. */
static size_t count_threads(void)
{
	static size_t alone;
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += *entry->d_name != '.';
	(void)closedir(dir);
	alone = alone ? alone : n; /* of ours */
	return 1 + n - alone;
}

static void *do_nothing(void *data)
{
	return data;
}

static int make_recording(void **state)
{
	pthread_t first;

	assert_ok(pthread_create(&first, NULL, do_nothing, NULL));
	assert_ok(pthread_join(first, NULL));
	(void)usleep(10000); /* it is in /proc a moment longer */
	assert_int_equal(count_threads(), 1);
	build_stream(&stream, EVENTS);
	packed_init(&packed);
	packed_put(&packed, stream.data, stream.size, false);
	packed_close(&packed);
	assert_true(stream.size > 2 * INPUT_AHEAD_FROM);
	return 0;
}

static int free_recording(void **state)
{
	packed_done(&packed);
	stream_done(&stream);
	return 0;
}

/* What was read in lines, one for each answer. */
struct trace {
	char *text;
	size_t size;
	size_t threads; /* the most there were */
};

static void trace_free(struct trace *trace)
{
	free(trace->text);
}

#define _cleanup_trace_ _cleanup_(trace_free)

static void say_answer(FILE *f, const struct input *input, int answer)
{
	const struct input_damage *damage = input_damage(input);
	const struct input_mark *mark = input_mark(input);
	char text[512];

	if (answer == INPUT_MARK)
		(void)fprintf(f, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d%d%d %" PRIu64,
			      mark->offset, mark->size, mark->content, mark->checksum,
			      mark->indexed, mark->index_damaged, mark->index.first_seq);
	if (answer == INPUT_DAMAGED)
		(void)fprintf(f, " %s %d %" PRIu64 " %" PRIu64,
			      input_damage_text(damage, text, sizeof(text)), damage->indexed,
			      damage->given, damage->end);
	if (answer == INPUT_END || answer == INPUT_CUT)
		(void)fprintf(f, " %d %d", input_unfinished(input), input_is_cut(input));
}

/* Reads a file of @size bytes of the recording; @refuse: what is given after so many bytes makes no
 * sense to the caller. */
static struct trace read_file(size_t size, bool ahead, size_t refuse)
{
	_cleanup_close_ int fd = memory_file(packed.data, size);
	_cleanup_(input_freep) struct input *input = NULL;
	static uint8_t buf[50021];
	struct trace trace = {0};
	FILE *f = open_memstream(&trace.text, &trace.size);
	size_t n, given = 0, threads;
	int r;

	assert_ok(input_new(&input, fd));
	input_want_marks(input);
	if (ahead)
		input_run_ahead(input);
	do {
		n = 0;
		r = input_read(input, buf, sizeof(buf), &n);
		(void)fprintf(f, "%d %zu %" PRIx64 " at %" PRIu64 " in %" PRIu64, r, n,
			      XXH64(buf, n, 0), input_position(input), input_frame_offset(input));
		say_answer(f, input, r);
		(void)fprintf(f, "\n");
		given += n;
		if (given > refuse && input_refuse(input))
			refuse = NEVER;
		threads = count_threads();
		trace.threads = threads > trace.threads ? threads : trace.threads;
	} while (!r || r == INPUT_MARK || r == INPUT_DAMAGED);
	(void)fclose(f);
	return trace;
}

/* Returns how many threads there were. */
static size_t assert_same(size_t size, size_t refuse)
{
	_cleanup_trace_ struct trace one = read_file(size, false, refuse),
				     two = read_file(size, true, refuse);

	assert_int_equal(one.threads, 1);
	assert_string_equal(two.text, one.text);
	return two.threads;
}

static void a_whole_file_is_read_by_two(void **state)
{
	_cleanup_close_ int fd = memory_file(packed.data, packed.size);
	_cleanup_(input_freep) struct input *input = NULL;
	_cleanup_got_ struct got got = {0};

	assert_int_equal(assert_same(packed.size, NEVER), cpus_usable() > 1 ? 2 : 1);
	assert_ok(input_new(&input, fd));
	input_run_ahead(input);
	got = drain(input);
	assert_whole(&got, &stream);
}

static void damage_is_told_where_it_is(void **state)
{
	for (size_t at = 0; at < packed.size; at += packed.size / 53) {
		packed.data[at] ^= 0x55;
		(void)assert_same(packed.size, NEVER);
		packed.data[at] ^= 0x55;
	}
}

static void the_end_is_where_it_is(void **state)
{
	for (size_t size = packed.size / 3; size < packed.size; size += packed.size / 37)
		(void)assert_same(size, NEVER);
}

static void what_makes_no_sense_is_left_out(void **state)
{
	for (size_t at = 0; at < stream.size; at += stream.size / 23)
		(void)assert_same(packed.size, at);
}

static void nobody_is_left_when_it_is_closed_early(void **state)
{
	_cleanup_close_ int fd = memory_file(packed.data, packed.size);

	for (size_t stop = 0; stop < stream.size; stop += stream.size / 11) {
		_cleanup_(input_freep) struct input *input = NULL;
		static uint8_t buf[4096];
		size_t n;

		assert_ok(input_new(&input, fd));
		input_run_ahead(input);
		for (size_t given = 0; given < stop; given += n)
			assert_ok(input_read(input, buf, sizeof(buf), &n));
	}
	for (int i = 0; i < 1000 && count_threads() > 1; i++)
		(void)usleep(1000); /* who was waited for is in /proc a moment longer */
	assert_int_equal(count_threads(), 1);
}

static void a_small_file_and_a_pipe_are_read_by_one(void **state)
{
	_cleanup_trace_ struct trace trace = read_file(packed.size / 5, true, NEVER);
	_cleanup_(input_freep) struct input *input = NULL;
	int fds[2];

	assert_int_equal(trace.threads, 1);
	assert_ok(pipe(fds));
	assert_ok(input_new(&input, fds[0]));
	input_run_ahead(input);
	assert_false(input->may_run_ahead);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void one_cpu_is_not_shared(void **state)
{
	cpu_set_t all, one;

	assert_ok(sched_getaffinity(0, sizeof(all), &all));
	CPU_ZERO(&one);
	for (int cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	assert_ok(sched_setaffinity(0, sizeof(one), &one));
	assert_int_equal(assert_same(packed.size, NEVER), 1);
	assert_ok(sched_setaffinity(0, sizeof(all), &all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file_is_read_by_two),
		cmocka_unit_test(damage_is_told_where_it_is),
		cmocka_unit_test(the_end_is_where_it_is),
		cmocka_unit_test(what_makes_no_sense_is_left_out),
		cmocka_unit_test(nobody_is_left_when_it_is_closed_early),
		cmocka_unit_test(a_small_file_and_a_pipe_are_read_by_one),
		cmocka_unit_test(one_cpu_is_not_shared),
	};

	return cmocka_run_group_tests(tests, make_recording, free_recording);
}
