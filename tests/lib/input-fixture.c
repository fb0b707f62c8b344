/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/input-fixture.h"

void got_free(struct got *got)
{
	free(got->data);
}

static void take(struct got *got, const struct input *input, int answer)
{
	if (answer == INPUT_MARK) {
		got->marks++;
		got->indexed += input_mark(input)->indexed;
	} else if (answer == INPUT_DAMAGED && !got->damages++) {
		got->damage = *input_damage(input);
		got->damaged_at = got->size;
	}
}

struct got drain(struct input *input)
{
	struct got got = {0};
	static uint8_t buf[50021];
	size_t n;

	for (;;) {
		got.answer = input_read(input, buf, sizeof(buf), &n);
		take(&got, input, got.answer);
		if (got.answer == INPUT_MARK || got.answer == INPUT_DAMAGED)
			continue;
		if (got.answer)
			break;
		got.data = realloc(got.data, got.size + n);
		assert_non_null(got.data);
		memcpy(got.data + got.size, buf, n);
		got.size += n;
	}
	if (got.answer != INPUT_WAIT && got.answer != INPUT_AGAIN)
		assert_int_equal(input_read(input, buf, sizeof(buf), &n), got.answer);
	return got;
}

struct got read_bytes(const void *data, size_t size)
{
	_cleanup_close_ int fd = memory_file(data, size);
	_cleanup_(input_freep) struct input *input = NULL;

	assert_ok(input_new(&input, fd));
	input_want_marks(input);
	return drain(input);
}

void build_stream(struct stream *stream, unsigned events)
{
	stream_init(stream);
	stream_header(stream);
	stream_clock(stream);
	for (unsigned i = 0; i < events; i++)
		stream_event(stream, i % 7 ? STREAM_SECCOMP : STREAM_OOM, i % STREAM_CPUS);
	stream_counters(stream);
	stream_footer(stream);
}

void assert_whole(const struct got *got, const struct stream *stream)
{
	assert_int_equal(got->answer, INPUT_END);
	assert_int_equal(got->damages, 0);
	assert_int_equal(got->size, stream->size);
	assert_memory_equal(got->data, stream->data, stream->size);
}
