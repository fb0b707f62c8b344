/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/follow/growing-files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/base/text-line.h"
#include "consumer/files/being-written.h"
#include "consumer/files/copies.h"
#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "proto/recording/recording.h"

static struct followed *followed_free(struct followed *file)
{
	if (file) {
		(void)reader_free(file->reader);
		free(file->path);
		free(file);
	}
	return NULL;
}

DEFINE_FREEP(followed);

void growing_done(struct growing *follow)
{
	for (size_t i = 0; i < follow->n; i++)
		(void)followed_free(follow->all[i]);
	follow->n = 0;
}

static int open_file(struct followed **ret, const char *path, const struct last_records *last,
		     bool stay)
{
	_cleanup_(followed_freep) struct followed *file = calloc(1, sizeof(*file));
	struct stat st;
	int r;

	if (!file)
		return -ENOMEM;
	file->path = strdup(path);
	if (!file->path)
		return -ENOMEM;
	r = reader_open(&file->reader, path);
	if (r)
		return r;
	if (fstat(reader_fd(file->reader), &st) < 0)
		return -errno;
	file->device = st.st_dev;
	file->inode = st.st_ino;
	reader_follow(file->reader, stay);
	if (last) {
		file->begin = last->begin;
		file->skip = last->skip;
		r = last_records_go(last, file->reader, &file->ranges);
	}
	if (r)
		return r;
	*ret = TAKE_PTR(file);
	return 0;
}

/* How its latest record ends it, if it does. */
static void note_footer(struct followed *file, struct reader_record *item)
{
	const Ringside__V1__Footer *footer;

	file->footer = item->peek.kind == RINGSIDE__V1__RECORD__BODY_FOOTER;
	if (!file->footer || reader_unpack(file->reader, item))
		return;
	footer = item->record->footer;
	file->rotated = footer->reason && !strcmp(footer->reason, RECORDING_ROTATED);
}

/* Whether the record lies before those that are wanted. */
static bool is_before(struct followed *file, struct reader_record *item)
{
	const struct growing *follow = file->follow;

	if (input_frame_offset(reader_input(file->reader)) < file->begin)
		return true;
	if (!file->skip)
		return false;
	if (!follow->wants(follow->data, file->reader, item))
		return follow->strict;
	file->skip--;
	return true;
}

/* What is older than what is wanted does not come later, either, from a copy of the file. */
static void skip_older(struct followed *file, const struct reader_record *item)
{
	struct record_memory *memory = file->follow->memory;
	const Ringside__V1__Header *header = reader_header(file->reader);
	bool begins = !file->begun && input_frame_offset(reader_input(file->reader)) >= file->begin;

	file->begun |= begins;
	if (memory && (begins || item->header) && header && header->stream_id.len == SEEN_ID)
		seen_records_skip(&memory->seen, header->stream_id.data, item->peek.seq);
}

/* each_record_ops */
static int put_record(void *data, struct reader *reader, struct reader_record *item)
{
	struct followed *file = data;
	const struct growing *follow = file->follow;

	note_footer(file, item);
	skip_older(file, item);
	if (!is_before(file, item))
		return follow->ops->put(follow->data, reader, item);
	return follow->skip ? follow->skip(follow->data, reader, item) : 0;
}

static int wants_record(const void *data, struct reader *reader, struct reader_record *item)
{
	const struct growing *follow = ((const struct followed *)data)->follow;

	return !follow->wants || follow->wants(follow->data, reader, item);
}

static void take_header(void *data, const Ringside__V1__Record *record)
{
	const struct growing *follow = ((const struct followed *)data)->follow;

	if (follow->ops->header)
		follow->ops->header(follow->data, record);
}

static void complain_about(void *data, const char *problem)
{
	const struct growing *follow = ((const struct followed *)data)->follow;

	follow->ops->complain(follow->data, problem);
}

/* Reads what there is: *ret_answer is READER_WAIT where more may come. 0 or -errno of the sink. */
static int read_file(struct followed *file, int *ret_answer)
{
	static const struct each_record_ops ops = {.wants = wants_record,
						   .header = take_header,
						   .put = put_record,
						   .complain = complain_about};

	const struct growing *follow = file->follow;
	struct record_memory *memory = follow->memory;
	char text[COPIES_TEXT];
	int r;

	if (memory)
		seen_records_go_on(&memory->seen, file->input);
	r = each_record(file->reader, &ops, file, memory, ret_answer);
	while (memory && seen_records_tell(&memory->seen, text, sizeof(text)))
		follow->ops->error(follow->data, text, 0);
	if (memory && side_streams_tell(&memory->sides, text, sizeof(text)))
		follow->ops->error(follow->data, text, 0);
	if (reader_orphans(file->reader) && !file->orphans_told)
		each_record_tell_orphans(file->reader, file->path, memory ? memory->filter : NULL,
					 follow->ops, follow->data);
	file->orphans_told = reader_orphans(file->reader);
	return r;
}

void growing_remove(struct growing *follow, size_t i)
{
	(void)followed_free(follow->all[i]);
	follow->n--;
	memmove(follow->all + i, follow->all + i + 1, (follow->n - i) * sizeof(follow->all[0]));
}

/* One that is closed, else the one that was silent for longest. */
static void make_room(struct growing *follow)
{
	size_t best = 0;

	if (follow->n < GROWING_MAX)
		return;
	for (size_t i = 1; i < follow->n; i++) {
		const struct followed *a = follow->all[i], *b = follow->all[best];

		if (a->footer != b->footer ? a->footer : a->used < b->used)
			best = i;
	}
	growing_remove(follow, best);
}

int growing_add(struct growing *follow, const char *path, const struct last_records *last,
		bool stay)
{
	_cleanup_(followed_freep) struct followed *file = NULL;
	int r, answer;

	r = open_file(&file, path, last, stay);
	if (r) {
		follow->ops->error(follow->data, path, r);
		return 0;
	}
	file->follow = follow;
	r = follow->memory ? seen_records_begin(&follow->memory->seen, path) : 0;
	if (r)
		return r;
	file->input = follow->memory ? follow->memory->seen.at : 0;
	follow->ops->begin(follow->data, file->reader, file->path);
	r = read_file(file, &answer);
	if (r)
		return r;
	if (answer != READER_WAIT) {
		follow->ops->end(follow->data, file->reader, path, answer);
		return 0;
	}
	file->used = ++follow->tick;
	make_room(follow);
	follow->all[follow->n++] = TAKE_PTR(file);
	return 0;
}

int growing_read(struct growing *follow)
{
	for (size_t i = 0; i < follow->n;) {
		struct followed *file = follow->all[i];
		uint64_t before = input_position(reader_input(file->reader));
		int answer, r = read_file(file, &answer);

		if (r)
			return r;
		if (input_position(reader_input(file->reader)) != before)
			file->used = ++follow->tick;
		if (answer != READER_WAIT)
			growing_remove(follow, i);
		else
			i++;
	}
	return 0;
}

struct followed *growing_find(struct growing *follow, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < follow->n; i++)
		if (follow->all[i]->device == device && follow->all[i]->inode == inode)
			return follow->all[i];
	return NULL;
}

void growing_rename(struct followed *file, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return; /* it is known by its inode all the same */
	free(file->path);
	file->path = copy;
}

static bool is_over(const struct followed *file, bool others)
{
	struct stat st;

	if (fstat(reader_fd(file->reader), &st) < 0)
		return true;
	return (st.st_nlink == 0 || (file->footer && others)) &&
	       being_written_check(reader_fd(file->reader)) != 1;
}

#define GONE_NANO UINT64_C(1000000000) /* what it wrote last has been read by then */

/* Of a streamer that locks what it writes. */
static bool is_gone(struct followed *file)
{
	const Ringside__V1__Header *header = reader_header(file->reader);
	uint64_t now = clock_nano(CLOCK_MONOTONIC);

	if (file->footer || !header || !header->locked ||
	    being_written_check(reader_fd(file->reader)) == 1) {
		file->unlocked_nano = 0;
		return false;
	}
	if (!file->unlocked_nano)
		file->unlocked_nano = now;
	return now - file->unlocked_nano >= GONE_NANO;
}

static void tell_gone(const struct growing *follow, const char *path)
{
	char safe[LINE_FILE], text[LINE_FILE + 128];

	(void)snprintf(
		text, sizeof(text),
		"%s: its streamer is gone, without closing the stream: the end may be missing",
		line_file(path, safe));
	follow->ops->error(follow->data, text, 0);
}

bool growing_tell_gone(struct growing *follow)
{
	bool told = false;

	for (size_t i = 0; i < follow->n; i++) {
		struct followed *file = follow->all[i];

		if (file->gone || !is_gone(file))
			continue;
		tell_gone(follow, file->path);
		file->gone = told = true;
	}
	return told;
}

void growing_tidy(struct growing *follow)
{
	for (size_t i = follow->n; i--;)
		if (is_over(follow->all[i], follow->n > 1))
			growing_remove(follow, i);
}
