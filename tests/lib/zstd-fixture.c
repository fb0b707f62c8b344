/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/zstd-fixture.h"

static void packed_take(struct packed *packed)
{
	size_t size;
	const uint8_t *out = recording_writer_output(packed->writer, &size);

	packed->data = realloc(packed->data, packed->size + size + 1);
	assert_non_null(packed->data);
	if (size)
		memcpy(packed->data + packed->size, out, size);
	packed->size += size;
	recording_writer_wrote(packed->writer, size);
}

void packed_raw(struct packed *packed, const void *data, size_t size)
{
	packed->data = realloc(packed->data, packed->size + size + 1);
	assert_non_null(packed->data);
	memcpy(packed->data + packed->size, data, size);
	packed->size += size;
}

void packed_init(struct packed *packed)
{
	*packed = (struct packed){0};
	assert_ok(recording_writer_new(&packed->writer, RECORDING_LEVEL_DEFAULT));
}

void packed_done(struct packed *packed)
{
	packed->writer = recording_writer_free(packed->writer);
	free(packed->data);
}

void packed_put(struct packed *packed, const uint8_t *p, size_t size, bool apart)
{
	struct frame frame;
	size_t need;

	while (size) {
		size_t n = size;
		ssize_t took;

		if (apart) {
			assert_ok(frame_parse(p, size, &frame, &need));
			n = (size_t)(frame.data - p) + frame.size;
		}
		took = recording_writer_put(packed->writer, p, n, 0);
		assert_true(took > 0);
		packed_take(packed);
		p += took;
		size -= (size_t)took;
	}
}

void packed_end_frame(struct packed *packed)
{
	assert_ok(recording_writer_end_frame(packed->writer));
	packed_take(packed);
}

void packed_close(struct packed *packed)
{
	assert_ok(recording_writer_close(packed->writer));
	packed_take(packed);
}

void packed_stream(struct packed *packed, const struct stream *stream, size_t each)
{
	const uint8_t *p = stream->data;
	struct frame frame;
	size_t need, left = stream->size, n = 0;

	packed_init(packed);
	while (left) {
		assert_ok(frame_parse(p, left, &frame, &need));
		need = (size_t)(frame.data - p) + frame.size;
		packed_put(packed, p, need, true);
		p += need;
		left -= need;
		if (++n % each == 0)
			packed_end_frame(packed);
	}
	packed_close(packed);
}

int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("ringside-test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(write_all(fd, data, size));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}
