/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/message-parts.h"
#include "streamer/encode/probe-table.h"

#define FIXED sizeof(struct wire_oom_kill)
#define SCALARS_MAX 512 /* bytes: some 25 numbers with their tags */

static void put_sizes(struct pb *pb, const struct wire_oom_kill *kill)
{
	pb_uint(pb, FIELD_OOM_KILL_ANON_RSS_BYTES, kill->anon_rss_bytes);
	pb_uint(pb, FIELD_OOM_KILL_FILE_RSS_BYTES, kill->file_rss_bytes);
	pb_uint(pb, FIELD_OOM_KILL_SHMEM_RSS_BYTES, kill->shmem_rss_bytes);
	pb_uint(pb, FIELD_OOM_KILL_SWAP_BYTES, kill->swap_bytes);
	pb_uint(pb, FIELD_OOM_KILL_PEAK_RSS_BYTES, kill->peak_rss_bytes);
	pb_uint(pb, FIELD_OOM_KILL_TOTAL_VM_BYTES, kill->total_vm_bytes);
	pb_uint(pb, FIELD_OOM_KILL_PAGE_TABLE_BYTES, kill->page_table_bytes);
	pb_bool(pb, FIELD_OOM_KILL_RSS_APPROXIMATE, kill->flags & WIRE_OOM_APPROXIMATE);
}

/* The memory of the whole machine has no cgroup for its owner, or the root. */
static unsigned level_of(const struct wire_oom_kill *kill, const struct cgroup *owner)
{
	if (kill->scope == WIRE_SCOPE_GLOBAL || kill->scope == WIRE_SCOPE_SYSRQ)
		return PB_LIMIT_LEVEL_HOST;
	return owner ? owner->level : PB_LIMIT_LEVEL_UNSPECIFIED;
}

static void put_limit(struct pb *pb, const struct wire_oom_kill *kill, const struct cgroup *owner)
{
	const bool has_owner = kill->flags & WIRE_OOM_HAS_OWNER;
	const unsigned level = level_of(kill, owner);

	if (level)
		pb_uint(pb, FIELD_OOM_KILL_LIMIT_LEVEL, level);
	if (has_owner && !(kill->flags & WIRE_OOM_UNLIMITED))
		pb_uint(pb, FIELD_OOM_KILL_LIMIT_BYTES, kill->limit_bytes);
	if (has_owner)
		pb_uint(pb, FIELD_OOM_KILL_USAGE_BYTES, kill->usage_bytes);
	if (kill->scope && kill->scope <= WIRE_SCOPE_SYSRQ)
		pb_uint(pb, FIELD_OOM_KILL_SCOPE, kill->scope);
	if (has_owner || kill->scope || kill->flags & WIRE_OOM_INFERRED)
		pb_bool(pb, FIELD_OOM_KILL_LIMIT_INFERRED, kill->flags & WIRE_OOM_INFERRED);
}

/* @knows: flags any of which says that the answer is known, either way. */
static void put_flag(struct pb *pb, unsigned field, uint32_t flags, uint32_t flag, uint32_t knows)
{
	if (flags & (flag | knows))
		pb_bool(pb, field, flags & flag);
}

/* The init process of a container was started from outside of it; that of a sandbox in a container
 * from inside. nspawn and LXC may stay in their container's cgroup, but in the machine's own pid
 * namespace. */
static bool is_container_init(const struct wire_oom_kill *kill, const struct cgroup *cgroup)
{
	return kill->parent_levels < cgroup->depth || (cgroup->machine && kill->pid_level == 1);
}

enum answer { NO, YES, UNKNOWN };

/* @cgroup: the victim's; NULL: not known. */
static enum answer container_init(const struct wire_oom_kill *kill, const struct cgroup *cgroup)
{
	if (!(kill->flags & WIRE_OOM_INIT))
		return kill->victim.vpid == WIRE_ABSENT ? UNKNOWN : NO;
	/* a container that nobody here recognizes may be one all the same */
	if (!cgroup || !cgroup->depth)
		return UNKNOWN;
	return is_container_init(kill, cgroup) ? YES : NO;
}

static void put_scalars(struct pb *pb, const struct wire_oom_kill *kill, enum answer init)
{
	const uint32_t flags = kill->flags;

	if (flags & WIRE_OOM_HAS_MM)
		put_sizes(pb, kill);
	pb_sint(pb, FIELD_OOM_KILL_OOM_SCORE_ADJ, kill->oom_score_adj);
	if (flags & WIRE_OOM_HAS_POINTS)
		pb_sint(pb, FIELD_OOM_KILL_BADNESS_POINTS, kill->badness_points);
	if (flags & WIRE_OOM_HAS_CONTROL) {
		pb_uint(pb, FIELD_OOM_KILL_DOMAIN_BYTES, kill->domain_bytes);
		pb_sint(pb, FIELD_OOM_KILL_ORDER, kill->order);
		pb_uint(pb, FIELD_OOM_KILL_GFP_MASK, kill->gfp_mask);
	}
	if (kill->kill_id)
		pb_uint(pb, FIELD_OOM_KILL_KILL_ID, kill->kill_id);
	if (kill->victim_number)
		pb_uint(pb, FIELD_OOM_KILL_VICTIM_NUMBER, kill->victim_number);
	put_flag(pb, FIELD_OOM_KILL_OOM_GROUP, flags, WIRE_OOM_GROUP, WIRE_OOM_KNOWS_GROUP);
	if (init != UNKNOWN)
		pb_bool(pb, FIELD_OOM_KILL_CONTAINER_INIT, init == YES);
	put_flag(pb, FIELD_OOM_KILL_ALREADY_EXITING, flags, WIRE_OOM_EXITING,
		 WIRE_OOM_KNOWS_EXITING);
	put_flag(pb, FIELD_OOM_KILL_SHARES_MEMORY, flags, WIRE_OOM_SHARES_MM, 0);
	if (flags & WIRE_OOM_INIT || kill->victim.vpid != WIRE_ABSENT)
		pb_bool(pb, FIELD_OOM_KILL_PID_NAMESPACE_INIT, flags & WIRE_OOM_INIT);
}

/* A process and its container, which is borrowed until the next is found. */
static uint8_t *put_side(struct encoder *encoder, const struct wire_head *head,
			 const struct wire_process *process, const struct wire_cgroup *wire,
			 unsigned field, uint8_t *p, const struct cgroup **ret)
{
	p = encode_process(encoder, head, FIXED, process, field, p);
	if (!p || encode_find_cgroup(encoder, head, FIXED, wire, ret) < 0)
		return NULL;
	return encode_cgroup(*ret, wire, field + 1, p);
}

_Static_assert(FIELD_OOM_KILL_VICTIM_CONTAINER == FIELD_OOM_KILL_VICTIM + 1 &&
		       FIELD_OOM_KILL_TRIGGER_CONTAINER == FIELD_OOM_KILL_TRIGGER + 1,
	       "put_side");

static uint8_t *encode_kill(struct encoder *encoder, const struct wire_head *head, uint8_t *p)
{
	const struct wire_oom_kill *kill = (const struct wire_oom_kill *)head;
	const struct cgroup *owner = NULL, *cgroup = NULL;
	enum answer init;
	struct pb pb;

	p = put_side(encoder, head, &kill->victim, &kill->victim_cgroup, FIELD_OOM_KILL_VICTIM, p,
		     &cgroup);
	if (!p)
		return NULL;
	init = container_init(kill, cgroup);
	p = put_side(encoder, head, &kill->trigger, &kill->trigger_cgroup, FIELD_OOM_KILL_TRIGGER,
		     p, &cgroup);
	if (!p)
		return NULL;
	if (kill->flags & WIRE_OOM_HAS_OWNER) {
		if (encode_find_cgroup(encoder, head, FIXED, &kill->owner, &owner) < 0)
			return NULL;
		p = encode_cgroup(owner, &kill->owner, FIELD_OOM_KILL_LIMIT_OWNER, p);
	}
	pb = pb_make(p, SCALARS_MAX);
	put_limit(&pb, kill, owner);
	put_scalars(&pb, kill, init);
	return pb.p;
}

static void row_key(const void *data, struct pb *pb)
{
	const struct wire_oom_key *key = data;

	if (key->scope && key->scope <= WIRE_SCOPE_SYSRQ)
		pb_uint(pb, FIELD_COUNTER_ROW_SCOPE, key->scope);
	if (key->scope == WIRE_OTHERS)
		pb_bool(pb, FIELD_COUNTER_ROW_OTHERS, true);
}

const struct probe probe_oom_kill = {
	.name = "oom_kill",
	.alias = "oom",
	.field = FIELD_RECORD_OOM_KILL,
	.record_min = FIXED,
	.key_size = sizeof(struct wire_oom_key),
	.encode = encode_kill,
	.row_key = row_key,
	.keeps_rows = true,
	.others = offsetof(struct wire_oom_key, scope),
};
