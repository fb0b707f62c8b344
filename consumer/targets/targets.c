/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/targets/targets.h"

#include <string.h>

const struct target_ops *const targets[] = {
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
