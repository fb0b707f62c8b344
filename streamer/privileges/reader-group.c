/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <string.h>

#include "proto/base/util.h"
#include "streamer/privileges/reader-group.h"

#define GROUPS "/etc/group"

/* The machine's own groups alone: a name service would stay in memory with all its libraries, a
 * megabyte of them, for as long as we run. */
int reader_group_find(const char *name, gid_t *ret)
{
	_cleanup_fclose_ FILE *f = fopen(GROUPS, "re");
	struct group group, *found;
	char buf[16384];

	while (f && !fgetgrent_r(f, &group, buf, sizeof(buf), &found)) {
		if (strcmp(found->gr_name, name) != 0)
			continue;
		*ret = found->gr_gid;
		return 0;
	}
	return -ENOENT;
}

int reader_group_join(const char *name, gid_t *ret)
{
	_cleanup_free_ gid_t *groups = NULL;
	int n;

	if (reader_group_find(name, ret))
		return -ENOENT;
	n = getgroups(0, NULL);
	groups = n < 0 || n >= NGROUPS_MAX ? NULL : calloc((size_t)n + 1, sizeof(*groups));
	if (!groups || getgroups(n, groups) != n)
		return 0;
	for (int i = 0; i < n; i++)
		if (groups[i] == *ret)
			return 0;
	groups[n] = *ret;
	/* who may not do this may not give files away either: they stay as they are */
	(void)setgroups((size_t)n + 1, groups);
	return 0;
}
