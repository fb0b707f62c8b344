/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What any program on the hooks of signal_kill costs, whatever it does. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp/signal_generate")
int empty_signal(void *ctx)
{
	return 0;
}

SEC("raw_tp/sched_process_exit")
int empty_exit(void *ctx)
{
	return 0;
}
