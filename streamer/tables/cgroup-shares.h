/* SPDX-License-Identifier: Apache-2.0 */
/* What cgroups had of the kernel's tables, given back when they are gone; see wire-share.h. The
 * table is mapped, and the programs change it meanwhile. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire/wire.h"

/* One row less of the cgroup in @slot. */
void cgroup_shares_free_row(struct wire_share *shares, uint32_t slot, unsigned probe);

/* The cgroup in @slot is gone, with the rows it had. */
void cgroup_shares_free(struct wire_share *shares, uint32_t slot);

/* Whether it has cgroups below it: then it has to stay. */
bool cgroup_shares_has_children(const struct wire_share *shares, uint32_t slot);
