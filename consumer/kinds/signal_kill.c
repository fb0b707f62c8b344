/* SPDX-License-Identifier: Apache-2.0 */
/* "python3[1234] stopped by its runtime (containerd-shim[812] of containerd.service, child of
 *  systemd): SIGKILL, exit code 137": what became of it, by whom, how, and how many with it.
 * Whoever sent a signal had a reason; it is not in the signal, so none is told. */
#include "consumer/kinds/kind.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

#define CAUSE(name) RINGSIDE__V1__KILL_CAUSE__KILL_CAUSE_##name
#define OOMD "systemd-oomd"

/* A process can call itself what it likes, so it has to be where no container is: in a unit, a
 * pod's own cgroup, which is the kubelet's, or the root. A cgroup of another name may be a
 * container's. */
static bool is_of_machine(const Ringside__V1__Container *c)
{
	if (!c || !text_has(c->cgroup_path) || c->path_truncated || text_has(c->id) ||
	    text_has(c->nested))
		return false;
	return text_has(c->systemd_unit) || text_has(c->pod_uid) || text_equal(c->cgroup_path, "/");
}

/* A user has a runtime of their own for what is below their manager, and for nothing else. */
static bool is_of_others(const Ringside__V1__SignalKill *kill)
{
	const Ringside__V1__Process *sender = kill->sender;
	const Ringside__V1__Container *target = kill->target_container;

	if (!sender->has_uid || !sender->uid)
		return false;
	return !target->has_systemd_user_uid || target->systemd_user_uid != sender->uid;
}

/* What runs containers, by the names that fit in a comm; of some it is known whose alone. */
static bool is_runtime(const Ringside__V1__SignalKill *kill)
{
	static const struct {
		const char *name, *runtime;
	} runtimes[] = {
		{"buildkitd", NULL},
		{"conmon", NULL},
		{"conmonrs", NULL},
		{"containerd", NULL},
		{"containerd-shim", NULL},
		{"crio", "crio"},
		{"crun", NULL},
		{"dockerd", NULL},
		{"lxc-start", "lxc"},
		{"podman", "podman"},
		{"runc", NULL},
		{"runsc", NULL},
		{"systemd-nspawn", "nspawn"},
		{"youki", NULL},
	};
	const Ringside__V1__Container *target = kill->target_container;
	const char *name = text_comm(kill->sender);

	if (!text_in_container(target) || !is_of_machine(kill->sender_container) ||
	    is_of_others(kill))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++)
		if (text_equal(name, runtimes[i].name))
			return !runtimes[i].runtime || !text_has(target->runtime) ||
			       text_equal(target->runtime, runtimes[i].runtime);
	return false;
}

static bool is_itself(const Ringside__V1__SignalKill *kill)
{
	return kill->target && kill->sender && kill->sender->has_pid && kill->target->has_pid &&
	       kill->target->pid == kill->sender->pid;
}

static bool is_in_unit_of_oomd(const Ringside__V1__Container *c)
{
	return is_of_machine(c) && text_equal(c->systemd_unit, OOMD ".service");
}

/* Not what ends in its own unit: no setting of its says so. */
static bool is_by_oomd(const Ringside__V1__SignalKill *kill)
{
	return text_equal(text_comm(kill->sender), OOMD) &&
	       is_in_unit_of_oomd(kill->sender_container) &&
	       !is_in_unit_of_oomd(kill->target_container) && !is_itself(kill);
}

static bool is_named(const Ringside__V1__Container *c)
{
	return text_has(c->cgroup_path) || text_has(c->id);
}

static bool is_same_cgroup(const Ringside__V1__Container *a, const Ringside__V1__Container *b)
{
	if (a->has_cgroup_id && b->has_cgroup_id)
		return a->cgroup_id == b->cgroup_id && a->hierarchy_id == b->hierarchy_id;
	return !text_has(a->id) && !text_has(b->id) && text_equal(a->cgroup_path, b->cgroup_path);
}

/* A container has cgroups of its own; what is not in one is told apart by its cgroup. Different
 * ones may have the same path, where that is cut, or none that is known. */
static bool is_elsewhere(const Ringside__V1__SignalKill *kill)
{
	const Ringside__V1__Container *from = kill->sender_container, *to = kill->target_container;

	if (!from || !(is_named(from) || from->has_cgroup_id))
		return false;
	if (!to)
		return true;
	if (is_same_cgroup(from, to))
		return false;
	return !(text_has(from->id) && text_same_container(from, to));
}

static bool has_sender(const Ringside__V1__SignalKill *kill)
{
	return kill->sender && (kill->sender->has_pid || text_has(text_comm(kill->sender)));
}

static void put_place(struct line *line, const Ringside__V1__Container *c)
{
	if (is_named(c))
		text_container(line, c);
	else
		line_text(line, "another cgroup");
}

/* "bash[99] of ssh.service, child of sshd". The machine's first process has no parent. */
static void put_sender(struct line *line, const Ringside__V1__SignalKill *kill)
{
	text_process(line, kill->sender);
	if (is_elsewhere(kill)) {
		line_text(line, " of ");
		put_place(line, kill->sender_container);
	}
	if (text_has(kill->sender_parent_comm) && kill->sender->pid != 1) {
		line_text(line, ", child of ");
		line_name(line, kill->sender_parent_comm, TEXT_NAME_MAX);
	}
}

static void put_in_brackets(struct line *line, const Ringside__V1__SignalKill *kill)
{
	if (!has_sender(kill))
		return;
	line_text(line, " (");
	put_sender(line, kill);
	line_text(line, ")");
}

static void put_by(struct line *line, const Ringside__V1__SignalKill *kill, const char *with)
{
	if (is_runtime(kill)) {
		line_text(line, " stopped");
		line_text(line, with);
		line_text(line, " by its runtime");
		put_in_brackets(line, kill);
		return;
	}
	line_text(line, " killed");
	line_text(line, with);
	if (has_sender(kill)) {
		line_text(line, " by ");
		put_sender(line, kill);
	} else {
		line_text(line, ", by whom is not known");
	}
}

static void put_sent(struct line *line, const Ringside__V1__SignalKill *kill)
{
	if (is_itself(kill))
		line_text(line, " killed itself");
	else
		put_by(line, kill, "");
}

/* A timer, a message queue or I/O, with a signal that somebody chose; or who says so: any process
 * may send such a code (rt_sigqueueinfo(2)). */
static bool is_asked_for(const Ringside__V1__SignalKill *kill)
{
	return kill->has_code && kill->code < 0;
}

#define BUS_MCEERR_AR 4 /* sigaction(2) */
#define BUS_MCEERR_AO 5
#define FAILED_MEMORY                                                                              \
	"if it is the machine's, `journalctl -k -g 'Hardware Error|Memory failure'` says where"

/* What the kernel's signals say by themselves that is no fault of the process. A SIGKILL says
 * nothing; a SIGXCPU is the same of two limits, and of SCHED_DEADLINE with SCHED_FLAG_DL_OVERRUN.
 */
static const struct reason {
	const char *signal;
	int32_t code; /* 0: any */
	const char *sentence, *advice;
} reasons[] = {
	{"SIGXCPU", 0, " ended: it took more CPU time than it may",
	 "raise its RLIMIT_CPU (`ulimit -t`, LimitCPU= of a unit); or, of a real-time process, "
	 "RLIMIT_RTTIME (LimitRTTIME=), or of SCHED_DEADLINE its runtime (`chrt -p PID`): the "
	 "signal does not say which"},
	{"SIGXFSZ", 0, " ended: its limit of a file's size was reached",
	 "raise its RLIMIT_FSIZE (`ulimit -f`, LimitFSIZE= of a unit)"},
	{"SIGBUS", BUS_MCEERR_AR, " ended: it used memory that is marked as failed", FAILED_MEMORY},
	{"SIGBUS", BUS_MCEERR_AO, " ended: memory that it has is marked as failed", FAILED_MEMORY},
};

static const struct reason *reason_of(const Ringside__V1__SignalKill *kill)
{
	if (kill->cause != CAUSE(KERNEL) || is_asked_for(kill))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (text_equal(kill->signal_name, reasons[i].signal) &&
		    (!reasons[i].code || (kill->has_code && kill->code == reasons[i].code)))
			return &reasons[i];
	return NULL;
}

static void put_kernels(struct line *line, const Ringside__V1__SignalKill *kill)
{
	const struct reason *reason = reason_of(kill);

	if (reason)
		line_text(line, reason->sentence);
	else if (is_asked_for(kill))
		line_text(line, " killed, by whom is not known");
	else if (text_equal(kill->signal_name, "SIGKILL"))
		line_text(line, " killed by the kernel");
	else
		line_text(line, " crashed");
}

/* PR_SET_PDEATHSIG is of the thread that has made the child: others of the parent may go on. */
static void put_parents(struct line *line, const Ringside__V1__SignalKill *kill)
{
	const Ringside__V1__Process *parent = kill->sender;
	const bool thread = parent && parent->has_tid && parent->tid != parent->pid;

	line_text(line, " killed when ");
	line_text(line, thread ? "the thread that started it ended" : "its parent ended");
	put_in_brackets(line, kill);
}

static void put_how(struct line *line, const Ringside__V1__SignalKill *kill)
{
	switch (kill->cause) {
	case CAUSE(UNSPECIFIED):
	case CAUSE(SENT):
		put_sent(line, kill);
		break;
	case CAUSE(CGROUP):
		put_by(line, kill, " with its cgroup");
		break;
	case CAUSE(PID_NAMESPACE):
		line_text(line, " ended with its pid namespace: its pid 1 ended");
		put_in_brackets(line, kill);
		break;
	case CAUSE(PARENT):
		put_parents(line, kill);
		break;
	case CAUSE(TRACER):
		line_text(line, " killed when its tracer ended");
		put_in_brackets(line, kill);
		break;
	case CAUSE(KERNEL):
		put_kernels(line, kill);
		break;
	case CAUSE(OOM):
		line_text(line, " killed by the OOM killer");
		break;
	case CAUSE(SECCOMP):
		line_text(line, " killed by seccomp");
		break;
	default:
		line_text(line, " killed in a way this version does not know");
		break;
	}
}

static void put_signal(struct line *line, const char *name, uint32_t number)
{
	if (text_has(name)) {
		line_safe(line, name, TEXT_NAME_MAX);
	} else {
		line_text(line, "signal ");
		line_uint(line, number);
	}
}

/* What sigaction(2) says of the codes that tell more than the signal does. */
static void put_code(struct line *line, const Ringside__V1__SignalKill *kill)
{
	static const struct {
		const char *signal;
		int32_t code;
		const char *text;
	} codes[] = {
		{"SIGSEGV", 1, " (nothing is mapped at the address)"},
		{"SIGSEGV", 2, " (no permission for the address)"},
		{"SIGBUS", 1, " (misaligned address)"},
		{"SIGBUS", 2, " (nothing is behind the address)"},
		{"SIGFPE", 1, " (integer divided by zero)"},
	};

	for (size_t i = 0; kill->has_code && i < ARRAY_SIZE(codes); i++)
		if (kill->code == codes[i].code && text_equal(kill->signal_name, codes[i].signal))
			line_text(line, codes[i].text);
}

static void put_end(struct line *line, const Ringside__V1__SignalKill *kill)
{
	line_text(line, reason_of(kill) || kill->cause == CAUSE(PID_NAMESPACE) ? "; " : ": ");
	put_signal(line, kill->signal_name, kill->signal);
	if (kill->cause == CAUSE(KERNEL))
		put_code(line, kill);
	if (kill->core_dumped)
		line_text(line, ", core dumped");
	if (kill->has_exit_status) {
		line_text(line, ", exit code ");
		line_uint(line, kill->exit_status);
	}
}

static void put_remaining(struct line *line, const Ringside__V1__SignalKill *kill)
{
	const bool one = kill->remaining == 1;

	line_text(line, kill->has_processes ? ", " : "; ");
	line_count(line, kill->remaining);
	if (kill->has_processes)
		line_text(line, one ? " has not yet" : " have not yet");
	else
		line_text(line,
			  one ? " process has not exited yet" : " processes have not exited yet");
}

/* Of several events of the same each counts anew, and only the first need be about the target: so
 * it is not told as one of so many. */
static void put_processes(struct line *line, const Ringside__V1__SignalKill *kill)
{
	if (kill->has_processes) {
		line_text(line, "; ");
		line_count(line, kill->processes);
		line_text(line, kill->processes == 1 ? " process has exited by it"
						     : " processes have exited by it");
	}
	if (kill->has_remaining && kill->remaining)
		put_remaining(line, kill);
	if (kill->pid_namespace_init)
		line_text(line, "; its pid namespace dies (pid 1)");
}

static void put_cause(struct line *line, const Ringside__V1__Limited *limited)
{
	static const char *const causes[] = {
		[CAUSE(UNSPECIFIED)] = "by whom is not known",
		[CAUSE(SENT)] = "sent by processes",
		[CAUSE(CGROUP)] = "by cgroup.kill",
		[CAUSE(PID_NAMESPACE)] = "the pid 1 of the pid namespace ended",
		[CAUSE(PARENT)] = "the parent ended",
		[CAUSE(TRACER)] = "the tracer ended",
		[CAUSE(KERNEL)] = "by the kernel",
		[CAUSE(OOM)] = "by the OOM killer",
		[CAUSE(SECCOMP)] = "by seccomp",
	};

	line_text(line, " (");
	if ((size_t)limited->kill_cause < ARRAY_SIZE(causes))
		line_text(line, causes[limited->kill_cause]);
	else
		line_text(line, "in a way this version does not know");
	line_text(line, ")");
}

static void put_limited(struct line *line, const Ringside__V1__Limited *limited)
{
	put_signal(line, limited->signal_name, limited->signal);
	put_cause(line, limited);
	text_more(line, limited);
}

static void put_sentence(struct line *line, const Ringside__V1__Record *record,
			 const Ringside__V1__Header *header)
{
	(void)header;
	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED) {
		put_limited(line, record->limited);
		return;
	}
	text_process(line, record->signal_kill->target);
	put_how(line, record->signal_kill);
	put_end(line, record->signal_kill);
	put_processes(line, record->signal_kill);
}

/* It kills below what its settings name, which may be any slice above. */
static void put_oomd(struct line *line, const Ringside__V1__Container *target)
{
	const char *unit = NULL;

	if (target && !text_has(target->id))
		unit = text_has(target->systemd_user_unit) ? target->systemd_user_unit
							   : target->systemd_unit;
	line_text(line, "`journalctl -u " OOMD "` says why: ManagedOOMSwap= or "
			"ManagedOOMMemoryPressure= is kill for ");
	if (text_has(unit))
		line_safe(line, unit, TEXT_NAME_MAX * 2);
	else
		line_text(line, "its cgroup");
	line_text(line, " or a slice above it");
}

static void put_advice(struct line *line, const Ringside__V1__Record *record)
{
	const Ringside__V1__SignalKill *kill = record->signal_kill;

	if (record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED)
		return;
	if (reason_of(kill))
		line_text(line, reason_of(kill)->advice);
	else if ((kill->cause == CAUSE(SENT) || kill->cause == CAUSE(CGROUP)) && is_by_oomd(kill))
		put_oomd(line, kill->target_container);
}

/* A crash is the program's own fault, a SIGKILL mostly what somebody wanted. */
static const char *severity_of(const Ringside__V1__Record *record)
{
	const Ringside__V1__KillCause cause =
		record->body_case == RINGSIDE__V1__RECORD__BODY_LIMITED
			? record->limited->kill_cause
			: record->signal_kill->cause;

	return cause == CAUSE(KERNEL) || cause == CAUSE(OOM) || cause == CAUSE(SECCOMP) ? "ERROR"
											: "WARN";
}

const struct kind kind_signal_kill = {
	.name = "signal_kill",
	.word = "kill by signal",
	.words = "kills by signal",
	.option = "signal",
	.meant = (const char *const[]){"kill", "kills", "killed", "sig", "sigkill", "signals",
				       "crash", "crashes", "segfault", "segfaults", "segv",
				       "sigsegv", NULL},
	.body = RINGSIDE__V1__RECORD__BODY_SIGNAL_KILL,
	.limited = true,
	.others = "other signals",
	.advised = true,
	.tone = {"KILL", "\033[35m"},
	.severity = severity_of,
	.sentence = put_sentence,
	.advice = put_advice,
};
