/* SPDX-License-Identifier: Apache-2.0 */
/* The parts message-json.c is made of: the rows of a message, and how values are written. */
#pragma once

#include "consumer/output/message-json.h"

#define SHAPE_KEY_SIZE 64 /* ,"name": */

/* What tells that a field is there. */
enum shape_presence {
	SHAPE_HIDDEN,  /* never to be written */
	SHAPE_ALWAYS,  /* required */
	SHAPE_POINTER, /* it is not NULL */
	SHAPE_HAS,     /* the quantifier */
	SHAPE_CASE,    /* the quantifier is the field's number */
	SHAPE_COUNT,   /* repeated, and the quantifier is not 0 */
};

#define SHAPE_WORDS 16u

/* A value of an enum, as it is written: with the quotes. */
struct shape_word {
	char text[SHAPE_KEY_SIZE];
	uint8_t size; /* 0: none */
	int value;
};

struct message_json_field {
	const ProtobufCFieldDescriptor *desc;
	/* Writes one value that is no message; @member is where it lies. Of a number, and what else
	 * takes no more than JSON_NUMBER bytes, number does it: @p has room for them. */
	void (*put)(const struct message_json_field *field, struct writer *writer,
		    const void *member);
	uint8_t *(*number)(uint8_t *p, const void *member);
	const struct message_json *sub; /* of a message */
	uint32_t offset, quantifier;
	uint8_t presence;
	size_t size;              /* of one value, in an array of them */
	size_t prefix;            /* of an enum's names, to leave out */
	struct shape_word *words; /* of an enum, at value % SHAPE_WORDS */
	bool map;                 /* repeated {key, value}, written as an object */
	bool closed;              /* an enum: values without a name are left out */
	uint8_t key_size;
	char key[SHAPE_KEY_SIZE + 1];
};

struct message_json {
	const ProtobufCMessageDescriptor *desc;
	struct message_json_field *fields, *end;
	const struct shapes *shapes;
};

#define SHAPES_MAX 64

struct shapes {
	enum message_json_form form;
	struct message_cache *cache; /* borrowed; NULL: none */
	unsigned n;
	struct message_json shapes[SHAPES_MAX];
};

/* Chooses put or number, size and, for enums, what they leave out. -EOPNOTSUPP: a type the format
 * does not have. */
int shape_choose(struct message_json_field *field, enum message_json_form form);

/* NULL: the value has none. */
const char *shape_enum_name(const struct message_json_field *field, int value);
