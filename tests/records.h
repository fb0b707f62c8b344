/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's bytes as protobuf-c understands them. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ringside.pb-c.h"
#include "test.h"
#include "util.h"

typedef Ringside__V1__Record Record;

struct records {
	uint8_t *bytes;
	size_t size;
	size_t n;
	Record **all;
	size_t *starts; /* where each begins */
};

static inline void records_free(struct records *records)
{
	for (size_t i = 0; i < records->n; i++)
		ringside__v1__record__free_unpacked(records->all[i], NULL);
	free(records->all);
	free(records->starts);
	free(records->bytes);
}

/* The length a frame begins with. */
static inline size_t records_body(const uint8_t *p)
{
	size_t length = 0, i = 0;

	do
		length |= (size_t)(p[i] & 0x7f) << 7 * i;
	while (p[i++] & 0x80);
	return length;
}

/* Bytes of a whole frame. */
static inline size_t records_frame(const uint8_t *p)
{
	size_t n = 1;

	while (p[n - 1] & 0x80)
		n++;
	return n + records_body(p);
}

/* Splits and decodes; every record has to be whole and the numbers of a stream without a gap. */
static inline struct records records_decode(uint8_t *bytes, size_t size)
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
		at += length;
	}
	return records;
}

static inline struct records records_read(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;

	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read_full(fd, bytes, (size_t)st.st_size), st.st_size);
	return records_decode(bytes, (size_t)st.st_size);
}

static inline size_t records_count(const struct records *records, unsigned body)
{
	size_t n = 0;

	for (size_t i = 0; i < records->n; i++)
		n += records->all[i]->body_case == body;
	return n;
}

/* The @number'th of a kind, from 0. */
static inline const Record *records_get(const struct records *records, unsigned body, size_t number)
{
	for (size_t i = 0; i < records->n; i++)
		if (records->all[i]->body_case == body && !number--)
			return records->all[i];
	fail_msg("there are not that many records of kind %u", body);
	return NULL;
}

#define BODY(NAME) RINGSIDE__V1__RECORD__BODY_##NAME
#define _cleanup_records_ _cleanup_(records_free)

/* A folder of its own for a test, removed with what is in it. */
static inline int folder_setup(void **state)
{
	char name[] = "/tmp/ringside-test-XXXXXX";

	*state = mkdtemp(name) ? strdup(name) : NULL;
	return *state ? 0 : -1;
}

static inline int folder_teardown(void **state)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
	free(*state);
	return system(command);
}

struct folder_path {
	char s[128];
};

static inline struct folder_path in_folder(void *const *state, const char *name)
{
	struct folder_path path;

	(void)snprintf(path.s, sizeof(path.s), "%s/%s", (const char *)*state, name);
	return path;
}

#define test_in_folder(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
