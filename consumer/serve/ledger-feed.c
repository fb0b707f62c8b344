/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/ledger-feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/files/folder.h"
#include "consumer/files/path-problem.h"
#include "consumer/read/derived.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"

#define SAY_SIZE (LINE_FILE + PATH_PROBLEM)

void ledger_feed_init(struct ledger_feed *feed, size_t series_limit)
{
	*feed = (struct ledger_feed){0};
	(void)pthread_mutex_init(&feed->lock, NULL);
	ledger_init(&feed->ledger, series_limit);
}

void ledger_feed_done(struct ledger_feed *feed)
{
	ledger_done(&feed->ledger);
	writers_done(&feed->writers);
	(void)pthread_mutex_destroy(&feed->lock);
}

static bool is_first_of_stream(const struct folder *list, size_t at)
{
	for (size_t i = at; i--;)
		if (folder_same_stream(&list->all[i], &list->all[at]))
			return false;
	return true;
}

static size_t last_of_stream(const struct folder *list, size_t first)
{
	size_t last = first;

	for (size_t i = first + 1; i < list->n; i++)
		if (folder_same_stream(&list->all[i], &list->all[first]))
			last = i;
	return last;
}

/* Without what is not being written, unless it is the newest of all. */
static void keep_open(const struct folder *list, struct rotation_start *starts, size_t *n)
{
	struct rotation_start newest = {0};
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		if (starts[i].file >= newest.file)
			newest = starts[i];
		if (being_written_path(list->all[starts[i].file].path))
			starts[kept++] = starts[i];
	}
	if (!kept && *n)
		starts[kept++] = newest;
	*n = kept;
}

/* What cannot be read may be what is being written: of a folder that is looked at again and again,
 * said once. */
static void note_unread(struct ledger_feed *feed, const struct folder *list)
{
	char text[SAY_SIZE], safe[LINE_FILE], why[PATH_PROBLEM];
	const struct recording *unread = NULL;
	int before;

	for (size_t i = 0; i < list->n && !unread; i++)
		if (list->all[i].error)
			unread = &list->all[i];
	(void)pthread_mutex_lock(&feed->lock);
	before = feed->error;
	feed->error = unread ? unread->error : 0;
	(void)pthread_mutex_unlock(&feed->lock);
	if (!unread || before == unread->error)
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", line_file(unread->path, safe),
		       path_problem(unread->path, unread->error, why));
	feed->say(text);
}

/* A file in which nothing is to be read yet. */
static void note_begun(struct ledger_feed *feed, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	(void)pthread_mutex_lock(&feed->lock);
	writers_add_named(&feed->writers, fd);
	(void)pthread_mutex_unlock(&feed->lock);
}

/* Excerpts say nothing of who records, and little of sums: they are for where there is nothing
 * else. */
static bool has_only_excerpts(const struct folder *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->all[i].known && !list->all[i].id.excerpt)
			return false;
	return true;
}

/* rotation_ops */
static int plan_starts(void *data, const struct folder *list, struct rotation_start *starts,
		       size_t *ret_n)
{
	struct ledger_feed *feed = data;
	const bool only_excerpts = has_only_excerpts(list);
	int r = 0;

	note_unread(feed, list);
	if (list->begun)
		note_begun(feed, list->begun);
	for (size_t i = 0; !r && i < list->n; i++) {
		const struct folder_id *id = &list->all[i].id;

		if (!list->all[i].known || (id->excerpt && !only_excerpts) ||
		    !is_first_of_stream(list, i))
			continue;
		starts[(*ret_n)++].file = last_of_stream(list, i);
		(void)pthread_mutex_lock(&feed->lock);
		r = ledger_expect(&feed->ledger, id->stream_id, id->boot_id, id->boottime_nano,
				  id->time_unix_nano);
		(void)pthread_mutex_unlock(&feed->lock);
	}
	if (feed->only_open)
		keep_open(list, starts, ret_n);
	return r;
}

/* What was read before is known by its numbers. */
static int is_whole(void *data, const char *path, struct last_records *ret)
{
	return 0;
}

static const struct rotation_ops trail_sums = {.plan = plan_starts,
					       .single = is_whole,
					       .end = is_whole};

/* each_record_ops */
static void begin_input(void *data, struct reader *reader, const char *name)
{
	struct ledger_feed *feed = data;

	reader_set_raw(reader, true);
	(void)pthread_mutex_lock(&feed->lock);
	writers_add_named(&feed->writers, reader_fd(reader));
	(void)pthread_mutex_unlock(&feed->lock);
}

static void take_header(struct ledger_feed *feed, const struct reader *reader,
			const Ringside__V1__Header *header)
{
	if (header->stream_id.len == WRITERS_ID)
		writers_add(&feed->writers, header->stream_id.data, header->file_index,
			    header->locked, reader_fd(reader));
}

static int take_record(struct ledger_feed *feed, const struct reader *reader,
		       const struct reader_record *item)
{
	const Ringside__V1__Header *header = reader_header(reader);
	Ringside__V1__CpuSums sums = RINGSIDE__V1__CPU_SUMS__INIT;
	bool summed = !item->record && derived_sums(item->derived, &item->peek, &sums);
	uint64_t now = item->record ? clock_nano(CLOCK_REALTIME) : 0;
	int r;

	(void)pthread_mutex_lock(&feed->lock);
	if (item->header && item->record)
		take_header(feed, reader, item->record->header);
	else if (now && header && header->stream_id.len == WRITERS_ID)
		writers_wrote(&feed->writers, header->stream_id.data, now, LEDGER_FEED_PATIENCE);
	r = item->record ? ledger_take(&feed->ledger, header, item->record, now)
			 : ledger_pass(&feed->ledger, header, &item->peek, summed ? &sums : NULL);
	(void)pthread_mutex_unlock(&feed->lock);
	return r;
}

static int put_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct ledger_feed *feed = data;
	int r = ledger_wants(item->peek.kind) ? reader_unpack(reader, item) : 0;

	if (!r)
		r = take_record(feed, reader, item);
	if (!r && feed->pass)
		feed->pass(feed->data, reader, item);
	return r == LEDGER_OLD ? 0 : r;
}

static void complain_about(void *data, const char *problem)
{
	struct ledger_feed *feed = data;

	(void)pthread_mutex_lock(&feed->lock);
	feed->damaged++;
	feed->ledger.generation++;
	(void)pthread_mutex_unlock(&feed->lock);
	feed->say(problem);
}

static void say_error(void *data, const char *name, int error)
{
	struct ledger_feed *feed = data;
	char text[SAY_SIZE], safe[LINE_FILE], why[PATH_PROBLEM];

	if (!error) {
		feed->say(name);
		return;
	}
	feed->failed = true;
	(void)pthread_mutex_lock(&feed->lock);
	/* what is not there is not being written, either */
	feed->error = error == -ENOENT || error == -ENODATA ? 0 : error;
	(void)pthread_mutex_unlock(&feed->lock);
	(void)snprintf(text, sizeof(text), "%s: %s", line_file(name, safe),
		       path_problem(name, error, why));
	feed->say(text);
}

static void end_input(void *data, const struct reader *reader, const char *name, int answer)
{
}

static const struct each_record_ops follow_sums = {
	.begin = begin_input,
	.put = put_record,
	.complain = complain_about,
	.error = say_error,
	.end = end_input,
};

static int run_pipe(struct ledger_feed *feed)
{
	_cleanup_(reader_freep) struct reader *reader = NULL;
	int answer, r = reader_open(&reader, feed->path);

	if (r) {
		say_error(feed, "stdin", r);
		return 0;
	}
	reader_set_raw(reader, true);
	r = each_record(reader, &follow_sums, feed, NULL, &answer);
	return !r && answer < 0 ? answer : r;
}

void ledger_feed_look(struct ledger_feed *feed, uint64_t now_nano, uint64_t patience_nano)
{
	struct stream_writers *writers = &feed->writers;

	writers_look(writers, now_nano);
	for (unsigned i = 0; i < writers->n; i++) {
		const struct stream_writer *one = &writers->all[i];

		if (one->unlocked_nano && now_nano - one->unlocked_nano >= patience_nano &&
		    one->id_size == WRITERS_ID)
			ledger_stream_gone(&feed->ledger, one->id, now_nano);
	}
}

/* To who sits before it, once; of a folder without recordings that is told already. */
static void tell_inner(const struct ledger_feed *feed, const struct rotation *rotation)
{
	char text[SAY_SIZE], safe[LINE_FILE], inner[PATH_PROBLEM];

	if (!rotation->following || !rotation->whole || !rotation->n_known ||
	    !path_inner(rotation->path, "looked at", inner))
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", line_file(rotation->path, safe), inner);
	feed->say(text);
}

int ledger_feed_run(struct ledger_feed *feed)
{
	_cleanup_(rotation_done) struct rotation rotation = {
		.ops = &trail_sums,
		.follow = {.ops = &follow_sums, .data = feed},
		.path = feed->path,
		.following = feed->following,
		.brief = true,
		.watch.fd = -1,
	};
	int r;

	if (!strcmp(feed->path, "-"))
		return run_pipe(feed);
	r = rotation_start(&rotation);
	if (!r)
		tell_inner(feed, &rotation);
	while (!r && rotation_goes_on(&rotation)) {
		r = rotation_read(&rotation);
		if (!r && rotation_goes_on(&rotation))
			r = watch_wait(&rotation.watch, -1);
	}
	return r;
}
