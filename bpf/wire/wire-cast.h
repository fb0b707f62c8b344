/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What programs_open() replaces in the modern programs: a call of this number by one of
 * bpf_rdonly_cast(), where the kernel has that (6.2), else by a copy of its first argument; and
 * this number as the second by the id of struct task_struct in the kernel's BTF. */
#pragma once

#define WIRE_CAST 0x74736163
