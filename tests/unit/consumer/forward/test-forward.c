/* SPDX-License-Identifier: Apache-2.0 */
/* A target that is all ours: it takes what it is given, settles when it is told to, and ends the
 * program wherever a test wants. What a crash would leave is the cursor as it was written last. */
#include "consumer/forward/forward.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "tests/lib/folder.h"
#include "tests/lib/stream-builder.h"
#include "tests/lib/test.h"

#define GIVEN_MAX 512

struct given {
	uint64_t seq, last_seq, previous_seq, left_out;
	char kind[32];
};

struct target {
	struct target_sums sums;
	const struct target_options *options;
};

/* What all runs of a test gave it. */
static struct given given[GIVEN_MAX];
static unsigned n_given, n_runs;
static unsigned room;       /* unsettled records that it takes */
static unsigned dies_after; /* records; 0: it does not */
static bool never_settles;
static bool follows;
static const char *spool_name;
static uint64_t goes_back; /* once, to behind this seq */
/* Called by run, with how often it was. */
static void (*on_run)(void **state, unsigned nth);
static void **test_state;
static char said[4096];
static const char *cursor_name;
static uint8_t latest_id[TARGET_ID];
static atomic_bool stop;
static int ends[2] = {-1, -1}; /* of a pipe: nobody reads it any more when it is to stop */

static int open_fake(struct target **ret, const struct target_options *options,
		     char problem[TARGET_PROBLEM])
{
	*ret = calloc(1, sizeof(**ret));
	(*ret)->options = options;
	return 0;
}

static int put_fake(struct target *target, const struct target_item *item)
{
	struct given *next = &given[n_given];

	if (target->sums.taken - target->sums.settled == room)
		return -EAGAIN;
	if (dies_after && target->sums.taken == dies_after)
		return -EIO;
	assert_true(n_given < GIVEN_MAX);
	*next = (struct given){item->seq, item->last_seq, item->previous_seq, item->left_out, ""};
	(void)snprintf(next->kind, sizeof(next->kind), "%s", item->kind);
	memcpy(latest_id, item->stream_id, TARGET_ID);
	assert_non_null(item->record);
	assert_true(item->size > 0);
	n_given++;
	target->sums.taken++;
	return 0;
}

static int run_fake(struct target *target, int timeout_ms, bool flush)
{
	struct target_sums *sums = &target->sums;

	n_runs++;
	if (on_run)
		on_run(test_state, n_runs);
	if (never_settles) {
		(void)snprintf(sums->problem, sizeof(sums->problem), "no answer");
		atomic_store(&stop, n_runs > 8);
		return 0;
	}
	sums->settled = sums->acknowledged = sums->taken;
	if (goes_back && sums->taken > goes_back) {
		memcpy(sums->back_id, latest_id, TARGET_ID);
		sums->back_seq = goes_back;
		goes_back = 0;
		return -ESTALE;
	}
	return 0;
}

static const struct target_sums *sums_fake(struct target *target)
{
	return &target->sums;
}

static void close_fake(struct target *target)
{
	free(target);
}

static const struct target_ops fake = {
	.scheme = "fake",
	.wants_unpacked = true,
	.open = open_fake,
	.put = put_fake,
	.run = run_fake,
	.sums = sums_fake,
	.close = close_fake,
};

static void say_fake(void *data, const char *text)
{
	(void)strncat(said, text, sizeof(said) - strlen(said) - 2);
	(void)strcat(said, "\n");
}

static void stop_it(void)
{
	atomic_store(&stop, true);
	if (ends[0] >= 0)
		(void)close(ends[0]);
	ends[0] = -1;
}

static void begin_following(void)
{
	follows = true;
	assert_ok(pipe(ends));
}

static int run_forward(void **state, const struct filter *filter)
{
	static struct forward forward;
	struct folder_path cursor = in_folder(state, cursor_name),
			   status = in_folder(state, "status");
	struct folder_path path = in_folder(state, spool_name);
	const char *const set[] = {NULL};
	const struct forward_options options = {
		.ops = &fake,
		.url = "fake:",
		.path = path.s,
		.cursor = cursor.s,
		.status = status.s,
		.filter = filter,
		.set = set,
		.memory = 1 << 20,
		.following = follows,
		.stop = &stop,
		.stop_fd = ends[1],
		.say = say_fake,
	};

	*said = '\0';
	n_runs = 0;
	test_state = state;
	return forward_run(&forward, &options);
}

static const char *status_text(void **state)
{
	static char text[4096];
	FILE *file = fopen(in_folder(state, "status").s, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	assert_ok(fclose(file));
	return text;
}

static void write_part(void **state, const char *name, const struct stream *stream, size_t from)
{
	struct folder_path path = in_folder(state, name);
	FILE *file = fopen(path.s, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(stream->data + from, 1, stream->size - from, file),
			 stream->size - from);
	assert_ok(fclose(file));
}

/* The file's end is what is in the stream from @from on. */
static void append_part(void **state, const char *name, const struct stream *stream, size_t from)
{
	FILE *file = fopen(in_folder(state, name).s, "a");

	assert_non_null(file);
	assert_int_equal(fwrite(stream->data + from, 1, stream->size - from, file),
			 stream->size - from);
	assert_ok(fclose(file));
}

/* The first file's records: 1 to 6. */
static void put_first(struct stream *stream)
{
	stream_header(stream); /* 1 */
	for (unsigned i = 0; i < 4; i++)
		stream_event(stream, i % 2, 0); /* 2 to 5 */
	stream_clock(stream);                   /* 6 */
}

/* The second one's: 7 to 11. */
static void put_second(struct stream *stream)
{
	stream_header(stream); /* 7 */
	for (unsigned i = 0; i < 3; i++)
		stream_event(stream, STREAM_OOM, 0); /* 8 to 10 */
	stream_footer(stream);                       /* 11 */
}

/* Two files of one stream. */
static void make_spool(void **state)
{
	struct stream stream;
	size_t second;

	assert_ok(mkdir(in_folder(state, "spool").s, 0755));
	stream_init(&stream);
	put_first(&stream);
	write_part(state, "spool/a.pb", &stream, 0);
	second = stream.size;
	put_second(&stream);
	write_part(state, "spool/b.pb", &stream, second);
	stream_done(&stream);
}

/* Three: 1 to 6, 7 to 11, 12 to 16. */
static void make_long_spool(void **state)
{
	struct stream stream;
	size_t from;

	assert_ok(mkdir(in_folder(state, "spool").s, 0755));
	stream_init(&stream);
	put_first(&stream);
	write_part(state, "spool/a.pb", &stream, 0);
	for (unsigned i = 0; i < 2; i++) {
		from = stream.size;
		put_second(&stream);
		write_part(state, i ? "spool/c.pb" : "spool/b.pb", &stream, from);
	}
	stream_done(&stream);
}

static int begin_test(void **state)
{
	int r = folder_setup(state);

	n_given = dies_after = 0;
	room = GIVEN_MAX;
	never_settles = follows = false;
	ends[0] = ends[1] = -1;
	cursor_name = "c";
	spool_name = "spool";
	on_run = NULL;
	atomic_store(&stop, false);
	return r;
}

static void assert_given(unsigned from, uint64_t first, uint64_t last)
{
	assert_int_equal(n_given - from, last - first + 1);
	for (uint64_t seq = first; seq <= last; seq++)
		assert_int_equal(given[from + seq - first].seq, seq);
}

static void all_records_go_in_their_order(void **state)
{
	make_spool(state);
	assert_ok(run_forward(state, NULL));
	assert_given(0, 1, 11);
	assert_string_equal(given[0].kind, "header");
	assert_string_equal(given[10].kind, "footer");
	assert_non_null(strstr(said, "11 records: 11 acknowledged, 0 retried, 0 refused"));
}

static void nothing_goes_twice_after_an_orderly_end(void **state)
{
	make_spool(state);
	assert_ok(run_forward(state, NULL));
	assert_ok(run_forward(state, NULL));
	assert_given(0, 1, 11);
	assert_string_equal(said, "0 records: 0 acknowledged, 0 retried, 0 refused\n");
}

static void it_goes_on_where_it_ended_wherever_that_was(void **state)
{
	make_spool(state);
	room = 1; /* all but one are settled when it ends */
	for (dies_after = 1; n_given < 10;)
		assert_int_equal(run_forward(state, NULL), -EIO);
	dies_after = 0;
	assert_ok(run_forward(state, NULL));
	/* the last one of each run was on its way: it was settled at the end, or comes again */
	for (uint64_t seq = 1, at = 0; seq <= 11; seq++) {
		while (at < n_given && given[at].seq < seq)
			at++;
		assert_true(at < n_given);
		assert_int_equal(given[at].seq, seq);
	}
}

static void what_is_not_settled_goes_again(void **state)
{
	make_spool(state);
	never_settles = true;
	assert_ok(run_forward(state, NULL));
	assert_non_null(strstr(said, "no answer"));
	assert_non_null(strstr(said, "not settled: 11"));
	never_settles = false;
	atomic_store(&stop, false);
	assert_ok(run_forward(state, NULL));
	assert_given(11, 1, 11);
}

static void what_was_deleted_meanwhile_is_told_exactly(void **state)
{
	make_spool(state);
	room = 1;
	dies_after = 3;
	assert_int_equal(run_forward(state, NULL), -EIO); /* 1 to 3 */
	assert_ok(unlink(in_folder(state, "spool/a.pb").s));
	dies_after = 0;
	assert_ok(run_forward(state, NULL));
	assert_string_equal(given[3].kind, "lost");
	assert_int_equal(given[3].seq, 4);
	assert_int_equal(given[3].last_seq, 6);
	assert_non_null(strstr(said, "3 records were deleted before they could be sent"));
	assert_given(4, 7, 11);
	/* and once only */
	assert_ok(run_forward(state, NULL));
	assert_int_equal(n_given, 9);
}

static void before_the_first_time_nothing_is_missed(void **state)
{
	make_spool(state);
	assert_ok(unlink(in_folder(state, "spool/a.pb").s));
	assert_ok(run_forward(state, NULL));
	assert_given(0, 7, 11);
}

static void what_is_deleted_before_anything_was_acknowledged_is_told(void **state)
{
	make_spool(state);
	never_settles = true;
	assert_ok(run_forward(state, NULL));
	assert_ok(unlink(in_folder(state, "spool/a.pb").s));
	never_settles = false;
	atomic_store(&stop, false);
	assert_ok(run_forward(state, NULL));
	assert_string_equal(given[11].kind, "lost");
	assert_int_equal(given[11].seq, 1);
	assert_int_equal(given[11].last_seq, 6);
	assert_given(12, 7, 11);
}

/* ... but not what was deleted before forwarding began. */
static void what_was_gone_at_first_is_no_loss_the_next_time_either(void **state)
{
	make_spool(state);
	assert_ok(unlink(in_folder(state, "spool/a.pb").s));
	never_settles = true;
	assert_ok(run_forward(state, NULL));
	never_settles = false;
	atomic_store(&stop, false);
	assert_ok(run_forward(state, NULL));
	assert_given(5, 7, 11);
	assert_int_equal(given[5].previous_seq, 0);
	assert_int_equal(given[6].previous_seq, 7);
}

/* Between two looks at the folder the end of one file is written, and the next one is begun. */
static void rotate(void **state, unsigned nth)
{
	static struct stream stream;
	size_t from;

	if (nth == 1) {
		stream_init(&stream);
		stream_header(&stream);
		stream_event(&stream, STREAM_OOM, 0);
		write_part(state, "spool/a.pb", &stream, 0);
	} else if (nth == 3) {
		from = stream.size;
		for (unsigned i = 0; i < 3; i++)
			stream_event(&stream, STREAM_OOM, 0);
		stream_clock(&stream);
		append_part(state, "spool/a.pb", &stream, from);
		from = stream.size;
		put_second(&stream);
		write_part(state, "spool/b.pb", &stream, from);
		stream_done(&stream);
	}
	if (nth > 6 || n_given == 11)
		stop_it();
}

static void the_end_of_a_file_comes_before_the_next_one(void **state)
{
	assert_ok(mkdir(in_folder(state, "spool").s, 0755));
	begin_following();
	on_run = rotate;
	assert_ok(run_forward(state, NULL));
	(void)close(ends[1]);
	assert_given(0, 1, 11);
	assert_null(strstr(said, "deleted"));
}

static void rename_second(void **state, unsigned nth)
{
	struct folder_path from = in_folder(state, "spool/b.pb"),
			   to = in_folder(state, "spool/old-b.pb");

	if (nth == 1)
		assert_ok(rename(from.s, to.s));
}

static void what_has_another_name_is_not_deleted(void **state)
{
	make_long_spool(state);
	room = 1;
	on_run = rename_second;
	(void)run_forward(state, NULL); /* one was not there any more */
	assert_given(0, 1, 16);
	assert_null(strstr(said, "deleted"));
}

static void count_from_later(Ringside__V1__Record *record)
{
	record->time_unix_nano += 5000;
}

/* The same stream, with the same numbers, of another machine. */
static void anothers_records_with_these_numbers_are_told(void **state)
{
	struct stream stream;
	size_t from;

	make_spool(state);
	stream_init(&stream);
	stream.mangle = count_from_later;
	put_first(&stream);
	from = stream.size;
	put_second(&stream);
	write_part(state, "spool/c.pb", &stream, from);
	assert_int_equal(run_forward(state, NULL), 1);
	assert_given(0, 1, 11);
	assert_non_null(strstr(said, "was the machine cloned while it was recorded?"));
	stream_done(&stream);
}

/* One that has more than what it is a copy of is read as well. */
static void a_copy_is_no_other_machines(void **state)
{
	struct stream stream;
	size_t from;

	make_spool(state);
	stream_init(&stream);
	put_first(&stream);
	from = stream.size;
	put_second(&stream);
	stream_clock(&stream);
	write_part(state, "spool/c.pb", &stream, from);
	assert_ok(run_forward(state, NULL));
	assert_given(0, 1, 12);
	assert_null(strstr(said, "cloned"));
	stream_done(&stream);
}

static void damage_stream(struct stream *stream, size_t at)
{
	memset(stream->data + at, 0xff, 8);
}

static void what_cannot_be_read_is_told_exactly(void **state)
{
	struct stream stream;
	size_t bad;

	assert_ok(mkdir(in_folder(state, "spool").s, 0755));
	stream_init(&stream);
	put_first(&stream);
	bad = stream.size + 3;
	stream_event(&stream, STREAM_OOM, 0); /* 7 */
	for (unsigned i = 0; i < 3; i++)
		stream_event(&stream, STREAM_OOM, 0); /* 8 to 10 */
	damage_stream(&stream, bad);
	write_part(state, "spool/a.pb", &stream, 0);
	assert_int_equal(run_forward(state, NULL), 1);
	assert_non_null(strstr(said, "1 record was damaged or cut off, and cannot be sent"));
	assert_int_equal(n_given, 10);
	assert_string_equal(given[6].kind, "lost");
	assert_int_equal(given[6].seq, 7);
	assert_int_equal(given[6].last_seq, 7);
	assert_given(7, 8, 10);
	stream_done(&stream);
}

static void what_was_cut_off_is_not_called_deleted(void **state)
{
	make_spool(state);
	assert_ok(truncate(in_folder(state, "spool/a.pb").s, 300));
	assert_int_equal(run_forward(state, NULL), 1);
	assert_null(strstr(said, "deleted"));
	assert_non_null(strstr(said, "damaged or cut off"));
	assert_string_equal(given[n_given - 6].kind, "lost");
	assert_int_equal(given[n_given - 6].last_seq, 6);
	assert_given(n_given - 5, 7, 11);
}

static void a_file_whose_header_is_damaged_is_told_of(void **state)
{
	struct stream stream;

	assert_ok(mkdir(in_folder(state, "spool").s, 0755));
	stream_init(&stream);
	put_first(&stream);
	damage_stream(&stream, 3);
	write_part(state, "spool/a.pb", &stream, 0);
	assert_int_equal(run_forward(state, NULL), 1);
	assert_int_equal(n_given, 0);
	assert_non_null(strstr(said, "spool/a.pb: "));
	stream_done(&stream);
}

static void what_may_not_be_read_is_not_called_deleted(void **state)
{
	make_spool(state);
	assert_ok(chmod(in_folder(state, "spool/a.pb").s, 0));
	if (!geteuid())
		assert_ok(seteuid(65534));
	n_given = (unsigned)-run_forward(state, NULL);
	if (!getuid())
		assert_ok(seteuid(0));
	assert_int_equal(n_given, EACCES);
	assert_null(strstr(said, "deleted"));
}

static void a_filter_leaves_events_out_and_counts_them(void **state)
{
	struct filter *filter = NULL;
	char error[128];

	make_spool(state);
	assert_ok(filter_new(&filter));
	assert_ok(filter_option(filter, filter_options[0].opt, "seccomp", error, sizeof(error)));
	assert_ok(run_forward(state, filter));
	/* 1, the two denials 3 and 5, 6, 7, 11: what tells of the stream always goes */
	assert_int_equal(n_given, 6);
	assert_int_equal(given[1].seq, 3);
	assert_int_equal(given[1].previous_seq, 1);
	assert_int_equal(given[1].left_out, 1);
	assert_int_equal(given[2].seq, 5);
	assert_int_equal(given[2].left_out, 2);
	assert_int_equal(given[5].seq, 11);
	assert_int_equal(given[5].previous_seq, 7);
	assert_int_equal(given[5].left_out, 5);
	(void)filter_free(filter);
}

static void another_hosts_cursor_is_refused(void **state)
{
	make_spool(state);
	assert_ok(run_forward(state, NULL));
	assert_ok(unlink(in_folder(state, "c").s));
	assert_ok(unlink(in_folder(state, "c.2").s));
	{
		char problem[BOOKMARK_PROBLEM];
		struct bookmark bookmark;
		size_t at;

		assert_ok(bookmark_open(&bookmark, in_folder(state, "c").s, problem));
		assert_ok(bookmark_add(&bookmark, (const uint8_t[BOOKMARK_ID]){9}, &at));
		(void)snprintf(bookmark.host, sizeof(bookmark.host), "elsewhere");
		(void)snprintf(bookmark.machine, sizeof(bookmark.machine), "ffff");
		assert_ok(bookmark_save(&bookmark));
		bookmark_close(&bookmark);
	}
	assert_int_equal(run_forward(state, NULL), -EXDEV);
	assert_non_null(strstr(said, "is of the host elsewhere, the recordings are of"));
	assert_int_equal(n_given, 11);
}

/* Of one file it is known, too. */
static void another_hosts_cursor_is_refused_for_a_file(void **state)
{
	make_spool(state);
	spool_name = "spool/a.pb";
	assert_ok(run_forward(state, NULL));
	{
		char problem[BOOKMARK_PROBLEM];
		struct bookmark bookmark;

		assert_ok(bookmark_open(&bookmark, in_folder(state, "c").s, problem));
		(void)snprintf(bookmark.host, sizeof(bookmark.host), "elsewhere");
		(void)snprintf(bookmark.machine, sizeof(bookmark.machine), "ffff");
		bookmark.streams[0].id[0] = 9;
		assert_ok(bookmark_save(&bookmark));
		assert_ok(bookmark_save(&bookmark));
		bookmark_close(&bookmark);
	}
	assert_int_equal(run_forward(state, NULL), -EXDEV);
	assert_non_null(strstr(said, "is of the host elsewhere, the recordings are of"));
	assert_int_equal(n_given, 6);
	assert_non_null(strstr(status_text(state), "problem the cursor"));
}

/* The later file is there first. */
static void what_is_before_the_cursor_counts_as_settled(void **state)
{
	make_spool(state);
	assert_ok(rename(in_folder(state, "spool/a.pb").s, in_folder(state, "late.pb").s));
	assert_ok(run_forward(state, NULL));
	assert_given(0, 7, 11);
	assert_ok(rename(in_folder(state, "late.pb").s, in_folder(state, "spool/a.pb").s));
	assert_ok(run_forward(state, NULL));
	assert_int_equal(n_given, 5); /* what is before the cursor counts as settled */
}

static void lose_folder(void **state, unsigned nth)
{
	struct folder_path cursors = in_folder(state, "cursors"), away = in_folder(state, "away");

	if (nth == 2)
		assert_ok(rename(cursors.s, away.s));
	if (nth == 5)
		assert_ok(rename(away.s, cursors.s));
	(void)usleep(nth > 1 && nth < 8 ? 1100000 : 0); /* it is written once a second */
}

static void where_the_cursor_cannot_be_written_forwarding_goes_on(void **state)
{
	make_spool(state);
	assert_ok(mkdir(in_folder(state, "cursors").s, 0755));
	cursor_name = "cursors/c";
	room = 1;
	on_run = lose_folder;
	assert_ok(run_forward(state, NULL));
	assert_given(0, 1, 11);
	assert_non_null(
		strstr(said, "cannot be written: No such file or directory; forwarding goes"));
	assert_non_null(strstr(said, "the cursor can be written again"));
	on_run = NULL;
	assert_ok(run_forward(state, NULL));
	assert_int_equal(n_given, 11);
}

static void rename_stream(Ringside__V1__Record *record)
{
	static uint8_t id[TARGET_ID] = {7, 7, 7};

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_HEADER)
		record->header->stream_id.data = id;
}

/* A stream of six records of its own. */
static void write_later(void **state)
{
	struct stream stream;

	stream_init(&stream);
	stream.mangle = rename_stream;
	put_first(&stream);
	write_part(state, "spool/later.pb", &stream, 0);
	stream_done(&stream);
}

static void lose_folder_for_good(void **state, unsigned nth)
{
	if (nth == 2)
		assert_ok(rename(in_folder(state, "cursors").s, in_folder(state, "away").s));
	if (nth == 4)
		write_later(state);
	(void)usleep(nth > 1 && nth < 6 ? 1100000 : 0);
	if (nth > 8 || n_given == 17)
		stop_it();
}

static void also_while_it_follows(void **state)
{
	make_spool(state);
	assert_ok(mkdir(in_folder(state, "cursors").s, 0755));
	cursor_name = "cursors/c";
	begin_following();
	room = 3;
	on_run = lose_folder_for_good;
	assert_int_equal(run_forward(state, NULL), -ENOENT);
	(void)close(ends[1]);
	assert_int_equal(n_given, 17);
}

static void what_the_other_side_lost_is_given_again(void **state)
{
	make_spool(state);
	room = 9;
	goes_back = 4;
	assert_ok(run_forward(state, NULL));
	assert_non_null(strstr(said, "the other side lost what it had acknowledged"));
	assert_int_equal(n_given, 9 + 7);
	assert_given(9, 5, 11);
}

/* Streams that have no file any more, behind those that the cursor has. */
static void add_gone_streams(void **state, unsigned n)
{
	struct bookmark bookmark;
	char problem[BOOKMARK_PROBLEM];

	assert_ok(bookmark_open(&bookmark, in_folder(state, "c").s, problem));
	for (unsigned i = 1; i <= n; i++) {
		const uint8_t id[BOOKMARK_ID] = {0xee, (uint8_t)(i >> 8), (uint8_t)i};
		size_t at;

		assert_ok(bookmark_add(&bookmark, id, &at));
		bookmark.streams[at].seq = i;
	}
	assert_ok(bookmark_save(&bookmark));
	bookmark_close(&bookmark);
}

static void of_streams_whose_files_are_gone_the_latest_are_remembered(void **state)
{
	struct bookmark bookmark;
	char problem[BOOKMARK_PROBLEM];
	struct stream stream;
	size_t second;

	assert_ok(mkdir(in_folder(state, "spool").s, 0755));
	stream_init(&stream);
	put_first(&stream);
	write_part(state, "spool/a.pb", &stream, 0);
	assert_ok(run_forward(state, NULL));
	add_gone_streams(state, 1500);
	second = stream.size;
	put_second(&stream);
	write_part(state, "spool/b.pb", &stream, second);
	stream_done(&stream);
	assert_ok(run_forward(state, NULL));
	assert_given(
		0, 1,
		11); /* the stream that is there was the oldest, and nothing of it went again */
	assert_ok(bookmark_open(&bookmark, in_folder(state, "c").s, problem));
	assert_int_equal(bookmark.n, 1000);
	assert_int_equal(bookmark.streams[0].seq, 11);
	assert_int_equal(bookmark.streams[1].seq, 502);
	assert_int_equal(bookmark.streams[999].seq, 1500);
	bookmark_close(&bookmark);
}

#define test_forward(f) cmocka_unit_test_setup_teardown(f, begin_test, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_forward(all_records_go_in_their_order),
		test_forward(nothing_goes_twice_after_an_orderly_end),
		test_forward(it_goes_on_where_it_ended_wherever_that_was),
		test_forward(what_is_not_settled_goes_again),
		test_forward(what_was_deleted_meanwhile_is_told_exactly),
		test_forward(before_the_first_time_nothing_is_missed),
		test_forward(what_is_deleted_before_anything_was_acknowledged_is_told),
		test_forward(what_was_gone_at_first_is_no_loss_the_next_time_either),
		test_forward(the_end_of_a_file_comes_before_the_next_one),
		test_forward(what_has_another_name_is_not_deleted),
		test_forward(anothers_records_with_these_numbers_are_told),
		test_forward(a_copy_is_no_other_machines),
		test_forward(what_cannot_be_read_is_told_exactly),
		test_forward(what_was_cut_off_is_not_called_deleted),
		test_forward(a_file_whose_header_is_damaged_is_told_of),
		test_forward(what_may_not_be_read_is_not_called_deleted),
		test_forward(what_is_before_the_cursor_counts_as_settled),
		test_forward(a_filter_leaves_events_out_and_counts_them),
		test_forward(another_hosts_cursor_is_refused),
		test_forward(another_hosts_cursor_is_refused_for_a_file),
		test_forward(where_the_cursor_cannot_be_written_forwarding_goes_on),
		test_forward(also_while_it_follows),
		test_forward(what_the_other_side_lost_is_given_again),
		test_forward(of_streams_whose_files_are_gone_the_latest_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
