/* SPDX-License-Identifier: Apache-2.0 */
/* A file that nobody writes any more is let go of: an open one keeps its space on the disk. */
#include "consumer/serve/stream-writers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "consumer/files/being-written.h"
#include "proto/base/util.h"
#include "proto/recording/file-names.h"

static void clear(struct stream_writer *writer)
{
	if (writer->fd >= 0)
		(void)close(writer->fd);
	free(writer->path);
	*writer = (struct stream_writer){.fd = -1};
}

/* They are of one stream, as far as both ids are known. */
static bool is_same(const struct stream_writer *a, const uint8_t *id, unsigned size)
{
	return !memcmp(a->id, id, a->id_size < size ? a->id_size : size);
}

static struct stream_writer *find(struct stream_writers *writers, const uint8_t *id, unsigned size)
{
	for (unsigned i = 0; i < writers->n; i++)
		if (is_same(&writers->all[i], id, size))
			return &writers->all[i];
	return NULL;
}

static struct stream_writer *make_room(struct stream_writers *writers)
{
	if (writers->n == WRITERS_MAX) {
		clear(&writers->all[0]);
		writers->n--;
		memmove(writers->all, writers->all + 1, writers->n * sizeof(writers->all[0]));
	}
	writers->all[writers->n].fd = -1;
	return &writers->all[writers->n++];
}

/* NULL: it is not known. */
static char *name_of(int fd)
{
	char self[64], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, path, sizeof(path));
	return n > 0 ? strndup(path, (size_t)n) : NULL;
}

static void add(struct stream_writers *writers, const struct stream_writer *from, int fd)
{
	struct stream_writer *writer = find(writers, from->id, from->id_size);
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (writer && writer->index > from->index)
		return;
	if (writer)
		clear(writer);
	else
		writer = make_room(writers);
	*writer = *from;
	writer->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	writer->path = name_of(fd);
}

void writers_add(struct stream_writers *writers, const uint8_t *id, uint32_t index, bool locks,
		 int fd)
{
	struct stream_writer writer = {.id_size = WRITERS_ID, .index = index, .locks = locks};

	memcpy(writer.id, id, sizeof(writer.id));
	add(writers, &writer, fd);
}

void writers_add_named(struct stream_writers *writers, int fd)
{
	struct stream_writer writer = {.id_size = FILE_NAMES_STREAM, .locks = true};
	_cleanup_free_ char *path = name_of(fd);
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash || !file_names_is_ours(slash + 1))
		return;
	file_names_read(slash + 1, writer.id, &writer.index);
	add(writers, &writer, fd);
}

static void look(struct stream_writer *writer, uint64_t now_nano)
{
	struct stat st;
	int r;

	if (writer->fd < 0 || writer->foreign)
		return;
	r = being_written_check(writer->fd);
	writer->locked = r == 1;
	writer->troubled = writer->locked && lock_notes_read(writer->fd, &writer->notes);
	if (!fstat(writer->fd, &st))
		writer->bytes = (uint64_t)st.st_size;
	if (r == 1 || (r < 0 && !writer->locks)) {
		writer->unlocked_nano = 0;
	} else if (!writer->unlocked_nano) {
		writer->unlocked_nano = now_nano;
	} else {
		(void)close(writer->fd);
		writer->fd = -1;
	}
}

void writers_look(struct stream_writers *writers, uint64_t now_nano)
{
	for (unsigned i = 0; i < writers->n; i++)
		look(&writers->all[i], now_nano);
}

void writers_wrote(struct stream_writers *writers, const uint8_t *id, uint64_t now_nano,
		   uint64_t patience_nano)
{
	struct stream_writer *writer = find(writers, id, WRITERS_ID);

	if (!writer || !writer->unlocked_nano || now_nano - writer->unlocked_nano <= patience_nano)
		return;
	writer->foreign = true;
	writer->unlocked_nano = 0;
}

const struct stream_writer *writers_find(const struct stream_writers *writers, const uint8_t *id)
{
	for (unsigned i = writers->n; i--;) {
		const struct stream_writer *writer = &writers->all[i];

		if (id ? is_same(writer, id, WRITERS_ID) : writer->troubled)
			return writer;
	}
	return NULL;
}

void writers_done(struct stream_writers *writers)
{
	while (writers->n)
		clear(&writers->all[--writers->n]);
}
