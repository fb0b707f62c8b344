/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/records.h"

void records_free(struct records *records)
{
	for (size_t i = 0; i < records->n; i++)
		ringside__v1__record__free_unpacked(records->all[i], NULL);
	free(records->all);
	free(records->starts);
	free(records->bytes);
}

size_t records_body(const uint8_t *p)
{
	size_t length = 0, i = 0;

	do
		length |= (size_t)(p[i] & 0x7f) << 7 * i;
	while (p[i++] & 0x80);
	return length;
}

size_t records_frame(const uint8_t *p)
{
	size_t n = 1;

	while (p[n - 1] & 0x80)
		n++;
	return n + records_body(p);
}

/* The event before the last one, of its kind and CPU, in its run of events. */
static const Record *before_last(const struct records *records)
{
	const Record *last = records->all[records->n - 1];
	size_t i = records->n - 1;

	while (i--) {
		const Record *at = records->all[i];

		if (!at->cpu_sums)
			break;
		if (at->body_case == last->body_case && at->cpu_sums->cpu == last->cpu_sums->cpu)
			return at;
	}
	fail_msg("record %lu is the first of its CPU in a run, and has no sums", last->seq);
	return NULL;
}

/* Puts back what the last record leaves out (FORMAT.md, Runs of events). */
static void complete_last(struct records *records)
{
	Record *last = records->all[records->n - 1];
	Ringside__V1__CpuSums *sums = last->cpu_sums;
	const Record *before;

	if (last->has_boottime_nano)
		return;
	assert_true(sums && sums->has_between && records->n > 1);
	before = records->all[records->n - 2];
	assert_non_null(before->cpu_sums);
	last->has_boottime_nano = 1;
	last->boottime_nano = last->time_unix_nano - before->time_unix_nano + before->boottime_nano;
	if (!sums->has_seen) {
		const Ringside__V1__CpuSums *was = before_last(records)->cpu_sums;

		sums->limited = sums->has_limited ? sums->limited : was->limited;
		sums->dropped = sums->has_dropped ? sums->dropped : was->dropped;
		sums->seen = was->seen + 1 + sums->between + sums->limited - was->limited +
			     sums->dropped - was->dropped;
	}
	sums->has_seen = sums->has_limited = sums->has_dropped = 1;
	sums->has_between = 0;
}

struct records records_decode(uint8_t *bytes, size_t size)
{
	struct records records = {.bytes = bytes, .size = size};

	for (size_t at = 0; at < size;) {
		size_t length = records_body(bytes + at), start = at;

		at += records_frame(bytes + at) - length;
		assert_true(length <= size - at);
		if (!(records.n & (records.n - 1))) { /* a power of two: full */
			size_t room = records.n ? 2 * records.n : 1;

			records.all = realloc(records.all, room * sizeof(*records.all));
			records.starts = realloc(records.starts, room * sizeof(size_t));
			assert_non_null(records.all);
			assert_non_null(records.starts);
		}
		records.all[records.n] = ringside__v1__record__unpack(NULL, length, bytes + at);
		assert_non_null(records.all[records.n]);
		assert_int_equal(records.all[records.n]->base.n_unknown_fields, 0);
		/* another stream may follow */
		if (records.all[records.n]->body_case != RINGSIDE__V1__RECORD__BODY_HEADER ||
		    records.all[records.n]->seq != 1)
			assert_true(!records.n || records.all[records.n]->seq ==
							  records.all[records.n - 1]->seq + 1);
		records.starts[records.n++] = start;
		complete_last(&records);
		at += length;
	}
	return records;
}

uint8_t *records_bytes(const char *path, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;

	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	*ret_size = (size_t)st.st_size;
	assert_int_equal(read_full(fd, bytes, *ret_size), *ret_size);
	return bytes;
}

struct records records_read(const char *path)
{
	size_t size;
	uint8_t *bytes = records_bytes(path, &size);

	return records_decode(bytes, size);
}

size_t records_count(const struct records *records, unsigned body)
{
	size_t n = 0;

	for (size_t i = 0; i < records->n; i++)
		n += records->all[i]->body_case == body;
	return n;
}

const Record *records_get(const struct records *records, unsigned body, size_t number)
{
	for (size_t i = 0; i < records->n; i++)
		if (records->all[i]->body_case == body && !number--)
			return records->all[i];
	fail_msg("there are not that many records of kind %u", body);
	return NULL;
}
