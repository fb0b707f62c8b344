/* SPDX-License-Identifier: Apache-2.0 */
/* What processes and containers are called, in JSON: written once, and kept in the cache's notes of
 * them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "consumer/base/out-buffer.h"
#include "consumer/text/phrases.h"
#include "proto/ringside.pb-c.h"

struct message_cache;

struct json_name {
	uint64_t number; /* no other container has it; 0: this one has none */
	/* Of a process its members, ,"pid":1234,"comm":"java", and behind them how sentences begin,
	 * java[1234]; of a container nothing, and what it is called. */
	size_t members_size, size;
	const uint8_t *text;
};

struct json_names {
	struct writer *writer;
	uint64_t numbers;
	char text[TEXT_MAX];
};

int json_names_new(struct json_names **ret);
struct json_names *json_names_free(struct json_names *names); /* NULL is fine; returns NULL */

/* Before each record: the names of the one before are not valid any more. */
void json_names_begin(struct json_names *names);

/* Both may be NULL, and so may the cache. */
struct json_name json_names_container(struct json_names *names, struct message_cache *cache,
				      const Ringside__V1__Container *container);
struct json_name json_names_process(struct json_names *names, struct message_cache *cache,
				    const Ringside__V1__Process *process);

DEFINE_FREEP(json_names);
