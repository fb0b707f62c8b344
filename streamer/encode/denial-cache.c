/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/denial-cache.h"

#include <errno.h>
#include <stdlib.h>

int denial_cache_init(struct denial_cache *memo)
{
	/* pages appear as entries are used */
	memo->entries = calloc(1u << DENIAL_CACHE_BITS, sizeof(*memo->entries));
	return memo->entries ? 0 : -ENOMEM;
}

void denial_cache_done(struct denial_cache *memo)
{
	free(memo->entries);
	memo->entries = NULL;
}
