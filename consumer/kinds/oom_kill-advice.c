/* SPDX-License-Identifier: Apache-2.0 */
/* Whose limit to raise, and where: never at a manager that is not the limit's own. */
#include <string.h>

#include "consumer/kinds/oom_kill-internal.h"
#include "consumer/text/admin-commands.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"
#include "proto/record/container-unit.h"
#include "proto/record/name-slice.h"

/* " (512 MiB now)" */
static void put_now(struct line *line, const Ringside__V1__OomKill *kill)
{
	if (!kill->has_limit_bytes)
		return;
	line_text(line, " (");
	line_limit(line, kill->limit_bytes);
	line_text(line, " now)");
}

static void enlarge_machine(struct line *line)
{
	line_text(line, "give the machine more memory or swap, or give what grows a limit of its "
			"own (MemoryMax=, resources.limits.memory)");
}

static void raise_file(struct line *line, const Ringside__V1__OomKill *kill)
{
	/* the root has no such file */
	if (text_equal(kill->limit_owner->cgroup_path, "/")) {
		enlarge_machine(line);
		return;
	}
	line_text(line, "raise ");
	text_cgroup_file(line, kill->limit_owner, "memory.max", "memory.limit_in_bytes");
	put_now(line, kill);
}

static void raise_unit(struct line *line, const char *unit, const Ringside__V1__OomKill *kill)
{
	char buf[TEXT_COMMAND_MAX];
	struct line command = line_make(buf, sizeof(buf));

	if (!text_has(unit) ||
	    !text_systemctl(&command, kill->limit_owner, unit, "set-property", " MemoryMax=SIZE")) {
		raise_file(line, kill);
		return;
	}
	(void)line_end(&command);
	line_text(line, "raise it with `");
	line_text(line, buf);
	line_text(line, "`");
	put_now(line, kill);
}

/* Where the limit of a batch system's job comes from. False: it is no such one. */
static bool raise_by_job(struct line *line, const Ringside__V1__OomKill *kill)
{
	static const struct {
		const char *runtime, *limit;
	} limits[] = {
		{"slurm", "raise the job's --mem or --mem-per-cpu"},
		{"pbs", "raise the job's mem in -l select="},
		{"htcondor", "raise the job's request_memory"},
		{"nomad", "raise memory, or memory_max, in the task's resources block"},
		{"yarn", "raise the memory that the application asks of YARN for its containers"},
		{"mesos", "raise the task's mem resource"},
		{"garden", "raise the app's memory (cf scale -m)"},
		{"ecs", "raise memory of the container in its ECS task definition"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (!text_equal(kill->limit_owner->runtime, limits[i].runtime))
			continue;
		line_text(line, limits[i].limit);
		put_now(line, kill);
		return true;
	}
	return false;
}

/* Containers of a user's, and the machine's own. What is below another unit may have been called
 * after any container by whoever has that. */
static bool raise_by_engine(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *c = kill->limit_owner;
	bool docker = text_equal(c->runtime, "docker");

	if ((!docker && !text_equal(c->runtime, "podman")) || !text_is_hex_id(c->id) ||
	    (text_has(c->systemd_unit) &&
	     (!c->has_systemd_user_uid || text_has(c->systemd_user_unit))))
		return false;
	line_text(line, "raise it with `");
	if (c->has_systemd_user_uid) {
		text_as_user(line, c->systemd_user_uid);
		if (docker) {
			line_text(line, "DOCKER_HOST=unix:///run/user/");
			line_uint(line, c->systemd_user_uid);
			line_text(line, "/docker.sock ");
		}
	}
	line_text(line, c->runtime);
	line_text(line, " update --memory SIZE ");
	text_short_id(line, c->id);
	line_text(line, "`");
	put_now(line, kill);
	return true;
}

static void raise_container(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	if (text_has(owner->nested)) {
		raise_file(line, kill);
	} else if (text_has(owner->pod_uid) || text_has(owner->pod_name)) {
		line_text(line, "raise resources.limits.memory of container ");
		text_container(line, owner);
		put_now(line, kill);
	} else if (text_equal(owner->runtime, "nspawn") && text_has(owner->systemd_unit)) {
		raise_unit(line, owner->systemd_unit, kill);
	} else if (!raise_by_job(line, kill) && !raise_by_engine(line, kill)) {
		raise_file(line, kill);
	}
}

/* A pod's own limit (spec.resources, since Kubernetes 1.32) comes before those of its containers,
 * whose sum it is without. */
static void raise_pod(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	if (text_has(owner->nested)) {
		raise_file(line, kill);
	} else if (text_has(owner->ecs_task_id)) {
		line_text(line, "raise memory of the task in its ECS task definition: it is the "
				"task's own limit");
		put_now(line, kill);
	} else if (text_has(owner->podman_pod_id)) {
		raise_file(line, kill);
		line_text(line, "; for good, make the pod anew with podman pod create --memory");
	} else if (text_has(owner->pod_uid) || text_has(owner->pod_name)) {
		line_text(line, "raise the pod's own spec.resources.limits.memory, or, where it "
				"has none, resources.limits.memory of its containers, which add "
				"up to the pod's");
		put_now(line, kill);
	} else {
		raise_file(line, kill);
	}
}

static bool has_kubepods(const char *path)
{
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		const struct container_name element = {path, strcspn(path, "/")};
		struct container_name uid;

		if (name_equal(element, SPAN("kubepods")) || unit_is_kubepods(element, &uid))
			return true;
		path += element.size;
	}
	return false;
}

/* kubepods and its QoS classes, of the machine's own kubelet. */
static bool is_kubelets(const Ringside__V1__Container *c)
{
	return text_has(c->cgroup_path) && has_kubepods(c->cgroup_path) && !text_has(c->id) &&
	       !text_has(c->systemd_unit) && !text_has(c->nested) && !text_has(c->nested_slice);
}

static void raise_slice(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	if (is_kubelets(owner)) {
		line_text(line, "the kubelet set this limit for all pods of the node together");
		put_now(line, kill);
		line_text(line, ": move pods away, or lower kubeReserved and systemReserved");
	} else if (text_has(owner->id)) {
		raise_unit(line, owner->nested_slice, kill);
	} else if (text_has(owner->systemd_user_slice)) {
		raise_unit(line, owner->systemd_user_slice, kill);
	} else if (text_has(owner->systemd_unit)) {
		raise_file(line, kill);
	} else {
		raise_unit(line, owner->systemd_slice, kill);
	}
}

static const char *unit_of(const Ringside__V1__Container *c)
{
	if (text_has(c->id))
		return c->nested_unit;
	return text_has(c->systemd_user_unit) ? c->systemd_user_unit : c->systemd_unit;
}

/* A job's steps and tasks have the limits that the job was given. */
static void raise_cgroup(struct line *line, const Ringside__V1__OomKill *kill)
{
	if (text_has(kill->limit_owner->nested) || !raise_by_job(line, kill))
		raise_file(line, kill);
}

static void raise_limit(struct line *line, const Ringside__V1__OomKill *kill)
{
	switch (kill->limit_level) {
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER:
		raise_container(line, kill);
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD:
		raise_pod(line, kill);
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE:
		raise_slice(line, kill);
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT:
		raise_unit(line, unit_of(kill->limit_owner), kill);
		break;
	default:
		raise_cgroup(line, kill);
		break;
	}
}

bool oom_kill_shmem_matters(const Ringside__V1__OomKill *kill)
{
	uint64_t own = kill->anon_rss_bytes + kill->file_rss_bytes;

	return kill->shmem_rss_bytes >= MIB && kill->shmem_rss_bytes >= own / 8;
}

/* Whoever raises a limit wants to know whether this process was the one that filled it. */
static void put_share(struct line *line, const Ringside__V1__OomKill *kill)
{
	uint64_t own = kill->anon_rss_bytes + kill->file_rss_bytes + kill->shmem_rss_bytes;

	if (oom_kill_shmem_matters(kill)) {
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

void oom_kill_advice(struct line *line, const Ringside__V1__Record *record)
{
	const Ringside__V1__OomKill *kill = record->oom_kill;

	switch (kill->scope) {
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_MEMCG:
		if (!kill->limit_owner || !kill->has_limit_bytes)
			return;
		raise_limit(line, kill);
		put_share(line, kill);
		return;
	case RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_GLOBAL:
		enlarge_machine(line);
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
