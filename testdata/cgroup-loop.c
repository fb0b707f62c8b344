/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/cgroup-loop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int leave_for(struct cgroup_loop *loop, const struct memcg *next)
{
	int r = memcg_enter(next);

	if (!r && *loop->folder && rmdir(loop->folder))
		r = -errno;
	return r;
}

int cgroup_loop_next(struct cgroup_loop *loop)
{
	struct memcg next = *loop->parent;
	int r;

	if (snprintf(next.folder, sizeof(next.folder), "%s/%d-%lu", loop->parent->folder,
		     (int)getpid(), loop->made) >= (int)sizeof(next.folder))
		return -ENAMETOOLONG;
	if (mkdir(next.folder, 0755))
		return -errno;
	r = leave_for(loop, &next);
	(void)strcpy(loop->folder, next.folder);
	loop->made++;
	return r;
}

int cgroup_loop_end(struct cgroup_loop *loop)
{
	int r = *loop->folder ? leave_for(loop, loop->parent) : 0;

	*loop->folder = 0;
	return r;
}
