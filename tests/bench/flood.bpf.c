/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts the next of some ready records into a ring, counted as the probes count: run by
 * BPF_PROG_TEST_RUN, as often and as fast as it goes, by one task on each CPU. */
#include "bpf/common/kernel.h"

#include "tests/bench/flood.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct flood_record records[FLOOD_RECORDS];
struct wire_cpu sums[FLOOD_CPUS];
__u32 next;

/* As often as this the consumer is woken. The probes leave that to the kernel, which wakes for each
 * record that a consumer awaits: then this would be no faster than its wake-ups. */
#define WAKE_EACH 256u

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} bulk SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} critical SEC(".maps");

SEC("tc")
int flood(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id() & (FLOOD_CPUS - 1);
	struct wire_sums *of_cpu = &sums[cpu].probe[WIRE_SECCOMP_DENIAL];
	struct flood_record *record = &records[next++ & (FLOOD_RECORDS - 1)];
	struct wire_head *head = &record->denial.head;
	__u64 wake = next % WAKE_EACH ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP;
	__u32 size = record->size;

	if (size < sizeof(record->denial) || size > FLOOD_BYTES)
		return 0;
	of_cpu->seen++;
	head->boottime_nano = bpf_ktime_get_boot_ns();
	head->seen = of_cpu->seen;
	head->dropped = of_cpu->dropped;
	head->cpu = cpu;
	if (bpf_ringbuf_output(&bulk, record->bytes, size, wake))
		of_cpu->dropped++;
	else
		of_cpu->submitted++;
	return 0;
}
