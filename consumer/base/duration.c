/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/base/duration.h"

#include <inttypes.h>
#include <stdio.h>

#include "proto/base/util.h"

static const struct {
	uint64_t nano;
	const char *name;
} units[] = {
	{86400000000000, "d"}, {3600000000000, "h"}, {60000000000, "min"},
	{1000000000, "s"},     {1000000, "ms"},      {1000, "µs"},
};

const char *duration_text(uint64_t nano, char buf[DURATION_SIZE])
{
	size_t i = 0;
	uint64_t first, second = 0;

	while (i < ARRAY_SIZE(units) - 1 && nano < units[i].nano)
		i++;
	first = nano / units[i].nano;
	/* below a minute one unit is enough */
	if (units[i].nano > 1000000000)
		second = nano % units[i].nano / units[i + 1].nano;
	if (second)
		(void)snprintf(buf, DURATION_SIZE, "%" PRIu64 " %s %" PRIu64 " %s", first,
			       units[i].name, second, units[i + 1].name);
	else
		(void)snprintf(buf, DURATION_SIZE, "%" PRIu64 " %s", first, units[i].name);
	return buf;
}
