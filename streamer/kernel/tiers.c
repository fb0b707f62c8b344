/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/kernel/tiers.h"

#include <string.h>

#include "proto/base/util.h"

#define MODERN (1u << PROGRAMS_MODERN)
#define LEGACY (1u << PROGRAMS_LEGACY)

#define IN_FLIGHT "calls already in the kernel while the probe is attached or detached"
#define LOG_ONLY_LOGGED                                                                            \
	"SECCOMP_RET_LOG (not a denial) is seen only while the kernel logs it "                    \
	"(seccomp.actions_logged)"

#define PREEMPTED                                                                                  \
	": denials of other tasks while one is preempted inside the program (missed_runs is "      \
	"their upper bound)"

#define KPROBE_OUTCOME                                                                             \
	"what a tracer or supervisor decides (TRACE, USER_NOTIF) can be missed while "
#define KPROBE_OUTCOME_END " (missed_runs is the upper bound)"
/* trace_call_bpf() runs none while bpf_prog_active is held on the CPU, as bpf_map_copy_value()
 * does, whose task may be preempted meanwhile. We read our tables another way: see rows.bpf.h. */
#define KPROBE_BUSY                                                                                \
	"on preemptible kernels: denials on a CPU where another program's task was preempted "     \
	"inside bpf(2) (missed_runs is the upper bound)"
#define KPROBE_LOGGED "whether the kernel wrote an audit record too"
#define KPROBE_COST                                                                                \
	"about 0.2 µs for each system call of processes that have a seccomp filter, a few µs "   \
	"where "                                                                                   \
	"the filter looks at arguments; nothing for others"

#define LEGACY_COST                                                                                \
	"a look-up in a table for each system call of processes that have a seccomp filter; "      \
	"where "                                                                                   \
	"the filter looks at arguments it is run again, some 20 ns an instruction; nothing for "   \
	"others"

#define OOM_EXITING                                                                                \
	"whose limit was hit, where the victim was dying already and so was not chosen: inferred " \
	"from what the kernel notes in its cgroups, or not told"
#define OOM_BY_USERS "kills by user space (systemd-oomd, earlyoom, kubelet evictions)"

static const struct tier oom_tiers[] = {
	{
		.tier = KERNEL_TIER_FENTRY,
		.variants = MODERN,
		.programs = {"rs_oom_begin", "rs_oom_end", "rs_oom_mark", "rs_oom_signal",
			     "rs_oom_exit"},
		.hooks = {"fentry/oom_kill_process", "fexit/oom_kill_process", "raw_tp/mark_victim",
			  "raw_tp/signal_generate", "raw_tp/sched_process_exit"},
		.functions = {"oom_kill_process"},
		.tracepoints = {"mark_victim", "signal_generate", "sched_process_exit"},
		.blind_spots = {OOM_EXITING},
		.cost = "nothing but a few ns for each signal sent and each thread that exits",
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN | LEGACY,
		.programs = {"rs_oom_kbegin", "rs_oom_kend", "rs_oom_mark", "rs_oom_signal",
			     "rs_oom_exit"},
		.hooks = {"kprobe/oom_kill_process", "kretprobe/oom_kill_process",
			  "raw_tp/mark_victim", "raw_tp/signal_generate",
			  "raw_tp/sched_process_exit"},
		.kprobes = {"oom_kill_process"},
		.tracepoints = {"mark_victim", "signal_generate", "sched_process_exit"},
		.blind_spots = {OOM_EXITING},
		.cost = "nothing but a few ns for each signal sent and each thread that exits",
	},
	{
		.tier = KERNEL_TIER_TRACEPOINT,
		.variants = MODERN | LEGACY,
		.programs = {"rs_oom_mark", "rs_oom_signal", "rs_oom_exit"},
		.hooks = {"raw_tp/mark_victim", "raw_tp/signal_generate",
			  "raw_tp/sched_process_exit"},
		.tracepoints = {"mark_victim", "signal_generate", "sched_process_exit"},
		.blind_spots = {OOM_EXITING},
		.cost = "nothing but a few ns for each signal sent and each thread that exits",
	},
	{0},
};

static const struct tier seccomp_tiers[] = {
	{
		.tier = KERNEL_TIER_FENTRY,
		.variants = MODERN,
		.programs = {"rs_sec_exit1", "rs_sec_exit0", "rs_sec_audit", "rs_sec_signal",
			     "rs_sec_die"},
		.hooks = {"fexit/__secure_computing", "fentry/audit_seccomp",
			  "raw_tp/signal_generate", "raw_tp/sched_process_exit"},
		.functions = {"__secure_computing", "audit_seccomp"},
		.tracepoints = {"signal_generate", "sched_process_exit"},
		.blind_spots = {"on preemptible kernels" PREEMPTED, LOG_ONLY_LOGGED, IN_FLIGHT},
		.cost = "tens of ns for each system call of processes that have a seccomp filter; "
			"nothing for others",
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN,
		.bears_sleepers = true,
		.programs = {"rs_sec_decide", "rs_sec_logged", "rs_sec_outcome_m"},
		.hooks = {"kprobe/__secure_computing", "kprobe/audit_seccomp",
			  "kretprobe.multi/__secure_computing"},
		.kprobes = {"__secure_computing", "audit_seccomp"},
		.sign = "fprobe_return",
		.blind_spots = {KPROBE_BUSY, KPROBE_LOGGED, LOG_ONLY_LOGGED, IN_FLIGHT},
		.cost = KPROBE_COST,
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN,
		.programs = {"rs_sec_decide", "rs_sec_logged", "rs_sec_outcome_f"},
		.hooks = {"kprobe/__secure_computing", "kprobe/audit_seccomp",
			  "fexit/__seccomp_filter"},
		.functions = {"__seccomp_filter"},
		.kprobes = {"__secure_computing", "audit_seccomp"},
		.blind_spots = {KPROBE_OUTCOME "its task was preempted" KPROBE_OUTCOME_END,
				KPROBE_BUSY, KPROBE_LOGGED, LOG_ONLY_LOGGED, IN_FLIGHT},
		.cost = KPROBE_COST,
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN,
		.programs = {"rs_sec_decide", "rs_sec_logged", "rs_sec_outcome1",
			     "rs_sec_outcome0"},
		.hooks = {"kprobe/__secure_computing", "kprobe/audit_seccomp",
			  "fexit/__secure_computing"},
		.functions = {"__secure_computing"},
		.kprobes = {"__secure_computing", "audit_seccomp"},
		.blind_spots = {KPROBE_OUTCOME "its task was preempted" KPROBE_OUTCOME_END,
				KPROBE_BUSY, KPROBE_LOGGED, LOG_ONLY_LOGGED, IN_FLIGHT},
		.cost = KPROBE_COST,
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN,
		.programs = {"rs_sec_decide", "rs_sec_logged", "rs_sec_outcome"},
		.hooks = {"kprobe/__secure_computing", "kprobe/audit_seccomp",
			  "kretprobe/__secure_computing"},
		.kprobes = {"__secure_computing", "audit_seccomp"},
		.blind_spots = {KPROBE_OUTCOME
				"many tasks wait for a supervisor" KPROBE_OUTCOME_END,
				KPROBE_BUSY, KPROBE_LOGGED, LOG_ONLY_LOGGED, IN_FLIGHT},
		.cost = KPROBE_COST,
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = LEGACY,
		.programs = {"rs_sec_forget", "rs_sec_decide", "rs_sec_logged", "rs_sec_outcome"},
		.hooks = {"kprobe/__secure_computing", "kprobe/audit_seccomp",
			  "kretprobe/__secure_computing", "raw_tp/sched_process_exit"},
		.kprobes = {"__secure_computing", "audit_seccomp"},
		.tracepoints = {"sched_process_exit"},
		.blind_spots = {KPROBE_OUTCOME
				"tasks wait for a supervisor or tracer, as many as there are CPUs",
				"filters that take more than 1,920 instructions to a verdict are "
				"not run again: the action is inferred",
				"a kill by such a filter, or of a call that a tracer changed, is "
				"seen only while the kernel logs it (seccomp.actions_logged)",
				KPROBE_BUSY, KPROBE_LOGGED, LOG_ONLY_LOGGED, IN_FLIGHT},
		.cost = LEGACY_COST,
	},
	{
		.tier = KERNEL_TIER_TRACEPOINT,
		.variants = MODERN,
		.taxes = true,
		.programs = {"rs_sec_enter", "rs_sec_leave", "rs_sec_signal", "rs_sec_die"},
		.hooks = {"tp_btf/sys_enter", "tp_btf/sys_exit", "raw_tp/signal_generate",
			  "raw_tp/sched_process_exit"},
		.tracepoints = {"sys_enter", "sys_exit", "signal_generate", "sched_process_exit"},
		.extra = {"rs_sec_vsyscall", "raw_tp/emulate_vsyscall", "emulate_vsyscall"},
		.blind_spots =
			{"SECCOMP_RET_LOG (not a denial)",
			 "whether the kernel wrote an audit record too",
			 "which call it was, when a tracer replaced its number by -1",
			 "calls a PTRACE_SYSEMU tracer takes over, where the filter denies them, "
			 "look like denials",
			 "what a tracer or supervisor decides of gettimeofday, time and getcpu, "
			 "called "
			 "by the vsyscall page as old programs do",
			 "where tracepoints run preemptibly (newest kernels)" PREEMPTED, IN_FLIGHT},
		.cost = "0.1 to 0.2 µs for every system call of every process on the machine",
	},
	{0},
};

#define TCP_COST "0.2 to 0.3 µs for each call that "
#define TCP_LOOK "once every interval, a look at each open file of the machine"
#define TCP_MISSES "connections that nobody has accepted yet, and MPTCP"
#define TCP_BETWEEN                                                                                \
	"between the looks, once an interval: what splice, sendfile and kTLS read or write"

static const struct tier tcp_tiers[] = {
	{
		.tier = KERNEL_TIER_FENTRY,
		.variants = MODERN,
		.programs = {"rs_tcp_recv", "rs_tcp_send"},
		.hooks = {"fentry/tcp_recvmsg", "fentry/tcp_sendmsg"},
		.functions = {"tcp_recvmsg", "tcp_sendmsg"},
		.blind_spots = {TCP_BETWEEN, TCP_MISSES},
		.cost = TCP_COST "receives or sends by TCP; " TCP_LOOK,
	},
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN | LEGACY,
		.programs = {"rs_tcp_krecv", "rs_tcp_ksend"},
		.hooks = {"kprobe/tcp_recvmsg", "kprobe/tcp_sendmsg"},
		.kprobes = {"tcp_recvmsg", "tcp_sendmsg"},
		.blind_spots = {TCP_BETWEEN, TCP_MISSES},
		.cost = TCP_COST "receives or sends by TCP; " TCP_LOOK,
	},
	{
		.tier = KERNEL_TIER_TRACEPOINT,
		.variants = MODERN,
		.programs = {"rs_tcp_received", "rs_tcp_sent"},
		.hooks = {"tp_btf/sock_recv_length", "tp_btf/sock_send_length"},
		.tracepoints = {"sock_recv_length", "sock_send_length"},
		.blind_spots = {"a receive queue that is full, but emptied by each read: reads are "
				"seen when they have ended",
				TCP_MISSES},
		.cost = TCP_COST "receives or sends by TCP, tens of ns by other sockets; " TCP_LOOK,
	},
	{
		.tier = KERNEL_TIER_TRACEPOINT,
		.variants = MODERN,
		.programs = {"rs_tcp_adjusted", "rs_tcp_probed"},
		.hooks = {"tp_btf/tcp_rcv_space_adjust", "raw_tp/tcp_probe"},
		.tracepoints = {"tcp_rcv_space_adjust", "tcp_probe"},
		.blind_spots = {"a receive queue that is full, but emptied by each read: reads are "
				"seen when they have ended",
				"a send queue while nothing arrives from its peer",
				"with cgroup v1, whose a send queue is, between the looks at all: "
				"it counts for a cgroup of the v2 hierarchy",
				TCP_MISSES},
		.cost = TCP_COST "receives by TCP, and for each segment that arrives; " TCP_LOOK,
	},
	{0},
};

static const struct tier object_tiers[] = {
	{
		.tier = KERNEL_TIER_ITERATOR,
		.only = true,
		.built_in = true,
		.variants = MODERN | LEGACY,
		.programs = {"rs_bpf_programs", "rs_bpf_maps", "rs_bpf_holders"},
		.hooks = {"iter/bpf_prog", "iter/bpf_map", "iter/task_file"},
		.iterators = {"bpf_prog", "bpf_map", "task_file"},
		.blind_spots = {"what was loaded and unloaded again between two intervals",
				"who holds an object by a pinned file, a cgroup or a device alone, "
				"or in another pid namespace",
				"the memory of map types whose size only their own code knows"},
		.cost = "nothing between the intervals; at each, a look at all BPF objects and "
			"each open file of the machine",
	},
	{0},
};

#define KILL_UNSEEN                                                                                \
	"who sent what was sent before the probe was attached, or by PTRACE_KILL, or while 2,048 " \
	"others were under way: the kill is told, its sender is not"
#define KILL_ATTACHED                                                                              \
	"processes of a cgroup or pid namespace that is being ended while the probe is attached "  \
	"or detached"

static const struct tier kill_tiers[] = {
	{
		.tier = KERNEL_TIER_KPROBE,
		.variants = MODERN | LEGACY,
		.programs = {"rs_kill_signal", "rs_kill_kexit"},
		.hooks = {"raw_tp/signal_generate", "kprobe/exit_files"},
		.kprobes = {"exit_files"},
		.tracepoints = {"signal_generate"},
		.blind_spots = {KILL_UNSEEN, KILL_ATTACHED},
		.cost = "a few ns for each signal sent, 0.1 to 0.2 µs for each thread that exits",
	},
	{
		.tier = KERNEL_TIER_TRACEPOINT,
		.only = true,
		.variants = MODERN | LEGACY,
		.programs = {"rs_kill_signal", "rs_kill_exit"},
		.hooks = {"raw_tp/signal_generate", "raw_tp/sched_process_exit"},
		.tracepoints = {"signal_generate", "sched_process_exit"},
		.blind_spots = {KILL_UNSEEN, KILL_ATTACHED,
				"where tracepoints run preemptibly (newest kernels): who exits "
				"while another is preempted inside the program (missed_runs is "
				"the upper bound)"},
		.cost = "nothing but a few ns for each signal sent and each thread that exits",
	},
	{0},
};

const struct tier *const tiers_of[WIRE_PROBE_COUNT] = {
	[WIRE_OOM_KILL] = oom_tiers,     [WIRE_SECCOMP_DENIAL] = seccomp_tiers,
	[WIRE_TCP_QUEUE] = tcp_tiers,    [WIRE_BPF_OBJECT] = object_tiers,
	[WIRE_SIGNAL_KILL] = kill_tiers,
};

static const struct tail tails[] = {
	{WIRE_OOM_KILL, "rs_oom_tail", 0, "rs_oom_finish"},
	{WIRE_SECCOMP_DENIAL, "rs_sec_tail", 0, "rs_sec_finish"},
	{WIRE_SECCOMP_DENIAL, "rs_sec_next", 0, "rs_sec_run"},
	{WIRE_SECCOMP_DENIAL, "rs_sec_next", 1, "rs_sec_finish"},
	{0},
};

const struct tail *tiers_tails(void)
{
	return tails;
}

bool tiers_ends_in(unsigned probe, const char *program)
{
	for (const struct tail *tail = tails; tail->program; tail++)
		if (tail->probe == probe && !strcmp(tail->program, program))
			return true;
	return false;
}

const char tiers_common[] = "rs_rmdir";
const char tiers_dead[] = "rs_dead_rows";

const struct tiers_table tiers_tables[WIRE_PROBE_COUNT] = {
	[WIRE_OOM_KILL] = {.map = "rs_ooms",
			   .program = "rs_oom_rows",
			   .key_size = sizeof(struct wire_oom_key),
			   .row_size = sizeof(struct wire_row),
			   .left = OOM_BY_USERS,
			   .left_to = WIRE_SIGNAL_KILL},
	[WIRE_SECCOMP_DENIAL] = {.map = "rs_denials",
				 .program = "rs_denial_rows",
				 .key_size = sizeof(struct wire_denial_key),
				 .row_size = sizeof(struct wire_row),
				 .rows = "rs_denial_array",
				 .taken = "rs_denial_taken",
				 .self_tested = true,
				 .outcome = "rs_sec_outcome",
				 .unmarked = "rs_unmarked",
				 .own_refused = "rs_own_refused",
				 .maps = {"rs_denial_array"}},
	[WIRE_TCP_QUEUE] = {.map = "rs_tcp",
			    .program = "rs_tcp_rows",
			    .key_size = sizeof(struct wire_cgroup_key),
			    .row_size = sizeof(struct wire_tcp_row),
			    .per_cpu = true,
			    .row_bytes = "rs_tcp_row_bytes",
			    .room = "rs_tcp_room",
			    .ended = "rs_tcp_ended",
			    .maps = {"rs_tcp"}},
	[WIRE_BPF_OBJECT] = {.key_size = sizeof(struct wire_cgroup_key), .lists_objects = true},
	[WIRE_SIGNAL_KILL] = {.map = "rs_kills",
			      .program = "rs_kill_rows",
			      .key_size = sizeof(struct wire_kill_key),
			      .row_size = sizeof(struct wire_row),
			      .maps = {"rs_kills", "rs_kill_notes", "rs_kill_members",
				       "rs_kill_ended", "rs_kill_unknown"}},
};

const struct look tiers_looks[WIRE_PROBE_COUNT][3] = {
	[WIRE_TCP_QUEUE] = {{"rs_tcp_look", "task_file", NULL,
			     "sockets that no task reads from or sends to: this kernel gives no "
			     "iterator over open files"}},
	[WIRE_SIGNAL_KILL] = {{"rs_kill_look", "bpf_map_elem", "rs_kill_notes",
			       "what has ended of a cgroup or pid namespace, as long as one of its "
			       "processes has not: this kernel gives no iterator over maps"},
			      {"rs_kill_look_members", "bpf_map_elem", "rs_kill_members", NULL}},
};

bool tiers_looks_by(unsigned probe, const char *program)
{
	for (const struct look *look = tiers_looks[probe]; look->program; look++)
		if (!strcmp(look->program, program))
			return true;
	return false;
}

const char *tiers_left(unsigned probe, uint32_t attached)
{
	const struct tiers_table *table = &tiers_tables[probe];

	return table->left && !(attached & 1u << table->left_to) ? table->left : NULL;
}

bool tiers_other(unsigned probe, const struct tier *tier, enum programs_variant variant)
{
	for (const struct tier *other = tiers_of[probe]; other->programs[0]; other++)
		if (other->tier == tier->tier && other->variants & 1u << variant)
			return true;
	return false;
}

const char *tier_name(enum kernel_tier tier)
{
	static const char *const names[KERNEL_TIER_COUNT] = {
		[KERNEL_TIER_NONE] = "none",         [KERNEL_TIER_FENTRY] = "fentry",
		[KERNEL_TIER_KPROBE] = "kprobe",     [KERNEL_TIER_TRACEPOINT] = "tracepoint",
		[KERNEL_TIER_ITERATOR] = "iterator",
	};

	return tier < ARRAY_SIZE(names) ? names[tier] : "?";
}

bool tiers_is_extra(const struct tier *tier, const char *program)
{
	return tier->extra.program && !strcmp(tier->extra.program, program);
}

bool tiers_has(const struct tier *tier, const char *program)
{
	for (size_t i = 0; tier && i < KERNEL_TEXTS && tier->programs[i]; i++)
		if (!strcmp(tier->programs[i], program))
			return true;
	return tier && tiers_is_extra(tier, program);
}
