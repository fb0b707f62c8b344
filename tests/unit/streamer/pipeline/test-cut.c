/* SPDX-License-Identifier: Apache-2.0 */
/* Files that somebody else cuts short while they are written, as logrotate's copytruncate does. */
#include <errno.h>
#include <signal.h>

#include "streamer/pipeline/pipeline.h"
#include "tests/lib/fake-kernel.h"
#include "tests/lib/sink-fixture.h"

#define DENIAL WIRE_SECCOMP_DENIAL
#define KILL WIRE_OOM_KILL

struct rig {
	struct folder_path path;
	struct folder_path copy;
	struct pipeline_config config;
	struct kernel *kernel;
	struct sink *sink;
	struct pipeline *pipeline;
	char text[1024];
};

static void start(struct rig *rig, void **state, const char *name)
{
	*rig = (struct rig){
		.path = in_folder(state, name),
		.copy = in_folder(state, "copy"),
		.config = {.header.counters_interval = 3600},
		.kernel = fake_kernel_new(),
	};
	rig->sink =
		open_sink(&(struct sink_config){.path = rig->path.s, .level = SINK_LEVEL_BY_NAME});
	if (pipeline_new(&rig->pipeline, &rig->config, rig->kernel, rig->sink, rig->text,
			 sizeof(rig->text)) < 0 ||
	    pipeline_begin(rig->pipeline, NULL, rig->text, sizeof(rig->text)) < 0)
		fail_msg("%s", rig->text);
}

static void submit(struct rig *rig, unsigned n)
{
	while (n--)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
}

/* A round of the loop, ended by a signal that asks for the totals; what it has to tell. */
static const char *run_round(struct rig *rig)
{
	int r;

	rig->text[0] = '\0';
	assert_ok(raise(SIGUSR1));
	while ((r = pipeline_run(rig->pipeline)) != PIPELINE_TOTALS) {
		assert_true(r == PIPELINE_NOTICE || r == PIPELINE_HANGUP);
		if (r == PIPELINE_NOTICE)
			pipeline_notice(rig->pipeline, rig->text, sizeof(rig->text));
	}
	return rig->text;
}

/* Rounds until what is written is in the file also where it is compressed. */
static void settle(struct rig *rig)
{
	for (int i = 0; i < 2; i++) {
		(void)run_round(rig);
		(void)usleep(350000);
	}
	(void)run_round(rig);
}

static void copy_and_cut(struct rig *rig)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cp %s %s", rig->path.s, rig->copy.s);
	assert_ok(system(command));
	assert_ok(truncate(rig->path.s, 0));
}

static void end(struct rig *rig)
{
	int r;

	assert_ok(raise(SIGTERM));
	while ((r = pipeline_run(rig->pipeline)) == PIPELINE_NOTICE)
		pipeline_notice(rig->pipeline, rig->text, sizeof(rig->text));
	assert_ok(r);
	assert_ok(pipeline_close(rig->pipeline, rig->text, sizeof(rig->text)));
	pipeline_notice(rig->pipeline, rig->text, sizeof(rig->text));
	(void)pipeline_free(rig->pipeline);
	(void)sink_free(rig->sink);
	(void)kernel_free(rig->kernel);
}

static struct records read_file(const char *path, bool compressed)
{
	bool whole;

	return compressed ? recordings_read(path, &whole) : records_read(path);
}

/* The copy has the events before; the file begins anew behind them, and has all others, or says how
 * many it has not. */
static void check(struct rig *rig, bool compressed, unsigned before, unsigned after,
		  uint64_t unwritten)
{
	_cleanup_records_ struct records copy = read_file(rig->copy.s, compressed);
	_cleanup_records_ struct records rest = read_file(rig->path.s, compressed);
	const Record *header = rest.all[0];
	const Ringside__V1__Footer *footer;
	uint64_t lost = 0;

	assert_int_equal(records_count(&copy, BODY(SECCOMP_DENIAL)), before);
	assert_int_equal(records_count(&copy, BODY(FOOTER)), 0);
	assert_int_equal(header->body_case, BODY(HEADER));
	assert_int_equal(header->header->file_index, 1);
	assert_int_equal(header->seq, copy.all[copy.n - 1]->seq + 1);
	assert_int_equal(records_count(&rest, BODY(HEADER)), 1);
	assert_int_equal(records_count(&rest, BODY(SECCOMP_DENIAL)), after);
	for (size_t i = 0; i < rest.n; i++)
		if (rest.all[i]->body_case == BODY(LOST))
			lost += rest.all[i]->lost->count;
	assert_int_equal(lost, unwritten);
	assert_int_equal(records_count(&rest, BODY(FOOTER)), 1);
	footer = records_get(&rest, BODY(FOOTER), 0)->footer;
	assert_int_equal(footer->probes[DENIAL]->lost_in_sink, unwritten);
	assert_int_equal(footer->totals[DENIAL]->written, before + after);
}

static void cut_between_events(void **state, const char *name, bool compressed)
{
	struct rig rig;

	start(&rig, state, name);
	submit(&rig, 100);
	settle(&rig);
	copy_and_cut(&rig);
	submit(&rig, 50);
	assert_non_null(strstr(run_round(&rig), "; 0 events could not be written"));
	assert_non_null(strstr(rig.text, "was cut short by somebody else"));
	submit(&rig, 7);
	assert_string_equal(run_round(&rig), "");
	end(&rig);
	check(&rig, compressed, 100, 57, 0);
}

static void a_plain_file_that_is_cut_begins_anew(void **state)
{
	cut_between_events(state, "x.pb", false);
}

static void a_compressed_file_that_is_cut_begins_anew(void **state)
{
	cut_between_events(state, "x.pb.zst", true);
}

static void what_was_under_way_is_lost_and_counted(void **state)
{
	struct rig rig;

	start(&rig, state, "x.pb.zst");
	submit(&rig, 100);
	settle(&rig);
	submit(&rig, 30);
	(void)run_round(&rig); /* these wait to be compressed */
	copy_and_cut(&rig);
	assert_non_null(strstr(run_round(&rig), "; 30 events could not be written"));
	submit(&rig, 7);
	end(&rig);
	check(&rig, true, 100, 7, 30);
}

static void a_cut_is_noticed_at_the_end_too(void **state)
{
	struct rig rig;

	start(&rig, state, "x.pb");
	submit(&rig, 100);
	settle(&rig);
	assert_ok(raise(SIGTERM));
	assert_ok(pipeline_run(rig.pipeline));
	copy_and_cut(&rig);
	submit(&rig, 5);
	assert_ok(pipeline_close(rig.pipeline, rig.text, sizeof(rig.text)));
	pipeline_notice(rig.pipeline, rig.text, sizeof(rig.text));
	assert_non_null(strstr(rig.text, "was cut short"));
	(void)pipeline_free(rig.pipeline);
	(void)sink_free(rig.sink);
	(void)kernel_free(rig.kernel);
	check(&rig, false, 100, 5, 0);
}

/* SIGHUP behind the cut, as a logrotate with both does it: the file holds two recordings. */
static void a_reopening_behind_a_cut_goes_on(void **state)
{
	struct rig rig;

	start(&rig, state, "x.pb");
	submit(&rig, 100);
	settle(&rig);
	copy_and_cut(&rig);
	assert_ok(raise(SIGHUP));
	submit(&rig, 5);
	settle(&rig);
	end(&rig);
	{
		_cleanup_records_ struct records rest = records_read(rig.path.s);

		assert_int_equal(records_count(&rest, BODY(HEADER)), 2);
		assert_int_equal(records_count(&rest, BODY(FOOTER)), 2);
		assert_int_equal(records_count(&rest, BODY(SECCOMP_DENIAL)), 5);
		assert_int_equal(records_get(&rest, BODY(HEADER), 1)->header->file_index, 2);
	}
}

/* Cut between the look and the write: what follows goes to the file's beginning, and away. */
static void a_write_behind_the_cut_leaves_no_hole(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = path.s});
	size_t size;

	put_records(sink, 1000);
	assert_false(sink_was_cut(sink));
	assert_ok(truncate(path.s, 0));
	size = size_of(path.s);
	put_records(sink, 9);
	assert_true(size_of(path.s) < 1000);
	assert_true(sink_was_cut(sink));
	assert_ok(sink_begin_anew(sink));
	assert_int_equal(size_of(path.s), size);
	put_records(sink, 19);
	assert_false(sink_was_cut(sink));
	{
		_cleanup_records_ struct records records = records_read(path.s);

		assert_int_equal(records.n, 20);
	}
}

static void what_the_cut_has_left_stays(void **state)
{
	struct folder_path path = in_folder(state, "x.pb");
	_cleanup_sink_ struct sink *sink = open_sink(&(struct sink_config){.path = path.s});
	size_t size;

	put_records(sink, 9);
	size = size_of(path.s);
	put_records(sink, 1000);
	assert_false(sink_was_cut(sink));
	assert_ok(truncate(path.s, (off_t)size));
	assert_true(sink_was_cut(sink));
	assert_ok(sink_begin_anew(sink));
	put_records(sink, 19);
	assert_false(sink_was_cut(sink));
	{
		_cleanup_records_ struct records records = records_read(path.s);

		assert_int_equal(records.n, 10 + 20);
	}
}

#define test(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_plain_file_that_is_cut_begins_anew),
		test(a_compressed_file_that_is_cut_begins_anew),
		test(what_was_under_way_is_lost_and_counted),
		test(a_cut_is_noticed_at_the_end_too),
		test(a_reopening_behind_a_cut_goes_on),
		test(a_write_behind_the_cut_leaves_no_hole),
		test(what_the_cut_has_left_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
