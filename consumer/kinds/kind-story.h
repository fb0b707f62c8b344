/* SPDX-License-Identifier: Apache-2.0 */
/* What was told of events that come in storms: it is told of many in the same words. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "consumer/kinds/kind.h"

#define KIND_STORIES 2048u
#define KIND_STORIES_SIZE (1024u * 1024)

struct kind_story_key {
	uint64_t container; /* a number that its container alone has */
	uint64_t kind;
	struct kind_key key;
};

struct kind_story {
	struct kind_story_key key;
	const char *severity; /* NULL: there is none here */
	/* What is behind its process in the sentence, and the advice; and members of its own. */
	const uint8_t *text;
	size_t told_size, size; /* of the first part, and of both */
};

/* All there is to it is to be zero. */
struct kind_stories {
	struct kind_story *all; /* KIND_STORIES, once one is kept */
	uint8_t *texts;
	size_t used;
};

void kind_stories_done(struct kind_stories *stories);
void kind_stories_forget(struct kind_stories *stories);

/* NULL: there is none. */
const struct kind_story *kind_stories_find(const struct kind_stories *stories,
					   const struct kind_story_key *key);
/* Keeps a copy of it, if there is memory for that. */
void kind_stories_keep(struct kind_stories *stories, const struct kind_story *story);
