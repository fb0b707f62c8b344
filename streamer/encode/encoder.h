/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the kernel's records into protobuf. The frame of an event is written directly, with the
 * parts that repeat (container, process, names) copied from caches; no allocation once the
 * caches are warm, no system call, no formatting per event.
 *
 * Strings from the kernel can hold any byte; on the wire they are valid UTF-8, each invalid
 * byte replaced by U+FFFD. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire/wire.h"
#include "proto/record/pb.h"
#include "proto/record/stamp.h"
#include "streamer/encode/kubelet.h"

struct encoder;

/* No frame the encoder writes is larger. */
#define ENCODER_FRAME_MAX (64u * 1024)

/* @kubelet: where to look; it is copied. */
int encoder_new(struct encoder **ret, const struct kubelet *kubelet);
struct encoder *encoder_free(struct encoder *encoder); /* NULL is fine; returns NULL */

/* Writes one frame (length and Record) for a ring record of @size bytes, aligned to 8, to @buf,
 * which has room for ENCODER_FRAME_MAX: bytes behind the frame may be overwritten too. Sets
 * *ret_size. Returns 0, or -EBADMSG for a record that is not whole (there is no frame). */
int encoder_event(struct encoder *encoder, const struct wire_head *head, size_t size,
		  const struct record_stamp *stamp, uint8_t *buf, size_t *ret_size);

/* Takes what a ring record with WIRE_PATH says about a cgroup. 0, or -EBADMSG for one that is not
 * whole, or another. */
int encoder_learn(struct encoder *encoder, const struct wire_head *head, size_t size);

/* Appends the fields of a CounterRow or Limited message that name the key (kind, container,
 * arch, syscall, action, errno, scope). The caller has opened the message and adds the counts.
 * The field numbers of both messages differ: the two functions. */
void encoder_row_key(const struct encoder *encoder, unsigned probe, const void *key, struct pb *pb);
void encoder_limited_key(const struct encoder *encoder, unsigned probe, const void *key,
			 struct pb *pb);

/* What it has learnt, for another encoder: calls @fn for each piece, the least used first. Stops
 * when @fn returns non-zero, and returns that. */
#define ENCODER_TABLES 2u
typedef int (*encoder_fn)(void *data, unsigned table, const uint64_t key[2], const void *entry,
			  size_t size);
int encoder_walk(const struct encoder *encoder, encoder_fn fn, void *data);
/* Another number whenever it has learnt more. */
uint64_t encoder_version(const struct encoder *encoder);
/* Takes one, aligned to 8. False: it is none. */
bool encoder_recall(struct encoder *encoder, unsigned table, const uint64_t key[2],
		    const void *entry, size_t size);

/* Whether the container of a cgroup is known: that is, whether an event with its path has come. */
bool encoder_knows(const struct encoder *encoder, const struct wire_cgroup_key *cgroup);

/* What the latest event left out that is not known (any more), once: for kernel_forget_paths, so
 * that the next one brings it. False if there was none since the last call. */
bool encoder_take_missing(struct encoder *encoder, struct wire_known *ret);
