/* SPDX-License-Identifier: Apache-2.0 */
/* What a cgroup's path says about whose it is: a pure function over a table of runtimes. */
#pragma once

#include <stddef.h>

#define CONTAINER_ID_SIZE 256
#define CONTAINER_POD_UID_SIZE 64

struct container {
	char id[CONTAINER_ID_SIZE]; /* "" if it is in no container */
	const char *runtime;        /* static; NULL: no container, or nobody knows whose */
	char pod_uid[CONTAINER_POD_UID_SIZE]; /* with dashes; "" if it is in no Kubernetes pod */
	/* Inside the path, not terminated. The scope a runtime made for its container is not a
	 * unit here: the id says it already. A pod's slice is not a slice: pod_uid says it. */
	const char *unit;
	size_t unit_size; /* 0: none */
	const char *slice;
	size_t slice_size; /* 0: none */
	unsigned level;    /* LimitLevel of this very cgroup, not of the container it is in */
};

/* @path is valid UTF-8 and need not be terminated. The innermost container wins; a cgroup inside
 * a container belongs to it. Any input gives a result. */
void container_parse(struct container *ret, const char *path, size_t size);
