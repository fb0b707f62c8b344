/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/tables/rows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "proto/base/util.h"

/* As many rows at once as have room, within reason: large where each CPU has its own. */
#define BYTES_AT_ONCE (48u * 1024)
#define ROWS_MIN 32u

/* A row that is made between two reads is put before the others of its bucket, and the iterator,
 * which counts them, gives the last ones once more. Buckets hold one or two. */
#define REPEATED_MAX 8u

struct walk {
	const struct rows_table *table;
	rows_fn fn;
	void *data;
	size_t pair; /* bytes of a key and its row */
	size_t n_at_once;
	uint8_t *buf;
	size_t size;    /* bytes in buf: whole pairs, then a part of one */
	size_t n_known; /* pairs before them in buf, from the read before */
};

static bool was_last(const struct walk *walk, const uint8_t *key)
{
	for (size_t i = 0; i < walk->n_known; i++)
		if (!memcmp(walk->buf + i * walk->pair, key, walk->table->key_size))
			return true;
	return false;
}

static int hand_out(const struct walk *walk, size_t n)
{
	for (size_t i = walk->n_known; i < n; i++) {
		const uint8_t *key = walk->buf + i * walk->pair;
		int r;

		if (i < walk->n_known + REPEATED_MAX && was_last(walk, key))
			continue;
		r = walk->fn(walk->data, key, key + walk->table->key_size);
		if (r)
			return r;
	}
	return 0;
}

/* Leaves the last pairs, to be recognised, and the part of one. */
static void keep_end(struct walk *walk, size_t n)
{
	size_t known = n < REPEATED_MAX ? n : REPEATED_MAX, gone = (n - known) * walk->pair;

	memmove(walk->buf, walk->buf + gone, walk->size - gone);
	walk->size -= gone;
	walk->n_known = known;
}

static int walk_iterator(struct walk *walk, int fd)
{
	const size_t room = walk->n_at_once * walk->pair;

	for (;;) {
		ssize_t got = read(fd, walk->buf + walk->size, room - walk->size);
		size_t n;
		int r;

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return walk->size % walk->pair ? -EBADMSG : 0;
		walk->size += (size_t)got;
		n = walk->size / walk->pair;
		r = hand_out(walk, n);
		if (r)
			return r;
		keep_end(walk, n);
	}
}

static int walk_batches(const struct walk *walk)
{
	const size_t key_size = walk->table->key_size, row_size = walk->table->row_size;
	uint8_t *rows = walk->buf, *keys = walk->buf + walk->n_at_once * row_size;
	uint64_t in = 0, out = 0; /* the batch's opaque position; a hash's is 4 bytes */
	int r = 0;

	for (bool first = true; r != -ENOENT; first = false) {
		__u32 n = (__u32)walk->n_at_once;
		int stop;

		r = bpf_map_lookup_batch(walk->table->map_fd, first ? NULL : &in, &out, keys, rows,
					 &n, NULL);
		if (r < 0)
			r = -errno;
		if (r && r != -ENOENT) /* -ENOENT: that was the last batch */
			return r;
		for (__u32 i = 0; i < n; i++) {
			stop = walk->fn(walk->data, keys + i * key_size, rows + i * row_size);
			if (stop)
				return stop;
		}
		in = out;
	}
	return 0;
}

int rows_walk(const struct rows_table *table, rows_fn fn, void *data)
{
	struct walk walk = {.table = table, .fn = fn, .data = data};
	_cleanup_free_ uint8_t *buf = NULL;
	_cleanup_close_ int fd = -1;

	walk.pair = table->key_size + table->row_size;
	walk.n_at_once = BYTES_AT_ONCE / walk.pair;
	if (walk.n_at_once < ROWS_MIN)
		walk.n_at_once = ROWS_MIN;
	walk.buf = buf = calloc(walk.n_at_once, walk.pair);
	if (!buf)
		return -ENOMEM;
	if (table->link_fd < 0)
		return walk_batches(&walk);
	fd = bpf_iter_create(table->link_fd);
	if (fd < 0)
		return -errno;
	return walk_iterator(&walk, fd);
}
