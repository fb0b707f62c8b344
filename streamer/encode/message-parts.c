/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a process's executable comes with some of its events only, so it is kept, as the
 * field it becomes. */
#include "streamer/encode/message-parts.h"

#include <errno.h>

#include "proto/base/utf8.h"

struct executable {
	uint16_t size;                 /* of field; 0: not known */
	uint8_t field[PATH_SIZE + 16]; /* executable_path, as much as is there */
};

/* It is NUL-terminated, but who knows. Most are ASCII and need no look at each byte. */
uint8_t *encode_comm(uint8_t *p, const char *comm)
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

static void fill_executable(struct executable *executable, const struct path *path)
{
	uint8_t *end =
		put_bytes(executable->field, FIELD_PROCESS_EXECUTABLE_PATH, path->text, path->size);

	executable->size = (uint16_t)(end - executable->field);
}

size_t encode_executable_bytes(const void *entry)
{
	const struct executable *executable = entry;

	return offsetof(struct executable, field) + executable->size;
}

bool encode_is_executable(const void *entry, size_t size)
{
	return size >= offsetof(struct executable, field) && size <= sizeof(struct executable) &&
	       encode_executable_bytes(entry) == size;
}

static bool is_same(const struct executable *a, const struct executable *b)
{
	return a->size == b->size && !memcmp(a->field, b->field, a->size);
}

/* Of the executable, whatever process runs it, or of the process. */
static struct cache_key key_of(const struct wire_process *wire)
{
	return wire->exe_id ? (struct cache_key){.a = wire->exe_id, .b = UINT64_MAX}
			    : (struct cache_key){.a = wire->start_boottime, .b = wire->pid};
}

/* What is known of it with this event; @scratch, if it is not kept. NULL: the path is not whole.
 * A process without a known path has an entry too, so that it can be seen when that changes. */
static const struct executable *find_executable(struct encoder *encoder,
						const struct wire_head *head, size_t fixed,
						const struct wire_process *wire,
						struct executable *scratch)
{
	const struct cache_key key = key_of(wire);
	const struct executable *known = NULL, *kept;

	if (key.a)
		known = cache_get(&encoder->executables, &key);
	scratch->size = 0;
	encoder->exe_id = wire->exe_id;
	encoder->exe_missing =
		wire->exe_id && path_is_absent(&wire->exe) && !(known && known->size);
	if (!path_is_absent(&wire->exe)) {
		if (path_unpack(&encoder->path, head, fixed, &wire->exe) < 0)
			return NULL;
		fill_executable(scratch, &encoder->path);
	} else if (known) {
		return known;
	}
	if (known && is_same(known, scratch))
		return known;
	if (!key.a)
		return scratch;
	kept = cache_put(&encoder->executables, &key, scratch, encode_executable_bytes(scratch));
	return kept ? kept : scratch;
}

uint8_t *encode_process(struct encoder *encoder, const struct wire_head *head, size_t fixed,
			const struct wire_process *wire, unsigned field, uint8_t *p)
{
	const struct executable *executable;
	struct executable scratch;
	uint8_t *message = p + 3;

	executable = find_executable(encoder, head, fixed, wire, &scratch);
	if (!executable)
		return NULL;
	*p = (uint8_t)(field << 3 | PB_BYTES);
	p = put_uint(message, FIELD_PROCESS_PID, wire->pid);
	p = put_uint(p, FIELD_PROCESS_TID, wire->tid);
	p = put_known(p, FIELD_PROCESS_PARENT_PID, wire->ppid);
	p = put_known(p, FIELD_PROCESS_VPID, wire->vpid);
	p = put_known(p, FIELD_PROCESS_UID, wire->uid);
	p = put_known(p, FIELD_PROCESS_GID, wire->gid);
	p = encode_comm(put_tag(p, FIELD_PROCESS_COMM, PB_BYTES), wire->comm);
	if (wire->leader_comm[0] && strncmp(wire->comm, wire->leader_comm, WIRE_COMM_SIZE))
		p = encode_comm(put_tag(p, FIELD_PROCESS_LEADER_COMM, PB_BYTES), wire->leader_comm);
	p = put_raw(p, executable->field, executable->size);
	if (wire->start_boottime)
		p = put_fixed64(p, FIELD_PROCESS_START_BOOTTIME_NANO, wire->start_boottime);
	return put_close(message, p);
}

int encode_find_cgroup(struct encoder *encoder, const struct wire_head *head, size_t fixed,
		       const struct wire_cgroup *wire, const struct cgroup **ret)
{
	const struct wire_cgroup_key id = {.hierarchy = wire->hierarchy, .id = wire->id};
	const struct cgroup *cgroup = NULL;

	if (path_is_absent(&wire->path)) {
		if (id.id)
			cgroup = cgroups_find(&encoder->cgroups, id, head->boottime_nano);
		if (__builtin_expect(id.id && (!cgroup || encoder->exe_missing), 0))
			encoder->missing =
				(struct wire_known){.cgroup = id, .exe = encoder->exe_id};
	} else {
		if (path_unpack(&encoder->path, head, fixed, &wire->path) < 0)
			return -EBADMSG;
		cgroup = cgroups_fill(&encoder->cgroups, id, &encoder->path, head->boottime_nano);
	}
	*ret = cgroup;
	return 0;
}

static uint8_t *put_encoded(uint8_t *p, unsigned field, const uint8_t *encoded, size_t size)
{
	*p = (uint8_t)(field << 3 | PB_BYTES);
	return put_raw(p + 1, encoded, size);
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

void encode_container(const struct encoder *encoder, const struct wire_cgroup_key *key,
		      unsigned field, struct pb *pb)
{
	const struct cgroup *cgroup;
	uint8_t *mark;

	if (!key->id)
		return;
	cgroup = cgroups_peek(&encoder->cgroups, *key);
	if (!cgroup) {
		mark = pb_open(pb, field);
		pb_uint(pb, FIELD_CONTAINER_CGROUP_ID, key->id);
		pb_uint(pb, FIELD_CONTAINER_HIERARCHY_ID, key->hierarchy);
		pb_close(pb, mark);
		return;
	}
	if (!pb_room(pb, 5 + cgroup->size))
		return;
	pb->p = pb_put_varint(pb->p, field << 3 | PB_BYTES);
	pb_raw(pb, cgroup->encoded, cgroup->size);
}
