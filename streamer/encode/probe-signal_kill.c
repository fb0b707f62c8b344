/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "streamer/encode/message-parts.h"
#include "streamer/encode/probe-table.h"

#define FIXED sizeof(struct wire_signal_kill)
#define SCALARS_MAX 256 /* bytes: 11 numbers and two short strings with their tags */
#define EXIT_SIGNAL 0x7fu
#define EXIT_CORE 0x80u

_Static_assert(FIELD_SIGNAL_KILL_TARGET_CONTAINER == FIELD_SIGNAL_KILL_TARGET + 1 &&
		       FIELD_SIGNAL_KILL_SENDER_CONTAINER == FIELD_SIGNAL_KILL_SENDER + 1,
	       "put_side");

/* A process and its container. NULL: a path is not whole. */
static uint8_t *put_side(struct encoder *encoder, const struct wire_head *head,
			 const struct wire_process *process, const struct wire_cgroup *wire,
			 unsigned field, uint8_t *p)
{
	const struct cgroup *cgroup = NULL;

	p = encode_process(encoder, head, FIXED, process, field, p);
	if (!p || encode_find_cgroup(encoder, head, FIXED, wire, &cgroup) < 0)
		return NULL;
	return encode_cgroup(cgroup, wire, field + 1, p);
}

static void put_signal(struct pb *pb, unsigned number, unsigned field, unsigned name_field)
{
	const char *name = sigabbrev_np((int)number);
	char full[16];

	if (!number)
		return;
	pb_uint(pb, field, number);
	if (!name)
		return;
	(void)snprintf(full, sizeof(full), "SIG%s", name);
	pb_string(pb, name_field, full);
}

static void put_cause(struct pb *pb, unsigned cause, unsigned field)
{
	if (cause && cause < WIRE_KILL_CAUSES)
		pb_uint(pb, field, cause);
}

static void put_scalars(struct pb *pb, const struct wire_signal_kill *kill)
{
	const uint32_t flags = kill->flags;

	put_signal(pb, kill->signal, FIELD_SIGNAL_KILL_SIGNAL, FIELD_SIGNAL_KILL_SIGNAL_NAME);
	put_cause(pb, kill->cause, FIELD_SIGNAL_KILL_CAUSE);
	if (flags & WIRE_KILL_HAS_CODE)
		pb_sint(pb, FIELD_SIGNAL_KILL_CODE, kill->code);
	pb_bool(pb, FIELD_SIGNAL_KILL_CORE_DUMPED, kill->status & EXIT_CORE);
	pb_uint(pb, FIELD_SIGNAL_KILL_EXIT_STATUS, 128 + (kill->status & EXIT_SIGNAL));
	if (kill->sent_boottime_nano)
		pb_fixed64(pb, FIELD_SIGNAL_KILL_SENT_BOOTTIME_NANO, kill->sent_boottime_nano);
	if (flags & WIRE_KILL_SEVERAL) {
		pb_uint(pb, FIELD_SIGNAL_KILL_PROCESSES, kill->processes);
		pb_uint(pb, FIELD_SIGNAL_KILL_REMAINING, kill->remaining);
	}
	if (kill->target.vpid != WIRE_ABSENT)
		pb_bool(pb, FIELD_SIGNAL_KILL_PID_NAMESPACE_INIT, flags & WIRE_KILL_INIT);
}

static uint8_t *encode_kill(struct encoder *encoder, const struct wire_head *head, uint8_t *p)
{
	const struct wire_signal_kill *kill = (const struct wire_signal_kill *)head;
	struct pb pb;

	p = put_side(encoder, head, &kill->target, &kill->target_cgroup, FIELD_SIGNAL_KILL_TARGET,
		     p);
	if (p && kill->flags & WIRE_KILL_HAS_SENDER)
		p = put_side(encoder, head, &kill->sender, &kill->sender_cgroup,
			     FIELD_SIGNAL_KILL_SENDER, p);
	if (!p)
		return NULL;
	if (kill->sender_parent_comm[0])
		p = encode_comm(put_tag(p, FIELD_SIGNAL_KILL_SENDER_PARENT_COMM, PB_BYTES),
				kill->sender_parent_comm);
	pb = pb_make(p, SCALARS_MAX);
	put_scalars(&pb, kill);
	return pb.p;
}

static void row_key(const void *data, struct pb *pb)
{
	const struct wire_kill_key *key = data;

	if (key->cause == WIRE_OTHERS)
		pb_bool(pb, FIELD_COUNTER_ROW_OTHERS, true);
	put_signal(pb, key->signal, FIELD_COUNTER_ROW_SIGNAL, FIELD_COUNTER_ROW_SIGNAL_NAME);
	put_cause(pb, key->cause, FIELD_COUNTER_ROW_KILL_CAUSE);
}

static void limited_key(const void *data, struct pb *pb)
{
	const struct wire_kill_key *key = data;

	if (key->cause == WIRE_OTHERS)
		pb_bool(pb, FIELD_LIMITED_OTHERS, true);
	put_signal(pb, key->signal, FIELD_LIMITED_SIGNAL, FIELD_LIMITED_SIGNAL_NAME);
	put_cause(pb, key->cause, FIELD_LIMITED_KILL_CAUSE);
}

const struct probe probe_signal_kill = {
	.name = "signal_kill",
	.alias = "signal",
	.on_request = true,
	.field = FIELD_RECORD_SIGNAL_KILL,
	.record_min = FIXED,
	.key_size = sizeof(struct wire_kill_key),
	.encode = encode_kill,
	.row_key = row_key,
	.limited_key = limited_key,
	.keeps_rows = true,
	.others = offsetof(struct wire_kill_key, cause),
};
