/* SPDX-License-Identifier: Apache-2.0 */
/* From the last frame back, by their indexes: the cursor mostly is near the end. */
#include "consumer/forward/resume.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "proto/base/util.h"
#include "proto/recording/index-walk.h"

void resume_find(const struct bookmark *bookmark, const char *path, struct last_records *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct recording_frame frame;
	struct stat st;
	uint64_t end;

	*ret = (struct last_records){.n = UINT64_MAX};
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	for (end = (uint64_t)st.st_size; end; end = frame.offset) {
		const struct bookmark_stream *mark;

		if (recording_frames_before(fd, end, &frame) || !frame.index.has_seq ||
		    !frame.index.has_stream_id)
			return;
		mark = bookmark_find(bookmark, frame.index.stream_id);
		if (!mark || frame.index.first_seq > mark->seq + 1)
			continue;
		ret->begin = frame.offset;
		return;
	}
}
