/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/pipeline/handover.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <xxhash.h>

#include "streamer/pipeline/pipeline-internal.h"
#include "tests/lib/fake-kernel.h"
#include "tests/lib/records.h"

#define DENIAL WIRE_SECCOMP_DENIAL
#define KILL WIRE_OOM_KILL

/* A manager that keeps what it is given, and one streamer after another. */
struct rig {
	void *folder;
	struct folder_path place;
	int heard; /* the manager's end */
	struct service_manager manager;
	struct stored_fds kept;
	struct pipeline_config config;
	struct handover handover;
	struct kernel *kernel;
	struct sink *sink;
	struct pipeline *pipeline;
	int level;
	char error[1024];
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int pair[2];

	assert_non_null(rig);
	assert_ok(folder_setup(&rig->folder));
	rig->place = in_folder(&rig->folder, "kept/");
	assert_ok(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair));
	rig->heard = pair[0];
	rig->manager = (struct service_manager){.fd = pair[1], .stores = 8};
	rig->handover = (struct handover)HANDOVER_NULL;
	rig->kernel = fake_kernel_new();
	rig->config = (struct pipeline_config){.header.counters_interval = 10,
					       .handover = &rig->handover};
	*state = rig;
	return 0;
}

static void end_streamer(struct rig *rig)
{
	rig->pipeline = pipeline_free(rig->pipeline);
	rig->sink = sink_free(rig->sink);
	handover_done(&rig->handover);
}

static int tear_down(void **state)
{
	struct rig *rig = *state;
	sigset_t none;

	end_streamer(rig);
	stored_fds_done(&rig->kept);
	(void)kernel_free(rig->kernel);
	(void)close(rig->heard);
	service_manager_done(&rig->manager);
	assert_ok(folder_teardown(&rig->folder));
	free(rig);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

static void forget(struct rig *rig, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->kept.n; i++) {
		if (strcmp(rig->kept.all[i].name, name) != 0)
			rig->kept.all[n++] = rig->kept.all[i];
		else
			(void)close(rig->kept.all[i].fd);
	}
	rig->kept.n = n;
}

/* Does what the manager is told to. */
static void hear(struct rig *rig)
{
	char text[256], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = text, .iov_len = sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
	const struct cmsghdr *head;
	const char *name;
	ssize_t n;

	for (;;) {
		message.msg_controllen = sizeof(control);
		n = recvmsg(rig->heard, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n < 0)
			return;
		text[n] = '\0';
		name = strstr(text, "FDNAME=");
		assert_non_null(name);
		name += strlen("FDNAME=");
		head = CMSG_FIRSTHDR(&message);
		if (!head) {
			assert_int_equal(strncmp(text, "FDSTOREREMOVE=1\n", 16), 0);
			forget(rig, name);
			continue;
		}
		assert_int_equal(strncmp(text, "FDSTORE=1\nFDPOLL=0\n", 19), 0);
		memcpy(&rig->kept.all[rig->kept.n].fd, CMSG_DATA(head), sizeof(int));
		(void)snprintf(rig->kept.all[rig->kept.n].name, 64, "%s", name);
		rig->kept.n++;
	}
}

static void open_sink(struct rig *rig, const char *path)
{
	const struct sink_config config = {.path = path, .level = rig->level};

	if (sink_open(&rig->sink, &config, rig->error, sizeof(rig->error)) < 0)
		fail_msg("%s", rig->error);
}

static int adopt(struct rig *rig)
{
	struct kernel *kernel;

	assert_true(handover_find(&rig->handover, &rig->manager, &rig->kept));
	return handover_adopt(&rig->handover, &kernel, &rig->kernel->config, rig->sink, &rig->kept,
			      rig->error, sizeof(rig->error));
}

static void begin(struct rig *rig)
{
	if (pipeline_new(&rig->pipeline, &rig->config, rig->kernel, rig->sink, rig->error,
			 sizeof(rig->error)) < 0 ||
	    pipeline_begin(rig->pipeline, NULL, rig->error, sizeof(rig->error)) < 0)
		fail_msg("%s", rig->error);
}

static void start_first(struct rig *rig)
{
	open_sink(rig, rig->place.s);
	assert_false(handover_find(&rig->handover, &rig->manager, &rig->kept));
	assert_ok(handover_offer(&rig->handover, rig->kernel, rig->sink));
	hear(rig);
	assert_int_equal(rig->kept.n, 3);
	begin(rig);
}

static void start_next(struct rig *rig)
{
	open_sink(rig, rig->place.s);
	if (adopt(rig) < 0)
		fail_msg("%s", rig->error);
	begin(rig);
}

static void end(struct rig *rig, int signal_number)
{
	assert_ok(raise(signal_number));
	while (pipeline_run(rig->pipeline))
		pipeline_notice(rig->pipeline, rig->error, sizeof(rig->error));
	if (pipeline_close(rig->pipeline, rig->error, sizeof(rig->error)) < 0)
		fail_msg("%s", rig->error);
	hear(rig);
	end_streamer(rig);
}

/* All files of the folder, as the one stream they are. */
static struct records read_all(struct rig *rig)
{
	struct dirent **names;
	uint8_t *all = NULL;
	size_t size = 0;
	const int n = scandir(rig->place.s, &names, NULL, alphasort);

	assert_true(n > 2);
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		uint8_t *bytes;
		size_t more;

		(void)snprintf(path, sizeof(path), "%s%s", rig->place.s, names[i]->d_name);
		if (names[i]->d_name[0] != '.') {
			bytes = records_bytes(path, &more);
			all = realloc(all, size + more);
			assert_non_null(all);
			memcpy(all + size, bytes, more);
			size += more;
			free(bytes);
		}
		free(names[i]);
	}
	free(names);
	return records_decode(all, size);
}

static const Ringside__V1__CpuCounters *last_sums(const struct records *records, unsigned cpu)
{
	const Ringside__V1__Footer *footer =
		records_get(records, BODY(FOOTER), records_count(records, BODY(FOOTER)) - 1)
			->footer;

	for (size_t i = 0; i < footer->n_probes; i++)
		for (size_t k = 0; k < footer->probes[i]->n_cpus; k++)
			if (!strcmp(footer->probes[i]->kind, "seccomp_denial") &&
			    footer->probes[i]->cpus[k]->cpu == cpu)
				return footer->probes[i]->cpus[k];
	fail_msg("no sums of CPU %u", cpu);
	return NULL;
}

static void a_stream_goes_on_in_the_next_file(void **state)
{
	struct rig *rig = *state;

	start_first(rig);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	fake_drop(rig->kernel, DENIAL, 1);
	end(rig, SIGTERM);
	assert_false(rig->kernel->detached);
	assert_true(rig->kernel->kept);
	assert_int_equal(rig->kept.n, 3);

	fake_submit(rig->kernel, DENIAL, 1, 2000, 0); /* while nobody is there */
	start_next(rig);
	fake_submit(rig->kernel, DENIAL, 2, 3000, 0);
	end(rig, SIGINT);
	assert_true(rig->kernel->detached);
	assert_int_equal(rig->kept.n, 0);
	{
		_cleanup_records_ struct records records = read_all(rig);
		const Record *first = records_get(&records, BODY(HEADER), 0),
			     *second = records_get(&records, BODY(HEADER), 1);

		assert_int_equal(records_count(&records, BODY(HEADER)), 2);
		assert_memory_equal(first->header->stream_id.data, second->header->stream_id.data,
				    16);
		assert_int_equal(second->header->file_index, 1);
		assert_int_equal(second->header->first_seq, second->seq);
		assert_string_equal(records_get(&records, BODY(FOOTER), 0)->footer->reason,
				    "SIGTERM");
		assert_string_equal(records_get(&records, BODY(FOOTER), 1)->footer->reason,
				    "SIGINT");
		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 3);
		assert_int_equal(records_count(&records, BODY(LOST)), 1);
		assert_int_equal(last_sums(&records, 1)->written, 2);
		assert_int_equal(last_sums(&records, 2)->written, 1);
		assert_int_equal(last_sums(&records, 1)->dropped, 1);
	}
}

/* Who reads the file knows that there is more: nobody need go on with it. */
static void what_is_left_in_the_ring_is_said_to_be(void **state)
{
	struct rig *rig = *state;

	start_first(rig);
	fake_sums(rig->kernel, DENIAL, 1)->seen++;
	fake_sums(rig->kernel, DENIAL, 1)->in_flight++;
	end(rig, SIGTERM);
	{
		_cleanup_records_ struct records records = read_all(rig);

		assert_string_equal(records_get(&records, BODY(FOOTER), 0)->footer->reason,
				    "rotated");
	}
}

/* What was told is not told again, and what came later is. */
static void what_is_held_back_adds_up(void **state)
{
	struct rig *rig = *state;
	uint64_t sum = 0;

	start_first(rig);
	for (int i = 0; i < 5; i++)
		fake_limit(rig->kernel, 1, 39, 2000);
	end(rig, SIGTERM);
	start_next(rig);
	for (int i = 0; i < 7; i++)
		fake_limit(rig->kernel, 1, 39, 3000);
	end(rig, SIGINT);
	{
		_cleanup_records_ struct records records = read_all(rig);

		for (size_t i = 0; i < records_count(&records, BODY(LIMITED)); i++)
			sum += records_get(&records, BODY(LIMITED), i)->limited->count;
		assert_int_equal(sum, 12);
	}
}

/* The path went with an event before. */
static void names_are_remembered(void **state)
{
	const struct wire_cgroup_key web = {.id = FAKE_CGROUP};
	struct rig *rig = *state;

	start_first(rig);
	fake_path(rig->kernel, "/lxc/web");
	end(rig, SIGTERM);
	start_next(rig);
	assert_true(encoder_knows(rig->pipeline->encoder, &web));
	end(rig, SIGINT);
}

/* Some rounds of the loop: each is ended by a signal that asks for the totals. */
static void run_rounds(struct rig *rig, unsigned n)
{
	while (n--) {
		assert_ok(raise(SIGUSR1));
		while (pipeline_run(rig->pipeline) != PIPELINE_TOTALS)
			pipeline_notice(rig->pipeline, rig->error, sizeof(rig->error));
	}
}

/* As by SIGKILL. */
static void kill_streamer(struct rig *rig)
{
	hear(rig);
	end_streamer(rig);
}

static void one_that_was_killed_is_gone_on_with(void **state)
{
	struct rig *rig = *state;

	start_first(rig);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	fake_submit(rig->kernel, DENIAL, 1, 2000, 0);
	run_rounds(rig, 2);
	kill_streamer(rig);
	for (uint64_t i = 0; i < 3; i++) { /* and again, and again */
		start_next(rig);
		fake_submit(rig->kernel, DENIAL, 1, 3000 + i, 0);
		run_rounds(rig, 2);
		kill_streamer(rig);
	}
	start_next(rig);
	end(rig, SIGINT);
	{
		_cleanup_records_ struct records records = read_all(rig);

		assert_int_equal(records_count(&records, BODY(HEADER)), 5);
		assert_int_equal(records_get(&records, BODY(HEADER), 4)->header->file_index, 4);
		assert_int_equal(records_count(&records, BODY(FOOTER)), 1);
		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 5);
		assert_int_equal(records_count(&records, BODY(LOST)), 0);
		assert_int_equal(last_sums(&records, 1)->written, 5);
	}
}

/* Nothing was written of it: the next one takes its place. */
static void a_file_without_a_record_goes(void **state)
{
	struct rig *rig = *state;

	open_sink(rig, rig->place.s);
	assert_false(handover_find(&rig->handover, &rig->manager, &rig->kept));
	assert_ok(handover_offer(&rig->handover, rig->kernel, rig->sink));
	if (pipeline_new(&rig->pipeline, &rig->config, rig->kernel, rig->sink, rig->error,
			 sizeof(rig->error)) < 0 ||
	    pipeline_begin(rig->pipeline, NULL, rig->error, sizeof(rig->error)) < 0)
		fail_msg("%s", rig->error);
	rig->sink->made = false; /* it does not clear up */
	kill_streamer(rig);
	start_next(rig);
	end(rig, SIGINT);
	{
		_cleanup_records_ struct records records = read_all(rig);

		assert_int_equal(records_count(&records, BODY(HEADER)), 1);
		assert_int_equal(records_get(&records, BODY(HEADER), 0)->header->file_index, 0);
	}
}

/* The compressor has it: the ring, too, until it is in the file. */
static void what_is_taken_is_held_until_it_is_written(void **state)
{
	struct rig *rig = *state;

	rig->level = SINK_LEVEL_BY_NAME;
	start_first(rig);
	run_rounds(rig, 2);
	pipeline_flush(rig->pipeline);
	assert_false(rig->pipeline->held);
	for (int i = 0; i < 7; i++)
		fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	assert_int_equal(pipeline_drain(rig->pipeline), 7);
	assert_true(rig->pipeline->held);
	pipeline_flush(rig->pipeline);
	assert_false(rig->pipeline->held);
	kill_streamer(rig);
	start_next(rig);
	assert_int_equal(totals_written(&rig->pipeline->totals, DENIAL), 7);
	end(rig, SIGINT);
}

/* Written, but not known to be: it comes again. */
static void what_is_behind_the_state_is_cut(void **state)
{
	struct rig *rig = *state;
	char path[PATH_MAX];
	struct stat st;
	off_t size;
	int fd;

	start_first(rig);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	run_rounds(rig, 2);
	(void)snprintf(path, sizeof(path), "%s", rig->sink->name);
	kill_streamer(rig);
	assert_ok(stat(path, &st));
	size = st.st_size;
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "what is no record", 17), 17);
	(void)close(fd);
	start_next(rig);
	assert_ok(stat(path, &st));
	assert_int_equal(st.st_size, size);
	end(rig, SIGINT);
	{
		_cleanup_records_ struct records records = read_all(rig);

		assert_int_equal(records_count(&records, BODY(SECCOMP_DENIAL)), 1);
	}
}

static void a_state_of_another_folder_is_not_taken(void **state)
{
	struct rig *rig = *state;

	start_first(rig);
	end(rig, SIGTERM);
	open_sink(rig, in_folder(&rig->folder, "other/").s);
	assert_int_equal(adopt(rig), -ESTALE);
	assert_non_null(strstr(rig->error, "folder"));
}

static int state_fd(const struct rig *rig)
{
	const int fd = stored_fds_get(&rig->kept, "state");

	assert_true(fd >= 0);
	return fd;
}

/* Returns what handover_adopt() does where one byte is another one. */
static int adopt_changed(struct rig *rig, int fd, off_t at)
{
	uint8_t byte, wrong;
	int r;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	wrong = byte ^ 0x10;
	assert_int_equal(pwrite(fd, &wrong, 1, at), 1);
	r = adopt(rig);
	handover_done(&rig->handover);
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	return r;
}

static void a_state_that_is_not_whole_is_none(void **state)
{
	struct rig *rig = *state;
	struct stat st;
	off_t bigs;
	int fd, good = 0;

	start_first(rig);
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	end(rig, SIGTERM);
	fd = state_fd(rig);
	assert_ok(fstat(fd, &st));
	bigs = st.st_size - 2 * (off_t)HANDOVER_BIG_MAX;
	open_sink(rig, rig->place.s);
	for (off_t at = 0; at < (off_t)sizeof(struct handover_base); at += 37)
		assert_int_equal(adopt_changed(rig, fd, at), -ENODATA);
	/* of the others there are two */
	for (off_t at = (off_t)sizeof(struct handover_base); at < bigs; at += 37) {
		const int r = adopt_changed(rig, fd, at);

		assert_true(!r || r == -ENODATA);
		good += !r;
	}
	assert_true(good > 0);
	assert_ok(ftruncate(fd, st.st_size - 1));
	assert_int_equal(adopt(rig), -ENODATA);
}

/* Its writer may be anybody: sums that match prove nothing. */
static void numbers_that_lie_do_no_harm(void **state)
{
	struct rig *rig = *state;
	struct handover_found found;
	struct handover_memory memory;

	start_first(rig);
	fake_path(rig->kernel, "/lxc/web");
	fake_submit(rig->kernel, DENIAL, 1, 1000, 0);
	end(rig, SIGTERM);
	for (unsigned i = 0; i < 2; i++) {
		const int fd = dup(state_fd(rig));
		struct handover_big *big;

		assert_ok(handover_state_read(fd, &found));
		assert_ok(handover_memory_map(&memory, fd, NULL, &found));
		big = (void *)(memory.at + memory.bytes - 2 * (size_t)HANDOVER_BIG_MAX +
			       (found.big->generation & 1) * HANDOVER_BIG_MAX);
		*(i ? &big->n_learnt : &big->n_limited) = UINT64_MAX;
		big->hash = XXH3_64bits(&big->bytes, big->bytes - sizeof(big->hash));
		open_sink(rig, rig->place.s);
		assert_ok(adopt(rig));
		assert_int_equal(pipeline_new(&rig->pipeline, &rig->config, rig->kernel, rig->sink,
					      rig->error, sizeof(rig->error)),
				 -EBADMSG);
		rig->pipeline = NULL;
		end_streamer(rig);
		*(i ? &big->n_learnt : &big->n_limited) = 0;
		big->hash = XXH3_64bits(&big->bytes, big->bytes - sizeof(big->hash));
		handover_memory_done(&memory);
		handover_state_free(&found);
		(void)close(fd);
	}
}

static void who_keeps_too_little_is_given_nothing(void **state)
{
	struct rig *rig = *state;

	rig->manager.stores = 2;
	open_sink(rig, rig->place.s);
	assert_false(handover_find(&rig->handover, &rig->manager, &rig->kept));
	assert_int_equal(handover_offer(&rig->handover, rig->kernel, rig->sink), -ENOTSUP);
	begin(rig);
	end(rig, SIGTERM);
	assert_true(rig->kernel->detached);
	assert_int_equal(rig->kept.n, 0);
	{
		_cleanup_records_ struct records records = read_all(rig);

		assert_string_equal(records_get(&records, BODY(FOOTER), 0)->footer->reason,
				    "SIGTERM");
	}
}

#define test_streamers(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_streamers(a_stream_goes_on_in_the_next_file),
		test_streamers(what_is_left_in_the_ring_is_said_to_be),
		test_streamers(what_is_held_back_adds_up),
		test_streamers(names_are_remembered),
		test_streamers(one_that_was_killed_is_gone_on_with),
		test_streamers(a_file_without_a_record_goes),
		test_streamers(what_is_taken_is_held_until_it_is_written),
		test_streamers(what_is_behind_the_state_is_cut),
		test_streamers(a_state_of_another_folder_is_not_taken),
		test_streamers(a_state_that_is_not_whole_is_none),
		test_streamers(numbers_that_lie_do_no_harm),
		test_streamers(who_keeps_too_little_is_given_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
