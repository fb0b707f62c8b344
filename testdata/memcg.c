/* SPDX-License-Identifier: Apache-2.0 */
#include "testdata/memcg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/util.h"

#define REMOVE_TRIES 3000 /* of 10 ms: others may still be in it, on a machine that is busy */

struct hierarchy {
	int version;
	char root[MEMCG_PATH];   /* what of the hierarchy is mounted, without a final slash */
	char folder[MEMCG_PATH]; /* where */
};

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || strchr(" ,\n", p[-1])) && (!p[n] || strchr(" ,\n", p[n])))
			return true;
	return false;
}

static bool file_has_word(const char *folder, const char *name, const char *word)
{
	char path[MEMCG_PATH + 64], text[512];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read_full(fd, text, sizeof(text) - 1);
	if (n < 0)
		return false;
	text[n] = 0;
	return has_word(text, word);
}

static int write_file(const char *folder, const char *name, const char *text)
{
	char path[MEMCG_PATH + 64];
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write_all(fd, text, strlen(text));
}

/* A line of /proc/self/mountinfo: id parent dev root folder options [tags] - type source more */
static bool parse_mount(char *line, struct hierarchy *ret)
{
	char root[MEMCG_PATH], folder[MEMCG_PATH], type[32], more[512];
	char *rest = strstr(line, " - ");

	if (!rest || sscanf(line, "%*s %*s %*s %1023s %1023s", root, folder) != 2 ||
	    sscanf(rest, " - %31s %*s %511s", type, more) != 2)
		return false;
	if (!strcmp(type, "cgroup") && has_word(more, "memory"))
		ret->version = 1;
	else if (!strcmp(type, "cgroup2") && file_has_word(folder, "cgroup.controllers", "memory"))
		ret->version = 2;
	else
		return false;
	(void)snprintf(ret->root, sizeof(ret->root), "%s", strcmp(root, "/") ? root : "");
	(void)snprintf(ret->folder, sizeof(ret->folder), "%s", folder);
	return true;
}

static int find_hierarchy(struct hierarchy *ret)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (parse_mount(line, ret))
			return 0;
	return -ENODEV;
}

/* One level: @memcg becomes its own child @name. */
static int descend(struct memcg *memcg, const char *name, size_t size, bool last)
{
	size_t path = strlen(memcg->path), folder = strlen(memcg->folder);

	if (path + size + 2 > sizeof(memcg->path) || folder + size + 2 > sizeof(memcg->folder))
		return -ENAMETOOLONG;
	if (memcg->version == 2) {
		int r = write_file(memcg->folder, "cgroup.subtree_control", "+memory");

		if (r)
			return r;
	}
	(void)sprintf(memcg->path + path, "/%.*s", (int)size, name);
	(void)sprintf(memcg->folder + folder, "/%.*s", (int)size, name);
	if (!mkdir(memcg->folder, 0755))
		memcg->made++;
	else if (errno != EEXIST || last)
		return -errno;
	return 0;
}

static int descend_all(struct memcg *memcg, const char *name)
{
	while (*name) {
		size_t size = strcspn(name, "/");
		bool last = !name[size];
		int r = size ? descend(memcg, name, size, last) : 0;

		if (r) {
			(void)memcg_remove(memcg);
			return r;
		}
		name += size + !last;
	}
	return memcg->made ? 0 : -EINVAL;
}

int memcg_make(struct memcg *ret, const char *name)
{
	struct hierarchy hierarchy;
	struct memcg memcg = {0};
	int r = find_hierarchy(&hierarchy);

	if (r)
		return r;
	memcg.version = hierarchy.version;
	(void)strcpy(memcg.path, hierarchy.root);
	(void)strcpy(memcg.folder, hierarchy.folder);
	r = descend_all(&memcg, name);
	if (!r)
		*ret = memcg;
	return r;
}

int memcg_make_child(struct memcg *ret, const struct memcg *parent, const char *name)
{
	struct memcg memcg = *parent;
	int r;

	memcg.made = 0;
	/* Until 5.11 a limit held for the children only on demand. */
	if (parent->version == 1)
		(void)write_file(parent->folder, "memory.use_hierarchy", "1");
	r = descend_all(&memcg, name);
	if (!r)
		*ret = memcg;
	return r;
}

int memcg_set_limit(const struct memcg *memcg, uint64_t bytes)
{
	bool v1 = memcg->version == 1;
	char text[32];
	int r;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	r = write_file(memcg->folder, v1 ? "memory.limit_in_bytes" : "memory.max", text);
	if (r)
		return r;
	/* The swap files are there only where the kernel counts swap. */
	r = v1 ? write_file(memcg->folder, "memory.memsw.limit_in_bytes", text)
	       : write_file(memcg->folder, "memory.swap.max", "0");
	return r == -ENOENT ? 0 : r;
}

int memcg_set_oom_group(const struct memcg *memcg)
{
	return write_file(memcg->folder, "memory.oom.group", "1");
}

int memcg_usage(const struct memcg *memcg, uint64_t *ret)
{
	char path[MEMCG_PATH + 64];
	_cleanup_fclose_ FILE *f = NULL;
	unsigned long long usage;

	(void)snprintf(path, sizeof(path), "%s/%s", memcg->folder,
		       memcg->version == 1 ? "memory.usage_in_bytes" : "memory.current");
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (fscanf(f, "%llu", &usage) != 1)
		return -EIO;
	*ret = usage;
	return 0;
}

int memcg_enter(const struct memcg *memcg)
{
	return write_file(memcg->folder, "cgroup.procs", "0");
}

static int remove_level(const char *folder)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (!rmdir(folder))
			return 0;
		if (errno != EBUSY)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

int memcg_remove(struct memcg *memcg)
{
	for (; memcg->made; memcg->made--) {
		int r = remove_level(memcg->folder);

		if (r)
			return r;
		*strrchr(memcg->folder, '/') = 0;
		*strrchr(memcg->path, '/') = 0;
	}
	return 0;
}

int memcg_own_path(char *ret, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/cgroup", "re");
	struct hierarchy hierarchy;
	char line[MEMCG_PATH + 256];
	int r = find_hierarchy(&hierarchy);

	if (r)
		return r;
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = 0;
		path[strcspn(path, "\n")] = 0;
		if (hierarchy.version == 1 ? has_word(list + 1, "memory") : !list[1]) {
			(void)snprintf(ret, size, "%s", path);
			return 0;
		}
	}
	return -ENODATA;
}
