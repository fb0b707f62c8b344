/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the BPF programs and the streamer agree on: ring records, map keys and values, and
 * the constants set before loading. Included by both sides, so: fixed-width members only, no
 * enum, bool, pointer or size_t, no implicit padding (-Wpadded, and one assert a struct).
 * Both sides are built together and run on one machine: nothing here is a stored format. */
#pragma once

#include <linux/types.h>

/* The one list of probes: X(NAME, name, field number in Record.body; 0: it has no events). */
#define WIRE_PROBES(X)                                                                             \
	X(OOM_KILL, oom_kill, 2)                                                                   \
	X(SECCOMP_DENIAL, seccomp_denial, 3)                                                       \
	X(TCP_QUEUE, tcp_queue, 0)                                                                 \
	X(BPF_OBJECT, bpf_object, 0)                                                               \
	X(SIGNAL_KILL, signal_kill, 9)

enum {
#define WIRE_ID(NAME, name, field) WIRE_##NAME,
	WIRE_PROBES(WIRE_ID)
#undef WIRE_ID
		WIRE_PROBE_COUNT
};

/* System calls that the streamer's own filter may refuse it, by number; the last is all others. */
#define WIRE_OWN_CALLS 512u

#define WIRE_COMM_SIZE 16
#define WIRE_NAME_SIZE 256 /* one path element with its NUL */
#define WIRE_PATH_DEPTH 16
#define WIRE_PATH_INNER 8 /* of a cgroup that is deeper: so many innermost, the rest outermost */

/* Every ring record starts with this. The sums are the probe's on this CPU, with this event. */
struct wire_head {
	__u32 probe; /* WIRE_OOM_KILL, ... */
	__u32 flags; /* WIRE_SELFTEST */
	__u64 boottime_nano;
	__u64 seen;
	__u64 limited;
	__u64 dropped;
	__u32 cpu;
	__u32 size; /* bytes in use, the tail included; the ring's own length may be larger */
};
_Static_assert(sizeof(struct wire_head) == 48, "wire_head");

#define WIRE_SELFTEST 1u /* made by the streamer's own child: not counted in the sums */
#define WIRE_PATH 2u     /* no event, only a path: struct wire_path */
#define WIRE_TRIAL 4u    /* of a call that Ringside made to be refused: struct wire_trials */

/* A path in the tail of a record: its elements, the innermost first, each with a NUL. */
struct wire_names {
	__u16 offset; /* from the start of the record */
	__u16 size;   /* bytes with the NULs; 0 with count 0: the path is not in this record */
	__u16 count;  /* elements; WIRE_NAMES_ROOT and size 0: the path is "/" */
	__u16 flags;  /* WIRE_NAMES_* */
};
_Static_assert(sizeof(struct wire_names) == 8, "wire_names");

#define WIRE_NAMES_CUT 1u    /* outer elements, or the end of an element, are missing */
#define WIRE_NAMES_MIDDLE 2u /* elements between the first WIRE_PATH_INNER and the rest are */
#define WIRE_NAMES_ROOT 0xffffu

struct wire_cgroup {
	__u64 id;        /* kernfs id; 0: not known */
	__u32 hierarchy; /* cgroup_root.hierarchy_id, 0 is v2 */
	__u32 pad;
	struct wire_names path;
};
_Static_assert(sizeof(struct wire_cgroup) == 24, "wire_cgroup");

#define WIRE_ABSENT 0xffffffffu /* of vpid, uid, gid, ppid */

struct wire_process {
	__u32 pid;
	__u32 tid;
	__u32 ppid;
	__u32 vpid;
	__u32 uid;
	__u32 gid;
	__u64 start_boottime; /* the leader's, ns */
	char comm[WIRE_COMM_SIZE];
	char leader_comm[WIRE_COMM_SIZE];
	__u64 exe_id;          /* of exe, which may have been sent with another process; 0: none */
	struct wire_names exe; /* size 0: not in this record (sent lately, or none) */
};
_Static_assert(sizeof(struct wire_process) == 80, "wire_process");

#define WIRE_OOM_HAS_OWNER 0x0001u     /* owner, limit, usage are set */
#define WIRE_OOM_INFERRED 0x0002u      /* ... and were worked out, as was the scope */
#define WIRE_OOM_HAS_POINTS 0x0004u    /* badness_points */
#define WIRE_OOM_HAS_CONTROL 0x0008u   /* order, gfp_mask, domain_bytes */
#define WIRE_OOM_HAS_MM 0x0010u        /* the sizes */
#define WIRE_OOM_APPROXIMATE 0x0020u   /* rss_approximate */
#define WIRE_OOM_GROUP 0x0040u         /* oom_group */
#define WIRE_OOM_INIT 0x0080u          /* pid_namespace_init; pid_level, parent_levels are set */
#define WIRE_OOM_EXITING 0x0100u       /* already_exiting */
#define WIRE_OOM_SHARES_MM 0x0200u     /* shares_memory */
#define WIRE_OOM_UNLIMITED 0x0400u     /* the owner has no limit: limit_bytes is not one */
#define WIRE_OOM_KNOWS_EXITING 0x0800u /* already_exiting is known, either way */
#define WIRE_OOM_KNOWS_GROUP 0x1000u   /* oom_group is known, either way */

/* scope: the numbers of OomScope in ringside.proto */
#define WIRE_SCOPE_GLOBAL 1u
#define WIRE_SCOPE_MEMCG 2u
#define WIRE_SCOPE_CPUSET 3u
#define WIRE_SCOPE_MEMPOLICY 4u
#define WIRE_SCOPE_SYSRQ 5u

struct wire_oom_kill {
	struct wire_head head;
	struct wire_process victim;
	struct wire_process trigger;
	struct wire_cgroup victim_cgroup;
	struct wire_cgroup trigger_cgroup;
	struct wire_cgroup owner; /* always with their paths */
	__u64 limit_bytes;
	__u64 usage_bytes;
	__u64 anon_rss_bytes;
	__u64 file_rss_bytes;
	__u64 shmem_rss_bytes;
	__u64 swap_bytes;
	__u64 peak_rss_bytes;
	__u64 total_vm_bytes;
	__u64 page_table_bytes;
	__u64 domain_bytes;
	__s64 badness_points;
	__u64 kill_id;
	__u32 victim_number;
	__u32 flags; /* WIRE_OOM_* */
	__u32 scope; /* WIRE_SCOPE_* or 0 */
	__u32 gfp_mask;
	__s32 order;
	__s32 oom_score_adj;
	__u32 pid_level;     /* of the victim's pid namespace; the first is 0 */
	__u32 parent_levels; /* of the cgroups' tree, in common with its parent */

	/* tail: the paths */
};
_Static_assert(sizeof(struct wire_oom_kill) == 48 + 160 + 72 + 12 * 8 + 8 * 4, "wire_oom_kill");

#define WIRE_SECCOMP_HAS_NR 0x01u        /* nr */
#define WIRE_SECCOMP_HAS_ERRNO 0x02u     /* error */
#define WIRE_SECCOMP_HAS_DATA 0x04u      /* ret_data */
#define WIRE_SECCOMP_HAS_CALL 0x08u      /* ip, args */
#define WIRE_SECCOMP_LOGGED 0x10u        /* logged */
#define WIRE_SECCOMP_KNOWS_LOG 0x20u     /* logged is known, either way */
#define WIRE_SECCOMP_STRICT 0x40u        /* strict_mode */
#define WIRE_SECCOMP_EVALUATED 0x80u     /* the filter was run again to tell the action */
#define WIRE_SECCOMP_ACTION_GUESS 0x100u /* it should have been, but could not */

/* Bits of the sysctl kernel.seccomp.actions_logged, in SECCOMP_LOG_*'s order (kernel/seccomp.c). */
#define WIRE_LOGS_KILL_PROCESS 0x01u
#define WIRE_LOGS_KILL_THREAD 0x02u
#define WIRE_LOGS_TRAP 0x04u
#define WIRE_LOGS_ERRNO 0x08u
#define WIRE_LOGS_TRACE 0x10u
#define WIRE_LOGS_LOG 0x20u
#define WIRE_LOGS_ALLOW 0x40u
#define WIRE_LOGS_USER_NOTIF 0x80u

/* A limit, in ns; see limit.bpf.h. */
struct wire_rate {
	__u64 interval;  /* a token; 0: no limit */
	__u64 tolerance; /* burst - 1 tokens */
};
_Static_assert(sizeof(struct wire_rate) == 16, "wire_rate");

/* What a denial is counted and limited by. */
struct wire_denial_key {
	__u64 cgroup_id;
	__u32 hierarchy;
	__u32 arch;   /* AUDIT_ARCH_* */
	__s32 nr;     /* with WIRE_SECCOMP_HAS_NR, else -1 */
	__u32 action; /* SECCOMP_RET_* of linux/seccomp.h, without the data; WIRE_OTHERS */
	__u32 error;  /* with WIRE_SECCOMP_HAS_ERRNO, else 0 */
	__u32 trial;  /* WIRE_TRIAL or 0: rows of their own */
};
_Static_assert(sizeof(struct wire_denial_key) == 32, "wire_denial_key");

/* Value of rs_trials. Whoever has a call refused on purpose, to test or to measure, draws a number
 * by lot, puts it here, in the map of every streamer of the machine, and gives it to the call as
 * its first argument. So what is left out later was marked before it happened, by somebody who may
 * do so (CAP_SYS_ADMIN of the machine), whatever others call themselves. */
#define WIRE_TRIALS "rs_trials"
#define WIRE_TRIALS_MAX 16u

struct wire_trials {
	__u64 next;                     /* the place to take, modulo their number */
	__u64 numbers[WIRE_TRIALS_MAX]; /* 0: none */
};
_Static_assert(sizeof(struct wire_trials) == 8 + 8 * WIRE_TRIALS_MAX, "wire_trials");

struct wire_seccomp_denial {
	struct wire_head head;
	struct wire_process process;
	struct wire_cgroup cgroup; /* with its path unless it was sent lately */
	struct wire_denial_key key;
	__u64 ip;
	__u64 args[6];
	__u32 ret_data;
	__u32 filters;
	__u32 flags; /* WIRE_SECCOMP_* */
	__u32 pad;
	/* tail: the paths */
};
_Static_assert(sizeof(struct wire_seccomp_denial) == 48 + 80 + 24 + 32 + 56 + 16,
	       "wire_seccomp_denial");

/* Only a path: whose row it is that was made, or has not been named lately, where no event of that
 * cgroup brings it. */
struct wire_path {
	struct wire_head head;
	struct wire_cgroup cgroup;
	/* tail: the path */
};
_Static_assert(sizeof(struct wire_path) == 48 + 24, "wire_path");

/* Row of a counter. Cumulative; limited is part of count. */
struct wire_row {
	__u64 count;
	__u64 limited;
	__u64 first_limited; /* boottime of the first event held back since attach, 0: none */
	__u64 last_limited;
	__u64 last; /* boottime of the latest event: rows older than the last read are unchanged */
	__u64 tat;  /* theoretical arrival time of the rate limit, boottime ns */
};
_Static_assert(sizeof(struct wire_row) == 48, "wire_row");

struct wire_oom_key {
	__u64 cgroup_id; /* the victim's */
	__u32 hierarchy;
	__u32 scope; /* WIRE_SCOPE_* or 0; WIRE_OTHERS */
};
_Static_assert(sizeof(struct wire_oom_key) == 16, "wire_oom_key");

struct wire_cgroup_key {
	__u64 id;
	__u32 hierarchy;
	__u32 pad;
};
_Static_assert(sizeof(struct wire_cgroup_key) == 16, "wire_cgroup_key");

/* Paths that were submitted together. */
struct wire_known {
	struct wire_cgroup_key cgroup;
	__u64 exe; /* wire_process.exe_id; 0: the cgroup's alone */
};
_Static_assert(sizeof(struct wire_known) == 24, "wire_known");

/* A probe's sums on one CPU: seen = submitted + limited + dropped + in_flight. */
struct wire_sums {
	__u64 seen;
	__u64 submitted;
	__u64 limited;
	__u64 dropped;
	__u64 in_flight;
	__u64 overflow;         /* seen, but the row table was full */
	__u64 overflow_limited; /* of these, limited */
	__u64 unresolved; /* calls whose outcome was left to another hook, less those seen refused
			   */
};
_Static_assert(sizeof(struct wire_sums) == 64, "wire_sums");

/* Value of the mmapable array rs_sums; one entry per possible CPU. */
struct wire_cpu {
	struct wire_sums probe[WIRE_PROBE_COUNT];
};
_Static_assert(sizeof(struct wire_cpu) == 64 * WIRE_PROBE_COUNT, "wire_cpu");

#include "bpf/wire/wire-kill.h"
#include "bpf/wire/wire-object.h"
#include "bpf/wire/wire-share.h"
#include "bpf/wire/wire-tcp.h"
