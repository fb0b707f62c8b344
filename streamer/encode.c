/* SPDX-License-Identifier: Apache-2.0 */
/* A process is kept as it came and as it went out: when nothing but the event has changed, its
 * message is copied. The path of its executable comes with some of its events only, so a new
 * message takes it from the one before. */
#include "encode.h"

#include <errno.h>

#include "utf8.h"

/* What a Process message is made of, without the path. */
#define PROCESS_PART offsetof(struct wire_process, exe)

struct process {
	struct wire_process wire;
	uint16_t exe_offset; /* of the field executable_path in encoded */
	uint16_t exe_size;   /* 0: not known */
	uint32_t size;       /* of encoded */
	uint8_t encoded[];   /* a varint with the size of the message, and the message */
};

/* The largest: the path's field, two names of 15 bytes, numbers. */
#define ENCODED_MAX (PATH_SIZE + 256)

/* A comm is NUL-terminated, but who knows. Most are ASCII and need no look at each byte. */
static uint8_t *put_comm(uint8_t *p, const char *comm)
{
	const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
	uint64_t a, b, zeros_a, zeros_b;
	size_t size;

	memcpy(&a, comm, 8);
	memcpy(&b, comm + 8, 8);
	if (__builtin_expect((a | b) & highs, 0)) {
		size = utf8_clean((char *)p + 1, comm, strnlen(comm, WIRE_COMM_SIZE));
		*p = (uint8_t)size;
		return p + 1 + size;
	}
	/* exact for the lowest zero byte: a borrow only reaches the bytes above it */
	zeros_a = (a - ones) & ~a & highs;
	zeros_b = (b - ones) & ~b & highs;
	if (zeros_a)
		size = (size_t)__builtin_ctzll(zeros_a) / 8;
	else
		size = zeros_b ? 8 + (size_t)__builtin_ctzll(zeros_b) / 8 : WIRE_COMM_SIZE;
	*p = (uint8_t)size;
	memcpy(p + 1, comm, WIRE_COMM_SIZE);
	return p + 1 + size;
}

static uint8_t *put_known(uint8_t *p, unsigned field, uint32_t value)
{
	if (value == WIRE_ABSENT)
		return p;
	*p = (uint8_t)(field << 3 | PB_VARINT);
	return put_varint(p + 1, value);
}

/* Fields of a Process; @exe is its encoded field executable_path. */
static uint8_t *put_process(uint8_t *p, const struct wire_process *wire, const uint8_t *exe,
			    size_t exe_size)
{
	p = put_uint(p, FIELD_PROCESS_PID, wire->pid);
	p = put_uint(p, FIELD_PROCESS_TID, wire->tid);
	p = put_known(p, FIELD_PROCESS_PARENT_PID, wire->ppid);
	p = put_known(p, FIELD_PROCESS_VPID, wire->vpid);
	p = put_known(p, FIELD_PROCESS_UID, wire->uid);
	p = put_known(p, FIELD_PROCESS_GID, wire->gid);
	p = put_comm(put_tag(p, FIELD_PROCESS_COMM, PB_BYTES), wire->comm);
	if (wire->leader_comm[0] && strncmp(wire->comm, wire->leader_comm, WIRE_COMM_SIZE))
		p = put_comm(put_tag(p, FIELD_PROCESS_LEADER_COMM, PB_BYTES), wire->leader_comm);
	p = put_raw(p, exe, exe_size);
	if (wire->start_boottime)
		p = put_fixed64(p, FIELD_PROCESS_START_BOOTTIME_NANO, wire->start_boottime);
	return p;
}

/* Eight words, which the compiler compares without a call. */
static bool is_same(const struct process *process, const struct wire_process *wire)
{
	uint64_t a[PROCESS_PART / 8], b[PROCESS_PART / 8], difference = 0;

	memcpy(a, &process->wire, sizeof(a));
	memcpy(b, wire, sizeof(b));
	for (unsigned i = 0; i < PROCESS_PART / 8; i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

_Static_assert(PROCESS_PART == 64, "is_same");

/* Encodes the process anew, keeps it, and returns what is to be sent. */
static const struct process *renew(struct encoder *encoder, const struct cache_key *key,
				   const struct wire_process *wire, const uint8_t *exe,
				   size_t exe_size, struct process *scratch)
{
	uint8_t *message = scratch->encoded + 2, *p;
	const struct process *kept = NULL;

	scratch->wire = *wire;
	p = put_process(message, wire, exe, exe_size);
	p = put_close(message, p);
	scratch->size = (uint32_t)(p - scratch->encoded);
	scratch->exe_size = (uint16_t)exe_size;
	scratch->exe_offset = (uint16_t)(scratch->size - exe_size);
	if (wire->start_boottime) {
		scratch->exe_offset -= 9;
		kept = cache_put(&encoder->processes, key, scratch,
				 offsetof(struct process, encoded) + scratch->size);
	}
	return kept ? kept : scratch;
}

static uint8_t *put_encoded(uint8_t *p, unsigned field, const uint8_t *encoded, size_t size)
{
	*p = (uint8_t)(field << 3 | PB_BYTES);
	return put_raw(p + 1, encoded, size);
}

static __attribute__((noinline)) uint8_t *encode_new_process(
	struct encoder *encoder, const struct wire_head *head, size_t fixed,
	const struct wire_process *wire, const struct process *old, unsigned field, uint8_t *p)
{
	_Alignas(struct process) uint8_t room[sizeof(struct process) + ENCODED_MAX];
	const struct cache_key key = {.a = wire->start_boottime, .b = wire->pid};
	struct process *scratch = (struct process *)room;
	uint8_t exe[PATH_SIZE + 16];
	size_t exe_size = 0;

	if (!path_is_absent(&wire->exe)) {
		struct path *path = &encoder->path;

		if (path_unpack(path, head, fixed, &wire->exe) < 0)
			return NULL;
		exe_size = (size_t)(put_bytes(exe, FIELD_PROCESS_EXECUTABLE_PATH, path->text,
					      path->size) -
				    exe);
	} else if (old) {
		exe_size = old->exe_size;
		memcpy(exe, old->encoded + old->exe_offset, exe_size);
	}
	if (!old || !is_same(old, wire) || exe_size != old->exe_size ||
	    memcmp(exe, old->encoded + old->exe_offset, exe_size))
		old = renew(encoder, &key, wire, exe, exe_size, scratch);
	return put_encoded(p, field, old->encoded, old->size);
}

uint8_t *encode_process(struct encoder *encoder, const struct wire_head *head, size_t fixed,
			const struct wire_process *wire, unsigned field, uint8_t *p)
{
	const struct cache_key key = {.a = wire->start_boottime, .b = wire->pid};
	const struct process *old = NULL;

	if (wire->start_boottime)
		old = cache_get(&encoder->processes, &key);
	if (__builtin_expect(old && path_is_absent(&wire->exe) && is_same(old, wire), 1))
		return put_encoded(p, field, old->encoded, old->size);
	return encode_new_process(encoder, head, fixed, wire, old, field, p);
}

int encode_find_cgroup(struct encoder *encoder, const struct wire_head *head, size_t fixed,
		       const struct wire_cgroup *wire, const struct cgroup **ret)
{
	const struct cgroup_id id = {.hierarchy = wire->hierarchy, .id = wire->id};
	const struct cgroup *cgroup = NULL;

	if (path_is_absent(&wire->path)) {
		if (id.id)
			cgroup = cgroups_find(&encoder->cgroups, id, head->boottime_nano);
		if (__builtin_expect(id.id && !cgroup, 0)) {
			encoder->unresolved++;
			encoder->missing.id = id.id;
			encoder->missing.hierarchy = id.hierarchy;
		}
	} else {
		if (path_unpack(&encoder->path, head, fixed, &wire->path) < 0)
			return -EBADMSG;
		cgroup = cgroups_fill(&encoder->cgroups, id, &encoder->path, head->boottime_nano);
	}
	*ret = cgroup;
	return 0;
}

uint8_t *encode_cgroup(const struct cgroup *cgroup, const struct wire_cgroup *wire, unsigned field,
		       uint8_t *p)
{
	uint8_t *mark;

	if (__builtin_expect(cgroup != NULL, 1))
		return put_encoded(p, field, cgroup->encoded, cgroup->size);
	if (!wire->id)
		return p;
	*p = (uint8_t)(field << 3 | PB_BYTES);
	mark = p + 2;
	p = put_uint(mark, FIELD_CONTAINER_CGROUP_ID, wire->id);
	p = put_uint(p, FIELD_CONTAINER_HIERARCHY_ID, wire->hierarchy);
	mark[-1] = (uint8_t)(p - mark);
	return p;
}
