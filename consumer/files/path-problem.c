/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/files/path-problem.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumer/base/text-line.h"
#include "consumer/files/deeper-folders.h"
#include "consumer/filter/filter.h"
#include "proto/base/util.h"

#define READERS "ringside" /* the group that the streamer gives its files to */

/* What keeps @path from being read: itself, or the folder above it that cannot be looked into,
 * whose name comes to @ret then. False: it cannot be found out. */
static bool find_closed(const char *path, char ret[PATH_MAX], struct stat *ret_st)
{
	(void)snprintf(ret, PATH_MAX, "%s", path);
	while (stat(ret, ret_st) < 0) {
		char copy[PATH_MAX];

		if (errno != EACCES || !strcmp(ret, "/") || !strcmp(ret, "."))
			return false;
		(void)snprintf(copy, sizeof(copy), "%s", ret);
		(void)snprintf(ret, PATH_MAX, "%s", dirname(copy));
	}
	return true;
}

static void put_user(struct line *line, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		line_safe(line, user->pw_name, LOGIN_NAME_MAX);
	else
		line_uint(line, uid);
}

static void put_group(struct line *line, const struct group *group, gid_t gid)
{
	if (group)
		line_safe(line, group->gr_name, LOGIN_NAME_MAX);
	else
		line_uint(line, gid);
}

/* He is in it by now, but was not when he logged in. */
static bool is_member(const struct group *group)
{
	const struct passwd *user = getpwuid(getuid());

	for (char **name = group->gr_mem; user && *name; name++)
		if (!strcmp(*name, user->pw_name))
			return true;
	return false;
}

/* "/var/log/ringside belongs to root:adm (mode 0700)" */
static void put_owner(struct line *line, const char *path, const struct stat *st,
		      const struct group *group)
{
	line_safe(line, path, 256);
	line_text(line, " belongs to ");
	put_user(line, st->st_uid);
	line_text(line, ":");
	put_group(line, group, st->st_gid);
	line_text(line, " (mode 0");
	for (int shift = 6; shift >= 0; shift -= 3)
		line_digits(line, st->st_mode >> shift & 7, 1);
	line_text(line, ")");
}

static void put_access(struct line *line, const char *path)
{
	char closed[PATH_MAX];
	const struct group *group;
	struct stat st;
	bool readers;

	if (!find_closed(path, closed, &st)) {
		line_text(line, ": use sudo");
		return;
	}
	group = getgrgid(st.st_gid);
	readers = group && !strcmp(group->gr_name, READERS) && st.st_mode & S_IRGRP;
	line_text(line, ": ");
	if (!readers) {
		put_owner(line, closed, &st, group);
		line_text(line, "; use sudo");
	} else if (is_member(group)) {
		line_text(line, "you are in the group " READERS ", but were not when you logged "
				"in: do so again, or run `newgrp " READERS "`");
	} else {
		line_text(line,
			  "it is for the group " READERS ": join it (`sudo usermod -aG " READERS
			  " $USER`, then log in again), or use sudo");
	}
}

/* "22:00" */
static bool is_time_of_day(const char *path)
{
	return strchr(path, ':') && path[strspn(path, "0123456789:.")] == '\0';
}

static void look_deeper(struct deeper_folders *deeper, const char *path)
{
	deeper_folders_add(deeper, path);
	deeper_folders_look(deeper);
}

const char *path_inner(const char *path, const char *done, char buf[PATH_PROBLEM])
{
	_cleanup_(deeper_folders_done) struct deeper_folders deeper = {.alone = true, .one = true};
	char safe[LINE_FILE];

	look_deeper(&deeper, path);
	if (!deeper.first)
		return NULL;
	(void)snprintf(buf, PATH_PROBLEM,
		       "recordings in the folders in it are not %s: name one of these, as in %s",
		       done, line_file(deeper.first, safe));
	return buf;
}

/* Of a folder that has none in itself, where there are some, or may be. */
static void put_inner(struct line *line, const char *path)
{
	_cleanup_(deeper_folders_done) struct deeper_folders deeper = {.alone = true, .one = true};
	char safe[LINE_FILE];

	look_deeper(&deeper, path);
	if (deeper.first) {
		line_text(line, "; but in folders in it are: name one of these, as in ");
		line_text(line, line_file(deeper.first, safe));
	} else if (deeper.closed) {
		line_text(line, "; whether some are in ");
		line_text(line, line_file(deeper.closed, safe));
		line_text(line, " is not known: ");
		line_text(line, strerror(deeper.closed_errno));
	} else if (deeper.stopped) {
		line_text(line, "; there is so much in it that not all was looked at for some that "
				"lie deeper: name the folder or the files that are meant");
	}
}

const char *path_problem(const char *path, int error, char buf[PATH_PROBLEM])
{
	struct line line = line_make(buf, PATH_PROBLEM);
	char meant[FILTER_MEANT];

	if (error == -ENODATA)
		line_text(&line, "no recordings are in this folder");
	else if (error == -E2BIG)
		line_text(&line, "more than 50,000 recordings are in this folder: name some of its "
				 "files");
	else if (error == -EREMOTEIO)
		line_text(&line, "could not be read to its end");
	else if (error == -ENOPKG)
		line_text(&line, "this ringside was built without NATS (ringside-from-nats is "
				 "missing)");
	else
		line_text(&line, strerror(-error));
	if (error == -ENODATA)
		put_inner(&line, path);
	if (error == -EACCES)
		put_access(&line, path);
	if (error == -ENOENT && is_time_of_day(path)) {
		line_text(&line,
			  ": a time with a blank in it needs quotes around it: \"yesterday ");
		line_safe(&line, path, 32);
		line_text(&line, "\"");
	} else if (error == -ENOENT && filter_option_meant(path, meant)) {
		line_text(&line, ": filters are options: did you mean ");
		line_text(&line, meant);
		line_text(&line, "?");
	} else if (error == -ENOENT)
		line_text(&line, ": name a recording, or a folder of them, as `ringside-streamer "
				 "-w` writes them");
	(void)line_end(&line);
	return buf;
}
