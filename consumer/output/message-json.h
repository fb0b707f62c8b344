/* SPDX-License-Identifier: Apache-2.0 */
/* How messages look in JSON, compiled once from protobuf-c's descriptors: no field is named in
 * code, so a new one is written as soon as it is in ringside.proto.
 *
 * MESSAGE_JSON_PLAIN is for people, jq and agents: names as in the .proto; numbers for what is
 * counted; addresses, arguments and masks "0x..."; bytes in hex; moments in ns as strings, because
 * they outgrow the 2^53 that many readers of JSON stop at; enum values without their prefix.
 * MESSAGE_JSON_PROTO is strict ProtoJSON, which every protobuf library reads back. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "proto/base/util.h"

enum message_json_form { MESSAGE_JSON_PLAIN, MESSAGE_JSON_PROTO };

struct message_cache;
struct shapes;       /* a message type and all it contains */
struct message_json; /* one message type */

int shapes_new(struct shapes **ret, const ProtobufCMessageDescriptor *root,
	       enum message_json_form form);
struct shapes *shapes_free(struct shapes *shapes); /* NULL is fine; returns NULL */
const struct message_json *shapes_root(const struct shapes *shapes);

/* In the messages of the root's oneof, calls the field @name something else; NULL: leaves it
 * out. Returns 0 or -ENAMETOOLONG. */
int shapes_rename(struct shapes *shapes, const char *name, const char *key);

/* What the memo's messages look like is kept in it from now on; NULL: of none. Borrowed. */
void shapes_use_memo(struct shapes *shapes, struct message_cache *cache);

/* {"a":1,"b":2} */
void message_json_put(const struct message_json *shape, struct writer *writer, const void *message);

/* ,"a":1,"b":2 without the braces. */
void message_json_put_members(const struct message_json *shape, struct writer *writer,
			      const void *message);

/* The message of a oneof that is set in @message, what its field is called, and its shape; NULL:
 * none is. */
const void *message_json_oneof(const struct message_json *shape, const void *message,
			       const char **ret_name, const struct message_json **ret_shape);

DEFINE_FREEP(shapes);
