/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of OTLP: protobuf, and its JSON. What is told is put together of pieces, each of
 * them ready in its form. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"

#define OTEL_TEXT_MAX (8u * 1024) /* bytes of one string; a longer one is cut */
#define OTEL_LIST_MAX 64u         /* elements of a list */
#define OTEL_BODY_PIECES 5u
#define OTEL_ATTRIBUTE_PIECES 6u

struct otel_piece {
	const uint8_t *data;
	size_t size;
};

/* A LogRecord. */
struct otel_log {
	uint64_t time_unix_nano; /* 0: not known */
	const char *severity;    /* "ERROR" */
	const char *event_name;
	struct otel_piece body[OTEL_BODY_PIECES]; /* of text */
	size_t body_pieces;
	struct otel_piece attributes[OTEL_ATTRIBUTE_PIECES];
	size_t attribute_pieces;
};

/* A record as it stands in a request: one after the other. */
#define OTEL_TOLD_PIECES (1u + OTEL_BODY_PIECES + OTEL_ATTRIBUTE_PIECES)

struct otel_told {
	struct otel_piece pieces[OTEL_TOLD_PIECES];
	size_t n, size; /* size: of all */
};

/* An element of a list. */
struct otel_element {
	const char *s;
	size_t size;
	bool ascii; /* all of it, and nothing to be quoted */
};

struct otel_form {
	/* An attribute, behind those that were put. */
	void (*string)(struct writer *writer, const char *key, const char *s, size_t size);
	void (*integer)(struct writer *writer, const char *key, int64_t v);
	void (*boolean)(struct writer *writer, const char *key, bool v);
	void (*strings)(struct writer *writer, const char *key, const struct otel_element *all,
			size_t n);
	/* A part of a body: UTF-8. */
	void (*text)(struct writer *writer, const char *s, size_t size);
	/* The whole of a record, of the log's pieces and what is put; both are to stay. */
	void (*record)(struct writer *writer, const struct otel_log *log, struct otel_told *told);
	/* What is before records of @size bytes, and behind them. @resource: attributes. */
	void (*head)(struct writer *writer, const struct otel_piece *resource, size_t size);
	void (*tail)(struct writer *writer);
};

extern const struct otel_form otel_protobuf, otel_json;

static inline void otel_told_add(struct otel_told *told, struct otel_piece piece)
{
	told->pieces[told->n++] = piece;
	told->size += piece.size;
}

/* SeverityNumber of "ERROR"; 0: there is none. */
unsigned otel_severity(const char *text);
