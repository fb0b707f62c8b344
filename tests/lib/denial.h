/* SPDX-License-Identifier: Apache-2.0 */
/* A denial in a pod, as the benchmarks of the event path encode it. */
#pragma once

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "tests/lib/wire-record.h"

#define ID "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d"
#define POD                                                                                        \
	"/kubepods.slice/kubepods-burstable.slice/"                                                \
	"kubepods-burstable-pod73dc8baf_43a0_413e_aac2_5eb0868f6c1a.slice"

/* Makes @process a thread of nginx. */
void fill_process(struct wire_process *process);

/* Makes @record a denial of keyctl in a pod, without the path of its cgroup. */
void fill_denial(struct wire_record *record);
