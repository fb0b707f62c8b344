/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: compress-recording [-o] <PLAIN >COMPRESSED
 *
 * For tests: a plain recording becomes a compressed one, as the streamer would have written it in
 * one go; -o leaves it open, without the last frame's end and the seek table. */
#include <stdio.h>
#include <string.h>

#include "proto/base/util.h"
#include "proto/record/frame.h"
#include "proto/recording/recording-writer.h"

static int take_output(struct recording_writer *w)
{
	size_t size;
	const uint8_t *out = recording_writer_output(w, &size);
	int r = write_all(STDOUT_FILENO, out, size);

	recording_writer_wrote(w, size);
	return r;
}

int main(int argc, char **argv)
{
	struct frame_reader reader = FRAME_READER_NULL;
	struct recording_writer *w = NULL;
	struct frame frame;
	uint64_t now = 0; /* a record each millisecond: no storm */
	int r;

	if (recording_writer_new(&w, RECORDING_LEVEL_DEFAULT) < 0 ||
	    frame_reader_init(&reader, STDIN_FILENO) < 0)
		return EXIT_FAILURE;
	while (!(r = frame_next(&reader, &frame))) {
		size_t whole = (size_t)(frame.data - frame.start) + frame.size;

		now += 1000000;
		if (recording_writer_put(w, frame.start, whole, now) != (ssize_t)whole ||
		    take_output(w) < 0)
			return EXIT_FAILURE;
	}
	if (r == FRAME_END && (argc < 2 || strcmp(argv[1], "-o") != 0) &&
	    (recording_writer_close(w) < 0 || take_output(w) < 0))
		r = -EIO;
	frame_reader_done(&reader);
	(void)recording_writer_free(w);
	return r == FRAME_END ? EXIT_SUCCESS : EXIT_FAILURE;
}
