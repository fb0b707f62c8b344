/* SPDX-License-Identifier: Apache-2.0 */
/* A message as attributes: its fields' names, compiled once from protobuf-c's descriptors. No field
 * is named in code, so a new one is told as soon as it is in ringside.proto. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/otel/otel-form.h"
#include "consumer/otel/otel-names.h"

#include "proto/base/util.h"

struct otel_shape;

struct otel_field {
	const ProtobufCFieldDescriptor *desc;
	struct otel_shape *sub; /* of a message; it tells whose its fields are in their names */
	enum otel_what what;
	bool hex;
	size_t prefix; /* of an enum's names, to leave out */
	bool small;    /* an enum: in small letters */
	char *key;
};

struct otel_shape {
	const ProtobufCMessageDescriptor *desc;
	/* Of an event, where its process and its container are, which are told by themselves; 0:
	 * it has none. */
	size_t process, container;
	uint32_t key_first, key_last; /* numbers of fields that its kind's key has; 0: none */
	unsigned n, room;
	struct otel_field *fields;
};

/* By the semantic conventions, what has a name there; @prefix is before the rest. -errno. */
int otel_shape_common(struct otel_shape **ret, const ProtobufCMessageDescriptor *desc,
		      const char *prefix);
/* All behind @prefix; of @like's fields, if it is not NULL, behind @like_prefix. @event: the first
 * Process and the first Container are left out. */
int otel_shape_own(struct otel_shape **ret, const ProtobufCMessageDescriptor *desc,
		   const char *prefix, const ProtobufCMessageDescriptor *like,
		   const char *like_prefix, bool event);
struct otel_shape *otel_shape_free(struct otel_shape *shape); /* NULL is fine; returns NULL */

/* Fields with numbers from @from to @to. */
void otel_shape_put(const struct otel_shape *shape, const struct otel_form *form,
		    struct writer *writer, const void *message, uint32_t from, uint32_t to);

DEFINE_FREEP(otel_shape);
