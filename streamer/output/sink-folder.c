/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of recordings: the mode of a service. Limits as journald has them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/param.h>
#include <sys/statvfs.h>

#include "proto/base/count.h"
#include "proto/base/hex.h"
#include "streamer/output/sink-internal.h"

#define MAX_BYTES (64u << 20)
#define MAX_BYTES_LEAST (64u << 10)
#define MAX_SECONDS 3600u
#define MAX_USE_PERCENT 10u
#define MAX_USE (4ull << 30)
#define MAX_USE_LEAST (1u << 20)

int sink_set_limits(struct sink *sink, char *error, size_t size)
{
	struct sink_config *config = &sink->config;
	struct retention_limits *limits = &sink->limits;
	const struct amount usual = {.percent = MAX_USE_PERCENT};
	struct statvfs fs;
	uint64_t total;

	if (fstatvfs(sink->place.fd, &fs) < 0)
		return refuse(error, size, -errno, "%s: %s", config->path, strerror(errno));
	total = (uint64_t)fs.f_blocks * fs.f_frsize;
	limits->max_use = units_bytes(&config->max_use, total);
	if (!limits->max_use)
		limits->max_use = MAX(MIN(units_bytes(&usual, total), MAX_USE), MAX_USE_LEAST);
	limits->keep_free = units_bytes(&config->keep_free, total);
	limits->max_age = config->max_age;
	limits->max_files = config->max_files;
	if (!config->max_bytes)
		config->max_bytes = MAX(MIN(MAX_BYTES, limits->max_use / 8), MAX_BYTES_LEAST);
	if (!config->max_seconds)
		config->max_seconds = MAX_SECONDS;
	if (limits->max_use < 2 * config->max_bytes)
		return refuse(error, size, -EINVAL,
			      "--max-use of %s: accepts at least two files of %s (-C)",
			      COUNTED(limits->max_use, "byte"), COUNTED(config->max_bytes, "byte"));
	/* the file being written counts as what it may become, with its last records */
	limits->max_use -= config->max_bytes + config->max_bytes / 8;
	return 0;
}

int sink_refuse_retention(const struct sink *sink, const struct sink_config *asked, char *error,
			  size_t size)
{
	const char *path = sink->config.path;

	if (sink->names.folder ||
	    !(asked->max_use.bytes || asked->max_use.percent || asked->keep_free.bytes ||
	      asked->keep_free.percent || asked->max_age))
		return 0;
	return refuse(error, size, -EINVAL,
		      "--max-use, --keep-free and --max-age are for a folder: -w %s/",
		      !strcmp(path, "-") ? "DIR" : path);
}

int sink_change_retention(struct sink *sink, const struct sink_config *asked, char *error,
			  size_t size)
{
	const struct sink_config config = sink->config;
	const struct retention_limits limits = sink->limits;
	int r = sink_refuse_retention(sink, asked, error, size);

	if (r < 0)
		return r;
	sink->config.max_use = asked->max_use;
	sink->config.keep_free = asked->keep_free;
	sink->config.max_age = asked->max_age;
	r = sink->names.folder ? sink_set_limits(sink, error, size) : 0;
	if (r < 0) {
		sink->config = config;
		sink->limits = limits;
		return r;
	}
	sink_retain(sink);
	return 0;
}

static int make_folder(const char *path, bool *ret_made, char *error, size_t size)
{
	*ret_made = !mkdir(path, 0750);
	if (*ret_made || errno == EEXIST)
		return 0;
	return refuse(error, size, -errno,
		      "cannot make the folder %s: %s (only the last part of the path "
		      "may be missing)",
		      path, strerror(errno));
}

/* Whoever reads the folder takes all recordings in it for ours. */
static int check_folder(const struct sink *sink, char *error, size_t size)
{
	const char *path = sink->config.path;
	char why[128] = "";
	int r = sink->config.allow_shared_folder
			? 0
			: output_folder_check(&sink->place, why, sizeof(why));

	if (r == -EPERM && why[0])
		return refuse(error, size, r,
			      "others could put recordings into %s: %s; `chown` or `chmod go-w` "
			      "it, use another folder, or --allow-shared-folder",
			      path, why);
	return r < 0 ? refuse(error, size, r, "%s: %s", path, strerror(-r)) : 0;
}

/* One that was just made gets its owner from the folder it is in. */
static int choose_user(struct sink *sink, bool made, char *error, size_t size)
{
	int fd = sink->place.fd;
	_cleanup_close_ int parent = made ? openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int r = sink_choose_user(sink, made ? parent : fd, made ? -1 : fd, error, size);

	if (r < 0 || !made)
		return r;
	sink_give(sink, fd);
	/* it may be on a file system without owners */
	return sink_choose_user(sink, fd, fd, error, size);
}

int sink_open_folder(struct sink *sink, char *error, size_t size)
{
	const char *path = sink->config.path;
	_cleanup_free_ char *slashed = NULL;
	bool made;
	int r = make_folder(path, &made, error, size);

	if (!r && asprintf(&slashed, "%s%s", path, file_names_slash(path)) < 0)
		return refuse(error, size, -ENOMEM, "out of memory");
	if (!r)
		r = sink_open_place(sink, slashed, error, size);
	if (!r)
		r = choose_user(sink, made, error, size);
	if (!r)
		r = check_folder(sink, error, size);
	sink->regular = sink->owned = true;
	return r ? r : sink_set_limits(sink, error, size);
}

int sink_begin(struct sink *sink, const uint8_t *stream_id, uint32_t index, char *error,
	       size_t size)
{
	int r;

	memcpy(sink->stream_id, stream_id, sizeof(sink->stream_id));
	if (!sink->names.folder)
		return 0;
	sink_retain(sink);
	sink->index = index - 1; /* so that it is the next */
	r = sink_prepare(sink, false, error, size);
	return r < 0 ? r : sink_switch(sink);
}

/* retention_fn */
static int delete (void *data, const struct retention_file *file)
{
	struct sink *sink = data;
	struct deletion_file deleted;

	file_names_read(file->name, deleted.stream, &deleted.index);
	return deletions_delete(&sink->deletions, sink->place.fd, file->name, &deleted,
				sink->stream_id);
}

void sink_retain(struct sink *sink)
{
	_cleanup_free_ struct retention_file *files = NULL;
	struct retention_use use = {.now = time(NULL)};
	struct statvfs fs;
	ssize_t n;

	if (!sink->names.folder || fstatvfs(sink->place.fd, &fs) < 0)
		return;
	use.free = (uint64_t)fs.f_bavail * fs.f_frsize;
	(void)hex_put(use.stream, sink->stream_id, sizeof(use.stream) / 2);
	n = retention_list(&sink->place, &files);
	if (n > 0)
		retention_choose(files, (size_t)n, &sink->limits, &use, delete, sink);
}
