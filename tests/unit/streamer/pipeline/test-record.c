/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline over a fake kernel into files: rotation, folders, full disks. Whatever happens,
 * what the files say adds up to what the kernel counted. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "proto/base/count.h"
#include "streamer/pipeline/pipeline.h"
#include "tests/lib/fake-kernel.h"
#include "tests/lib/record-tally.h"

struct rig {
	void *folder;
	struct folder_path dir;
	struct sink_config sink_config;
	struct pipeline_config config;
	struct kernel *kernel;
	struct sink *sink;
	struct pipeline *pipeline;
	char error[1024];
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	assert_ok(folder_setup(&rig->folder));
	rig->dir = in_folder(&rig->folder, "dir/");
	rig->kernel = fake_kernel_new();
	rig->config.header.counters_interval = 10;
	rig->sink_config = (struct sink_config){.path = rig->dir.s,
						.level = SINK_LEVEL_BY_NAME,
						.max_bytes = 1 << 20};
	*state = rig;
	return 0;
}

static void forget_signals(void)
{
	static const int signals[] = {SIGTERM, SIGUSR1, SIGHUP};
	sigset_t none;

	/* those still pending go first */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)signal(signals[i], SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)signal(signals[i], SIG_DFL);
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	(void)pipeline_free(rig->pipeline);
	(void)sink_free(rig->sink);
	(void)kernel_free(rig->kernel);
	assert_ok(folder_teardown(&rig->folder));
	free(rig);
	forget_signals();
	return 0;
}

static void start(struct rig *rig)
{
	if (sink_open(&rig->sink, &rig->sink_config, rig->error, sizeof(rig->error)) < 0 ||
	    pipeline_new(&rig->pipeline, &rig->config, rig->kernel, rig->sink, rig->error,
			 sizeof(rig->error)) < 0 ||
	    pipeline_begin(rig->pipeline, NULL, rig->error, sizeof(rig->error)) < 0)
		fail_msg("%s", rig->error);
}

/* Until the next notice, the end, or the signal's totals. */
static int run_until(struct rig *rig, int signal_number)
{
	assert_ok(raise(signal_number));
	return pipeline_run(rig->pipeline);
}

static const char *notice(struct rig *rig)
{
	static char text[512];

	pipeline_notice(rig->pipeline, text, sizeof(text));
	return text;
}

/* Some rounds of the loop; notices are kept in error. */
static void run_rounds(struct rig *rig, unsigned n)
{
	while (n--)
		if (run_until(rig, SIGUSR1) == PIPELINE_NOTICE)
			(void)snprintf(rig->error, sizeof(rig->error), "%s", notice(rig));
}

static int end(struct rig *rig)
{
	while (run_until(rig, SIGTERM))
		continue;
	return pipeline_close(rig->pipeline, rig->error, sizeof(rig->error));
}

static void submit(struct rig *rig, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fake_submit(rig->kernel, i % 50 ? DENIAL : KILL, i % FAKE_CPUS, 1000 + i, 0);
}

/* All files of the folder, which the streamer has left. */
static struct tally take_folder(struct rig *rig)
{
	struct tally tally = {0};
	size_t n = 0;

	rig->pipeline = pipeline_free(rig->pipeline);
	rig->sink = sink_free(rig->sink);
	for (const char *p = recordings_names(rig->dir.s); *p; p++)
		n += *p == ' ';
	for (size_t i = 0; i < n; i++)
		take_file(recordings_path(rig->dir.s, i).s, &tally);
	assert_true(tally.footers < n || !tally.unfinished);
	return tally;
}

static void assert_closes(struct rig *rig, const struct tally *tally)
{
	for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++) {
		uint64_t written = 0, submitted = 0, limited = 0;

		for (unsigned k = 0; k < FAKE_CPUS; k++) {
			written += tally->cpu[i][k].written;
			submitted += fake_sums(rig->kernel, i, k)->submitted;
			limited += fake_sums(rig->kernel, i, k)->limited;
		}
		assert_int_equal(submitted, written + tally->lost_in_sink[i]);
		assert_int_equal(limited, tally->limited[i]);
	}
}

static void a_storm_over_many_files_adds_up(void **state)
{
	struct rig *rig = *state;

	rig->sink_config.max_bytes = 10000;
	start(rig);
	for (unsigned i = 0; i < 60; i++) {
		submit(rig, 1000);
		fake_drop(rig->kernel, DENIAL, i % FAKE_CPUS);
		fake_limit(rig->kernel, 1, (int)i % 7, 2000);
		run_rounds(rig, 6);
	}
	assert_ok(end(rig));
	{
		struct tally tally = take_folder(rig);

		assert_true(tally.files > 3);
		assert_int_equal(tally.footers, tally.files);
		assert_int_equal(tally.lost_in_sink[DENIAL], 0);
		assert_closes(rig, &tally);
	}
}

/* That a compressed file is full is known when a batch is flushed, which may be before the first
 * event of a round: what is behind it belongs into the next file. An event that others were
 * held back before takes a little more room, so that one of these runs is at that border. */
static void what_fills_a_file_between_two_rounds_is_no_end(void **state)
{
	for (unsigned larger = 0; larger < 1500; larger += 10) {
		struct rig *rig = *state;
		struct tally tally;

		rig->sink_config.level = 1;
		rig->sink_config.max_bytes = 10000;
		start(rig);
		for (unsigned i = 0; i < 8000; i++) {
			if (i < larger)
				fake_limit(rig->kernel, 0, 7, 1000 + i);
			fake_submit(rig->kernel, DENIAL, 0, 1000 + i, 0);
		}
		assert_ok(end(rig));
		tally = take_folder(rig);
		assert_int_equal(tally.footers, tally.files);
		assert_int_equal(tally.lost_in_sink[DENIAL], 0);
		assert_closes(rig, &tally);
		assert_ok(teardown(state));
		assert_ok(setup(state));
	}
}

static uint64_t largest_file(const struct rig *rig, size_t *ret_n)
{
	uint64_t largest = 0;
	struct stat st;

	*ret_n = 0;
	for (const char *p = recordings_names(rig->dir.s); *p; p++)
		*ret_n += *p == ' ';
	for (size_t i = 0; i < *ret_n; i++) {
		assert_ok(stat(recordings_path(rig->dir.s, i).s, &st));
		if ((uint64_t)st.st_size > largest)
			largest = (uint64_t)st.st_size;
	}
	return largest;
}

/* With all that its end takes: but for the record, or the frame, that was under way. */
static void no_file_is_larger_than_it_may(struct rig *rig, int level, uint64_t more)
{
	struct tally tally;
	uint64_t largest;
	char line[256];
	size_t n;

	rig->sink_config.level = level;
	rig->sink_config.max_bytes = 64 << 10;
	start(rig);
	for (unsigned i = 0; i < 40; i++) {
		submit(rig, level ? 1500 : 1000);
		run_rounds(rig, 8);
	}
	submit(rig, 1000);
	assert_ok(end(rig));
	largest = largest_file(rig, &n);
	print_message("# %zu files, the largest has %" PRIu64 " bytes\n", n, largest);
	assert_in_range(n, 3, 10000);
	assert_in_range(largest, 32 << 10, (64 << 10) + more);
	pipeline_totals(rig->pipeline, line, sizeof(line));
	assert_non_null(strstr(line, ", 0 lost"));
	if (!level)
		return;
	tally = take_folder(rig);
	assert_closes(rig, &tally);
}

static void no_plain_file_is_larger_than_it_may(void **state)
{
	no_file_is_larger_than_it_may(*state, 0, 512);
}

static void no_compressed_file_is_larger_than_it_may(void **state)
{
	no_file_is_larger_than_it_may(*state, 3, 32 << 10);
}

/* By the clock, whatever the interval of the Counters is. */
static void a_file_ends_in_time_also_when_nothing_happens(void **state)
{
	struct rig *rig = *state;
	pid_t child;
	size_t n;

	rig->sink_config.max_seconds = 1;
	rig->config.header.counters_interval = 3600;
	start(rig);
	child = fork();
	if (!child) {
		(void)usleep(3500000);
		(void)kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_ok(pipeline_run(rig->pipeline));
	(void)waitpid(child, NULL, 0);
	assert_ok(pipeline_close(rig->pipeline, rig->error, sizeof(rig->error)));
	(void)largest_file(rig, &n);
	assert_int_equal(n, 4);
	(void)take_folder(rig);
}

static void hangup_begins_another_file(void **state)
{
	struct rig *rig = *state;

	start(rig);
	submit(rig, 10);
	run_rounds(rig, 2);
	/* who is asked before may change what the next one says */
	assert_int_equal(run_until(rig, SIGHUP), PIPELINE_HANGUP);
	run_rounds(rig, 3);
	submit(rig, 10);
	assert_ok(end(rig));
	{
		struct tally tally = take_folder(rig);

		assert_int_equal(tally.files, 2);
		assert_int_equal(tally.footers, 2);
		assert_closes(rig, &tally);
	}
}

static struct rlimit set_limit(size_t bytes)
{
	struct rlimit before, full;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_ok(getrlimit(RLIMIT_FSIZE, &before));
	full = (struct rlimit){.rlim_cur = bytes, .rlim_max = before.rlim_max};
	assert_ok(setrlimit(RLIMIT_FSIZE, &full));
	return before;
}

/* The disk is full for the second half of the events. */
static void fill_up(struct rig *rig, size_t room)
{
	struct rlimit before;

	submit(rig, 500);
	fake_limit(rig->kernel, 2, 7, 100);
	run_rounds(rig, 2);
	(void)usleep(250000);
	run_rounds(rig, 2);
	before = set_limit(room);
	for (unsigned i = 0; i < 20; i++) {
		submit(rig, 500);
		fake_drop(rig->kernel, KILL, 3);
		fake_limit(rig->kernel, 1, (int)i % 7, 2000);
		run_rounds(rig, 2);
	}
	(void)usleep(1100000);
	run_rounds(rig, 2);
	if (!strstr(rig->error, "File too large: events are counted, not kept"))
		fail_msg("\"%s\"", rig->error);
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
}

static void a_full_disk_does_not_end_a_folder_and_all_adds_up(void **state)
{
	static const size_t rooms[] = {8000, 20000, 8192};
	struct rig *rig = *state;

	start(rig);
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		fill_up(rig, rooms[i]);
		/* it is tried again once a second */
		(void)usleep(1100000);
		run_rounds(rig, 4);
		submit(rig, 500);
		run_rounds(rig, 2);
	}
	assert_ok(end(rig));
	{
		struct tally tally = take_folder(rig);

		assert_int_equal(tally.footers, 1);
		assert_true(tally.lost_in_sink[DENIAL] > 20000);
		assert_true(tally.lost_in_sink[KILL] > 400);
		assert_closes(rig, &tally);
	}
}

static void a_disk_full_to_the_end_is_an_error_with_what_the_stream_does_not_tell(void **state)
{
	struct rig *rig = *state;
	struct rlimit before;
	struct stat st;
	char want[128];

	start(rig);
	fill_up(rig, 9000);
	assert_ok(stat(rig->sink->name, &st));
	before = set_limit((size_t)st.st_size + 40);
	submit(rig, 700);
	assert_int_equal(end(rig), -EFBIG);
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
	{
		char error[1024];
		uint64_t written = 0, told;
		struct tally tally;

		(void)snprintf(error, sizeof(error), "%s", rig->error);
		tally = take_folder(rig);
		for (unsigned i = 0; i < WIRE_PROBE_COUNT; i++)
			for (unsigned k = 0; k < FAKE_CPUS; k++)
				written += tally.cpu[i][k].written;
		told = tally.lost_in_sink[DENIAL] + tally.lost_in_sink[KILL];
		assert_int_equal(tally.footers, 0);
		(void)snprintf(want, sizeof(want), "%s not written",
			       COUNTED(500 + 20 * 500 + 700 - written - told, "event"));
		if (!strstr(error, want))
			fail_msg("\"%s\" does not say \"%s\"", error, want);
	}
}

static void a_file_that_finds_no_room_at_its_beginning_gets_it_later(void **state)
{
	struct rig *rig = *state;
	struct rlimit before = set_limit(10);

	start(rig);
	submit(rig, 100);
	run_rounds(rig, 2);
	(void)usleep(250000);
	run_rounds(rig, 3);
	assert_non_null(strstr(rig->error, "counted, not kept"));
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
	(void)usleep(1100000);
	run_rounds(rig, 3);
	submit(rig, 100);
	assert_ok(end(rig));
	{
		struct tally tally = take_folder(rig);

		assert_int_equal(tally.footers, 1);
		assert_int_equal(tally.lost_in_sink[DENIAL], 98);
		assert_closes(rig, &tally);
	}
}

static void what_is_deleted_is_told(void **state)
{
	struct rig *rig = *state;

	rig->sink_config.max_files = 3;
	rig->sink_config.max_bytes = 10000;
	start(rig);
	for (unsigned i = 0; i < 60; i++) {
		submit(rig, 1000);
		run_rounds(rig, 6);
	}
	assert_ok(end(rig));
	rig->pipeline = pipeline_free(rig->pipeline);
	rig->sink = sink_free(rig->sink);
	{
		struct tally tally = {0};
		uint64_t events = 0;
		bool whole;

		assert_int_equal(strlen(recordings_names(rig->dir.s)), 3 * 40);
		for (size_t i = 0; i < 3; i++) {
			_cleanup_records_ struct records records =
				recordings_read(recordings_path(rig->dir.s, i).s, &whole);

			for (size_t k = 0; k < records.n; k++) {
				events += !!records.all[k]->cpu_sums;
				if (records.all[k]->body_case == BODY(LOST))
					take_lost(records.all[k]->lost, &tally);
			}
		}
		/* the records that told of the first ones are deleted themselves */
		assert_true(tally.retention > 0);
		assert_true(tally.retention + events <= 60000);
	}
}

static void a_batch_waits_for_more_but_not_for_long(void **state)
{
	struct rig *rig = *state;
	struct timespec before, after;
	struct stat st;
	pid_t child;
	off_t size;

	rig->config.header.counters_interval = 3600;
	start(rig);
	run_rounds(rig, 1);
	(void)usleep(250000);
	run_rounds(rig, 2);
	assert_ok(stat(rig->sink->name, &st));
	size = st.st_size;
	assert_true(size > 0);
	submit(rig, 1);
	run_rounds(rig, 1);
	assert_ok(stat(rig->sink->name, &st));
	assert_int_equal(st.st_size, size);
	/* the timer alone wakes it */
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	child = fork();
	if (!child) {
		do {
			(void)usleep(1000);
			(void)stat(rig->sink->name, &st);
			(void)clock_gettime(CLOCK_MONOTONIC, &after);
		} while (st.st_size == size && after.tv_sec < before.tv_sec + 5);
		(void)kill(getppid(), SIGTERM);
		_exit(st.st_size > size ? 0 : 1);
	}
	assert_ok(pipeline_run(rig->pipeline));
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 +
			    (after.tv_nsec - before.tv_nsec) / 1000000 <
		    300);
	(void)waitpid(child, NULL, 0);
	assert_ok(pipeline_close(rig->pipeline, rig->error, sizeof(rig->error)));
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_storm_over_many_files_adds_up),
		test(what_fills_a_file_between_two_rounds_is_no_end),
		test(no_plain_file_is_larger_than_it_may),
		test(no_compressed_file_is_larger_than_it_may),
		test(a_file_ends_in_time_also_when_nothing_happens),
		test(hangup_begins_another_file),
		test(a_full_disk_does_not_end_a_folder_and_all_adds_up),
		test(a_disk_full_to_the_end_is_an_error_with_what_the_stream_does_not_tell),
		test(a_file_that_finds_no_room_at_its_beginning_gets_it_later),
		test(what_is_deleted_is_told),
		test(a_batch_waits_for_more_but_not_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
