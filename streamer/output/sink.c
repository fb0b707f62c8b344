/* SPDX-License-Identifier: Apache-2.0 */
/* What a file has got at the latest mark stays whole: when more cannot be written, the file is
 * cut back to it. A sink that keeps going is marked by sink_commit, the others by each batch.
 * Plain records of those are cut by the stream, which knows where each one ends. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "streamer/output/sink-internal.h"

/* Writes what there is room for. Returns as sink_write. */
static ssize_t put_bytes(struct sink *sink, const void *data, size_t size)
{
	ssize_t n;

	if (sink->truncate) {
		if (ftruncate(sink->fd, 0) < 0)
			return -errno;
		sink->truncate = false;
	}
	do {
		n = sink->write(sink->fd, data, size);
	} while (n == -EINTR);
	if (n == -EAGAIN)
		return 0;
	/* a socket says so when it is reset rather than closed */
	if (n == -ECONNRESET)
		return -EPIPE;
	if (n > 0)
		sink->written += (uint64_t)n;
	return n;
}

/* Returns 0, SINK_BLOCKED or -errno. */
static int put_output(struct sink *sink)
{
	const uint8_t *out;
	size_t size;

	while ((out = recording_writer_output(sink->writer, &size)), size) {
		ssize_t n = put_bytes(sink, out, size);

		if (n <= 0)
			return n ? (int)n : SINK_BLOCKED;
		recording_writer_wrote(sink->writer, (size_t)n);
	}
	return 0;
}

void sink_commit(struct sink *sink)
{
	sink->marked = sink->written;
	if (sink->writer)
		recording_writer_mark(sink->writer);
}

static int cut_to_mark(struct sink *sink)
{
	sink->batch = 0;
	if (sink->writer && recording_writer_rollback(sink->writer) < 0)
		return -ENOMEM;
	return sink_cut(sink, sink->marked);
}

/* Cuts the file back to the mark, and ends the data frame there, if there is room. */
void sink_rollback(struct sink *sink)
{
	if (cut_to_mark(sink) < 0 || !sink->writer)
		return;
	if (put_output(sink))
		(void)cut_to_mark(sink);
}

static ssize_t write_batch(struct sink *sink, const void *data, size_t size)
{
	ssize_t n;
	int r = 0;

	if (!sink->batch) {
		/* the end of a frame that was cut back */
		r = put_output(sink);
		n = r ? 0
		      : recording_writer_put(sink->writer, data, size, clock_nano(CLOCK_BOOTTIME));
		if (n < 0)
			return n;
		sink->batch = (size_t)n;
	}
	if (!r)
		r = put_output(sink);
	if (r == SINK_BLOCKED)
		return 0;
	if (r < 0) {
		if (sink->regular && !sink->names.folder)
			sink_rollback(sink);
		return r;
	}
	n = (ssize_t)sink->batch;
	sink->batch = 0;
	if (!sink->names.folder)
		sink_commit(sink);
	return n;
}

ssize_t sink_write(struct sink *sink, const void *data, size_t size)
{
	return sink->writer ? write_batch(sink, data, size) : put_bytes(sink, data, size);
}

int sink_cut(struct sink *sink, uint64_t keep)
{
	struct stat st;

	if (!sink->regular)
		return -ESPIPE;
	if (keep == sink->written)
		return 0;
	if (fstat(sink->fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != sink->start + sink->written)
		return -EBUSY;
	if (ftruncate(sink->fd, (off_t)(sink->start + keep)) < 0)
		return -errno;
	/* what shares stdout with us goes on at the new end, without a hole */
	(void)lseek(sink->fd, (off_t)(sink->start + keep), SEEK_SET);
	sink->written = keep;
	if (sink->checked > keep)
		sink->checked = keep;
	return 0;
}

bool sink_torn(const struct sink *sink)
{
	size_t left = 0;

	if (sink->writer && !sink->regular)
		(void)recording_writer_output(sink->writer, &left);
	return left;
}

int sink_end(struct sink *sink)
{
	int r;

	if (!sink->writer)
		return 0;
	r = recording_writer_end_frame(sink->writer);
	if (!r)
		r = put_output(sink);
	if (r) {
		if (r < 0 && sink->regular)
			sink_rollback(sink);
		return r;
	}
	sink_commit(sink);
	r = recording_writer_close(sink->writer);
	if (!r)
		r = put_output(sink);
	if (r < 0 && sink->regular) {
		/* the seek table: a recording without it is as good */
		sink_rollback(sink);
		r = 0;
	}
	if (!r)
		sink_commit(sink);
	return r;
}

int sink_sync(struct sink *sink)
{
	int r = syncing_wait(&sink->syncing);

	/* EINVAL: a file system that keeps nothing to sync */
	if (!sink->regular || !fdatasync(sink->fd) || errno == EINVAL)
		return r;
	return -errno;
}

void sink_start_syncing(struct sink *sink)
{
	if (sink->regular && sink->owned)
		syncing_begin(&sink->syncing);
}

bool sink_lock(const struct sink *sink)
{
	return sink->regular && sink->fd >= 0 && flock(sink->fd, LOCK_EX | LOCK_NB) == 0;
}

void sink_tell_trouble(struct sink *sink, int error, const uint64_t lost[LOCK_NOTES_KINDS])
{
	struct lock_notes notes = {.error = error,
				   .since_milli = sink->notes.since_milli,
				   .latest_milli = clock_nano(CLOCK_REALTIME) / 1000000};

	if (!notes.since_milli)
		notes.since_milli = notes.latest_milli;
	memcpy(notes.lost, lost, sizeof(notes.lost));
	(void)lock_notes_put(sink->fd, sink->notes.since_milli ? &sink->notes : NULL, &notes);
	sink->notes = notes;
}

void sink_end_trouble(struct sink *sink)
{
	if (!sink->notes.since_milli)
		return;
	lock_notes_clear(sink->fd);
	sink->notes = (struct lock_notes){0};
}

void sink_discard(struct sink *sink)
{
	struct sink_next *next = &sink->next;

	if (next->fd >= 0) {
		if (!next->start)
			(void)unlinkat(sink->place.fd, output_folder_name(&sink->place, next->name),
				       0);
		(void)close(next->fd);
	}
	free(next->name);
	*next = (struct sink_next){.fd = -1};
}

/* Nothing could be attached, say: an empty file would be in the way of the next try. */
static void remove_empty(const struct sink *sink)
{
	struct stat st, named;
	const char *name = output_folder_name(&sink->place, sink->name);

	/* others may have written to it, or put another in its place */
	if (!fstat(sink->fd, &st) && !st.st_size &&
	    !fstatat(sink->place.fd, name, &named, AT_SYMLINK_NOFOLLOW) &&
	    named.st_ino == st.st_ino && named.st_dev == st.st_dev)
		(void)unlinkat(sink->place.fd, name, 0);
}

struct sink *sink_free(struct sink *sink)
{
	if (!sink)
		return NULL;
	sink_discard(sink);
	syncing_end(&sink->syncing);
	commands_end(&sink->commands);
	if (sink->made && !sink->written)
		remove_empty(sink);
	if (sink->owned && sink->fd >= 0)
		(void)close(sink->fd);
	else if (sink->regular) /* who has given us stdout goes on with it */
		(void)flock(sink->fd, LOCK_UN);
	output_folder_close(&sink->place);
	for (unsigned i = 0; i < sink->n_kept; i++)
		free(sink->kept[i]);
	free(sink->kept);
	(void)recording_writer_free(sink->writer);
	free(sink->name);
	free(sink);
	return NULL;
}
