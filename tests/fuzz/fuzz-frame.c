/* SPDX-License-Identifier: Apache-2.0 */
/* The framing: what the reader gives is what stands there, frame by frame. */
#include <string.h>

#include "proto/record/frame.h"
#include "proto/record/peek.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader reader;
	struct frame frame, expected;
	size_t at = 0, need;
	struct peek peek;
	int fd, r;

	if (size < 4 || !memcmp(data + 1, "\xb5\x2f\xfd", 3) ||
	    !memcmp(data + 1, "\x2a\x4d\x18", 3))
		return 0; /* fuzz-recording's */
	fd = fuzz_file(data, size);
	fuzz_assert(!frame_reader_init(&reader, fd));
	while (!(r = frame_next(&reader, &frame))) {
		fuzz_assert(!frame_parse(data + at, size - at, &expected, &need));
		fuzz_assert(frame.offset == at && frame.size == expected.size);
		fuzz_assert(!memcmp(frame.data, expected.data, frame.size));
		at += (size_t)(frame.data - frame.start) + frame.size;
		(void)peek_record(frame.data, frame.size, &peek);
	}
	fuzz_assert(r == FRAME_END ? at == size : r == FRAME_CUT || r == FRAME_BAD);
	frame_reader_done(&reader);
	(void)close(fd);
	return 0;
}
