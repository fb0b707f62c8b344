/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks messages into protobuf-c's structs, as protobuf_c_message_unpack does, several times as
 * fast: by tables made once from the descriptors, and a message that was there before
 * (message-cache.h) is not unpacked again. Whatever is unusual is left to protobuf-c, so that there
 * is one answer to what is readable. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/util.h"

struct arena;
struct message_cache;
struct unpacker;

int unpacker_new(struct unpacker **ret, const ProtobufCMessageDescriptor *root);
struct unpacker *unpacker_free(struct unpacker *unpacker); /* NULL is fine; returns NULL */

/* A message of the root's type; NULL: not readable. The arena is reset before. What comes back is
 * read-only, and valid until the next unpacker_unpack or arena_reset. */
const void *unpacker_unpack(struct unpacker *unpacker, struct arena *arena, const uint8_t *data,
			    size_t size);

/* The parts of messages that may come again lie in here. */
struct message_cache *unpacker_memo(struct unpacker *unpacker);

DEFINE_FREEP(unpacker);
