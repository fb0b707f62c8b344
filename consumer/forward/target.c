/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/target.h"

#include <inttypes.h>

#include "proto/base/hex.h"

const char *target_name(const struct target_item *item, char buf[TARGET_NAME_MAX])
{
	char id[2 * TARGET_ID + 1];

	hex_put(id, item->stream_id, TARGET_ID);
	if (item->last_seq > item->seq)
		(void)snprintf(buf, TARGET_NAME_MAX, "%s:%" PRIu64 "-%" PRIu64, id, item->seq,
			       item->last_seq);
	else
		(void)snprintf(buf, TARGET_NAME_MAX, "%s:%" PRIu64, id, item->seq);
	return buf;
}
