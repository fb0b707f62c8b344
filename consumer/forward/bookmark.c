/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/bookmark.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <xxhash.h>

#include "consumer/base/text-line.h"
#include "proto/base/hex.h"
#include "proto/base/util.h"

#define TITLE "ringside cursor 1\n"
#define SUM "xxh3 "
#define SUM_SIZE (sizeof(SUM) - 1 + 16 + 1)
#define LINE_MAX_SIZE 128u
#define LOCK_TRIES 10u
#define LOCK_PAUSE_NANO 50000000

static void copy_path(const struct bookmark *bookmark, unsigned which, char path[PATH_MAX])
{
	struct line line = line_make(path, PATH_MAX);

	line_text(&line, bookmark->path); /* shorter than that */
	line_text(&line, which ? ".2" : "");
	(void)line_end(&line);
}

struct bookmark_stream *bookmark_find(const struct bookmark *bookmark, const uint8_t *id)
{
	for (size_t i = bookmark->n; i--;) /* mostly the latest one */
		if (!memcmp(bookmark->streams[i].id, id, BOOKMARK_ID))
			return &bookmark->streams[i];
	return NULL;
}

int bookmark_add(struct bookmark *bookmark, const uint8_t *id, size_t *ret)
{
	const struct bookmark_stream *known = bookmark_find(bookmark, id);

	if (known) {
		*ret = (size_t)(known - bookmark->streams);
		return 0;
	}
	if (bookmark->n == BOOKMARK_STREAMS)
		return -ENOSPC;
	if (GROW(bookmark->streams, bookmark->n, &bookmark->room))
		return -ENOMEM;
	*ret = bookmark->n++;
	bookmark->streams[*ret] = (struct bookmark_stream){.seq = 0};
	memcpy(bookmark->streams[*ret].id, id, BOOKMARK_ID);
	return 0;
}

/* ---- its text ---- */

static int parse_stream(struct bookmark *bookmark, const char *line)
{
	uint8_t id[BOOKMARK_ID];
	unsigned n = 0, byte;
	uint64_t seq, left_out = 0, from = 0;
	size_t at;
	int r;

	for (; n < BOOKMARK_ID && sscanf(line + 2 * (size_t)n, "%2x", &byte) == 1; n++)
		id[n] = (uint8_t)byte;
	if (n < BOOKMARK_ID ||
	    sscanf(line + 2 * (size_t)BOOKMARK_ID, " %" SCNu64 " %" SCNu64 " %" SCNu64, &seq,
		   &left_out, &from) < 1)
		return -EBADMSG;
	r = bookmark_add(bookmark, id, &at);
	if (r)
		return r;
	bookmark->streams[at].seq = seq;
	bookmark->streams[at].left_out = left_out;
	bookmark->streams[at].from = from;
	return 0;
}

static int parse_line(struct bookmark *bookmark, const char *line)
{
	if (!strncmp(line, "stream ", 7))
		return parse_stream(bookmark, line + 7);
	if (!strncmp(line, "generation ", 11))
		return sscanf(line + 11, "%" SCNu64, &bookmark->generation) == 1 ? 0 : -EBADMSG;
	if (!strncmp(line, "host ", 5))
		(void)snprintf(bookmark->host, sizeof(bookmark->host), "%s", line + 5);
	else if (!strncmp(line, "machine ", 8))
		(void)snprintf(bookmark->machine, sizeof(bookmark->machine), "%s", line + 8);
	else if (!strcmp(line, "begun"))
		bookmark->begun = true;
	return 0; /* a line that a newer version writes */
}

/* Of a whole copy, which ends with a NUL that takes the place of its checksum. */
static int parse_text(struct bookmark *bookmark, char *text)
{
	char *line, *rest = text + sizeof(TITLE) - 1;
	int r = 0;

	while (!r && (line = strsep(&rest, "\n")) && rest)
		r = parse_line(bookmark, line);
	return r;
}

/* "ringside cursor 2", and whatever it has then. */
static bool is_newer(const char *text, size_t size)
{
	const size_t title = sizeof(TITLE) - 1, common = title - 2;

	return size > title && !memcmp(text, TITLE, common) && memcmp(text, TITLE, title) != 0;
}

static int check_text(char *text, size_t size)
{
	uint64_t sum;

	if (is_newer(text, size))
		return -EPROTONOSUPPORT;
	if (size < sizeof(TITLE) - 1 + SUM_SIZE || memcmp(text, TITLE, sizeof(TITLE) - 1) != 0 ||
	    memchr(text, 0, size) || sscanf(text + size - SUM_SIZE, SUM "%16" SCNx64, &sum) != 1 ||
	    sum != XXH3_64bits(text, size - SUM_SIZE))
		return -EBADMSG;
	text[size - SUM_SIZE] = '\0';
	return 0;
}

static int read_file(const char *path, char **ret, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)(BOOKMARK_STREAMS + 8) * LINE_MAX_SIZE)
		return -EBADMSG;
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	n = pread_full(fd, text, (size_t)st.st_size, 0);
	if (n < 0)
		return (int)n;
	*ret = TAKE_PTR(text);
	*ret_size = (size_t)n;
	return 0;
}

/* 0, -ENOENT, -EBADMSG or another -errno. */
static int read_copy(struct bookmark *bookmark, unsigned which)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	size_t size = 0;
	int r;

	copy_path(bookmark, which, path);
	r = read_file(path, &text, &size);
	if (!r)
		r = check_text(text, size);
	return r ? r : parse_text(bookmark, text);
}

/* Into @ret. 0 or -ENOMEM. */
static int make_text(const struct bookmark *bookmark, char **ret, size_t *ret_size)
{
	size_t room = (bookmark->n + 8) * LINE_MAX_SIZE, size;
	_cleanup_free_ char *text = malloc(room);
	char id[HEX_SIZE(BOOKMARK_ID)];

	if (!text)
		return -ENOMEM;
	size = (size_t)snprintf(text, room, TITLE "generation %" PRIu64 "\nhost %s\nmachine %s\n%s",
				bookmark->generation + 1, bookmark->host, bookmark->machine,
				bookmark->begun ? "begun\n" : "");
	for (size_t i = 0; i < bookmark->n; i++) {
		hex_put(id, bookmark->streams[i].id, BOOKMARK_ID);
		size += (size_t)snprintf(text + size, room - size,
					 "stream %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", id,
					 bookmark->streams[i].seq, bookmark->streams[i].left_out,
					 bookmark->streams[i].from);
	}
	size += (size_t)snprintf(text + size, room - size, SUM "%016" PRIx64 "\n",
				 (uint64_t)XXH3_64bits(text, size));
	*ret = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

/* ---- the files ---- */

/* Of the folder that @path is in: so that the new name stays. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	_cleanup_close_ int fd = -1;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace_file(const char *path, const char *text, size_t size)
{
	char temporary[PATH_MAX + 8];
	_cleanup_close_ int fd = -1;
	int r;

	(void)snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		  0640);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, size);
	if (!r && (fsync(fd) < 0 || rename(temporary, path) < 0))
		r = -errno;
	if (r)
		(void)unlink(temporary);
	return r ? r : sync_folder(path);
}

int bookmark_save(struct bookmark *bookmark)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	size_t size = 0;
	int r;

	copy_path(bookmark, (bookmark->generation + 1) % 2, path);
	r = make_text(bookmark, &text, &size);
	if (!r)
		r = replace_file(path, text, size);
	if (!r)
		bookmark->generation++;
	return r;
}

static int take_lock(struct bookmark *bookmark)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NANO};
	unsigned tries = LOCK_TRIES;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s" BOOKMARK_LOCK, bookmark->path);
	bookmark->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (bookmark->lock < 0)
		return -errno;
	/* who only asks whether it is locked holds it for a moment, too */
	while (flock(bookmark->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || !tries--)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static void forget(struct bookmark *bookmark)
{
	free(bookmark->streams);
	bookmark->streams = NULL;
	bookmark->n = bookmark->room = 0;
	bookmark->generation = 0;
	bookmark->begun = false;
	bookmark->host[0] = bookmark->machine[0] = '\0';
}

/* The newer one of the whole copies. */
static int read_copies(struct bookmark *bookmark, char problem[BOOKMARK_PROBLEM])
{
	struct bookmark both[2] = {*bookmark, *bookmark};
	char safe[LINE_FILE], path[PATH_MAX];
	int r[2];

	for (unsigned i = 0; i < 2; i++) {
		r[i] = read_copy(&both[i], i);
		if (r[i])
			forget(&both[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		copy_path(bookmark, i, path);
		if (r[i] && r[i] != -ENOENT)
			(void)snprintf(bookmark->note, sizeof(bookmark->note),
				       "%.300s: this copy of the cursor %s; the other one is taken",
				       line_file(path, safe),
				       r[i] == -EBADMSG           ? "is damaged"
				       : r[i] == -EPROTONOSUPPORT ? "was written by a newer version"
								  : strerror(-r[i]));
	}
	if (r[0] && r[1]) {
		if (r[0] == -ENOENT && r[1] == -ENOENT)
			return 0;
		if (r[0] == -EPROTONOSUPPORT || r[1] == -EPROTONOSUPPORT)
			return refuse(problem, BOOKMARK_PROBLEM, -EPROTONOSUPPORT,
				      "the cursor %.300s was written by a newer version: use that "
				      "one, or name another with --cursor (what the target has "
				      "already it may get twice)",
				      line_file(bookmark->path, safe));
		return refuse(problem, BOOKMARK_PROBLEM, r[0] == -ENOENT ? r[1] : r[0],
			      "no copy of the cursor %.300s can be read: remove it and its .2 to "
			      "forward all recordings from their beginning (what the target has "
			      "already it may get twice)",
			      line_file(bookmark->path, safe));
	}
	bookmark->half = *bookmark->note;
	{
		const unsigned best = r[0] || (!r[1] && both[1].generation > both[0].generation);
		struct bookmark *other = &both[!best];

		free(other->streams);
		bookmark->streams = both[best].streams;
		bookmark->n = both[best].n;
		bookmark->room = both[best].room;
		bookmark->generation = both[best].generation;
		bookmark->begun = both[best].begun;
		memcpy(bookmark->host, both[best].host, sizeof(bookmark->host));
		memcpy(bookmark->machine, both[best].machine, sizeof(bookmark->machine));
	}
	return 0;
}

int bookmark_open(struct bookmark *bookmark, const char *path, char problem[BOOKMARK_PROBLEM])
{
	char safe[LINE_FILE];
	int r;

	*bookmark = (struct bookmark){.lock = -1};
	if ((size_t)snprintf(bookmark->path, sizeof(bookmark->path), "%s", path) >=
	    sizeof(bookmark->path))
		return refuse(problem, BOOKMARK_PROBLEM, -ENAMETOOLONG,
			      "the cursor's name is too long");
	r = take_lock(bookmark);
	if (r == -EWOULDBLOCK)
		return refuse(problem, BOOKMARK_PROBLEM, -EBUSY,
			      "another ringside forward goes on from the cursor %.300s: end it, or "
			      "name another with --cursor",
			      line_file(path, safe));
	if (!r) {
		r = read_copies(bookmark, problem);
		if (r)
			return r;
		r = bookmark_save(bookmark);
	}
	return r ? refuse(problem, BOOKMARK_PROBLEM, r,
			  "the cursor %.300s cannot be written: %s: name one that can with "
			  "--cursor",
			  line_file(path, safe), strerror(-r))
		 : 0;
}

void bookmark_close(struct bookmark *bookmark)
{
	free(bookmark->streams);
	if (bookmark->lock >= 0)
		(void)close(bookmark->lock);
	bookmark->lock = -1;
	bookmark->streams = NULL;
}
