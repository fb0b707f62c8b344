/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "proto/base/count.h"
#include "streamer/pipeline/pipeline.h"
#include "tests/lib/fake-kernel.h"
#include "tests/lib/records.h"

#define DENIAL WIRE_SECCOMP_DENIAL
#define KILL WIRE_OOM_KILL

struct rig {
	void *folder;
	struct folder_path path;
	struct folder_path fifo;
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
	rig->path = in_folder(&rig->folder, "x.pb");
	rig->fifo = in_folder(&rig->folder, "fifo");
	rig->kernel = fake_kernel_new();
	rig->config = (struct pipeline_config){.header.counters_interval = 10};
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;
	sigset_t none;

	(void)pipeline_free(rig->pipeline);
	(void)sink_free(rig->sink);
	(void)kernel_free(rig->kernel);
	assert_ok(folder_teardown(&rig->folder));
	free(rig);
	/* those still pending go first */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGUSR1, SIG_DFL);
	return 0;
}

static void start(struct rig *rig, const char *path)
{
	const struct sink_config config = {.path = path};

	if (sink_open(&rig->sink, &config, rig->error, sizeof(rig->error)) < 0 ||
	    pipeline_new(&rig->pipeline, &rig->config, rig->kernel, rig->sink, rig->error,
			 sizeof(rig->error)) < 0 ||
	    pipeline_begin(rig->pipeline, NULL, rig->error, sizeof(rig->error)) < 0)
		fail_msg("%s", rig->error);
}

static int close_it(struct rig *rig)
{
	return pipeline_close(rig->pipeline, rig->error, sizeof(rig->error));
}

/* Some rounds of the loop: each is ended by a signal that asks for the totals. */
static void run_rounds(struct rig *rig, unsigned n)
{
	while (n--) {
		assert_ok(raise(SIGUSR1));
		assert_int_equal(pipeline_run(rig->pipeline), PIPELINE_TOTALS);
	}
}

static void run_to_end(struct rig *rig, int signal_number)
{
	assert_ok(raise(signal_number));
	assert_ok(pipeline_run(rig->pipeline));
}

static const char *line(struct rig *rig)
{
	static char text[256];

	pipeline_totals(rig->pipeline, text, sizeof(text));
	return text;
}

/* What `verify` does: a reader that counts along gets the same numbers at every Counters, and
 * the Lost and Limited records add up to the kernel's sums. */
struct tally {
	uint64_t written;
	uint64_t carried[3];
	uint64_t lost;
};

static void check_probe(const Ringside__V1__ProbeSums *sums, struct tally tally[FAKE_CPUS])
{
	for (size_t i = 0; i < sums->n_cpus; i++) {
		const Ringside__V1__CpuCounters *c = sums->cpus[i];
		const struct tally *t = &tally[c->cpu];

		assert_int_equal(c->written, t->written);
		assert_int_equal(c->carried_seen, t->carried[0]);
		assert_int_equal(c->carried_limited, t->carried[1]);
		assert_int_equal(c->carried_dropped, t->carried[2]);
		assert_int_equal(c->dropped, t->lost);
		assert_int_equal(c->seen, c->submitted + c->limited + c->dropped);
	}
}

static unsigned kind_index(const char *kind)
{
	return strcmp(kind, "oom_kill") ? DENIAL : KILL;
}

static void count_along(const struct records *records)
{
	static struct tally tally[WIRE_PROBE_COUNT][FAKE_CPUS];

	memset(tally, 0, sizeof(tally));
	for (size_t i = 0; i < records->n; i++) {
		const Record *r = records->all[i];

		if (r->cpu_sums) {
			struct tally *t = &tally[r->body_case == BODY(OOM_KILL) ? KILL : DENIAL]
						[r->cpu_sums->cpu];
			const uint64_t carried[3] = {r->cpu_sums->seen, r->cpu_sums->limited,
						     r->cpu_sums->dropped};

			t->written++;
			for (unsigned k = 0; k < 3; k++)
				if (t->carried[k] < carried[k])
					t->carried[k] = carried[k];
		}
		if (r->body_case == BODY(LOST) && r->lost->has_cpu)
			tally[kind_index(r->lost->kind)][r->lost->cpu].lost += r->lost->count;
		if (r->body_case == BODY(COUNTERS))
			for (size_t k = 0; k < r->counters->n_probes; k++)
				check_probe(r->counters->probes[k],
					    tally[kind_index(r->counters->probes[k]->kind)]);
		if (r->body_case == BODY(FOOTER))
			for (size_t k = 0; k < r->footer->n_probes; k++)
				check_probe(r->footer->probes[k],
					    tally[kind_index(r->footer->probes[k]->kind)]);
	}
}

static void a_stream_is_framed_by_its_first_and_last_records(void **state)
{
	static const unsigned want[] = {BODY(HEADER),         BODY(CLOCK),    BODY(COUNTERS),
					BODY(SECCOMP_DENIAL), BODY(COUNTERS), BODY(FOOTER)};
	struct rig *rig = *state;

	start(rig, rig->path.s);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	run_to_end(rig, SIGTERM);
	assert_false(rig->kernel->detached);
	assert_ok(close_it(rig));
	assert_true(rig->kernel->detached);
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records.n, ARRAY_SIZE(want));
		for (size_t i = 0; i < records.n; i++)
			assert_int_equal(records.all[i]->body_case, want[i]);
		assert_string_equal(records.all[5]->footer->reason, "SIGTERM");
		assert_int_equal(records.all[5]->footer->records, 6);
		count_along(&records);
	}
	assert_string_equal(line(rig),
			    "1 event written, 0 limited, 0 lost (oom_kill 0, seccomp_denial 1)");
}

static void losses_are_told_where_they_happened_and_at_the_end(void **state)
{
	struct rig *rig = *state;

	start(rig, rig->path.s);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	fake_drop(rig->kernel, DENIAL, 1);
	fake_drop(rig->kernel, DENIAL, 1);
	fake_submit(rig->kernel, DENIAL, 1, 2000, 0);
	fake_drop(rig->kernel, DENIAL, 1);
	fake_drop(rig->kernel, KILL, 2);
	run_to_end(rig, SIGINT);
	assert_ok(close_it(rig));
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records_count(&records, BODY(LOST)), 3);
		assert_int_equal(records_get(&records, BODY(LOST), 0)->seq + 1,
				 records_get(&records, BODY(SECCOMP_DENIAL), 1)->seq);
		assert_int_equal(records_get(&records, BODY(LOST), 0)->lost->count, 2);
		assert_string_equal(records_get(&records, BODY(FOOTER), 0)->footer->reason,
				    "SIGINT");
		count_along(&records);
	}
	assert_non_null(strstr(line(rig), ", 4 lost ("));
}

static void what_is_held_back_is_told_a_second_later(void **state)
{
	struct rig *rig = *state;
	pid_t child;

	start(rig, rig->path.s);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	for (int i = 0; i < 7; i++)
		fake_limit(rig->kernel, 1, 39, 2000);
	child = fork();
	if (!child) {
		(void)usleep(1500000);
		(void)kill(getppid(), SIGTERM);
		_exit(0);
	}
	assert_ok(pipeline_run(rig->pipeline));
	(void)waitpid(child, NULL, 0);
	{
		struct stat st;

		/* before the closing, that is */
		assert_int_equal(rig->kernel->walks, fake_attached(rig->kernel) + 1);
		assert_ok(stat(rig->path.s, &st));
		assert_ok(close_it(rig));
	}
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records_count(&records, BODY(LIMITED)), 1);
		assert_int_equal(records_get(&records, BODY(LIMITED), 0)->limited->count, 7);
		count_along(&records);
	}
}

static void count_ends_the_stream_after_so_many_events(void **state)
{
	struct rig *rig = *state;

	rig->config.count = 5;
	for (int i = 0; i < 20; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	start(rig, rig->path.s);
	assert_ok(pipeline_run(rig->pipeline));
	assert_ok(close_it(rig));
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 5);
		assert_string_equal(records_get(&records, BODY(FOOTER), 0)->footer->reason, "-c");
	}
	assert_int_equal(fake_left(&rig->kernel->bulk), 15);
}

static void kills_come_before_denials(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 1000; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	for (int i = 0; i < 3; i++)
		fake_submit(rig->kernel, KILL, 1, 2000, 0);
	start(rig, rig->path.s);
	run_to_end(rig, SIGTERM);
	assert_ok(close_it(rig));
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records_get(&records, BODY(OOM_KILL), 2)->seq, 6);
		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 1000);
		count_along(&records);
	}
}

static void what_the_self_test_made_is_left_out(void **state)
{
	struct rig *rig = *state;

	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	rig->kernel->bulk.records[0]->flags = WIRE_SELFTEST;
	*fake_sums(rig->kernel, DENIAL, 1) = (struct wire_sums){0};
	start(rig, rig->path.s);
	run_to_end(rig, SIGTERM);
	assert_ok(close_it(rig));
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 0);
	}
}

static void a_look_that_fails_is_told_once(void **state)
{
	struct rig *rig = *state;
	char text[512];

	rig->config.header.counters_interval = 1;
	rig->kernel->look_error = -EMFILE;
	start(rig, rig->path.s);
	assert_int_equal(pipeline_run(rig->pipeline), PIPELINE_NOTICE);
	pipeline_notice(rig->pipeline, text, sizeof(text));
	assert_non_null(strstr(text, "refused a look at what no hook shows: Too many open files"));
	assert_int_equal(rig->kernel->looks, 1);
	(void)usleep(1100000);
	run_rounds(rig, 2);
	assert_int_equal(rig->kernel->looks, 2);
	run_to_end(rig, SIGTERM);
	assert_ok(close_it(rig));
}

static void what_brings_only_a_path_is_no_event(void **state)
{
	struct rig *rig = *state;

	fake_path(rig->kernel, "/lxc/web");
	rig->config.count = 1;
	start(rig, rig->path.s);
	run_rounds(rig, 3);
	assert_int_equal(fake_left(&rig->kernel->bulk), 0);
	run_to_end(rig, SIGTERM); /* it was not the one that -c waits for */
	assert_int_equal(rig->kernel->looks, 0);
	assert_ok(close_it(rig));
	assert_int_equal(rig->kernel->looks, 1); /* the last rows have what is there at the end */
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);
		const Ringside__V1__Footer *footer = records_get(&records, BODY(FOOTER), 0)->footer;

		assert_int_equal(records_count(&records, BODY(LOST)), 0);
		assert_int_equal(footer->n_totals, 2);
		assert_int_equal(footer->n_probes, 2);
	}
}

static void a_broken_record_is_a_loss_that_is_told(void **state)
{
	struct rig *rig = *state;

	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	rig->kernel->bulk.records[0]->size = 100;
	start(rig, rig->path.s);
	run_to_end(rig, SIGTERM);
	assert_ok(close_it(rig));
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);
		const Record *lost = records_get(&records, BODY(LOST), 0),
			     *footer = records_get(&records, BODY(FOOTER), 0);

		assert_int_equal(lost->lost->reason, RINGSIDE__V1__LOST__REASON__SINK);
		assert_int_equal(lost->lost->count, 1);
		assert_int_equal(footer->footer->probes[DENIAL]->lost_in_sink, 1);
		assert_int_equal(footer->footer->totals[DENIAL]->lost, 1);
		assert_int_equal(footer->footer->totals[DENIAL]->written, 1);
	}
}

/* Reads the pipe into a file after a while, in a process of its own. */
static pid_t start_reader(struct rig *rig, unsigned after_ms, size_t most)
{
	pid_t pid = fork();

	if (!pid) {
		int in = open(rig->fifo.s, O_RDONLY),
		    out = open(rig->path.s, O_WRONLY | O_CREAT, 0600);
		char buf[4096];
		ssize_t n;

		(void)usleep(after_ms * 1000);
		while (most && (n = read(in, buf, sizeof(buf))) > 0) {
			(void)!write(out, buf, (size_t)n);
			most -= most < (size_t)n ? most : (size_t)n;
		}
		_exit(0);
	}
	return pid;
}

static void a_blocked_reader_costs_bounded_memory_and_no_kill(void **state)
{
	struct rig *rig = *state;
	size_t left;
	pid_t reader;

	assert_ok(mkfifo(rig->fifo.s, 0600));
	reader = start_reader(rig, 700, SIZE_MAX);
	start(rig, rig->fifo.s);
	for (int i = 0; i < 3000; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 900);
	run_rounds(rig, 100);
	/* 64 KiB are in the pipe, and a little over 256 KiB in the buffer */
	left = fake_left(&rig->kernel->bulk);
	assert_true(left > 2000 && left < 2900);
	run_rounds(rig, 10);
	assert_int_equal(fake_left(&rig->kernel->bulk), left);
	/* kills get through to the buffer all the same */
	for (int i = 0; i < 300; i++)
		fake_submit(rig->kernel, KILL, 2, 2000, 0);
	run_rounds(rig, 20);
	assert_int_equal(fake_left(&rig->kernel->critical), 0);
	assert_int_equal(fake_left(&rig->kernel->bulk), left);
	/* ... which is bounded too */
	for (int i = 0; i < 3000; i++)
		fake_submit(rig->kernel, KILL, 2, 2000, 1500);
	run_rounds(rig, 300);
	left = fake_left(&rig->kernel->critical);
	assert_true(left > 2000 && left < 2900);
	run_rounds(rig, 10);
	assert_int_equal(fake_left(&rig->kernel->critical), left);

	run_to_end(rig, SIGTERM);
	assert_ok(close_it(rig));
	rig->pipeline = pipeline_free(rig->pipeline);
	rig->sink = sink_free(rig->sink);
	(void)waitpid(reader, NULL, 0);
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 3000);
		assert_int_equal(records_count(&records, BODY(OOM_KILL)), 3300);
		assert_int_equal(records_count(&records, BODY(FOOTER)), 1);
		count_along(&records);
	}
}

static void a_reader_that_leaves_is_a_clean_end(void **state)
{
	struct rig *rig = *state;
	pid_t reader;

	assert_ok(mkfifo(rig->fifo.s, 0600));
	reader = start_reader(rig, 200, 0);
	rig->config.header.counters_interval = 3600;
	start(rig, rig->fifo.s);
	/* nothing is written meanwhile: the end of the pipe itself tells */
	assert_ok(pipeline_run(rig->pipeline));
	(void)waitpid(reader, NULL, 0);
	for (int i = 0; i < 10; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	assert_ok(close_it(rig));
	assert_string_equal(line(rig),
			    "0 events written, 0 limited, 0 lost (oom_kill 0, seccomp_denial 0)");
}

static void a_reader_that_leaves_amid_events_is_a_clean_end(void **state)
{
	struct rig *rig = *state;
	pid_t reader;

	assert_ok(mkfifo(rig->fifo.s, 0600));
	reader = start_reader(rig, 0, 20000);
	start(rig, rig->fifo.s);
	for (int i = 0; i < 5000; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	assert_ok(pipeline_run(rig->pipeline));
	assert_ok(close_it(rig));
	(void)waitpid(reader, NULL, 0);
	assert_non_null(strstr(line(rig), ", 0 lost"));
}

static void told_twice_to_end_it_waits_no_longer(void **state)
{
	struct rig *rig = *state;
	_cleanup_close_ int reader = -1;

	assert_ok(mkfifo(rig->fifo.s, 0600));
	reader = open(rig->fifo.s, O_RDONLY | O_NONBLOCK);
	start(rig, rig->fifo.s);
	for (int i = 0; i < 3000; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	run_rounds(rig, 30);
	run_to_end(rig, SIGTERM);
	assert_ok(raise(SIGTERM));
	assert_int_equal(close_it(rig), -EINTR);
	{
		static uint8_t bytes[65536 + 1];
		size_t size = 0, at = 0, events = 0;
		char want[128];
		ssize_t n;

		/* a pipe's pages need not be full */
		while ((n = read(reader, bytes + size, sizeof(bytes) - size)) > 0)
			size += (size_t)n;
		assert_true(size > 30000);
		while (at < size) {
			size_t next = at + records_frame(bytes + at);

			events +=
				next <= size && (bytes[next - records_body(bytes + at)] >> 3) == 3;
			at = next;
		}
		(void)snprintf(want, sizeof(want), "%s not written",
			       COUNTED(3000 - events, "event"));
		if (!strstr(rig->error, want))
			fail_msg("\"%s\" does not say \"%s\"", rig->error, want);
		(void)snprintf(want, sizeof(want), "%s written, 0 limited, %s lost",
			       COUNTED(events, "event"), COUNT(3000 - events));
		if (strncmp(line(rig), want, strlen(want)) != 0)
			fail_msg("\"%s\" is not \"%s\"", line(rig), want);
	}
	assert_non_null(strstr(rig->error, "within a record"));
}

static void a_full_disk_ends_with_a_whole_record_and_says_what_is_lost(void **state)
{
	struct rig *rig = *state;
	struct rlimit before, full;
	size_t events;
	char want[128];
	int r;

	assert_ok(getrlimit(RLIMIT_FSIZE, &before));
	full = (struct rlimit){.rlim_cur = 100000, .rlim_max = before.rlim_max};
	start(rig, rig->path.s);
	for (int i = 0; i < 3000; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	assert_ok(setrlimit(RLIMIT_FSIZE, &full));
	r = pipeline_run(rig->pipeline);
	if (!r)
		r = close_it(rig);
	assert_ok(setrlimit(RLIMIT_FSIZE, &before));
	assert_int_equal(r, -EFBIG);
	{
		_cleanup_records_ struct records records = records_read(rig->path.s);

		events = records_count(&records, BODY(SECCOMP_DENIAL));
		assert_true(records.size > 98000);
	}
	assert_non_null(strstr(rig->error, "with a whole record"));
	(void)snprintf(want, sizeof(want), "%s written, 0 limited, %s lost",
		       COUNTED(events, "event"), COUNT(3000 - events));
	assert_memory_equal(line(rig), want, strlen(want));
}

static void a_cgroup_without_a_path_is_asked_for(void **state)
{
	struct rig *rig = *state;
	struct wire_seccomp_denial *denial;

	start(rig, rig->path.s);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	denial = (struct wire_seccomp_denial *)rig->kernel->bulk.records[0];
	denial->cgroup = (struct wire_cgroup){.id = 4711, .hierarchy = 1};
	run_to_end(rig, SIGTERM);
	assert_ok(close_it(rig));
	assert_int_equal(rig->kernel->forgotten, 1);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_stream_is_framed_by_its_first_and_last_records),
		test(losses_are_told_where_they_happened_and_at_the_end),
		test(what_is_held_back_is_told_a_second_later),
		test(count_ends_the_stream_after_so_many_events),
		test(kills_come_before_denials),
		test(what_the_self_test_made_is_left_out),
		test(a_look_that_fails_is_told_once),
		test(what_brings_only_a_path_is_no_event),
		test(a_broken_record_is_a_loss_that_is_told),
		test(a_blocked_reader_costs_bounded_memory_and_no_kill),
		test(a_reader_that_leaves_is_a_clean_end),
		test(a_reader_that_leaves_amid_events_is_a_clean_end),
		test(told_twice_to_end_it_waits_no_longer),
		test(a_full_disk_ends_with_a_whole_record_and_says_what_is_lost),
		test(a_cgroup_without_a_path_is_asked_for),
	};

	/* as the streamer's main() does */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
