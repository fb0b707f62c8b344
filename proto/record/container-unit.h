/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd calls the cgroups of its units. */
#pragma once

#include "proto/record/container.h"

/* A unit that has processes: a service, scope, mount, socket or swap. */
bool unit_is_unit(struct container_name element);
/* A valid name of a unit of this type. */
bool unit_has_suffix(struct container_name element, struct container_name suffix);
/* The unit's own name: systemd puts _ before one that the kernel could have a file of. */
struct container_name unit_unescape(struct container_name element);

/* user@1000.service; the instance of any other is no uid. */
bool unit_is_user_manager(struct container_name element, uint32_t *ret_uid);
/* A manager for an application rather than for a user, since systemd 256. */
bool unit_is_capsule(struct container_name element);

/* kubepods-burstable-pod<uid>.slice, also with the kubelet's --cgroup-root in front; without a pod,
 * uid is empty. */
bool unit_is_kubepods(struct container_name element, struct container_name *ret_uid);
