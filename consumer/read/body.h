/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into the body of a Record through protobuf-c's descriptors, so that who uses it needs
 * no edit for a new kind of event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ringside.pb-c.h"

/* The message in Record.body, NULL if there is none (a newer version's). */
const ProtobufCMessage *body_of(const Ringside__V1__Record *record);

/* The kind that Record.body calls @name ("footer"), or whose first word there is @name ("oom"): its
 * field number, 0 if there is none. */
unsigned body_kind(const char *name, size_t size);

/* What body_kind knows: "oom, seccomp, lost, ...". Returns @buf; cut to @size. */
const char *body_kinds(char *buf, size_t size);

/* All functions below take a NULL @body, which has nothing in it. */

/* The first message field of this type, in the order of field numbers: an event's first Process
 * and first Container are those it is about. NULL if there is none. */
const ProtobufCMessage *body_message(const ProtobufCMessage *body,
				     const ProtobufCMessageDescriptor *type);

/* The string field @name; NULL if the message has no such field or it is not set. */
const char *body_string(const ProtobufCMessage *body, const char *name);

/* The integer or enum field @name, if it is set. @ret_field may be NULL. */
bool body_number(const ProtobufCMessage *body, const char *name, int64_t *ret,
		 const ProtobufCFieldDescriptor **ret_field);

/* It tells of something that happened to a process, not of the stream. */
bool body_is_event(const Ringside__V1__Record *record);
bool body_kind_is_event(unsigned kind); /* field number in Record.body */

/* A Lost of a repair, or of `ringside forward` for what was deleted before it could be sent:
 * records of any kind are left out, and it has the number of the first. With a kind, it would count
 * events, as other Losts do; with a stream's id, tell of a file that retention deleted. */
bool body_stands_in(const Ringside__V1__Record *record);

/* The name of an enum's value, without the prefix that all of them have; NULL: a newer version's.
 */
const char *body_enum(const ProtobufCEnumDescriptor *type, int value, const char *prefix);

const char *body_tier(int tier); /* "fentry"; "?": a newer version's */
