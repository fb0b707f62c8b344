/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/output/deletions.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "proto/base/util.h"
#include "proto/recording/zstd-frames.h"

static struct deletion count_records(int fd, const uint8_t *stream_id)
{
	struct deletion deletion = {.counted = false};
	struct recording_index index;

	if (frames_count(fd, &index) < 0)
		return deletion;
	deletion.counted = true;
	memcpy(deletion.counts, index.counts, sizeof(deletion.counts));
	if (index.has_stream_id && index.has_boottime &&
	    !memcmp(index.stream_id, stream_id, sizeof(index.stream_id))) {
		deletion.after = index.min_boottime;
		deletion.before = index.max_boottime;
	}
	return deletion;
}

static void add_deletion(struct deletions *deletions, const struct deletion *deletion)
{
	struct deletion *last = &deletions->all[DELETIONS_MAX - 1];

	if (deletions->n < DELETIONS_MAX) {
		deletions->all[deletions->n++] = *deletion;
		return;
	}
	for (unsigned i = 0; i < RECORD_BODIES; i++)
		last->counts[i] += deletion->counts[i];
	last->counted &= deletion->counted;
	last->file = deletion->file;
	last->after = last->before = 0;
}

int deletions_delete(struct deletions *deletions, int folder, const char *name,
		     const struct deletion_file *file, const uint8_t *stream_id)
{
	_cleanup_close_ int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct deletion deletion;

	if (fd < 0)
		return -errno;
	/* who writes holds it alone; who reads may share it with us */
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	deletion = count_records(fd, stream_id);
	deletion.file = *file;
	if (unlinkat(folder, name, 0) < 0)
		return -errno;
	add_deletion(deletions, &deletion);
	return 0;
}

void deletions_commit(struct deletions *deletions)
{
	deletions->n -= deletions->told;
	memmove(deletions->all, deletions->all + deletions->told,
		deletions->n * sizeof(deletions->all[0]));
	deletions->told = 0;
}
