/* SPDX-License-Identifier: Apache-2.0 */
/* What was told of events that come in storms, in JSON: it is told of many in the same words. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "consumer/kinds/kind.h"

#define JSON_STORIES 2048u
#define JSON_STORIES_SIZE (1024u * 1024)

struct json_story_key {
	uint64_t container; /* a number that its container alone has */
	uint64_t kind;
	struct kind_key key;
};

struct json_story {
	struct json_story_key key;
	const char *severity; /* NULL: there is none here */
	/* What is behind its process in the sentence, and the advice; and members of its own. */
	const uint8_t *text;
	size_t told_size, size; /* of the first part, and of both */
};

/* All there is to it is to be zero. */
struct json_stories {
	struct json_story *all; /* JSON_STORIES, once one is kept */
	uint8_t *texts;
	size_t used;
};

void json_stories_done(struct json_stories *stories);
void json_stories_forget(struct json_stories *stories);

/* NULL: there is none. */
const struct json_story *json_stories_find(const struct json_stories *stories,
					   const struct json_story_key *key);
/* Keeps a copy of it, if there is memory for that. */
void json_stories_keep(struct json_stories *stories, const struct json_story *story);
