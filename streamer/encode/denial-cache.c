/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/denial-cache.h"

#include <errno.h>
#include <stdlib.h>

int denial_cache_init(struct denial_cache *cache)
{
	/* pages appear as entries are used */
	cache->entries = calloc(1u << DENIAL_CACHE_BITS, sizeof(*cache->entries));
	return cache->entries ? 0 : -ENOMEM;
}

void denial_cache_done(struct denial_cache *cache)
{
	free(cache->entries);
	cache->entries = NULL;
}
