/* SPDX-License-Identifier: Apache-2.0 */
/* What to change, with the very file, unit or command. Advice is given only where the record
 * says enough to be sure that it is the right place. */
#include <string.h>

#include "text-part.h"

/* " (512 MiB now)" */
static void put_now(struct line *line, const Ringside__V1__OomKill *kill)
{
	if (!kill->has_limit_bytes)
		return;
	line_text(line, " (");
	line_limit(line, kill->limit_bytes);
	line_text(line, " now)");
}

static void raise_file(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;
	bool v1 = owner->hierarchy_id != 0; /* cgroup v2 is hierarchy 0 */

	line_text(line, "raise ");
	if (text_has(owner->cgroup_path) && !owner->path_truncated) {
		line_text(line, v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup");
		line_safe(line, owner->cgroup_path, TEXT_PATH_MAX);
		line_put(line, "/", 1);
	}
	line_text(line, v1 ? "memory.limit_in_bytes" : "memory.max");
	put_now(line, kill);
}

static void raise_unit(struct line *line, const char *unit, const Ringside__V1__OomKill *kill)
{
	line_text(line, "raise it with `systemctl set-property ");
	line_safe(line, unit, TEXT_NAME_MAX * 2);
	line_text(line, " MemoryMax=SIZE`");
	put_now(line, kill);
}

static void raise_container(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	if (text_has(owner->pod_uid) || text_has(owner->pod_name)) {
		line_text(line, "raise resources.limits.memory of container ");
		text_container(line, owner);
		put_now(line, kill);
	} else if (text_has(owner->id) &&
		   (text_equal(owner->runtime, "docker") || text_equal(owner->runtime, "podman"))) {
		line_text(line, "raise it with `");
		line_text(line, owner->runtime);
		line_text(line, " update --memory SIZE ");
		text_short_id(line, owner->id);
		line_text(line, "`");
		put_now(line, kill);
	} else {
		raise_file(line, kill);
	}
}

static void raise_slice(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	if (text_has(owner->cgroup_path) && strstr(owner->cgroup_path, "kubepods")) {
		line_text(line, "the kubelet set this limit for all pods of the node together");
		put_now(line, kill);
		line_text(line, ": move pods away, or lower kubeReserved and systemReserved");
	} else if (text_has(owner->systemd_slice)) {
		raise_unit(line, owner->systemd_slice, kill);
	} else {
		raise_file(line, kill);
	}
}

static void raise_limit(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	switch (kill->limit_level) {
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER:
		raise_container(line, kill);
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD:
		line_text(line, "raise resources.limits.memory of the pod's containers: the pod's "
				"limit is their sum");
		put_now(line, kill);
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE:
		raise_slice(line, kill);
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT:
		if (text_has(owner->systemd_unit)) {
			raise_unit(line, owner->systemd_unit, kill);
			break;
		}
		raise_file(line, kill);
		break;
	default:
		raise_file(line, kill);
		break;
	}
}

/* Whoever raises a limit wants to know whether this process was the one that filled it. */
static void put_share(struct line *line, const Ringside__V1__OomKill *kill)
{
	uint64_t own = kill->anon_rss_bytes + kill->file_rss_bytes + kill->shmem_rss_bytes;

	if (text_shmem_matters(kill)) {
		line_text(line, "; shmem may outlive its process: look into /dev/shm and tmpfs");
	} else if (kill->has_anon_rss_bytes && kill->has_usage_bytes &&
		   own < kill->usage_bytes / 2) {
		line_text(line, "; the process held ");
		line_bytes(line, own);
		line_text(line, " of the ");
		line_bytes(line, kill->usage_bytes);
		line_text(line, " in use: the rest is other processes, tmpfs or the kernel's");
	}
}

void advice_oom_kill(struct line *line, const Ringside__V1__OomKill *kill)
{
	switch (kill->scope) {
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMCG:
		if (!kill->limit_owner || !kill->has_limit_bytes)
			return;
		raise_limit(line, kill);
		put_share(line, kill);
		return;
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_GLOBAL:
		line_text(line,
			  "give the machine more memory or swap, or give what grows a limit of its "
			  "own (MemoryMax=, resources.limits.memory)");
		break;
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_CPUSET:
		line_text(line,
			  "widen cpuset.mems of the cgroup: other nodes may have memory left");
		break;
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMPOLICY:
		line_text(line,
			  "the program is bound to NUMA nodes (numactl --membind, mbind): bind it "
			  "to more, or use --preferred");
		break;
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_SYSRQ:
		line_text(line, "nothing to change: somebody pressed Alt+SysRq+F or wrote f to "
				"/proc/sysrq-trigger");
		return;
	default:
		return;
	}
	if (kill->oom_score_adj > 0) {
		line_text(line, "; its oom_score_adj of ");
		line_int(line, kill->oom_score_adj);
		line_text(line, " made this process a likelier choice");
	}
}

/* What a denial and its Limited have in common. */
struct denial {
	const Ringside__V1__Container *container;
	Ringside__V1__SeccompAction action;
	const char *syscall_name;
	const char *error_name;
	bool strict;
};

static void allow_in_profile(struct line *line, const char *name)
{
	line_text(line, "allow it with {\"names\": [\"");
	line_safe(line, name, TEXT_NAME_MAX);
	line_text(line, "\"], \"action\": \"SCMP_ACT_ALLOW\"} in the container's seccomp profile");
}

static void allow(struct line *line, const struct denial *denial)
{
	const Ringside__V1__Container *c = denial->container;

	if (!text_has(denial->syscall_name))
		return;
	if (c && (text_has(c->id) || text_has(c->pod_uid))) {
		allow_in_profile(line, denial->syscall_name);
	} else if (c && text_has(c->systemd_unit) && strstr(c->systemd_unit, ".service")) {
		line_text(line, "allow it with SystemCallFilter=");
		line_safe(line, denial->syscall_name, TEXT_NAME_MAX);
		line_text(line, " in `systemctl edit ");
		line_safe(line, c->systemd_unit, TEXT_NAME_MAX * 2);
		line_text(line, "`, unless the filter is the program's own");
	} else {
		line_text(line, "the filter is the program's own or its starter's: look into its "
				"sandbox settings");
	}
}

static void advise_denial(struct line *line, const struct denial *denial)
{
	switch (denial->strict ? -1 : (int)denial->action) {
	case -1:
		line_text(line,
			  "the program asked for strict mode itself: it must do without this call");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_LOG:
		line_text(line, "nothing was denied: to stop the logging, ");
		allow(line, denial);
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_TRACE:
		line_text(line,
			  "the filter leaves this call to a tracer: run the program under the one "
			  "it is meant for");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_USER_NOTIF:
		line_text(line,
			  "the filter leaves this call to a supervisor, usually the container "
			  "manager: its settings decide");
		break;
	case RINGSIDE__V1__SECCOMP_ACTION__SECCOMP_RET_ERRNO:
		if (text_equal(denial->error_name, "ENOSYS") &&
		    text_falls_back(denial->syscall_name)) {
			line_text(line, "nothing to change, unless the program fails");
			break;
		}
		/* fallthrough */
	default:
		allow(line, denial);
		break;
	}
}

void advice_seccomp_denial(struct line *line, const Ringside__V1__SeccompDenial *denial)
{
	advise_denial(line, &(struct denial){
				    .container = denial->container,
				    .action = denial->action,
				    .syscall_name = denial->syscall_name,
				    .error_name = denial->error_name,
				    .strict = denial->strict_mode,
			    });
}

void advice_seccomp_limited(struct line *line, const Ringside__V1__Limited *limited)
{
	if (limited->overflow)
		return;
	advise_denial(line, &(struct denial){
				    .container = limited->container,
				    .action = limited->action,
				    .syscall_name = limited->syscall_name,
				    .error_name = limited->error_name,
			    });
}

void advice_lost(struct line *line, const Ringside__V1__Lost *lost)
{
	switch (lost->reason) {
	case RINGSIDE__V1__LOST__REASON__RING_FULL:
		line_text(line, "start the streamer with a larger --ring-size, or a lower --rate");
		break;
	case RINGSIDE__V1__LOST__REASON__SINK:
		line_text(line, "look at the disk's free space, or at who reads the pipe");
		break;
	default:
		break;
	}
}
