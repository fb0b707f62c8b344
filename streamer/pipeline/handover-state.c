/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/pipeline/handover-state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "proto/base/clock.h"
#include "proto/base/util.h"
#include "streamer/pipeline/pipeline-internal.h"

static const char magic[] = "RINGHAND";

#define PAGE 4096u
#define CPUS_MOST 65536u
#define NAMES_NANO 100000000u /* names that are new are written so often at most */

#define HASH_OF(part, bytes)                                                                       \
	XXH3_64bits((const uint8_t *)(part) + offsetof(__typeof__(*(part)), hash) + 8,             \
		    (bytes)-offsetof(__typeof__(*(part)), hash) - 8)

static size_t padded(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

static size_t small_bytes(const struct handover_base *base)
{
	return sizeof(struct handover_small) +
	       sizeof(struct totals_cpu) * WIRE_PROBE_COUNT * base->kernel.n_cpus;
}

static size_t small_offset(const struct handover_base *base, uint64_t generation)
{
	return padded(sizeof(*base), PAGE) + (generation & 1) * padded(small_bytes(base), PAGE);
}

static size_t big_offset(const struct handover_base *base, uint64_t generation)
{
	return small_offset(base, 0) + 2 * padded(small_bytes(base), PAGE) +
	       (generation & 1) * HANDOVER_BIG_MAX;
}

static size_t all_bytes(const struct handover_base *base)
{
	return big_offset(base, 0) + (size_t)2 * HANDOVER_BIG_MAX;
}

static int read_base(int fd, struct handover_base *base)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (pread_full(fd, base, sizeof(*base), 0) != sizeof(*base) ||
	    memcmp(base->magic, magic, sizeof(base->magic)) != 0 ||
	    base->version != HANDOVER_VERSION || base->bytes != sizeof(*base) ||
	    base->hash != HASH_OF(base, sizeof(*base)) || base->kernel.n_cpus > CPUS_MOST ||
	    (size_t)st.st_size < all_bytes(base))
		return -EBADMSG;
	return 0;
}

/* Keeps in *latest the one of two that is valid and newer. */
static int read_small(int fd, const struct handover_base *base, unsigned slot,
		      struct handover_small **latest)
{
	const size_t size = small_bytes(base);
	_cleanup_free_ struct handover_small *small = malloc(size);

	if (!small)
		return -ENOMEM;
	if (pread_full(fd, small, size, small_offset(base, slot)) != (ssize_t)size ||
	    !small->generation || (small->generation & 1) != slot ||
	    small->hash != HASH_OF(small, size) ||
	    (*latest && (*latest)->generation > small->generation))
		return 0;
	free(*latest);
	*latest = TAKE_PTR(small);
	return 0;
}

static int read_big(int fd, const struct handover_base *base, uint64_t generation,
		    struct handover_big **ret)
{
	const size_t offset = big_offset(base, generation);
	_cleanup_free_ struct handover_big *big = NULL;
	struct handover_big head;

	if (pread_full(fd, &head, sizeof(head), offset) != sizeof(head) ||
	    head.generation != generation || head.bytes < sizeof(head) ||
	    head.bytes > HANDOVER_BIG_MAX)
		return -EBADMSG;
	big = malloc(head.bytes);
	if (!big)
		return -ENOMEM;
	if (pread_full(fd, big, head.bytes, offset) != (ssize_t)head.bytes ||
	    big->bytes != head.bytes || big->generation != generation ||
	    big->hash != HASH_OF(big, head.bytes))
		return -EBADMSG;
	*ret = TAKE_PTR(big);
	return 0;
}

int handover_state_read(int fd, struct handover_found *ret)
{
	int r = read_base(fd, &ret->base);

	ret->small = NULL;
	ret->big = NULL;
	for (unsigned slot = 0; slot < 2 && !r; slot++)
		r = read_small(fd, &ret->base, slot, &ret->small);
	if (!r)
		r = ret->small ? read_big(fd, &ret->base, ret->small->big, &ret->big) : -EBADMSG;
	if (r)
		handover_state_free(ret);
	return r;
}

void handover_state_free(struct handover_found *found)
{
	free(found->small);
	free(found->big);
	found->small = NULL;
	found->big = NULL;
}

int handover_memory_map(struct handover_memory *memory, int fd, struct handover_base *base,
			const struct handover_found *found)
{
	void *at;

	*memory = (struct handover_memory){.bytes = all_bytes(base ? base : &found->base)};
	if (base && ftruncate(fd, (off_t)memory->bytes) < 0)
		return -errno;
	at = mmap(NULL, memory->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	memory->at = at;
	if (base) {
		memcpy(base->magic, magic, sizeof(base->magic));
		base->version = HANDOVER_VERSION;
		base->bytes = sizeof(*base);
		base->hash = HASH_OF(base, sizeof(*base));
		memcpy(memory->at, base, sizeof(*base));
	} else {
		memory->generation = found->small->generation;
		memory->big = found->small->big;
		memory->limited_changes = UINT64_MAX;
	}
	return 0;
}

void handover_memory_done(struct handover_memory *memory)
{
	if (memory->at)
		(void)munmap(memory->at, memory->bytes);
	memory->at = NULL;
}

/* A big part while it is written. What has no room is left out: names, mostly. */
struct writer {
	struct handover_big *big;
	bool full;
};

static bool put(struct writer *w, const void *head, size_t head_size, const void *data, size_t size)
{
	const size_t whole = padded(size, 8);
	uint8_t *to = (uint8_t *)w->big + w->big->bytes;

	if (w->full || HANDOVER_BIG_MAX - w->big->bytes < head_size + whole) {
		w->full = true;
		return false;
	}
	memcpy(to, head, head_size);
	if (size) {
		memset(to + head_size + whole - 8, 0, 8);
		memcpy(to + head_size, data, size);
	}
	w->big->bytes += head_size + whole;
	return true;
}

/* limited_fn */
static int put_limited(void *data, const struct limited_told *told)
{
	struct writer *w = data;

	w->big->n_limited += put(w, told, sizeof(*told), NULL, 0);
	return w->full ? -ENOSPC : 0;
}

/* encoder_fn */
static int put_learnt(void *data, unsigned table, const uint64_t key[2], const void *entry,
		      size_t size)
{
	const struct handover_learnt learnt = {.key = {key[0], key[1]},
					       .table = table,
					       .size = (uint32_t)size};
	struct writer *w = data;

	w->big->n_learnt += put(w, &learnt, sizeof(learnt), entry, size);
	return 0;
}

static int save_big(struct handover_memory *memory, struct pipeline *p)
{
	const struct handover_base *base = (const struct handover_base *)(void *)memory->at;
	struct handover_big *big = (void *)(memory->at + big_offset(base, memory->big + 1));
	struct writer w = {.big = big};
	int r;

	big->hash = 0;
	big->bytes = sizeof(*big);
	big->generation = memory->big + 1;
	big->n_limited = big->n_learnt = 0;
	r = limited_walk(&p->reports.limited, put_limited, &w);
	if (r)
		return r;
	(void)encoder_walk(p->encoder, put_learnt, &w);
	big->hash = HASH_OF(big, big->bytes);
	memory->big++;
	memory->limited_changes = p->reports.limited.changes;
	memory->learnt_version = encoder_version(p->encoder);
	memory->big_nano = clock_nano(CLOCK_MONOTONIC);
	return 0;
}

static bool big_is_due(const struct handover_memory *memory, const struct pipeline *p, bool ended)
{
	if (memory->limited_changes != p->reports.limited.changes || !memory->big)
		return true;
	return memory->learnt_version != encoder_version(p->encoder) &&
	       (ended || clock_nano(CLOCK_MONOTONIC) - memory->big_nano > NAMES_NANO);
}

static void put_file(const struct pipeline *p, struct handover_small *small)
{
	const char *name = output_folder_name(&p->sink->place, p->sink->name);
	struct stat st;

	memset(small->file_name, 0, sizeof(small->file_name));
	(void)snprintf(small->file_name, sizeof(small->file_name), "%s", name);
	small->file_inode = fstat(p->sink->fd, &st) < 0 ? 0 : st.st_ino;
	small->file_bytes = p->sink->marked;
	small->file = p->stream->committed.file;
	small->seq = p->stream->committed.seq;
	memcpy(small->stream_id, p->stream->id, sizeof(small->stream_id));
}

static void put_sums(const struct pipeline *p, struct handover_small *small)
{
	const struct totals *totals = &p->totals;

	small->positions[0] = p->critical.pos;
	small->positions[1] = p->bulk.pos;
	memcpy(small->lost_in_sink, totals->lost_in_sink, sizeof(small->lost_in_sink));
	memcpy(small->told_in_sink, totals->committed_told, sizeof(small->told_in_sink));
	small->sink_nano = totals->sink_nano;
	small->epoch = p->reports.committed_epoch;
	small->limited = p->reports.limited.committed;
	memcpy(small->cpus, totals->committed,
	       sizeof(*totals->committed) * WIRE_PROBE_COUNT * totals->n_cpus);
}

int handover_state_save(struct handover_memory *memory, struct pipeline *p, bool ended)
{
	const struct handover_base *base = (const struct handover_base *)(void *)memory->at;
	struct handover_small *small;
	int r = 0;

	if (!memory->at)
		return 0;
	if (big_is_due(memory, p, ended))
		r = save_big(memory, p);
	if (r)
		return r;
	small = (void *)(memory->at + small_offset(base, memory->generation + 1));
	small->hash = 0;
	small->generation = memory->generation + 1;
	small->big = memory->big;
	small->ended = ended;
	put_file(p, small);
	put_sums(p, small);
	__atomic_store_n(&small->hash, HASH_OF(small, small_bytes(base)), __ATOMIC_RELEASE);
	memory->generation++;
	return 0;
}

/* While it is read. */
struct reader {
	const uint8_t *at, *end;
};

/* NULL: there is less. */
static const void *take(struct reader *r, size_t size)
{
	const uint8_t *at = r->at;

	if ((size_t)(r->end - at) < padded(size, 8))
		return NULL;
	r->at += padded(size, 8);
	return at;
}

static int load_limited(struct pipeline *p, const struct handover_found *found, struct reader *r)
{
	int error = 0;

	p->reports.limited.sums = p->reports.limited.committed = found->small->limited;
	for (uint64_t i = 0; i < found->big->n_limited && !error; i++) {
		const struct limited_told *told = take(r, sizeof(*told));

		error = told ? limited_recall(&p->reports.limited, told) : -EBADMSG;
	}
	return error;
}

/* What is not taken is learnt again. */
static int load_learnt(struct pipeline *p, const struct handover_found *found, struct reader *r)
{
	for (uint64_t i = 0; i < found->big->n_learnt; i++) {
		const struct handover_learnt *learnt = take(r, sizeof(*learnt));
		const void *entry = learnt ? take(r, learnt->size) : NULL;

		if (!entry)
			return -EBADMSG;
		(void)encoder_recall(p->encoder, learnt->table, learnt->key, entry, learnt->size);
	}
	return 0;
}

static void load_totals(struct pipeline *p, const struct handover_small *small)
{
	struct totals *totals = &p->totals;
	const size_t n = (size_t)totals->n_cpus * WIRE_PROBE_COUNT;

	memcpy(totals->cpus, small->cpus, n * sizeof(*totals->cpus));
	for (size_t i = 0; i < n; i++)
		totals->cpus[i].run = 0; /* a file's runs are its own */
	memcpy(totals->lost_in_sink, small->lost_in_sink, sizeof(totals->lost_in_sink));
	memcpy(totals->told_in_sink, small->told_in_sink, sizeof(totals->told_in_sink));
	totals->sink_nano = small->sink_nano;
}

int handover_state_load(struct pipeline *p, const struct handover_found *found)
{
	const struct handover_small *small = found->small;
	struct reader r = {.at = (const uint8_t *)found->big->data,
			   .end = (const uint8_t *)found->big + found->big->bytes};
	int error = found->base.kernel.n_cpus == p->totals.n_cpus ? 0 : -EBADMSG;

	if (!error)
		error = load_limited(p, found, &r);
	if (!error)
		error = load_learnt(p, found, &r);
	if (error)
		return error;
	load_totals(p, small);
	memcpy(p->stream->id, small->stream_id, sizeof(p->stream->id));
	p->stream->now.seq = small->seq;
	p->reports.counters.epoch = small->epoch;
	return 0;
}
