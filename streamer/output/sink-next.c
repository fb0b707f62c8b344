/* SPDX-License-Identifier: Apache-2.0 */
/* One file after another. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>

#include "proto/base/clock.h"
#include "streamer/output/sink-internal.h"

/* Names that are taken are passed over, up to so many. */
#define TRIES_MAX 1000u

static bool is_numbered(const struct sink *sink)
{
	return sink->config.max_bytes || (sink->config.max_seconds && !sink->names.timed);
}

/* The number after @number, in a ring if there is one. */
static uint32_t next_number(const struct sink *sink, uint32_t number)
{
	uint32_t ring = is_numbered(sink) ? sink->config.max_files : 0;

	if (number == FILE_NAMES_NO_NUMBER)
		return 1;
	return ring && number + 1 >= ring ? 0 : number + 1;
}

/* Where the clock was set back, names still go forward. */
static time_t name_time(struct sink *sink)
{
	time_t now = time(NULL);

	if (now > sink->named)
		sink->named = now;
	return sink->names.folder ? sink->named : now;
}

static int make_name(struct sink *sink, uint32_t index, uint32_t number, char **ret, char *error,
		     size_t size)
{
	const struct file_names_file file = {.time = name_time(sink),
					     .stream_id = sink->stream_id,
					     .index = index,
					     .number = number};
	char name[PATH_MAX];
	int r = file_names_make(&sink->names, &file, name, sizeof(name));

	if (r < 0)
		return refuse(error, size, r, "-w %s: makes no usable name for a file",
			      sink->config.path);
	/* they are made in the one folder that was opened */
	if (strchr(output_folder_name(&sink->place, name), '/'))
		return refuse(error, size, -EINVAL,
			      "-w %s: conversions that make folders are refused: they can name "
			      "the file only",
			      sink->config.path);
	*ret = strdup(name);
	return *ret ? 0 : refuse(error, size, -ENOMEM, "out of memory");
}

/* A ring of files begins where there are none. */
static int check_ring(struct sink *sink, char *error, size_t size)
{
	for (uint32_t i = 1; i < sink->config.max_files && !sink->config.force; i++) {
		_cleanup_free_ char *name = NULL;
		struct stat st;
		int r = make_name(sink, 0, i, &name, error, size);

		if (r < 0)
			return r;
		if (!fstatat(sink->place.fd, output_folder_name(&sink->place, name), &st,
			     AT_SYMLINK_NOFOLLOW) &&
		    st.st_size)
			return refuse(error, size, -EEXIST,
				      "%s exists and is not empty: use --force or another "
				      "name",
				      name);
	}
	return 0;
}

static int keep_name(struct sink *sink, const char *name)
{
	char *copy;

	if (!sink->kept)
		return 0;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	sink->kept[sink->n_kept++] = copy;
	return 0;
}

int sink_plan_name(struct sink *sink, char **ret, char *error, size_t size)
{
	const struct sink_config *config = &sink->config;

	sink->names.timed = config->max_seconds && strchr(config->path, '%');
	if (sink->names.timed && memchr(config->path, '%', sink->place.prefix))
		return refuse(error, size, -EINVAL,
			      "-w %s: the folder's name cannot hold conversions, only the "
			      "file's",
			      config->path);
	sink->names.width = config->max_files
				    ? (unsigned)snprintf(NULL, 0, "%u", config->max_files - 1)
				    : FILE_NAMES_WIDTH;
	sink->number = is_numbered(sink) ? 0 : FILE_NAMES_NO_NUMBER;
	return make_name(sink, 0, sink->number, ret, error, size);
}

int sink_first_name(struct sink *sink, char **ret, char *error, size_t size)
{
	const struct sink_config *config = &sink->config;
	_cleanup_free_ char *name = NULL;
	int r = sink_plan_name(sink, &name, error, size);

	if (!r && is_numbered(sink) && !sink->names.timed)
		r = check_ring(sink, error, size);
	if (r < 0)
		return r;
	if (config->max_files && sink->rotates)
		sink->kept = calloc(config->max_files, sizeof(*sink->kept));
	if ((config->max_files && sink->rotates && !sink->kept) || keep_name(sink, name) < 0)
		return refuse(error, size, -ENOMEM, "out of memory");
	sink->opened = clock_nano(CLOCK_BOOTTIME);
	*ret = TAKE_PTR(name);
	return 0;
}

uint64_t sink_due_at(const struct sink *sink)
{
	if (!sink->rotates || !sink->config.max_seconds)
		return UINT64_MAX;
	return sink->opened + (uint64_t)sink->config.max_seconds * 1000000000u;
}

/* The oldest of a ring makes room for the next. */
static void drop_oldest(struct sink *sink)
{
	struct deletion_file oldest = {.index = sink->index + 1 - sink->n_kept};

	if (!sink->kept || sink->n_kept < sink->config.max_files)
		return;
	/* one that has been moved away, by --post-rotate perhaps, is not deleted */
	memcpy(oldest.stream, sink->stream_id, sizeof(oldest.stream));
	(void)deletions_delete(&sink->deletions, sink->place.fd,
			       output_folder_name(&sink->place, sink->kept[0]), &oldest,
			       sink->stream_id);
	free(sink->kept[0]);
	sink->n_kept--;
	memmove(sink->kept, sink->kept + 1, sink->n_kept * sizeof(*sink->kept));
}

/* Takes the name if nobody has it; with --force, of a file in any case. */
static int try_name(struct sink *sink, const char *path, char *error, size_t size)
{
	const char *name = output_folder_name(&sink->place, path);
	struct stat st;

	if (sink->config.force && !fstatat(sink->place.fd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISREG(st.st_mode) && unlinkat(sink->place.fd, name, 0) < 0)
		return sink_refuse_open(path, -errno, error, size);
	return sink_make_file(sink, path, &sink->next.fd, error, size);
}

static int open_next(struct sink *sink, char *error, size_t size)
{
	uint32_t number =
		is_numbered(sink) ? next_number(sink, sink->number) : FILE_NAMES_NO_NUMBER;
	int r = -EEXIST;

	drop_oldest(sink);
	for (unsigned i = 0; i < TRIES_MAX && (r == -EEXIST || r == -EBUSY); i++) {
		_cleanup_free_ char *name = NULL;

		r = make_name(sink, sink->index + 1, number, &name, error, size);
		if (!r)
			r = try_name(sink, name, error, size);
		if (!r) {
			sink->next.name = TAKE_PTR(name);
			sink->next.number = number;
			return 0;
		}
		number = next_number(sink, number);
	}
	return r;
}

/* Opens the present name for open_again(). */
static int open_moved(struct sink *sink, char *error, size_t size)
{
	struct stat now;
	int r = sink_open_file(sink, sink->name, false, &sink->next.fd, &now, error, size);

	if (!r && !S_ISREG(now.st_mode))
		r = refuse(error, size, -EINVAL, "%s is not a file", sink->name);
	if (!r && now.st_size)
		r = sink_check_append(sink, sink->name, &now, -1, error, size);
	if (r < 0) {
		util_closep(&sink->next.fd);
		sink->next.fd = -1;
	}
	sink->next.start = r < 0 ? 0 : (uint64_t)now.st_size;
	return r;
}

static bool is_present(const struct sink *sink, const struct stat *file)
{
	struct stat now;

	return !fstatat(sink->place.fd, output_folder_name(&sink->place, sink->name), &now,
			AT_SYMLINK_NOFOLLOW) &&
	       now.st_ino == file->st_ino && now.st_dev == file->st_dev;
}

/* The same name once more: another file, if the old one was moved away. */
static int open_again(struct sink *sink, char *error, size_t size)
{
	struct stat old;
	int r = 0;

	sink->next = (struct sink_next){.fd = -1, .number = sink->number};
	if (fstat(sink->fd, &old) < 0)
		return sink_refuse_open(sink->name, -errno, error, size);
	if (!is_present(sink, &old))
		r = open_moved(sink, error, size);
	if (r < 0)
		return r;
	sink->next.name = strdup(sink->name);
	if (!sink->next.name) {
		sink_discard(sink);
		return refuse(error, size, -ENOMEM, "out of memory");
	}
	return 0;
}

int sink_prepare(struct sink *sink, bool reopen, char *error, size_t size)
{
	if (!sink->regular || !strcmp(sink->config.path, "-"))
		return -ENOTSUP;
	if (reopen && !sink->rotates)
		return open_again(sink, error, size);
	return open_next(sink, error, size);
}

static void start_command(struct sink *sink, const char *name)
{
	int r;

	if (!sink->config.post_rotate)
		return;
	r = commands_start(&sink->commands, output_folder_name(&sink->place, name));
	if (r < 0)
		sink->command_error = r;
}

/* The writer begins anew, also where the seek table found no room. */
static int begin_recording(struct sink *sink)
{
	size_t size;
	int r = 0;

	if (sink->writer) {
		r = recording_writer_close(sink->writer);
		(void)recording_writer_output(sink->writer, &size);
		recording_writer_wrote(sink->writer, size);
	}
	sink_commit(sink);
	return r;
}

int sink_switch(struct sink *sink)
{
	struct sink_next *next = &sink->next;
	int r = 0;

	if (next->fd >= 0) {
		if (sink->fd >= 0) {
			r = syncing_start(&sink->syncing, sink->fd, sink->place.fd);
			start_command(sink, sink->name);
		}
		sink->fd = TAKE_FD(next->fd);
		sink->start = next->start;
		sink->written = sink->checked = 0;
	}
	free(sink->name);
	sink->name = TAKE_PTR(next->name);
	sink->number = next->number;
	*next = (struct sink_next){.fd = -1};
	sink->index++;
	sink->opened = clock_nano(CLOCK_BOOTTIME);
	if (sink->rotates && !sink->names.folder && keep_name(sink, sink->name) < 0)
		r = -ENOMEM;
	return begin_recording(sink) < 0 ? -ENOMEM : r;
}

bool sink_was_cut(struct sink *sink)
{
	struct stat st;

	if (!sink->regular || sink->fd < 0 || fstat(sink->fd, &st) < 0)
		return false;
	if ((uint64_t)st.st_size < sink->start + sink->written)
		return true;
	sink->checked = sink->written;
	return false;
}

/* What was written since the latest look may have gone behind the cut: the rest of a recording
 * whose beginning is elsewhere. What is more than that, somebody has left there, or put. */
static int clear_next(struct sink *sink, uint64_t *ret_size)
{
	struct stat st;

	if (fstat(sink->fd, &st) < 0)
		return -errno;
	*ret_size = (uint64_t)st.st_size;
	if (!*ret_size || !sink->owned || *ret_size > sink->written - sink->checked)
		return 0;
	*ret_size = 0;
	return ftruncate(sink->fd, 0) < 0 ? -errno : 0;
}

int sink_begin_anew(struct sink *sink)
{
	uint64_t start;
	int r = clear_next(sink, &start);

	if (r < 0)
		return r;
	/* stdout need not be open for appending */
	if (lseek(sink->fd, (off_t)start, SEEK_SET) < 0)
		return -errno;
	sink->start = start;
	sink->written = sink->checked = 0;
	sink->batch = 0;
	sink->index++;
	return begin_recording(sink);
}

void sink_finished(struct sink *sink)
{
	if (sink->regular && sink->owned)
		start_command(sink, sink->name);
}

static void describe_error(int error, const char *command, char *said, size_t size)
{
	const char *end = "; further failures are not told";

	if (error < 0)
		(void)snprintf(said, size, "--post-rotate %s: not run: %s%s", command,
			       strerror(-error), end);
	else if (WIFEXITED(error))
		(void)snprintf(said, size, "--post-rotate %s: exits with %d%s", command,
			       WEXITSTATUS(error), end);
	else
		(void)snprintf(said, size, "--post-rotate %s: killed by signal %d%s", command,
			       WTERMSIG(error), end);
}

bool sink_reap(struct sink *sink, char *said, size_t size)
{
	int status;

	while (!commands_reap(&sink->commands, &status))
		if (status)
			sink->command_error = status;
	if (!sink->command_error || sink->command_told)
		return false;
	sink->command_told = true;
	describe_error(sink->command_error, sink->config.post_rotate, said, size);
	return true;
}
