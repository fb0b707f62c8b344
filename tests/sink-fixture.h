/* SPDX-License-Identifier: Apache-2.0 */
/* Sinks, and records to put into them. */
#pragma once

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "recordings.h"
#include "ringside.pb-c.h"
#include "sink.h"

static const uint8_t id[17] = {0x1f, 0x0c, 0x77, 0xa2};

static inline void sink_freep(struct sink **sink)
{
	(void)sink_free(*sink);
}
#define _cleanup_sink_ _cleanup_(sink_freep)
#define _cleanup_stream_ _cleanup_(stream_done)

static inline struct sink *open_sink_as(const struct sink_config *config, const uint8_t *stream_id)
{
	struct sink *sink = NULL;
	char error[512] = "";

	if (sink_open(&sink, config, error, sizeof(error)) < 0 ||
	    sink_begin(sink, stream_id, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	return sink;
}

static inline struct sink *open_sink(const struct sink_config *config)
{
	return open_sink_as(config, id);
}

static inline void assert_refused(const struct sink_config *config, int code, const char *hint)
{
	struct sink *sink = NULL;
	char error[512] = "";

	assert_int_equal(sink_open(&sink, config, error, sizeof(error)), code);
	assert_null(sink);
	if (!strstr(error, hint))
		fail_msg("\"%s\" does not say \"%s\"", error, hint);
}

/* A stream's records. */
struct stream {
	uint8_t *data;
	size_t size;
	uint64_t seq;
};

static inline void stream_done(struct stream *stream)
{
	free(stream->data);
}

static inline void add(struct stream *stream, Record *record)
{
	size_t size;

	record->has_seq = record->has_boottime_nano = 1;
	record->seq = ++stream->seq;
	record->boottime_nano = 1000 + stream->seq;
	size = ringside__v1__record__get_packed_size(record);
	assert_true(size < 128);
	stream->data = realloc(stream->data, stream->size + 1 + size);
	assert_non_null(stream->data);
	stream->data[stream->size++] = (uint8_t)size;
	stream->size += ringside__v1__record__pack(record, stream->data + stream->size);
}

/* The Header, and some events, no two alike. */
static inline struct stream some_records(unsigned events)
{
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Record record = RINGSIDE__V1__RECORD__INIT;
	struct stream stream = {0};

	header.magic = (char[]){"RINGSIDE"};
	header.has_stream_id = 1;
	header.stream_id = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)id, .len = 16};
	record.body_case = BODY(HEADER);
	record.header = &header;
	add(&stream, &record);
	kill.has_kill_id = denial.has_instruction_pointer = 1;
	for (unsigned i = 0; i < events; i++) {
		record.body_case = i % 2 ? BODY(SECCOMP_DENIAL) : BODY(OOM_KILL);
		kill.kill_id = denial.instruction_pointer = i * 0x9e3779b97f4a7c15u;
		if (i % 2)
			record.seccomp_denial = &denial;
		else
			record.oom_kill = &kill;
		add(&stream, &record);
	}
	return stream;
}

static inline int put(struct sink *sink, const struct stream *stream)
{
	for (size_t at = 0; at < stream->size;) {
		ssize_t n = sink_write(sink, stream->data + at, stream->size - at);

		if (n < 0)
			return (int)n;
		at += (size_t)n;
	}
	return 0;
}

static inline void put_records(struct sink *sink, unsigned events)
{
	_cleanup_stream_ struct stream stream = some_records(events);

	assert_ok(put(sink, &stream));
}

static inline void next_file(struct sink *sink)
{
	char error[512];

	if (sink_prepare(sink, false, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	assert_ok(sink_end(sink));
	assert_ok(sink_switch(sink));
}

static inline size_t count_records(const char *path, bool whole)
{
	bool is_whole;
	_cleanup_records_ struct records records = recordings_read(path, &is_whole);

	assert_int_equal(is_whole, whole);
	return records.n;
}

static inline size_t size_of(const char *path)
{
	struct stat st;

	assert_ok(stat(path, &st));
	return (size_t)st.st_size;
}
