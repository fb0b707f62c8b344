/* SPDX-License-Identifier: Apache-2.0 */
/* Names of pods and containers, from the folders the kubelet keeps for its logs:
 *   <pods_dir>/<namespace>_<pod>_<uid>/
 *   <containers_dir>/<pod>_<namespace>_<container>-<id>.log
 * No API and no rights are needed. Reads directories: for the first event of a cgroup only. */
#pragma once

#define KUBELET_NAME_SIZE 254 /* a DNS subdomain name of 253 and a NUL */

struct kubelet {
	const char *pods_dir;       /* NULL: do not look; borrowed */
	const char *containers_dir; /* NULL: do not look; borrowed */
	/* The same, held open: later on we may not be allowed to. 0: not there at the time. */
	int pods_fd;
	int containers_fd;
};

void kubelet_hold(struct kubelet *kubelet);
void kubelet_release(struct kubelet *kubelet); /* any time, also twice */

/* "" is what is not known. */
struct kubelet_names {
	char namespace_name[KUBELET_NAME_SIZE];
	char pod_name[KUBELET_NAME_SIZE];
	char container_name[KUBELET_NAME_SIZE];
};

/* @id and @pod_uid may be "". A static pod's uid is as in its cgroup: 32 hex digits. */
void kubelet_find(const struct kubelet *kubelet, const char *id, const char *pod_uid,
		  struct kubelet_names *ret);
