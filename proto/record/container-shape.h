/* SPDX-License-Identifier: Apache-2.0 */
/* What the cgroups of containers, machines and batch jobs are called, by runtime: one table. */
#pragma once

#include "proto/record/container.h"

struct container_match {
	struct container_name id; /* inside the element */
	const char *runtime;      /* static; "": a container, nobody knows whose */
	bool escaped;             /* by systemd: people name these */
};

/* @before: the path up to the element. @in_task: in a task of ECS. */
bool container_shape(struct container_name before, struct container_name element, bool in_task,
		     struct container_match *ret);

/* @before ends in elements as @pattern has them, each with a "*" at one place or none. */
bool container_is_in(struct container_name before, struct container_name pattern);

bool container_is_hex64(struct container_name s);  /* docker's, containerd's, podman's ids */
bool container_is_task(struct container_name s);   /* of ECS */
bool container_is_digits(struct container_name s); /* one at least */
