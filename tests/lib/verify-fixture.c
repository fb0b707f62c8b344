/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/verify-fixture.h"

struct verify *verify_bytes(const void *data, size_t size, bool in_progress)
{
	int fd = memfd_create("test-verify", MFD_CLOEXEC), r;
	struct reader_record item;
	struct reader *reader;
	struct verify *verify;

	assert_ok(write_all(fd, data, size));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_ok(reader_new(&reader, fd, "test"));
	assert_ok(verify_new(&verify));
	verify_begin(verify, false);
	for (;;) {
		r = reader_next(reader, &item);
		if (r == READER_DAMAGED)
			verify_damaged(verify, &item);
		else if (r)
			break;
		else
			assert_ok(verify_record(verify, &item));
	}
	verify_end(verify, r, reader_reason(reader),
		   &(struct verify_config){.in_progress = in_progress});
	reader = reader_free(reader);
	assert_ok(close(fd));
	return verify;
}

void assert_bytes(const void *data, size_t size, bool in_progress, int status, const char *expected)
{
	_cleanup_(verify_freep) struct verify *verify = verify_bytes(data, size, in_progress);
	char text[VERIFY_SUMMARY];

	verify_summary(&verify->report, false, text);
	assert_string_equal(text, expected);
	assert_int_equal(verify->report.status, status);
}

void assert_verdict(struct stream *stream, int status, const char *expected)
{
	assert_bytes(stream->data, stream->size, false, status, expected);
	stream_done(stream);
}

void begin_stream(struct stream *stream)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	stream_event(stream, STREAM_OOM, 0);
	stream_event(stream, STREAM_SECCOMP, 0);
	stream_event(stream, STREAM_SECCOMP, 1);
	stream_counters(stream);
	stream_event(stream, STREAM_SECCOMP, 1);
}

void end_stream(struct stream *stream)
{
	stream_counters(stream);
	stream_footer(stream);
}

void mangled(struct stream *stream, void (*mangle)(Ringside__V1__Record *record))
{
	stream_init(stream);
	stream->mangle = mangle;
	stream_header(stream);
	stream_event(stream, STREAM_OOM, 0);
	stream_event(stream, STREAM_SECCOMP, 1);
	end_stream(stream);
}

Ringside__V1__CpuCounters *first_cpu(Ringside__V1__Record *record)
{
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_COUNTERS && record->counters->n_probes)
		return record->counters->probes[0]->cpus[0];
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_FOOTER)
		return record->footer->probes[0]->cpus[0];
	return NULL;
}
