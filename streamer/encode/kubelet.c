/* SPDX-License-Identifier: Apache-2.0 */
/* Names of namespaces, pods and containers hold no "_", so it separates them for sure. A
 * container's name may hold "-", but the id behind the last one has none. The kubelet cuts what it
 * calls a link to 251 bytes, before ".log" (legacyLogSymlink): then the end of the id is missing,
 * or more, and it is the link's target that has the container's name whole. */
#include "streamer/encode/kubelet.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/util.h"

#define LINK_STEM 251
#define ID_DIGITS_MIN 8 /* of an id whose end is missing: fewer may be another's */

/* A kubelet runs some hundred pods at most; a folder that has more is not the kubelet's. */
#define ENTRIES_MAX 16384

static void close_dirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static bool ends_with(const char *s, size_t size, const char *end, size_t end_size)
{
	return size >= end_size && !memcmp(s + size - end_size, end, end_size);
}

/* Names are ASCII by Kubernetes' rules; anything else is not the kubelet's. */
static bool set_name(char *to, const char *from, size_t size)
{
	if (!size || size >= KUBELET_NAME_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if (from[i] <= ' ' || from[i] > '~')
			return false;
	memcpy(to, from, size);
	to[size] = 0;
	return true;
}

/* "<first>_<second>_<rest>". Returns rest, or NULL. */
static const char *split_name(const char *s, const char *end, char *first, char *second)
{
	const char *a = memchr(s, '_', (size_t)(end - s));
	const char *b = a ? memchr(a + 1, '_', (size_t)(end - a - 1)) : NULL;

	if (!b || !set_name(first, s, (size_t)(a - s)) ||
	    !set_name(second, a + 1, (size_t)(b - a - 1)))
		return NULL;
	return b + 1;
}

struct search {
	int dir;
	const char *id, *pod_uid;
	struct kubelet_names *ret;
};

/* @name: "<pod>_<namespace>_<container>-<id>.log" */
static bool read_whole(const struct search *search, const char *name)
{
	size_t size = strlen(name), id_size = strlen(search->id);
	struct kubelet_names names = {};
	const char *end, *rest;

	if (!ends_with(name, size, ".log", 4) || !ends_with(name, size - 4, search->id, id_size))
		return false;
	size -= 4 + id_size;
	if (!size || name[size - 1] != '-')
		return false;
	end = name + size - 1;
	rest = split_name(name, end, names.pod_name, names.namespace_name);
	if (!rest || !set_name(names.container_name, rest, (size_t)(end - rest)))
		return false;
	*search->ret = names;
	return true;
}

/* What is behind the last "/" of @path, whose end this moves there. NULL: none. */
static const char *take_last(const char *path, const char **end)
{
	const char *slash = memrchr(path, '/', (size_t)(*end - path));

	if (!slash)
		return NULL;
	*end = slash;
	return slash + 1;
}

/* @target: ".../<namespace>_<pod>_<uid>/<container>/<number>.log", of this pod. */
static bool read_target(const char *target, size_t size, const char *pod_uid,
			struct kubelet_names *ret)
{
	const char *end = target + size, *folder_end, *container, *folder, *uid;

	if (!take_last(target, &end))
		return false;
	folder_end = end;
	container = take_last(target, &folder_end);
	if (!container || !set_name(ret->container_name, container, (size_t)(end - container)))
		return false;
	end = folder_end;
	folder = take_last(target, &end);
	uid = folder ? split_name(folder, folder_end, ret->namespace_name, ret->pod_name) : NULL;
	return uid && (size_t)(folder_end - uid) == strlen(pod_uid) &&
	       !memcmp(uid, pod_uid, strlen(pod_uid));
}

/* The same name, cut: what the link would be called for this container is what it is called. */
static bool read_cut(const struct search *search, const char *name)
{
	char target[4096], whole[4 * KUBELET_NAME_SIZE];
	struct kubelet_names names = {};
	ssize_t size;
	int n;

	if (strlen(name) != LINK_STEM + 4 || strcmp(name + LINK_STEM, ".log") != 0)
		return false;
	size = readlinkat(search->dir, name, target, sizeof(target));
	if (size <= 0 || size == sizeof(target) ||
	    !read_target(target, (size_t)size, search->pod_uid, &names))
		return false;
	n = snprintf(whole, sizeof(whole), "%s_%s_%s-%s", names.pod_name, names.namespace_name,
		     names.container_name, search->id);
	if (n < LINK_STEM || (size_t)n >= sizeof(whole) || memcmp(whole, name, LINK_STEM) != 0 ||
	    (size_t)n - strlen(search->id) + ID_DIGITS_MIN > LINK_STEM)
		return false;
	*search->ret = names;
	return true;
}

static bool read_container(const struct search *search, const char *name)
{
	return read_whole(search, name) || (*search->pod_uid && read_cut(search, name));
}

/* @name: "<namespace>_<pod>_<uid>" */
static bool read_pod(const struct search *search, const char *name)
{
	struct kubelet_names names = {};
	const char *rest =
		split_name(name, name + strlen(name), names.namespace_name, names.pod_name);

	if (!rest || strcmp(rest, search->pod_uid) != 0)
		return false;
	*search->ret = names;
	return true;
}

static int hold_folder(const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd < 0 ? 0 : fd;
}

void kubelet_hold(struct kubelet *kubelet)
{
	kubelet->pods_fd = hold_folder(kubelet->pods_dir);
	kubelet->containers_fd = hold_folder(kubelet->containers_dir);
}

void kubelet_release(struct kubelet *kubelet)
{
	if (kubelet->pods_fd)
		(void)close(kubelet->pods_fd);
	if (kubelet->containers_fd)
		(void)close(kubelet->containers_fd);
	kubelet->pods_fd = kubelet->containers_fd = 0;
}

/* The one that is held, unless it was removed meanwhile. */
static DIR *open_listing(const char *path, int held)
{
	struct stat st;
	int fd = held && !fstat(held, &st) && st.st_nlink ? fcntl(held, F_DUPFD_CLOEXEC, 0) : -1;
	DIR *dir = fd < 0 ? opendir(path) : fdopendir(fd);

	if (fd >= 0 && dir)
		rewinddir(dir); /* where it was read to is the same for both */
	else if (fd >= 0)
		(void)close(fd);
	return dir;
}

static bool scan_folder(const char *path, int held,
			bool (*read)(const struct search *, const char *), struct search *search,
			const char *key)
{
	_cleanup_(close_dirp) DIR *dir = NULL;

	if (!path || !*key)
		return false;
	dir = open_listing(path, held);
	if (!dir)
		return false;
	search->dir = dirfd(dir);
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		const struct dirent *entry = readdir(dir);

		if (!entry)
			return false;
		if (read(search, entry->d_name))
			return true;
	}
	return false;
}

void kubelet_find(const struct kubelet *kubelet, const char *id, const char *pod_uid,
		  struct kubelet_names *ret)
{
	struct search search = {.id = id, .pod_uid = pod_uid, .ret = ret};

	*ret = (struct kubelet_names){};
	if (!scan_folder(kubelet->containers_dir, kubelet->containers_fd, read_container, &search,
			 id))
		(void)scan_folder(kubelet->pods_dir, kubelet->pods_fd, read_pod, &search, pod_uid);
}
