/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/nats/nats-subject.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define NAME_MAX_KEPT 64
#define DIGITS 12

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* What nats_token makes of another name could be this one. */
static bool looks_mapped(const char *name, size_t size)
{
	return size > DIGITS && name[size - DIGITS - 1] == '-' &&
	       strspn(name + size - DIGITS, "0123456789abcdef") == DIGITS;
}

const char *nats_token(const char *host, char buf[NATS_TOKEN_MAX])
{
	size_t size = strlen(host), kept = size < NAME_MAX_KEPT ? size : NAME_MAX_KEPT;
	bool same = size && size <= NAME_MAX_KEPT && !looks_mapped(host, size);

	for (size_t i = 0; i < kept; i++) {
		same = same && is_plain(host[i]);
		buf[i] = is_plain(host[i]) ? host[i] : '_';
	}
	buf[kept] = '\0';
	if (!same)
		(void)snprintf(buf + kept, NATS_TOKEN_MAX - kept, "-%0*" PRIx64, DIGITS,
			       (uint64_t)XXH3_64bits(host, size) >> (64 - 4 * DIGITS));
	return buf;
}

const char *nats_subject(const char *token, const char *kind, char buf[NATS_SUBJECT_MAX])
{
	(void)snprintf(buf, NATS_SUBJECT_MAX, NATS_PREFIX "%s.%s", token, *kind ? kind : "other");
	return buf;
}
