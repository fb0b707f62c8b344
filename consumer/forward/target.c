/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/forward/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/escape.h"
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

/* Also of one that is wrong: "http:/user@host", "user:a?b@host". */
const char *target_shown(const char *url, char buf[TARGET_SHOWN])
{
	const size_t scheme = strcspn(url, ":");
	const char *rest = url[scheme] ? url + scheme + strspn(url + scheme, ":/") : url;
	const char *at = memrchr(rest, '@', strcspn(rest, "/"));
	char text[TARGET_SHOWN];

	if (at)
		(void)snprintf(text, sizeof(text), "%.*s***%.*s", (int)(rest - url), url,
			       (int)strcspn(at, "?#"), at);
	else
		(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(url, "?#"), url);
	escape_line(buf, TARGET_SHOWN, text);
	return buf;
}

int target_refuse(const struct target_options *options, const uint8_t *stream_id, uint64_t seq,
		  const char *status, const char *why, const uint8_t *frame, size_t size)
{
	int r = options->refuse(options->data, stream_id, seq, status, why, frame, size);

	return r ? r : options->keep(options->data);
}
