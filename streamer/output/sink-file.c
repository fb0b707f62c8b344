/* SPDX-License-Identifier: Apache-2.0 */
/* One file, and the folder it is in: made or found, checked, locked, and given to whom it belongs.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>

#include "streamer/output/sink-internal.h"

int sink_refuse_open(const char *path, int code, char *error, size_t size)
{
	if (code == -ELOOP)
		return refuse(error, size, code,
			      "%s is a symbolic link, which -w does not follow: name the file",
			      path);
	return refuse(error, size, code, "cannot open %s for writing: %s", path, strerror(-code));
}

int sink_check_append(struct sink *sink, const char *path, const struct stat *st, int mend,
		      char *error, size_t size)
{
	_cleanup_close_ int fd = openat(sink->place.fd, output_folder_name(&sink->place, path),
					O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool compressed = false;
	struct stat now;
	uint64_t whole = 0;
	int r;

	if (fd < 0 || fstat(fd, &now) < 0)
		return refuse(error, size, -errno, "cannot read %s to append to it: %s", path,
			      strerror(errno));
	r = now.st_ino == st->st_ino && now.st_dev == st->st_dev
		    ? sink_check_recording(fd, &whole, &compressed)
		    : -ESTALE;
	if (r == -EBADMSG && mend >= 0 && compressed == !!sink->writer) {
		r = sink_mend(fd, mend, whole, compressed, sink->mended, sizeof(sink->mended));
		if (r)
			sink->mended[0] = '\0';
	}
	if (r == -EINVAL)
		return refuse(error, size, r, "%s is not a recording: --append needs one", path);
	if (r == -EBADMSG && compressed)
		return refuse(error, size, r,
			      "the end of %s is cut off: `ringside repair %s -w OTHER` writes "
			      "it anew, then --append works on that",
			      path, path);
	if (r == -EBADMSG)
		return refuse(error, size, r,
			      "the last record of %s is cut off: `truncate -s %" PRIu64
			      " %s` removes it, then --append works",
			      path, whole, path);
	if (r < 0)
		return refuse(error, size, r, "cannot append to %s: %s", path, strerror(-r));
	if (compressed != !!sink->writer)
		return refuse(error, size, -EINVAL, "%s is %scompressed: --append needs %s", path,
			      compressed ? "" : "not ", compressed ? "-z" : "-z0");
	return 0;
}

static int refuse_found(const char *path, int code, const char *why, char *error, size_t size)
{
	if (!why[0])
		return sink_refuse_open(path, code, error, size);
	return refuse(error, size, code, "%s is not written to: %s; use another name", path, why);
}

/* Two streams in one file would cut each other's records. */
static int lock_file(const char *path, int fd, char *error, size_t size)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return refuse(error, size, -EBUSY, "%s is being written by another process", path);
	return 0;
}

void sink_give(const struct sink *sink, int fd)
{
	const struct user *user = &sink->user;
	/* who is not root any more may give to a group he is in, and to nobody */
	uid_t uid = user->changes && geteuid() != user->uid ? user->uid : (uid_t)-1;

	if (sink->has_group || uid != (uid_t)-1)
		(void)fchown(fd, uid, sink->has_group ? sink->group : user->gid);
}

int sink_make_file(const struct sink *sink, const char *path, int *ret, char *error, size_t size)
{
	_cleanup_close_ int fd = output_folder_make(&sink->place, path);
	int r;

	if (fd == -EEXIST)
		return refuse(error, size, fd, "%s exists", path);
	if (fd < 0)
		return sink_refuse_open(path, fd, error, size);
	sink_give(sink, fd);
	r = lock_file(path, fd, error, size);
	if (!r)
		*ret = TAKE_FD(fd);
	return r;
}

int sink_open_file(const struct sink *sink, const char *path, bool awaits, int *ret,
		   struct stat *ret_st, char *error, size_t size)
{
	int r = sink_make_file(sink, path, ret, error, size);
	_cleanup_close_ int fd = -1;
	char why[128];

	if (r != -EEXIST) {
		*ret_st = (struct stat){.st_mode = S_IFREG};
		return r;
	}
	fd = output_folder_reopen(&sink->place, path, why, sizeof(why));
	if (fd == -ENXIO && awaits)
		fd = output_folder_await_reader(&sink->place, path, why, sizeof(why));
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return refuse_found(path, fd < 0 ? fd : -errno, why, error, size);
	r = S_ISREG(ret_st->st_mode) ? lock_file(path, fd, error, size) : 0;
	if (!r)
		*ret = TAKE_FD(fd);
	return r;
}

int sink_open_place(struct sink *sink, const char *path, char *error, size_t size)
{
	const struct users *users = sink->config.users;
	int r = output_folder_open(&sink->place, path);

	for (unsigned i = 0; users && i < users->n; i++)
		sink->place.trusted[i] = users->found[i].uid;
	if (r < 0)
		return refuse(error, size, r, "cannot open the folder of %s: %s", path,
			      strerror(-r));
	return 0;
}

int sink_choose_user(struct sink *sink, int owner_fd, int make_fd, char *error, size_t size)
{
	const struct users *users = sink->config.users;

	if (users)
		return users_choose(users, owner_fd, make_fd, sink->config.path, &sink->user, error,
				    size);
	sink->user = (struct user){.uid = geteuid(), .gid = getegid()};
	return 0;
}
