/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* seccomp_denial: one event for each system call seccomp refused, logged or not.
 *
 * Two ways to learn that a call was refused:
 *   fentry      fexit of __secure_computing() with -1; audit_seccomp() just before tells the
 *               action where the kernel logs it.
 *   tracepoint  sys_exit without sys_enter: the entry tracepoint comes after seccomp. Costs
 *               every system call of the machine something.
 * Kills come the same way in both: at the SIGSYS, or at the exit of a thread that got none.
 *
 * What was refused is read from the registers; the filter is run again only where these leave
 * two readings (see classify()). */
#include "common.bpf.h"
#include "filter.bpf.h"
#include "names.bpf.h"
#include "task.bpf.h"

#include <linux/audit.h>
#include <linux/elf-em.h>
#include <linux/errno.h>
#include <linux/seccomp.h>

#define SIGSYS 31
#define SYS_SECCOMP 1
#define SECCOMP_MODE_DEAD 3 /* include/linux/seccomp.h, since 5.17 and stable */
#define PR_SET_SECCOMP 22

#define ERESTARTSYS 512 /* include/linux/errno.h: the first the caller never sees */

#define PATH_INTERVAL (10 * NSEC_PER_SEC) /* a cgroup's path comes again after this */

/* Whether rs_sec_audit is attached: then a denial without its mark was not logged. */
const volatile __u32 rs_sees_audit = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct wire_denial_key);
	__type(value, struct wire_row);
} rs_denials SEC(".maps");

/* When the path of a cgroup was last submitted. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_cgroup_key);
	__type(value, __u64);
} rs_known SEC(".maps");

/* --container-rate. An evicted bucket grants a burst, no more. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct wire_cgroup_key);
	__type(value, __u64);
} rs_buckets SEC(".maps");

/* What earlier programs have learnt of the call a thread is in. In the task itself, so that
 * neither execve by a thread nor a reused id can mix it up. */
struct mark {
	__u32 action; /* MARK_ACTION: by audit_seccomp() */
	__u32 data;   /* MARK_TRAP: SECCOMP_RET_DATA, from the signal */
	__u32 flags;
	__u32 pad;
	__u64 filter; /* in force when the thread was last seen between two calls */
	__u64 mm;     /* whose executable was last submitted */
	__u64 told;   /* when */
};

#define MARK_ACTION 1u
#define MARK_TRAP 2u
#define MARK_KILLED 4u
#define MARK_ENTERED 8u

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
} rs_marks SEC(".maps");

static __always_inline struct mark *mark_get(struct task_struct *task)
{
	return bpf_task_storage_get(&rs_marks, task, NULL, 0);
}

static __always_inline struct mark *mark_make(struct task_struct *task)
{
	return bpf_task_storage_get(&rs_marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline struct seccomp_filter *task_filter(struct task_struct *task)
{
	return BPF_CORE_READ(task, seccomp.filter);
}

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: an int 0x80 call */

static __always_inline bool is_compat(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

/* A denial on its way out. */
struct denial {
	struct wire_denial_key key;
	__u32 flags; /* WIRE_SECCOMP_* */
	__u32 ret_data;
	__u64 now;
};

static __always_inline void call_args(struct task_struct *task, struct pt_regs *regs, __u64 *args)
{
	if (is_compat(task)) {
		args[0] = (__u32)regs->bx;
		args[1] = (__u32)regs->cx;
		args[2] = (__u32)regs->dx;
		args[3] = (__u32)regs->si;
		args[4] = (__u32)regs->di;
		args[5] = (__u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

/* Runs the current task's filters on the call its registers hold. Returns the verdict, or -1
 * where the filters cannot be had. Global, as emit() is: verified once, not at every call. */
__noinline long rs_evaluate(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct filter_run run;
	__u64 args[6];

	call_args(task, regs, args);
	run.data[0] = regs->orig_ax;
	run.data[1] = is_compat(task) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	run.data[2] = regs->ip;
	run.data[3] = regs->ip >> 32;
	for (int i = 0; i < 6; i++) {
		run.data[4 + 2 * i] = args[i];
		run.data[5 + 2 * i] = args[i] >> 32;
	}
	if (!filter_evaluate(&run, task_filter(task)))
		return -1;
	return run.verdict;
}

/* GCRA with plain loads and stores: racing CPUs may let a few too many pass; what is counted
 * is exact. */
static __always_inline bool limit_passes(__u64 *tat, __u64 now, __u64 interval, __u64 tolerance)
{
	__u64 t = *tat;

	if (t < now)
		t = now;
	if (t - now > tolerance)
		return false;
	*tat = t + interval;
	return true;
}

static __always_inline bool group_passes(const struct wire_cgroup_key *key, __u64 now)
{
	__u64 *tat, zero = 0;

	if (!rs_group_interval)
		return true;
	tat = bpf_map_lookup_elem(&rs_buckets, key);
	if (!tat) {
		(void)bpf_map_update_elem(&rs_buckets, key, &zero, BPF_NOEXIST);
		tat = bpf_map_lookup_elem(&rs_buckets, key);
	}
	return !tat || limit_passes(tat, now, rs_group_interval, rs_group_tolerance);
}

/* The first event of a key always passes. */
static __always_inline bool passes(struct wire_row *row, const struct wire_cgroup_key *group,
				   __u64 now)
{
	if (row && !row->tat) {
		row->tat = now + rs_rate_interval;
		return true;
	}
	if (row && rs_rate_interval &&
	    !limit_passes(&row->tat, now, rs_rate_interval, rs_rate_tolerance))
		return false;
	return group_passes(group, now);
}

static __always_inline void hold_back(struct wire_sums *sums, struct wire_row *row, __u64 now)
{
	if (row) {
		if (!row->first_limited)
			row->first_limited = now;
		row->last_limited = now;
		ADD(row->limited, 1);
	} else {
		ADD(sums->overflow_limited, 1);
	}
	sums_leave(sums, &sums->limited);
}

static __always_inline void event_fill(struct wire_seccomp_denial *event,
				       const struct denial *denial, struct task_struct *task,
				       struct pt_regs *regs, struct cgroup *cgroup)
{
	task_fill(&event->process, task);
	cgroup_fill(&event->cgroup, cgroup);
	event->key = denial->key;
	event->flags = denial->flags | WIRE_SECCOMP_HAS_CALL;
	event->ret_data = denial->ret_data;
	event->filters = task->seccomp.filter_count.counter;
	event->ip = regs->ip;
	event->pad = 0;
	call_args(task, regs, event->args);
}

static __always_inline void event_submit(struct wire_seccomp_denial *event, __u64 now,
					 struct wire_sums *sums)
{
	head_fill(&event->head, WIRE_SECCOMP_DENIAL, now, sums);
	bpf_ringbuf_submit(event, 0);
}

static __noinline bool submit_bare(const struct denial *denial, struct task_struct *task,
				   struct pt_regs *regs, struct cgroup *cgroup,
				   struct wire_sums *sums)
{
	struct wire_seccomp_denial *event = bpf_ringbuf_reserve(&rs_bulk, sizeof(*event), 0);

	if (!event)
		return false;
	event->head.size = sizeof(*event);
	event_fill(event, denial, task, regs, cgroup);
	event_submit(event, denial->now, sums);
	return true;
}

/* @area bytes are behind the event. */
static __always_inline struct names paths_fill(struct wire_seccomp_denial *event, __u32 area,
					       struct task_struct *task, struct cgroup *cgroup)
{
	struct names names = {
		.head = &event->head,
		.limit = sizeof(*event) + area - WIRE_NAME_SIZE,
	};

	event->head.size = sizeof(*event);
	names_cgroup(&names, BPF_CORE_READ(cgroup, kn), &event->cgroup.path);
	names_exe(&names, task, BPF_CORE_READ(task, mm), &event->process.exe);
	return names;
}

/* The size of a reservation has to be a constant: one function a size. */
static __noinline bool submit_large(const struct denial *denial, struct task_struct *task,
				    struct pt_regs *regs, struct cgroup *cgroup,
				    struct wire_sums *sums)
{
	struct wire_seccomp_denial *event =
		bpf_ringbuf_reserve(&rs_bulk, sizeof(*event) + NAMES_LARGE, 0);

	if (!event)
		return false;
	event_fill(event, denial, task, regs, cgroup);
	(void)paths_fill(event, NAMES_LARGE, task, cgroup);
	event_submit(event, denial->now, sums);
	return true;
}

enum { SMALL_NO_ROOM, SMALL_DONE, SMALL_TOO_SMALL };

static __noinline int submit_small(const struct denial *denial, struct task_struct *task,
				   struct pt_regs *regs, struct cgroup *cgroup,
				   struct wire_sums *sums)
{
	struct wire_seccomp_denial *event =
		bpf_ringbuf_reserve(&rs_bulk, sizeof(*event) + NAMES_SMALL, 0);
	struct names names;

	if (!event)
		return SMALL_NO_ROOM;
	event_fill(event, denial, task, regs, cgroup);
	names = paths_fill(event, NAMES_SMALL, task, cgroup);
	if (names_full(&names)) {
		bpf_ringbuf_discard(event, 0);
		return SMALL_TOO_SMALL;
	}
	event_submit(event, denial->now, sums);
	return SMALL_DONE;
}

static __always_inline bool submit_with_paths(const struct denial *denial, struct task_struct *task,
					      struct pt_regs *regs, struct cgroup *cgroup,
					      struct wire_sums *sums)
{
	switch (submit_small(denial, task, regs, cgroup, sums)) {
	case SMALL_DONE:
		return true;
	case SMALL_TOO_SMALL:
		return submit_large(denial, task, regs, cgroup, sums);
	default:
		return false;
	}
}

/* The paths go with the first event of a cgroup or an executable, and again now and then, so
 * that the streamer may forget them. */
static __always_inline bool paths_are_known(const struct wire_cgroup_key *key, struct mark *mark,
					    struct task_struct *task, __u64 now)
{
	__u64 *told = bpf_map_lookup_elem(&rs_known, key);

	return told && now - *told < PATH_INTERVAL && mark &&
	       mark->mm == (__u64)BPF_CORE_READ(task, mm) && now - mark->told < PATH_INTERVAL;
}

/* Only after the submit: the path must come before the first event that leaves it out. */
static __always_inline void paths_learn(const struct wire_cgroup_key *key, struct mark *mark,
					struct task_struct *task, __u64 now)
{
	(void)bpf_map_update_elem(&rs_known, key, &now, BPF_ANY);
	if (mark) {
		mark->mm = (__u64)BPF_CORE_READ(task, mm);
		mark->told = now;
	}
}

static __always_inline bool submit(const struct denial *denial, struct task_struct *task,
				   struct pt_regs *regs, struct cgroup *cgroup,
				   const struct wire_cgroup_key *group, struct wire_sums *sums)
{
	struct mark *mark = mark_make(task);

	if (paths_are_known(group, mark, task, denial->now))
		return submit_bare(denial, task, regs, cgroup, sums);
	if (!submit_with_paths(denial, task, regs, cgroup, sums))
		return false;
	paths_learn(group, mark, task, denial->now);
	return true;
}

/* Counts, limits, submits. The denial is the current task's. */
__noinline int rs_emit(struct denial *denial)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct cgroup *cgroup = task_cgroup(task);
	struct wire_cgroup_key group = {};
	struct wire_denial_key key;
	struct wire_sums *sums;
	struct wire_row *row;

	if (!denial)
		return 0;
	denial->key.cgroup_id = group.id = BPF_CORE_READ(cgroup, kn, id);
	denial->key.hierarchy = group.hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	denial->key.arch = is_compat(task) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
	denial->key.pad = 0;
	denial->now = bpf_ktime_get_boot_ns();
	if (rs_sees_audit)
		denial->flags |= WIRE_SECCOMP_KNOWS_LOG;
	if (rs_selftest_cookie && regs->di == rs_selftest_cookie) {
		(void)submit_bare(denial, task, regs, cgroup, NULL);
		return 0;
	}
	sums = sums_enter(WIRE_SECCOMP_DENIAL);
	if (!sums)
		return 0;
	key = denial->key; /* up to 6.1 a map's key has to be on the program's own stack */
	row = ROW_COUNT(&rs_denials, &key, denial->now);
	if (!row)
		ADD(sums->overflow, 1);
	if (!passes(row, &group, denial->now)) {
		hold_back(sums, row, denial->now);
		return 0;
	}
	if (submit(denial, task, regs, cgroup, &group, sums))
		sums_leave(sums, &sums->submitted);
	else
		sums_leave(sums, &sums->dropped);
	return 0;
}

static __always_inline void set_nr(struct denial *denial, struct pt_regs *regs)
{
	denial->key.nr = (int)regs->orig_ax;
	denial->flags |= WIRE_SECCOMP_HAS_NR;
}

static __always_inline void set_error(struct denial *denial, __u32 error)
{
	denial->key.error = error;
	denial->flags |= WIRE_SECCOMP_HAS_ERRNO;
}

static __always_inline void set_data(struct denial *denial, __u32 data)
{
	denial->ret_data = data & SECCOMP_RET_DATA;
	denial->flags |= WIRE_SECCOMP_HAS_DATA;
}

/* kernel/seccomp.c caps the errno at MAX_ERRNO. */
static __always_inline long error_of(__u32 verdict)
{
	__u32 data = verdict & SECCOMP_RET_DATA;

	return data < 4095 ? data : 4095;
}

/* The filters said @verdict. Returns false if the call was not refused after all. */
static __always_inline bool apply_verdict(struct denial *denial, struct pt_regs *regs,
					  __u32 verdict, bool doubt)
{
	long ax = regs->ax;

	denial->flags |= WIRE_SECCOMP_EVALUATED;
	denial->key.action = verdict & SECCOMP_RET_ACTION_FULL;
	set_data(denial, verdict);
	switch (denial->key.action) {
	case SECCOMP_RET_ERRNO:
		if (doubt && -ax != error_of(verdict))
			return false;
		set_error(denial, -ax);
		return true;
	case SECCOMP_RET_TRAP:
		return !doubt || ax == (long)regs->orig_ax;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		/* A tracer or supervisor that returned success has done the call itself. One that
		 * was interrupted by a signal is asked again, or the caller gets EINTR. */
		if (ax >= 0 || -ax >= ERESTARTSYS)
			return false;
		set_error(denial, -ax);
		return true;
	default:
		return false;
	}
}

/* A tracer replaced the number by -1: which call it was, and its verdict's data, are gone. */
static __always_inline bool skipped_by_tracer(struct denial *denial, struct pt_regs *regs)
{
	long ax = regs->ax;

	denial->key.action = SECCOMP_RET_TRACE;
	denial->key.nr = -1;
	denial->flags &= ~(WIRE_SECCOMP_HAS_NR | WIRE_SECCOMP_HAS_DATA);
	if (ax >= 0)
		return false;
	set_error(denial, -ax);
	return true;
}

/* Which action refused the call that is just ending with @regs, with what errno. Registers:
 * ax is -errno, or orig_ax after a TRAP (the call was rolled back). That leaves two readings
 * for ENOSYS (ERRNO or a TRACE nobody answered), for filters with a listener (ERRNO or
 * USER_NOTIF), for ax >= 0 and for number -1; @doubt adds one: was it refused at all.
 * Returns false if it was not. */
static __always_inline bool classify(struct denial *denial, struct task_struct *task,
				     struct pt_regs *regs, const struct mark *mark, bool doubt)
{
	__u32 flags = mark ? mark->flags : 0;
	long ax = regs->ax, verdict;

	set_nr(denial, regs);
	if (flags & MARK_ACTION)
		denial->flags |= WIRE_SECCOMP_LOGGED;
	if (flags & MARK_TRAP && ax == (long)regs->orig_ax) {
		denial->key.action = SECCOMP_RET_TRAP;
		set_data(denial, mark->data);
		return true;
	}
	if (!doubt && ax < 0 && ax != -ENOSYS && denial->key.nr != -1 &&
	    !filter_has_listener(task_filter(task))) {
		denial->key.action = SECCOMP_RET_ERRNO;
		set_error(denial, -ax);
		set_data(denial, -ax);
		return true;
	}
	verdict = rs_evaluate();
	if (verdict < 0) {
		/* No copy of the filter: the likelier reading, and say that it is one. */
		denial->flags |= WIRE_SECCOMP_ACTION_GUESS;
		denial->key.action = flags & MARK_ACTION ? mark->action : SECCOMP_RET_ERRNO;
		set_error(denial, ax < 0 ? -ax : 0);
		return !doubt;
	}
	if (denial->key.nr == -1 && (verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return skipped_by_tracer(denial, regs);
	return apply_verdict(denial, regs, verdict, doubt);
}

/* __secure_computing() said no. */
static __always_inline int on_refused(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct denial denial = {};
	struct mark *mark;
	bool refused;

	if (task->seccomp.mode == SECCOMP_MODE_DEAD) /* a kill: see on_signal and on_exit */
		return 0;
	mark = mark_get(task);
	refused = classify(&denial, task, regs, mark, false);
	if (mark)
		mark->flags &= ~(MARK_ACTION | MARK_TRAP);
	return refused ? rs_emit(&denial) : 0;
}

/* The two shapes of __secure_computing(): with one argument up to 6.17, without since. Every
 * allowed call of a filtered task comes by here: the first instructions decide. */
SEC("?fexit/__secure_computing")
int rs_sec_exit1(__u64 *ctx)
{
	return (int)ctx[1] == -1 ? on_refused() : 0;
}

SEC("?fexit/__secure_computing")
int rs_sec_exit0(__u64 *ctx)
{
	return (int)ctx[0] == -1 ? on_refused() : 0;
}

/* The kernel writes its own audit record; the one place that names the action. */
SEC("?fentry/audit_seccomp")
int BPF_PROG(rs_sec_audit, unsigned long nr, long signr, int code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct denial denial = {.flags = WIRE_SECCOMP_LOGGED};
	struct mark *mark;

	if ((__u32)code == SECCOMP_RET_LOG) {
		struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

		set_nr(&denial, regs);
		denial.key.action = SECCOMP_RET_LOG;
		return rs_emit(&denial);
	}
	mark = mark_make(task);
	if (mark) {
		mark->action = (__u32)code & SECCOMP_RET_ACTION_FULL;
		mark->flags |= MARK_ACTION;
	}
	return 0;
}

/* The action of a kill. The mode is DEAD for kills alone, so ERRNO cannot be meant; where
 * neither the audit record nor the filter tells, @likely is it. */
static __always_inline void kill_action(struct denial *denial, const struct mark *mark,
					__u32 likely)
{
	long verdict;

	if (mark && mark->flags & MARK_ACTION) {
		denial->key.action = mark->action;
		denial->flags |= WIRE_SECCOMP_LOGGED;
		return;
	}
	denial->key.action = likely;
	verdict = rs_evaluate();
	if (verdict < 0)
		return;
	denial->flags |= WIRE_SECCOMP_EVALUATED;
	verdict &= SECCOMP_RET_ACTION_FULL;
	if (verdict == SECCOMP_RET_KILL_PROCESS || verdict == SECCOMP_RET_KILL_THREAD)
		denial->key.action = verdict;
}

/* force_sig_seccomp(): a TRAP, to be reported when the call ends, or a kill. */
SEC("?tp_btf/signal_generate")
int BPF_PROG(rs_sec_signal, int sig, struct kernel_siginfo *info, struct task_struct *target)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct denial denial = {};
	struct pt_regs *regs;
	struct mark *mark;
	int code = 0, data = 0;

	if (sig != SIGSYS || (__u64)info <= 2 || task->pid != target->pid)
		return 0;
	bpf_core_read(&code, sizeof(code), &info->si_code);
	bpf_core_read(&data, sizeof(data), &info->si_errno);
	if (code != SYS_SECCOMP)
		return 0;
	mark = mark_make(task);
	if (task->seccomp.mode != SECCOMP_MODE_DEAD) {
		if (mark) {
			mark->data = data;
			mark->flags |= MARK_TRAP;
		}
		return 0;
	}
	if (mark) {
		if (mark->flags & MARK_KILLED)
			return 0;
		mark->flags |= MARK_KILLED;
	}
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	set_nr(&denial, regs);
	set_data(&denial, data);
	kill_action(&denial, mark, SECCOMP_RET_KILL_PROCESS);
	return rs_emit(&denial);
}

/* A thread that seccomp ended without a signal: KILL_THREAD beside other threads, or strict
 * mode. Filters may be gone by now. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(rs_sec_die, struct task_struct *dying)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct denial denial = {};
	struct pt_regs *regs;
	struct mark *mark;

	if (task->seccomp.mode != SECCOMP_MODE_DEAD)
		return 0;
	mark = mark_get(task);
	if (mark && mark->flags & MARK_KILLED)
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	set_nr(&denial, regs);
	if (!task->seccomp.filter_count.counter) {
		denial.flags |= WIRE_SECCOMP_STRICT;
		if (mark && mark->flags & MARK_ACTION)
			denial.flags |= WIRE_SECCOMP_LOGGED;
		denial.key.action = SECCOMP_RET_KILL_THREAD;
		return rs_emit(&denial);
	}
	kill_action(&denial, mark,
		    BPF_CORE_READ(task, signal, group_exit_code) ? SECCOMP_RET_KILL_PROCESS
								 : SECCOMP_RET_KILL_THREAD);
	return rs_emit(&denial);
}

/* seccomp(2) and prctl(PR_SET_SECCOMP): other filters may be in force at the call's exit than
 * at its entry, or the first ones. */
static __always_inline bool installs_filter(__u32 nr, bool compat, const struct pt_regs *regs)
{
	if (compat)
		return nr == 354 || (nr == 172 && (__u32)regs->bx == PR_SET_SECCOMP);
	nr &= ~0x40000000u; /* x32 */
	return nr == 317 || (nr == 157 && regs->di == PR_SET_SECCOMP);
}

/* The signal return restores a register file whose call number is -1, which at the exit looks
 * like a call skipped by a tracer. */
static __always_inline bool returns_from_signal(__u32 nr, bool compat)
{
	return compat ? nr == 119 || nr == 173 : nr == 15 || nr == (513 | 0x40000000u);
}

static __always_inline bool needs_mark(struct task_struct *task, const struct pt_regs *regs,
				       __u32 nr)
{
	bool compat = is_compat(task);

	if (installs_filter(nr, compat, regs))
		return true;
	if (!task->seccomp.mode)
		return false;
	return returns_from_signal(nr, compat) ||
	       !filter_allows_outright(task_filter(task), nr, compat);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(rs_sec_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark *mark;

	if (!needs_mark(task, regs, id))
		return 0;
	mark = mark_make(task);
	if (mark)
		mark->flags |= MARK_ENTERED;
	return 0;
}

/* Refused is what ends without having been entered. In doubt, that is when the thread was not
 * seen between two calls under this very filter (a fork's child, a call in flight when we
 * attached or when another thread installed a filter), the filter has to agree. */
static __always_inline int on_leave(struct task_struct *task, struct pt_regs *regs)
{
	struct mark *mark = mark_get(task);
	struct denial denial = {};
	bool refused, doubt;

	if (mark && mark->flags & MARK_ENTERED) {
		mark->flags &= ~MARK_ENTERED;
		mark->filter = (__u64)task_filter(task);
		return 0;
	}
	if (filter_allows_outright(task_filter(task), regs->orig_ax, is_compat(task)))
		return 0;
	doubt = !mark || mark->filter != (__u64)task_filter(task);
	refused = classify(&denial, task, regs, mark, doubt);
	if (!mark)
		mark = mark_make(task);
	if (mark) {
		mark->filter = (__u64)task_filter(task);
		mark->flags &= ~MARK_TRAP;
	}
	return refused ? rs_emit(&denial) : 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(rs_sec_leave, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark *mark;

	if (task->seccomp.mode == SECCOMP_MODE_DEAD)
		return 0;
	if (task->seccomp.mode)
		return on_leave(task, regs);
	/* A filter was refused: the entry's mark must not outlive the call. */
	if (installs_filter(regs->orig_ax, is_compat(task), regs)) {
		mark = mark_get(task);
		if (mark)
			mark->flags &= ~MARK_ENTERED;
	}
	return 0;
}
