/* SPDX-License-Identifier: Apache-2.0 */
/* Names of namespaces, pods and containers hold no "_", so it separates them for sure. A
 * container's name may hold "-", but the id behind the last one has none. */
#include "kubelet.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util.h"

/* A kubelet runs some hundred pods at most; a folder that has more is not the kubelet's. */
#define ENTRIES_MAX 16384

static void closedirp(DIR **dir)
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
static const char *split(const char *s, const char *end, char *first, char *second)
{
	const char *a = memchr(s, '_', (size_t)(end - s));
	const char *b = a ? memchr(a + 1, '_', (size_t)(end - a - 1)) : NULL;

	if (!b || !set_name(first, s, (size_t)(a - s)) ||
	    !set_name(second, a + 1, (size_t)(b - a - 1)))
		return NULL;
	return b + 1;
}

/* @name: "<pod>_<namespace>_<container>-<id>.log" */
static bool read_container(const char *name, const char *id, struct kubelet_names *ret)
{
	size_t size = strlen(name), id_size = strlen(id);
	struct kubelet_names names = {};
	const char *end, *rest;

	if (!ends_with(name, size, ".log", 4) || !ends_with(name, size - 4, id, id_size))
		return false;
	size -= 4 + id_size;
	if (!size || name[size - 1] != '-')
		return false;
	end = name + size - 1;
	rest = split(name, end, names.pod_name, names.namespace_name);
	if (!rest || !set_name(names.container_name, rest, (size_t)(end - rest)))
		return false;
	*ret = names;
	return true;
}

/* @name: "<namespace>_<pod>_<uid>" */
static bool read_pod(const char *name, const char *uid, struct kubelet_names *ret)
{
	struct kubelet_names names = {};
	const char *rest = split(name, name + strlen(name), names.namespace_name, names.pod_name);

	if (!rest || strcmp(rest, uid))
		return false;
	*ret = names;
	return true;
}

static bool scan(const char *path, bool (*read)(const char *, const char *, struct kubelet_names *),
		 const char *key, struct kubelet_names *ret)
{
	_cleanup_(closedirp) DIR *dir = NULL;

	if (!path || !*key)
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		const struct dirent *entry = readdir(dir);

		if (!entry)
			return false;
		if (read(entry->d_name, key, ret))
			return true;
	}
	return false;
}

void kubelet_find(const struct kubelet *kubelet, const char *id, const char *pod_uid,
		  struct kubelet_names *ret)
{
	*ret = (struct kubelet_names){};
	if (!scan(kubelet->containers_dir, read_container, id, ret))
		(void)scan(kubelet->pods_dir, read_pod, pod_uid, ret);
}
