/* SPDX-License-Identifier: Apache-2.0 */
/* One place a hash: what is found there is pushed out. When the memory for texts is full, all is
 * forgotten. */
#include "consumer/output/json-story.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL /* all are of one length */
#include <xxhash.h>

_Static_assert(sizeof(struct json_story_key) == 16 + 24 + 72, "it is compared as it lies");

void json_stories_done(struct json_stories *stories)
{
	free(stories->all);
	free(stories->texts);
}

void json_stories_forget(struct json_stories *stories)
{
	if (stories->all)
		memset(stories->all, 0, JSON_STORIES * sizeof(*stories->all));
	stories->used = 0;
}

static struct json_story *place_of(const struct json_stories *stories,
				   const struct json_story_key *key)
{
	return &stories->all[XXH3_64bits(key, sizeof(*key)) % JSON_STORIES];
}

const struct json_story *json_stories_find(const struct json_stories *stories,
					   const struct json_story_key *key)
{
	const struct json_story *story;

	if (!stories->all)
		return NULL;
	story = place_of(stories, key);
	return story->severity && !memcmp(&story->key, key, sizeof(*key)) ? story : NULL;
}

static bool has_memory(struct json_stories *stories)
{
	if (!stories->all)
		stories->all = calloc(JSON_STORIES, sizeof(*stories->all));
	if (!stories->texts)
		stories->texts = malloc(JSON_STORIES_SIZE);
	return stories->all && stories->texts;
}

void json_stories_keep(struct json_stories *stories, const struct json_story *story)
{
	struct json_story *kept;
	uint8_t *copy;

	if (!has_memory(stories) || story->size > JSON_STORIES_SIZE)
		return;
	if (story->size > JSON_STORIES_SIZE - stories->used)
		json_stories_forget(stories);
	copy = stories->texts + stories->used;
	stories->used += story->size;
	memcpy(copy, story->text, story->size);
	kept = place_of(stories, &story->key);
	*kept = *story;
	kept->text = copy;
}
