/* SPDX-License-Identifier: Apache-2.0 */
/* What there is on this machine: who waits for what is misspelt waits for good. Cgroups tell ids
 * and units; names of pods only the kubelet has, in the folders of their logs. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "consumer/base/arena.h"
#include "consumer/base/text-line.h"
#include "consumer/filter/filter-miss.h"
#include "consumer/read/container-identity.h"
#include "proto/base/util.h"

#define CGROUPS "/sys/fs/cgroup"
#define POD_LOGS "/var/log/pods"
#define DEPTH_MAX 12
#define ENTRIES_MAX 16384 /* of all folders */

struct present {
	const struct filter *filter;
	struct filter_misses *seen;
	struct arena arena;
	unsigned entries;
};

static void close_folder(DIR **folder)
{
	if (*folder)
		(void)closedir(*folder);
}

/* The folder @name in @above; NULL: there is none. */
static DIR *open_folder(int above, const char *name)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !folder)
		(void)close(fd);
	return folder;
}

/* The next folder in it. NULL: there is none, or they are too many. */
static const char *next_folder(struct present *present, DIR *folder)
{
	const struct dirent *entry;

	while (present->entries < ENTRIES_MAX && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
			continue;
		present->entries++;
		return entry->d_name;
	}
	return NULL;
}

static void note_container(struct present *present, const Ringside__V1__Container *container)
{
	const struct filter_view view = {.container = container};

	filter_present_note(present->filter, present->seen, container);
	filter_unmet_note(present->filter, present->seen, &view);
}

static void note_cgroup(struct present *present, char *path)
{
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;

	container.cgroup_path = path;
	arena_reset(&present->arena);
	container_identity_read(&container, &present->arena);
	note_container(present, &container);
}

/* @path: of @folder, from the root of the hierarchy on; "" is that. */
static void note_below(struct present *present, DIR *folder, char path[PATH_MAX], unsigned depth)
{
	const size_t size = strlen(path);
	const char *name;

	while ((name = next_folder(present, folder))) {
		_cleanup_(close_folder) DIR *inner = NULL;

		if (size + 1 + strlen(name) >= PATH_MAX)
			continue;
		path[size] = '/';
		memcpy(path + size + 1, name, strlen(name) + 1);
		note_cgroup(present, path);
		inner = depth < DEPTH_MAX ? open_folder(dirfd(folder), name) : NULL;
		if (inner)
			note_below(present, inner, path, depth + 1);
		path[size] = '\0';
	}
}

/* Of cgroup v1, that of memory has a folder for each container as well. */
static void note_cgroups(struct present *present)
{
	const bool unified = access(CGROUPS "/cgroup.controllers", F_OK) == 0;
	_cleanup_(close_folder) DIR *root =
		open_folder(AT_FDCWD, unified ? CGROUPS : CGROUPS "/memory");
	char path[PATH_MAX] = "";

	if (root)
		note_below(present, root, path, 0);
}

/* "<namespace>_<pod>_<uid>": names have no "_" in them. False: it is not that. */
static bool read_pod(char *name, Ringside__V1__Container *ret)
{
	char *pod = strchr(name, '_'), *uid = pod ? strchr(pod + 1, '_') : NULL;

	if (!uid)
		return false;
	*pod++ = *uid++ = '\0';
	ret->namespace_name = name;
	ret->pod_name = pod;
	ret->pod_uid = uid;
	return true;
}

static void note_pod(struct present *present, DIR *logs, const char *name)
{
	_cleanup_(close_folder) DIR *folder = open_folder(dirfd(logs), name);
	Ringside__V1__Container container = RINGSIDE__V1__CONTAINER__INIT;
	char pod[NAME_MAX + 1], in_it[NAME_MAX + 1];
	const char *inner;

	(void)snprintf(pod, sizeof(pod), "%s", name);
	if (!folder || !read_pod(pod, &container))
		return;
	while ((inner = next_folder(present, folder))) {
		(void)snprintf(in_it, sizeof(in_it), "%s", inner);
		container.container_name = in_it;
		note_container(present, &container);
	}
}

static void note_pods(struct present *present)
{
	_cleanup_(close_folder) DIR *logs = open_folder(AT_FDCWD, POD_LOGS);
	const char *name;

	while (logs && (name = next_folder(present, logs)))
		note_pod(present, logs, name);
}

bool filter_present_sentence(const struct filter *filter, char *buf, size_t size)
{
	_cleanup_(filter_present_free) struct filter_misses *seen = filter_present_new(filter);
	struct present present = {.filter = filter, .seen = seen};
	struct line line = line_make(buf, size);
	bool lacks;

	if (!seen)
		return false;
	arena_init(&present.arena);
	note_pods(&present);
	present.entries = 0;
	note_cgroups(&present);
	arena_done(&present.arena);
	lacks = filter_present_put(filter, seen, &line);
	lacks |= filter_unmet_put_rows(filter, seen, ROW_UNIT, ROW_CGROUP, &line,
				       lacks ? "; " : "of what is running here now, ");
	line_text(&line, " (waiting for it)");
	(void)line_end(&line);
	return lacks;
}
