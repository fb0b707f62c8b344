/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/verify/index-check.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/verify/seek-table.h"
#include "proto/recording/zstd-header.h"

void index_check_init(struct index_check *check, int fd)
{
	*check = (struct index_check){.file = {.fd = fd}};
}

void index_check_record(struct index_check *check, const struct reader_record *item)
{
	recording_index_add_peek(&check->now, &item->peek);
}

/* One number of the index. */
struct number {
	const char *name;
	uint64_t stated, real;
};

static const struct number *find_difference(const struct number *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (numbers[i].stated != numbers[i].real)
			return &numbers[i];
	}
	return NULL;
}

static void compare_index(const struct index_check *check, const struct input_mark *mark,
			  struct findings *problems)
{
	const struct recording_index *stated = &mark->index, *now = &check->now;
	const struct number numbers[] = {
		{"first_seq", stated->first_seq, now->first_seq},
		{"last_seq", stated->last_seq, now->last_seq},
		{"min_boottime_nano", stated->min_boottime, now->min_boottime},
		{"max_boottime_nano", stated->max_boottime, now->max_boottime},
		{"min_time_unix_nano", stated->min_time, now->min_time},
		{"max_time_unix_nano", stated->max_time, now->max_time},
		{"compressed_bytes", stated->compressed_bytes, mark->size},
		{"uncompressed_bytes", stated->uncompressed_bytes, mark->content},
	};
	const struct number *different = find_difference(numbers, ARRAY_SIZE(numbers));
	const char *what = NULL;

	if (different)
		findings_add(problems,
			     "the index of the zstd frame at byte %" PRIu64 " has %s %" PRIu64
			     ", but it is %" PRIu64,
			     mark->offset, different->name, different->stated, different->real);
	else if (memcmp(stated->counts, now->counts, sizeof(now->counts)) != 0)
		what = "other counts than its records";
	else if (now->has_stream_id &&
		 memcmp(stated->stream_id, now->stream_id, RECORDING_STREAM_ID))
		what = "another stream_id than its Header";
	else if (stated->uncompressed_offset != check->content)
		what = "a wrong uncompressed_offset";
	if (what)
		findings_add(problems, "the index of the zstd frame at byte %" PRIu64 " has %s",
			     mark->offset, what);
}

/* What lies between two data frames: index frames, which were compared, and others. */
static int look_between(struct index_check *check, uint64_t end, struct findings *problems)
{
	uint8_t header[ZFRAME_HEADER_MAX];
	struct zframe frame;
	const char *wrong;
	ssize_t n;

	if (check->file.fd < 0)
		return 0;
	while (check->end < end) {
		n = read_ahead(&check->file, header, sizeof(header), check->end);
		if (n < 0)
			return (int)n;
		/* anything else is told as damage */
		if (zframe_parse(header, (size_t)n, &frame) || !frame.skippable)
			break;
		if (frame.magic == RECORDING_SEEK_MAGIC) {
			wrong = seek_table_check(check->file.fd, check->end, frame.content);
			if (wrong)
				findings_add(problems,
					     "the seek table at byte %" PRIu64 " is wrong: %s",
					     check->end, wrong);
			else
				check->tables++;
		} else if (frame.magic != RECORDING_INDEX_MAGIC) {
			check->foreign += frame.header + frame.content;
		}
		check->end += frame.header + frame.content;
	}
	return 0;
}

/* The next frame begins; the Header in force stays. */
static void begin_frame(struct index_check *check, bool has_header)
{
	struct recording_index next = {.has_stream_id = check->now.has_stream_id && has_header};

	memcpy(next.stream_id, check->now.stream_id, sizeof(next.stream_id));
	check->now = next;
}

int index_check_frame(struct index_check *check, const struct input_mark *mark,
		      struct findings *problems)
{
	int r = look_between(check, mark->offset, problems);

	if (r)
		return r;
	check->end = mark->offset + mark->size;
	check->frames++;
	if (mark->index_damaged)
		findings_add(problems,
			     "the index of the zstd frame at byte %" PRIu64
			     " is damaged (its records are not)",
			     mark->offset);
	if (mark->indexed) {
		check->indexed++;
		/* at 0 a writer began, where a recording was appended to */
		if (check->lost || !mark->index.uncompressed_offset)
			check->content = mark->index.uncompressed_offset;
		check->lost = false;
		compare_index(check, mark, problems);
	}
	check->content += mark->content;
	begin_frame(check, true);
	return 0;
}

void index_check_hole(struct index_check *check, uint64_t end)
{
	check->end = end;
	check->lost = true;
	begin_frame(check, false); /* there may have been another in the hole */
}

int index_check_end(struct index_check *check, struct findings *problems)
{
	struct stat st;

	if (check->file.fd < 0)
		return 0;
	if (fstat(check->file.fd, &st) < 0)
		return -errno;
	return look_between(check, (uint64_t)st.st_size, problems);
}
