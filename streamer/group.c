/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <grp.h>
#include <limits.h>

#include "group.h"
#include "util.h"

int group_join(const char *name, gid_t *ret)
{
	_cleanup_free_ gid_t *groups = NULL;
	char buf[16384];
	struct group group, *found = NULL;
	int n;

	if (getgrnam_r(name, &group, buf, sizeof(buf), &found) || !found)
		return -ENOENT;
	*ret = found->gr_gid;
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
