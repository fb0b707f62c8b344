/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/count.h"

#include <stdio.h>

const char *count_text(char buf[COUNT_SIZE], uint64_t n)
{
	char *p = buf + COUNT_SIZE - 1;
	unsigned digits = 0;

	*p = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
		digits++;
	} while (n /= 10);
	return p;
}

const char *count_things(char buf[COUNTED_SIZE], uint64_t n, const char *thing)
{
	(void)snprintf(buf, COUNTED_SIZE, "%s %s%s", COUNT(n), thing, n == 1 ? "" : "s");
	return buf;
}
