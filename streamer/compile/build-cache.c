/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/compile/build-cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "proto/base/util.h"

#define PART_MAX (16u << 20)
#define SUFFIX ".bpf"
#define KEY_DIGITS 16

/* The file: this, then the parts. Written and read on one machine only. */
struct head {
	char magic[8];
	uint64_t key;
	uint64_t hash; /* of the parts */
	uint64_t sizes[2];
};

static const char magic[8] = {'R', 'S', 'B', 'U', 'I', 'L', 'D', '1'};

int build_cache_name(char ret[BUILD_CACHE_NAME_MAX], const char *release, uint64_t key)
{
	int n = snprintf(ret, BUILD_CACHE_NAME_MAX, "%s-%016" PRIx64 SUFFIX, release, key);

	return n < 0 || (size_t)n >= BUILD_CACHE_NAME_MAX || release[0] == '.' || !release[0] ||
			       strchr(release, '/')
		       ? -EINVAL
		       : 0;
}

/* Ours, and nobody else may write it. */
static int check_owner(int fd, mode_t type, struct stat *st)
{
	if (fstat(fd, st))
		return -errno;
	if ((st->st_mode & S_IFMT) != type || st->st_uid != geteuid() || st->st_mode & 022)
		return -EPERM;
	return 0;
}

static int open_folder(const char *folder)
{
	_cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	r = check_owner(fd, S_IFDIR, &st);
	return r ? r : TAKE_FD(fd);
}

static int read_parts(int fd, const struct stat *st, uint64_t key, void **ret_data,
		      size_t ret_sizes[2])
{
	_cleanup_free_ void *data = NULL;
	struct head head;
	size_t size;

	if (read_full(fd, &head, sizeof(head)) != sizeof(head) ||
	    memcmp(head.magic, magic, sizeof(magic)) != 0 || head.key != key ||
	    head.sizes[0] > PART_MAX || head.sizes[1] > PART_MAX)
		return -EBADMSG;
	size = head.sizes[0] + head.sizes[1];
	if ((uint64_t)st->st_size != sizeof(head) + size)
		return -EBADMSG;
	data = malloc(size ? size : 1);
	if (!data)
		return -ENOMEM;
	if (read_full(fd, data, size) != (ssize_t)size || XXH64(data, size, key) != head.hash)
		return -EBADMSG;
	ret_sizes[0] = head.sizes[0];
	ret_sizes[1] = head.sizes[1];
	*ret_data = TAKE_PTR(data);
	return 0;
}

int build_cache_load(const char *folder, const char *release, uint64_t key, void **ret_data,
		     size_t ret_sizes[2])
{
	_cleanup_close_ int dir = -1, fd = -1;
	char name[BUILD_CACHE_NAME_MAX];
	struct stat st;
	int r = build_cache_name(name, release, key);

	if (r)
		return r;
	dir = open_folder(folder);
	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = check_owner(fd, S_IFREG, &st);
	return r ? r : read_parts(fd, &st, key, ret_data, ret_sizes);
}

/* Whether @name is one that build_cache_name() makes for @release, or was once a temporary one. */
static bool is_of(const char *name, const char *release)
{
	size_t length = strlen(release);

	return !strncmp(name, release, length) && name[length] == '-' &&
	       strspn(name + length + 1, "0123456789abcdef") == KEY_DIGITS &&
	       !strncmp(name + length + 1 + KEY_DIGITS, SUFFIX, strlen(SUFFIX));
}

static void forget_others(int dir, const char *release, const char *name)
{
	_cleanup_close_ int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (!list)
		return;
	(void)TAKE_FD(again);
	while ((entry = readdir(list)))
		if (is_of(entry->d_name, release) && strcmp(entry->d_name, name) != 0)
			(void)unlinkat(dir, entry->d_name, 0);
	(void)closedir(list);
}

static int write_parts(int dir, const char *name, uint64_t key, const void *const parts[2],
		       const size_t sizes[2])
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	_cleanup_free_ uint8_t *data = malloc(sizes[0] + sizes[1] + 1);
	struct head head = {.key = key, .sizes = {sizes[0], sizes[1]}};
	int r;

	if (fd < 0)
		return -errno;
	if (!data)
		return -ENOMEM;
	memcpy(data, parts[0], sizes[0]);
	memcpy(data + sizes[0], parts[1], sizes[1]);
	memcpy(head.magic, magic, sizeof(magic));
	head.hash = XXH64(data, sizes[0] + sizes[1], key);
	r = write_all(fd, &head, sizeof(head));
	return r ? r : write_all(fd, data, sizes[0] + sizes[1]);
}

/* No fsync: what a crash leaves behind is damaged at worst, and is not believed. */
int build_cache_store(const char *folder, const char *release, uint64_t key,
		      const void *const parts[2], const size_t sizes[2])
{
	char name[BUILD_CACHE_NAME_MAX], temporary[BUILD_CACHE_NAME_MAX + 16];
	_cleanup_close_ int dir = -1;
	int r = build_cache_name(name, release, key);

	if (r)
		return r;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	dir = open_folder(folder);
	if (dir < 0)
		return dir;
	forget_others(dir, release, name);
	(void)snprintf(temporary, sizeof(temporary), "%s.%d", name, (int)getpid());
	r = write_parts(dir, temporary, key, parts, sizes);
	if (!r && renameat(dir, temporary, dir, name))
		r = -errno;
	if (r)
		(void)unlinkat(dir, temporary, 0);
	return r;
}
