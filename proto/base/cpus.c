/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/cpus.h"

#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "proto/base/util.h"

/* The CPUs that "200000 100000" is the time of: so many µs in as many. */
static unsigned read_max(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	uint64_t time, of;

	if (!f || fscanf(f, "%" SCNu64 " %" SCNu64, &time, &of) != 2 || !time || !of)
		return UINT_MAX; /* "max 100000" */
	return (unsigned)min_u64((time - 1) / of + 1, UINT_MAX);
}

unsigned cpus_of_cgroup(const char *root, const char *cgroup)
{
	char path[PATH_MAX + 16];
	size_t root_size = strlen(root), size = root_size + strlen(cgroup);
	unsigned least = UINT_MAX, here;

	if (size >= PATH_MAX)
		return UINT_MAX;
	memcpy(path, root, root_size);
	memcpy(path + root_size, cgroup, size - root_size);
	for (;; size--) {
		memcpy(path + size, "/cpu.max", sizeof("/cpu.max"));
		here = read_max(path);
		least = here < least ? here : least;
		while (size > root_size && path[size - 1] != '/')
			size--;
		if (size <= root_size)
			return least;
	}
}

static unsigned cpus_of_own_cgroup(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 16];

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			return cpus_of_cgroup("/sys/fs/cgroup", line + 3);
	}
	return UINT_MAX;
}

unsigned cpus_usable(void)
{
	unsigned allowed = 2, paid; /* a machine of more CPUs than cpu_set_t has: two are enough */
	cpu_set_t set;

	if (!sched_getaffinity(0, sizeof(set), &set))
		allowed = (unsigned)CPU_COUNT(&set);
	if (allowed < 2)
		return 1;
	paid = cpus_of_own_cgroup();
	return allowed < paid ? allowed : paid;
}
