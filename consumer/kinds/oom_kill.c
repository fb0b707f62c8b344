/* SPDX-License-Identifier: Apache-2.0 */
/* "python3[1234] killed: container limit 512 MiB reached (rss 20 MiB; 470 MiB is shmem);
 *  container dies (pid 1); asked for by java[99]": the fact, the reason, the consequence. */
#include <string.h>

#include "consumer/base/prometheus.h"
#include "consumer/kinds/kernel-kills.h"
#include "consumer/kinds/kind.h"
#include "consumer/kinds/oom_kill-internal.h"
#include "consumer/sums/ledger.h"
#include "consumer/text/phrases.h"
#include "proto/base/util.h"

/* The system's, a user's, or a container's own. */
static void put_slice(struct line *line, const Ringside__V1__Container *owner)
{
	if (text_has(owner->id) && text_has(owner->nested_slice)) {
		line_safe(line, owner->nested_slice, TEXT_NAME_MAX * 2);
		line_text(line, " in ");
		text_container(line, owner);
	} else if (text_has(owner->systemd_user_slice)) {
		line_safe(line, owner->systemd_user_slice, TEXT_NAME_MAX * 2);
		line_text(line, " of ");
		line_safe(line, owner->systemd_unit, TEXT_NAME_MAX * 2);
	} else {
		line_safe(line, owner->systemd_slice, TEXT_NAME_MAX * 2);
	}
}

static bool has_slice(const Ringside__V1__Container *owner)
{
	if (text_has(owner->id))
		return text_has(owner->nested_slice);
	return text_has(owner->systemd_user_slice) ||
	       (text_has(owner->systemd_slice) && !text_has(owner->systemd_unit));
}

static bool has_pod(const Ringside__V1__Container *owner)
{
	return text_has(owner->pod_name) || text_has(owner->pod_uid) || text_has(owner->nested) ||
	       text_has(owner->ecs_task_id) || text_has(owner->podman_pod_id);
}

static void put_pod(struct line *line, const Ringside__V1__Container *owner)
{
	if (text_has(owner->nested) || (!text_has(owner->pod_name) && !text_has(owner->pod_uid))) {
		text_container(line, owner);
		return;
	}
	line_text(line, "pod ");
	line_safe(line, text_has(owner->pod_name) ? owner->pod_name : owner->pod_uid,
		  TEXT_NAME_MAX * 2);
}

/* Which container, pod, unit, slice or cgroup the limit belongs to. */
static void put_owner(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner;

	switch (kill->limit_level) {
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER:
		line_text(line, text_in_container(owner) ? "container " : "");
		text_container(line, owner);
		return;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD:
		if (has_pod(owner)) {
			put_pod(line, owner);
			return;
		}
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_HOST:
		line_text(line, "the whole machine");
		return;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT:
		if (text_has(owner->systemd_unit) || text_has(owner->id)) {
			text_container(line, owner);
			return;
		}
		break;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE:
		if (has_slice(owner)) {
			put_slice(line, owner);
			return;
		}
		break;
	default:
		break;
	}
	line_text(line, "cgroup ");
	text_path(line, text_has(owner->cgroup_path) ? owner->cgroup_path : "(path not known)");
}

/* The container of @owner is @victim's, and not one of two that are nested in each other. */
static bool is_own_container(const Ringside__V1__Container *owner,
			     const Ringside__V1__Container *victim)
{
	if (!text_equal(owner->id, victim->id))
		return false;
	if (text_has(owner->nested))
		return text_equal(owner->nested, victim->nested);
	return !text_has(victim->nested_id);
}

static const char *own_container(const Ringside__V1__Container *owner)
{
	return text_in_container(owner) ? "container" : "job";
}

/* "container", "pod" or "unit" if the limit is of the very one the line is about, else NULL. */
static const char *own_level(const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Container *owner = kill->limit_owner, *victim = kill->victim_container;

	if (!victim)
		return NULL;
	switch (kill->limit_level) {
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CONTAINER:
		return is_own_container(owner, victim) ? own_container(owner) : NULL;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_POD:
		return text_equal(owner->pod_uid, victim->pod_uid) && !text_has(owner->nested)
			       ? "pod"
			       : NULL;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_UNIT:
		return text_same_container(owner, victim) ? "unit" : NULL;
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_SLICE:
	case RINGSIDE__V1__LIMIT_LEVEL__LIMIT_LEVEL_CGROUP:
		return text_equal(owner->cgroup_path, victim->cgroup_path) ? "cgroup" : NULL;
	default:
		return NULL;
	}
}

static void put_memcg(struct line *line, const Ringside__V1__OomKill *kill)
{
	const char *own;

	if (!kill->limit_owner) {
		line_text(line, "the limit of a memory cgroup reached, which one is not known");
		return;
	}
	own = own_level(kill);
	if (!kill->has_limit_bytes) {
		if (own)
			line_text(line, own);
		else
			put_owner(line, kill);
		line_text(line, " out of memory, though it has no limit");
		return;
	}
	if (own)
		line_text(line, own);
	line_text(line, own ? " limit " : "limit ");
	line_limit(line, kill->limit_bytes);
	if (!own) {
		line_text(line, " of ");
		put_owner(line, kill);
	}
	line_text(line, " reached");
}

#define SCOPE(name) RINGSIDE__V1__OOM_SCOPE__OOM_SCOPE_##name

static void put_reason(struct line *line, const Ringside__V1__OomKill *kill)
{
	static const char *const reasons[] = {
		[SCOPE(UNSPECIFIED)] = "out of memory, which limit is not known",
		[SCOPE(GLOBAL)] = "the machine ran out of memory",
		[SCOPE(CPUSET)] = "the memory nodes of a cpuset ran out",
		[SCOPE(MEMPOLICY)] = "the memory nodes of a NUMA policy ran out",
		[SCOPE(SYSRQ)] = "asked for with sysrq-f",
	};
	const size_t scope = (size_t)kill->scope;

	if (kill->limit_inferred && kill->scope)
		line_text(line, "probably ");
	if (kill->scope == SCOPE(MEMCG))
		put_memcg(line, kill);
	else
		line_text(line, reasons[scope < ARRAY_SIZE(reasons) ? scope : 0]);
}

/* Shared memory stands apart from rss: it goes on counting when the process is gone. */
static void put_sizes(struct line *line, const Ringside__V1__OomKill *kill)
{
	uint64_t own = kill->anon_rss_bytes + kill->file_rss_bytes;

	if (!kill->has_anon_rss_bytes && !kill->has_file_rss_bytes)
		return;
	line_text(line, kill->rss_approximate ? " (rss about " : " (rss ");
	line_bytes(line, own);
	if (oom_kill_shmem_matters(kill)) {
		line_text(line, "; ");
		line_bytes(line, kill->shmem_rss_bytes);
		line_text(line, " is shmem");
	}
	if (kill->swap_bytes >= MIB && kill->swap_bytes >= own / 8) {
		line_text(line, "; ");
		line_bytes(line, kill->swap_bytes);
		line_text(line, " in swap");
	}
	line_text(line, ")");
}

static void put_consequence(struct line *line, const Ringside__V1__OomKill *kill)
{
	if (kill->shares_memory)
		line_text(line, "; shares the memory of another victim");
	if (kill->oom_group)
		line_text(line, "; with its whole cgroup");
	if (kill->has_victim_number && (kill->oom_group || kill->victim_number > 1)) {
		line_text(line, kill->oom_group ? ", process " : "; process ");
		line_count(line, kill->victim_number);
		line_text(line, " of this kill");
	}
	if (kill->container_init)
		line_text(line, "; container dies (pid 1)");
	else if (kill->pid_namespace_init)
		line_text(line, "; its pid namespace dies (pid 1)");
}

static bool same_container(const Ringside__V1__Container *a, const Ringside__V1__Container *b)
{
	if (!a || !b)
		return true; /* nothing to tell */
	if (text_has(a->id) || text_has(b->id))
		return text_same_container(a, b);
	return text_equal(a->cgroup_path, b->cgroup_path) ||
	       (a->has_cgroup_id && b->has_cgroup_id && a->cgroup_id == b->cgroup_id &&
		a->hierarchy_id == b->hierarchy_id);
}

static void put_trigger(struct line *line, const Ringside__V1__OomKill *kill)
{
	const Ringside__V1__Process *trigger = kill->trigger;

	if (kill->scope == SCOPE(SYSRQ))
		return;
	if (!trigger || !trigger->has_pid || (kill->victim && kill->victim->pid == trigger->pid))
		return;
	line_text(line, "; asked for by ");
	text_process(line, trigger);
	if (!same_container(kill->trigger_container, kill->victim_container)) {
		line_text(line, " of ");
		text_container(line, kill->trigger_container);
	}
}

static void put_sentence(struct line *line, const Ringside__V1__Record *record,
			 const Ringside__V1__Header *header)
{
	const Ringside__V1__OomKill *kill = record->oom_kill;

	(void)header;
	text_process(line, kill->victim);
	line_text(line, kill->already_exiting ? " was already exiting: " : " killed: ");
	put_reason(line, kill);
	put_sizes(line, kill);
	put_consequence(line, kill);
	put_trigger(line, kill);
}

static const char *severity_of(const Ringside__V1__Record *record)
{
	(void)record;
	return "ERROR";
}

static void put_name(struct line *line, const Ringside__V1__Record *record)
{
	const char *comm = text_comm(record->oom_kill->victim);

	line_name(line, text_has(comm) ? comm : "process", TEXT_NAME_MAX);
	line_text(line, "\t");
}

static const struct kind_list victims = {
	.name = "victims",
	.title = "OOM victims",
	.parts = {"comm", "where"},
	.of_containers = true,
	.put = put_name,
};

static void put_machine_metrics(struct prometheus *e, const struct ledger *ledger)
{
	if (ledger->has_oom_kills)
		prometheus_single(e, PROMETHEUS_COUNTER, "ringside_" KERNEL_KILLS, NULL,
				  "OOM kills since boot, as the kernel itself counts them.",
				  ledger->oom_kills);
}

const struct kind kind_oom_kill = {
	.name = "oom_kill",
	.word = "OOM kill",
	.words = "OOM kills",
	.option = "oom",
	.meant = (const char *const[]){"kill", "kills", "memory", NULL},
	.body = RINGSIDE__V1__RECORD__BODY_OOM_KILL,
	.advised = true,
	.tone = {"OOM", "\033[1;31m"},
	.severity = severity_of,
	.sentence = put_sentence,
	.advice = oom_kill_advice,
	.list = &victims,
	.machine_metrics = put_machine_metrics,
};
