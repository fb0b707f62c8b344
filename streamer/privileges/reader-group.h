/* SPDX-License-Identifier: Apache-2.0 */
/* The group whose members may read recordings. */
#pragma once

#include <sys/types.h>

/* Returns 0, or -ENOENT if /etc/group has no such group. */
int reader_group_find(const char *name, gid_t *ret);

/* Finds the group and makes us a member, so that files can be given to it later on, without
 * privileges. Returns 0, or -ENOENT if /etc/group has no such group. */
int reader_group_join(const char *name, gid_t *ret);
