/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: as-user UID CAPABILITY[,CAPABILITY...]|none PROGRAM [ARG...]
 *
 * Runs PROGRAM as an ordinary user who has these capabilities and cannot get others: what a
 * systemd unit with User=, AmbientCapabilities= and CapabilityBoundingSet= does. busybox's setpriv
 * cannot. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/util.h"

static const struct {
	const char *name;
	unsigned cap;
} names[] = {
	{"bpf", CAP_BPF},
	{"perfmon", CAP_PERFMON},
	{"sys_admin", CAP_SYS_ADMIN},
	{"sys_resource", CAP_SYS_RESOURCE},
};

static int die(const char *what)
{
	(void)fprintf(stderr, "as-user: %s: %s\n", what, strerror(errno));
	return 126;
}

/* Returns 0, or -EINVAL for a name that is not in the table. */
static int parse(char *list, uint64_t *ret)
{
	char *save = NULL;

	*ret = 0;
	if (!strcmp(list, "none"))
		return 0;
	for (char *word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		const uint64_t before = *ret;

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (!strcmp(word, names[i].name))
				*ret |= UINT64_C(1) << names[i].cap;
		if (*ret == before)
			return -EINVAL;
	}
	return 0;
}

static int set(uint64_t caps)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint32_t low = (uint32_t)caps, high = (uint32_t)(caps >> 32);
	const struct __user_cap_data_struct data[2] = {
		{.effective = low, .permitted = low, .inheritable = low},
		{.effective = high, .permitted = high, .inheritable = high},
	};

	return (int)syscall(SYS_capset, &header, data);
}

/* The bounding set goes while we may still change it; the uid before the capabilities. */
static int become(uid_t uid, uint64_t caps)
{
	for (unsigned cap = 0; cap < 64; cap++)
		if (!(caps & UINT64_C(1) << cap) && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
	    setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) || setresuid(uid, uid, uid) || set(caps))
		return -1;
	for (unsigned cap = 0; cap < 64; cap++)
		if (caps & UINT64_C(1) << cap &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t caps;
	int uid;

	if (argc < 4 || (uid = atoi(argv[1])) <= 0 || parse(argv[2], &caps)) {
		(void)fputs("Usage: as-user UID CAPABILITY[,CAPABILITY...]|none PROGRAM [ARG...]\n",
			    stderr);
		return 2;
	}
	if (become((uid_t)uid, caps))
		return die(argv[2]);
	execvp(argv[3], argv + 3);
	return die(argv[3]);
}
