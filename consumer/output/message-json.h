/* SPDX-License-Identifier: Apache-2.0 */
/* How messages look in JSON, compiled once from protobuf-c's descriptors: no field is named in
 * code, so a new one is written as soon as it is in ringside.proto.
 *
 * MESSAGE_JSON_PLAIN is for people, jq and agents: the words of vocabulary.h; numbers for what is
 * counted; addresses, arguments and masks "0x..."; bytes in hex; boot times in seconds, and times
 * of day as RFC 3339 has them, because in ns they outgrow the 2^53 that many readers of JSON stop
 * at; enum values without their prefix. MESSAGE_JSON_PROTO is strict ProtoJSON, which every
 * protobuf library reads back. */
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

/* What the memo's messages look like is kept in it from now on; NULL: of none. Borrowed. */
void shapes_use_memo(struct shapes *shapes, struct message_cache *cache);

/* {"a":1,"b":2} */
void message_json_put(const struct message_json *shape, struct writer *writer, const void *message);

/* ,"a":1,"b":2 without the braces, of fields from the @from-th to before the @to-th. */
void message_json_put_members(const struct message_json *shape, struct writer *writer,
			      const void *message, unsigned from, unsigned to);

/* Of the @i-th field of @shape, which is a message in a oneof; NULL: it is another one. */
const struct message_json *message_json_of_body(const struct message_json *shape, unsigned i);

DEFINE_FREEP(shapes);
