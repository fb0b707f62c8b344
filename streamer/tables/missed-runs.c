/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/tables/missed-runs.h"

#include <linux/bpf.h>
#include <string.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"

int missed_runs_of_program(int prog_fd, uint64_t *ret)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &size))
		return -errno;
	/* 5.12: "bpf: Count the number of times recursion was prevented" */
	if (size < offsetof(struct bpf_prog_info, recursion_misses) + sizeof(uint64_t))
		return -ENODATA;
	*ret = info.recursion_misses;
	return 0;
}

/* struct bpf_link_info's perf_event.kprobe.missed and kprobe_multi.missed, newer than our
 * headers. 6.7 brought them ("bpf: Add missed value to kprobe perf link info", "bpf: Add missed
 * value to kprobe_multi link info") together with the count of kprobe programs not run ("bpf: Count
 * missed stats in trace_call_bpf"), so the first's presence tells of all. */
#define KPROBE_MISSED_OFFSET 48
#define MULTI_MISSED_OFFSET 32

int missed_runs_of_link(int prog_fd, int link_fd, bool multi, uint64_t *ret)
{
	uint8_t info[256] = {0};
	__u32 size = sizeof(info);
	uint64_t nested, refused;
	int r;

	r = missed_runs_of_program(prog_fd, &refused);
	if (r)
		return r;
	if (link_fd < 0 || bpf_obj_get_info_by_fd(link_fd, info, &size) ||
	    size < KPROBE_MISSED_OFFSET + sizeof(nested))
		return -ENODATA;
	memcpy(&nested, info + (multi ? MULTI_MISSED_OFFSET : KPROBE_MISSED_OFFSET),
	       sizeof(nested));
	*ret = refused + nested;
	return 0;
}
