/* SPDX-License-Identifier: Apache-2.0 */
/* A frame is written front to back in one go. The lengths in front of messages get the room they
 * mostly need; a message is moved when that was wrong, which is rare.
 *
 * A frame's largest: three containers of 3 * PATH_SIZE / 2 (the path and what is cut out of it),
 * two processes with a path each, and some hundred bytes: less than half of ENCODER_FRAME_MAX. */
#include "streamer/encode/encoder.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/base/util.h"
#include "streamer/encode/message-parts.h"
#include "streamer/encode/probe-table.h"

#define EXECUTABLES 4096u
#define EXECUTABLES_BYTES (1u << 20)

int encoder_new(struct encoder **ret, const struct kubelet *kubelet)
{
	struct encoder *encoder = calloc(1, sizeof(*encoder));
	int r;

	if (!encoder)
		return -ENOMEM;
	r = cgroups_init(&encoder->cgroups, kubelet);
	if (r >= 0)
		r = cache_init(&encoder->executables, EXECUTABLES, EXECUTABLES_BYTES);
	if (r >= 0)
		r = syscalls_init(&encoder->syscalls);
	/* pages appear as entries are used */
	encoder->denials = calloc(1u << DENIAL_CACHE_BITS, sizeof(*encoder->denials));
	if (r < 0 || !encoder->denials) {
		(void)encoder_free(encoder);
		return r < 0 ? r : -ENOMEM;
	}
	*ret = encoder;
	return 0;
}

struct encoder *encoder_free(struct encoder *encoder)
{
	if (!encoder)
		return NULL;
	cgroups_done(&encoder->cgroups);
	cache_done(&encoder->executables);
	syscalls_done(&encoder->syscalls);
	free(encoder->denials);
	free(encoder);
	return NULL;
}

/* Whether the event's sums are those of the one before it, this one, and what was held back or
 * lost. */
static bool follows(const struct wire_head *head, const struct record_sums *before)
{
	return before && head->seen - head->limited - head->dropped ==
				 before->seen - before->limited - before->dropped + 1;
}

static uint8_t *put_sums(uint8_t *p, const struct wire_head *head, const struct record_stamp *stamp)
{
	const struct record_sums *before = stamp->before;
	bool whole = !stamp->goes_on || !follows(head, before);
	uint8_t *mark = put_tag(p, FIELD_RECORD_CPU_SUMS, PB_BYTES) + 1;

	p = put_uint(mark, FIELD_CPU_SUMS_CPU, head->cpu);
	if (whole)
		p = put_uint(p, FIELD_CPU_SUMS_SEEN, head->seen);
	if (whole || head->limited != before->limited)
		p = put_uint(p, FIELD_CPU_SUMS_LIMITED, head->limited);
	if (whole || head->dropped != before->dropped)
		p = put_uint(p, FIELD_CPU_SUMS_DROPPED, head->dropped);
	if (stamp->goes_on)
		p = put_uint(p, FIELD_CPU_SUMS_BETWEEN, 0);
	mark[-1] = (uint8_t)(p - mark); /* 41 bytes at most */
	return p;
}

static const struct probe *probe_of(const struct wire_head *head, size_t size)
{
	const struct probe *probe;

	if (size < sizeof(*head) || head->size > size || head->probe >= WIRE_PROBE_COUNT)
		return NULL;
	probe = probes[head->probe];
	return head->flags & WIRE_PATH || head->size >= probe->record_min ? probe : NULL;
}

int encoder_learn(struct encoder *encoder, const struct wire_head *head, size_t size)
{
	const struct wire_path *path = (const struct wire_path *)head;
	const struct probe *probe = probe_of(head, size);
	const struct cgroup *cgroup;

	if (!probe || !(head->flags & WIRE_PATH) || head->size < sizeof(*path))
		return -EBADMSG;
	encoder->exe_missing = false;
	return encode_find_cgroup(encoder, head, sizeof(*path), &path->cgroup, &cgroup);
}

int encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
		  const struct record_stamp *stamp, uint8_t *buf, size_t *ret_size)
{
	uint8_t *record = buf + 2, *body = record + 3, *p;
	const struct probe *probe = probe_of(head, size);

	if (!probe || !probe->field || head->flags & WIRE_PATH)
		return -EBADMSG;
	*record = (uint8_t)(probe->field << 3 | PB_BYTES);
	p = probe->encode(encoder, head, body);
	if (!p)
		return -EBADMSG;
	p = put_close(body, p);
	if (__builtin_expect(head->flags & WIRE_TRIAL, 0))
		p = put_uint(p, FIELD_RECORD_SELF_TEST, true);
	p = put_sums(p, head, stamp);
	if (!stamp->goes_on)
		p = put_fixed64(p, FIELD_RECORD_BOOTTIME_NANO, head->boottime_nano);
	p = put_fixed64(p, FIELD_RECORD_TIME_UNIX_NANO,
			head->boottime_nano + (uint64_t)stamp->realtime_offset);
	p = put_uint(p, FIELD_RECORD_SEQ, stamp->seq);
	p = put_close(record, p);
	*ret_size = (size_t)(p - buf);
	return 0;
}

void encoder_row_key(const struct encoder *encoder, unsigned probe, const void *key, struct pb *pb)
{
	pb_string(pb, FIELD_COUNTER_ROW_KIND, probes[probe]->name);
	encode_container(encoder, key, FIELD_COUNTER_ROW_CONTAINER, pb);
	if (probes[probe]->row_key)
		probes[probe]->row_key(key, pb);
}

void encoder_limited_key(const struct encoder *encoder, unsigned probe, const void *key,
			 struct pb *pb)
{
	pb_string(pb, FIELD_LIMITED_KIND, probes[probe]->name);
	if (!probes[probe]->limited_key)
		return;
	encode_container(encoder, key, FIELD_LIMITED_CONTAINER, pb);
	probes[probe]->limited_key(key, pb);
}

struct walk {
	encoder_fn fn;
	void *data;
};

/* cache_fn */
static int hand_out_cgroup(void *data, const struct cache_key *key, const void *entry)
{
	const struct walk *walk = data;

	return walk->fn(walk->data, 0, (const uint64_t[2]){key->a, key->b}, entry,
			cgroup_bytes(entry));
}

/* cache_fn */
static int hand_out_executable(void *data, const struct cache_key *key, const void *entry)
{
	const struct walk *walk = data;

	return walk->fn(walk->data, 1, (const uint64_t[2]){key->a, key->b}, entry,
			encode_executable_bytes(entry));
}

int encoder_walk(const struct encoder *encoder, encoder_fn fn, void *data)
{
	struct walk walk = {fn, data};
	int r = cgroups_walk(&encoder->cgroups, hand_out_cgroup, &walk);

	return r ? r : cache_walk(&encoder->executables, hand_out_executable, &walk);
}

uint64_t encoder_version(const struct encoder *encoder)
{
	return encoder->cgroups.cache.versions + encoder->executables.versions;
}

bool encoder_recall(struct encoder *encoder, unsigned table, const uint64_t key[2],
		    const void *entry, size_t size)
{
	const struct cache_key at = {.a = key[0], .b = key[1]};

	if (table == 0)
		return cgroups_recall(&encoder->cgroups, &at, entry, size);
	return table == 1 && encode_is_executable(entry, size) &&
	       cache_put(&encoder->executables, &at, entry, size);
}

bool encoder_knows(const struct encoder *encoder, const struct wire_cgroup_key *cgroup)
{
	return cgroups_peek(&encoder->cgroups, *cgroup) != NULL;
}

bool encoder_take_missing(struct encoder *encoder, struct wire_known *ret)
{
	if (!encoder->missing.cgroup.id)
		return false;
	*ret = encoder->missing;
	encoder->missing.cgroup.id = 0;
	return true;
}
