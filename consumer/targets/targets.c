/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/targets/targets.h"

#include <string.h>

#ifdef RINGSIDE_NATS
#include "consumer/targets/to-nats.h"
#endif

const struct target_ops *const targets[] = {
#ifdef RINGSIDE_NATS
	&to_nats,
	&to_nats_tls,
#endif
#ifdef RINGSIDE_OTLP
	&target_otlp_http,
	&target_otlp_https,
	&target_otlp,
#endif
#ifdef RINGSIDE_JOURNALD
	&target_journald,
#endif
#ifdef RINGSIDE_KAFKA
	&target_kafka,
#endif
	NULL,
};

const struct target_ops *target_find(const char *url)
{
	size_t size = strcspn(url, ":");

	for (size_t i = 0; targets[i]; i++)
		if (strlen(targets[i]->scheme) == size && !strncmp(url, targets[i]->scheme, size))
			return targets[i];
	return NULL;
}
