/* SPDX-License-Identifier: Apache-2.0 */
/* One place a hash: what is found there is pushed out. When the memory for texts is full, all is
 * forgotten. */
#include "consumer/kinds/kind-story.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL /* all are of one length */
#include <xxhash.h>

_Static_assert(sizeof(struct kind_story_key) == 16 + 24 + 72, "it is compared as it lies");

void kind_stories_done(struct kind_stories *stories)
{
	free(stories->all);
	free(stories->texts);
}

void kind_stories_forget(struct kind_stories *stories)
{
	if (stories->all)
		memset(stories->all, 0, KIND_STORIES * sizeof(*stories->all));
	stories->used = 0;
}

static struct kind_story *place_of(const struct kind_stories *stories,
				   const struct kind_story_key *key)
{
	return &stories->all[XXH3_64bits(key, sizeof(*key)) % KIND_STORIES];
}

const struct kind_story *kind_stories_find(const struct kind_stories *stories,
					   const struct kind_story_key *key)
{
	const struct kind_story *story;

	if (!stories->all)
		return NULL;
	story = place_of(stories, key);
	return story->severity && !memcmp(&story->key, key, sizeof(*key)) ? story : NULL;
}

static bool has_memory(struct kind_stories *stories)
{
	if (!stories->all)
		stories->all = calloc(KIND_STORIES, sizeof(*stories->all));
	if (!stories->texts)
		stories->texts = malloc(KIND_STORIES_SIZE);
	return stories->all && stories->texts;
}

void kind_stories_keep(struct kind_stories *stories, const struct kind_story *story)
{
	struct kind_story *kept;
	uint8_t *copy;

	if (!has_memory(stories) || story->size > KIND_STORIES_SIZE)
		return;
	if (story->size > KIND_STORIES_SIZE - stories->used)
		kind_stories_forget(stories);
	copy = stories->texts + stories->used;
	stories->used += story->size;
	memcpy(copy, story->text, story->size);
	kept = place_of(stories, &story->key);
	*kept = *story;
	kept->text = copy;
}
