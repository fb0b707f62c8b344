/* SPDX-License-Identifier: Apache-2.0 */
/* What the settings of the output and its path say together, before anything is made. Whoever
 * checks a configuration and whoever opens the output ask the same functions, in the same order, so
 * that neither accepts what the other refuses. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "streamer/output/sink-internal.h"

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return ends_with(path, "/") || (!lstat(path, &st) && S_ISDIR(st.st_mode));
}

int sink_plan(struct sink *sink, char *error, size_t size)
{
	const struct sink_config *config = &sink->config;
	bool to_stdout = !strcmp(config->path, "-");
	int level = config->level;

	sink->names.path = config->path;
	sink->names.folder = !to_stdout && is_folder(config->path);
	if (level == SINK_LEVEL_BY_NAME)
		level = sink->names.folder || (!to_stdout && ends_with(config->path, ".zst"))
				? RECORDING_LEVEL_DEFAULT
				: 0;
	if (!level && !to_stdout && ends_with(config->path, ".zst"))
		return refuse(error, size, -EINVAL,
			      "%s ends in .zst, but -z0 does not compress: use another name",
			      config->path);
	sink->config.level = level;
	sink->names.compressed = level;
	sink->rotates = sink->names.folder || config->max_bytes || config->max_seconds;
	if (sink_refuse_retention(sink, config, error, size) < 0)
		return -EINVAL;
	if (config->max_files && !sink->rotates)
		return refuse(error, size, -EINVAL,
			      "-W needs -C or -G, which say when a file is full, or -w DIR/");
	if (sink->names.folder && (config->append || config->force))
		return refuse(error, size, -EINVAL,
			      "%s is a folder, in which all files are "
			      "new: without --append and --force",
			      config->path);
	return 0;
}

/* The folder, or the one it will be made in: on the same file system, as a rule. -1: neither is
 * there, or may be looked at, which opening it says better. */
static int open_near(const char *path)
{
	char copy[PATH_MAX];
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 || strlen(path) >= sizeof(copy))
		return fd;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	return open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int check_limits(struct sink *sink, char *error, size_t size)
{
	_cleanup_close_ int fd = open_near(sink->config.path);
	int r;

	if (fd < 0)
		return 0;
	sink->place.fd = fd;
	r = sink_set_limits(sink, error, size);
	sink->place.fd = -1;
	return r == -EINVAL ? r : 0;
}

static int check_name(struct sink *sink, char *error, size_t size)
{
	const char *slash = strrchr(sink->config.path, '/');
	_cleanup_free_ char *name = NULL;

	sink->place.prefix = slash ? (size_t)(slash - sink->config.path) + 1 : 0;
	return sink_plan_name(sink, &name, error, size);
}

int sink_check(const struct sink_config *config, char *error, size_t size)
{
	_cleanup_free_ struct sink *sink = calloc(1, sizeof(*sink));
	int r;

	if (!sink)
		return refuse(error, size, -ENOMEM, "out of memory");
	sink->config = *config;
	r = sink_plan(sink, error, size);
	if (r || !strcmp(config->path, "-"))
		return r;
	return sink->names.folder ? check_limits(sink, error, size) : check_name(sink, error, size);
}
