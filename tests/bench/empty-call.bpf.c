/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What any program on the hooks of seccomp_denial costs, whatever it does. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp/sys_enter")
int empty_enter(void *ctx)
{
	return 0;
}

SEC("raw_tp/sys_exit")
int empty_exit(void *ctx)
{
	return 0;
}
