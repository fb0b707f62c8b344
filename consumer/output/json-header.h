/* SPDX-License-Identifier: Apache-2.0 */
/* What all records of a stream have in JSON of their Header, written once. All there is to it is to
 * be zero. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "proto/ringside.pb-c.h"

#define JSON_HEADER_LABELS 64u /* more are in no record, but in the Header */

/* A text that was taken of a Header. */
struct json_header_part {
	const char *text; /* NULL: it has none */
	size_t size;
};

struct json_header {
	struct writer *writer; /* what is written of it; NULL: nothing was taken yet */
	size_t host_size;      /* ,"host":"web-1" */
	/* The host, the stream's id, the architecture, and keys and values of labels, as they were
	 * taken. */
	struct json_header_part parts[3 + 2 * JSON_HEADER_LABELS];
	size_t n;
	char *taken; /* what parts point to */
};

/* @header: NULL: there is none. Returns 1, 0 if it says what the one before
 * said, or -ENOMEM. */
int json_header_take(struct json_header *json, const Ringside__V1__Header *header);
void json_header_done(struct json_header *json);

/* "host":"web-1", */
void json_header_put_host(const struct json_header *json, struct writer *writer);
/* ,"labels":{"cluster":"eu1"},"stream_id":"00ff" */
void json_header_put_rest(const struct json_header *json, struct writer *writer);
