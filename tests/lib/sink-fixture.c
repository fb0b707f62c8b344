/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/sink-fixture.h"

const uint8_t sink_id[17] = {0x1f, 0x0c, 0x77, 0xa2};

void sink_freep(struct sink **sink)
{
	(void)sink_free(*sink);
}

struct sink *open_sink_as(const struct sink_config *config, const uint8_t *stream_id)
{
	struct sink *sink = NULL;
	char error[512] = "";

	if (sink_open(&sink, config, error, sizeof(error)) < 0 ||
	    sink_begin(sink, stream_id, 0, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	return sink;
}

struct sink *open_sink(const struct sink_config *config)
{
	return open_sink_as(config, sink_id);
}

void assert_refused(const struct sink_config *config, int code, const char *hint)
{
	struct sink *sink = NULL;
	char error[512] = "";

	assert_int_equal(sink_open(&sink, config, error, sizeof(error)), code);
	assert_null(sink);
	if (!strstr(error, hint))
		fail_msg("\"%s\" does not say \"%s\"", error, hint);
}

void sink_stream_done(struct sink_stream *stream)
{
	free(stream->data);
}

static void add_record(struct sink_stream *stream, Record *record)
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

struct sink_stream some_records(unsigned events)
{
	Ringside__V1__Header header = RINGSIDE__V1__HEADER__INIT;
	Ringside__V1__OomKill kill = RINGSIDE__V1__OOM_KILL__INIT;
	Ringside__V1__SeccompDenial denial = RINGSIDE__V1__SECCOMP_DENIAL__INIT;
	Record record = RINGSIDE__V1__RECORD__INIT;
	struct sink_stream stream = {0};

	header.magic = (char[]){"RINGSIDE"};
	header.has_stream_id = 1;
	header.stream_id = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)sink_id, .len = 16};
	record.body_case = BODY(HEADER);
	record.header = &header;
	add_record(&stream, &record);
	kill.has_kill_id = denial.has_instruction_pointer = 1;
	for (unsigned i = 0; i < events; i++) {
		record.body_case = i % 2 ? BODY(SECCOMP_DENIAL) : BODY(OOM_KILL);
		kill.kill_id = denial.instruction_pointer = i * 0x9e3779b97f4a7c15u;
		if (i % 2)
			record.seccomp_denial = &denial;
		else
			record.oom_kill = &kill;
		add_record(&stream, &record);
	}
	return stream;
}

int put_stream(struct sink *sink, const struct sink_stream *stream)
{
	for (size_t at = 0; at < stream->size;) {
		ssize_t n = sink_write(sink, stream->data + at, stream->size - at);

		if (n < 0)
			return (int)n;
		at += (size_t)n;
	}
	return 0;
}

void put_records(struct sink *sink, unsigned events)
{
	_cleanup_stream_ struct sink_stream stream = some_records(events);

	assert_ok(put_stream(sink, &stream));
}

void next_file(struct sink *sink)
{
	char error[512];

	if (sink_prepare(sink, false, error, sizeof(error)) < 0)
		fail_msg("%s", error);
	assert_ok(sink_end(sink));
	assert_ok(sink_switch(sink));
}

size_t count_records(const char *path, bool whole)
{
	bool is_whole;
	_cleanup_records_ struct records records = recordings_read(path, &is_whole);

	assert_int_equal(is_whole, whole);
	return records.n;
}

size_t size_of(const char *path)
{
	struct stat st;

	assert_ok(stat(path, &st));
	return (size_t)st.st_size;
}
