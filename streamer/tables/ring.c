/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer's half of kernel/bpf/ringbuf.c. The map has two position pages and the data:
 *
 *   page 0   consumer_pos, ours to write
 *   page 1   producer_pos, the kernel's
 *   then     the data, mapped twice in a row
 *
 * A record is 8 bytes of header (length and two flag bits, and an offset we do not need), the
 * payload, padding to 8. The kernel sets BUSY at reserve and clears it at submit or discard;
 * a busy record holds up all behind it. */
#include "streamer/tables/ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"

/* Eight records of the usual size: as far as memory is away. */
#define AHEAD 2048u
#define CACHE_LINE 64u

/* Of the ring, at most the 64th part is taken and not given back: the producer may be short. */
#define HELD_BACK 64u

int ring_init(struct ring *ring, int map_fd)
{
	struct bpf_map_info info = {0};
	__u32 info_size = sizeof(info);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumer, *producer;

	*ring = (struct ring)RING_NULL;
	if (bpf_obj_get_info_by_fd(map_fd, &info, &info_size))
		return -errno;
	consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	producer = mmap(NULL, page + 2 * (size_t)info.max_entries, PROT_READ, MAP_SHARED, map_fd,
			(off_t)page);
	if (producer == MAP_FAILED) {
		int r = -errno;

		(void)munmap(consumer, page);
		return r;
	}
	ring->fd = map_fd;
	ring->mask = info.max_entries - 1;
	ring->page_bytes = page;
	ring->consumer_pos = consumer;
	ring->producer_pos = producer;
	ring->data = (const uint8_t *)producer + page;
	ring->pos = *ring->consumer_pos;
	return 0;
}

void ring_done(struct ring *ring)
{
	if (ring->fd < 0)
		return;
	(void)munmap(ring->consumer_pos, ring->page_bytes);
	(void)munmap((void *)(uintptr_t)ring->producer_pos,
		     ring->page_bytes + 2 * ((size_t)ring->mask + 1));
	*ring = (struct ring)RING_NULL;
}

static uint64_t record_stride(uint32_t header)
{
	uint32_t size = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

	return ((uint64_t)size + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
}

/* Sets *ret_header of the record at @pos. False if there is none yet. */
static bool record_ready(const struct ring *ring, uint64_t pos, uint64_t end, uint32_t *ret_header)
{
	const uint8_t *at = ring->data + (pos & ring->mask);

	if (pos >= end)
		return false;
	*ret_header = __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
	return !(*ret_header & BPF_RINGBUF_BUSY_BIT);
}

static int record_hand(const struct ring *ring, uint64_t pos, uint32_t header, ring_fn fn,
		       void *data)
{
	const uint8_t *at = ring->data + (pos & ring->mask) + BPF_RINGBUF_HDR_SZ;

	if (header & BPF_RINGBUF_DISCARD_BIT)
		return 0;
	return fn(data, at, header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT));
}

/* The lines of a record to come; not such as a producer may be writing. */
static void fetch_ahead(const struct ring *ring, uint64_t pos, uint64_t end)
{
	const uint8_t *at = ring->data + (pos & ring->mask) + AHEAD;

	if (end - pos <= 2 * AHEAD)
		return;
	for (unsigned i = 0; i < 4; i++)
		__builtin_prefetch(at + i * CACHE_LINE);
}

/* Each producer reads this line, so it is not written for each record. */
static void give_back(struct ring *ring, uint64_t pos)
{
	ring->pos = pos;
	if (ring->holds)
		return;
	__atomic_store_n(ring->consumer_pos, pos, __ATOMIC_RELEASE);
}

/* The kernel wakes us only if it sees that we had taken all there was: so what was taken is given
 * back, and only then there is a last look. Both sides have a full barrier between. */
static bool look_again(struct ring *ring, uint64_t pos, uint64_t *end, uint32_t *ret_header)
{
	give_back(ring, pos);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
	return record_ready(ring, pos, *end, ret_header);
}

int ring_drain(struct ring *ring, unsigned max, ring_fn fn, void *data, unsigned *ret_n)
{
	uint64_t pos = ring->pos, given = pos;
	uint64_t end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
	unsigned n = 0;
	uint32_t header;
	int r = 0;

	while (n < max && !r) {
		if (!record_ready(ring, pos, end, &header) && !look_again(ring, pos, &end, &header))
			break;
		fetch_ahead(ring, pos, end);
		ring->pos = pos; /* for who releases what was taken before it */
		r = record_hand(ring, pos, header, fn, data);
		if (r == RING_KEEP)
			break;
		pos += record_stride(header);
		n++;
		if (pos - given > ring->mask / HELD_BACK) {
			give_back(ring, pos);
			given = pos;
		}
	}
	give_back(ring, pos);
	*ret_n = n;
	return r;
}

bool ring_release(struct ring *ring)
{
	uint64_t end;
	uint32_t header;

	__atomic_store_n(ring->consumer_pos, ring->pos, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* as in look_again() */
	end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
	return record_ready(ring, ring->pos, end, &header);
}

uint64_t ring_held(const struct ring *ring)
{
	return ring->pos - *ring->consumer_pos;
}

int ring_resume(struct ring *ring, uint64_t pos)
{
	const uint64_t end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);

	if (pos < *ring->consumer_pos || pos > end || pos % 8)
		return -EBADMSG;
	ring->pos = pos;
	return 0;
}

int ring_peek(const struct ring *ring, ring_fn fn, void *data)
{
	uint64_t pos = *ring->consumer_pos;
	uint64_t end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
	uint32_t header;
	int r = 0;

	while (!r && record_ready(ring, pos, end, &header)) {
		r = record_hand(ring, pos, header, fn, data);
		pos += record_stride(header);
	}
	return r;
}
