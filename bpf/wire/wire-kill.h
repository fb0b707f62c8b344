/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A part of wire.h: processes that a signal has ended. */
#pragma once

/* cause: the numbers of KillCause in ringside.proto */
#define WIRE_KILL_UNKNOWN 0u
#define WIRE_KILL_SENT 1u          /* by a process: kill(2) and its kind */
#define WIRE_KILL_CGROUP 2u        /* by one that wrote to cgroup.kill */
#define WIRE_KILL_PID_NAMESPACE 3u /* the init process of its pid namespace has ended */
#define WIRE_KILL_PARENT 4u        /* its parent has ended: PR_SET_PDEATHSIG */
#define WIRE_KILL_TRACER 5u        /* its tracer has ended: PTRACE_O_EXITKILL */
#define WIRE_KILL_KERNEL 6u        /* the kernel: a fault, a limit */
#define WIRE_KILL_OOM 7u           /* the OOM killer, where the probe oom_kill does not tell it */
#define WIRE_KILL_SECCOMP 8u       /* seccomp, where the probe seccomp_denial does not tell it */
#define WIRE_KILL_CAUSES 9u

#define WIRE_KILL_HAS_SENDER 1u
#define WIRE_KILL_HAS_CODE 2u
#define WIRE_KILL_INIT 4u    /* pid_namespace_init */
#define WIRE_KILL_SEVERAL 8u /* processes is a number */

struct wire_signal_kill {
	struct wire_head head;
	struct wire_process target; /* as it was when the signal was sent */
	struct wire_process sender;
	struct wire_cgroup target_cgroup; /* the paths are told before, in records of their own */
	struct wire_cgroup sender_cgroup;
	char sender_parent_comm[WIRE_COMM_SIZE];
	__u64 sent_boottime_nano; /* 0: not known */
	__u32 signal;
	__u32 cause;     /* WIRE_KILL_* */
	__s32 code;      /* si_code */
	__u32 status;    /* as wait(2) has it */
	__u32 processes; /* that have ended by it, with the target */
	__u32 remaining; /* that are to end by it yet */
	__u32 flags;
	__u32 pad;
};
_Static_assert(sizeof(struct wire_signal_kill) == 48 + 160 + 48 + 16 + 8 + 8 * 4,
	       "wire_signal_kill");

struct wire_kill_key {
	__u64 cgroup_id; /* the target's */
	__u32 hierarchy;
	__u32 signal;
	__u32 cause; /* WIRE_OTHERS */
	__u32 pad;
};
_Static_assert(sizeof(struct wire_kill_key) == 24, "wire_kill_key");
