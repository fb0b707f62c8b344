/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/read/container-identity.h"

#include <string.h>

#include "consumer/base/arena.h"
#include "consumer/read/body.h"
#include "proto/record/container.h"

static char *keep_bytes(struct arena *arena, const char *p, size_t size)
{
	char *copy = size ? arena_take(arena, size + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, p, size);
	copy[size] = 0;
	return copy;
}

static char *keep_text(struct arena *arena, const char *s)
{
	return s ? keep_bytes(arena, s, strlen(s)) : NULL;
}

static char *keep_name(struct arena *arena, struct container_name name)
{
	return keep_bytes(arena, name.p, name.size);
}

static void set_nested(Ringside__V1__Container *c, struct arena *arena,
		       const struct container *parsed)
{
	c->nested = keep_text(arena, parsed->nested);
	c->nested_id = keep_text(arena, parsed->nested_id);
	c->nested_runtime = keep_text(arena, parsed->nested_runtime);
	c->nested_pod_uid = keep_text(arena, parsed->nested_pod_uid);
	c->nested_unit = keep_name(arena, parsed->nested_unit);
	c->nested_slice = keep_name(arena, parsed->nested_slice);
}

static bool is_other(const char *now, const char *before)
{
	return strcmp(now, before ? before : "") != 0;
}

/* The kubelet's names were looked up for the container and the pod that were told. */
static void forget_names(Ringside__V1__Container *c, const struct container *parsed)
{
	if (is_other(parsed->pod_uid, c->pod_uid))
		c->namespace_name = c->pod_name = c->container_name = NULL;
	else if (is_other(parsed->id, c->id))
		c->container_name = NULL;
}

static unsigned read_path(Ringside__V1__Container *c, struct arena *arena)
{
	struct container parsed;

	container_parse(&parsed, c->cgroup_path, strlen(c->cgroup_path));
	forget_names(c, &parsed);
	c->id = keep_text(arena, parsed.id);
	c->runtime = keep_text(arena, parsed.runtime);
	c->pod_uid = keep_text(arena, parsed.pod_uid);
	c->podman_pod_id = keep_text(arena, parsed.podman_pod_id);
	c->ecs_task_id = keep_text(arena, parsed.ecs_task_id);
	c->systemd_unit = keep_name(arena, parsed.unit);
	c->systemd_slice = keep_name(arena, parsed.slice);
	c->systemd_user_unit = keep_name(arena, parsed.user_unit);
	c->systemd_user_slice = keep_name(arena, parsed.user_slice);
	c->has_systemd_user_uid = parsed.has_user_uid;
	c->systemd_user_uid = parsed.user_uid;
	set_nested(c, arena, &parsed);
	return parsed.level;
}

void container_identity_read(Ringside__V1__Container *c, struct arena *arena)
{
	if (c->cgroup_path && *c->cgroup_path)
		(void)read_path(c, arena);
}

/* Returns the level of the cgroup, or 0. */
static unsigned mend_container(Ringside__V1__Container **at, struct arena *arena)
{
	Ringside__V1__Container *copy;

	if (!*at || !(*at)->cgroup_path || !*(*at)->cgroup_path)
		return 0;
	copy = arena_take(arena, sizeof(*copy));
	if (!copy)
		return 0;
	*copy = **at;
	*at = copy;
	return read_path(copy, arena);
}

/* All there are in the message; a level is that of the cgroup before it. */
static void mend_all(const ProtobufCMessage *message, struct arena *arena)
{
	unsigned level = 0;

	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		void *at = (char *)(uintptr_t)message + field->offset;
		const char *quantifier = (const char *)message + field->quantifier_offset;

		if (field->descriptor == &ringside__v1__container__descriptor)
			level = mend_container(at, arena);
		else if (field->descriptor == &ringside__v1__limit_level__descriptor && level &&
			 *(const protobuf_c_boolean *)quantifier)
			*(Ringside__V1__LimitLevel *)at = (Ringside__V1__LimitLevel)level;
		else if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
			 field->label == PROTOBUF_C_LABEL_REPEATED)
			for (size_t j = 0; j < *(const size_t *)(const void *)quantifier; j++)
				mend_all((*(ProtobufCMessage *const *const *)at)[j], arena);
	}
}

void container_identity_mend(const Ringside__V1__Record *record, struct arena *arena)
{
	const ProtobufCMessage *body = body_of(record);

	if (body)
		mend_all(body, arena);
}
