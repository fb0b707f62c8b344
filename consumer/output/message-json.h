/* SPDX-License-Identifier: Apache-2.0 */
/* How messages look in JSON, compiled once from protobuf-c's descriptors: no field is named in
 * code, so a new one is written as soon as it is in ringside.proto.
 *
 * SHAPE_PLAIN is for people, jq and agents: names as in the .proto; numbers for what is counted;
 * addresses, arguments and masks "0x..."; bytes in hex; moments in ns as strings, because they
 * outgrow the 2^53 that many readers of JSON stop at; enum values without their prefix.
 * SHAPE_PROTO is strict ProtoJSON, which every protobuf library reads back. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

enum shape_form { SHAPE_PLAIN, SHAPE_PROTO };

struct memo;
struct shapes; /* a message type and all it contains */
struct shape;  /* one message type */
struct shape_field;

int shapes_new(struct shapes **ret, const ProtobufCMessageDescriptor *root, enum shape_form form);
struct shapes *shapes_free(struct shapes *shapes); /* NULL is fine; returns NULL */
const struct shape *shapes_root(const struct shapes *shapes);

/* In the messages of the root's oneof, calls the field @name something else; NULL: leaves it
 * out. Returns 0 or -ENAMETOOLONG. */
int shapes_rename(struct shapes *shapes, const char *name, const char *key);

/* What the memo's messages look like is kept in it from now on; NULL: of none. Borrowed. */
void shapes_use_memo(struct shapes *shapes, struct memo *memo);

/* {"a":1,"b":2} */
void shape_put(const struct shape *shape, struct writer *writer, const void *message);

/* ,"a":1,"b":2 without the braces. */
void shape_put_members(const struct shape *shape, struct writer *writer, const void *message);

/* The field of a oneof that is set in @message, NULL if none is; what it is called, the message
 * it holds and that one's shape. */
const struct shape_field *shape_oneof(const struct shape *shape, const void *message);
const char *shape_field_name(const struct shape_field *field);
const void *shape_field_message(const struct shape_field *field, const void *message,
				const struct shape **ret_shape);

static inline void shapes_freep(struct shapes **shapes)
{
	*shapes = shapes_free(*shapes);
}
