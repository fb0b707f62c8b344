/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/encode/denial-cache.h"

#include <errno.h>
#include <stdlib.h>

int memo_init(struct memo *memo)
{
	/* pages appear as entries are used */
	memo->entries = calloc(1u << MEMO_BITS, sizeof(*memo->entries));
	return memo->entries ? 0 : -ENOMEM;
}

void memo_done(struct memo *memo)
{
	free(memo->entries);
	memo->entries = NULL;
}
