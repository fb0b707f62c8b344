/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of unpack.c, and unpack-table.c, which makes them. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNPACK_KEYS 512u /* of the fields 1 to 63; others are left to protobuf-c */
#define UNPACK_TYPES 64u

enum unpack_op {
	UNPACK_REFUSE, /* left to protobuf-c */
	UNPACK_UINT32,
	UNPACK_SINT32,
	UNPACK_UINT64,
	UNPACK_SINT64,
	UNPACK_BOOL,
	UNPACK_FIXED32,
	UNPACK_FIXED64,
	UNPACK_STRING,
	UNPACK_BYTES,
	UNPACK_MESSAGE,
	UNPACK_REPEATED, /* of value_op */
};

/* How the message says that the field is there. */
enum unpack_mark { UNPACK_UNMARKED, UNPACK_HAS, UNPACK_CASE };

struct unpack_field {
	uint8_t op, value_op, mark;
	bool memo; /* a message that may well come again */
	uint32_t offset, quantifier, id;
	uint32_t size; /* of one value */
	const struct unpack_type *sub;
};

struct unpack_type {
	const ProtobufCMessageDescriptor *desc;
	struct unpack_field *fields; /* the first one refuses */
	/* Tag and wire type to the place in fields: a wrong wire type refuses, too. */
	uint8_t by_key[UNPACK_KEYS];
};

struct unpack_table {
	unsigned n;
	struct unpack_type types[UNPACK_TYPES]; /* the root first */
};

int unpack_table_init(struct unpack_table *table, const ProtobufCMessageDescriptor *root);
void unpack_table_done(struct unpack_table *table);
