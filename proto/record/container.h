/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup's path says about whose it is: a pure function over a table of runtimes.
 *
 * Whoever has cgroups of his own can name what is below them as he likes. So the outermost
 * container is what a cgroup is told to be in, and the outermost unit of the machine's systemd;
 * what is below either stands apart, as nested, or as a unit of a user's manager. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header.identity_version: how container_parse tells. */
#define CONTAINER_IDENTITY_VERSION 2

#define CONTAINER_ID_SIZE 256
#define CONTAINER_POD_UID_SIZE 64
#define CONTAINER_HEX_SIZE 65
#define CONTAINER_NESTED_SIZE 1024

/* An element in the place of those that are missing in the middle of a path. */
#define CONTAINER_GAP "…"

/* Inside the path, not terminated; size 0: none. */
struct container_name {
	const char *p;
	size_t size;
};

struct container {
	char id[CONTAINER_ID_SIZE]; /* "" if it is in no container, machine or batch job */
	const char *runtime;        /* static; NULL: no container, or nobody knows whose */
	char pod_uid[CONTAINER_POD_UID_SIZE]; /* with dashes; "" if it is in no Kubernetes pod */
	char podman_pod_id[CONTAINER_HEX_SIZE];
	char ecs_task_id[CONTAINER_HEX_SIZE];
	/* Units are inside the path, not terminated. Of the machine's own systemd. The scope a
	 * runtime made for its container is not a unit here: the id says it already. A pod's slice
	 * is not a slice: pod_uid says it. */
	struct container_name unit, slice;
	/* Of the manager that unit is, if it is a user's. */
	struct container_name user_unit, user_slice;
	bool has_user_uid;
	uint32_t user_uid;
	/* What is inside the container, or below a gap: "pod:<uid>/containerd:<id>/x.service", the
	 * outermost first; and of each the innermost. */
	char nested[CONTAINER_NESTED_SIZE];
	char nested_id[CONTAINER_ID_SIZE];
	const char *nested_runtime;
	char nested_pod_uid[CONTAINER_POD_UID_SIZE];
	struct container_name nested_unit, nested_slice;
	unsigned depth; /* elements of the path down to that of @id, with it; 0: no @id */
	unsigned level; /* LimitLevel of this very cgroup, not of the container it is in */
};

/* More than the kernel gives (PATH_MAX), each byte of it as U+FFFD. Of a longer path only the ends
 * are looked at, as if a gap were between them: it is nobody's, and would take its time. */
#define CONTAINER_PATH_MAX (3u * 4096)

/* @path is valid UTF-8 and need not be terminated. One that does not begin with "/" lacks its outer
 * end, as if it began with a gap. Any input gives a result. */
void container_parse(struct container *ret, const char *path, size_t size);
