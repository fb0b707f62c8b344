/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/privileges/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/util.h"

/* include/uapi/linux/landlock.h, of which older headers have a part, or nothing. The numbers of the
 * calls are the same on all architectures. */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define CREATE_VERSION (1u << 0)
#define RULE_PATH_BENEATH 1

#define WRITE_FILE (1ull << 1)
#define READ_FILE (1ull << 2)
#define READ_DIR (1ull << 3)
#define REMOVE_FILE (1ull << 5)
#define MAKE_REG (1ull << 8)
#define TRUNCATE (1ull << 14)

/* struct landlock_ruleset_attr. */
struct ruleset {
	uint64_t fs;
	uint64_t net;   /* binding and connecting TCP sockets */
	uint64_t scope; /* abstract sockets, signals */
};

/* All bits an interface's version knows. */
static const struct ruleset versions[] = {
	{(1ull << 13) - 1, 0, 0}, /* 1: 5.13 */
	{(1ull << 14) - 1, 0, 0}, /* 2: 5.19, REFER: files can be moved between folders */
	{(1ull << 15) - 1, 0, 0}, /* 3: 6.2, TRUNCATE */
	{(1ull << 15) - 1, 3, 0}, /* 4: 6.7 */
	{(1ull << 16) - 1, 3, 0}, /* 5: 6.10, IOCTL_DEV */
	{(1ull << 16) - 1, 3, 3}, /* 6: 6.12 */
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static size_t size_of(int version)
{
	return version >= 6 ? sizeof(struct ruleset) : (version >= 4 ? 2 : 1) * sizeof(uint64_t);
}

static int add_folder(int ruleset, const struct landlock_folder *folder, uint64_t known)
{
	static const uint64_t uses[] = {
		[LANDLOCK_LISTS] = READ_DIR,
		[LANDLOCK_READS] = READ_DIR | READ_FILE,
		[LANDLOCK_WRITES] =
			READ_DIR | READ_FILE | WRITE_FILE | REMOVE_FILE | MAKE_REG | TRUNCATE,
	};
	const struct path_beneath rule = {.allowed = uses[folder->use] & known, .fd = folder->fd};

	if (folder->fd < 0)
		return 0;
	return syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

int landlock_restrict(const struct landlock_folder *folders, unsigned n)
{
	_cleanup_close_ int fd = -1;
	const struct ruleset *all;
	int version = (int)syscall(CREATE_RULESET, NULL, 0, CREATE_VERSION), r = 0;
	unsigned known;

	if (version <= 0)
		return version ? -errno : -EOPNOTSUPP;
	known = version < (int)ARRAY_SIZE(versions) ? (unsigned)version : ARRAY_SIZE(versions);
	all = &versions[known - 1];
	fd = (int)syscall(CREATE_RULESET, all, size_of((int)known), 0);
	if (fd < 0)
		return -errno;
	for (unsigned i = 0; i < n && !r; i++)
		r = add_folder(fd, &folders[i], all->fs);
	if (!r && syscall(RESTRICT_SELF, fd, 0))
		r = -errno;
	return r < 0 ? r : version;
}
